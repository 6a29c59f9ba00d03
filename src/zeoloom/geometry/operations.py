"""Symmetry operations of a space group: arrays in, arrays out.

One convention: an operation maps `frac -> R @ frac + t`, so rows of an (n, 3) array map as
`frac @ R.T + t`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class SymmetryOperations:
    """The operations of a space group in one setting, centring included.

    Attributes:
        rotations: (G, 3, 3) integer matrices acting on fractional columns.
        translations: (G, 3) fractional, in [0, 1).
    """

    rotations: IntArray
    translations: FloatArray

    def __len__(self) -> int:
        return len(self.rotations)

    def images(self, frac: FloatArray) -> FloatArray:
        """All images of fractional positions.

        Args:
            frac: (n, 3).

        Returns:
            (G, n, 3) positions `R_g x + t_g`, not wrapped into the cell.
        """
        turned = np.einsum("gij,nj->gni", self.rotations, frac)
        return np.asarray(turned + self.translations[:, None, :])


SAME_SITE = 0.3
"""Å. Images of an atom closer than this are one atom on a special position, everywhere.

It is well above the rounding of files (0.01 Å in the reference) and what is left between points of
an atom after they have met, and well below any distance between atoms (1.5 Å and more)."""


def separations(frac: FloatArray, others: FloatArray, cell: FloatArray) -> FloatArray:
    """Distances between atoms and the nearest lattice copies of others.

    Exact up to half the shortest plane spacing of the cell, which is all that coincidence needs.

    Args:
        frac: (..., 3).
        others: (..., 3), broadcast against `frac`.
        cell: (3, 3) Å, rows a, b, c.

    Returns:
        (...,) Å.
    """
    apart = others - frac
    return np.asarray(np.linalg.norm((apart - np.round(apart)) @ cell, axis=-1))


def project_onto_sites(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray, tolerance: float = SAME_SITE
) -> FloatArray:
    """Atoms moved onto the special positions they lie next to.

    The mean of `R x + t + S` over the stabiliser of an atom is a point that all of it fixes.

    Args:
        frac: (n, 3) positions, as rounded as a file gives them.
        operations: the space group.
        cell: (3, 3) Å.
        tolerance: Å.

    Returns:
        (n, 3) positions, exact to the last bits; those on general positions are unchanged.
    """
    # the first time may miss an operation that brings the atom back to just beyond the tolerance
    for _ in range(2):
        fixing, shifts = site_stabilisers(frac, operations, cell, tolerance)
        displacements = operations.images(frac) - frac + shifts.transpose(1, 0, 2)
        mean = (displacements * fixing.T[..., None]).sum(axis=0)
        frac = np.asarray(frac + mean / np.maximum(fixing.sum(axis=1), 1)[:, None])
    return frac


def site_stabilisers(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray, tolerance: float = SAME_SITE
) -> tuple[BoolArray, IntArray]:
    """Which operations leave each atom (n, 3) where it is, to within a tolerance in Å.

    Returns:
        (n, G) which do; (n, G, 3) the whole cells that go with them.
    """
    from zeoloom.geometry.site_symmetry import stabilisers  # noqa: PLC0415 - compiles

    return stabilisers(
        np.ascontiguousarray(frac),
        np.ascontiguousarray(operations.rotations),
        np.ascontiguousarray(operations.translations),
        np.ascontiguousarray(cell),
        tolerance,
    )


def expand_orbits(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray, tolerance: float = SAME_SITE
) -> tuple[FloatArray, IntArray]:
    """The full cell: every image of every atom, coincident images of one atom merged.

    Args:
        frac: (n, 3) asymmetric atoms.
        operations: the space group.
        cell: (3, 3) Å.
        tolerance: Å, images closer than this are one atom.

    Returns:
        (N, 3) positions in [0, 1), orbit after orbit, each in the order of the operations,
        the identity first;
        (N,) the asymmetric atom each came from.
    """
    from zeoloom.geometry.image_kernel import first_in_place  # noqa: PLC0415 - compiles

    operations = identity_first(operations)
    if len(operations) == 1 or len(frac) == 0:
        return wrap(frac), np.arange(len(frac))
    images = operations.images(project_onto_sites(frac, operations, cell, tolerance))
    owner, operation = np.nonzero(first_in_place(images, cell, tolerance))
    return wrap(images[operation, owner]), owner


def wrap(frac: FloatArray) -> FloatArray:
    """Positions moved into [0, 1) by whole cells; those a rounding error below 1 become 0."""
    wrapped = np.mod(frac, 1.0)
    wrapped[wrapped > 1.0 - 1e-12] = 0.0
    return wrapped


def distinct_orbits(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray, tolerance: float = SAME_SITE
) -> IntArray:
    """Indices of atoms that are no image of an earlier one: the asymmetric unit among given atoms.

    Args:
        frac: (n, 3).
        operations: the space group.
        cell: (3, 3) Å.
        tolerance: Å.

    Returns:
        (k,) increasing indices into `frac`.
    """
    images = operations.images(frac).reshape(-1, 3)
    near = neighbours_within(frac, images, cell, tolerance)
    image_of = near.point % max(len(frac), 1)
    kept = np.ones(len(frac), dtype=bool)
    # centres come in increasing order, so whether the earlier atom is kept is known in time
    for atom, other in zip(near.centre.tolist(), image_of.tolist(), strict=True):
        if other < atom and kept[other]:
            kept[atom] = False
    return np.flatnonzero(kept)


def identity_first(operations: SymmetryOperations) -> SymmetryOperations:
    """The same operations, the identity before all others."""
    is_identity = (operations.rotations == np.eye(3, dtype=np.int64)).all(axis=(1, 2))
    is_identity &= (np.abs(operations.translations) < 1e-9).all(axis=1)
    if is_identity[0]:
        return operations
    order = np.argsort(~is_identity, kind="stable")
    return SymmetryOperations(operations.rotations[order], operations.translations[order])


def pure_translations(operations: SymmetryOperations) -> SymmetryOperations:
    """The centring: the operations whose rotation is the identity."""
    is_identity = (operations.rotations == np.eye(3, dtype=np.int64)).all(axis=(1, 2))
    return SymmetryOperations(
        operations.rotations[is_identity], operations.translations[is_identity]
    )


def primitive_atoms(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray, tolerance: float = SAME_SITE
) -> IntArray:
    """Indices of the atoms of a full conventional cell that make up one primitive cell.

    Args:
        frac: (N, 3) all atoms of the conventional cell.
        operations: the space group, centring included.
        cell: (3, 3) Å, the conventional cell.
        tolerance: Å.

    Returns:
        (N / number of centring translations,) increasing indices into `frac`.
    """
    centring = pure_translations(operations)
    if len(centring) == 1:
        return np.arange(len(frac))
    return distinct_orbits(frac, centring, cell, tolerance)


def symmetrised_metric(cell: FloatArray, operations: SymmetryOperations) -> FloatArray:
    """The metric tensor a_i . a_j of a cell, averaged over the rotations of a group.

    Args:
        cell: (3, 3) Å.
        operations: the space group, in this cell.

    Returns:
        (3, 3) Å^2; that of the cell itself if the group allows it.
    """
    metric = cell @ cell.T
    rotations = operations.rotations
    return np.asarray(np.einsum("gia,ij,gjb->ab", rotations, metric, rotations) / len(rotations))


ORBIT_GRID = 24
"""Special positions have points at multiples of 1/24 that lie on no smaller one."""


def orbit_sizes(operations: SymmetryOperations) -> tuple[int, ...]:
    """How many atoms the orbits of a group can have in a cell, increasing.

    Args:
        operations: the space group in one of the 530 settings.
    """
    axis = np.arange(ORBIT_GRID, dtype=np.float32)  # matrix products of integers are slow
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    shifts = np.round(operations.translations * ORBIT_GRID).astype(np.float32)
    differences = (operations.rotations - np.eye(3, dtype=np.int64)).astype(np.float32)
    stabilisers = np.zeros(len(grid), dtype=np.int64)
    for difference, shift in zip(differences, shifts, strict=True):
        stabilisers += ((grid @ difference.T + shift) % ORBIT_GRID == 0).all(axis=1)
    sizes = {len(operations) // int(k) for k in np.unique(stabilisers)}
    return tuple(sorted(sizes | {len(operations)}))  # the general position may miss the grid

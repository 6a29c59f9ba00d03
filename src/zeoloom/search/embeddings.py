"""Embeddings: the positions in which one net can lie in a given cell and group.

A fingerprint knows the net, not how it lies in the cell. With two axes exchanged, or cut out of the
net along other lattice vectors, the same net may fit a cell well or badly, and its cost, which is
that of T atoms alone, may not tell. In the equilibrium placement of a net, where each vertex is the
mean of its neighbours (Delgado-Friedrichs & O'Keeffe, Acta Cryst. A 59 (2003) 351), bonds as
coordinates of the cell depend on the net and on its lattice vectors alone; so does their second
moment, wherever atoms have been relaxed to.

A search may meet a net in one embedding alone. The others follow by changes of axes that keep the
group and about the cell: the crystal on other axes has its bonds, and goes with them, step by step,
from the cell that these axes make to the one given.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.group import group_in_cell
from zeoloom.geometry.normalizer import other_settings
from zeoloom.geometry.operations import SymmetryOperations
from zeoloom.geometry.site_symmetry import site_symmetry
from zeoloom.nets.fingerprint import DEGREE
from zeoloom.search.candidates import candidate_fingerprint, points_to_atoms
from zeoloom.search.relax import relax_atoms, relax_bonds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.search.candidates import Candidate

MOST_EMBEDDINGS = 3
"""Embeddings of a net that are refined of one batch."""

LIKE_METRIC = 0.45
"""By which a change of axes may change the metric, relative to its lengths: axes that differ by a
fifth may be exchanged."""

DEFORMATION_STEPS = 8
"""From the cell that other axes make to the one given."""

MOMENT_DIGITS = 5
"""Decimals of the moments that are compared."""

TETHER = 1e-9
"""Keeps atoms where nothing else does: along polar axes, and parts of a net that are not joined."""

OFF_ROUNDING = 3.1e-6
"""Added to moments, which are often simple fractions, so that none lies between two roundings."""


def embedding_of(candidate: Candidate) -> str:
    """What candidates of one net, cell and group share if the net lies alike in the cell.

    Args:
        candidate: every atom with four bonds.

    Returns:
        The second moments of the bonds of its equilibrium placement, and the sizes of its orbits.
    """
    graph, group = candidate.graph, candidate.graph.group
    bonds, n = graph.bonds, len(graph)
    partners, chosen = bonds.partners[:, :DEGREE], bonds.operations[:, :DEGREE]
    rotations = group.rotations[chosen].astype(np.float64)
    offsets = group.translations[chosen] + bonds.shifts[:, :DEGREE]
    # of atom i: the sum of R x_j + t over its neighbours is four times x_i
    matrix = np.zeros((n, 3, n, 3))
    atoms = np.arange(n)
    for k in range(DEGREE):
        matrix[atoms, :, partners[:, k]] -= rotations[:, k]
    matrix[atoms, :, atoms] += (DEGREE + TETHER) * np.eye(3)
    right = offsets.sum(axis=1).reshape(-1)
    frac = np.linalg.solve(matrix.reshape(3 * n, 3 * n), right).reshape(n, 3)
    vectors = np.einsum("nkij,nkj->nki", rotations, frac[partners]) + offsets - frac[:, None]
    sizes = len(group.rotations) // graph.symmetry.orders
    moments = np.einsum("n,nki,nkj->ij", sizes / sizes.sum(), vectors, vectors)
    images = group.rotations @ moments @ group.rotations.swapaxes(1, 2)
    upper = images.mean(axis=0)[np.triu_indices(3)] + OFF_ROUNDING
    texts = [f"{value + 0.0:.{MOMENT_DIGITS}f}" for value in upper]
    return " ".join([*texts, *(str(size) for size in sorted(sizes.tolist()))])


def different_embeddings(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """The first candidate of each embedding of a net, by what `embedding_of` says."""
    found: dict[str, Candidate] = {}
    for each in candidates:
        found.setdefault(embedding_of(each), each)
    return found


def on_other_axes(candidate: Candidate) -> list[Candidate]:
    """The other embeddings of a net in the cell and group of a candidate, as far as they fit.

    Args:
        candidate: every atom with four bonds.

    Returns:
        Valid candidates of the same net, one for each change of axes that leads to one and keeps
        the group; those that differ from the one given, and from one another.
    """
    target = candidate.target
    operations = target.operations
    changes = _changes_of_axes(
        operations.rotations.tobytes(), operations.translations.tobytes(), target.cell.tobytes()
    )
    if not changes:
        return []
    found = {embedding_of(candidate): candidate}
    fingerprint = candidate_fingerprint(candidate)
    for rotation, shift in changes:
        frac = _carried_over(candidate, rotation, shift)
        if frac is None:
            continue
        other = points_to_atoms(frac, target)
        if other.valid and candidate_fingerprint(other) == fingerprint:
            found.setdefault(embedding_of(other), other)
    return list(found.values())[1:]


@lru_cache(maxsize=64)
def _changes_of_axes(
    rotations: bytes, translations: bytes, cell: bytes
) -> list[tuple[IntArray, FloatArray]]:
    operations = SymmetryOperations(
        np.frombuffer(rotations, dtype=np.int64).reshape(-1, 3, 3),
        np.frombuffer(translations).reshape(-1, 3),
    )
    return other_settings(operations, np.frombuffer(cell).reshape(3, 3), LIKE_METRIC)[1:]


def _carried_over(candidate: Candidate, rotation: IntArray, shift: FloatArray) -> FloatArray | None:
    """(n, 3) the atoms on other axes, in the cell given; None if they have other bonds at once."""
    target = candidate.target
    inverse = np.linalg.inv(rotation)
    given = target.cell @ target.cell.T
    turned = inverse.T @ given @ inverse
    frac = np.ascontiguousarray(candidate.frac_t @ rotation.T + shift)
    group = group_in_cell(target.operations, np.asarray(np.linalg.cholesky(turned)))
    atoms = relax_atoms(frac, group)
    if not (atoms.bonds.counts == DEGREE).all():
        return None
    frac = atoms.frac
    for step in range(1, DEFORMATION_STEPS + 1):
        part = step / DEFORMATION_STEPS
        cell = np.linalg.cholesky((1.0 - part) * turned + part * given)
        group = group_in_cell(target.operations, np.asarray(cell))
        frac = relax_bonds(frac, atoms.bonds, site_symmetry(frac, group).projectors, group)
    return frac

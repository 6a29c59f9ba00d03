"""Distances that a framework of SiO2 wants, as flat arrays: one row for each distinct distance."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

import numpy as np

from zeoloom.silica.images import Images, atoms_per_cell, identity_images
from zeoloom.silica.orbits import bond_orbits, pair_orbits, site_permutations

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.silica.oxygen import Bridged
    from zeoloom.silica.site_bonds import Bonds
    from zeoloom.structure.records import Framework

Kind = Literal["T-O", "O-O", "T-T"]

TARGETS: dict[Kind, tuple[float, float]] = {
    "T-O": (1.61, 2.0),
    "O-O": (2.629, 0.61),
    "T-T": (3.07, 0.23),
}
"""Distance in Å and weight for SiO2: Baerlocher, Hepp & Meier, DLS-76 (ETH Zurich, 1977)."""

T_ONLY_TARGETS = ((3.07, 1.0), (5.01, 0.5))
"""Å and weight of T-T and of T...T at the ends of two bonds: tetrahedral angles at the middle T."""


@dataclass(frozen=True, slots=True)
class Restraints:
    """M distances between images of sites; T atoms are sites 0 to T-1, oxygen follows.

    The vector of a row is `R_b x_b - R_a x_a + offset`, fractional.

    Attributes:
        site_a: (M,) site of the first end.
        site_b: (M,) site of the second end.
        rotation_a: (M, 3, 3) rotation of the first end's image.
        rotation_b: (M, 3, 3) rotation of the second end's image.
        offset: (M, 3) their translations and whole cells, b minus a.
        target: (M,) Å.
        weight: (M,) w of DLS.
        count: (M,) how many distances of one cell the row stands for.
        repels: (M,) True where only distances below the target count.
    """

    site_a: IntArray
    site_b: IntArray
    rotation_a: FloatArray
    rotation_b: FloatArray
    offset: FloatArray
    target: FloatArray
    weight: FloatArray
    count: FloatArray
    repels: BoolArray

    def __len__(self) -> int:
        return len(self.site_a)

    def vectors(self, frac_sites: FloatArray) -> FloatArray:
        """(M, 3) fractional, for sites at (n, 3)."""
        ends = np.einsum("mij,mj->mi", self.rotation_b, frac_sites[self.site_b])
        starts = np.einsum("mij,mj->mi", self.rotation_a, frac_sites[self.site_a])
        return np.asarray(ends - starts + self.offset)

    def norm(self) -> float:
        """`sqrt(sum w^2 target^2)`, the denominator of R_DLS, over what is no repulsion."""
        return float(np.linalg.norm((self.weight * self.target)[~self.repels]))


def silica_restraints(bridged: Bridged) -> dict[Kind, Restraints]:
    """The T-O, O-O (within a tetrahedron) and T-T (across oxygen) distances of a framework.

    Distances that symmetry makes equal are one row, however many they are in the cell, as DLS-76
    counts them.
    """
    framework, bonds, oxygen = bridged.framework, bridged.bonds, bridged.oxygen
    group, n_t = framework.operations, len(framework.frac_t)
    atoms = atoms_per_cell(framework.frac_t, group, framework.cell)[bonds.centre]
    permutations = site_permutations(framework, bonds, oxygen.frac(framework.frac_o, group))
    centres = identity_images(bonds.centre, group)
    o_images = oxygen.numbered_from(n_t)
    first, second = pairs_at_centre(bonds.centre)
    to, to_count = _merged(bond_orbits(permutations), atoms)
    oo, oo_count = _merged(pair_orbits(permutations, first, second), atoms[first])
    # a bond is listed at both its ends
    tt, tt_count = _merged(oxygen.site, 0.5 * atoms)
    ends = o_images.take(first[oo]), o_images.take(second[oo])
    return {
        "T-O": between(centres.take(to), o_images.take(to), group, TARGETS["T-O"], to_count),
        "O-O": between(*ends, group, TARGETS["O-O"], oo_count),
        "T-T": between(centres.take(tt), bonds.other.take(tt), group, TARGETS["T-T"], tt_count),
    }


def t_restraints(framework: Framework, bonds: Bonds) -> Restraints:
    """T-T bonds and tetrahedral T-T-T angles (as distances), for nets without oxygen."""
    group = framework.operations
    centres = identity_images(bonds.centre, group)
    first, second = pairs_at_centre(bonds.centre)
    ones = np.ones(len(bonds))
    to_bonded, to_second = T_ONLY_TARGETS
    ends = bonds.other.take(first), bonds.other.take(second)
    return joined(
        between(centres, bonds.other, group, to_bonded, ones),
        between(*ends, group, to_second, ones[first]),
    )


def joined(*several: Restraints) -> Restraints:
    """The rows of several, one after the other."""
    columns = ([getattr(each, field.name) for each in several] for field in fields(Restraints))
    return Restraints(*(np.concatenate(column) for column in columns))


def pairs_at_centre(centre: IntArray) -> tuple[IntArray, IntArray]:
    """Rows of every two bonds that share their centre, for centres (b,)."""
    first, second = np.nonzero(np.triu(centre[:, None] == centre[None, :], k=1))
    return first, second


def between(
    a: Images,
    b: Images,
    operations: SymmetryOperations,
    target_and_weight: tuple[float | FloatArray, float | FloatArray],
    count: FloatArray,
    *,
    repels: bool = False,
) -> Restraints:
    """Distances from images a to images b; sites already numbered T first."""
    target, weight = target_and_weight
    translations = operations.translations
    return Restraints(
        site_a=a.site,
        site_b=b.site,
        rotation_a=operations.rotations[a.operation].astype(np.float64),
        rotation_b=operations.rotations[b.operation].astype(np.float64),
        offset=translations[b.operation] + b.shift - translations[a.operation] - a.shift,
        target=np.full(len(a), target),
        weight=np.full(len(a), weight),
        count=count,
        repels=np.full(len(a), repels),
    )


def _merged(orbit: IntArray, count: FloatArray) -> tuple[IntArray, FloatArray]:
    """First row of each orbit, and the sum of the counts of its rows."""
    _, first, inverse = np.unique(orbit, return_index=True, return_inverse=True)
    return first.astype(np.int64), np.asarray(np.bincount(inverse, weights=count), dtype=np.float64)

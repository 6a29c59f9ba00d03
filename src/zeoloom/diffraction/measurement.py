"""What was measured, made ready to be compared with many frameworks of one cell and group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.correlation import (
    certainties,
    e2,
    group_means,
    local_weights,
    reliability,
    two_theta_of,
)
from zeoloom.diffraction.miller import equal_reflections, hkl_codes, unique_reflections
from zeoloom.diffraction.structure_factors import group_sums, intensities, scattering_of
from zeoloom.errors import InputError
from zeoloom.geometry.normalizer import lattice_rotations, other_settings

if TYPE_CHECKING:
    from zeoloom.diffraction.reflections import Reflections
    from zeoloom.diffraction.structure_factors import Scattering
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.records import Framework

FEWEST_GROUPS = 8
"""Groups of reflections below which a correlation says nothing."""

SAME_E2 = 1e-6
"""Difference that decides between two settings. In powders there is none, as reflections of equal d
overlap; of single crystals there may be."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Group intensities, and the reflections of a space group that they belong to.

    Attributes:
        scattering: of the reflections of the group tried.
        group: (n,) the group of overlapping reflections that each belongs to.
        observed: (g,) sums of m |F|^2 over each group.
        esd: (g,) their standard uncertainties; zeros if unknown.
        local: (g, g) weights of local means.
        weights: (g,) of the groups in E2.
        settings: rotations and shifts that keep cell and group, the identity first.
        overlapping: share of the reflections that do not stand alone in their group.
        two_theta: (g,) degrees, of the groups with Cu K alpha 1.
    """

    scattering: Scattering
    group: IntArray
    observed: FloatArray
    esd: FloatArray
    local: FloatArray
    weights: FloatArray
    settings: tuple[tuple[IntArray, FloatArray], ...]
    overlapping: float
    two_theta: FloatArray

    def calculated(self, framework: Framework) -> FloatArray:
        """(g,) sums of m |F|^2 of a framework over each group."""
        values = intensities(framework, self.scattering)
        return group_sums(values, self.group, len(self.observed))

    def e2_of(self, framework: Framework) -> float:
        """E2 of a framework in its setting as it is."""
        return e2(self.observed, self.calculated(framework), self.local, self.weights)

    def in_best_setting(self, framework: Framework) -> tuple[Framework, float]:
        """The framework in the setting in which its E2 is greatest, and that."""
        tried = [in_setting(framework, *setting) for setting in self.settings]
        values = [self.e2_of(each) for each in tried]
        best = int(np.argmax(np.array(values) > max(values) - SAME_E2))
        return tried[best], values[best]


def measurement_of(reflections: Reflections, operations: SymmetryOperations) -> Measurement:
    """Make reflections ready for frameworks of their cell in a space group.

    The group need not be that of the list: rows that it makes equal are joined, and rows that stand
    for reflections that it does not make equal are divided.

    Args:
        reflections: as measured.
        operations: of the space group that is tried, in the cell of the reflections.

    Raises:
        InputError: if there are too few reflections.
    """
    numbers, group = np.unique(_joined_groups(reflections, operations), return_inverse=True)
    if len(numbers) < FEWEST_GROUPS:
        raise InputError(
            f"{len(numbers)} groups of reflections: at least {FEWEST_GROUPS} are needed to compare "
            "frameworks with them"
        )
    d_min = float(reflections.d.min()) * (1.0 - 1e-6)
    hkl, d, multiplicity = unique_reflections(reflections.cell, operations, d_min)
    owner = _owners(hkl, multiplicity, reflections, group, operations)
    seen = owner >= 0
    if not seen.any():
        raise InputError("the space group forbids every reflection that was measured")
    scattering = scattering_of(
        hkl[seen], d[seen], multiplicity[seen], operations, reflections.radiation
    )
    angles = group_means(two_theta_of(reflections.d), group, reflections.multiplicity)
    observed = group_sums(reflections.intensity, group)
    esd = np.sqrt(group_sums(reflections.esd**2, group))
    certainty = certainties(observed, esd, angles)
    return Measurement(
        scattering,
        owner[seen],
        observed,
        esd,
        local_weights(angles, certainty),
        certainty * reliability(group_means(reflections.d, group, reflections.multiplicity)),
        tuple(other_settings(operations, reflections.cell)),
        float(np.mean(np.bincount(owner[seen])[owner[seen]] > 1)),
        angles,
    )


def in_setting(framework: Framework, rotation: IntArray, shift: FloatArray) -> Framework:
    """A framework in another setting of `other_settings`; its group stays as it is."""
    return replace(
        framework,
        frac_t=np.asarray(framework.frac_t @ rotation.T + shift),
        frac_o=np.asarray(framework.frac_o @ rotation.T + shift),
    )


def _laue_codes(hkl: IntArray, operations: SymmetryOperations) -> IntArray:
    """(n,) a number for each reflection (n, 3), the same for those that a group makes equal."""
    images = equal_reflections(hkl, operations)
    return np.asarray(np.max([hkl_codes(each) for each in images], axis=0))


def _joined_groups(reflections: Reflections, operations: SymmetryOperations) -> IntArray:
    """(n,) groups of the rows, those joined that hold reflections which the group makes equal."""
    joined = reflections.group.copy()
    first: dict[int, int] = {}
    for row, code in enumerate(_laue_codes(reflections.hkl, operations).tolist()):
        other = joined[first.setdefault(code, row)]
        if other != joined[row]:
            joined[joined == joined[row]] = other
    return joined


def _owners(
    hkl: IntArray,
    multiplicity: IntArray,
    reflections: Reflections,
    group: IntArray,
    operations: SymmetryOperations,
) -> IntArray:
    """(m,) the group of rows that each reflection belongs to; -1 if it was not measured.

    Args:
        hkl: (m, 3) the reflections of the group that is tried.
        multiplicity: (m,) of them.
        reflections: as measured.
        group: (n,) of its rows.
        operations: of the group that is tried.
    """
    codes = _laue_codes(hkl, operations).tolist()
    index = {code: i for i, code in enumerate(codes)}
    owner = np.full(len(hkl), -1, dtype=np.int64)
    rotations = lattice_rotations(reflections.cell)
    images = np.stack(
        [
            _laue_codes(reflections.hkl @ each, operations)
            for each in (np.eye(3, dtype=int), *rotations)
        ]
    )
    for row, column in enumerate(images.T.tolist()):
        left = int(reflections.multiplicity[row])
        # a row stands for its own reflection and, if that has too few equals, for those of the
        # lattice's symmetry
        for code in dict.fromkeys(column):
            member = index.get(code)
            if member is not None and owner[member] < 0 and left > 0:
                owner[member] = group[row]
                left -= int(multiplicity[member])
    return owner

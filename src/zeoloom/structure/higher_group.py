"""Frameworks found in a group too low for them, described in a higher one of the same cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.operations import (
    distinct_orbits,
    expand_orbits,
    identity_first,
    project_onto_sites,
    wrap,
)
from zeoloom.geometry.space_groups import (
    number_of_hall_number,
    operations_of_hall_number,
    symbol_of_hall_number,
)
from zeoloom.structure.standard import symmetry_of_atoms, unique_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.records import Framework

NEARLY_SYMMETRIC = 0.1
"""Å by which atoms that were refined in a lower group may be off the symmetry of a higher one."""


def in_higher_group(
    framework: Framework, hall_number: int, symprec: float = NEARLY_SYMMETRIC
) -> Framework | None:
    """The framework in a higher group of the same cell and axes, its origin moved if need be.

    Args:
        framework: with or without oxygen.
        hall_number: setting of the higher group.
        symprec: Å, how far atoms may be from obeying an operation; they are moved onto it.

    Returns:
        None if the atoms do not have all operations of the group.
    """
    full_t, owner = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    full_o, _ = expand_orbits(framework.frac_o, framework.operations, framework.cell)
    found = symmetry_of_atoms(framework.cell, full_t, full_o, symprec)
    if found is None:
        return None
    operations = identity_first(operations_of_hall_number(hall_number))
    origin = _origin(found, operations, framework.cell, 2 * symprec)
    if origin is None:
        return None
    cell = framework.cell
    sites_t, sites_o = (
        wrap(project_onto_sites(each - origin, operations, cell)) for each in (full_t, full_o)
    )
    kept_t, kept_o = (distinct_orbits(each, operations, cell) for each in (sites_t, sites_o))
    return replace(
        framework,
        space_group_number=number_of_hall_number(hall_number),
        space_group_symbol=symbol_of_hall_number(hall_number),
        operations=operations,
        frac_t=sites_t[kept_t],
        t_labels=unique_labels([framework.t_labels[i] for i in owner[kept_t]]),
        frac_o=sites_o[kept_o],
    )


def _origin(
    found: SymmetryOperations, group: SymmetryOperations, cell: FloatArray, tolerance: float
) -> FloatArray | None:
    """(3,) fractional, where the origin of a group lies among operations found; None if nowhere.

    Of an operation R x + t that is R x' + u about the origin s, t - u = (I - R) s + n with whole
    numbers n. As many of these equations as determine s are solved for all n; along an axis that
    leaves the origin free, s is 0.
    """
    translations: dict[bytes, list[FloatArray]] = {}
    for rotation, translation in zip(found.rotations, found.translations, strict=True):
        translations.setdefault(rotation.tobytes(), []).append(translation)
    if any(each.tobytes() not in translations for each in group.rotations):
        return None
    differences = [
        np.array(translations[rotation.tobytes()]) - translation
        for rotation, translation in zip(group.rotations, group.translations, strict=True)
    ]
    best, least = None, tolerance
    for origin in _candidates(group, differences):
        off = _largest_offset(origin, group, differences, cell)
        if off < least:
            best, least = origin, off
    return best


def _candidates(group: SymmetryOperations, differences: Sequence[FloatArray]) -> list[FloatArray]:
    """Origins (3,) that obey the equations of a few operations."""
    rows: list[tuple[int, int]] = []  # operation and axis
    factors = np.eye(3) - group.rotations
    chosen = np.zeros((0, 3))
    for operation, axis in product(np.argsort(-np.linalg.matrix_rank(factors)), range(3)):
        longer = np.vstack([chosen, factors[operation, axis]])
        if np.linalg.matrix_rank(longer) > len(chosen):
            chosen = longer
            rows.append((int(operation), axis))
    inverse = np.linalg.pinv(chosen)
    values = [np.unique(np.round(differences[i][:, axis], 6)) for i, axis in rows]
    reach = [int(np.abs(factors[i, axis]).sum()) for i, axis in rows]
    sides = [
        (each[:, None] + np.arange(-far, far + 1)).ravel()
        for each, far in zip(values, reach, strict=True)
    ]
    return [np.asarray(inverse @ np.array(side)) for side in product(*sides)]


def _largest_offset(
    origin: FloatArray,
    group: SymmetryOperations,
    differences: Sequence[FloatArray],
    cell: FloatArray,
) -> float:
    """Å by which operations about an origin miss those found, at most."""
    largest = 0.0
    for rotation, difference in zip(group.rotations, differences, strict=True):
        off = difference - (origin - rotation @ origin)
        off -= np.round(off)
        largest = max(largest, float(np.linalg.norm(off @ cell, axis=1).min()))
    return largest

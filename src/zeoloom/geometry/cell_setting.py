"""Cells and settings of space groups: which numbers a cell needs, and which setting a cell fits."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.geometry.operations import symmetrised_metric
from zeoloom.geometry.space_groups import (
    name_of_setting,
    number_of_hall_number,
    operations_of_hall_number,
    settings_of_number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray

CELL_TOLERANCE = (0.02, 0.1)
"""Å and degrees by which a cell may contradict its group; it is then made exact."""

GENERIC = (10.0, 11.0, 12.0, 80.0, 85.0, 95.0)
"""A cell without any symmetry."""

CELL_NAMES = ("a", "b", "c", "alpha", "beta", "gamma")

FIXED_ANGLES = (90.0, 120.0)


def nearest_parameters(parameters: Sequence[float], hall_number: int) -> FloatArray:
    """(6,) a, b, c in Å and angles in degrees of the nearest cell that a setting allows.

    Raises:
        InputError: if the parameters are those of no cell.
    """
    cell = cell_from_parameters(parameters)
    metric = symmetrised_metric(cell, operations_of_hall_number(hall_number))
    return parameters_from_cell(np.array(np.linalg.cholesky(metric)))


def cell_fits(parameters: Sequence[float], hall_number: int) -> bool:
    """Whether a setting allows a cell, within `CELL_TOLERANCE`."""
    fitted = nearest_parameters(parameters, hall_number)
    off = np.abs(fitted - np.asarray(parameters, dtype=np.float64))
    return bool(off[:3].max() <= CELL_TOLERANCE[0] and off[3:].max() <= CELL_TOLERANCE[1])


def complete_parameters(numbers: Sequence[float], hall_number: int) -> tuple[float, ...]:
    """a, b, c, alpha, beta, gamma from as many numbers as the cells of a setting need.

    Args:
        numbers: all six; or those that the setting leaves free, such as a and c, lengths first.
        hall_number: the setting.

    Raises:
        InputError: if there are too few or too many.
    """
    if len(numbers) == len(CELL_NAMES):
        return tuple(numbers)
    generic = [round(float(value), 6) for value in nearest_parameters(GENERIC, hall_number)]
    free = [
        k
        for k, value in enumerate(generic)
        if not (k >= 3 and value in FIXED_ANGLES) and value not in generic[3 * (k // 3) : k]
    ]
    if len(numbers) != len(free):
        names = " ".join(CELL_NAMES[k] for k in free)
        choice = f"{len(free)} numbers ({names})" if len(free) > 1 else "one number (a)"
        six = "" if len(free) == len(CELL_NAMES) else f", or all six ({' '.join(CELL_NAMES)})"
        raise InputError(
            f"the cell of {name_of_setting(hall_number)} is given by {choice}{six}; "
            f"got {len(numbers)}"
        )
    given = {(k // 3, generic[k]): float(x) for k, x in zip(free, numbers, strict=True)}
    return tuple(given.get((k // 3, value), value) for k, value in enumerate(generic))


def fitting_settings(parameters: Sequence[float], hall_number: int) -> str:
    """Which other setting of the group, or order of axes, a cell fits, in words; or nothing.

    Args:
        parameters: of a cell that contradicts the setting.
        hall_number: the setting.
    """
    others = settings_of_number(number_of_hall_number(hall_number))
    names = [name_of_setting(hall) for hall in others if cell_fits(parameters, hall)]
    # cyclic orders first, which keep the axes right-handed
    orders = sorted(permutations(range(3)), key=lambda order: (order[1] - order[0]) % 3)
    for order in orders:
        turned = [parameters[k] for k in order] + [parameters[3 + k] for k in order]
        if cell_fits(turned, hall_number):
            numbers = " ".join(f"{value:g}" for value in turned)
            letters = " ".join(CELL_NAMES[k] for k in order)
            names.append(f"this group with the axes in the order {letters}: {numbers}")
            break
    return " or ".join(names[:1] + names[-1:] if len(names) > 1 else names)

"""Which group stands for a cell whose space group is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.cell_setting import cell_fits, complete_parameters, nearest_parameters
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import hall_number_of, name_of_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

HOLOHEDRIES = (
    "Pm-3m", "P6/mmm", "R-3m:R", "P4/mmm", "Pmmm", "P12/m1", "P112/m", "P2/m11", "P-1"
)  # fmt: skip
"""The highest groups without absences, from the highest down: whose cell is it?"""


def complete_cell(numbers: Sequence[float], hall_number: int | None) -> tuple[float, ...]:
    """All six parameters of a cell.

    Args:
        numbers: all six; with a group those that it leaves free; without one a of a cubic cell, or
            a, b, c of an orthorhombic one.
        hall_number: of the group; None if it is not known.

    Raises:
        InputError: if they are not as many, or fit no cell or not the group.
    """
    if hall_number is None:
        kinds = {1: "Pm-3m", 3: "Pmmm", 6: "P-1"}
        if len(numbers) not in kinds:
            raise InputError(
                f"without a space group a cell is given by six numbers, a b c alpha beta gamma (or "
                f"a of a cubic, a b c of an orthorhombic one); got {len(numbers)}"
            )
        return complete_parameters(numbers, hall_number_of(kinds[len(numbers)]))
    complete = complete_parameters(numbers, hall_number)
    cell_from_parameters(complete)
    if not cell_fits(complete, hall_number):
        nearest = " ".join(f"{x:g}" for x in np.round(nearest_parameters(complete, hall_number), 3))
        raise InputError(
            f"the cell {' '.join(f'{x:g}' for x in complete)} does not fit "
            f"{name_of_setting(hall_number)}; the nearest that does is {nearest}"
        )
    return complete


def holohedry_of(parameters: Sequence[float]) -> int:
    """Hall number of the highest group without absences that a cell fits."""
    halls = (hall_number_of(symbol) for symbol in HOLOHEDRIES)
    return next(hall for hall in halls if cell_fits(parameters, hall))

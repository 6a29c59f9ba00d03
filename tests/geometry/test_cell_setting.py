"""Cells given by the numbers they need, and settings that fit a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_examples import CHA_CELL
from zeoloom.errors import InputError
from zeoloom.geometry.cell_setting import cell_fits, complete_parameters
from zeoloom.geometry.space_groups import HALL_NUMBERS, hall_number_of, name_of_setting
from zeoloom.search.target import fitting_cell

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("numbers", "group", "whole"),
    [
        ((24.345,), "227", (24.345, 24.345, 24.345, 90, 90, 90)),
        ((12.0, 5.0), "I4_1/amd", (12, 12, 5, 90, 90, 90)),
        ((13.675, 14.767), "R-3m", CHA_CELL),
        ((13.0, 14.0), "P6/mmm", (13, 13, 14, 90, 90, 120)),
        ((9.3, 94.6), "R-3m:R", (9.3, 9.3, 9.3, 94.6, 94.6, 94.6)),
        ((9.3, 90.0), "R-3m:R", (9.3, 9.3, 9.3, 90, 90, 90)),
        ((20.0, 19.9, 13.4), "Pnma", (20, 19.9, 13.4, 90, 90, 90)),
        ((20.0, 20.0, 13.4), "Pnma", (20, 20, 13.4, 90, 90, 90)),
        ((12.0, 20.0, 7.0, 107.0), "C2/m", (12, 20, 7, 90, 107, 90)),
        ((12.0, 20.0, 7.0, 107.0), "A112/m", (12, 20, 7, 90, 90, 107)),
        ((7.0, 8.0, 9.0, 80.0, 85.0, 95.0), "P-1", (7, 8, 9, 80, 85, 95)),
    ],
)
def test_as_many_numbers_as_the_group_leaves_free(
    numbers: Sequence[float], group: str, whole: Sequence[float]
) -> None:
    hall_number = hall_number_of(group)
    assert complete_parameters(numbers, hall_number) == pytest.approx(whole)
    assert complete_parameters(whole, hall_number) == tuple(whole)
    assert cell_fits(whole, hall_number)


@pytest.mark.parametrize(
    ("numbers", "group", "complaint"),
    [
        ((1.0, 2.0), "227", r"is given by one number \(a\), or all six .* got 2$"),
        ((9.0,), "R-3m", r"the cell of R-3m is given by 2 numbers \(a c\)"),
        ((9.0, 9.0, 9.0), "P-1", r"is given by 6 numbers \(a b c alpha beta gamma\); got 3$"),
        ((9.0, 9.0, 9.0), "C2/m", r"is given by 4 numbers \(a b c beta\), or"),
        ((), "C2/m", r"got 0$"),
    ],
)
def test_too_few_and_too_many(numbers: Sequence[float], group: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        complete_parameters(numbers, hall_number_of(group))


@pytest.mark.parametrize(
    ("parameters", "group", "fitting"),
    [
        ((9.3, 9.3, 9.3, 94.6, 94.6, 94.6), "R-3m", "it fits R-3m:R;"),
        (CHA_CELL, "R-3m:R", "it fits R-3m;"),
        ((12, 20, 7, 90, 90, 107), "C2/m", "it fits A112/m or this group with the axes in the ord"),
        (
            (14.767, 13.675, 13.675, 120, 90, 90),
            "R-3m",
            "order b c a: 13.675 13.675 14.767 90",
        ),
        ((5, 12, 12, 90, 90, 90), "I4_1/amd", "order b c a: 12 12 5 90 90 90"),
    ],
)
def test_the_setting_that_would_fit_is_named(
    parameters: Sequence[float], group: str, fitting: str
) -> None:
    with pytest.raises(InputError) as refused:
        fitting_cell(parameters, hall_number_of(group))
    assert fitting in str(refused.value)
    assert "the nearest that it allows is" in str(refused.value)


def test_names_of_settings_are_read_as_these_settings() -> None:
    for hall_number in HALL_NUMBERS:
        name = name_of_setting(hall_number)
        assert hall_number_of(name) == hall_number, name

"""Settings of space groups: which fit a cell, and what they are called."""

from __future__ import annotations

import pytest

from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import (
    HALL_NUMBERS,
    hall_number_of,
    name_of_setting,
    operations_of_hall_number,
    settings_of_number,
    settings_that_fit,
    standard_hall_number,
)


def test_every_setting_is_found_by_its_name() -> None:
    names = {hall: name_of_setting(hall) for hall in HALL_NUMBERS}
    assert len(set(names.values())) == len(HALL_NUMBERS)
    for hall, name in names.items():
        assert hall_number_of(name) == hall
    numbered = [name for name in names.values() if name.startswith("hall:")]
    # settings of 68 whose operations are those of another, under symbols that mean both
    assert len(numbered) < 12, numbered


@pytest.mark.parametrize(
    ("number", "parameters", "names"),
    [
        (166, [9.3, 9.3, 9.3, 94.6, 94.6, 94.6], ["R-3m:R"]),
        (166, [13.7, 13.7, 14.8, 90, 90, 120], ["R-3m"]),
        (227, [24.3, 24.3, 24.3, 90, 90, 90], ["Fd-3m", "Fd-3m:1"]),
        (227, [24.3, 24.3, 24.9, 90, 90, 90], []),
        (14, [9.0, 10.0, 11.0, 90, 90, 105], ["P1121/b", "P1121/n", "P1121/a"]),
        (62, [9.0, 10.0, 11.0, 90, 90, 90], ["Pnma", "Pmnb", "Pbnm", "Pcmn", "Pmcn", "Pnam"]),
    ],
)
def test_settings_that_fit_a_cell(number: int, parameters: list[float], names: list[str]) -> None:
    found = settings_that_fit(number, cell_from_parameters(parameters))
    assert {name_of_setting(hall) for hall in found} >= set(names)
    assert bool(found) == bool(names)


def test_the_standard_setting_comes_first() -> None:
    for number in range(1, 231):
        settings = settings_of_number(number)
        assert settings[0] == standard_hall_number(number)
        orders = {len(operations_of_hall_number(hall)) for hall in settings}
        # rhombohedral axes have a third of the operations of hexagonal ones
        assert len(orders) == 1 or (max(orders) == 3 * min(orders) and 146 <= number <= 167)

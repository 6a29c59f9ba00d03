"""Targets: cells made exact, and the numbers of points that are worth trying."""

from __future__ import annotations

import math
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from target_examples import CHA_CELL, regular_types
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import expand_orbits
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.search.limits import Limits
from zeoloom.search.target import fitting_cell, possible_numbers, targets_in_cell

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_cells_of_the_reference_fit_their_groups() -> None:
    for framework in regular_types():
        parameters = np.round(parameters_from_cell(framework.cell), 2)
        hall_number = hall_number_of(str(framework.space_group_number))
        cell = fitting_cell(parameters.tolist(), hall_number)
        np.testing.assert_allclose(parameters_from_cell(cell), parameters, atol=0.02)
        metric = cell @ cell.T
        for rotation in operations_of_hall_number(hall_number).rotations:
            np.testing.assert_allclose(rotation.T @ metric @ rotation, metric, atol=1e-9)


@pytest.mark.parametrize(
    ("parameters", "group", "complaint"),
    [
        (CHA_CELL, "Pm-3m", r"contradicts the space group Pm-3m .* allows is 14\.048 14\.048"),
        ((10, 10.05, 10, 90, 90, 90), "225", r"10 10\.05 10 90 90 90 contradicts"),
        ((10, 11, 12, 90, 91, 90), "Pnma", r"the nearest that it allows is .* 90\.000 90\.000"),
        ((13.7, 13.7, 14.8, 90, 90, 90), "R-3m", "R-3m"),
        ((9.4, 9.4, 9.4, 94.2, 94.2, 94.2), "R-3m", r"Hall number 458"),
        ((0, 3, 3, 90, 90, 90), "1", "lengths must be positive"),
        ((5, 5, 5, 150, 150, 150), "1", "close no cell"),
        ((5, 5, 5, 90, 90, math.nan), "1", "expected six numbers"),
    ],
)
def test_cells_that_contradict_their_group(
    parameters: Sequence[float], group: str, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        fitting_cell(parameters, hall_number_of(group))


def test_possible_numbers_are_sums_of_orbits() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sizes = sorted(set(rng.integers(2, 20, 3).tolist()))
        most = int(rng.integers(0, 60))
        sums = {
            sum(n * size for n, size in zip(numbers, sizes, strict=True))
            for numbers in product(range(most // min(sizes) + 1), repeat=len(sizes))
        }
        wanted = sorted(n for n in sums if 0 < n <= most)
        assert possible_numbers(sizes, most) == wanted, f"seed {seed}"
    assert possible_numbers([3], -5) == []


@pytest.mark.long
def test_targets_in_a_cell_leave_room_for_what_is_known() -> None:
    """In the cell and group of known types, as many points as they have are tried."""
    found, tried = 0, regular_types()[::12]
    for framework in tried:
        hall_number = hall_number_of(str(framework.space_group_number))
        cell = fitting_cell(parameters_from_cell(framework.cell).tolist(), hall_number)
        n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
        n_unique = len(framework.frac_t)
        exact = Limits((7.0, 22.0), (n_t, n_t), (n_unique, n_unique))
        targets = targets_in_cell(cell, hall_number, exact)
        assert all(target.n_t == (n_t, n_t) for target in targets)
        assert n_unique in {target.n_points for target in targets}, framework.name
        numbers = [
            target.n_points for target in targets_in_cell(cell, hall_number, Limits((7.0, 22.0)))
        ]
        assert all(b == a + 1 for a, b in pairwise(numbers)), framework.name
        found += n_unique in numbers
    assert found > 0.95 * len(tried)


@pytest.mark.parametrize(
    ("parameters", "group", "limits", "complaint"),
    [
        (
            CHA_CELL,
            "R-3m",
            Limits((7.0, 22.0), (37, 37)),
            r"orbits of 3, 6, 9, 18, 36 atoms, which cannot give 37 T .*can give 33, 36, 39$",
        ),
        ((3, 3, 3, 90, 90, 90), "1", Limits(), r"12 to 20 .* in a cell of 27 Å\^3"),
        (CHA_CELL, "R-3m", Limits((7.0, 22.0), (100, 100)), "zeolites have 7 to 22"),
        (CHA_CELL, "R-3m", Limits((7.0, 22.0), (3, 3)), "zeolites have 7 to 22"),
        (
            (6, 6, 6, 90, 90, 90),
            "Fm-3m",
            Limits((7.0, 22.0), (3, 3)),
            "orbits of 4, 8, 24, .* cannot give 3 T atoms .* can give 4, 8",
        ),
    ],
)
def test_what_does_not_fit_into_a_cell(
    parameters: Sequence[float], group: str, limits: Limits, complaint: str
) -> None:
    hall_number = hall_number_of(group)
    cell = fitting_cell(parameters, hall_number)
    with pytest.raises(InputError, match=complaint):
        targets_in_cell(cell, hall_number, limits)

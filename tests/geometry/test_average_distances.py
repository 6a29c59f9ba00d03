"""Average minimum distances, by the program of their authors."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zeoloom.geometry.average_distances import (
    NEIGHBOURS,
    amd_distance,
    average_minimum_distances,
)
from zeoloom.geometry.operations import expand_orbits
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from types import ModuleType


def library() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it imports
        return pytest.importorskip("amd")


@pytest.mark.long
def test_as_their_authors_compute_them() -> None:
    amd = library()
    for code in ("ABW", "CHA", "MFI", "FAU", "RRO"):
        known = load_reference()[code]
        points, _ = expand_orbits(known.frac_t, known.operations, known.cell)
        given = amd.PeriodicSet(points @ known.cell, known.cell)
        found = average_minimum_distances(known.frac_t, known.operations, known.cell)
        assert np.allclose(found, amd.AMD(given, NEIGHBOURS), atol=1e-9), code


def test_of_a_cubic_lattice() -> None:
    point, trivial = np.zeros((1, 3)), operations_of_hall_number(1)
    found = average_minimum_distances(point, trivial, 2.0 * np.eye(3), 26)
    expected = [2.0] * 6 + [8.0**0.5] * 12 + [12.0**0.5] * 8
    assert np.allclose(found, expected)


def test_the_cell_chosen_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    frac, cell, trivial = (
        rng.uniform(size=(5, 3)),
        np.diag([4.0, 5.0, 6.0]),
        (operations_of_hall_number(1)),
    )
    other = np.array([[1, 1, 0], [0, 1, 2], [0, 0, 1]])
    one = average_minimum_distances(frac, trivial, cell, 40)
    two = average_minimum_distances(frac @ np.linalg.inv(other), trivial, other @ cell, 40)
    assert np.allclose(one, two)
    assert amd_distance(one, two) < 1e-9
    assert amd_distance(one, one + np.eye(40)[7]) == pytest.approx(1.0)

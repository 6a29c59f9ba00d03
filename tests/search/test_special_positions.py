"""Special positions against the International Tables, the known types and one another."""

from __future__ import annotations

import numpy as np
import pytest

from target_examples import orbit_sizes_of
from zeoloom.geometry.operations import expand_orbits
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.geometry.special_positions import (
    GENERAL,
    LINE,
    PLANE,
    POINT,
    SpecialPositions,
    special_positions,
)
from zeoloom.search.target import target_of
from zeoloom.search.wyckoff_kernel import nearest_on_positions
from zeoloom.structure.reference import load_reference

GROUPS = ("P1", "P-1", "Pnma", "Cmme", "P312", "R-3m", "P6/mmm", "I41/amd", "Fm-3m", "Ia-3d")


def positions_of(symbol: str) -> SpecialPositions:
    return special_positions(operations_of_hall_number(hall_number_of(symbol)))


@pytest.mark.parametrize(
    ("symbol", "sizes"),
    [
        ("P1", {1}),
        ("P-1", {2}),  # no tetrahedron has a centre
        ("P312", {2, 3, 6}),  # not 1a: 32 is not of a tetrahedron
        ("P6/mmm", {4, 6, 12, 24}),
        ("Fm-3m", {8, 32, 48, 96, 192}),  # not 4a, 4b, 24d, 24e
    ],
)
def test_as_in_the_international_tables(symbol: str, sizes: set[int]) -> None:
    positions = positions_of(symbol)
    assert set(positions.sizes.tolist()) == sizes
    assert set(positions.freedoms[positions.sizes == max(sizes)].tolist()) == {GENERAL}


@pytest.mark.parametrize(
    ("symbol", "planes", "lines", "points"),
    [
        ("P1", 0, 0, 0),
        ("P-1", 0, 0, 0),
        ("Pnma", 2, 0, 0),  # y = 1/4, 3/4
        # mirrors x = 0, 1/2 and y = 1/4, 3/4; on twofold axes (8c, d, e, f, l without 4c to 4f) and
        # along mm2 (4g); 4a and 4b, 222
        ("Cmme", 4, None, 8),
        ("P6/mmm", 8, None, 0),  # z = 0, 1/2; three of each other kind
    ],
)
def test_each_is_there_once(symbol: str, planes: int, lines: int | None, points: int) -> None:
    kinds = positions_of(symbol).freedoms.tolist()
    assert kinds.count(GENERAL) == 1
    assert kinds.count(PLANE) == planes
    assert kinds.count(POINT) == points
    assert lines is None or kinds.count(LINE) == lines


@pytest.mark.parametrize("symbol", GROUPS)
def test_no_two_are_the_same(symbol: str) -> None:
    positions = positions_of(symbol)
    squares, _ = nearest_on_positions(
        positions.frac_points, positions.frac_points, positions.directions, np.eye(3)
    )
    alike = np.abs(positions.directions[:, None] - positions.directions).max(axis=(2, 3)) < 1e-6
    assert np.array_equal(alike & (squares < 1e-6), np.eye(len(squares), dtype=np.bool_))


@pytest.mark.parametrize("symbol", GROUPS)
def test_orbits_have_the_size_they_are_said_to(symbol: str) -> None:
    """Wherever one goes on a position, tried in a cubic cell, whatever the group."""
    operations = operations_of_hall_number(hall_number_of(symbol))
    positions = special_positions(operations)
    rng = np.random.default_rng(0)
    for place, direction, size in zip(
        positions.frac_points, positions.directions, positions.sizes, strict=True
    ):
        gone = place + direction @ rng.uniform(-0.5, 0.5, 3)
        atoms, _ = expand_orbits(gone[None], operations, 100.0 * np.eye(3), tolerance=1e-6)
        assert len(atoms) == size, (place, direction)


def test_extents() -> None:
    """Of axes, mirrors and the cell, in Pmm2 with 5, 7 and 11 Å."""
    positions = positions_of("Pmm2")
    kinds, extents = positions.freedoms, positions.extents(np.diag([5.0, 7.0, 11.0]))
    np.testing.assert_allclose(extents[kinds == LINE], 11.0)
    assert {round(each, 6) for each in extents[kinds == PLANE]} == {77.0, 55.0}
    np.testing.assert_allclose(extents[kinds == GENERAL], 385.0)


@pytest.mark.long
def test_each_known_atom_has_a_special_position() -> None:
    for code, framework in load_reference().items():
        offered = special_positions(target_of(framework, 1).operations).sizes
        assert set(orbit_sizes_of(code)) <= set(offered.tolist()), code

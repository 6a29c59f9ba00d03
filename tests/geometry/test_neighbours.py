"""Images of points in periodic crystals against plain comparisons; neighbours: `test_reference`."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from zeoloom.geometry.image_kernel import first_in_place
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits, separations
from zeoloom.geometry.space_groups import operations_of_hall_number


def test_many_neighbours() -> None:
    # more than any first guess of how many there are
    found = neighbours_within(np.zeros((1, 3)), np.zeros((1, 3)), np.eye(3), 12.0)
    axis = np.arange(-12, 13)
    grid = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    assert len(found.centre) == (np.linalg.norm(grid, axis=1) <= 12.0).sum()


@settings(max_examples=60, deadline=None)
@given(hall=st.integers(1, 530), seed=st.integers(0, 2**32 - 1), special=st.booleans())
def test_coincident_images_are_one_atom(hall: int, seed: int, special: bool) -> None:
    operations = operations_of_hall_number(hall)
    cell = 11.0 * np.eye(3)
    frac = np.random.default_rng(seed).random((3, 3))
    if special:  # on or near to elements of symmetry
        frac = np.round(frac * 4) / 4 + 0.002 * frac
    images = operations.images(frac)
    found = first_in_place(images, cell, 0.25)
    for atom in range(3):
        apart = separations(images[:, None, atom], images[None, :, atom], cell)
        expected = ~np.triu(apart < 0.25, k=1).any(axis=0)
        np.testing.assert_array_equal(found[atom], expected)
    full, owner = expand_orbits(frac, operations, cell)
    assert len(full) == len(owner)
    for atom in range(3):
        mine = full[owner == atom]
        apart = separations(mine[:, None], mine[None, :], cell) + np.eye(len(mine))
        assert apart.min() >= 0.25 - 1e-9

"""Targets in cells and groups that no known type needs to have."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from target_examples import regular_types
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell, volume
from zeoloom.geometry.operations import orbit_sizes
from zeoloom.geometry.space_groups import fits_cell
from zeoloom.search.feasibility import atoms_of_orbits
from zeoloom.search.free_cells import (
    FreePrior,
    draw_free_batch,
    draw_free_target,
    draw_in_group,
    free_prior_of,
)
from zeoloom.search.limits import Limits

LIMITS = Limits((12.0, 20.0), (8, 200), (1, 16))


@cache
def prior() -> FreePrior:
    return free_prior_of(regular_types(), LIMITS)


@pytest.mark.long
def test_every_group_is_reached_with_numbers_that_its_orbits_give() -> None:
    rng = np.random.default_rng(0)
    for number in range(1, 231):
        drawn = (draw_in_group(prior(), number, rng) for _ in range(5))
        target = next((each for each in drawn if each is not None), None)
        assert target is not None, number
        assert target.space_group_number == number
        assert fits_cell(target.operations, target.cell), number
        low, high = target.n_t
        assert 8 <= low <= high <= 200, number
        assert 1000.0 * low / volume(target.cell) >= 12.0, number
        assert 1000.0 * high / volume(target.cell) <= 20.0, number
        possible = atoms_of_orbits(orbit_sizes(target.operations), LIMITS.n_t_unique, high)
        assert any(low <= n for n in possible), number
        assert min(parameters_from_cell(target.cell)[:3]) > 4.0, number


def test_groups_are_drawn_as_the_types_have_them_and_others_too() -> None:
    chances = prior().group_chances
    assert chances.sum() == pytest.approx(1.0)
    assert chances.min() > 2e-4
    seen = Counter(each.space_group_number for each in regular_types())
    [(most, _)] = seen.most_common(1)
    assert chances[most - 1] == chances.max()
    unseen = [chances[n - 1] for n in range(1, 231) if n not in seen]
    assert 0.2 < sum(unseen) < 0.6


def test_shapes_lie_between_those_of_the_types() -> None:
    rng = np.random.default_rng(1)
    drawn = [draw_in_group(prior(), 191, rng) for _ in range(60)]
    ratios = np.array([p[2] / p[0] for t in drawn if t for p in [parameters_from_cell(t.cell)]])
    own = [each.cell for each in regular_types() if 168 <= each.space_group_number <= 194]
    known = [parameters_from_cell(cell) for cell in own]
    assert min(p[2] / p[0] for p in known) / 2.0 < ratios.min()
    assert ratios.max() < 2.0 * max(p[2] / p[0] for p in known)
    assert len(np.unique(ratios.round(6))) == len(ratios)


def test_axes_are_those_of_types_recombined() -> None:
    rng = np.random.default_rng(2)
    targets = [draw_in_group(prior(), 62, rng) for _ in range(80)]
    axes = np.log([parameters_from_cell(each.cell)[:3] for each in targets if each])
    types = [each for each in regular_types() if 16 <= each.space_group_number <= 74]
    known = prior().shapes["orthorhombic"][:, :3]
    near = np.abs(axes[:, :, None] - known.ravel()).min(axis=2) < 0.06
    assert len(types) > 20
    # one axis is left open by the size, and one in ten drawn widely
    assert near.mean() > 0.7
    whole = np.abs(axes[:, None] - known).max(axis=2).min(axis=1) < 0.06
    assert whole.mean() < 0.3


def test_a_batch_has_few_groups_and_like_numbers_of_points() -> None:
    def drawn(seed: int) -> list[tuple[int, int, bytes]]:
        targets = draw_free_batch(prior(), lambda _: 18, np.random.default_rng(seed))
        return [(t.space_group_number, t.n_points, t.cell.tobytes()) for t in targets]

    for seed in range(4):
        batch = drawn(seed)
        assert len(batch) == 18
        assert len({number for number, _, _ in batch}) <= 4
        points = [n for _, n, _ in batch]
        assert max(points) - min(points) <= 4 + max(points) // 2, points
        assert len({cell for _, _, cell in batch}) > 12
    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_a_batch_of_many_unique_atoms_if_there_is_room_for_them() -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        batch = draw_free_batch(prior(), lambda _: 6, rng, 8)
        assert batch[0].n_points >= 7, seed
    small = free_prior_of(regular_types(), Limits((12.0, 20.0), (8, 24), (1, 16)), (166,))
    assert len(draw_free_batch(small, lambda _: 6, np.random.default_rng(0), 8)) == 6


def test_groups_asked_for_and_what_they_do_not_allow() -> None:
    rng = np.random.default_rng(0)
    some = free_prior_of(regular_types(), LIMITS, (2, 96))
    assert {draw_free_target(some, rng).space_group_number for _ in range(40)} == {2, 96}
    with pytest.raises(InputError, match="Fm-3m has orbits of 4,"):
        free_prior_of(regular_types(), Limits((12.0, 20.0), (5, 5), (1, 1)), (225,))
    with pytest.raises(InputError, match="no cell was found"):
        free_prior_of(regular_types(), Limits((12.0, 20.0), (1, 1), (1, 1)), (2,))

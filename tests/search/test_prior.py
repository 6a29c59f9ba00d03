"""Targets that are drawn from the known types."""

from __future__ import annotations

import numpy as np
import pytest

from target_examples import regular_types
from training_examples import seeded
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import volume
from zeoloom.run.search_targets import batch_size
from zeoloom.search.limits import ANY_NUMBER, Limits
from zeoloom.search.prior import draw_target, prior_of, with_many_points


def test_drawn_targets_are_like_known_ones() -> None:
    limits = Limits((12.0, 20.0), (8, 120), (1, 6))
    prior = prior_of(regular_types(), limits)
    kinds = {(each.space_group_number, len(each.frac_t)) for each in regular_types()}
    groups, numbers = set(), []
    for seed in range(150):
        target = draw_target(prior, seeded(seed))
        label = f"seed {seed}"
        metric = target.cell @ target.cell.T
        for rotation in target.operations.rotations:
            np.testing.assert_allclose(
                rotation.T @ metric @ rotation, metric, atol=1e-6, err_msg=label
            )
        near = {(target.space_group_number, target.n_points + more) for more in (-1, 0, 1)}
        assert near & kinds, label
        assert 1 <= target.n_points <= 7, label
        assert (target.operations.rotations[0] == np.eye(3)).all(), label
        assert not target.operations.translations[0].any(), label
        density = np.array(target.n_t) / volume(target.cell) * 1000
        assert density[0] >= 12.0 - 1e-3, label
        assert 8 <= target.n_t[0] <= target.n_t[1] <= 120, label
        assert target.n_t_unique == (1, 6), label
        groups.add(target.space_group_number)
        numbers.append(target.n_points)
    assert len(groups) > 25
    assert len(set(numbers)) > 4
    one, again, other = (draw_target(prior, seeded(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one.cell, again.cell)
    assert one.n_points == again.n_points
    assert not np.array_equal(one.cell, other.cell)


def test_targets_with_many_points() -> None:
    prior = prior_of(regular_types(), Limits((12.0, 20.0), (8, 300), (1, 12)))
    many = with_many_points(prior, 8)
    assert 20 < len(many.targets) < len(prior.targets)
    assert {each.n_points for each in many.targets} == set(range(8, 13))
    assert with_many_points(prior, 13) == prior


def test_targets_in_one_group() -> None:
    number = 166
    limits = Limits()
    prior = prior_of(regular_types(), limits, (number,))
    codes = [each for each in regular_types() if each.space_group_number == number]
    assert 1 < len(prior.targets) <= len(codes)
    assert {draw_target(prior, seeded(s)).space_group_number for s in range(8)} == {number}
    unknown = next(
        n for n in range(75, 140) if n not in {each.space_group_number for each in regular_types()}
    )
    with pytest.raises(InputError, match="no known framework type in P"):
        prior_of(regular_types(), limits, (unknown,))


@pytest.mark.parametrize(
    "limits",
    [
        Limits((12.0, 20.0), (2, 3)),
        Limits((12.0, 20.0), ANY_NUMBER, (31, 32)),
        Limits((12.0, 20.0), (8, 10), (9, 9)),
    ],
)
def test_targets_that_nothing_known_has(limits: Limits) -> None:
    with pytest.raises(InputError, match=r"no known framework type has .* widen these, or give"):
        prior_of(regular_types(), limits)


@pytest.mark.parametrize(
    ("n_points", "size"), [(1, 64), (8, 64), (12, 42), (24, 21), (128, 4), (400, 1)]
)
def test_sizes_of_batches(n_points: int, size: int) -> None:
    assert batch_size(n_points) == size

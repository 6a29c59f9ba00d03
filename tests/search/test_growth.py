"""Where new families still come from."""

from __future__ import annotations

import numpy as np
import pytest

from target_examples import targets_like
from zeoloom.search.growth import (
    NO_GROWTH,
    Arm,
    Find,
    Growth,
    arm_of,
    draw_finds,
    fewest_points,
    group_weights,
    room_of_groups,
    with_finds,
)


def find(family: str, group: int, *, gap: float = 0.0, code: str = "CHA", ring: int = 8) -> Find:
    [target] = targets_like(code, 1)
    arm = Arm(group, arm_of(target).size)
    return Find(arm, family, group, (15, ring), target, gap, 0.5)


def growth_of(counts: dict[int, int], tried: dict[int, int]) -> Growth:
    finds = [find(f"{group}-{i}", group) for group, n in counts.items() for i in range(n)]
    return with_finds(NO_GROWTH, {Arm(group, 0): n for group, n in tried.items()}, finds)


def test_groups_that_bring_more_are_drawn_more() -> None:
    growth = growth_of({5: 30, 7: 1, 9: 9}, {5: 40, 7: 40, 9: 40})
    draws = np.array(
        [group_weights(growth, np.random.default_rng(s), capped=False) for s in range(300)]
    )
    means = draws.mean(axis=0)
    assert means[4] > 1.5
    assert means[6] < 1.0
    # a group that was never tried may be rich or poor
    assert means[100] == pytest.approx(1.0, abs=0.2)
    assert draws[:, 100].std() > 2.0 * draws[:, 8].std()


def test_a_group_that_holds_its_share_is_not_drawn() -> None:
    growth = growth_of({5: 10, **dict.fromkeys(range(10, 40), 2)}, {5: 100})
    room = room_of_groups(growth)
    assert room[4] == 0.0
    assert room[9] == pytest.approx(1.0 - 2.0 / 7.0)
    assert room[229] == 1.0
    weights = group_weights(growth, np.random.default_rng(0), capped=True)
    assert weights[4] == 0.0
    assert group_weights(growth, np.random.default_rng(0), capped=False)[4] > 0.0
    # and what it brings does not make its arm richer
    more = with_finds(growth, {Arm(5, 0): 10}, [find("another", 5)])
    assert sum(more.found.values()) < sum(growth.found.values())
    assert more.holdings[5] == 11
    # few families say nothing of shares
    assert room_of_groups(growth_of({5: 10}, {5: 10})).min() == 1.0


def test_a_family_counts_once_and_a_near_miss_in_part() -> None:
    once = with_finds(NO_GROWTH, {Arm(5, 0): 8}, [find("a", 5), find("a", 5)])
    assert sum(once.found.values()) == pytest.approx(1.0)
    again = with_finds(once, {Arm(5, 0): 8}, [find("a", 5)])
    assert again.holdings == {5: 1}
    assert sum(again.found.values()) < 1.0
    near = with_finds(NO_GROWTH, {}, [find("a", 5, gap=2.0)])
    assert sum(near.found.values()) == pytest.approx(np.exp(-2.0))
    assert not near.holdings


def test_the_archive_keeps_the_best_of_each_niche() -> None:
    growth = with_finds(
        NO_GROWTH,
        {},
        [find("a", 166, gap=1.0), find("b", 166, code="GME"), find("c", 166, ring=12, code="FAU")],
    )
    assert {each.family for each in growth.archive.values()} == {"b", "c"}
    worse = with_finds(growth, {}, [find("d", 166, gap=0.5)])
    assert worse.archive == growth.archive
    drawn = draw_finds(growth, 4, np.random.default_rng(0), capped=True)
    assert len(drawn) == 4
    assert {len(each.operations) for each in drawn} <= {24, 192}


def test_many_unique_atoms_are_asked_for_while_few_families_have_them() -> None:
    few = [find(f"few {i}", 166) for i in range(30)]
    many = [find(f"many {i}", 12, code="MFI") for i in range(12)]
    lacking = with_finds(NO_GROWTH, {}, few)
    enough = with_finds(lacking, {}, many)
    assert (lacking.many, enough.many) == (0, 12)
    # a family counts once, and only if it meets what is asked for
    assert with_finds(enough, {}, [*many, find("off", 12, code="MFI", gap=1.0)]).many == 12

    def drawn(growth: Growth, most: int) -> list[int]:
        return [fewest_points(growth, most, np.random.default_rng(s)) for s in range(200)]

    assert 60 < drawn(lacking, 16).count(8) < 140
    assert set(drawn(lacking, 7)) == set(drawn(enough, 16)) == set(drawn(NO_GROWTH, 16)) == {1}
    mixed = with_finds(NO_GROWTH, {}, [find("a", 12, code="MFI"), find("b", 166, ring=6)])
    large = draw_finds(mixed, 8, np.random.default_rng(0), 8, capped=False)
    assert {each.n_points for each in large} == {12}
    assert len(draw_finds(lacking, 3, np.random.default_rng(0), 8, capped=False)) == 3


def test_parents_are_the_nearest_and_of_these_the_most_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zeoloom.search.growth.MOST_PARENTS", 3)
    atoms = np.zeros((1, 3))
    facts = {"a": (0.0, 0.2), "b": (0.0, 0.9), "c": (0.3, 1.0), "d": (0.0, 0.5), "e": (0.7, 1.0)}
    finds = [
        find(family, 5)._replace(gap=gap, likeness=likeness, frac_t=atoms)
        for family, (gap, likeness) in facts.items()
    ]
    assert set(with_finds(NO_GROWTH, {}, finds).parents) == {"a", "b", "d"}
    assert set(with_finds(NO_GROWTH, {}, finds[1:]).parents) == {"b", "c", "d"}
    bare = [each._replace(frac_t=None) for each in finds]
    assert not with_finds(NO_GROWTH, {}, bare).parents

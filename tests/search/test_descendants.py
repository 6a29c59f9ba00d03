"""Crystals that begin at frameworks which met conditions."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.conditions import NO_CONDITIONS, Conditions
from zeoloom.judge.ranges import parse_ranges
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.search.candidates import candidate_fingerprint, points_to_atoms
from zeoloom.search.descendants import (
    DESCENDANT_SHARES,
    LEAST_LENDING,
    NARROWER,
    OF_ONE_PARENT,
    DescendantPlan,
    chance_of_descendants,
    descendants_of,
    draw_descendants,
    in_subgroup,
    lending_of_groups,
    may_be_rare,
    subgroups_of,
    voids_of,
)
from zeoloom.search.growth import NO_GROWTH, Find, Growth, arm_of
from zeoloom.search.hollow_kernel import depths
from zeoloom.search.hollows import clearance, ring_radius
from zeoloom.search.limits import Limits
from zeoloom.search.target import Target, target_of
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray

EVERY_GROUP = np.ones(230)


def plan_for(lending: FloatArray = EVERY_GROUP, clear: float | None = None) -> DescendantPlan:
    return DescendantPlan(Limits(n_t_unique=(1, 16)), lending, clear)


def parent_target(code: str) -> Target:
    framework = load_reference()[code]
    target = target_of(framework, len(framework.frac_t))
    return replace(target, parent=framework.frac_t)


RARE = Conditions(contains=frozenset({"d4r"}))
ALL = np.ones(230)


def find(code: str, *, gap: float = 0.0) -> Find:
    framework = load_reference()[code]
    target = target_of(framework, len(framework.frac_t))
    group = framework.space_group_number
    return Find(arm_of(target), code, group, (15, 8), target, gap, 0.5, framework.frac_t)


@pytest.mark.parametrize("code", ["CHA", "MTW", "LTA", "AFI"])
def test_in_a_subgroup_a_parent_has_the_same_atoms_and_the_same_net(code: str) -> None:
    framework, target = load_reference()[code], parent_target(code)
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    lower = [in_subgroup(target, each) for each in subgroups_of(target.operations)]
    assert lower
    for each in lower:
        assert each.parent is not None
        assert each.n_points == len(each.parent) >= target.n_points
        assert len(expand_orbits(each.parent, each.operations, each.cell)[0]) == n_t
        assert each.space_group_number != target.space_group_number
        candidate = points_to_atoms(each.parent, each)
        assert candidate_fingerprint(candidate) == fingerprint_of(net_of(framework))


@pytest.mark.parametrize(("code", "radius"), [("VFI", 6.5), ("CFI", 3.9), ("UTL", 4.5)])
def test_voids_are_as_large_as_the_atoms_leave_them(code: str, radius: float) -> None:
    framework, target = load_reference()[code], parent_target(code)
    voids = voids_of(target, radius, np.random.default_rng(0))
    assert voids is not None
    whole, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    cells = np.array(list(product(range(-2, 3), repeat=3)))
    for centre, ball in zip(voids.frac_centres, voids.radii, strict=True):
        away = ((whole[:, None] + cells) - centre) @ framework.cell
        nearest = np.linalg.norm(away, axis=-1).min()
        assert ball < nearest
        assert nearest >= NARROWER * radius
    assert depths(framework.frac_t, target.group, voids).sum() == 0.0


def test_a_framework_without_such_voids_keeps_its_widest() -> None:
    voids = voids_of(parent_target("ABW"), 9.0, np.random.default_rng(0))
    assert voids is not None
    assert voids.radii.max() < 5.0


def test_descendants_keep_the_atoms_and_the_groups_cell() -> None:
    generator, rng = torch.Generator().manual_seed(0), np.random.default_rng(0)
    seen = set()
    for _ in range(12):
        few = descendants_of(find("CHA"), plan_for(EVERY_GROUP, 4.0), generator, rng)
        assert len(few) == OF_ONE_PARENT
        assert {each.n_t for each in few} == {(36, 36)}
        assert all(each.hollow is not None for each in few)
        assert len({each.cell.tobytes() for each in few}) == OF_ONE_PARENT
        for each in few:
            rotations = each.operations.rotations
            metric = each.cell @ each.cell.T
            turned = rotations.transpose(0, 2, 1) @ metric @ rotations
            assert np.allclose(turned, metric, atol=1e-6)
        seen.add(few[0].space_group_symbol)
    assert "R-3m" in seen
    assert len(seen) > 2


def test_parents_of_rare_groups_are_drawn_as_often_as_others() -> None:
    parents = {f"{code} {i}": find(code) for code, n in (("CHA", 9), ("MTW", 1)) for i in range(n)}
    generator = torch.Generator().manual_seed(0)
    rng = np.random.default_rng(0)
    densities = []
    for _ in range(40):
        drawn = draw_descendants(parents, lambda _: 12, plan_for(), generator, rng)
        assert len(drawn) == 12
        assert all(each.hollow is None for each in drawn)
        densities += [each.n_t[0] for each in drawn[:1]]
    assert 9 < densities.count(28) < 31  # MTW has 28 T atoms
    # what is far from the conditions is drawn next to never
    far = {"CHA": find("CHA"), "MTW": find("MTW", gap=1.5)}
    drawn = [draw_descendants(far, lambda _: 4, plan_for(), generator, rng) for _ in range(40)]
    assert sum(each[0].n_t[0] == 28 for each in drawn) <= 2


def test_descendants_are_in_the_groups_asked_for() -> None:
    rng = np.random.default_rng(0)
    generator = torch.Generator().manual_seed(0)
    system = frozenset({"monoclinic", "trigonal"})
    for asked in (Conditions(crystal_system=system), Conditions(space_group=frozenset({12, 166}))):
        groups = asked.allowed_groups
        lending = lending_of_groups(NO_GROWTH, sorted(groups))
        drawn = [
            descendants_of(find("CHA"), plan_for(lending), generator, rng)[0].space_group_number
            for _ in range(20)
        ]
        assert set(drawn) <= groups
        assert len(set(drawn)) > 1
    anywhere = {
        descendants_of(find("CHA"), plan_for(), generator, rng)[0].space_group_number
        for _ in range(20)
    }
    assert not anywhere <= {12, 166}


def test_groups_that_hold_much_lend_fewer_parents_and_are_rarely_drawn() -> None:
    # CHA has R-3m (166), MTW C2/m (12), which R-3m has as a subgroup
    full = Growth(holdings={166: 30, 12: 4, 2: 2})
    lending = lending_of_groups(full, ())
    assert lending[165] == lending[11] == LEAST_LENDING
    assert lending[14] == 1.0
    assert (lending_of_groups(full, (12, 166))[[11, 165]] == 1.0).all()
    generator = torch.Generator().manual_seed(0)
    parents = {"CHA": find("CHA"), "MTW": find("MTW")}

    def share(growth: Growth, n_t: int) -> float:
        rng, lent = np.random.default_rng(0), lending_of_groups(growth, ())
        drawn = [
            draw_descendants(parents, lambda _: 4, plan_for(lent), generator, rng)[0]
            for _ in range(40)
        ]
        return sum(each.n_t[0] == n_t for each in drawn) / len(drawn)

    assert share(NO_GROWTH, 36) > 0.2  # CHA has 36 T atoms
    assert share(Growth(holdings={166: 30}), 36) < 0.15
    rng = np.random.default_rng(0)
    drawn = [
        descendants_of(find("CHA"), plan_for(lending), generator, rng)[0].space_group_number
        for _ in range(40)
    ]
    assert drawn.count(12) <= 4


def test_batches_begin_at_parents_once_there_are_many() -> None:
    assert chance_of_descendants(NO_GROWTH, RARE, ALL) == 0.0
    one = chance_of_descendants(Growth(parents={"CHA": find("CHA")}), RARE, ALL)
    assert 0.0 < one < 0.1
    many = {f"{i}": find("CHA") for i in range(20)}
    assert chance_of_descendants(Growth(parents=many), RARE, ALL) == pytest.approx(2.0 / 3.0)
    # the first of a run are to be unlike one another
    assert chance_of_descendants(Growth(parents=many), NO_CONDITIONS, ALL) == 0.0
    more = {f"{i}": find("CHA") for i in range(60)}
    usual = chance_of_descendants(Growth(parents=more), NO_CONDITIONS, ALL)
    assert usual == pytest.approx(0.5 * 2.0 / 3.0)
    full = np.where(np.arange(1, 231) == 166, 0.03, 1.0)
    assert chance_of_descendants(Growth(parents=many), RARE, full) == pytest.approx(1.0 / 6.0)
    near = {f"{i}": find("CHA", gap=0.5) for i in range(20)}
    assert chance_of_descendants(Growth(parents=near), RARE, ALL) < 0.5


def test_parents_that_bring_more_than_noise_are_taken_more_often() -> None:
    target = parent_target("CHA")
    noise, parent = arm_of(replace(target, parent=None)), arm_of(target)
    assert noise != parent
    parents = {f"{i}": find("CHA") for i in range(20)}
    tried = {noise: 1000.0, parent: 1000.0}
    chances = [
        chance_of_descendants(Growth(tried, {noise: 50.0, parent: n}, parents=parents), RARE, ALL)
        for n in (0.0, 25.0, 50.0, 100.0, 5000.0)
    ]
    assert chances[0] >= DESCENDANT_SHARES[0]
    assert chances[-1] == DESCENDANT_SHARES[1]
    assert chances == sorted(chances)
    # a batch of them takes about half of the time
    assert chances[1] < 0.6
    assert chances[2] == pytest.approx(2.0 / 3.0)


def test_rare_conditions_breed() -> None:
    window = Conditions(window=parse_ranges("12-", whole=True))
    assert may_be_rare(window)
    assert may_be_rare(Conditions(contains=frozenset({"d4r"})))
    assert not may_be_rare(Conditions(density=parse_ranges("12-20"), chiral=True))
    assert clearance(window) == pytest.approx(ring_radius(10))
    assert clearance(Conditions(contains=frozenset({"d4r"}))) is None

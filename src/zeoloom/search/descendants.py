"""Crystals that begin at frameworks that were found before, as others of their kind lie near them.

Parents are the frameworks nearest to what is asked for, and of these the most like made zeolites.
The atoms of a parent are given noise of about half an Ångström and denoised anew, in a cell that is
a little strained, and mostly in a subgroup of its group, where atoms that were equal may become
different. Where channels or cages are asked for, the parts of the cell that the atoms of the parent
keep out of are its hollows (`search.hollows`), so that they remain. Parents are drawn group by
group, as evolutionary searches for structures keep their variety (Lonie & Zurek, Comput. Phys.
Commun. 182, 372 (2011)), and each family has one. Descendants are relatives: groups that hold many
families already lend few parents, and few begin in them. Some begin at slabs of a parent, stacked
otherwise (`search.restacking`), in cells that nothing had.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.diffusion.noise import noise_levels
from zeoloom.geometry.image_kernel import distances_to_images
from zeoloom.geometry.lattice import volume
from zeoloom.geometry.operations import SymmetryOperations, distinct_orbits, expand_orbits
from zeoloom.geometry.space_groups import space_group_of_operations
from zeoloom.geometry.subgroups import random_subgroups
from zeoloom.search.denoising import CRYSTAL_SIGMA_MIN, RHO
from zeoloom.search.free_cells import GROUPS
from zeoloom.search.growth import BEGUN_AT_PARENT, room_of_groups, unique_slack
from zeoloom.search.hollow_kernel import NO_HOLLOW, Hollow, depths
from zeoloom.search.prior import strained_cell
from zeoloom.search.restacking import restacked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.judge.conditions import Conditions
    from zeoloom.search.growth import Find, Growth
    from zeoloom.search.limits import Limits
    from zeoloom.search.target import Target

MET_BY_CELLS = {"density", "atoms", "unique_atoms", "space_group", "crystal_system", "chiral"}
"""Conditions that the draw of cells and groups meets: where no other is asked, none is rare."""

DESCENDANT_SHARES, USUAL_WORTH = (0.1, 0.8), 5.0
"""Least and largest share of the batches that begin at parents, once there are many; and the worth
of new families that crystals of either kind are taken to have brought, at the rate of both, before
any is counted."""

FEW_AND_MANY, FEW_AND_MANY_IF_RARE = (40.0, 80.0), (0.0, 8.0)
"""Parents up to which no batch begins at them, for the first of a run are to be unlike one another,
and from which on there are many; and the same where what is asked for may be rare."""

PART_IF_FULL = 0.25
"""Part of that share that is left while all parents are of groups that hold as much as they may."""

PARENTS_PACE = 2.0
"""Crystals that begin at parents, for one at noise, in the same time: they have fewer rounds."""

NEARNESS = 4.0
"""Power of the worth of a parent that has not met all conditions, in its chance and its count. The
chance goes with the inverse of its volume too: large cells take long to measure and to relax."""

OF_ONE_PARENT = 4
"""Crystals of a batch that have one parent and group."""

SUBGROUP_SHARE, SUBGROUP_DRAWS, MOST_SUBGROUPS = 0.6, 40, 6
"""Share of the descendants in a subgroup, if there is one in which atoms become different; how
often its generators are drawn, and how many subgroups, the largest, each group has."""

ROOM_TO_LEND, LEAST_LENDING = 1.0 / 3.0, 0.03
"""Room of a group from which on it lends as any other; and what a group lends that holds as many
families as it may: if all do, parents are drawn as if none did."""

RESTACKED_SHARE, RESTACKED_TRIES, STACKINGS = 0.2, 8, 8
"""Share of the descendants that begin at slabs of parents, stacked otherwise; parents that are
tried for one; and different stacks of one parent."""

START_SIGMAS, LEVELS_PER_SIGMA, FEWEST_LEVELS = (0.4, 0.6, 0.8), 6.0, 3
"""Å, noise that batches begin with; noise levels for each Å of it, and at least."""

DESCENDANT_ROUNDS = 10
"""Rounds of repair at most: what begins near to a net is soon repaired."""

VOID_SAMPLES, MOST_BALLS, BALL_PART, CORE_PART, NARROWER = 400, 12, 0.92, 0.4, 0.85
"""Places at random among which those farthest from all atoms are balls that stay empty; how many;
their radius, as a part of that distance, as atoms give way; the part of it in which no other ball
has its centre; and that of the largest distance, at which a place is in a void in any case."""


class DescendantPlan(NamedTuple):
    """What descendants keep to.

    Attributes:
        limits: on the frameworks that are searched for.
        lending: (230,) of `lending_of_groups`; subgroups where it is 0 are left out.
        clearance: Å from T atoms, of places that stay empty; None for none.
        restacked: share that begins at slabs of parents, stacked in another way.
    """

    limits: Limits
    lending: FloatArray
    clearance: float | None
    restacked: float = RESTACKED_SHARE


def may_be_rare(conditions: Conditions) -> bool:
    """Whether conditions are asked that may be rare, so that what meets them is soon a parent."""
    return bool(conditions.asked.keys() - MET_BY_CELLS)


def chance_of_descendants(growth: Growth, conditions: Conditions, lending: FloatArray) -> float:
    """Chance of a batch to begin at parents: the higher, the more such crystals have brought.

    Args:
        growth: so far.
        conditions: that are asked for.
        lending: (230,) of `lending_of_groups`; if no group that parents have lends, few begin.
    """
    if not growth.parents:
        return 0.0
    few, many = FEW_AND_MANY_IF_RARE if may_be_rare(conditions) else FEW_AND_MANY
    near = sum(math.pow(each.worth, NEARNESS) for each in growth.parents.values())
    tried, found = [0.0, 0.0], [0.0, 0.0]
    for arm, n in growth.tried.items():
        tried[arm.size == BEGUN_AT_PARENT] += n
        found[arm.size == BEGUN_AT_PARENT] += growth.found.get(arm, 0.0)
    rate = (1.0 + sum(found)) / (1.0 + sum(tried))
    other, own = (
        (USUAL_WORTH + brought) / (USUAL_WORTH / rate + n)
        for brought, n in zip(found, tried, strict=True)
    )
    own *= PARENTS_PACE
    least, most = DESCENDANT_SHARES
    share = min(max((near - few) / (many - few), 0.0), 1.0)
    share *= max(PART_IF_FULL, *(lending[each.group - 1] for each in growth.parents.values()))
    return float(share * min(max(own / (own + other), least), most))


def draw_descendants(
    parents: Mapping[str, Find],
    size_of: Callable[[int], int],
    plan: DescendantPlan,
    generator: torch.Generator,
    rng: np.random.Generator,
) -> list[Target]:
    """Targets of a batch that begin at parents: of any of their groups, of about as many points.

    Args:
        parents: by their families.
        size_of: how many crystals there are to be, by the number of points of the first.
        plan: what they keep to.
        generator: source of randomness of strains.
        rng: of all other.
    """
    finds = [parents[name] for name in sorted(parents)]
    draw_parent = _drawing_parents(finds, plan.lending, rng)
    targets: list[Target] = []
    size = OF_ONE_PARENT
    while len(targets) < size:
        parent = draw_parent()
        begun = _draw_restacked(draw_parent, plan, rng) if rng.random() < plan.restacked else None
        few = descendants_of(begun or parent, plan, generator, rng)
        if not targets:
            size = size_of(few[0].n_points)
            slack = unique_slack(few[0])
            most = few[0].n_points + slack
        if few[0].n_points <= most or rng.random() < 1.0 / OF_ONE_PARENT:
            targets += few
    return targets[:size]


def lending_of_groups(growth: Growth, groups: Sequence[int]) -> FloatArray:
    """(230,) factors on the chances of the groups by number, to lend parents and to take them up.

    Args:
        growth: so far.
        groups: numbers of those asked for, which are all that count then; none if any may be.
    """
    if groups:
        asked = np.zeros(GROUPS)
        asked[np.array(groups) - 1] = 1.0
        return asked
    return np.clip(room_of_groups(growth) / ROOM_TO_LEND, LEAST_LENDING, 1.0)


def _drawing_parents(
    finds: Sequence[Find], lending: FloatArray, rng: np.random.Generator
) -> Callable[[], Find]:
    """What draws parents: of a group drawn from all of theirs, the likelier the nearer."""
    numbers = np.array([each.group for each in finds])
    worth = np.array([each.worth for each in finds]) ** NEARNESS
    worth /= np.array([volume(each.target.cell) for each in finds])
    groups = np.unique(numbers)
    of_groups = np.array([worth[numbers == group].max() for group in groups]) * lending[groups - 1]

    def draw() -> Find:
        group = rng.choice(groups, p=of_groups / of_groups.sum())
        chances = np.where(numbers == group, worth, 0.0)
        return finds[rng.choice(len(finds), p=chances / chances.sum())]

    return draw


def _draw_restacked(
    draw_parent: Callable[[], Find], plan: DescendantPlan, rng: np.random.Generator
) -> Find | None:
    """A parent made of slabs of one that is drawn, in a group that has room; None if none came."""
    for _ in range(RESTACKED_TRIES):
        parent = draw_parent()
        begun = replace(parent.target, parent=parent.frac_t)
        target = restacked(begun, plan.limits, int(rng.integers(STACKINGS)))
        if target is None or rng.random() >= plan.lending[target.space_group_number - 1]:
            continue
        return parent._replace(group=target.space_group_number, target=target, frac_t=target.parent)
    return None


def descendants_of(
    parent: Find,
    plan: DescendantPlan,
    generator: torch.Generator,
    rng: np.random.Generator,
) -> list[Target]:
    """Targets that begin at the atoms of one parent, in strained cells of one group.

    Args:
        parent: with its atoms.
        plan: what they keep to.
        generator: source of randomness of strains.
        rng: of all other.
    """
    assert parent.frac_t is not None
    target = replace(parent.target, parent=parent.frac_t, n_points=len(parent.frac_t))
    if rng.random() < SUBGROUP_SHARE:
        target = _drawn_lower(target, plan, rng)
    n_t = len(expand_orbits(parent.frac_t, parent.target.operations, target.cell)[0])
    hollow = None if plan.clearance is None else voids_of(target, plan.clearance, rng)
    target = replace(target, n_t=(n_t, n_t), hollow=hollow)
    cells = [strained_cell(target, generator) for _ in range(OF_ONE_PARENT)]
    return [replace(target, cell=cell) for cell in cells]


def _drawn_lower(target: Target, plan: DescendantPlan, rng: np.random.Generator) -> Target:
    """A target with a parent in one of its largest subgroups that lend; itself if none fits."""
    lower, drawn = [], 0
    for each in subgroups_of(target.operations):
        number, _ = space_group_of_operations(each, target.cell) or (0, "")
        if number == 0 or plan.lending[number - 1] == 0.0:
            continue
        lower.append(in_subgroup(target, each))
        drawn += 1
        if drawn == MOST_SUBGROUPS:
            break
    most = plan.limits.n_t_unique[1]
    fitting = [each for each in lower if target.n_points < each.n_points <= most]
    if not fitting:
        return target
    chances = np.array([plan.lending[each.space_group_number - 1] for each in fitting])
    return fitting[rng.choice(len(fitting), p=chances / chances.sum())]


def subgroups_of(operations: SymmetryOperations) -> tuple[SymmetryOperations, ...]:
    """Proper subgroups of a group in the same cell, the largest first, always the same ones."""
    return _subgroups_of(operations.rotations.tobytes(), operations.translations.tobytes())


@lru_cache(maxsize=256)
def _subgroups_of(
    rotation_bytes: bytes, translation_bytes: bytes
) -> tuple[SymmetryOperations, ...]:
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(translation_bytes, dtype=np.float64).reshape(-1, 3)
    group = SymmetryOperations(rotations, translations)
    found = random_subgroups(group, SUBGROUP_DRAWS, np.random.default_rng(0))
    return tuple(sorted(found, key=len, reverse=True))


def in_subgroup(target: Target, subgroup: SymmetryOperations) -> Target:
    """A target with a parent in a subgroup of its group: the same atoms, more of them asymmetric.

    It stays as it is if the subgroup has no name.
    """
    named = space_group_of_operations(subgroup, target.cell)
    if named is None or target.parent is None:
        return target
    whole, _ = expand_orbits(target.parent, target.operations, target.cell)
    asymmetric = whole[distinct_orbits(whole, subgroup, target.cell)]
    return replace(
        target,
        operations=subgroup,
        space_group_number=named[0],
        space_group_symbol=named[1],
        n_points=len(asymmetric),
        parent=asymmetric,
    )


def voids_of(target: Target, clearance: float, rng: np.random.Generator) -> Hollow | None:
    """Balls in the parts of a cell that are far from all atoms of its parent.

    Args:
        target: with a parent.
        clearance: Å, how far; less if no part is, as windows need not be round.
        rng: source of randomness.
    """
    assert target.parent is not None
    sampled, group = rng.random((VOID_SAMPLES, 3)), target.group
    distances = np.min(
        [distances_to_images(atom, sampled, group) for atom in target.parent], axis=0
    )
    clearance = min(clearance, NARROWER * float(distances.max()))
    balls = NO_HOLLOW
    for i in np.argsort(-distances):
        if distances[i] < clearance or len(balls.radii) == MOST_BALLS:
            break
        cores = balls._replace(radii=CORE_PART * balls.radii)
        if depths(sampled[[i]], group, cores)[0] == 0.0:
            ball = Hollow(sampled[[i]], np.zeros((1, 3)), BALL_PART * distances[[i]])
            balls = Hollow(*(np.concatenate(pair) for pair in zip(balls, ball, strict=True)))
    return balls if len(balls.radii) else None


def start_levels(rng: np.random.Generator) -> list[float]:
    """Å, the noise levels of a batch that begins at parents."""
    sigma = START_SIGMAS[rng.integers(len(START_SIGMAS))]
    n = max(FEWEST_LEVELS, round(LEVELS_PER_SIGMA * sigma))
    return noise_levels(n, sigma, CRYSTAL_SIGMA_MIN, RHO)

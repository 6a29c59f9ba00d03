"""Where new families still come from: a record that each batch adds to, and later batches draw by.

Groups are drawn as a bandit draws its arms, by Thompson sampling (Thompson, Biometrika 25, 285
(1933)): a group has a rate, how many new families come from it over how many would from an average
one, and a batch draws groups in proportion to rates as likely as not. A family counts the less the
more its group has already, so that no group takes all. While few families have many unique T atoms
half of the batches are drawn with many: such crystals are found less often. Cells in which
frameworks were found are kept in an archive, one for each density and largest ring (MAP-Elites,
Mouret & Clune, arXiv:1504.04909), and lend their cells as known types do. The frameworks nearest to
what is asked for, and the most like made zeolites, are kept as parents (`search.descendants`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.search.free_cells import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.target import Target

MOST_OF_A_GROUP = 0.1
"""Share of the families of a run that one group may hold, unless groups are asked for."""

FEWEST_FAMILIES = 20
"""Families that a run has before that share is looked at: rare ones may be of few groups."""

MANY_UNIQUE, MANY_SHARE, MANY_CHANCE = 8, 0.25, 0.5
"""Unique T atoms from which on a framework has many; the share of the families of a run that are to
have as many; and, while fewer have, the chance of a batch to be drawn with as many points."""

DISCOUNT = 0.99
"""Weight of what was tried and found, batch by batch: what was rich may be exhausted."""

PSEUDO_COUNT = 1.0
"""Families that a group is taken to have brought, and to have been expected to bring, before."""

SIZE_CLASSES = (3, 6, 10)
"""Points up to which targets are compared with one another."""

FARTHEST_PARENT, MOST_PARENTS = 0.6, 200
"""Distance from what is asked for, of a parent; and how many parents are kept."""

BEGUN_AT_PARENT = len(SIZE_CLASSES) + 1
"""Stands for the size in the arm of a target that begins at a parent."""

LEAST_WORTH = 1e-3
"""Chance of a niche to be drawn from, however far from the conditions its framework is."""


class Arm(NamedTuple):
    """Targets that are compared: those of a group and of about as many unique T atoms."""

    group: int
    size: int


class Find(NamedTuple):
    """A framework that was found in a batch.

    Attributes:
        arm: of its target.
        family: name.
        group: that it truly has.
        niche: density and largest ring, rounded.
        target: its cell and group.
        gap: how far it is from what is asked for; 0 if it counts.
        likeness: to made zeolites, 0 to 1.
        frac_t: (k, 3) fractional, its asymmetric T atoms, if it may be a parent; else None.
    """

    arm: Arm
    family: str
    group: int
    niche: tuple[int, int]
    target: Target
    gap: float
    likeness: float
    frac_t: FloatArray | None = None

    @property
    def rank(self) -> tuple[float, float]:
        """The lower the better: first what is nearest, of that what is most alike."""
        return self.gap, -self.likeness

    @property
    def worth(self) -> float:
        """1 if it counts, less the farther it is from that."""
        return math.exp(-self.gap)


@dataclass(frozen=True, slots=True)
class Growth:
    """What batches have brought.

    Attributes:
        tried: crystals by arm, discounted.
        found: worth of new families by arm, discounted.
        families: those met, whether they count or not.
        holdings: families that count, by group.
        many: families that count and have many unique T atoms.
        archive: the best framework of each niche.
        parents: the frameworks nearest to what is asked for, and of these the most like made
            zeolites; one of each family.
    """

    tried: Mapping[Arm, float] = field(default_factory=dict)
    found: Mapping[Arm, float] = field(default_factory=dict)
    families: frozenset[str] = frozenset()
    holdings: Mapping[int, int] = field(default_factory=dict)
    many: int = 0
    archive: Mapping[tuple[int, int], Find] = field(default_factory=dict)
    parents: Mapping[str, Find] = field(default_factory=dict)


NO_GROWTH = Growth()
"""Before the first batch."""


def arm_of(target: Target) -> Arm:
    """The arm that a target belongs to; those that begin at a parent have a size of their own."""
    if target.parent is not None:
        return Arm(target.space_group_number, BEGUN_AT_PARENT)
    size = int(np.searchsorted(SIZE_CLASSES, target.n_points, side="left"))
    return Arm(target.space_group_number, size)


def with_finds(growth: Growth, tried: Mapping[Arm, int], finds: Sequence[Find]) -> Growth:
    """What there is after another batch.

    Args:
        growth: before.
        tried: number of crystals of the batch by their arms.
        finds: the frameworks found.
    """
    room = room_of_groups(growth)
    archive, holdings = dict(growth.archive), Counter(growth.holdings)
    new: dict[str, float] = {}
    many = growth.many
    earned: defaultdict[Arm, float] = defaultdict(float)
    for find in finds:
        if find.family not in growth.families and find.family not in new:
            new[find.family] = find.worth
            earned[find.arm] += find.worth * room[find.group - 1]
            holdings[find.group] += find.gap == 0.0
            many += find.gap == 0.0 and find.target.n_points >= MANY_UNIQUE
        best = archive.get(find.niche)
        if best is None or find.rank < best.rank:
            archive[find.niche] = find
    return Growth(
        _discounted(growth.tried, tried),
        _discounted(growth.found, earned),
        growth.families | new.keys(),
        +holdings,
        many,
        archive,
        _parents(growth, finds),
    )


def _parents(growth: Growth, finds: Sequence[Find]) -> dict[str, Find]:
    """The nearest framework of each family, of the nearest families and the most alike of these."""
    parents = dict(growth.parents)
    for find in finds:
        before = parents.get(find.family)
        nearer = before is None or find.rank < before.rank
        if find.frac_t is not None and find.gap <= FARTHEST_PARENT and nearer:
            parents.pop(find.family, None)
            parents[find.family] = find
    nearest = sorted(parents, key=lambda family: parents[family].rank)
    kept = set(nearest[:MOST_PARENTS])
    return {family: each for family, each in parents.items() if family in kept}


def room_of_groups(growth: Growth) -> FloatArray:
    """(230,) of each group by number: 1 if it holds no family, 0 if it holds as many as it may."""
    room = np.ones(GROUPS)
    n = sum(growth.holdings.values())
    if n >= FEWEST_FAMILIES:
        for group, count in growth.holdings.items():
            room[group - 1] = max(0.0, 1.0 - count / (MOST_OF_A_GROUP * n))
    return room


def group_weights(growth: Growth, rng: np.random.Generator, *, capped: bool) -> FloatArray:
    """(230,) factors on the chances of the groups by number, drawn anew at each call.

    Args:
        growth: so far.
        rng: source of randomness.
        capped: whether no group may hold more than its share.
    """
    brought, expected = np.zeros(GROUPS), np.zeros(GROUPS)
    rates = _rates(growth)
    for arm, n in growth.tried.items():
        brought[arm.group - 1] += growth.found.get(arm, 0.0)
        expected[arm.group - 1] += n * rates[arm.size]
    weights = rng.gamma(PSEUDO_COUNT + brought) / (PSEUDO_COUNT + expected)
    return np.asarray(weights * room_of_groups(growth) if capped else weights)


def fewest_points(growth: Growth, most_unique: int, rng: np.random.Generator) -> int:
    """Points that the crystals of a batch are to have at least.

    Args:
        growth: so far.
        most_unique: T atoms that are asked for.
        rng: source of randomness.
    """
    n = sum(growth.holdings.values())
    lacking = n >= FEWEST_FAMILIES and growth.many < MANY_SHARE * n
    wanted = most_unique >= MANY_UNIQUE and lacking and rng.random() < MANY_CHANCE
    return MANY_UNIQUE if wanted else 1


def draw_finds(
    growth: Growth, n: int, rng: np.random.Generator, fewest: int = 1, *, capped: bool
) -> list[Target]:
    """Targets of archived frameworks: one of any niche, and others of about as many points.

    Args:
        growth: with an archive.
        n: how many.
        rng: source of randomness.
        fewest: points that each has, if there are such frameworks.
        capped: whether no group may hold more than its share.
    """
    room = room_of_groups(growth) if capped else np.ones(GROUPS)
    finds = [growth.archive[niche] for niche in sorted(growth.archive)]
    finds = [each for each in finds if each.target.n_points >= fewest] or finds
    worth = np.array([LEAST_WORTH + each.worth * room[each.group - 1] for each in finds])
    first = finds[rng.choice(len(finds), p=worth / worth.sum())].target
    near = np.array(
        [abs(each.target.n_points - first.n_points) <= unique_slack(first) for each in finds]
    )
    chances = np.where(near, worth, 0.0)
    others = rng.choice(len(finds), size=n - 1, p=chances / chances.sum())
    return [first, *(finds[i].target for i in others)]


def unique_slack(target: Target) -> int:
    """Unique T atoms by which a crystal may differ from the points of its target."""
    return max(1, target.n_points // 4)


def _rates(growth: Growth) -> Mapping[int, float]:
    """Worth that a crystal of each size has brought on average."""
    tried: defaultdict[int, float] = defaultdict(float)
    found: defaultdict[int, float] = defaultdict(float)
    for arm, n in growth.tried.items():
        tried[arm.size] += n
        found[arm.size] += growth.found.get(arm, 0.0)
    return {size: found[size] / n for size, n in tried.items()}


def _discounted(before: Mapping[Arm, float], more: Mapping[Arm, float]) -> dict[Arm, float]:
    arms: Iterable[Arm] = before.keys() | more.keys()
    after = {arm: DISCOUNT * before.get(arm, 0.0) + more.get(arm, 0.0) for arm in sorted(arms)}
    return {arm: n for arm, n in after.items() if n > 1e-3}

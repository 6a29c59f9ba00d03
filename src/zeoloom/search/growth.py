"""Where new families still come from: a record that each batch adds to, and later batches draw by.

Groups are drawn as a bandit draws its arms, by Thompson sampling (Thompson, Biometrika 25, 285
(1933)): a group has a rate, how many new families come from it over how many would from an average
one, and a batch draws groups in proportion to rates that are as likely as not. A group that holds
its share of all families is not drawn, and adds nothing to the rates of others. Cells in which
frameworks were found are kept as an archive, one for each density and largest ring (MAP-Elites,
Mouret & Clune, arXiv:1504.04909), and are drawn from as those of known types are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.target import Target

N_GROUPS = 230

MOST_OF_A_GROUP = 0.1
"""Share of the families of a run that one group may hold, unless groups are asked for."""

FEWEST_FAMILIES = 20
"""Families that a run has before that share is looked at."""

DISCOUNT = 0.98
"""Weight of what was tried and found, batch by batch: what was rich may be exhausted."""

PSEUDO_COUNT = 1.0
"""Families that a group is taken to have brought, and to have been expected to bring, before."""

SIZE_CLASSES = (3, 6, 10)
"""Unique T atoms up to which targets are compared with one another."""


class Arm(NamedTuple):
    """Targets that are compared: those of a group and of about as many unique T atoms."""

    group: int
    size: int


class Find(NamedTuple):
    """A framework that counts, found in a batch.

    Attributes:
        arm: of its target.
        family: name.
        group: that it truly has.
        niche: density and largest ring, rounded.
        target: its cell and group.
        rank: the lower the better, among those of its niche.
    """

    arm: Arm
    family: str
    group: int
    niche: tuple[int, int]
    target: Target
    rank: float


class Elite(NamedTuple):
    """The best framework of a niche: its cell and group, and how good it is."""

    target: Target
    rank: float


@dataclass(frozen=True, slots=True)
class Growth:
    """What batches have brought.

    Attributes:
        tried: crystals by arm, discounted.
        found: new families by arm, discounted.
        families: group of the first framework of each family.
        archive: the best framework of each niche.
    """

    tried: Mapping[Arm, float] = field(default_factory=dict)
    found: Mapping[Arm, float] = field(default_factory=dict)
    families: Mapping[str, int] = field(default_factory=dict)
    archive: Mapping[tuple[int, int], Elite] = field(default_factory=dict)


def arm_of(target: Target) -> Arm:
    """The arm that a target belongs to."""
    return Arm(
        target.space_group_number, int(np.searchsorted(SIZE_CLASSES, target.n_points, side="left"))
    )


def with_finds(growth: Growth, tried: Iterable[Arm], finds: Sequence[Find]) -> Growth:
    """What there is after another batch.

    Args:
        growth: before.
        tried: arm of each crystal of the batch.
        finds: the frameworks that count.
    """
    full = set(full_groups(growth))
    families, archive = dict(growth.families), dict(growth.archive)
    new = Counter[Arm]()
    for find in finds:
        if find.family not in families:
            families[find.family] = find.group
            new[find.arm] += find.group not in full
        best = archive.get(find.niche)
        if best is None or find.rank < best.rank:
            archive[find.niche] = Elite(find.target, find.rank)
    return Growth(
        _discounted(growth.tried, Counter(tried)),
        _discounted(growth.found, new),
        families,
        archive,
    )


def full_groups(growth: Growth) -> list[int]:
    """Groups that hold as many families as one may."""
    n = len(growth.families)
    if n < FEWEST_FAMILIES:
        return []
    counts = Counter(growth.families.values())
    return [group for group, count in counts.items() if count >= MOST_OF_A_GROUP * n]


def group_weights(growth: Growth, rng: np.random.Generator, *, capped: bool) -> FloatArray:
    """(230,) factors on the chances of the groups by number, drawn anew at each call.

    Args:
        growth: so far.
        rng: source of randomness.
        capped: whether no group may hold more than its share.
    """
    found, expected = np.zeros(N_GROUPS), np.zeros(N_GROUPS)
    of_size: defaultdict[int, float] = defaultdict(float)
    tried_of_size: defaultdict[int, float] = defaultdict(float)
    for arm, n in growth.tried.items():
        tried_of_size[arm.size] += n
        of_size[arm.size] += growth.found.get(arm, 0.0)
    for arm, n in growth.tried.items():
        found[arm.group - 1] += growth.found.get(arm, 0.0)
        expected[arm.group - 1] += n * of_size[arm.size] / max(tried_of_size[arm.size], 1e-9)
    weights = rng.gamma(PSEUDO_COUNT + found) / (PSEUDO_COUNT + expected)
    if capped:
        weights[np.array(full_groups(growth), dtype=np.int64) - 1] = 0.0
    return np.asarray(weights)


def _discounted(before: Mapping[Arm, float], more: Mapping[Arm, int]) -> dict[Arm, float]:
    after = {arm: DISCOUNT * n for arm, n in before.items()}
    for arm, n in more.items():
        after[arm] = after.get(arm, 0.0) + n
    return {arm: n for arm, n in after.items() if n > 1e-3}

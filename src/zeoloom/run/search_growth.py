"""What `generate` learns from its own batches: where frameworks that it wants were found.

The batch of an index is drawn by what the batches up to a number before it have brought, whether
later ones are finished or not. So what comes out does not depend on how many are made at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zeoloom.judge.fulfilment import distance_from
from zeoloom.judge.judgement import family_of
from zeoloom.run.crystal_requests import GenerateRequest
from zeoloom.run.findings import is_good
from zeoloom.run.judgement_json import judgement_from_json
from zeoloom.search.descendants import may_be_rare
from zeoloom.search.growth import NO_GROWTH, Arm, Find, Growth, arm_of, with_finds
from zeoloom.search.target import target_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.judge.judgement import Judgement
    from zeoloom.run.batches import Batch
    from zeoloom.run.crystal_requests import SolveRequest
    from zeoloom.search.batch_state import BatchState

LAG, LAG_IF_RARE = 16, 4
"""Batches that are made at once at most: each waits for what the one so many before has brought.
Where rare conditions are asked, what met them is to be a parent soon, and judging keeps many
processes busy."""

UNKNOWN_GAP = 0.5
"""Distance from what is asked for, of a framework of which that is not known yet."""


def arms_of_batch(batch: BatchState) -> dict[str, Any]:
    """Arms of the crystals of a batch, and of the nets found, as JSON values."""
    return {
        "arms": [[*arm, n] for arm, n in Counter(map(arm_of, batch.targets)).items()],
        "origins": {name: [*arm_of(each.target)] for name, each in batch.best.items()},
    }


def growth_with(growth: Growth, request: GenerateRequest, batch: Batch) -> Growth:
    """What there is after another batch."""
    finds = []
    for name, values in batch["judgements"].items():
        judgement = judgement_from_json(values)
        find = _find_of(request, judgement, Arm(*batch["origins"][name]))
        if find is not None:
            finds.append(find)
    return with_finds(growth, {Arm(g, size): n for g, size, n in batch["arms"]}, finds)


def _find_of(request: GenerateRequest, judgement: Judgement, arm: Arm) -> Find | None:
    """What a framework teaches; None if it is not new, cannot be built well, or has no such group.

    A net that was not refined, as its rings are not those asked for, teaches by its gap alone.
    """
    framework, r_dls = judgement.framework, judgement.r_dls
    if not judgement.new or framework is None or (r_dls or 0.0) > request.max_r_dls:
        return None
    if request.groups and framework.space_group_number not in request.groups:
        return None
    gap = 0.0
    if not is_good(request, judgement):
        gap = distance_from(request.conditions, judgement) or UNKNOWN_GAP
    built = r_dls is not None and len(framework.frac_t) <= request.limits.n_t_unique[1]
    return Find(
        arm,
        family_of(judgement),
        framework.space_group_number,
        (round(judgement.density or 0.0), max(judgement.rings, default=0)),
        target_of(framework, judgement.n_t_unique),
        gap,
        judgement.likeness or 0.0,
        framework.frac_t if built else None,
    )


@dataclass(frozen=True, slots=True)
class GrowthHistory:
    """What there was after each of the last batches, by their number.

    Attributes:
        after: growth by the number of batches that it knows of.
        added: number of batches that are taken up.
        lag: batches that are made at once at most.
    """

    after: Mapping[int, Growth]
    added: int = 0
    lag: int = LAG

    def allows(self, index: int) -> bool:
        """Whether the batch of an index can be drawn by now."""
        return index < self.added + self.lag

    def for_batch(self, index: int) -> Growth:
        """What the batch of an index is drawn by; without the names of families."""
        known = max(0, index + 1 - self.lag)
        latest = max(n for n in self.after if n <= known)
        return replace(self.after[latest], families=frozenset())

    def with_batch(self, request: SolveRequest | GenerateRequest, batch: Batch) -> GrowthHistory:
        """The history with another batch."""
        added = batch["index"] + 1
        if not isinstance(request, GenerateRequest):
            return replace(self, added=added)
        growth = growth_with(self.after[max(self.after)], request, batch)
        needed = max((n for n in self.after if n <= added + 1 - self.lag), default=0)
        kept = {n: each for n, each in self.after.items() if n >= needed}
        return replace(self, after={**kept, added: growth}, added=added)


def history_before(request: SolveRequest | GenerateRequest) -> GrowthHistory:
    """The history before the first batch."""
    rare = isinstance(request, GenerateRequest) and may_be_rare(request.conditions)
    return GrowthHistory({0: NO_GROWTH}, lag=LAG_IF_RARE if rare else LAG)

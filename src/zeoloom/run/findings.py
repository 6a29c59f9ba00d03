"""What a search has found so far, and whether that is enough."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zeoloom.geometry.space_groups import number_of_hall_number
from zeoloom.judge.judgement import family_of
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.judge.judgement import Judgement
    from zeoloom.run.batches import Batch
    from zeoloom.search.pipeline import BatchState


TRIED_PER_FAMILY = 10_000
"""Crystals that are tried for each new family within the limits; usually it takes some 20."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the batches of a run have found.

    Attributes:
        judgements: of each net, refined, by its fingerprint.
        times_met: how often each net was met, by its fingerprint.
        tried: crystals generated from noise.
        valid_at_once: those of them that needed no repair.
        seconds: by stage.
    """

    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    times_met: Mapping[str, int] = field(default_factory=dict)
    tried: int = 0
    valid_at_once: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def seconds_spent(self) -> float:
        """On all stages."""
        return sum(self.seconds.values())

    @property
    def times_met_by_key(self) -> Mapping[str, int]:
        """How often each net was met, by its key."""
        times = Counter[str]()
        for fingerprint, each in self.judgements.items():
            times[each.key] += self.times_met[fingerprint]
        return times

    def with_batch(self, batch: Batch) -> Findings:
        """These and those of another batch, as `batch_result` gives them."""
        new = {name: judgement_from_json(each) for name, each in batch["judgements"].items()}
        return Findings(
            {**self.judgements, **new},
            Counter(self.times_met) + Counter(batch["times_met"]),
            self.tried + batch["tried"],
            self.valid_at_once + batch["valid_at_once"],
            {
                stage: self.seconds.get(stage, 0.0) + batch["seconds"].get(stage, 0.0)
                for stage in {**self.seconds, **batch["seconds"]}
            },
        )

    def good(self, request: GenerateRequest) -> list[Judgement]:
        """New frameworks within the limits, with R_DLS as low as was asked for."""
        return [
            each
            for each in self.judgements.values()
            if each.new
            and each.framework is not None
            and each.r_dls is not None
            and each.r_dls <= request.max_r_dls
            and within_limits(request, each)
        ]

    def families(self, request: GenerateRequest) -> int:
        """Number of families of these."""
        return len({family_of(each) for each in self.good(request)})


def batch_result(batch: BatchState) -> Batch:
    """What is kept of a batch."""
    return {
        "tried": len(batch.targets),
        "valid_at_once": batch.valid_at_once,
        "times_met": batch.times_met,
        "judgements": {name: judgement_to_json(each) for name, each in batch.judgements.items()},
        "seconds": batch.seconds,
    }


def within_limits(request: SolveRequest | GenerateRequest, judgement: Judgement) -> bool:
    """Whether a framework is within the limits of `generate`, refined or not.

    In refinement the cell adapts, and the symmetry found may be higher, with a smaller cell and
    fewer unique atoms.
    """
    if isinstance(request, SolveRequest):
        return True
    if request.space_group is not None and judgement.framework is not None:
        asked = number_of_hall_number(request.space_group)
        if judgement.framework.space_group_number != asked:
            return False
    limits = request.limits
    return all(
        low <= value <= high
        for value, (low, high) in (
            (judgement.density or 0.0, limits.density),
            (judgement.n_t, limits.n_t),
            (judgement.n_t_unique, limits.n_t_unique),
        )
    )


def progress_of(
    request: SolveRequest | GenerateRequest, findings: Findings
) -> tuple[int, int, str]:
    """How much of the budget is spent, the budget, and what has been found."""
    nets = [each for each in findings.judgements.values() if each.valid]
    text = f"{findings.tried} tried, {len(nets)} nets, {sum(each.new for each in nets)} new"
    finished = findings.tried
    if isinstance(request, GenerateRequest):
        finished = findings.families(request)
        text += f", {finished} families with R_DLS <= {request.max_r_dls:g}"
    if request.time_limit is None:
        return finished, request.number, text
    return int(findings.seconds_spent), math.ceil(request.time_limit), text


def is_enough(request: SolveRequest | GenerateRequest, findings: Findings) -> bool:
    """Whether the budget is spent, or so much was tried in vain that it never will be."""
    finished, budget, _ = progress_of(request, findings)
    return finished >= budget or in_vain(request, findings)


def in_vain(request: SolveRequest | GenerateRequest, findings: Findings) -> bool:
    """Whether a number of families is wanted, and they are too rare to be found."""
    if isinstance(request, SolveRequest) or request.time_limit is not None:
        return False
    return findings.tried >= TRIED_PER_FAMILY * (1 + findings.families(request))

"""What a search has found so far, and whether that is enough."""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import TYPE_CHECKING

from zeoloom.judge.fulfilment import fulfils, may_fulfil
from zeoloom.judge.given_cell import fit_in_cell
from zeoloom.judge.judgement import family_of
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.judgement_json import judgement_from_json
from zeoloom.search.growth import MOST_OF_A_GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.judge.judgement import Judgement
    from zeoloom.run.batches import Batch


LEAST_OF_A_GROUP, ENOUGH_OF_ANY_GROUP = 2, 3
"""Families that a group may have, however few are asked for; and how many times as many families as
are asked for are enough, whatever their groups."""

TRIED_PER_FAMILY = 10_000
"""Crystals that are tried for each new family within the limits; usually it takes some 20."""


class Findings:
    """Everything that the batches of a run have found; grows in place, batch by batch.

    Attributes:
        judgements: of each net, refined, by its fingerprint.
        times_met: how often each net was met, by its fingerprint.
        tried: crystals generated from noise.
        valid_at_once: those of them that needed no repair.
        valid: how many nets are valid.
        new: how many of these are new.
        good: how many of these `generate` wants: within the limits, with R_DLS as low as asked for.
        families: of these, each with the number of the group in which it came first.
        seconds: by stage, over all processes.
        batches: how many were made in each space group, by its Hall number; of `solve` only.
        best_e2: the greatest found in each, likewise.
    """

    def __init__(self, request: SolveRequest | GenerateRequest) -> None:
        self._request = request
        self.judgements: dict[str, Judgement] = {}
        self.times_met = Counter[str]()
        self.tried = self.valid_at_once = self.valid = self.new = self.good = 0
        self.families: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.batches = Counter[int]()
        self.best_e2: dict[int, float] = {}

    @property
    def times_met_by_key(self) -> Mapping[str, int]:
        """How often each net was met, by its key."""
        times = Counter[str]()
        for fingerprint, each in self.judgements.items():
            times[each.key] += self.times_met[fingerprint]
        return times

    def add(self, batch: Batch) -> list[Judgement]:
        """Take up another batch; its nets that are new, or fit a given cell better."""
        added = []
        for name, values in batch["judgements"].items():
            if name not in self.judgements:
                judgement = judgement_from_json(values)
                self.judgements[name] = judgement
                added.append(judgement)
                self._note_e2(batch["group"], judgement.e2)
                self.valid += judgement.valid
                self.new += judgement.valid and judgement.new
                if judgement.framework is not None and is_good(self._request, judgement):
                    self.good += 1
                    group = judgement.framework.space_group_number
                    self.families.setdefault(family_of(judgement), group)
            elif isinstance(self._request, SolveRequest):
                other = judgement_from_json(values)  # the net, as it lies in the cell otherwise
                if fit_in_cell(other) > fit_in_cell(self.judgements[name]):
                    self.judgements[name] = other
                    added.append(other)
                    self._note_e2(batch["group"], other.e2)
        self.times_met.update(batch["times_met"])
        self.tried += batch["tried"]
        self.valid_at_once += batch["valid_at_once"]
        for stage, seconds in batch["seconds"].items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        if batch["group"] is not None:
            self.batches[batch["group"]] += 1
        return added

    def _note_e2(self, group: int | None, e2: float | None) -> None:
        if group is not None and e2 is not None:
            self.best_e2[group] = max(self.best_e2.get(group, 0.0), e2)


def is_good(request: SolveRequest | GenerateRequest, judgement: Judgement) -> bool:
    """Whether it is what `generate` wants: new, all conditions met, its R_DLS low enough."""
    return (
        isinstance(request, GenerateRequest)
        and judgement.new
        and judgement.framework is not None
        and judgement.r_dls is not None
        and judgement.r_dls <= request.max_r_dls
        and fulfils(request.conditions, judgement)
    )


def within_limits(request: SolveRequest | GenerateRequest, judgement: Judgement) -> bool:
    """Whether a framework is what `generate` was asked for, as far as it is known; refined or not.

    In refinement the cell adapts, and the symmetry found may be higher, with a smaller cell and
    fewer unique atoms.
    """
    return isinstance(request, SolveRequest) or may_fulfil(request.conditions, judgement)


def progress_of(
    request: SolveRequest | GenerateRequest, findings: Findings, elapsed: float = 0.0
) -> tuple[int, int, str]:
    """How much of the budget is spent, the budget, and what has been found.

    Args:
        request: with the budget.
        findings: so far.
        elapsed: seconds of the run so far.
    """
    text = f"{findings.tried} tried, {findings.valid} nets, {findings.new} new"
    finished = findings.tried
    if isinstance(request, GenerateRequest):
        finished = families_counted(request, findings)
        text += f", {len(findings.families)} families with R_DLS <= {request.max_r_dls:g}"
    if request.time_limit is None:
        return finished, request.number, text
    return int(elapsed), math.ceil(request.time_limit), text


def families_counted(request: GenerateRequest, findings: Findings) -> int:
    """How many of the families found make up the number asked for, with few of each group.

    A third of all count in any case, as other groups may be out of reach.
    """
    most = most_of_a_group(request)
    varied = sum(min(n, most) for n in Counter(findings.families.values()).values())
    return max(varied, len(findings.families) // ENOUGH_OF_ANY_GROUP)


def few_of_a_group_first(
    request: SolveRequest | GenerateRequest, judgements: Sequence[Judgement]
) -> list[Judgement]:
    """In the order given, but what a group has beyond its share comes last."""
    most = most_of_a_group(request)
    met, beyond = Counter[int](), list[bool]()
    for each in judgements:
        group = 0 if each.framework is None else each.framework.space_group_number
        met[group] += 1
        beyond.append(met[group] > most)
    order = sorted(range(len(judgements)), key=beyond.__getitem__)
    return [judgements[i] for i in order]


def most_of_a_group(request: SolveRequest | GenerateRequest) -> int:
    """Families that one group may have in the result: a tenth of those asked for, but two at least.

    As many as there are if groups are asked for.
    """
    if isinstance(request, SolveRequest) or request.groups:
        return sys.maxsize
    return max(LEAST_OF_A_GROUP, round(MOST_OF_A_GROUP * request.number))


def is_enough(request: SolveRequest | GenerateRequest, findings: Findings) -> bool:
    """Whether the number asked for is there, or so much was tried in vain that it never will be."""
    if request.time_limit is not None:
        return False
    finished, budget, _ = progress_of(request, findings)
    return finished >= budget or in_vain(request, findings)


def in_vain(request: SolveRequest | GenerateRequest, findings: Findings) -> bool:
    """Whether a number of families is wanted, and they are too rare to be found."""
    if isinstance(request, SolveRequest) or request.time_limit is not None:
        return False
    return findings.tried >= TRIED_PER_FAMILY * (1 + len(findings.families))

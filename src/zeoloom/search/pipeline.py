"""A batch of crystals, from noise to judged frameworks, as a list of stages.

| stage | what it does |
|---|---|
| `assign` | decides which crystals keep their points on assigned Wyckoff positions |
| `denoise` | denoises the points of all crystals together, from noise alone |
| `gather` | lets points that meet become atoms, and keeps the better candidates |
| `regrow` | if what was measured guides the search, gives candidates noise and denoises them anew |
| `anneal` | alternates rounds of the network with walks of bond switches |
| `deduplicate` | keeps of each net and embedding, in a given cell, the candidate of least cost |
| `compare` | keeps those that agree best with what was measured, if it guides the search |
| `check` | drops what is no 4-connected net, and recognises known framework types |
| `refine` | builds the new nets as SiO2 and refines them; in a given cell too, beside data |
| `identify` | gives well refined nets their exact key, and all of them a name |
| `measure` | measures pores and energies, if conditions ask for them |

A stage is a function that takes a `BatchState` and returns the next one. `find_nets` runs those to
`compare`, `judge_nets` the others, which need no network, on the nets that are not known from
other batches; both measure their time. Cheap tests come first: duplicates are dropped before
refinement, and strained nets before an exact key is computed.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zeoloom.search.annealing import annealing_rounds
from zeoloom.search.batch_state import GRACE, BatchState, SearchPlan
from zeoloom.search.candidates import (
    Candidate,
    candidate_fingerprint,
    candidates_from,
)
from zeoloom.search.context import numpy_generator
from zeoloom.search.denoising import (
    crystals_at,
    denoise_from_noise,
    denoise_from_points,
    held_points,
    padded_positions,
    points_present,
)
from zeoloom.search.descendants import DESCENDANT_ROUNDS, start_levels
from zeoloom.search.embeddings import MOST_EMBEDDINGS, different_embeddings, on_other_axes
from zeoloom.search.guide import agreeing_best, guide_cost
from zeoloom.search.guided_denoising import GROWING, guided_constraint
from zeoloom.search.hollows import keeping_hollows
from zeoloom.search.judging_stages import JUDGING_STAGES
from zeoloom.search.regrowth import REGROWTH, regrown
from zeoloom.search.target import with_cell_indices
from zeoloom.search.wyckoff import choose_constrained, wyckoff_constraint

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from torch import Tensor

    from zeoloom.search.context import Search
    from zeoloom.search.target import Target
    from zeoloom.search.wyckoff import Assignments

ANNEALED_SHARE = 0.6
"""Share of the candidates of a batch, those of least cost, that are annealed."""

MOST_REGROWN, MOST_GUIDED = 16, 10
"""Candidates of a batch that grow anew with a guide, and that are annealed: few of many, as the
denoiser costs little beside annealing."""

GROWING_GUIDE_COST = 60.0
"""Cost of a crystal that agrees in nothing, before annealing: more than there, as crystals with few
points cost little and are mostly wrong."""

REGROWTH_TIME_SHARE = 0.6
"""Share of the time until annealing has to end after which no further generation begins."""

MOST_TURNED = 100
"""Nets of a batch, those of least cost, whose other embeddings are looked at with a guide: each
takes milliseconds where axes are alike, and a batch may find a thousand."""

ANNEALING_TIME_SHARE = 0.6
"""Share of the time of a batch after which annealing ends, so that time is left to judge nets."""

CHECK_TIME_SHARE, REFINEMENT_TIME_SHARE = 0.375, 0.925
"""Shares of the time for judging nets after which checks and refinement end."""


def search_batch(
    targets: Sequence[Target], search: Search, plan: SearchPlan, known: Collection[str] = ()
) -> BatchState:
    """Run all stages on one crystal at each target.

    Args:
        targets: of the crystals, which are denoised together.
        search: network, device and source of randomness.
        plan: of the stages.
        known: fingerprints of nets that need no further judgement.
    """
    began = time.monotonic()
    found = find_nets(targets, search, plan)
    unknown = {name: each for name, each in found.best.items() if name not in known}
    left = plan.seconds - (time.monotonic() - began)
    judged = judge_nets(unknown, replace(plan, seconds=left), found.others)
    return replace(found, judgements=judged.judgements, seconds={**found.seconds, **judged.seconds})


def find_nets(targets: Sequence[Target], search: Search, plan: SearchPlan) -> BatchState:
    """Run the stages that find nets, on one crystal at each target.

    Args:
        targets: of the crystals, which are denoised together.
        search: network, device and source of randomness.
        plan: of the stages.
    """
    now = time.monotonic()
    batch = BatchState(
        tuple(targets),
        annealing_ends=now + ANNEALING_TIME_SHARE * plan.seconds,
        ends=now + plan.seconds,
    )
    return _through(FINDING_STAGES, batch, search, plan)


def judge_nets(
    best: Mapping[str, Candidate],
    plan: SearchPlan,
    others: Mapping[str, tuple[Candidate, ...]] | None = None,
) -> BatchState:
    """Run the stages that judge nets.

    Args:
        best: candidates by their fingerprints.
        plan: of the stages.
        others: further embeddings of these nets, of those that have any.
    """
    now = time.monotonic()
    batch = BatchState(
        best=best,
        others=others or {},
        checks_end=now + CHECK_TIME_SHARE * plan.seconds,
        refinement_ends=now + REFINEMENT_TIME_SHARE * plan.seconds,
        ends=now + plan.seconds,
    )
    return _through(JUDGING_STAGES, batch, plan)


def _through(
    stages: Mapping[str, Callable[..., BatchState]], batch: BatchState, *how: Any
) -> BatchState:
    """A batch after some stages, with the seconds that each took."""
    now, seconds = time.monotonic(), {}
    for name, stage in stages.items():
        batch = stage(batch, *how)
        before, now = now, time.monotonic()
        seconds[name] = now - before
    return replace(batch, seconds=seconds)


def assign_positions(batch: BatchState, search: Search, _plan: SearchPlan) -> BatchState:
    """Decide which crystals keep their points on assigned Wyckoff positions."""
    numbered = with_cell_indices(batch.targets)
    targets, constrained = choose_constrained(numbered, search.rng)
    held = held_points(targets).mask.numpy()
    constraint = wyckoff_constraint(targets, constrained, numpy_generator(search.rng), held)
    return replace(batch, targets=tuple(targets), constraint=constraint)


def denoise_points(batch: BatchState, search: Search, plan: SearchPlan) -> BatchState:
    """Denoise the points of all crystals together, from noise alone or from the atoms of parents.

    There are none if the time is up.
    """
    assert batch.constraint is not None
    held = held_points(batch.targets)
    whole = keeping_hollows(batch.targets, batch.constraint)
    constraint = guided_constraint(batch.targets, whole, plan.annealing.guide, GROWING)

    def in_time(points: Tensor, sigma: float, before: Assignments) -> tuple[Tensor, Assignments]:
        if time.monotonic() > batch.ends:
            raise _OutOfTimeError
        return constraint(points, sigma, before)

    crystal = crystals_at(batch.targets)
    with suppress(_OutOfTimeError):
        parents = [each.parent for each in batch.targets if each.parent is not None]
        if parents:
            levels = start_levels(numpy_generator(search.rng))
            begun = padded_positions(parents, batch.targets)
            points = denoise_from_points(crystal, begun, levels, plan.sampler, search, in_time)
        else:
            points = denoise_from_noise(crystal, plan.sampler, plan.steps, search, in_time, held)
        return replace(batch, points=points)
    return batch


class _OutOfTimeError(Exception):
    """Denoising was not finished in time."""


def gather_atoms(batch: BatchState, _search: Search, plan: SearchPlan) -> BatchState:
    """Let points that meet become atoms, and keep the candidates of least cost.

    With a guide they also cost what they lack in agreement, and few are kept of many.
    """
    if batch.points is None:
        return batch
    found = candidates_from(batch.points, points_present(batch.targets), batch.targets)
    guide, weight = plan.annealing.guide, GROWING_GUIDE_COST
    found = sorted(found, key=lambda each: each.cost + guide_cost(each, guide, weight, {}))
    valid = tuple(each for each in found if each.valid)
    most = round(ANNEALED_SHARE * len(found))
    kept = tuple(found[: most if guide is None else min(most, MOST_REGROWN)])
    return replace(batch, candidates=kept, valid=valid, valid_at_once=len(valid))


def regrow(batch: BatchState, search: Search, plan: SearchPlan) -> BatchState:
    """Give the candidates noise and denoise them again and again, if a guide chooses among them."""
    guide, weight = plan.annealing.guide, GROWING_GUIDE_COST
    if guide is None:
        return batch
    if not plan.generations:
        return replace(batch, candidates=batch.candidates[:MOST_GUIDED])
    now, known = time.monotonic(), dict[bytes, float]()
    alive = regrown(
        batch.candidates,
        lambda each: each.cost + guide_cost(each, guide, weight, known),
        guide,
        plan.sampler,
        search,
        now + REGROWTH_TIME_SHARE * (batch.annealing_ends - now),
        REGROWTH._replace(generations=plan.generations),
    )
    valid = tuple(each for each in alive if each.valid)
    return replace(batch, candidates=tuple(alive[:MOST_GUIDED]), valid=batch.valid + valid)


def anneal(batch: BatchState, search: Search, plan: SearchPlan) -> BatchState:
    """Alternate rounds of the network with walks of bond switches, until the time is up."""
    valid, annealing = list(batch.valid), plan.annealing
    if any(each.parent is not None for each in batch.targets):
        annealing = replace(annealing, rounds=min(annealing.rounds, DESCENDANT_ROUNDS))
    for found in annealing_rounds(batch.candidates, annealing, search, batch.annealing_ends):
        valid += found
        if time.monotonic() > batch.annealing_ends:
            break
    return replace(batch, valid=tuple(valid))


def drop_duplicates(batch: BatchState, _search: Search, plan: SearchPlan) -> BatchState:
    """Keep of each net the candidate of least cost; equal nets have equal fingerprints.

    In a cell that was given, the candidates of its other embeddings are kept beside it.
    """
    same: dict[str, list[Candidate]] = {}
    times_met = Counter[str]()
    for candidate in sorted(batch.valid, key=lambda each: each.cost):
        if time.monotonic() > batch.ends + GRACE:
            break
        fingerprint = candidate_fingerprint(candidate)
        if fingerprint:
            times_met[fingerprint] += 1
            same.setdefault(fingerprint, []).append(candidate)
    best = {name: each[0] for name, each in same.items()}
    others = {}
    if plan.in_given_cell:
        for name, each in same.items():
            further = tuple(different_embeddings(each).values())[1:] if len(each) > 1 else ()
            if further:
                others[name] = further
    return replace(batch, times_met=times_met, best=best, others=others)


def compare_nets(batch: BatchState, _search: Search, plan: SearchPlan) -> BatchState:
    """Keep the nets that agree best with what was measured, if it guides the search.

    Of each net the embedding that agrees best comes first, be it met or follow from one that was
    met, and few others stay.
    """
    guide, best, others = plan.annealing.guide, dict(batch.best), dict(batch.others)
    if plan.measurement is not None or guide is not None:
        for place, (name, first) in enumerate(batch.best.items()):
            met = [first, *batch.others.get(name, ())]
            turned = guide is None or place < MOST_TURNED
            if turned and time.monotonic() < batch.ends and (further := on_other_axes(first)):
                met = list(different_embeddings([*met, *further]).values())
            if len(met) > 1 and guide is not None:
                met.sort(key=guide.agreement, reverse=True)
            best[name], others[name] = met[0], tuple(met[1:])
    if guide is not None:
        best = agreeing_best(guide, best)
    kept = {
        name: each[: MOST_EMBEDDINGS - 1] for name, each in others.items() if each and name in best
    }
    return replace(batch, best=best, others=kept)


FINDING_STAGES: dict[str, Callable[[BatchState, Search, SearchPlan], BatchState]] = {
    "assign": assign_positions,
    "denoise": denoise_points,
    "gather": gather_atoms,
    "regrow": regrow,
    "anneal": anneal,
    "deduplicate": drop_duplicates,
    "compare": compare_nets,
}
"""The stages that find nets, in their order."""

STAGES = (*FINDING_STAGES, *JUDGING_STAGES)
"""Names of all stages of a batch."""

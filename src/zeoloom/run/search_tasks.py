"""What a process does for `solve` and `generate`: find the nets of a batch, or judge some nets.

Results cross from process to process, so they are small: candidates are packed one by one, and
unpacked only where they are judged.
"""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from zeoloom.diffusion.samplers import ancestral
from zeoloom.judge.conditions import NO_CONDITIONS
from zeoloom.judge.net_conditions import ring_conditions
from zeoloom.run.batches import batch_generator
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.judgement_json import judgement_to_json
from zeoloom.run.loaded_models import loaded_model
from zeoloom.run.search_growth import arms_of_batch
from zeoloom.run.search_targets import draw_targets
from zeoloom.run.solving import guide_for, measurement_for
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.batch_state import R_DLS_OF_ONE_START, SearchPlan
from zeoloom.search.context import search_with
from zeoloom.search.embeddings import embedding_of
from zeoloom.search.growth import NO_GROWTH
from zeoloom.search.hollows import hollow_plan
from zeoloom.search.pipeline import find_nets, judge_nets
from zeoloom.silica.dls import STARTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.diffraction.reflections import Reflections
    from zeoloom.run.search_targets import DrawTargets
    from zeoloom.search.candidates import Candidate
    from zeoloom.search.growth import Growth
    from zeoloom.search.guide import Guide
    from zeoloom.structure.own_nets import OwnReference

MAX_STRAIN = 0.6
"""Cost of its worst atom above which `generate` does not refine a new net: of those nets some 4 in
100 have an R_DLS of at most 0.006, of the others two in five."""

ROUNDS, ROUNDS_IF_LED = 10, 40
"""Rounds of repair in `generate`: few, as what is worth looking at comes out of noise nearly right,
and long walks lead away from it; more where conditions lead the crystals."""

MAX_REPORTED, MAX_REPORTED_TO_REFINE = 8, 1
"""Nets of a walk that are reported: to `solve`, which looks for one; to `generate`, whose time goes
to refining them."""

GUIDED_ROUNDS = 40
"""Rounds of an annealing at most, if generations led by what was measured come before it."""

NOISE_FACTOR, GUIDED_NOISE_FACTOR = 0.8, 0.25
"""Of the sampler, unless asked for: less with a guide, as noise undoes what it has brought."""

LONGER_AT_ONCE = 16
"""Crystals of a batch at most that are annealed for long, without generations before."""

MOST_GROUPS = 64
"""Space groups of a run whose targets are kept."""


@dataclass(frozen=True, slots=True)
class FindingTask:
    """To find the nets of one batch.

    Attributes:
        request: of the run, with one space group.
        weights: SHA-256 of them.
        device: of the network.
        seed: of the run.
        index: of the batch.
        seconds: that are left.
        packed: whether the candidates are to be packed.
        growth: what batches before have brought.
        measured: what guides the search, as of `NetsTask`.
        longer: whether few crystals are annealed for long, as of `search_plan`.
    """

    request: SolveRequest | GenerateRequest
    weights: str
    device: str
    seed: int
    index: int
    seconds: float
    packed: bool
    growth: Growth = NO_GROWTH
    measured: Reflections | None = None
    longer: bool = False


@dataclass(frozen=True, slots=True)
class FoundNets:
    """The nets of one batch.

    Attributes:
        counts: `tried`, `valid_at_once`, `times_met` (each net, by its fingerprint), `seconds`
            (of each stage), the `arms` and `origins` of `arms_of_batch`, and of `solve` the
            `embeddings` of each net to be judged.
        best: of each net to be judged the candidate of least cost, or that which agrees best, and
            those of its other embeddings, by its fingerprint, in their order; packed if asked for.
    """

    counts: dict[str, Any]
    best: Mapping[str, Sequence[Candidate | bytes]]


@dataclass(frozen=True, slots=True)
class NetsTask:
    """To judge nets.

    Attributes:
        request: of the run, with one space group.
        own: nets of the user.
        best: candidates of each net, by its fingerprint, packed or not.
        seconds: that are left.
        measured: what they are compared with, so that no process has to fit a pattern again; None
            without data.
    """

    request: SolveRequest | GenerateRequest
    own: OwnReference
    best: Mapping[str, Sequence[Candidate | bytes]]
    seconds: float
    measured: Reflections | None = None


def found_nets(task: FindingTask) -> FoundNets:
    """The nets of a batch."""
    request = task.request
    model = loaded_model(request.model, task.weights, task.device)
    rng, began = batch_generator(task.seed, task.index), time.monotonic()
    targets = drawing_of(request, task.weights, task.device)(rng, task.growth)
    if isinstance(request, SolveRequest) and request.n is not None:
        targets = targets[: request.n - task.index * len(targets)]
    if task.longer:
        targets = targets[:LONGER_AT_ONCE]
    drawn = time.monotonic() - began
    _measurement_of(task)
    plan = search_plan(request, task.seconds, longer=task.longer)
    batch = find_nets(targets, search_with(model, rng), plan)
    counts = {
        "tried": len(batch.targets),
        "valid_at_once": batch.valid_at_once,
        "times_met": dict(batch.times_met),
        "seconds": {"targets": drawn, **batch.seconds},
        **arms_of_batch(batch),
    }
    found = {name: (each, *batch.others.get(name, ())) for name, each in batch.best.items()}
    if isinstance(request, SolveRequest):
        counts["embeddings"] = {
            name: [embedding_of(each) for each in candidates] for name, candidates in found.items()
        }
    if task.packed:
        return FoundNets(
            counts, {name: [pickle.dumps(each) for each in found[name]] for name in found}
        )
    return FoundNets(counts, found)


def judged_nets(task: NetsTask) -> dict[str, Any]:
    """Judgements of nets as JSON values, by their fingerprints, and the seconds of each stage."""
    found = {
        name: [
            pickle.loads(each) if isinstance(each, bytes) else each  # noqa: S301 - our own
            for each in candidates
        ]
        for name, candidates in task.best.items()
    }
    best = {name: first for name, (first, *_) in found.items()}
    others = {name: tuple(further) for name, (_, *further) in found.items() if further}
    measurement = _measurement_of(task)
    plan = replace(
        search_plan(task.request, task.seconds),
        own=task.own,
        measurement=measurement,
    )
    judged = judge_nets(best, plan, others)
    return {
        "judgements": {name: judgement_to_json(each) for name, each in judged.judgements.items()},
        "seconds": dict(judged.seconds),
    }


def _measurement_of(task: FindingTask | NetsTask) -> Measurement | None:
    """What was measured, ready for comparing; kept, so that the guide of the search finds it."""
    request = task.request
    return measurement_for(request, task.measured) if isinstance(request, SolveRequest) else None


@lru_cache(maxsize=MOST_GROUPS)
def drawing_of(request: SolveRequest | GenerateRequest, weights: str, device: str) -> DrawTargets:
    """How the targets of all batches are drawn, worked out once in a process for each group.

    Raises:
        InputError: as `draw_targets` and `loaded_model`.
    """
    return draw_targets(request, loaded_model(request.model, weights, device))


def _rounds(request: SolveRequest | GenerateRequest) -> int:
    """Rounds of repair of a batch."""
    if request.repair is not None:
        return request.repair
    assert isinstance(request, GenerateRequest)
    conditions = request.conditions
    led = ring_conditions(conditions) != NO_CONDITIONS or hollow_plan(conditions) is not None
    return ROUNDS_IF_LED if led else ROUNDS


def search_plan(
    request: SolveRequest | GenerateRequest, seconds: float, *, longer: bool = False
) -> SearchPlan:
    """How a batch is searched, if so many seconds are left.

    Args:
        request: of the run.
        seconds: that are left.
        longer: whether, with a guide, all rounds of repair are made and no generations.
    """
    solving = isinstance(request, SolveRequest)
    plan = SearchPlan(
        sampler=partial(
            ancestral,
            noise_factor=NOISE_FACTOR if request.noise_factor is None else request.noise_factor,
        ),
        steps=request.steps,
        annealing=AnnealingPlan(
            rounds=_rounds(request),
            walk=request.walk,
            max_reported=MAX_REPORTED if solving else MAX_REPORTED_TO_REFINE,
        ),
        dls_starts=STARTS if solving else 1,
        seconds=seconds,
        in_given_cell=solving,
    )
    if isinstance(request, SolveRequest):
        guide = guide_for(request)
        if guide is None:
            return plan
        guided = guided_plan(plan, guide, longer=longer)
        return guided if request.noise_factor is None else replace(guided, sampler=plan.sampler)
    conditions = request.conditions
    plan = replace(
        plan,
        annealing=replace(plan.annealing, conditions=ring_conditions(conditions)),
        conditions=conditions,
        relax_seconds=request.seconds_each,
    )
    if request.max_r_dls <= R_DLS_OF_ONE_START:
        plan = replace(plan, max_strain=MAX_STRAIN)
    return replace(plan, max_r_dls=request.max_r_dls)


def guided_plan(plan: SearchPlan, guide: Guide, *, longer: bool) -> SearchPlan:
    """A plan of a batch that is led by what was measured.

    Args:
        plan: without a guide.
        guide: what was measured.
        longer: whether all rounds are made, and no generations.
    """
    annealing = replace(plan.annealing, guide=guide)
    plan = replace(plan, sampler=partial(ancestral, noise_factor=GUIDED_NOISE_FACTOR))
    if longer:
        return replace(plan, annealing=annealing, generations=0)
    rounds = min(annealing.rounds, GUIDED_ROUNDS)
    return replace(plan, annealing=replace(annealing, rounds=rounds))

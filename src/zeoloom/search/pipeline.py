"""A batch of crystals, from noise to judged frameworks, as a list of stages.

| stage | what it does |
|---|---|
| `assign` | decides which crystals keep their points on assigned Wyckoff positions |
| `denoise` | denoises the points of all crystals together, from noise alone |
| `gather` | lets points that meet become atoms, and keeps the better candidates |
| `anneal` | alternates rounds of the network with walks of bond switches |
| `deduplicate` | keeps of each net, known by its fingerprint, the candidate of least cost |
| `check` | drops what is no 4-connected net, and recognises known framework types |
| `refine` | builds the new nets as SiO2 and refines them; in a given cell too, beside data |
| `identify` | gives well refined nets their exact key, and all of them a name |
| `measure` | measures pores and energies, if conditions ask for them |

A stage is a function that takes a `BatchState` and returns the next one. `find_nets` runs those to
`deduplicate`, `judge_nets` the others, which need no network, on the nets that are not known from
other batches; both measure their time. Cheap tests come first: duplicates are dropped before
refinement, and strained nets before an exact key is computed.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from zeoloom.judge.conditions import NO_CONDITIONS
from zeoloom.judge.fulfilment import may_fulfil
from zeoloom.judge.given_cell import refined_as_given
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.judge.net_conditions import ring_conditions, with_net_facts
from zeoloom.judge.verdict import (
    identified,
    quick_check,
    refined,
    with_likeness,
    with_nearest_type,
)
from zeoloom.search.annealing import AnnealingPlan, annealing_rounds
from zeoloom.search.candidates import (
    Candidate,
    candidate_fingerprint,
    candidate_framework,
    candidate_net,
    candidates_from,
)
from zeoloom.search.context import numpy_generator
from zeoloom.search.denoising import crystals_at, denoise_from_noise, points_present
from zeoloom.search.measuring import Pace, measured
from zeoloom.search.target import with_cell_indices
from zeoloom.search.wyckoff import choose_constrained, wyckoff_constraint
from zeoloom.silica.dls import STARTS
from zeoloom.structure.own_nets import NO_OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from torch import Tensor

    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.judge.conditions import Conditions
    from zeoloom.search.context import Search
    from zeoloom.search.target import Target
    from zeoloom.search.wyckoff import Assignments, WyckoffConstraint
    from zeoloom.structure.own_nets import OwnReference

ANNEALED_SHARE = 0.6
"""Share of the candidates of a batch, those of least cost, that are annealed."""

ANNEALING_TIME_SHARE = 0.6
"""Share of the time of a batch after which annealing ends, so that time is left to judge nets."""

CHECK_TIME_SHARE, REFINEMENT_TIME_SHARE = 0.375, 0.925
"""Shares of the time for judging nets after which checks and refinement end."""

GRACE = 0.5
"""Seconds that each of the quick stages has for what was found, though the time be up."""

R_DLS_OF_ONE_START = 0.012
"""R_DLS after the first start of a refinement above which no other start is tried; next to never
does another one make such a net good."""


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """How a batch is searched.

    Attributes:
        sampler: that carries points down the noise levels.
        steps: noise levels.
        annealing: schedule of the annealing.
        dls_starts: starts of the distance least squares at most.
        max_strain: cost of its worst atom above which a new net is not refined.
        max_r_dls: of nets whose exact key is computed.
        seconds: after which all stages end, with what they have.
        in_given_cell: whether nets are refined in the cell that was given too.
        measurement: of the cell and group of all crystals, to compare them with.
        own: the user's nets, which are not new.
        conditions: on frameworks; what cannot meet them is not judged further.
        relax_seconds: time limit of each relaxation, where energies are asked for.
    """

    sampler: Sampler
    steps: int
    annealing: AnnealingPlan
    dls_starts: int = STARTS
    max_strain: float = math.inf
    max_r_dls: float = R_DLS_OF_ONE_START
    seconds: float = math.inf
    in_given_cell: bool = False
    measurement: Measurement | None = None
    own: OwnReference = NO_OWN
    conditions: Conditions = NO_CONDITIONS
    relax_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class BatchState:
    """The state of a batch; each stage fills in its part.

    Attributes:
        targets: the cell, group and numbers of atoms that are asked for, of each crystal.
        annealing_ends: on the clock of `time.monotonic`.
        ends: likewise; that of everything, as checks_end and refinement_ends are of their stages.
        constraint: keeps points on assigned Wyckoff positions; None before.
        points: (B, N, 3) Å, denoised; None before.
        candidates: the crystals that are annealed.
        valid: valid candidates that were met; the same net may come again.
        valid_at_once: of these, those that needed no annealing.
        times_met: how often each net was met, by its fingerprint.
        best: of each net the candidate of least cost, by its fingerprint, the least first.
        judgements: of these nets, by their fingerprints, in the same order.
        seconds: that each stage took.
    """

    targets: tuple[Target, ...] = ()
    annealing_ends: float = math.inf
    checks_end: float = math.inf
    refinement_ends: float = math.inf
    ends: float = math.inf
    constraint: WyckoffConstraint | None = None
    points: Tensor | None = None
    candidates: tuple[Candidate, ...] = ()
    valid: tuple[Candidate, ...] = ()
    valid_at_once: int = 0
    times_met: Mapping[str, int] = field(default_factory=dict)
    best: Mapping[str, Candidate] = field(default_factory=dict)
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


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
    judged = judge_nets(unknown, replace(plan, seconds=left))
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


def judge_nets(best: Mapping[str, Candidate], plan: SearchPlan) -> BatchState:
    """Run the stages that judge nets.

    Args:
        best: candidates by their fingerprints.
        plan: of the stages.
    """
    now = time.monotonic()
    batch = BatchState(
        best=best,
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
    constraint = wyckoff_constraint(targets, constrained, numpy_generator(search.rng))
    return replace(batch, targets=tuple(targets), constraint=constraint)


def denoise_points(batch: BatchState, search: Search, plan: SearchPlan) -> BatchState:
    """Denoise the points of all crystals together, from noise alone; none if the time is up."""
    constraint = batch.constraint
    assert constraint is not None

    def in_time(points: Tensor, sigma: float, before: Assignments) -> tuple[Tensor, Assignments]:
        if time.monotonic() > batch.ends:
            raise _OutOfTimeError
        return constraint(points, sigma, before)

    crystal = crystals_at(batch.targets)
    with suppress(_OutOfTimeError):
        points = denoise_from_noise(crystal, plan.sampler, plan.steps, search, in_time)
        return replace(batch, points=points)
    return batch


class _OutOfTimeError(Exception):
    """Denoising was not finished in time."""


def gather_atoms(batch: BatchState, _search: Search, _plan: SearchPlan) -> BatchState:
    """Let points that meet become atoms, and keep the candidates of least cost."""
    if batch.points is None:
        return batch
    found = candidates_from(batch.points, points_present(batch.targets), batch.targets)
    found = sorted(found, key=lambda each: each.cost)
    valid = tuple(each for each in found if each.valid)
    kept = tuple(found[: round(ANNEALED_SHARE * len(found))])
    return replace(batch, candidates=kept, valid=valid, valid_at_once=len(valid))


def anneal(batch: BatchState, search: Search, plan: SearchPlan) -> BatchState:
    """Alternate rounds of the network with walks of bond switches, until the time is up."""
    valid = list(batch.valid)
    for found in annealing_rounds(batch.candidates, plan.annealing, search, batch.annealing_ends):
        valid += found
        if time.monotonic() > batch.annealing_ends:
            break
    return replace(batch, valid=tuple(valid))


def drop_duplicates(batch: BatchState, _search: Search, _plan: SearchPlan) -> BatchState:
    """Keep of each net the candidate of least cost; equal nets have equal fingerprints."""
    best: dict[str, Candidate] = {}
    times_met = Counter[str]()
    for candidate in sorted(batch.valid, key=lambda each: each.cost):
        if time.monotonic() > batch.ends + GRACE:
            break
        fingerprint = candidate_fingerprint(candidate)
        if fingerprint:
            times_met[fingerprint] += 1
            best.setdefault(fingerprint, candidate)
    return replace(batch, times_met=times_met, best=best)


def check_nets(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Drop what is no 4-connected net, and recognise known nets."""
    judgements: dict[str, Judgement] = {}
    ends = max(batch.checks_end, time.monotonic() + GRACE)
    asked = ring_conditions(plan.conditions)
    for fingerprint, each in batch.best.items():
        if time.monotonic() > ends:
            break
        net = candidate_net(each)
        judgement = quick_check(candidate_framework(each, fingerprint), fingerprint, net, plan.own)
        if judgement.new and asked != NO_CONDITIONS:
            judgement = with_net_facts(judgement, net, asked)
        judgements[fingerprint] = judgement
    return replace(batch, judgements=judgements)


def refine_frameworks(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Refine the nets as SiO2, the least strained first, until the time is up."""
    judgements = dict(batch.judgements)
    pace = Pace(batch.refinement_ends)
    asked = ring_conditions(plan.conditions)
    for fingerprint, each in judgements.items():
        if each.new and not may_fulfil(asked, each):
            continue
        strain = batch.best[fingerprint].costs.max()
        if each.new and strain > plan.max_strain:
            reason = f"too strained to be refined: cost of an atom {strain:.1f}"
            judgements[fingerprint] = replace(each, framework=None, reason=reason)
        elif pace.allows(each):
            began = time.monotonic()
            judgements[fingerprint] = _refined(each, fingerprint, plan)
            pace.took(each, began)
    return replace(batch, judgements=judgements)


def _refined(judgement: Judgement, fingerprint: str, plan: SearchPlan) -> Judgement:
    """The net as SiO2, in the given cell too if that is wanted."""
    if plan.in_given_cell:
        judgement = refined_as_given(
            judgement,
            fingerprint=fingerprint,
            measurement=plan.measurement,
            one_start_above=R_DLS_OF_ONE_START,
            starts=plan.dls_starts,
        )
    return refined(
        judgement,
        one_start_above=R_DLS_OF_ONE_START,
        starts=plan.dls_starts,
        fingerprint=fingerprint,
    )


def identify_nets(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Compute the exact keys of well refined nets while there is time, and name all of them."""
    judgements = {}
    pace = Pace(batch.ends)
    for fingerprint, each in batch.judgements.items():
        found, began = each, time.monotonic()
        if each.r_dls is not None and each.r_dls <= plan.max_r_dls and pace.allows(each):
            found = with_likeness(with_nearest_type(identified(each)))
            pace.took(each, began)
        judgements[fingerprint] = _named(found)
    return replace(batch, judgements=judgements)


def measure_frameworks(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Pores, adsorption and energies of the new frameworks, where conditions ask for them."""

    def wanted(judgement: Judgement) -> bool:
        built = judgement.r_dls is not None and judgement.r_dls <= plan.max_r_dls
        return judgement.new and judgement.framework is not None and built

    return replace(
        batch,
        judgements=measured(
            batch.judgements, wanted, plan.conditions, plan.relax_seconds, batch.ends
        ),
    )


def _named(judgement: Judgement) -> Judgement:
    """Named by what its net is known as, or by its key."""
    if judgement.known_name not in {"", NEW}:
        return replace(judgement, name=judgement.known_name)
    key = judgement.key or judgement.name
    return replace(judgement, name=f"new-{key.removeprefix('~')[:8]}")


FINDING_STAGES: dict[str, Callable[[BatchState, Search, SearchPlan], BatchState]] = {
    "assign": assign_positions,
    "denoise": denoise_points,
    "gather": gather_atoms,
    "anneal": anneal,
    "deduplicate": drop_duplicates,
}
"""The stages that find nets, in their order."""

JUDGING_STAGES: dict[str, Callable[[BatchState, SearchPlan], BatchState]] = {
    "check": check_nets,
    "refine": refine_frameworks,
    "identify": identify_nets,
    "measure": measure_frameworks,
}
"""The stages that judge them."""

STAGES = (*FINDING_STAGES, *JUDGING_STAGES)
"""Names of all stages of a batch."""

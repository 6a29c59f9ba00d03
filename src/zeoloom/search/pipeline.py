"""A batch of crystals, from noise to judged frameworks, as a list of stages.

| stage | what it does |
|---|---|
| `assign` | decides which crystals keep their points on assigned Wyckoff positions |
| `denoise` | denoises the points of all crystals together, from noise alone |
| `gather` | lets points that meet become atoms, and keeps the better candidates |
| `anneal` | alternates rounds of the network with walks of bond switches |
| `deduplicate` | keeps of each net, told by its fingerprint, the candidate of least cost |
| `check` | drops what is no 4-connected net, and recognises known framework types |
| `refine` | builds the new nets as SiO2 and refines them by distance least squares |
| `identify` | gives well refined nets their exact key, and all of them a name |

A stage is a function that takes a `Batch` and returns the next one. `search_batch` runs them in
this order and measures their time. Cheap tests come first: duplicates are dropped before
refinement, and strained nets before an exact key is computed.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zeoloom.judge.verdict import NEW, Judgement, glance, identified, refined
from zeoloom.search.annealing import CrystalRepair, repair_crystals
from zeoloom.search.candidates import (
    Grown,
    crystals_of,
    fingerprint_of,
    framework_of,
    grow,
    grown_net,
    harvest,
)
from zeoloom.search.context import numpy_generator
from zeoloom.search.wyckoff import keep_seated, take_seats
from zeoloom.silica.dls import STARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy as np
    from torch import Tensor

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.geometry.arrays import BoolArray
    from zeoloom.search.candidates import Site
    from zeoloom.search.context import Search

ANNEALED_SHARE = 0.6
"""Share of the candidates of a batch, those of least cost, that are annealed."""

ANNEALING_TIME_SHARE = 0.6
"""Share of the time of a batch after which annealing ends, so that time for refinement is left."""

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
        seconds: after which annealing and refinement end.
    """

    sampler: Sampler
    steps: int
    annealing: CrystalRepair
    dls_starts: int = STARTS
    max_strain: float = math.inf
    max_r_dls: float = R_DLS_OF_ONE_START
    seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class Batch:
    """The state of a batch; each stage fills in its part.

    Attributes:
        targets: the cell, group and numbers of atoms that are asked for, of each crystal.
        known: fingerprints of nets that need no further judgement.
        annealing_ends: on the clock of `time.monotonic`.
        refinement_ends: likewise.
        assigned: (B,) crystals whose points are kept on assigned Wyckoff positions.
        rng: source of randomness of the assignments; None before.
        points: (B, N, 3) Å, denoised; None before.
        candidates: the crystals that are annealed.
        valid: valid candidates that were met; the same net may come again.
        valid_at_once: of these, those that needed no annealing.
        times_met: how often each net was met, by its fingerprint.
        best: of each net the candidate of least cost, by its fingerprint, the least first.
        judgements: of the nets that are not known, by their fingerprints, in the same order.
        seconds: that each stage took.
    """

    targets: tuple[Site, ...]
    known: Collection[str] = ()
    annealing_ends: float = math.inf
    refinement_ends: float = math.inf
    assigned: BoolArray | None = None
    rng: np.random.Generator | None = None
    points: Tensor | None = None
    candidates: tuple[Grown, ...] = ()
    valid: tuple[Grown, ...] = ()
    valid_at_once: int = 0
    times_met: Mapping[str, int] = field(default_factory=dict)
    best: Mapping[str, Grown] = field(default_factory=dict)
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


def search_batch(
    targets: Sequence[Site], search: Search, plan: SearchPlan, known: Collection[str] = ()
) -> Batch:
    """Run all stages on one crystal at each target.

    Args:
        targets: of the crystals, which are denoised together.
        search: network, device and source of randomness.
        plan: of the stages.
        known: fingerprints of nets that need no further judgement.
    """
    now = time.monotonic()
    batch = Batch(
        tuple(targets),
        known,
        annealing_ends=now + ANNEALING_TIME_SHARE * plan.seconds,
        refinement_ends=now + plan.seconds,
    )
    seconds = {}
    for name, stage in STAGES.items():
        batch = stage(batch, search, plan)
        before, now = now, time.monotonic()
        seconds[name] = now - before
    return replace(batch, seconds=seconds)


def assign_positions(batch: Batch, search: Search, _plan: SearchPlan) -> Batch:
    """Decide which crystals keep their points on assigned Wyckoff positions."""
    targets, assigned = take_seats(batch.targets, search.rng)
    return replace(
        batch, targets=tuple(targets), assigned=assigned, rng=numpy_generator(search.rng)
    )


def denoise_points(batch: Batch, search: Search, plan: SearchPlan) -> Batch:
    """Denoise the points of all crystals together, from noise alone."""
    assert batch.assigned is not None
    assert batch.rng is not None
    points = grow(
        search.network,
        plan.sampler,
        crystals_of(batch.targets),
        steps=plan.steps,
        generator=search.rng,
        device=search.device,
        keep=keep_seated(batch.targets, batch.assigned, batch.rng),
    )
    return replace(batch, points=points)


def gather_atoms(batch: Batch, _search: Search, _plan: SearchPlan) -> Batch:
    """Let points that meet become atoms, and keep the candidates of least cost."""
    assert batch.points is not None
    present = crystals_of(batch.targets).present
    assert present is not None
    grown = harvest(batch.points, present, batch.targets)
    grown = sorted(grown, key=lambda each: each.cost)
    valid = tuple(each for each in grown if each.valid)
    kept = tuple(grown[: round(ANNEALED_SHARE * len(grown))])
    return replace(batch, candidates=kept, valid=valid, valid_at_once=len(valid))


def anneal(batch: Batch, search: Search, plan: SearchPlan) -> Batch:
    """Alternate rounds of the network with walks of bond switches, until the time is up."""
    valid = list(batch.valid)
    rounds = repair_crystals(
        search.network, batch.candidates, plan.annealing, search.rng, search.device
    )
    for found in rounds:
        valid += found
        if time.monotonic() > batch.annealing_ends:
            break
    return replace(batch, valid=tuple(valid))


def drop_duplicates(batch: Batch, _search: Search, _plan: SearchPlan) -> Batch:
    """Keep of each net the candidate of least cost; equal nets have equal fingerprints."""
    best: dict[str, Grown] = {}
    times_met = Counter[str]()
    for candidate in sorted(batch.valid, key=lambda each: each.cost):
        fingerprint = fingerprint_of(candidate)
        if fingerprint:
            times_met[fingerprint] += 1
            best.setdefault(fingerprint, candidate)
    return replace(batch, times_met=times_met, best=best)


def check_nets(batch: Batch, _search: Search, _plan: SearchPlan) -> Batch:
    """Drop what is no 4-connected net, and recognise known framework types."""
    judgements = {
        fingerprint: glance(framework_of(each, fingerprint), fingerprint, grown_net(each))
        for fingerprint, each in batch.best.items()
        if fingerprint not in batch.known
    }
    return replace(batch, judgements=judgements)


def refine_frameworks(batch: Batch, _search: Search, plan: SearchPlan) -> Batch:
    """Refine the nets as SiO2, the least strained first, until the time is up."""
    judgements = dict(batch.judgements)
    for fingerprint, each in judgements.items():
        if time.monotonic() > batch.refinement_ends:
            break
        strain = batch.best[fingerprint].costs.max()
        if each.new and strain > plan.max_strain:
            reason = f"too strained to be refined: cost of an atom {strain:.1f}"
            judgements[fingerprint] = replace(each, framework=None, reason=reason)
        else:
            judgements[fingerprint] = refined(
                each,
                hopeless=R_DLS_OF_ONE_START,
                starts=plan.dls_starts,
                fingerprint=fingerprint,
            )
    return replace(batch, judgements=judgements)


def identify_nets(batch: Batch, _search: Search, plan: SearchPlan) -> Batch:
    """Compute the exact keys of well refined nets, and name all of them."""
    judgements = {
        fingerprint: _named(
            identified(each) if each.r_dls is not None and each.r_dls <= plan.max_r_dls else each
        )
        for fingerprint, each in batch.judgements.items()
    }
    return replace(batch, judgements=judgements)


def _named(judgement: Judgement) -> Judgement:
    """Named by its framework type, or by the key of its net."""
    if judgement.framework_type not in {"", NEW}:
        return replace(judgement, name=judgement.framework_type)
    key = judgement.key or judgement.name
    return replace(judgement, name=f"new-{key.removeprefix('~')[:8]}")


STAGES: dict[str, Callable[[Batch, Search, SearchPlan], Batch]] = {
    "assign": assign_positions,
    "denoise": denoise_points,
    "gather": gather_atoms,
    "anneal": anneal,
    "deduplicate": drop_duplicates,
    "check": check_nets,
    "refine": refine_frameworks,
    "identify": identify_nets,
}
"""The stages of a batch, in their order."""

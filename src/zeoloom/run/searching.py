"""`solve` and `generate`: batches of crystals until the budget is spent, then the judge.

The stages of a batch are listed in `search/pipeline.py`. Nets that an earlier batch has found are
not refined again.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import torch

from zeoloom.diffusion.samplers import ancestral
from zeoloom.judge.judgement import best_first, families_first
from zeoloom.report.gallery import gallery_figure
from zeoloom.report.report_page import write_report
from zeoloom.run.batches import run_batches
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.findings import Findings, batch_result, in_vain, is_enough, progress_of
from zeoloom.run.folder import finish_run, open_run, own_in_record
from zeoloom.run.framework_table import COLUMNS, GIVEN_COLUMNS, write_frameworks, write_unrefined
from zeoloom.run.judgement_steps import Judging, judged_further
from zeoloom.run.preparation import prepare_search
from zeoloom.run.progress import OnNotice, OnProgress, no_notice, silent
from zeoloom.run.search_result import refined_within_limits, search_result
from zeoloom.run.search_targets import draw_targets
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.context import Search
from zeoloom.search.pipeline import R_DLS_OF_ONE_START, SearchPlan, search_batch
from zeoloom.silica.dls import STARTS
from zeoloom.silica.force_field import INSTALL
from zeoloom.silica.processes import Workers
from zeoloom.structure.own_nets import own_reference

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.judge.judgement import Judgement
    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.batches import Batch
    from zeoloom.run.folder import RunFolder
    from zeoloom.run.search_result import SearchResult
    from zeoloom.run.search_targets import DrawTargets
    from zeoloom.structure.own_nets import OwnReference

MAX_STRAIN = 0.6
"""Cost of its worst atom above which `generate` does not refine a new net: of those nets some 4 in
100 have an R_DLS of at most 0.006, of the others two in five."""

MAX_REPORTED, MAX_REPORTED_TO_REFINE = 8, 1
"""Nets of a walk that are reported: to `solve`, which looks for one; to `generate`, whose time goes
to refining them."""


def make_frameworks(
    request: SolveRequest | GenerateRequest,
    model: Model,
    folder: Path,
    *,
    threads: int = 1,
    resume: bool = False,
    generator: torch.Generator,
    on_progress: OnProgress = silent,
    on_notice: OnNotice = no_notice,
) -> SearchResult:
    """Carry out `solve` or `generate`: frameworks, unique by their nets, the best first.

    Writes `frameworks.csv`, `frameworks/NAME.cif`, `frameworks.extxyz`, `frameworks.db`,
    `gallery.png`, `report.html` and `run.json`; `unrefined.csv` for nets that were not refined.

    Args:
        request: what is wanted.
        model: learned on whole frameworks.
        folder: for the run.
        threads: frameworks relaxed at once, each in a process of its own.
        resume: go on with an interrupted run in the folder.
        generator: source of randomness, on the CPU, seeded by the request.
        on_progress: called with how much of the budget is spent.
        on_notice: called with a line for the user.

    Raises:
        InputError: if the cell contradicts the group, nothing fits what is asked for, or the model
            was not learned on whole frameworks.
    """
    draw = draw_targets(request, model)
    verb = "solve" if isinstance(request, SolveRequest) else "generate"
    own = own_reference()
    asked = {"verb": verb, "weights": model.sha256, **request.model_dump(mode="json")}
    run = open_run(folder, asked | own_in_record(own), resume=resume)
    prepare_search(model, on_notice)
    search = Search(model.network, next(model.network.parameters()).device, generator)
    findings = _search(request, run, search, draw, own, on_progress)
    with Workers(threads) as workers:
        judgements = _judged_further(request, run, findings, workers, on_progress)
    if any(each.energy_status == "skipped" for each in judgements):
        on_notice(f"no energies, LAMMPS is not installed: {INSTALL}")
    if workers.loss:
        on_notice(f"pores and energies are missing where processes died: {workers.loss}")
    if in_vain(request, findings):
        on_notice(f"ended after {findings.tried} crystals: what is asked for is too rare")
    result = search_result(request, findings, judgements)
    if not result.failure and workers.deaths and not workers.survived:
        result = replace(result, failure=f"no pores, no energies: {workers.loss}")
    _write(run, result, findings, search.device)
    return result


def _search(
    request: SolveRequest | GenerateRequest,
    run: RunFolder,
    search: Search,
    draw: DrawTargets,
    own: OwnReference,
    on_progress: OnProgress,
) -> Findings:
    """Search batch after batch until the budget is spent, by the clock of the user."""
    clock = _Clock(request.time_limit)

    def make(findings: Findings) -> Batch:
        targets = draw(search.rng)
        if isinstance(request, SolveRequest) and request.n is not None:
            targets = targets[: request.n - findings.tried]
        plan = replace(_plan(request, clock.left(findings.seconds_spent)), own=own)
        return batch_result(search_batch(targets, search, plan, findings.judgements.keys()))

    def add(findings: Findings, batch: Batch) -> Findings:
        findings = findings.with_batch(batch)
        on_progress(*progress_of(request, findings))
        return findings

    on_progress(*progress_of(request, Findings()))
    return run_batches(
        run.journal,
        search.rng,
        Findings(),
        wanted=lambda findings: (
            not is_enough(request, findings) and clock.left(findings.seconds_spent) > 0.0
        ),
        make=make,
        add=add,
    )


class _Clock:
    """What is left of the time of a run, over all interruptions.

    Args:
        limit: seconds; None for any time.
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = math.inf if limit is None else limit
        self._began: float | None = None
        self._before = 0.0

    def left(self, spent: float) -> float:
        """Seconds that are left.

        Args:
            spent: on all batches; at the first call, on those of an interrupted run.
        """
        if self._began is None:
            self._began, self._before = time.monotonic(), spent
        return self._limit - self._before - (time.monotonic() - self._began)


def _plan(request: SolveRequest | GenerateRequest, seconds: float) -> SearchPlan:
    """How the next batch is searched, if so many seconds are left."""
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
        seconds=seconds,
        in_given_cell=solving,
    )
    if isinstance(request, SolveRequest):
        return plan
    if request.max_r_dls <= R_DLS_OF_ONE_START:
        plan = replace(plan, max_strain=MAX_STRAIN)
    return replace(plan, max_r_dls=request.max_r_dls)


def _judged_further(
    request: SolveRequest | GenerateRequest,
    run: RunFolder,
    findings: Findings,
    workers: Workers,
    on_progress: OnProgress,
) -> list[Judgement]:
    """All refined nets within the limits, the best of each family with pores and energy."""
    valid = {each.name: each for each in refined_within_limits(request, findings)}
    candidates = [each for each in valid.values() if each.framework is not None]
    if isinstance(request, GenerateRequest):
        candidates = [each for each in candidates if each.new]
    how = Judging(
        workers,
        run.journal,
        seconds=request.seconds_each,
        seed=request.seed,
        on_progress=on_progress,
    )
    for each in judged_further(families_first(candidates)[: request.relax], how):
        valid[each.name] = each
    return best_first(list(valid.values()))


def _write(run: RunFolder, result: SearchResult, findings: Findings, device: torch.device) -> None:
    """Tables, structures, the figure, the page and the record of the run."""
    further = {step: run.journal.seconds(step) for step in ("pores", "energy")}
    seconds = {step: round(spent, 1) for step, spent in {**findings.seconds, **further}.items()}
    solving = run.request["verb"] == "solve"
    columns = COLUMNS + GIVEN_COLUMNS if solving else COLUMNS
    write_frameworks(run.path, result.judgements, result.found, columns=columns)
    write_unrefined(run.path, result.unrefined, findings.times_met_by_key)
    if any(each.framework is not None for each in result.judgements):
        gallery_figure(run.path / "gallery.png", result.judgements)
    write_report(
        run.path / "report.html",
        result.judgements,
        title=f"zeoloom {run.request['verb']}",
        counts=result.counts,
        facts={name: str(value) for name, value in run.request.items() if value is not None},
        found=result.found,
        seconds=seconds,
    )
    outcome = {"counts": result.counts, "seconds": seconds, "device": device.type}
    finish_run(run, outcome | {"threads": torch.get_num_threads()})

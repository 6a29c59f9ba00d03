"""`solve` and `generate`: batches of crystals until the budget is spent, then the judge.

The stages of a batch are listed in `search/pipeline.py`. Nets that an earlier batch has found are
not judged again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from zeoloom.judge.fulfilment import fulfils
from zeoloom.judge.judgement import best_first, families_first
from zeoloom.report.gallery import gallery_figure
from zeoloom.report.report_page import write_report
from zeoloom.run.comparing import diffraction_record, measured_run, with_agreement, write_maps
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.database import Store
from zeoloom.run.findings import few_of_a_group_first, in_vain
from zeoloom.run.folder import finish_run, open_run, own_in_record
from zeoloom.run.framework_table import (
    ADSORPTION_COLUMNS,
    COLUMNS,
    GIVEN_COLUMNS,
    write_frameworks,
    write_unrefined,
)
from zeoloom.run.highest_group import in_highest_groups
from zeoloom.run.judgement_steps import Judging, judged_further
from zeoloom.run.loaded_models import check_loadable, device_of_model, keep_loaded
from zeoloom.run.pools import pool_with_weights
from zeoloom.run.preparation import prepare_processes, prepare_search
from zeoloom.run.progress import OnNotice, OnProgress, no_notice, silent
from zeoloom.run.search_batches import search_batches
from zeoloom.run.search_result import refined_within_limits, search_result
from zeoloom.run.search_tasks import drawing_of
from zeoloom.run.solving import search_parts
from zeoloom.silica.force_field import INSTALL
from zeoloom.silica.pool import ThisProcess
from zeoloom.structure.own_nets import own_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zeoloom.judge.judgement import Judgement
    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.findings import Findings
    from zeoloom.run.folder import RunFolder
    from zeoloom.run.search_result import SearchResult
    from zeoloom.silica.pool import Pool


def make_frameworks(
    request: SolveRequest | GenerateRequest,
    model: Model,
    folder: Path,
    *,
    generator: torch.Generator,
    resume: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    database: str | None = None,
    on_progress: OnProgress = silent,
    on_notice: OnNotice = no_notice,
) -> SearchResult:
    """Carry out `solve` or `generate`: frameworks, unique by their nets, the best first.

    Writes `frameworks.csv`, `frameworks/NAME.cif`, `frameworks.extxyz`, `frameworks.db`,
    `gallery.png`, `report.html` and `run.json`; `unrefined.csv` for nets that were not refined.

    Args:
        request: what is wanted.
        model: learned on whole frameworks, or on clusters.
        folder: for the run.
        generator: seeded by the request; its seed and their indices seed all batches.
        workers: processes at once. They search too if there are several, which changes nothing in
            what is found unless time decides; with one, only relaxing has a process of its own.
        scheduler: address of a Dask scheduler, whose workers then do what processes do here.
        database: address of one that frameworks are written into as they come.
        resume: go on with an interrupted run in the folder.
        on_progress: called with how much of the budget is spent.
        on_notice: called with a line for the user.

    Raises:
        InputError: if the cell contradicts the group, or nothing fits what is asked for.
    """
    own = own_reference()
    alone = workers == 1 and scheduler is None
    _refuse_impossible(request, model, alone=alone)
    store = Store(database, on_notice)
    with pool_with_weights(workers, scheduler, request.model, model) as pool:
        run = open_run(folder, _asked(request, model) | own_in_record(own), resume=resume)
        prepare_search(model, on_notice, guided=_is_guided(request))
        if not alone:
            on_progress(0, 1, f"starting {pool.count} processes")
            prepare_processes(pool, request.model, model, guided=_is_guided(request))
        making, seed = ThisProcess() if alone else pool, generator.initial_seed()
        findings = search_batches(
            request, model, run.journal, making, seed, own, store, on_progress, on_notice
        )
        pool.count_anew()
        judgements = _judged_further(request, run, findings, pool, on_progress)
        store.finish(judgements, folder)
        workers = pool.count
    if in_vain(request, findings):
        on_notice(f"ended after {findings.tried} crystals: what is asked for is too rare")
    _tell_what_is_missing(judgements, pool, on_notice)
    result = _with_failure(search_result(request, findings, judgements), pool)
    write_maps(request, run.path / "maps", result.judgements)
    used = {"device": device_of_model(model).type, "workers": workers}
    _write(request, run, result, findings, used)
    return result


def _is_guided(request: SolveRequest | GenerateRequest) -> bool:
    return isinstance(request, SolveRequest) and request.guided


def _with_failure(result: SearchResult, pool: Pool) -> SearchResult:
    """A result that says so if every process died that measured pores or relaxed."""
    if not result.failure and pool.deaths and not pool.survived:
        return replace(result, failure=f"no pores, no energies: {pool.loss}")
    return result


def _asked(request: SolveRequest | GenerateRequest, model: Model) -> dict[str, Any]:
    """What is asked for, for the record of the run."""
    verb = "solve" if isinstance(request, SolveRequest) else "generate"
    return {"verb": verb, "weights": model.sha256, **request.model_dump(mode="json")}


def _refuse_impossible(
    request: SolveRequest | GenerateRequest, model: Model, *, alone: bool
) -> None:
    """Raise InputError if nothing fits what is asked for, or a process cannot load the model."""
    keep_loaded(model)
    for each in search_parts(request):
        drawing_of(each, model.sha256, str(device_of_model(model)))
    if not alone:
        check_loadable(request.model, model)


def _tell_what_is_missing(judgements: list[Judgement], pool: Pool, on_notice: OnNotice) -> None:
    """Give notice of energies and pores that could not be had."""
    if any(each.energy_status == "skipped" for each in judgements):
        on_notice(f"no energies, LAMMPS is not installed: {INSTALL}")
    if pool.loss:
        on_notice(f"pores and energies are missing where processes died: {pool.loss}")


def _judged_further(
    request: SolveRequest | GenerateRequest,
    run: RunFolder,
    findings: Findings,
    pool: Pool,
    on_progress: OnProgress,
) -> list[Judgement]:
    """All refined nets within the limits, the best of each family with pores and energy."""
    valid = {each.name: each for each in refined_within_limits(request, findings)}
    candidates = [each for each in valid.values() if each.framework is not None]
    if isinstance(request, GenerateRequest):
        candidates = [
            each
            for each in candidates
            if each.new and each.r_dls is not None and each.r_dls <= request.max_r_dls
        ]
    how = Judging(
        pool,
        run.journal,
        seconds=request.seconds_each,
        seed=request.seed,
        on_progress=on_progress,
    )
    chosen = few_of_a_group_first(request, families_first(candidates))[: request.relax]
    unmeasured = [
        each for each in chosen if each.energy_kj_mol is None or each.accessible_volume is None
    ]
    for each in judged_further(unmeasured, how):
        valid[each.name] = each
    kept = list(valid.values())
    if isinstance(request, GenerateRequest):  # what is not known to meet a condition is left out
        kept = [each for each in kept if fulfils(request.conditions, each)]
    return with_agreement(request, in_highest_groups(request, best_first(kept)))


def columns_of(request: SolveRequest | GenerateRequest) -> tuple[str, ...]:
    """Of `frameworks.csv`: those of all runs, and what was given or asked for."""
    if isinstance(request, SolveRequest):
        return COLUMNS + GIVEN_COLUMNS
    return COLUMNS + (ADSORPTION_COLUMNS if request.conditions.asks("adsorption") else ())


def _write(
    request: SolveRequest | GenerateRequest,
    run: RunFolder,
    result: SearchResult,
    findings: Findings,
    used: Mapping[str, Any],
) -> None:
    """Tables, structures, the figure, the page and the record of the run."""
    further = {step: run.journal.seconds(step) for step in ("pores", "energy")}
    seconds = {step: round(spent, 1) for step, spent in {**findings.seconds, **further}.items()}
    write_frameworks(run.path, result.judgements, result.found, columns=columns_of(request))
    write_unrefined(run.path, result.unrefined, findings.times_met_by_key)
    if any(each.framework is not None for each in result.judgements):
        gallery_figure(run.path / "gallery.png", result.judgements)
    facts = {
        name: ("no", "yes")[value] if isinstance(value, bool) else str(value)
        for name, value in run.request.items()
        if value is not None
    }
    if result.confidence is not None:
        facts = {"the first framework": str(result.confidence), **facts}
    write_report(
        run.path / "report.html",
        result.judgements,
        title=f"zeoloom {run.request['verb']}",
        counts=result.counts,
        facts=facts,
        found=result.found,
        seconds=seconds,
        measured=measured_run(request, findings, result),
    )
    outcome = {"counts": result.counts, "seconds": seconds, **used}
    outcome |= diffraction_record(request, findings, result)
    finish_run(run, outcome | {"threads": torch.get_num_threads()})

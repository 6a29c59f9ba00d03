"""`judge`: verdicts on anybody's CIF files; needs no weights."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.errors import InputError, RunError
from zeoloom.geometry.compiled import NOT_KEPT, compiled_code_is_kept
from zeoloom.judge.fulfilment import fulfils, missed_conditions, nearest_miss
from zeoloom.judge.judgement import Judgement
from zeoloom.run.database import Store
from zeoloom.run.folder import RunFolder, finish_run, open_run, own_in_record
from zeoloom.run.framework_table import (
    ADSORPTION_COLUMNS,
    COLUMNS,
    FILE_COLUMNS,
    counts_of,
    write_frameworks,
)
from zeoloom.run.judgement_steps import (
    Judging,
    full_judgements,
    judged_file,
    prepare_judging,
    through_step,
)
from zeoloom.run.pools import pool_at
from zeoloom.run.progress import OnProgress, silent
from zeoloom.run.request import in_words
from zeoloom.silica.force_field import INSTALL
from zeoloom.structure.files.reader import name_of, structure_files
from zeoloom.structure.own_nets import own_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.run.file_requests import JudgeRequest
    from zeoloom.silica.pool import Pool
    from zeoloom.structure.own_nets import OwnReference

JUDGING_STEPS = ("against", "net", "refine", "pores", "energy", "adsorption")


@dataclass(frozen=True, slots=True)
class Judged:
    """What `judge` found.

    Attributes:
        judgements: one for each file that is as asked, in the order of the files.
        found: how many files hold each net, by its key.
        counts: how many there are of what.
        notices: (path, text) of files that were left alone, of what was left out, chosen or mended
            in the others, and of what could not be done.
        failure: why nothing could be judged; empty if anything could.
    """

    judgements: tuple[Judgement, ...]
    found: dict[str, int]
    counts: dict[str, int | float]
    notices: tuple[tuple[Path, str], ...]
    failure: str = ""


def judge_files(
    request: JudgeRequest,
    folder: Path,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    database: str | None = None,
    resume: bool = False,
    on_progress: OnProgress = silent,
) -> Judged:
    """Judge every file; none of them can stop the rest.

    Writes `frameworks.csv`, `frameworks/NAME.cif`, `frameworks.extxyz`, `frameworks.db`,
    `report.html` and `run.json`.

    Args:
        request: what is wanted.
        folder: for the run.
        workers: files judged at once, each in a process of its own.
        scheduler: address of a Dask scheduler, whose workers do it instead; they read the files
            under the same paths.
        database: address of one that frameworks are written into in the end.
        resume: go on with an interrupted run in the folder.
        on_progress: called with the progress.

    Raises:
        InputError: if there is nothing to judge, or the scheduler or the database cannot be used.
        RunError: if processes die before they have done anything.
    """
    waiting, left_alone = files_to_judge(request.sources)
    known, _ = files_to_judge(request.against) if request.against else ([], ())
    asked = {"verb": "judge", **request.model_dump(mode="json")}
    asked["inputs"], own = _digest([*waiting, *known]), own_reference()
    notices = [*left_alone]
    store = Store(database, lambda text: notices.append((folder, text)))
    with pool_at(workers, scheduler) as pool, ThreadPoolExecutor(1) as beside:
        run = open_run(folder, asked | own_in_record(own), resume=resume)
        on_progress(0, len(waiting), "preparing compiled code")
        beside.submit(_prepare_writing)
        _prepared(pool)
        how = _steps_of(request, run, pool, on_progress)
        before = pool.survived
        others = _judged_files("against", known, how)
        nets = _recognised(_judged_files("net", waiting, how), others, own)
        first = {each.key: each.name for each in reversed(nets) if each.valid}
        kept = [each for each in nets if first.get(each.key, each.name) == each.name]
        full = {each.name: each for each in full_judgements(kept, how)}
        loss, failure = pool.loss, _failure_since(before, pool)
        workers = pool.count
    judgements = tuple(
        full[each.name] if each.name in full else _duplicate(each, full[first[each.key]])
        for each in nets
    )
    store.finish([each for each in full.values() if fulfils(request.conditions, each)], folder)
    notices += _notices_on(judgements, others, folder) + (((folder, loss),) if loss else ())
    judged = _as_asked(request, Judged(judgements, {}, {}, tuple(notices), failure), folder)
    listed = {each.name for each in judged.judgements}
    kept = [full[each.name] for each in kept if each.name in listed]
    _write(run, request, judged, _with_all_notices(kept, judgements), workers)
    return judged


def _failure_since(survived: int, pool: Pool) -> str:
    """Why nothing was judged since so many pieces had survived; empty if anything was."""
    if not pool.deaths or pool.survived > survived:
        return ""
    return f"nothing could be judged, every process died: {pool.deaths[-1]}"


def _judged_files(step: str, blanks: list[Judgement], how: Judging) -> list[Judgement]:
    """Which net each file holds; other processes find it whatever folder they stand in."""
    there = [replace(each, file=str(Path(each.file).absolute())) for each in blanks]
    judged = through_step(step, judged_file, there, how)
    files = {each.name: each.file for each in blanks}
    return [replace(each, file=files[each.name]) for each in judged]


def _as_asked(request: JudgeRequest, judged: Judged, folder: Path) -> Judged:
    """What is left with the conditions, counted; a notice says how many frameworks are not."""
    conditions, every = request.conditions, judged.judgements
    kept = tuple(each for each in every if each.valid and fulfils(conditions, each))
    outside = tuple(each for each in every if not (each.valid and fulfils(conditions, each)))
    if not conditions.asked:
        kept, outside = every, ()
    found = dict(Counter(each.key for each in kept if each.valid))
    counts = counts_of(kept, found, len(every))
    if conditions.asked:
        counts |= {"outside_conditions": len(outside)}
    notices, failure = judged.notices, judged.failure
    if outside:
        text = f"{len(outside)} of {len(every)} left out: {missed_conditions(conditions, outside)}"
        wrong = tuple((Path(each.file), each.reason) for each in outside if not each.valid)
        notices += ((folder, text), *wrong)
    if outside and not kept:
        failure = failure or f"none is as asked. {nearest_miss(conditions, outside)}".strip()
    return Judged(kept, found, counts, notices, failure)


def _steps_of(
    request: JudgeRequest, run: RunFolder, pool: Pool, on_progress: OnProgress
) -> Judging:
    """How the steps of judging are carried out."""
    return Judging(
        pool,
        run.journal,
        seconds=request.seconds_each,
        energy=request.relax,
        pores=request.pores,
        adsorption=_adsorbs(request),
        seed=request.seed,
        conditions=request.conditions,
        on_progress=on_progress,
    )


def _adsorbs(request: JudgeRequest) -> bool:
    """Whether adsorption is to be known."""
    return request.adsorption or request.conditions.asks("adsorption")


def _notices_on(
    judgements: Sequence[Judgement], others: Sequence[Judgement], folder: Path
) -> tuple[tuple[Path, str], ...]:
    """What a user should know: notices of the reader, files that hold no net, what is missing."""
    notices = tuple(
        (Path(each.file), notice) for each in (*judgements, *others) for notice in each.notices
    )
    notices += tuple((Path(each.file), each.reason) for each in others if not each.key)
    if not compiled_code_is_kept():
        notices += ((folder, NOT_KEPT),)
    if any(each.energy_status == "skipped" for each in judgements):
        notices += ((folder, f"no energies, LAMMPS is not installed: {INSTALL}"),)
    return notices


def _prepare_writing() -> None:
    """Import what is written with, and work out what every page shows; it takes over a second."""
    from zeoloom.report.report_statistics import prepare_statistics  # noqa: PLC0415 - as above
    from zeoloom.structure.files import ase_frameworks  # noqa: F401, PLC0415 - as above
    from zeoloom.structure.nearest_type import reference_distances  # noqa: PLC0415 - compiles

    reference_distances()
    prepare_statistics()


def _prepared(pool: Pool) -> None:
    """Load or compile what judging needs, outside of the time of the first file.

    Raises:
        RunError: if the process died, twice.
    """
    for _ in range(2):
        [outcome] = pool.run(prepare_judging, [None], seconds=3600.0)
        if outcome.status != "died":
            return
    raise RunError(f"nothing can be judged here: {outcome.reason}")


def _recognised(
    nets: list[Judgement], others: list[Judgement], own: OwnReference
) -> list[Judgement]:
    """Nets with the names of the user's own structures that have the same."""
    names = {**own.names, **{each.key: each.name for each in reversed(others) if each.key}}
    return [_with_codes(replace(each, known_as=names.get(each.key, ""))) for each in nets]


def _with_codes(judgement: Judgement) -> Judgement:
    """A judgement with a notice if its net has several framework type codes."""
    if judgement.kind != "zeolite" or not judgement.other_names:
        return judgement
    codes = " and ".join((judgement.framework_type, *judgement.other_names))
    return replace(judgement, notices=(*judgement.notices, f"its net has the codes {codes}"))


def _write(
    run: RunFolder,
    request: JudgeRequest,
    judged: Judged,
    shown: list[Judgement],
    workers: int,
) -> None:
    """Tables, structures, the page with the judgements to be shown, and the record of the run."""
    from zeoloom.report.report_page import write_report  # noqa: PLC0415 - see `_prepare_writing`

    spent = {step: run.journal.seconds(step) for step in JUDGING_STEPS}
    seconds = {step: round(each, 1) for step, each in spent.items() if each}
    columns = COLUMNS + FILE_COLUMNS + (ADSORPTION_COLUMNS if _adsorbs(request) else ())
    write_frameworks(run.path, judged.judgements, judged.found, columns=columns)
    write_report(
        run.path / "report.html",
        shown,
        title="zeoloom judge",
        counts=judged.counts,
        facts={
            "sources": _listed(request.sources),
            "files": len(judged.judgements),
            "against": _listed(request.against) or "the framework types",
            "seconds each": request.seconds_each,
            "seed": request.seed,
            **{name: in_words(request)[name] for name in request.conditions.asked},
            "processes": workers,
        },
        found=judged.found,
        seconds=seconds,
    )
    outcome = {"counts": judged.counts, "seconds": seconds, "workers": workers}
    finish_run(run, outcome)


def _listed(paths: tuple[Path, ...]) -> str:
    """The first few of some paths."""
    return ", ".join(map(str, paths[:3])) + (" ..." if len(paths) > 3 else "")


def files_to_judge(
    sources: tuple[Path, ...],
) -> tuple[list[Judgement], tuple[tuple[Path, str], ...]]:
    """Blank judgements of all files meant by some paths, and notices of what is none.

    Raises:
        InputError: if a path is not there, or there is no file to judge.
    """
    for path in sources:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
    files, problems = structure_files(sources)
    if not files:
        given = ", ".join(map(str, sources)) or "nothing"
        raise InputError(f"nothing to judge in {given}: give CIF files, or folders that hold some")
    taken: Counter[str] = Counter()
    waiting = []
    for path in files:
        plain = name = name_of(path)
        while taken[name]:
            taken[plain] += 1
            name = f"{plain}_{taken[plain]}"
        taken[name] += 1
        waiting.append(Judgement(name, str(path)))
    return waiting, tuple((Path(path), reason) for path, reason in problems)


def _duplicate(judgement: Judgement, first: Judgement) -> Judgement:
    """What there is to say of a file whose net an earlier one has already."""
    return replace(
        first,
        name=judgement.name,
        file=judgement.file,
        reason=f"the same net as {first.name}",
        notices=judgement.notices,
    )


def _with_all_notices(shown: list[Judgement], judgements: tuple[Judgement, ...]) -> list[Judgement]:
    """Judgements for the page, which shows each net once: with notices of other files that have it.

    Args:
        shown: one for each net.
        judgements: of all files.
    """
    others: dict[str, list[str]] = {}
    names = {each.name for each in shown}
    for each in judgements:
        if each.name not in names:
            named = [f"{each.name}: {notice}" for notice in each.notices]
            others.setdefault(each.key, []).extend(named)
    return [replace(each, notices=(*each.notices, *others.get(each.key, ()))) for each in shown]


def _digest(waiting: list[Judgement]) -> str:
    """SHA-256 of all files: a run goes on only with those that it began with."""
    digest = hashlib.sha256()
    for each in waiting:
        path = Path(each.file)
        # to read a pipe might take for ever
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        digest.update(f"{each.file}\n{content}\n".encode())
    return digest.hexdigest()

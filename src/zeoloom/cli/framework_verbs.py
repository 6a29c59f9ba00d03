"""`solve`, `generate` and `judge`: whole frameworks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

import zeoloom
from zeoloom.cli.computing import device_of, generator_of
from zeoloom.cli.terminal import out, print_facts, progress_bar, say, say_note
from zeoloom.run.request import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zeoloom.cli.program_options import FrameworkOptions, JudgeOptions, SolveOptions
    from zeoloom.judge.judgement import Judgement
    from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
    from zeoloom.run.file_requests import JudgeRequest


def solve_verb(request: SolveRequest, options: SolveOptions) -> None:
    """Find frameworks for a given cell and space group."""
    for each in zeoloom.requests_by_group(request):
        question = zeoloom.doubt_of_cell(each)
        if question and not options.yes:
            raise zeoloom.InputError(f"{question} Give --yes to go on with it")
    _search(request, options)


def generate_verb(request: GenerateRequest, options: FrameworkOptions) -> None:
    """Generate new frameworks."""
    _search(request, options)


def _search(request: SolveRequest | GenerateRequest, options: FrameworkOptions) -> None:
    model = zeoloom.load_model(request.model, device_of(options))
    parts = zeoloom.search_parts(request)
    for part in parts:
        zeoloom.draw_targets(part, model)  # refuses what is impossible before anything is shown
    if options.dry_run:
        facts = in_words(parts[0])
        if len(parts) > 1:
            facts["space_group"] = ",".join(in_words(part)["space_group"] for part in parts)
        print_facts(facts)
        return
    with progress_bar("starting") as (progress, task):
        result = zeoloom.make_frameworks(
            request,
            model,
            options.output,
            workers=options.workers,
            scheduler=options.scheduler,
            database=options.database,
            resume=options.resume,
            generator=generator_of(request.seed),
            on_progress=lambda finished, total, doing: progress.update(
                task, completed=min(finished, total), total=total, description=doing
            ),
            on_notice=say_note,
        )
    _print_frameworks(options.output, result.judgements, result.found, result.counts)
    if result.confidence is not None:
        out.print(str(result.confidence))
    _end_with(result.failure)


def judge_verb(request: JudgeRequest, options: JudgeOptions) -> None:
    """Judge frameworks: which they are, how good, and whether they are new."""
    if options.dry_run:
        files, notices = zeoloom.files_to_judge(request.sources)
        out.print(f"{len(files)} files to judge, {len(notices)} others left alone")
        facts = in_words(request)
        del facts["sources"]
        print_facts(facts)
        return
    with progress_bar("starting") as (progress, task):
        judged = zeoloom.judge_files(
            request,
            options.output,
            workers=options.workers,
            scheduler=options.scheduler,
            database=options.database,
            resume=options.resume,
            on_progress=lambda finished, total, doing: progress.update(
                task, completed=finished, total=total, description=doing
            ),
        )
    for path, text in judged.notices:
        say("note", "yellow", f"{path}: {text}")
    _print_frameworks(options.output, judged.judgements, judged.found, judged.counts)
    _end_with(judged.failure)


def _print_frameworks(
    folder: Path,
    judgements: Sequence[Judgement],
    found: Mapping[str, int],
    counts: Mapping[str, int | float],
) -> None:
    out.print(zeoloom.frameworks_table(judgements, found=found))
    out.print(", ".join(f"{name} {count:.4g}" for name, count in counts.items()))
    out.print(f"-> {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
    out.print(f"report: {(folder / 'report.html').resolve()}")


def _end_with(failure: str) -> None:
    """Say in the last line why a run was in vain, and exit with 1; nothing if it was not."""
    if failure:
        say("failed", "bold red", failure)
        raise typer.Exit(1)

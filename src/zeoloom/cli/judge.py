"""`judge`: verdicts on CIF files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import zeoloom
from zeoloom.cli.options import DryRun, Output, Resume, Seed
from zeoloom.terminal import out, progress_bar, say


def judge(
    sources: Annotated[list[Path], typer.Argument(help="CIF files and folders of them.")],
    energy: Annotated[
        bool, typer.Option("--energy/--no-energy", help="Relax, for energy and local distances.")
    ] = True,
    pores: Annotated[bool, typer.Option("--pores/--no-pores", help="Measure the pores.")] = True,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Your own structures, files or folders: their nets are not new."),
    ] = None,
    seconds_each: Annotated[
        float, typer.Option(help="Most seconds for a file in each step.")
    ] = 120.0,
    threads: Annotated[
        int, typer.Option(min=1, help="Files judged at once, each in a process of its own.")
    ] = 1,
    seed: Seed = 0,
    output: Output = Path("judge"),
    resume: Resume = False,
    dry_run: DryRun = False,
) -> None:
    """Judge frameworks: which they are, how good, and whether they are new."""
    flags = {
        "sources": sources,
        "against": against,
        "energy": energy,
        "pores": pores,
        "seconds_each": seconds_each,
        "seed": seed,
    }
    request = zeoloom.parse_request(zeoloom.JudgeRequest, flags)
    if dry_run:
        waiting, notices = zeoloom.files_to_judge(request.sources)
        out.print(f"{len(waiting)} files to judge, {len(notices)} others left alone")
        for name, value in request.model_dump(mode="json", exclude={"sources"}).items():
            out.print(f"{name:<22}{value}")
        return
    with progress_bar("starting") as (progress, task):
        judged = zeoloom.judge_files(
            request,
            output,
            threads=threads,
            resume=resume,
            on_progress=lambda finished, total, doing: progress.update(
                task, completed=finished, total=total, description=doing
            ),
        )
    for path, text in judged.notices:
        say("note", "yellow", f"{path}: {text}")
    out.print(zeoloom.frameworks_table(judged.judgements, found=judged.found))
    out.print(", ".join(f"{name} {count:.4g}" for name, count in judged.counts.items()))
    out.print(f"-> {output}: {', '.join(sorted(path.name for path in output.iterdir()))}")
    out.print(f"report: {(output / 'report.html').resolve()}")

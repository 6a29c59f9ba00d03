"""`solve` and `generate`: whole frameworks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import zeoloom
from zeoloom.cli.options import (
    Device,
    DryRun,
    NoiseFactor,
    Output,
    Resume,
    Seed,
    Steps,
    Threads,
    device_of,
    generator_of,
)
from zeoloom.terminal import out, progress_bar

Model = Annotated[str, typer.Option(help="crystal, a .safetensors file or a training folder.")]
Seconds = Annotated[
    float | None, typer.Option(help="Of growing, identifying and refining; relaxing comes after.")
]
Repair = Annotated[int, typer.Option(help="Rounds of repair of each batch.")]
Walk = Annotated[
    int,
    typer.Option(
        help="Moves from net to net after each round of repair, times the square of the unique T "
        "atoms; 0 for none."
    ),
]
Batch = Annotated[
    int | None, typer.Option(help="Crystals grown at once; as many as pays if not given.")
]
Relax = Annotated[int, typer.Option(help="Pores and energy for so many frameworks, the best.")]
SecondsEach = Annotated[
    float, typer.Option(help="Most seconds for a framework in each step of judging.")
]


def solve(
    cell: Annotated[
        tuple[float, float, float, float, float, float],
        typer.Option(help="a b c in Å, alpha beta gamma in degrees."),
    ],
    space_group: Annotated[
        str, typer.Option(help="Number, Hermann-Mauguin symbol as R-3m, or hall:NUMBER.")
    ],
    atoms: Annotated[int | None, typer.Option(help="T atoms of the cell, if known.")] = None,
    tolerance: Annotated[
        float, typer.Option(help="Share by which the number of T atoms may be off.")
    ] = 0.0,
    unique_atoms: Annotated[
        str | None, typer.Option(help="Unique T atoms, if known: a number or a range as 2-4.")
    ] = None,
    seconds: Seconds = None,
    number: Annotated[
        int | None, typer.Option("-n", "--number", help="Crystals to try, instead of --seconds.")
    ] = None,
    model: Model = "crystal",
    steps: Steps = 9,
    noise_factor: NoiseFactor = 0.8,
    repair: Repair = 100,
    walk: Walk = 2,
    batch: Batch = None,
    relax: Relax = 20,
    seconds_each: SecondsEach = 120.0,
    seed: Seed = 0,
    output: Output = Path("solve"),
    device: Device = "auto",
    threads: Threads = 1,
    resume: Resume = False,
    dry_run: DryRun = False,
) -> None:
    """Find frameworks for a given cell and space group (60 seconds unless told otherwise)."""
    flags = {
        "cell": cell,
        "space_group": space_group,
        "atoms": atoms,
        "tolerance": tolerance,
        "unique_atoms": unique_atoms,
        "seconds": seconds,
        "n": number,
        "model": model,
        "steps": steps,
        "noise_factor": noise_factor,
        "repair": repair,
        "walk": walk,
        "batch": batch,
        "relax": relax,
        "seconds_each": seconds_each,
        "seed": seed,
    }
    _make(zeoloom.SolveRequest, flags, output, device, threads, resume=resume, dry_run=dry_run)


def generate(
    number: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--number",
            help="New frameworks with R_DLS at most --max-r-dls to find (20 unless --seconds).",
        ),
    ] = None,
    seconds: Seconds = None,
    space_group: Annotated[
        str | None, typer.Option(help="Number, Hermann-Mauguin symbol or hall:NUMBER.")
    ] = None,
    density: Annotated[str, typer.Option(help="T atoms per 1000 Å³, as 12-20.")] = "12-20",
    atoms: Annotated[str, typer.Option(help="T atoms of the cell, as 8-200.")] = "8-200",
    unique_atoms: Annotated[str, typer.Option(help="Unique T atoms, as 1-8.")] = "1-8",
    max_r_dls: Annotated[float, typer.Option(help="R_DLS of a framework worth having.")] = 0.006,
    model: Model = "crystal",
    steps: Steps = 9,
    noise_factor: NoiseFactor = 0.8,
    repair: Repair = 40,
    walk: Walk = 2,
    batch: Batch = None,
    relax: Relax = 20,
    seconds_each: SecondsEach = 120.0,
    seed: Seed = 0,
    output: Output = Path("generate"),
    device: Device = "auto",
    threads: Threads = 1,
    resume: Resume = False,
    dry_run: DryRun = False,
) -> None:
    """Make new frameworks from nothing."""
    flags = {
        "n": number,
        "seconds": seconds,
        "space_group": space_group,
        "density": density,
        "atoms": atoms,
        "unique_atoms": unique_atoms,
        "max_r_dls": max_r_dls,
        "model": model,
        "steps": steps,
        "noise_factor": noise_factor,
        "repair": repair,
        "walk": walk,
        "batch": batch,
        "relax": relax,
        "seconds_each": seconds_each,
        "seed": seed,
    }
    _make(zeoloom.GenerateRequest, flags, output, device, threads, resume=resume, dry_run=dry_run)


def _make(
    kind: Any,
    flags: dict[str, Any],
    output: Path,
    device: str,
    threads: int,
    *,
    resume: bool,
    dry_run: bool,
) -> None:
    """Carry out `solve` or `generate` and print what came out."""
    request = zeoloom.parse_request(kind, flags)
    model = zeoloom.load_model(request.model, device_of(device, threads))
    zeoloom.draw_sites(request, model)  # what cannot be done is told before anything is shown
    if dry_run:
        for name, value in request.model_dump(mode="json").items():
            out.print(f"{name:<22}{value}")
        return
    with progress_bar("starting") as (progress, task):
        made = zeoloom.make_frameworks(
            request,
            model,
            output,
            threads=threads,
            resume=resume,
            generator=generator_of(request.seed),
            on_progress=lambda finished, total, doing: progress.update(
                task, completed=min(finished, total), total=total, description=doing
            ),
        )
    out.print(zeoloom.frameworks_table(made.judgements, found=made.found))
    out.print(", ".join(f"{name} {count:.4g}" for name, count in made.counts.items()))
    names = ", ".join(sorted(path.name for path in output.iterdir()))
    out.print(f"-> {output}: {names}")
    out.print(f"report: {(output / 'report.html').resolve()}")

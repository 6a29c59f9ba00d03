"""`sample` and `join`: clusters, alone and joined, from weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import zeoloom
from zeoloom.cli.options import (
    Batch,
    Device,
    DryRun,
    ModelOption,
    NoiseFactor,
    Number,
    Output,
    Points,
    RepairOption,
    Resume,
    SamplerOption,
    Seed,
    Steps,
    Threads,
    device_of,
    generator_of,
)
from zeoloom.terminal import out, progress_bar

if TYPE_CHECKING:
    import torch


def sample(
    number: Number = 1000,
    model: ModelOption = "equivariant",
    points: Points = None,
    steps: Steps = 60,
    sampler: SamplerOption = "ancestral",
    noise_factor: NoiseFactor = 0.9,
    repair: RepairOption = None,
    batch: Batch = None,
    seed: Seed = 0,
    output: Output = Path("sample"),
    device: Device = "auto",
    threads: Threads = 1,
    resume: Resume = False,
    dry_run: DryRun = False,
) -> None:
    """Make clusters and test how well they regenerate real ones."""
    flags = {
        "model": model,
        "n": number,
        "points": points,
        "steps": steps,
        "sampler": sampler,
        "noise_factor": noise_factor,
        "repair": repair,
        "batch": batch,
        "seed": seed,
    }
    _make(
        zeoloom.SampleRequest,
        flags,
        output,
        device_of(device, threads),
        resume=resume,
        dry_run=dry_run,
    )


def join(
    number: Number = 100,
    mode: Annotated[
        str, typer.Option(help="together: all at once; sequential: the poster's way.")
    ] = "together",
    clusters: Annotated[int, typer.Option(help="Clusters to join, 2 to 5.")] = 5,
    model: ModelOption = "equivariant",
    points: Points = None,
    steps: Steps = 60,
    sampler: SamplerOption = "ancestral",
    noise_factor: NoiseFactor = 0.9,
    repair: RepairOption = None,
    batch: Batch = None,
    seed: Seed = 0,
    output: Output = Path("join"),
    device: Device = "auto",
    threads: Threads = 1,
    resume: Resume = False,
    dry_run: DryRun = False,
) -> None:
    """Join clusters: a central one and its neighbours."""
    flags = {
        "mode": mode,
        "clusters": clusters,
        "model": model,
        "n": number,
        "points": points,
        "steps": steps,
        "sampler": sampler,
        "noise_factor": noise_factor,
        "repair": repair,
        "batch": batch,
        "seed": seed,
    }
    _make(
        zeoloom.JoinRequest,
        flags,
        output,
        device_of(device, threads),
        resume=resume,
        dry_run=dry_run,
    )


def _make(
    kind: Any,
    flags: dict[str, Any],
    output: Path,
    device: torch.device,
    *,
    resume: bool,
    dry_run: bool,
) -> None:
    """Carry out `sample` or `join` and print its metrics."""
    request = zeoloom.parse_request(kind, flags)
    model = zeoloom.load_model(request.model, device)
    if dry_run:
        for name, value in zeoloom.resolved(request, model).model_dump().items():
            out.print(f"{name:<22}{value}")
        return
    verb = zeoloom.join if kind is zeoloom.JoinRequest else zeoloom.sample
    with progress_bar("starting", request.n) as (progress, task):
        metrics = verb(
            request,
            model,
            output,
            resume=resume,
            generator=generator_of(request.seed),
            on_update=lambda update: progress.update(
                task, completed=update.finished, description=update.doing or "working"
            ),
        )
    out.print(zeoloom.metrics_table(metrics))
    names = ", ".join(sorted(path.name for path in output.iterdir()))
    out.print(f"-> {output}: {names}")

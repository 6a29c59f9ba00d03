"""`train`: networks from clusters or whole frameworks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import zeoloom
from zeoloom.cli.options import Device, DryRun, Output, Resume, Threads, device_of, generator_of
from zeoloom.terminal import out, progress_bar


def train(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A cluster file or, for crystals, CIF files and folders; the regular bundled "
            "types if none is given."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file, or a shipped one: equivariant, pointnet, crystal, crystal-quick."
        ),
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="Weights to start from, instead of random ones.")
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="Weights whose expectations are learned instead of clouds: distillation."
        ),
    ] = None,
    own: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of a run of `generate` whose new frameworks are learned from too."
        ),
    ] = None,
    network: Annotated[str | None, typer.Option(help="equivariant or pointnet.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps.")] = None,
    batch: Annotated[int | None, typer.Option(help="Clouds per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    ema: Annotated[float | None, typer.Option(help="Decay of the running mean.")] = None,
    held_out: Annotated[float | None, typer.Option(help="Share of types held out.")] = None,
    fold: Annotated[
        int | None, typer.Option(help="1 to 5: the fifth of the types held out instead.")
    ] = None,
    time_split: Annotated[
        bool | None, typer.Option("--time-split/--no-time-split", help="Learn from it too.")
    ] = None,
    checkpoint_every: Annotated[int | None, typer.Option(help="Steps.")] = None,
    precision: Annotated[str | None, typer.Option(help="float32 or bfloat16.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    output: Output = Path("training"),
    device: Device = "auto",
    threads: Threads = 0,
    events: Annotated[
        bool, typer.Option("--tensorboard", help="Write TensorBoard events to the folder.")
    ] = False,
    resume: Resume = False,
    dry_run: DryRun = False,
) -> None:
    """Train a network on clusters, or on whole frameworks (--config crystal)."""
    flags = {
        "network": network,
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "ema": ema,
        "held_out": held_out,
        "fold": fold,
        "time_split": time_split,
        "checkpoint_every": checkpoint_every,
        "precision": precision,
        "seed": seed,
    }
    settings = zeoloom.load_config(zeoloom.find_config(config), flags)
    data = zeoloom.training_examples(settings, sources or [])
    new = zeoloom.own_frameworks(own or [])
    generator = generator_of(settings.seed)
    place = device_of(device, threads)
    start_model = None if start is None else zeoloom.load_model(start, place)
    teacher_model = None if teacher is None else zeoloom.load_model(teacher, place)
    if dry_run:
        facts = zeoloom.describe_training(
            settings, data, generator, place, start_model, teacher_model, new
        )
        for name, value in facts.items():
            out.print(f"{name:<22}{value}")
        return
    if not (resume and (output / "state.pt").exists()):
        zeoloom.check_free(output, resume=resume)
    with (
        zeoloom.tensorboard(output if events else None) as write_events,
        progress_bar("training", settings.steps) as (progress, task),
    ):

        def on_step(step: Any) -> None:
            progress.update(task, completed=step.step, description=f"loss {step.loss:.4f}")
            write_events(step)
            if step.validation:
                progress.console.print(f"step {step.step}: {_losses(step.validation)}")

        weights = zeoloom.train(
            settings,
            data,
            output,
            device=place,
            generator=generator,
            start=start_model,
            teacher=teacher_model,
            own=new,
            on_step=on_step,
        )
    out.print(f"weights -> {weights}, record -> {weights.with_suffix('.json')}")


def _losses(validation: dict[str, dict[str, float]]) -> str:
    return "; ".join(
        f"{part} " + ", ".join(f"{band} Å {loss:.3f}" for band, loss in losses.items())
        for part, losses in validation.items()
    )

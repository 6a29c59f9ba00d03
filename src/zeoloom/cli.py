"""The command line: parse, call one function a verb, print."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import zeoloom
from zeoloom.errors import InputError
from zeoloom.terminal import Verbs, out, progress_bar, say

if TYPE_CHECKING:
    import torch

    from zeoloom.structure.records import ClusterSet

app = typer.Typer(
    cls=Verbs,
    help="New zeolite frameworks by reverse diffusion of symmetric point clouds.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
reference_app = typer.Typer(
    help="The bundled reference of IZA framework types.", no_args_is_help=True
)
app.add_typer(reference_app, name="reference")

Output = Annotated[Path, typer.Option("-o", "--output", help="Folder of the run.")]
ModelOption = Annotated[
    str, typer.Option(help="equivariant, pointnet, a .safetensors file or a training folder.")
]
Number = Annotated[int, typer.Option("-n", "--number", help="How many to make.")]
Points = Annotated[
    int | None,
    typer.Option(help="Points of a cluster (1024 for pointnet, 48 for equivariant)."),
]
Steps = Annotated[int, typer.Option(help="Noise levels from the top down.")]
SamplerOption = Annotated[
    str, typer.Option(help="euler, heun (two evaluations a step) or ancestral.")
]
NoiseFactor = Annotated[
    float, typer.Option(help="Noise of the ancestral sampler; below 1 is colder than the model.")
]
RepairOption = Annotated[
    int | None,
    typer.Option(help="Most rounds of repair per cloud (160 for equivariant, 0 for pointnet)."),
]
Batch = Annotated[int | None, typer.Option(help="Clouds made at once.")]
Seed = Annotated[int, typer.Option(help="Of everything random.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Threads = Annotated[
    int,
    typer.Option(
        min=0,
        help="CPU threads; 0 leaves it to torch. Small clouds are no faster with more than one.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(f"zeoloom {version('zeoloom')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None:
    """Options of the program itself; the help text is the app's."""


@reference_app.command("list")
def reference_list() -> None:
    """List the framework types of the bundled reference."""
    out.print(zeoloom.reference_table(zeoloom.load_reference()))


@reference_app.command("show")
def reference_show(code: Annotated[str, typer.Argument(help="Framework type, as CHA.")]) -> None:
    """Show one framework type: space group, cell and asymmetric unit."""
    out.print(zeoloom.framework_sheet(zeoloom.load_reference()[code]))


@app.command()
def cut(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="CIF files and folders; the bundled reference if none is given."),
    ] = None,
    radius: Annotated[float, typer.Option(help="Å, around each T atom.")] = 7.0,
    sites: Annotated[
        str,
        typer.Option(help="Centres: primitive or conventional cell, or unique (one per orbit)."),
    ] = "primitive",
    regular: Annotated[
        bool,
        typer.Option("--regular", help="Of the reference, only regular 4-connected types."),
    ] = False,
    output: Annotated[Path, typer.Option("-o", "--output", help="Cluster file.")] = Path(
        "clusters.npz"
    ),
) -> None:
    """Cut T-only clusters around T atoms out of frameworks."""
    with progress_bar("cutting") as (progress, task):
        result = zeoloom.cut(
            sources or [],
            radius=radius,
            sites=sites,  # type: ignore[arg-type]  # cut names the choices itself
            regular=regular,
            progress=lambda name: progress.update(task, description=f"cutting {name}"),
        )
        zeoloom.save_clusters(output, result.clusters)
    for path, text in result.notices:
        say("note", "yellow", f"{path}: {text}")
    for path, reason in result.problems:
        say("skipped", "red", f"{path}: {reason}")
    sizes = result.clusters.offsets[1:] - result.clusters.offsets[:-1]
    out.print(
        f"{len(result.clusters):,} clusters of {result.frameworks} frameworks "
        f"({radius:g} Å, {sites}; {sizes.min()} to {sizes.max()} T atoms, mean {sizes.mean():.1f}) "
        f"-> {output}"
    )
    if result.problems:
        out.print(f"{len(result.problems)} files skipped, named above")


@app.command()
def train(
    clusters: Annotated[
        Path | None,
        typer.Argument(
            help="Cluster file; unique sites of the regular bundled types if none is given."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file, or equivariant or pointnet for the shipped ones."),
    ] = None,
    network: Annotated[str | None, typer.Option(help="equivariant or pointnet.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps.")] = None,
    batch: Annotated[int | None, typer.Option(help="Clouds per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    ema: Annotated[float | None, typer.Option(help="Decay of the running mean.")] = None,
    held_out: Annotated[float | None, typer.Option(help="Share of types held out.")] = None,
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
    """Train a network on clusters."""
    flags = {
        "network": network,
        "steps": steps,
        "batch": batch,
        "learning_rate": learning_rate,
        "ema": ema,
        "held_out": held_out,
        "time_split": time_split,
        "checkpoint_every": checkpoint_every,
        "precision": precision,
        "seed": seed,
    }
    settings = zeoloom.load_config(zeoloom.find_config(config), flags)
    data = _training_clusters(clusters)
    generator = _generator(settings.seed)
    place = _device(device, threads)
    if dry_run:
        facts = zeoloom.describe_training(settings, data, generator, place)
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
            on_step=on_step,
        )
    out.print(f"weights -> {weights}, record -> {weights.with_suffix('.json')}")


def _training_clusters(path: Path | None) -> ClusterSet:
    return (
        zeoloom.cut(sites="unique", regular=True).clusters
        if path is None
        else zeoloom.load_clusters(path)
    )


def _losses(validation: dict[str, dict[str, float]]) -> str:
    return "; ".join(
        f"{part} " + ", ".join(f"{band} Å {loss:.3f}" for band, loss in losses.items())
        for part, losses in validation.items()
    )


@app.command()
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
        _device(device, threads),
        resume=resume,
        dry_run=dry_run,
    )


@app.command()
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
        zeoloom.JoinRequest, flags, output, _device(device, threads), resume=resume, dry_run=dry_run
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
            generator=_generator(request.seed),
            on_update=lambda update: progress.update(
                task, completed=update.finished, description=update.doing or "working"
            ),
        )
    out.print(zeoloom.metrics_table(metrics))
    names = ", ".join(sorted(path.name for path in output.iterdir()))
    out.print(f"-> {output}: {names}")


@app.command()
def view(
    file: Annotated[
        Path, typer.Argument(help="Clouds (.npz), atoms (.extxyz) or a crystal (.cif).")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Page; FILE.html if not given.")
    ] = None,
    png: Annotated[Path | None, typer.Option(help="Static figure too (.png, .svg, .pdf).")] = None,
    index: Annotated[int, typer.Option(min=1, help="Which cloud the static figure shows.")] = 1,
    limit: Annotated[int, typer.Option(min=1, help="Most clouds in the page.")] = 100,
) -> None:
    """Show clouds, atoms or a crystal as one offline page, and as a static figure."""
    scenes = zeoloom.read_scenes(file, max(limit, index))
    if index > len(scenes):
        raise InputError(f"--index {index}: {file} holds {len(scenes)} clouds")
    if png is not None:
        zeoloom.scene_figure(png, scenes[index - 1])
        out.print(f"figure -> {png}")
    if output is not None or png is None:
        page = output or file.with_suffix(".html")
        zeoloom.write_page(page, scenes[:limit], file.stem)
        out.print(f"page -> {page}")


def _generator(seed: int) -> torch.Generator:
    import torch

    return torch.Generator().manual_seed(seed)


def _device(name: str, threads: int) -> torch.device:
    import torch

    if threads:
        torch.set_num_threads(threads)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in {"cpu", "cuda"}:
        raise InputError(f"--device {name}: expected auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: no CUDA device is available here; try --device cpu")
    return torch.device(name)


def main() -> None:
    """Run the command line."""
    app(prog_name="zeoloom")

"""Options that several verbs share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zeoloom.errors import InputError

if TYPE_CHECKING:
    import torch

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


def generator_of(seed: int) -> torch.Generator:
    """The source of randomness of a run."""
    import torch

    return torch.Generator().manual_seed(seed)


def device_of(name: str, threads: int) -> torch.device:
    """Where to compute, by what --device and --threads say.

    Raises:
        InputError: if there is no such device.
    """
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

"""What `train` needs around the training loop: shipped configurations, the dry run, TensorBoard."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeoloom.errors import InputError
from zeoloom.learn.checkpoint import SHIPPED
from zeoloom.learn.training import split_clusters, train
from zeoloom.network import build_network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

    from zeoloom.learn.config import TrainingConfig
    from zeoloom.learn.training import Progress
    from zeoloom.structure.records import ClusterSet

TIMED_STEPS = 6
"""Steps a dry run takes to tell how long training will be; the first one is not counted."""


def find_config(path: Path | None) -> Path | None:
    """The configuration file meant: shipped ones go by name."""
    if path is not None and str(path) in SHIPPED:
        return Path(str(resources.files("zeoloom.learn") / "configs" / f"{path}.toml"))
    return path


def describe_training(
    config: TrainingConfig,
    clusters: ClusterSet,
    generator: torch.Generator,
    device: torch.device,
) -> dict[str, Any]:
    """What a training run would be, and about how long it would take; nothing is kept.

    Args:
        config: the run.
        clusters: what to learn from.
        generator: source of randomness.
        device: where to compute.

    Returns:
        Facts by name, in the order to show them.
    """
    split = split_clusters(config, clusters, generator)
    network = build_network(config.network, generator)
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        train(
            config,
            clusters,
            Path(folder),
            device=device,
            generator=generator,
            on_step=lambda progress: seconds.append(progress.seconds),
            max_steps=min(TIMED_STEPS, config.steps),
        )
    per_step = (seconds[-1] - seconds[0]) / max(1, len(seconds) - 1)
    facts: dict[str, Any] = config.model_dump(mode="json")
    facts |= {
        "parameters": f"{sum(p.numel() for p in network.parameters()):,}",
        "clusters": len(clusters),
        "types learned from": len(split.learned),
        "types held out": f"{len(split.held_out)}: {' '.join(split.held_out)}",
        "device": device.type,
        "seconds a step": f"{per_step:.3f}",
        "hours in all": f"{per_step * config.steps / 3600:.2f}",
    }
    return facts


@contextmanager
def tensorboard(folder: Path | None) -> Iterator[Callable[[Progress], None]]:
    """Open TensorBoard events in a folder.

    Args:
        folder: where; None writes nothing.

    Yields:
        A function that writes one step.

    Raises:
        InputError: if TensorBoard is not installed.
    """
    if folder is None:
        yield lambda _: None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise InputError(
            "--tensorboard needs the package: pip install 'zeoloom[tensorboard]'"
        ) from error

    with SummaryWriter(str(folder / "tensorboard")) as writer:

        def write(progress: Progress) -> None:
            writer.add_scalar("loss/step", progress.loss, progress.step)
            writer.add_scalar("learning_rate", progress.learning_rate, progress.step)
            for part, losses in (progress.validation or {}).items():
                for band, loss in losses.items():
                    writer.add_scalar(f"loss/{part}/{band} Å", loss, progress.step)

        yield write

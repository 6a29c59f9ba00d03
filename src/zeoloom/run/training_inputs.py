"""What `train` needs around the training loop: shipped configurations, the dry run, TensorBoard."""

from __future__ import annotations

import csv
import tempfile
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeoloom.errors import InputError
from zeoloom.judge.judgement import NEW
from zeoloom.learn.checkpoint import SHIPPED, WEAK
from zeoloom.learn.examples import split_examples
from zeoloom.learn.training import train
from zeoloom.network import build_network
from zeoloom.run.cluster_requests import CutRequest
from zeoloom.run.crystal_requests import GenerateRequest
from zeoloom.run.cutting import cut
from zeoloom.run.progress import OnNotice, no_notice
from zeoloom.structure.files.cluster_archive import load_clusters
from zeoloom.structure.files.reader import read_frameworks
from zeoloom.structure.reference import load_reference
from zeoloom.structure.standard import standardised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch

    from zeoloom.learn.checkpoint import Model
    from zeoloom.learn.config import TrainingConfig
    from zeoloom.learn.training import Progress
    from zeoloom.structure.records import ClusterSet, Framework

QUICK, ONE_POOL, ON_GPU = "crystal-quick", "pointnet-one-pool", "pointnet-gpu"
"""Shipped configurations of weights that are not shipped."""

WEAK_ONES = (f"equivariant{WEAK}", f"pointnet{WEAK}")
"""Those of the weights that `equivariant` and `pointnet` are guided away from."""

GOOD_R_DLS: float = GenerateRequest.model_fields["max_r_dls"].default
"""R_DLS up to which a new framework is one to learn from: that of one worth having."""

TIMED_STEPS = 6
"""Steps a dry run takes to tell how long training will be; the first one is not counted."""


def find_config(path: Path | None) -> Path | None:
    """The configuration file meant: shipped ones go by name.

    Raises:
        InputError: if there is no such file or name.
    """
    shipped = sorted((*SHIPPED, *WEAK_ONES, QUICK, ONE_POOL, ON_GPU))
    if path is not None and str(path) in shipped:
        return Path(str(resources.files("zeoloom.learn") / "configs" / f"{path}.toml"))
    if path is not None and not path.exists():
        names = ", ".join(shipped)
        raise InputError(f"no configuration {path}: give a TOML file, or one of {names}")
    return path


def training_examples(
    config: TrainingConfig, sources: Sequence[Path], on_notice: OnNotice = no_notice
) -> ClusterSet | list[Framework]:
    """What a configuration learns from.

    Args:
        config: of the run.
        sources: a cluster file or, for whole frameworks, CIF files and folders; the regular bundled
            types if empty, their unique sites if clusters are wanted.
        on_notice: called with what was left out, chosen or mended in each file.

    Raises:
        InputError: if a file cannot be used.
    """
    if config.crystals is None:
        if len(sources) > 1:
            raise InputError(f"{len(sources)} cluster files given; expected one")
        if sources:
            return load_clusters(sources[0])
        return cut(CutRequest(sites="unique", regular=True)).clusters
    if not sources:
        return [each for each in load_reference().values() if not each.flag]
    return [standardised(framework) for framework in _read(sources, on_notice)]


def own_frameworks(folders: Sequence[Path], on_notice: OnNotice = no_notice) -> list[Framework]:
    """New frameworks that `generate` has made, to learn from.

    Args:
        folders: of its runs. A net that was made more than once counts once.
        on_notice: called with what was left out, chosen or mended in each file.

    Raises:
        InputError: if a folder holds no finished run, nothing in it is new and good enough, or a
            framework cannot be read.
    """
    good: dict[str, Path] = {}
    for folder in folders:
        table = folder / "frameworks.csv"
        try:
            rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
            named = [
                (row["key"], folder / "frameworks" / f"{row['name']}.cif")
                for row in rows
                if row["framework_type"] == NEW and float(row["r_dls"] or 1.0) <= GOOD_R_DLS
            ]
        except (OSError, csv.Error, KeyError, ValueError) as error:
            raise InputError(
                f"{folder} holds no finished run of `generate`: {table} cannot be read ({error})"
            ) from error
        if not named:
            raise InputError(f"{table}: nothing new with an R_DLS of at most {GOOD_R_DLS}")
        for key, file in named:
            good.setdefault(key, file)
    return _read(list(good.values()), on_notice)


def _read(paths: Sequence[Path], on_notice: OnNotice) -> list[Framework]:
    """The frameworks of CIF files and folders, all of which must be readable."""
    result = read_frameworks(paths)
    if result.problems:
        reasons = [f"{path}: {reason}" for path, reason in result.problems]
        raise InputError("cannot learn from these:\n  " + "\n  ".join(reasons))
    for path, notice in result.notices:
        on_notice(f"{path}: {notice}")
    return list(result.frameworks)


def describe_training(
    config: TrainingConfig,
    examples: ClusterSet | Sequence[Framework],
    generator: torch.Generator,
    device: torch.device,
    start: Model | None = None,
    teacher: Model | None = None,
    own: Sequence[Framework] = (),
) -> dict[str, Any]:
    """What a training run would be, and about how long it would take; nothing is kept.

    Args:
        config: the run.
        examples: what to learn from.
        generator: source of randomness.
        device: where to compute.
        start: whose weights to start from.
        teacher: whose expectations to learn.
        own: frameworks that are no known types, to learn from too.

    Returns:
        Facts by name, in the order to show them.
    """
    beginning = generator.get_state()
    split = split_examples(config, examples, generator, own)
    network = build_network(config.network, generator)
    generator.set_state(beginning)  # the run itself draws the same types to hold out
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        train(
            config,
            examples,
            Path(folder),
            device=device,
            generator=generator,
            start=start,
            teacher=teacher,
            own=own,
            on_step=lambda progress: seconds.append(progress.seconds),
            max_steps=min(TIMED_STEPS, config.steps),
        )
    per_step = (seconds[-1] - seconds[0]) / max(1, len(seconds) - 1)
    facts: dict[str, Any] = config.model_dump(mode="json")
    facts |= {
        "parameters": f"{sum(p.numel() for p in network.parameters()):,}",
        "clusters" if config.crystals is None else "frameworks": len(examples),
        "types learned from": len(split.learned),
        "frameworks made": len(own),
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

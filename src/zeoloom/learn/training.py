"""The training loop: one function, its whole state in one record, resumed exactly."""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from zeoloom.errors import InputError
from zeoloom.learn.checkpoint import load_state, save_state, save_weights
from zeoloom.learn.examples import split_examples
from zeoloom.learn.losses import cloud_losses, draw_noise_levels, losses_by_band
from zeoloom.learn.optimizers import build_optimizers, learning_rate
from zeoloom.learn.teaching import check_start, check_teacher, of_its_own
from zeoloom.network import build_network
from zeoloom.network.pointnet import PointNet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from zeoloom.geometry.space import Space
    from zeoloom.learn.checkpoint import Model
    from zeoloom.learn.config import TrainingConfig
    from zeoloom.learn.examples import Source, Split
    from zeoloom.structure.records import ClusterSet, Framework


@dataclass(frozen=True, slots=True)
class Progress:
    """What a training run says after each step.

    Attributes:
        step: steps done.
        loss: of this step.
        learning_rate: of this step.
        seconds: of training so far, over all interruptions.
        validation: losses by noise band, where this step had a validation.
    """

    step: int
    loss: float
    learning_rate: float
    seconds: float
    validation: Mapping[str, Mapping[str, float]] | None = None


def train(
    config: TrainingConfig,
    examples: ClusterSet | Sequence[Framework],
    folder: Path,
    *,
    device: torch.device,
    generator: torch.Generator,
    start: Model | None = None,
    teacher: Model | None = None,
    own: Sequence[Framework] = (),
    on_step: Callable[[Progress], None] = lambda _: None,
    max_steps: int | None = None,
) -> Path:
    """Train a network, or go on where an interrupted run in the same folder stopped.

    Writes `weights.safetensors` (the running mean) with `weights.json`, `state.pt` and `log.jsonl`.
    A resumed run on the same machine gives the same weights as one never interrupted.

    Args:
        config: the run.
        examples: what to learn from: clusters, or whole frameworks if the configuration has a
            section `crystals`.
        folder: for everything the run writes.
        device: CPU or CUDA.
        generator: source of randomness, on the CPU, seeded from the configuration.
        start: whose weights to start from; None for random ones.
        teacher: whose expectations to learn, instead of what clouds were before noise.
        own: frameworks that are no known types, to learn from too.
        on_step: called after each step.
        max_steps: stop after this many steps of this call, the schedule unchanged; None for all.

    Returns:
        Path of the weights.

    Raises:
        InputError: if the folder holds a run with another configuration, other data, another start
            or teacher, or if these do not suit the configuration.
    """
    split = split_examples(config, examples, generator, own)
    identity = _identity(config, split, start, teacher, own)
    run = _Run(
        config,
        split,
        folder,
        identity=identity,
        device=device,
        generator=generator,
        start=start,
        teacher=teacher,
    )
    run.resume()
    run.go_on(max_steps, on_step)
    return run.weights_path


def _identity(
    config: TrainingConfig,
    split: Split,
    start: Model | None,
    teacher: Model | None,
    own: Sequence[Framework],
) -> dict[str, Any]:
    """What a run must have in common with the interrupted one that it continues.

    Raises:
        InputError: if start or teacher do not suit the configuration.
    """
    identity: dict[str, Any] = {
        "config": config.model_dump(mode="json"),
        "data_sha256": split.sha256,
    }
    if own:
        identity["own"] = len(own)
    if start is not None:
        check_start(start, config, split)
        identity["start"] = {"sha256": start.sha256, **start.record}
    if teacher is not None:
        check_teacher(teacher, config, split)
        identity["teacher"] = {"sha256": teacher.sha256, **teacher.record}
    return identity


class _Run:
    """A training run in progress: everything that changes from step to step."""

    def __init__(
        self,
        config: TrainingConfig,
        split: Split,
        folder: Path,
        *,
        identity: Mapping[str, Any],
        device: torch.device,
        generator: torch.Generator,
        start: Model | None,
        teacher: Model | None,
    ) -> None:
        self.config, self.split, self.folder, self.identity = config, split, folder, identity
        self.device, self.generator = device, generator
        self.network = build_network(config.network, generator).to(device)
        if start is not None:
            self.network.load_state_dict(start.network.state_dict())
        self.teacher = None if teacher is None else teacher.network.to(device)
        self.optimizers = build_optimizers(self.network, config)
        self.mean = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.step, self.seconds = 0, 0.0
        self.validated = -1  # the step whose weights are on disk
        self.weights_path = folder / "weights.safetensors"

    def resume(self) -> None:
        """Take up the state in the folder, if there is one."""
        path = self.folder / "state.pt"
        if not path.exists():
            return
        state = load_state(path)
        if state["identity"] != self.identity:
            raise InputError(
                f"{self.folder} holds a run with another configuration, other data or another "
                "start or teacher; give those of the run to go on with it, or another folder"
            )
        self.network.load_state_dict(state["network"])
        for optimizer, before in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(before)
        self.mean = {key: value.to(self.device) for key, value in state["mean"].items()}
        self.generator.set_state(state["generator"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.validated = state.get("validated", -1)

    def go_on(self, max_steps: int | None, on_step: Callable[[Progress], None]) -> None:
        """Take steps until all, or so many more, are done; the weights are then on disk."""
        first_step, started = self.step, time.monotonic() - self.seconds
        last = self.config.steps if max_steps is None else first_step + max_steps
        try:
            while self.step < min(last, self.config.steps):
                with _held_back_interrupts():
                    learning_rate, loss = self.gradient_step()
                self.seconds = time.monotonic() - started
                steps, every = self.config.steps, self.config.checkpoint_every
                due = self.step % every == 0 or self.step == steps
                validation = self.validate() if due else None
                on_step(Progress(self.step, loss, learning_rate, self.seconds, validation))
        finally:  # an interruption keeps the steps done
            self.save_state()
        if self.validated != self.step or not self.weights_path.exists():
            self.validate()

    def save_state(self) -> None:
        """Write what `resume` takes up."""
        state = {
            "identity": self.identity,
            "network": self.network.state_dict(),
            "optimizers": [each.state_dict() for each in self.optimizers],
            "mean": self.mean,
            "generator": self.generator.get_state(),
            "step": self.step,
            "seconds": self.seconds,
            "validated": self.validated,
        }
        save_state(self.folder / "state.pt", state)

    def gradient_step(self) -> tuple[float, float]:
        """One step of the optimiser; its learning rate and loss."""
        rate = learning_rate(self.config, self.step)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        if isinstance(self.network, PointNet):
            self.network.active_stages = active_stages(self.config, self.step, self.network)
        loss = _gradient_step(
            self.network,
            self.optimizers,
            self.config,
            self._draw_source(),
            self.generator,
            self.teacher,
        )
        self.step += 1
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        for key, value in self.network.state_dict().items():
            self.mean[key].lerp_(value.detach(), 1 - decay)
        return rate, loss

    def _draw_source(self) -> Source:
        """What a step learns from: all clouds of it are of known types, or of one's own."""
        sources, crystals = self.split.sources, self.config.crystals
        if self.split.crowded is not None:
            of_many = float(torch.rand(1, generator=self.generator)) < self.config.many_share
            return self.split.crowded if of_many else sources["learned"]
        if crystals is None or "own" not in sources:
            return sources["learned"]
        of_its_own = float(torch.rand(1, generator=self.generator)) < crystals.own_share
        return sources["own" if of_its_own else "learned"]

    def validate(self) -> dict[str, dict[str, float]]:
        """Judge the running mean of the weights; write it, its record, the log and the state."""
        losses = {
            part: losses_by_band(self.network, self.mean, self.config, source)
            for part, source in self.split.sources.items()
        }
        line = {"step": self.step, "seconds": round(self.seconds, 1), "losses": losses}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        record = dict(self.identity) | {
            "radius": self.split.radius,
            "learned": self.split.learned,
            "held_out": self.split.held_out,
            "device": self.device.type,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "parameters": sum(p.numel() for p in self.network.parameters()),
        }
        kind = getattr(torch, self.config.written_as)
        written = {key: value.to(kind) for key, value in self.mean.items()}
        save_weights(self.weights_path, written, record | line)
        self.validated = self.step
        self.save_state()
        return losses


def active_stages(config: TrainingConfig, step: int, network: PointNet) -> int:
    """How many stages of a network are in use at a step."""
    waiting = sum(step < share * config.steps for share in config.stages_added)
    return max(1, len(network.stages) - waiting)


@contextmanager
def _held_back_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait until a step is whole: half a step cannot be taken up again."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is ever interrupted
        return
    came: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if came:
            signal.raise_signal(signal.SIGINT)


def _gradient_step(
    network: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    config: TrainingConfig,
    source: Source,
    generator: torch.Generator,
    teacher: nn.Module | None,
) -> float:
    device = next(network.parameters()).device
    clean, space = source.draw(config.batch, generator)
    if teacher is not None:
        clean = of_its_own(teacher, clean, space, generator, device)
    sigma = draw_noise_levels(config, len(clean), generator)
    if config.many_points is not None:  # as much is known of an atom with so many more points
        sigma = sigma * math.sqrt(max(1.0, clean.shape[1] / config.points[1]))

    def displacements(points: Tensor, level: Tensor, space: Space) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
            moved: Tensor = network(points, level, space)
        return moved.float()

    loss = cloud_losses(displacements, clean, sigma, space, generator, device, teacher).mean()
    if not torch.isfinite(loss):  # before it reaches the weights: the state stays good
        raise InputError(
            f"the loss became {float(loss.detach())}; start again with a lower learning rate than "
            f"{config.learning_rate:g}"
        )
    network.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip)
    for optimizer in optimizers:
        optimizer.step()
    return float(loss.detach())

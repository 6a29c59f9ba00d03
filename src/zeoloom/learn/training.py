"""The training loop: one function, its whole state in one record, resumed exactly."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from zeoloom.diffusion.denoiser import denoising_loss
from zeoloom.diffusion.noise import add_noise
from zeoloom.errors import InputError
from zeoloom.geometry.space import OpenSpace
from zeoloom.learn.checkpoint import load_state, save_state, save_weights
from zeoloom.learn.dataset import ClusterData, cluster_data, draw_clouds
from zeoloom.learn.split import TIME_SPLIT, split_names
from zeoloom.network import build_network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from torch import Tensor, nn

    from zeoloom.learn.config import TrainingConfig
    from zeoloom.structure.records import ClusterSet

NOISE_BANDS = (0.02, 0.1, 0.3, 0.6, 1.2, 3.0)
"""Å, edges of the bands by which losses are reported."""

VALIDATION_CLOUDS = 64
"""Clouds per band and validation."""


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


@dataclass(frozen=True, slots=True)
class Split:
    """The framework types of a run, and their clusters as tensors.

    Attributes:
        learned: types learned from.
        held_out: types for validation.
        data: clusters by "learned" and "held_out"; the latter is missing if nothing is held out.
    """

    learned: tuple[str, ...]
    held_out: tuple[str, ...]
    data: Mapping[str, ClusterData]


def split_clusters(config: TrainingConfig, clusters: ClusterSet, generator: torch.Generator) -> Split:
    """Divide clusters by framework type as the configuration says.

    Args:
        config: the run.
        clusters: everything at hand.
        generator: source of randomness.
    """
    left_out = () if config.time_split else TIME_SPLIT
    names = [name for name in clusters.names if name not in left_out]
    if not names:
        raise InputError("every cluster belongs to the time split; set time_split to learn from it")
    learned, held_out = split_names(names, config.held_out, generator)
    data = {"learned": cluster_data(clusters, set(learned))}
    if held_out:
        data["held_out"] = cluster_data(clusters, set(held_out))
    largest = max(int(part.n_atoms.max()) for part in data.values())
    if config.points[0] < largest:
        raise InputError(
            f"points {config.points} cannot hold the largest cluster of {largest} atoms; "
            f"give at least {largest} points, or cut clusters with a smaller radius"
        )
    return Split(learned, held_out, data)


def train(
    config: TrainingConfig,
    clusters: ClusterSet,
    folder: Path,
    *,
    data_hash: str,
    device: torch.device,
    generator: torch.Generator,
    on_step: Callable[[Progress], None],
    max_steps: int | None = None,
) -> Path:
    """Train a network, or go on where an interrupted run in the same folder stopped.

    Writes `weights.safetensors` (the running mean) with `weights.json`, `state.pt` and `log.jsonl`.
    A resumed run on the same machine gives the same weights as one never interrupted.

    Args:
        config: the run.
        clusters: what to learn from.
        folder: for everything the run writes.
        data_hash: of the cluster file, for the record.
        device: CPU or CUDA.
        generator: source of randomness, on the CPU, seeded from the configuration.
        on_step: called after each step.
        max_steps: stop after this many steps of this call (the schedule is unchanged); None for all.

    Returns:
        Path of the weights.

    Raises:
        InputError: if the folder holds a run with another configuration or other data.
    """
    split = split_clusters(config, clusters, generator)
    network = build_network(config.network, generator).to(device)
    optimizer = _optimizer(network, config)
    mean = {key: value.detach().clone() for key, value in network.state_dict().items()}
    step, seconds = 0, 0.0
    state_path = folder / "state.pt"
    identity = {"config": config.model_dump(mode="json"), "data_sha256": data_hash}
    if state_path.exists():
        state = load_state(state_path)
        if state["identity"] != identity:
            raise InputError(
                f"{folder} holds a run with another configuration or other data; "
                "give its configuration to go on with it, or another folder"
            )
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        mean = {key: value.to(device) for key, value in state["mean"].items()}
        generator.set_state(state["generator"])
        step, seconds = state["step"], state["seconds"]
    first_step, started = step, time.monotonic() - seconds
    validation: dict[str, dict[str, float]] = {}

    while step < config.steps and (max_steps is None or step - first_step < max_steps):
        learning_rate = _learning_rate(config, step)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        loss = _gradient_step(network, optimizer, config, split.data["learned"], generator)
        step += 1
        _update_mean(mean, network, min(config.ema, (1 + step) / (10 + step)))
        due = step % config.checkpoint_every == 0 or step == config.steps
        seconds = time.monotonic() - started
        if due:
            validation = {
                part: losses_by_band(network, mean, config, data) for part, data in split.data.items()
            }
            _append_log(folder / "log.jsonl", step, seconds, validation)
            record = identity | {
                "learned": split.learned,
                "held_out": split.held_out,
                "step": step,
                "seconds": round(seconds, 1),
                "device": device.type,
                "threads": torch.get_num_threads(),
                "torch": torch.__version__,
                "parameters": sum(p.numel() for p in network.parameters()),
                "losses": validation,
            }
            save_weights(folder / "weights.safetensors", mean, record)
            save_state(
                state_path,
                {
                    "identity": identity,
                    "network": network.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "mean": mean,
                    "generator": generator.get_state(),
                    "step": step,
                    "seconds": seconds,
                },
            )
        on_step(Progress(step, loss, learning_rate, seconds, validation if due else None))
    return folder / "weights.safetensors"


def losses_by_band(
    network: nn.Module, weights: Mapping[str, Tensor], config: TrainingConfig, data: ClusterData
) -> dict[str, float]:
    """Denoising loss in each noise band, over the same clouds and noise at every call.

    Args:
        network: gives the architecture; its own weights are left alone.
        weights: to be judged.
        config: of the run.
        data: clusters to draw from.

    Returns:
        Mean loss by band, keyed "low-high" in Å.
    """
    generator = torch.Generator().manual_seed(config.seed)  # the same draw at every validation
    device = next(iter(weights.values())).device

    def displacements(points: Tensor, sigma: Tensor) -> Tensor:
        inputs = (points, sigma, OpenSpace())
        return torch.func.functional_call(network, dict(weights), inputs)  # type: ignore[no-any-return]

    losses = {}
    for low, high in zip(NOISE_BANDS, NOISE_BANDS[1:], strict=False):
        clean = draw_clouds(data, VALIDATION_CLOUDS, sum(config.points) // 2, generator)
        ramp = torch.linspace(math.log(low), math.log(high), VALIDATION_CLOUDS)
        sigma = ramp.exp()
        noisy = add_noise(clean, sigma, generator)
        with torch.no_grad():
            loss = denoising_loss(displacements, clean.to(device), noisy.to(device), sigma.to(device))
        losses[f"{low}-{high}"] = round(float(loss.mean()), 5)
    return losses


def _gradient_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    config: TrainingConfig,
    data: ClusterData,
    generator: torch.Generator,
) -> float:
    device = next(network.parameters()).device
    low, high = config.points
    n_points = int(torch.randint(low, high + 1, (1,), generator=generator))
    clean = draw_clouds(data, config.batch, n_points, generator)
    sigma = draw_noise_levels(config, generator)
    noisy = add_noise(clean, sigma, generator)
    space = OpenSpace()

    def displacements(points: Tensor, level: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
            moved: Tensor = network(points, level, space)
        return moved.float()

    loss = denoising_loss(
        displacements, clean.to(device), noisy.to(device), sigma.to(device)
    ).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip)
    optimizer.step()
    return float(loss.detach())


def draw_noise_levels(config: TrainingConfig, generator: torch.Generator) -> Tensor:
    """(B,) levels in Å, log-normal within the bounds of the configuration (by inversion)."""

    def cumulative(sigma: float) -> float:
        deviation = math.log(sigma / config.sigma_median) / config.sigma_spread
        return 0.5 * (1 + math.erf(deviation / math.sqrt(2)))

    low, high = cumulative(config.sigma_min), cumulative(config.sigma_max)
    # one level in each of B equal slices of probability: every batch covers the whole range
    slices = (torch.arange(config.batch) + torch.rand(config.batch, generator=generator)) / config.batch
    deviation = torch.special.ndtri(low + (high - low) * slices)
    levels = (math.log(config.sigma_median) + config.sigma_spread * deviation).exp()
    return levels.clamp(config.sigma_min, config.sigma_max)


def _optimizer(network: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99))


def _learning_rate(config: TrainingConfig, step: int) -> float:
    warm = min(1.0, (step + 1) / max(1, config.warmup))
    cosine = 0.5 * (1 + math.cos(math.pi * step / config.steps))
    return config.learning_rate * warm * (0.01 + 0.99 * cosine)


def _update_mean(mean: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    for key, value in network.state_dict().items():
        mean[key].lerp_(value.detach(), 1 - decay)


def _append_log(
    path: Path, step: int, seconds: float, validation: Mapping[str, Mapping[str, float]]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": step, "seconds": round(seconds, 1), "losses": validation}) + "\n")

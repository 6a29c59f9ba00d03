"""What a training run builds on: weights to start from, and a teacher.

A network may learn from another one instead of from noise (distillation, Hinton, Vinyals & Dean,
arXiv:1503.02531): it learns what the teacher expects of a noisy cloud, not what the cloud was,
which is the same on average and has no chance in it. Half of its clouds are the teacher's own, as
what is to be sampled and repaired later is not known types, but what networks make of noise.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.diffusion.samplers import ancestral, final
from zeoloom.errors import InputError
from zeoloom.learn.split import TIME_SPLIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from zeoloom.geometry.space import Space
    from zeoloom.learn.checkpoint import Model
    from zeoloom.learn.config import TrainingConfig
    from zeoloom.learn.examples import Split

OWN_SHARE = 0.5
"""Chance that the clouds of a step are the teacher's own."""

OWN_FROM, OWN_LEVELS, OWN_LAST = (0.6, 2.0), 4, 0.1
"""Å, noise that these have been made from (drawn evenly on a logarithmic scale); in how many
levels; and the last of these, Å, before zero."""

OWN_NOISE = 0.8
"""Factor of the noise added on the way, that of `solve` and `generate`."""


def check_start(start: Model, config: TrainingConfig, split: Split) -> None:
    """Raise InputError if a run may not start from a model."""
    if start.config.network != config.network:
        raise InputError(
            f"the weights to start from are of another network, {start.config.network}; "
            f"the configuration has {config.network}"
        )
    _check_learned("the weights to start from", start, config, split)


def check_teacher(teacher: Model, config: TrainingConfig, split: Split) -> None:
    """Raise InputError if a run may not be taught by a model."""
    if (teacher.config.crystals is None) != (config.crystals is None):
        kinds = {True: "clusters", False: "whole frameworks"}
        raise InputError(
            f"the teacher was learned on {kinds[teacher.config.crystals is None]}, the "
            f"configuration learns from {kinds[config.crystals is None]}; give a teacher of the "
            "same kind"
        )
    _check_learned("the teacher's weights", teacher, config, split)


def _check_learned(what: str, model: Model, config: TrainingConfig, split: Split) -> None:
    kept_back = {*split.held_out} if config.time_split else {*split.held_out, *TIME_SPLIT}
    if known := sorted(_learned(what, model.record) & kept_back):
        raise InputError(
            f"{what} have learned {' '.join(known)}, which are to be held out "
            "or belong to the time split; take the seed, held_out, fold and time_split of their run"
        )


def _learned(what: str, record: Mapping[str, Any]) -> set[str]:
    """Types that weights have learned, those of what they built on included."""
    if "learned" not in record:
        raise InputError(
            f"the record of {what} does not say what they have learned; take "
            "weights that `train` has written"
        )
    before = [_learned(what, record[key]) for key in ("start", "teacher") if key in record]
    return {*record["learned"]}.union(*before)


def expected(teacher: nn.Module, noisy: Tensor, sigma: Tensor, space: Space) -> Tensor:
    """Where a teacher expects the points of noisy clouds, (B, N, 3) Å, at levels (B,) Å."""
    with torch.no_grad():
        return denoiser(partial(_displacements, teacher, space))(noisy, sigma)


def of_its_own(
    teacher: nn.Module,
    clean: Tensor,
    space: Space,
    generator: torch.Generator,
    device: torch.device,
) -> Tensor:
    """Clouds (B, N, 3) Å, or, as often as OWN_SHARE says, what a teacher makes of their noise.

    Args:
        teacher: F.
        clean: (B, N, 3) Å, on the CPU.
        space: they lie in, on the CPU.
        generator: source of randomness, on the CPU.
        device: of the teacher.

    Returns:
        (B, N, 3) Å, on the CPU.
    """
    if float(torch.rand(1, generator=generator)) >= OWN_SHARE:
        return clean
    low, high = OWN_FROM
    first = low * (high / low) ** float(torch.rand(1, generator=generator))
    start = clean + first * standard_noise(clean, generator)
    denoise = denoiser(partial(_displacements, teacher, space.to(device)))
    levels = noise_levels(OWN_LEVELS, first, OWN_LAST, 1.0)
    with torch.no_grad():
        steps = ancestral(denoise, start.to(device), levels, generator, OWN_NOISE)
        return final(steps).cpu()


def _displacements(network: nn.Module, space: Space, points: Tensor, sigma: Tensor) -> Tensor:
    moved: Tensor = network(points, sigma, space)
    return moved

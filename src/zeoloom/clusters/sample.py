"""From weights to clusters: clouds denoised about one centre."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.geometry.space import OpenSpace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from zeoloom.diffusion.denoiser import Denoise
    from zeoloom.diffusion.samplers import Sampler, Step
    from zeoloom.learn.config import TrainingConfig

CLUSTER_SIGMA_MAX = 3.0
"""Å. At this level nothing is left of clusters of few points but the ball they fill."""

CROWDED_SIGMA_MAX = 4.0
"""Å, the first level at most. From 12 Å, Euler steps made clusters of 1,024 points too wide."""

CLUSTER_SIGMA_MIN = 0.05
"""Å, the last level before points are taken as they are."""


def first_level(config: TrainingConfig, n_points: int) -> float:
    """Å, the level from which clusters of so many points are denoised.

    Many points on an atom tell where it is through more noise, as the root of their number; so the
    first level is higher, where the model has learned such levels.
    """
    if config.many_points is None:
        return CLUSTER_SIGMA_MAX
    level = CLUSTER_SIGMA_MAX * math.sqrt(max(1.0, n_points / config.points[1]))
    return min(level, CROWDED_SIGMA_MAX)


def open_denoiser(network: nn.Module) -> Denoise:
    """The denoiser of clouds in open space about the origin."""
    space = OpenSpace()
    return denoiser(lambda points, sigma: network(points, sigma, space))


def fill_ball(n: int, n_points: int, radius: float, generator: torch.Generator) -> Tensor:
    """(n, n_points, 3) Å, points spread evenly over a ball about the origin."""
    directions = torch.randn(n, n_points, 3, generator=generator)
    directions /= directions.norm(dim=-1, keepdim=True)
    distances: Tensor = radius * torch.rand(n, n_points, 1, generator=generator) ** (1 / 3)
    return directions * distances


def denoise_clusters(
    denoise: Denoise,
    sampler: Sampler,
    n: int,
    n_points: int,
    *,
    radius: float,
    steps: int,
    generator: torch.Generator,
    device: torch.device,
    sigma_max: float = CLUSTER_SIGMA_MAX,
) -> Iterator[Step]:
    """Clouds from noise alone: a ball evenly filled and blurred, then denoised.

    Args:
        denoise: D, about one centre.
        sampler: which way down.
        n: clouds.
        n_points: points of each.
        radius: Å, of the clusters learned from.
        steps: noise levels.
        generator: source of randomness, on the CPU.
        device: where to compute.
        sigma_max: Å, the first level.

    Yields:
        The state after every step.
    """
    start = fill_ball(n, n_points, radius, generator)
    start = start + sigma_max * standard_noise(start, generator)
    levels = noise_levels(steps, sigma_max, CLUSTER_SIGMA_MIN)
    with torch.no_grad():
        yield from sampler(denoise, start.to(device), levels, generator)

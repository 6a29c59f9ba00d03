"""From weights to clusters: clouds denoised about one centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.geometry.space import OpenSpace, Space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zeoloom.diffusion.denoiser import Denoise
    from zeoloom.diffusion.samplers import Sampler, Step
    from zeoloom.learn.config import TrainingConfig

ClusterNetwork = Callable[[Tensor, Tensor, Space], Tensor]
"""F of the points of single clusters about their centres; an `nn.Module`, or one that is guided."""

CLUSTER_SIGMA_MAX = 3.0
"""Å. At this level nothing is left of clusters of few points but the ball they fill."""

SITES = 24
"""Places where the points of large clouds start, about as many as clusters have atoms."""

CLUSTER_SIGMA_MIN = 0.05
"""Å, the last level before points are taken as they are."""


def starting_sites(config: TrainingConfig, n_points: int) -> int:
    """How many places the points of a cloud start from, before they are blurred.

    The more points there are on an atom, the more noise they are seen through: at
    `CLUSTER_SIGMA_MAX` a cloud of a thousand points still shows how the atoms of its cluster are
    spread, and one that fills the ball evenly shows that there are none. Points that start from
    some places have what such clouds have. Few points each start from a place of their own.
    """
    if config.many_points is None or n_points <= config.points[1]:
        return n_points
    return SITES


def open_denoiser(network: ClusterNetwork) -> Denoise:
    """The denoiser of clouds in open space about the origin."""
    space = OpenSpace()
    return denoiser(lambda points, sigma: network(points, sigma, space))


def fill_ball(n: int, n_points: int, radius: float, generator: torch.Generator) -> Tensor:
    """(n, n_points, 3) Å, points spread evenly over a ball about the origin."""
    directions = torch.randn(n, n_points, 3, generator=generator)
    directions /= directions.norm(dim=-1, keepdim=True)
    distances: Tensor = radius * torch.rand(n, n_points, 1, generator=generator) ** (1 / 3)
    return directions * distances


def shared_out(sites: Tensor, n_points: int) -> Tensor:
    """(n, n_points, 3): points put on sites (n, s, 3) in turn."""
    return sites[:, torch.arange(n_points) % sites.shape[1]]


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
    sites: int | None = None,
) -> Iterator[Step]:
    """Clouds from noise alone: places spread evenly over a ball and blurred, then denoised.

    Args:
        denoise: D, about one centre.
        sampler: which way down.
        n: clouds.
        n_points: points of each.
        radius: Å, of the clusters learned from.
        steps: noise levels.
        generator: source of randomness, on the CPU.
        device: where to compute.
        sites: places that the points start from; None for one each.

    Yields:
        The state after every step.
    """
    start = shared_out(fill_ball(n, sites or n_points, radius, generator), n_points)
    start = start + CLUSTER_SIGMA_MAX * standard_noise(start, generator)
    levels = noise_levels(steps, CLUSTER_SIGMA_MAX, CLUSTER_SIGMA_MIN)
    with torch.no_grad():
        yield from sampler(denoise, start.to(device), levels, generator)

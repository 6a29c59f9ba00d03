"""The denoising loss of a batch, the noise levels it is taken at, and its means by noise band."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import torch

from zeoloom.diffusion.denoiser import denoising_loss
from zeoloom.diffusion.noise import standard_noise
from zeoloom.geometry.crystal import Crystal
from zeoloom.learn.teaching import expected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

    from zeoloom.geometry.space import Space
    from zeoloom.learn.config import TrainingConfig
    from zeoloom.learn.examples import Source

NOISE_BANDS = (0.02, 0.1, 0.3, 0.6, 1.2, 3.0)
"""Å, edges of the bands by which losses are reported."""

VALIDATION_CLOUDS = 64
"""Clouds per band and validation."""


def losses_by_band(
    network: nn.Module, weights: Mapping[str, Tensor], config: TrainingConfig, source: Source
) -> dict[str, float]:
    """Denoising loss in each noise band, over the same clouds and noise at every call.

    Args:
        network: gives the architecture; its own weights are left alone.
        weights: to be judged.
        config: of the run.
        source: clouds to draw.

    Returns:
        Mean loss by band, keyed "low-high" in Å.
    """
    generator = torch.Generator().manual_seed(config.seed)  # the same draw at every validation
    device = next(iter(weights.values())).device

    def judged(points: Tensor, sigma: Tensor, space: Space) -> Tensor:
        inputs = (points, sigma, space)
        return torch.func.functional_call(network, dict(weights), inputs)  # type: ignore[no-any-return]

    losses = {}
    for low, high in pairwise(NOISE_BANDS):
        parts: list[Tensor] = []
        while sum(map(len, parts)) < VALIDATION_CLOUDS:
            clean, space = source.draw(config.batch, generator)
            spread = torch.rand(len(clean), generator=generator)
            sigma = (math.log(low) + (math.log(high) - math.log(low)) * spread).exp()
            with torch.no_grad():
                parts.append(cloud_losses(judged, clean, sigma, space, generator, device))
        losses[f"{low}-{high}"] = round(float(torch.cat(parts).mean()), 5)
    return losses


def cloud_losses(
    network: Callable[[Tensor, Tensor, Space], Tensor],
    clean: Tensor,
    sigma: Tensor,
    space: Space,
    generator: torch.Generator,
    device: torch.device,
    teacher: nn.Module | None = None,
) -> Tensor:
    """Denoising loss of each cloud, (B,), with noise newly drawn; against a teacher if given."""
    noise = standard_noise(clean, generator)
    if isinstance(space, Crystal):
        noise = space.without_drift(noise)
    noisy = (clean + sigma[:, None, None] * noise).to(device)
    there, levels = space.to(device), sigma.to(device)
    wanted = clean.to(device) if teacher is None else expected(teacher, noisy, levels, there)
    return denoising_loss(
        lambda points, level: network(points, level, there), wanted, noisy, levels, there.present
    )


def draw_noise_levels(config: TrainingConfig, batch: int, generator: torch.Generator) -> Tensor:
    """(B,) levels in Å, log-normal within the bounds of the configuration (by inversion)."""

    def cumulative(sigma: float) -> float:
        deviation = math.log(sigma / config.sigma_median) / config.sigma_spread
        return 0.5 * (1 + math.erf(deviation / math.sqrt(2)))

    low, high = cumulative(config.sigma_min), cumulative(config.sigma_max)
    # one level in each of B equal slices of probability: every batch covers the whole range
    slices = (torch.arange(batch) + torch.rand(batch, generator=generator)) / batch
    deviation = torch.special.ndtri(low + (high - low) * slices)
    levels: Tensor = (math.log(config.sigma_median) + config.sigma_spread * deviation).exp()
    return levels.clamp(config.sigma_min, config.sigma_max)

"""Samplers: free functions that carry points down a list of noise levels.

Each takes the denoiser as its only model, and yields after every step, so that the caller can show
progress, keep a trajectory or stop.

| symbol      | variable    |
|-------------|-------------|
| x           | `x`         |
| sigma_i     | `level`     |
| sigma_(i+1) | `following` |
| D(x; sigma) | `denoised`  |
| d           | `slope`     |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import torch

from zeoloom.diffusion.noise import standard_noise

if TYPE_CHECKING:
    from torch import Tensor

    from zeoloom.diffusion.denoiser import Denoise


@dataclass(frozen=True, slots=True)
class Step:
    """State after one step.

    Attributes:
        x: (B, N, 3) Å, points at `sigma`.
        sigma: Å, the level they are at.
        denoised: (B, N, 3) Å, the clean points expected before the step was taken.
    """

    x: Tensor
    sigma: float
    denoised: Tensor


Sampler = Callable[["Denoise", "Tensor", Sequence[float], torch.Generator], Iterator[Step]]


def euler(
    denoise: Denoise,
    x: Tensor,
    levels: Sequence[float],
    generator: torch.Generator,  # noqa: ARG001 - samplers share one signature
) -> Iterator[Step]:
    """Deterministic, first order (Karras et al., arXiv:2206.00364, algorithm 1 uncorrected).

    d = (x - D(x; sigma_i)) / sigma_i, then x <- x + (sigma_(i+1) - sigma_i) d.
    """
    for level, following in pairwise(levels):
        denoised = denoise(x, _per_cloud(level, x))
        x = x + (following - level) / level * (x - denoised)
        yield Step(x, following, denoised)


def heun(
    denoise: Denoise,
    x: Tensor,
    levels: Sequence[float],
    generator: torch.Generator,  # noqa: ARG001 - samplers share one signature
) -> Iterator[Step]:
    """Deterministic, second order (Karras et al., arXiv:2206.00364, algorithm 1).

    Two denoisings a step: the slope is averaged with that at the end of the Euler step, except in a
    last step to zero.
    """
    for level, following in pairwise(levels):
        denoised = denoise(x, _per_cloud(level, x))
        slope = (x - denoised) / level
        ahead = x + (following - level) * slope
        if following > 0:
            slope_ahead = (ahead - denoise(ahead, _per_cloud(following, x))) / following
            ahead = x + (following - level) * 0.5 * (slope + slope_ahead)
        x = ahead
        yield Step(x, following, denoised)


def ancestral(
    denoise: Denoise,
    x: Tensor,
    levels: Sequence[float],
    generator: torch.Generator,
    noise_factor: float = 1.0,
) -> Iterator[Step]:
    """The reverse Markov chain: x is drawn from q(x^(i+1) | x^i, x(0) = D(x^i)) at every step.

    With r = sigma_(i+1)^2 / sigma_i^2 the mean is D + r (x - D) and the variance
    sigma_(i+1)^2 (1 - r) (Ho, Jain & Abbeel, arXiv:2006.11239, eq. 7, variance-exploding form).

    Args:
        denoise: D.
        x: (B, N, 3) Å, at the first level.
        levels: Å, falling, the last may be 0.
        generator: source of randomness, on the CPU.
        noise_factor: multiplies the added noise; below 1 samples colder than the model.
    """
    for level, following in pairwise(levels):
        denoised = denoise(x, _per_cloud(level, x))
        ratio = (following / level) ** 2
        x = denoised + ratio * (x - denoised)
        if following > 0 and noise_factor > 0:
            spread = noise_factor * following * math.sqrt(1.0 - ratio)
            x = x + spread * standard_noise(x, generator)
        yield Step(x, following, denoised)


def final(steps: Iterator[Step]) -> Tensor:
    """Run a sampler to its end and return the last points, (B, N, 3) Å."""
    last: Step | None = None
    for step in steps:
        last = step
    if last is None:
        raise ValueError("a sampler needs at least two noise levels")
    return last.x


def _per_cloud(level: float, x: Tensor) -> Tensor:
    return torch.full((x.shape[0],), level, dtype=x.dtype, device=x.device)

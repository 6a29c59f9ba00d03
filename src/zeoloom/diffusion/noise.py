"""The forward process and lists of noise levels.

A cloud at noise level sigma is its clean self plus Gaussian noise: x(sigma) = x(0) + sigma eps,
eps ~ N(0, I) on every point. Levels are in Å.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def add_noise(cart_points: Tensor, sigma: Tensor, generator: torch.Generator) -> Tensor:
    """x(sigma) = x(0) + sigma eps.

    Args:
        cart_points: (B, N, 3) Å, clean.
        sigma: (B,) Å.
        generator: source of randomness, on the CPU.

    Returns:
        (B, N, 3) Å.
    """
    return cart_points + sigma[:, None, None] * standard_noise(cart_points, generator)


def forward_step(
    cart_points: Tensor, sigma_from: float, sigma_to: float, generator: torch.Generator
) -> Tensor:
    """One step of the forward kernel q(x^t | x^(t-1)) = N(x^(t-1), (sigma_t^2 - sigma_(t-1)^2) I).

    Args:
        cart_points: (B, N, 3) Å, at level `sigma_from`.
        sigma_from: Å.
        sigma_to: Å, not below `sigma_from`.
        generator: source of randomness, on the CPU.

    Returns:
        (B, N, 3) Å, at level `sigma_to`.
    """
    if sigma_to < sigma_from:
        raise ValueError(f"noise must grow forward, got {sigma_from} Å then {sigma_to} Å")
    added = math.sqrt(sigma_to**2 - sigma_from**2)
    return cart_points + added * standard_noise(cart_points, generator)


def standard_noise(like: Tensor, generator: torch.Generator) -> Tensor:
    """N(0, I) of the shape, type and device of `like`, drawn on the CPU so that devices agree."""
    return torch.randn(like.shape, generator=generator, dtype=like.dtype).to(like.device)


def noise_levels(steps: int, sigma_max: float, sigma_min: float, rho: float = 5.0) -> list[float]:
    """Falling noise levels, denser at the bottom (Karras et al., arXiv:2206.00364, eq. 5).

    Args:
        steps: number of denoising steps.
        sigma_max: Å, the first level.
        sigma_min: Å, the last level before zero.
        rho: how strongly levels crowd at the bottom; 1 is even spacing.

    Returns:
        `steps + 1` levels in Å, the last one 0.
    """
    if steps < 1 or not 0 < sigma_min <= sigma_max:
        raise ValueError(
            f"need steps >= 1 and 0 < sigma_min <= sigma_max, got {steps}, {sigma_min}, {sigma_max}"
        )
    if steps == 1:
        return [sigma_max, 0.0]
    top, bottom = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    return [(top + i / (steps - 1) * (bottom - top)) ** rho for i in range(steps)] + [0.0]

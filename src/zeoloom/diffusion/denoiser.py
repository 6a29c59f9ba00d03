"""Denoiser and loss around any callable.

D(x, sigma) = x + c_out(sigma) F(x, sigma) with c_out = sigma / sqrt(1 + (sigma / s)^2): among
points that fill space the best displacement stays finite as sigma grows, and s is about its size.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Network = Callable[[Tensor, Tensor], Tensor]
"""F: ((B, N, 3) Å noisy points, (B,) Å noise levels) -> (B, N, 3) scaled displacements."""

Denoise = Callable[[Tensor, Tensor], Tensor]
"""D: ((B, N, 3) Å noisy points, (B,) Å noise levels) -> (B, N, 3) Å expected clean points."""

DISPLACEMENT_SCALE = 0.8
"""s, Å."""


def output_scale(sigma: Tensor) -> Tensor:
    """c_out(sigma) in Å, (B, 1, 1) for (B,) levels."""
    return (sigma / (1.0 + (sigma / DISPLACEMENT_SCALE) ** 2).sqrt())[:, None, None]


def denoiser(network: Network) -> Denoise:
    """The denoiser D of a network F.

    Args:
        network: scaled displacements of noisy points.

    Returns:
        The posterior mean of the clean points, as a function of noisy points and level.
    """

    def denoise(cart_points: Tensor, sigma: Tensor) -> Tensor:
        return cart_points + output_scale(sigma) * network(cart_points, sigma)

    return denoise


def denoising_loss(
    network: Network,
    clean: Tensor,
    noisy: Tensor,
    sigma: Tensor,
    present: Tensor | None = None,
) -> Tensor:
    """|F - (x(0) - x(sigma)) / c_out|^2 (c_out / sigma)^2, the share of the noise left unexplained.

    Args:
        network: F.
        clean: (B, N, 3) Å, x(0).
        noisy: (B, N, 3) Å, x(sigma).
        sigma: (B,) Å.
        present: (B, N) False for padding; None if nothing is padded.

    Returns:
        (B,) mean over points and components; 1 for a network that moves nothing.
    """
    scale = output_scale(sigma)
    error = network(noisy, sigma) - (clean - noisy) / scale
    weighted: Tensor = (error * scale / sigma[:, None, None]).square().mean(dim=2)  # (B, N)
    if present is None:
        return weighted.mean(dim=1)
    return (weighted * present).sum(dim=1) / present.sum(dim=1)

"""The diffusion grammar around any callable: here the exact denoiser of a toy mixture.

    python examples/your_own_denoiser.py 2000

A denoiser D(x, sigma) takes noisy points (B, N, 3) at noise levels (B,), both in Å, and returns
where it expects the clean ones. Whatever has this signature can be sampled. The toy: each point
lies on one of four corners, give or take 0.1 Å, with unequal chances. Its D is known exactly, so
the samplers have to bring the chances back.
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor

from zeoloom.diffusion.noise import noise_levels
from zeoloom.diffusion.samplers import ancestral, euler, final, heun

CORNERS = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])  # Å
CHANCES = torch.tensor([0.4, 0.3, 0.2, 0.1])
WIDTH = 0.1  # Å


def denoise(x: Tensor, sigma: Tensor) -> Tensor:
    """D(x, sigma) = sum over corners c of p(c | x) (c + shrink (x - c)).

    A corner blurred by the noise is a Gaussian of variance WIDTH^2 + sigma^2, and of the way from c
    to x the share shrink = WIDTH^2 / (WIDTH^2 + sigma^2) is believed.
    """
    variance = WIDTH**2 + sigma[:, None, None] ** 2
    apart = x[:, :, None, :] - CORNERS  # (B, N, 4, 3)
    likelihood = -apart.square().sum(-1) / (2 * variance)
    chance = (likelihood + CHANCES.log()).softmax(dim=-1)[..., None]
    shrink = (WIDTH**2 / variance)[..., None]
    return (chance * (CORNERS + shrink * apart)).sum(dim=2)


def main() -> None:
    """Sample with three samplers and count the corners."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    generator = torch.Generator().manual_seed(0)
    levels = noise_levels(steps=40, sigma_max=20.0, sigma_min=0.02)
    print(f"{'chances':10}" + "  ".join(f"{chance:.2f}" for chance in CHANCES.tolist()))
    for name, sampler in (("euler", euler), ("heun", heun), ("ancestral", ancestral)):
        start = levels[0] * torch.randn(n, 1, 3, generator=generator)
        x = final(sampler(denoise, start, levels, generator))
        corner = torch.cdist(x[:, 0], CORNERS).argmin(dim=1)
        shares = torch.bincount(corner, minlength=4) / n
        spread = float((x[:, 0] - CORNERS[corner]).std())
        shown = "  ".join(f"{share:.2f}" for share in shares.tolist())
        print(f"{name:10}{shown}  (width {spread:.2f} Å)")


if __name__ == "__main__":
    main()

"""The noise level as the networks read it."""

from __future__ import annotations

import torch
from torch import Tensor

NOISE_FEATURES = 16


def embed_noise_level(
    sigma: Tensor, n_features: int = NOISE_FEATURES, highest: float = 2.0
) -> Tensor:
    """Gaussian bumps over log sigma, from 0.018 to, by default, 7.4 Å.

    Args:
        sigma: (B,) Å.
        n_features: how many.
        highest: log of the highest sigma in Å.

    Returns:
        (B, n_features).
    """
    centres = torch.linspace(-4.0, highest, n_features, device=sigma.device, dtype=sigma.dtype)
    return torch.exp(-((sigma.log()[:, None] - centres) ** 2) / (2 * 0.5**2))

"""The noise level as the networks read it."""

from __future__ import annotations

import torch
from torch import Tensor

NOISE_FEATURES = 16


def embed_noise_level(sigma: Tensor) -> Tensor:
    """Gaussian bumps over log sigma, from 0.018 to 7.4 Å.

    Args:
        sigma: (B,) Å.

    Returns:
        (B, NOISE_FEATURES).
    """
    centres = torch.linspace(-4.0, 2.0, NOISE_FEATURES, device=sigma.device, dtype=sigma.dtype)
    return torch.exp(-((sigma.log()[:, None] - centres) ** 2) / (2 * 0.5**2))

"""The poster's network: a PointNet encoder of the noisy cloud and a point-wise decoder.

After Luo & Hu (arXiv:2103.01458), with the poster's change: the latent z is made from the noisy
cloud X^t, not from the clean one. Every point is moved by one shared function of its position, the
noise level and z.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn

from zeoloom.network.noise_embedding import NOISE_FEATURES, embed_noise_level

if TYPE_CHECKING:
    from zeoloom.geometry.space import Space


class PlainPointNetConfig(BaseModel):
    """Size of the network.

    Attributes:
        latent: length of z.
        encoder: widths of the point-wise encoder.
        decoder: widths of the point-wise decoder.
        length_scale: Å, typical extent of a clean cloud; inputs are divided by
            sqrt(sigma^2 + length_scale^2).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Literal["plain-pointnet"] = "plain-pointnet"
    latent: int = Field(256, ge=1)
    encoder: tuple[PositiveInt, ...] = (128, 128, 256, 512)
    decoder: tuple[PositiveInt, ...] = (128, 256, 512, 256, 128)
    length_scale: float = Field(4.0, gt=0)


class PlainPointNet(nn.Module):
    """Displacements of points given the latent of the whole cloud.

    Args:
        config: the network's size.
    """

    def __init__(self, config: PlainPointNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = (3 + NOISE_FEATURES, *config.encoder)
        self.encoder = nn.ModuleList(
            nn.Sequential(nn.Linear(a, b), nn.LayerNorm(b), nn.SiLU()) for a, b in pairwise(widths)
        )
        self.to_latent = nn.Sequential(
            nn.Linear(2 * widths[-1], 256), nn.SiLU(), nn.Linear(256, config.latent)
        )
        context = config.latent + NOISE_FEATURES
        widths = (3, *config.decoder, 3)
        self.decoder = nn.ModuleList(_Squash(a, b, context) for a, b in pairwise(widths))

    def forward(self, cart_points: Tensor, sigma: Tensor, space: Space) -> Tensor:
        """Scaled displacements F of the points.

        Args:
            cart_points: (B, N, 3) Å, noisy, each cloud about its centre.
            sigma: (B,) Å, noise level.
            space: which points are padding; nothing else of it is used.

        Returns:
            (B, N, 3) scaled by `diffusion.denoiser.output_scale`.
        """
        scale = (sigma.square() + self.config.length_scale**2).rsqrt()[:, None, None]
        points = cart_points * scale
        noise = embed_noise_level(sigma)  # (B, S)
        features = torch.cat((points, noise[:, None, :].expand(-1, points.shape[1], -1)), dim=-1)
        for layer in self.encoder:
            features = layer(features)
        pooled = _pool(features, space.present)
        context = torch.cat((self.to_latent(pooled), noise), dim=-1)[:, None, :]  # (B, 1, Z + S)
        hidden = points
        for i, layer in enumerate(self.decoder):
            hidden = layer(hidden, context)
            if i < len(self.decoder) - 1:
                hidden = nn.functional.silu(hidden)
        return hidden


def _pool(features: Tensor, present: Tensor | None) -> Tensor:
    """Greatest and mean feature over the points of each cloud: (B, N, C) to (B, 2C)."""
    if present is None:
        return torch.cat((features.amax(dim=1), features.mean(dim=1)), dim=-1)
    counted = present[..., None]
    greatest = features.masked_fill(~counted, -torch.inf).amax(dim=1)
    mean = (features * counted).sum(dim=1) / counted.sum(dim=1)
    return torch.cat((greatest, mean), dim=-1)


class _Squash(nn.Module):
    """A linear layer gated and shifted by the context (Luo & Hu, ConcatSquashLinear)."""

    def __init__(self, n_in: int, n_out: int, n_context: int) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.gate = nn.Linear(n_context, n_out)
        self.shift = nn.Linear(n_context, n_out, bias=False)

    def forward(self, hidden: Tensor, context: Tensor) -> Tensor:
        gate, shift = torch.sigmoid(self.gate(context)), self.shift(context)
        squashed: Tensor = self.linear(hidden) * gate + shift
        return squashed

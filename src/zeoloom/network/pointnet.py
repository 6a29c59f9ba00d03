"""The poster's network: a latent z of the whole noisy cloud, and one function for every point.

Every point x_i is moved by one shared function of (x_i, sigma, z), z being a permutation-invariant
latent of the noisy cloud X^t, as the poster writes it (its parent: Luo & Hu, arXiv:2103.01458).
Here z is the cloud's characteristic function (`fourier_latent`), which is rich, linear in the
points and equivariant under rotation, where the maxima and means of a PointNet encoder
(`plain_pointnet`) lose what matters near a point. The function reads z around the point as tensors
of degree 0 to 3 and makes invariants and vectors of them. A multilayer perceptron of the invariants
gives one gate for each vector, so that displacements are equivariant, too.

With one stage this is the poster's model. Each further stage makes a new z of the
points as the stages before have moved them, and moves them once more.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from zeoloom.diffusion.denoiser import output_scale
from zeoloom.network.fourier_latent import FourierLatent, point_weights
from zeoloom.network.noise_embedding import embed_noise_level
from zeoloom.network.surroundings import N_CENTRE, Features, Tensors, count_invariants

if TYPE_CHECKING:
    from zeoloom.geometry.space import Space
    from zeoloom.network.pointnet_compiled import Seen

NOISE_FEATURES, LOG_HIGHEST = 20, 3.0
"""Functions of the noise level, up to 20 Å."""

CLOUD_SPREAD = 3.1
"""Å, standard deviation along each axis of points that fill a ball of 7 Å."""


class PointNetConfig(BaseModel):
    """Size of the network.

    Attributes:
        latent: length of z, two numbers for each wave vector.
        period: Å, distance of the nearest image of the period that the wave vectors belong to.
        shells: radial functions, 0.7 Å apart, by which z is read around a point.
        stages: how often a z is made; 1 is the poster's model.
        width: of the multilayer perceptron.
        depth: hidden layers of it.
        noise_length: Å, at noise well above it the points are drawn together as the noise rises.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Literal["pointnet"] = "pointnet"
    latent: int = Field(3072, ge=2, multiple_of=2)
    period: float = Field(20.0, gt=0)
    shells: int = Field(9, ge=2)
    stages: int = Field(1, ge=1)
    width: int = Field(320, ge=4)
    depth: int = Field(3, ge=1)
    noise_length: float = Field(1.5, gt=0)


class PointNet(nn.Module):
    """Displacements of points given the latent of the whole cloud.

    Args:
        config: the network's size.

    Attributes:
        active_stages: stages in use; training may add the later ones one after the other.
    """

    def __init__(self, config: PointNetConfig) -> None:
        super().__init__()
        self.config = config
        self.active_stages = config.stages
        self.latent = FourierLatent(config.latent // 2, config.period, config.shells)
        self.tensors = Tensors()
        self.stages = nn.ModuleList(Stage(config, first=i == 0) for i in range(config.stages))

    def forward(
        self, cart_points: Tensor, sigma: Tensor, space: Space, first: Seen | None = None
    ) -> Tensor:
        """Scaled displacements F of the points.

        Args:
            cart_points: (B, N, 3) Å, noisy, about the centre of each cloud.
            sigma: (B,) Å, noise level.
            space: says which points are padding; the network knows open space only.
            first: what `look` has given for the same points, by this or another network that
                sees the same.

        Returns:
            (B, N, 3).
        """
        noise = embed_noise_level(sigma, NOISE_FEATURES, LOG_HIGHEST)
        shrink = self._shrink(sigma)
        scale = output_scale(sigma)
        variance = sigma.square()[:, None, None]
        # expected of points of a Gaussian cloud
        contraction = -cart_points * variance / (variance + CLOUD_SPREAD**2) / scale
        first = self.look(cart_points, sigma, space) if first is None else first
        total = torch.zeros_like(cart_points)
        hidden: Any = None
        for i, stage in enumerate(cast("list[Stage]", self.stages[: self.active_stages])):
            points = (cart_points + scale * total) * shrink
            moved = total if i else None
            if first is None:
                read = self.latent(points, space.present)
                flat = None if moved is None else moved.flatten(0, 1)
                features = self.tensors(read, points.flatten(0, 1), flat)
                change, hidden = stage(features, hidden, noise, cart_points.shape[1])
            else:
                from zeoloom.network import pointnet_compiled as fast  # noqa: PLC0415 - compiles

                weights = point_weights(points, space.present)
                seen = fast.see(self, points, weights, moved) if i else first
                change, hidden = fast.displace(stage, seen, hidden, noise)
            if not i:
                total = contraction
            total = total + change.reshape(cart_points.shape)
        return total

    def look(self, cart_points: Tensor, sigma: Tensor, space: Space) -> Seen | None:
        """What the first stage sees, which is not learned; None where it is made in its modules.

        On the CPU, without gradients and in float32, what happens within points is compiled.

        Args:
            cart_points: (B, N, 3) Å.
            sigma: (B,) Å.
            space: says which points are padding.
        """
        if not _is_fast(cart_points, self.latent.waves):
            return None
        from zeoloom.network.pointnet_compiled import see  # noqa: PLC0415 - compiles

        weights = point_weights(cart_points, space.present)
        return see(self, cart_points * self._shrink(sigma), weights)

    def sees_as(self, other: PointNet) -> bool:
        """Whether both see the same of a cloud."""
        names = ("latent", "period", "shells", "noise_length")
        return all(getattr(self.config, name) == getattr(other.config, name) for name in names)

    def _shrink(self, sigma: Tensor) -> Tensor:
        """(B, 1, 1) for (B,) Å."""
        return (1 + (sigma / self.config.noise_length) ** 2).rsqrt()[:, None, None]


class Stage(nn.Module):
    """From what is read around a point to its displacement."""

    def __init__(self, config: PointNetConfig, *, first: bool) -> None:
        super().__init__()
        n_invariants, n_vectors = count_invariants(config.shells, moved=not first)
        width = config.width
        self.scale = 1 / math.sqrt(n_vectors)
        embed = nn.Linear(NOISE_FEATURES, 64)
        modulate = nn.Linear(64, 2 * width * (config.depth + 1))
        self.noise = nn.Sequential(embed, nn.SiLU(), modulate)
        self.norm_in = nn.LayerNorm(n_invariants + N_CENTRE)
        self.enter = nn.Linear(n_invariants + N_CENTRE, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(config.depth + 1))
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(config.depth))
        self.gates = nn.Linear(width, n_vectors)
        for layer in (modulate, self.gates):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, features: Features, hidden: Tensor | None, noise: Tensor, n_points: int
    ) -> tuple[Tensor, Tensor]:
        """Displacement (P, 3) and hidden features (P, F) of points, P = B `n_points`.

        Args:
            features: of the points.
            hidden: (P, F) of the stage before.
            noise: (B, NOISE_FEATURES).
            n_points: of each cloud.
        """
        inner = self.enter(self.norm_in(features.invariants))
        if hidden is not None:
            inner = inner + hidden
        batch = len(noise)
        modulation = self.noise(noise)[:, None].chunk(2 * len(self.norms), dim=-1)
        for i, norm in enumerate(self.norms):
            shift, stretch = modulation[2 * i], modulation[2 * i + 1]
            modulated = norm(inner).reshape(batch, n_points, -1) * (1 + stretch) + shift
            modulated = nn.functional.silu(modulated).flatten(0, 1)
            if i < len(self.layers):
                inner = inner + self.layers[i](modulated)
        gates = self.gates(modulated)
        moved = (features.vectors * gates[:, None]).sum(-1) * self.scale
        return moved, inner


def _is_fast(cart_points: Tensor, waves: Tensor) -> bool:
    """Whether the compiled network will do."""
    if torch.is_grad_enabled() or cart_points.device.type != "cpu":
        return False
    if torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") != torch.bfloat16:
        return False
    return cart_points.dtype == waves.dtype == torch.float32

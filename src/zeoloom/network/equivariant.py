"""The equivariant network: messages of scalars and vectors between asymmetric points.

After PaiNN (Schütt et al., arXiv:2102.03150), with three changes. Filters act on whole channel
vectors, not channel by channel. Messages from vectors to scalars are added. And since filters are
linear in the radial functions, the sum over edges is taken first, by matrix products with the
space's `PairSums`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from zeoloom.network.noise_embedding import NOISE_FEATURES, embed_noise_level

if TYPE_CHECKING:
    from zeoloom.geometry.space import PairSums, Space


class EquivariantConfig(BaseModel):
    """Size of the network.

    Attributes:
        width: channels of the scalar features.
        vector_width: channels of the vector features.
        message_width: channels of the messages from scalars to scalars.
        vector_message_width: channels of the other messages.
        layers: rounds of message passing.
        n_radial: radial functions per pair.
        cutoff: Å, reach of one round.
        expected_neighbours: messages are divided by this.
        centre_radial: functions of the distance from the cloud's centre.
        centre_reach: Å, range of those functions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Literal["equivariant"] = "equivariant"
    width: int = Field(64, ge=4)
    vector_width: int = Field(32, ge=1)
    message_width: int = Field(32, ge=1)
    vector_message_width: int = Field(16, ge=1)
    layers: int = Field(3, ge=1)
    n_radial: int = Field(12, ge=2)
    cutoff: float = Field(6.0, gt=0)
    expected_neighbours: float = Field(8.0, gt=0)
    centre_radial: int = Field(16, ge=2)
    centre_reach: float = Field(12.0, gt=0)


class Equivariant(nn.Module):
    """Displacements of points that turn with the cloud.

    Args:
        config: the network's size.
    """

    def __init__(self, config: EquivariantConfig) -> None:
        super().__init__()
        self.config = config
        width, vector_width = config.width, config.vector_width
        self.noise_embedding = nn.Sequential(
            nn.Linear(NOISE_FEATURES, width), nn.SiLU(), nn.Linear(width, width)
        )
        self.centre = nn.Sequential(
            nn.Linear(config.centre_radial, width),
            nn.SiLU(),
            nn.Linear(width, width + vector_width),
        )
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.gate = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, vector_width)
        )
        self.readout = nn.Linear(vector_width, 1, bias=False)

    def forward(self, cart_points: Tensor, sigma: Tensor, space: Space) -> Tensor:
        """Scaled displacements F of the points.

        Args:
            cart_points: (B, N, 3) Å, noisy.
            sigma: (B,) Å, noise level.
            space: where the clouds live.

        Returns:
            (B, N, 3).
        """
        config = self.config
        batch, n_points, _ = cart_points.shape
        pairs = space.pair_sums(cart_points, config.n_radial, config.cutoff)
        if torch.is_autocast_enabled(cart_points.device.type):
            pairs = pairs.to(torch.get_autocast_dtype(cart_points.device.type))
        noise = self.noise_embedding(embed_noise_level(sigma))  # (B, F)
        scalars = noise[:, None, :].repeat(1, n_points, 1)  # (B, N, F)
        vectors = cart_points.new_zeros(batch, 3, n_points, config.vector_width)
        from_centre = space.from_centre(cart_points)
        if from_centre is not None:
            distance = from_centre.norm(dim=-1, keepdim=True)  # (B, N, 1)
            features = self.centre(_centre_functions(distance, config))
            scalars = scalars + features[..., : config.width]
            direction = (from_centre / (distance + 0.1)).mT[..., None]  # (B, 3, N, 1)
            vectors = (direction * features[:, None, :, config.width :]).contiguous()
        sent = from_centre is not None  # without a centre the first vectors are all zero
        for layer in self.layers:
            scalars, vectors = layer(scalars, vectors, noise, pairs, sent)
            sent = True
        gates = self.gate(scalars)[:, None]
        displacement: Tensor = self.readout(_rms_norm(vectors) * gates)[..., 0].mT
        return displacement


class _Layer(nn.Module):
    """One round: messages along pairs, then mixing within each point."""

    def __init__(self, config: EquivariantConfig) -> None:
        super().__init__()
        width, vector_width = config.width, config.vector_width
        message, vector_message = config.message_width, config.vector_message_width
        self.scale = 1.0 / config.expected_neighbours
        self.norm = nn.LayerNorm(width)
        self.modulate = nn.Linear(width, 2 * width)
        self.send_what = nn.Linear(width, message)
        self.send_where = nn.Linear(width, vector_message)
        self.send_carried = nn.Linear(vector_width, vector_message, bias=False)
        self.send_facing = nn.Linear(vector_width, vector_message, bias=False)
        self.receive_what = nn.Linear(config.n_radial * message, width)
        self.receive_where = nn.Linear(config.n_radial * vector_message, vector_width, bias=False)
        self.receive_carried = nn.Linear(config.n_radial * vector_message, vector_width, bias=False)
        self.receive_facing = nn.Linear(config.n_radial * vector_message, width, bias=False)
        self.mix_vectors = nn.Linear(vector_width, 2 * vector_width, bias=False)
        self.update_norm = nn.LayerNorm(width)
        self.update = nn.Sequential(
            nn.Linear(width + 2 * vector_width, 2 * width),
            nn.SiLU(),
            nn.Linear(2 * width, width + vector_width),
        )
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)

    def forward(
        self, scalars: Tensor, vectors: Tensor, noise: Tensor, pairs: PairSums, sent: bool
    ) -> tuple[Tensor, Tensor]:
        """One round: scalars (B, N, F), vectors (B, 3, N, Fv), noise (B, F).

        If vectors are not sent, which need not be if they are zero, their messages are left out
        without gradients. Then scalars and vectors may be written over.
        """
        if _without_gradients(scalars):
            return self._compiled(scalars, vectors, noise, pairs, sent)
        shift, stretch = self.modulate(noise)[:, None, :].chunk(2, dim=-1)
        inner = self.norm(scalars) * (1.0 + stretch) + shift
        to_scalars, to_vectors = self._messages(
            inner * self.scale, _rms_norm(vectors) * self.scale, pairs
        )
        scalars = scalars + to_scalars
        vectors = vectors + to_vectors

        left, right = self.mix_vectors(_rms_norm(vectors)).chunk(2, dim=-1)
        products = (left * right).sum(1)
        lengths = right.square().sum(1).add(1e-6).sqrt()
        inner = torch.cat((self.update_norm(scalars), lengths, products), dim=-1)
        width = scalars.shape[-1]
        update = self.update(inner)
        return scalars + update[..., :width], vectors + left * update[:, None, :, width:]

    def _compiled(
        self, scalars: Tensor, vectors: Tensor, noise: Tensor, pairs: PairSums, sent: bool
    ) -> tuple[Tensor, Tensor]:
        """The same round on the CPU, without gradients; it writes over scalars and vectors."""
        from zeoloom.network import equivariant_kernel as kernel  # noqa: PLC0415 - compiles

        s, v = scalars.numpy(), vectors.numpy()
        inner, turned = torch.empty_like(scalars), torch.empty_like(vectors)
        kernel.before_messages(
            s,
            v,
            self.norm.weight.numpy(),
            self.norm.bias.numpy(),
            self.modulate(noise).numpy(),
            self.scale,
            inner.numpy(),
            turned.numpy(),
        )
        to_scalars, to_vectors = self._messages(inner, turned if sent else None, pairs)
        kernel.take_messages(s, v, to_scalars.numpy(), to_vectors.numpy(), turned.numpy())
        mixed = self.mix_vectors(turned)
        width = scalars.shape[2] + mixed.shape[3]
        inner = scalars.new_empty(*scalars.shape[:2], width)
        norm = self.update_norm
        kernel.before_update(
            s, mixed.numpy(), norm.weight.numpy(), norm.bias.numpy(), inner.numpy()
        )
        kernel.take_update(s, v, mixed.numpy(), self.update(inner).numpy())
        return scalars, vectors

    def _messages(
        self, scalars: Tensor, vectors: Tensor | None, pairs: PairSums
    ) -> tuple[Tensor, Tensor]:
        """Sum messages over edges, then weigh radial functions: to scalars and to vectors.

        | message | of edge i <- (j, g, S)          | to      |
        |---------|---------------------------------|---------|
        | what    | f_k(d) (W s_j)                  | scalars |
        | facing  | f_k(d) (R_g W v_j) . r / d      | scalars |
        | where   | f_k(d) (W s_j) r / d            | vectors |
        | carried | f_k(d) R_g W v_j                | vectors |

        Without vectors, only what and where.
        """
        batch, n, k, _ = pairs.scalar.shape
        scalar_sums = pairs.scalar.reshape(batch, n * k, n)
        what = scalar_sums @ self.send_what(scalars)
        to_scalars = self.receive_what(what.reshape(batch, n, -1))
        where = pairs.vector.reshape(batch, 3 * n * k, n) @ self.send_where(scalars)
        to_vectors = self.receive_where(where.reshape(batch, 3, n, -1))
        if vectors is None:
            return to_scalars, to_vectors
        facing = pairs.vector_by_sender.reshape(batch, n * k, 3 * n) @ self.send_facing(
            vectors
        ).reshape(batch, 3 * n, -1)
        to_scalars = to_scalars + self.receive_facing(facing.reshape(batch, n, -1))
        sent = self.send_carried(vectors)  # (B, 3, N, C)
        if pairs.rotation is None:
            carried = torch.stack([scalar_sums @ part for part in sent.unbind(1)], dim=1)
        else:
            turned = pairs.rotation.reshape(batch, 3 * n * k, 3 * n)
            carried = turned @ sent.reshape(batch, 3 * n, -1)
        return to_scalars, to_vectors + self.receive_carried(carried.reshape(batch, 3, n, -1))


def _centre_functions(distance: Tensor, config: EquivariantConfig) -> Tensor:
    centres = torch.linspace(0.0, config.centre_reach, config.centre_radial, device=distance.device)
    spacing = config.centre_reach / (config.centre_radial - 1)
    return torch.exp(-((distance - centres.to(distance.dtype)) ** 2) / (2 * spacing**2))


def _without_gradients(features: Tensor) -> bool:
    """Whether a compiled round will do."""
    return (
        features.device.type == "cpu"
        and not torch.is_grad_enabled()
        and not torch.is_autocast_enabled("cpu")
    )


def _rms_norm(vectors: Tensor) -> Tensor:
    """Scale (B, 3, N, F) vectors of a point to unit mean square length over its channels."""
    mean_square = vectors.square().sum(1, keepdim=True).mean(-1, keepdim=True)
    return vectors * mean_square.add(1e-4).rsqrt()

"""The network `pointnet` on the CPU, without gradients: several times as fast as its modules.

The same function, to rounding: latents by octants (`octant_latent`), and compiled what happens
within each point (`pointnet_kernel`). Matrix products are those of torch, in bfloat16 under
`torch.autocast` and else in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from zeoloom.network.octant_kernel import LANES
from zeoloom.network.octant_latent import (
    Bits,
    Lanes,
    Octants,
    bits_of,
    from_lanes,
    lanes_of,
    octants_of,
    read_octants,
    to_lanes,
)
from zeoloom.network.pointnet_kernel import add_and_modulate, contract, move
from zeoloom.network.surroundings import N_CENTRE, centre_functions, count_invariants

if TYPE_CHECKING:
    from zeoloom.network.octant_kernel import RealArray
    from zeoloom.network.pointnet import PointNet, Stage


class Seen(NamedTuple):
    """What a stage sees of all points: whatever is not learned.

    Attributes:
        vectors: (blocks, 3 V, LANES).
        invariants: (blocks, F, LANES) with mean 0 and variance 1 over F, float32 or bfloat16.
        lanes: which clouds lie where.
    """

    vectors: Tensor
    invariants: Tensor
    lanes: Lanes


def see(network: PointNet, points: Tensor, weights: Tensor, moved: Tensor | None = None) -> Seen:
    """What a stage of a network sees.

    Args:
        network: of which size and contractions count, but no weights.
        points: (B, N, 3) Å, as the stage sees them.
        weights: (B, N) of the mean over the points of each cloud.
        moved: (B, N, 3) displacements so far; None in a first stage.
    """
    kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
    config = network.config
    octants = octants_of(config.latent // 2, config.period, config.shells, kind)
    with torch.autocast("cpu", enabled=False):
        lanes = lanes_of(*points.shape[:2])
        points = to_lanes(points, lanes)
        read = read_octants(points, to_lanes(weights[..., None], lanes), octants, lanes)
        before = None if moved is None else to_lanes(moved, lanes)
        return Seen(*_features(network, read, octants, points, before), lanes)


def _features(
    network: PointNet, read: Tensor, octants: Octants, points: Tensor, moved: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Vectors (blocks, 3 V, LANES) and normed invariants (blocks, F, LANES), as kind of number.

    Args:
        network: whose tensors say how to contract.
        read: (blocks, 16 S, LANES).
        octants: order of the harmonics, kind of number.
        points: (blocks, 3, LANES) Å.
        moved: (blocks, 3, LANES) displacements so far.
    """
    kind = octants.wide.dtype
    n_invariants, n_vectors = count_invariants(network.config.shells, moved=moved is not None)
    n_invariants += N_CENTRE
    distance = points.norm(dim=1, keepdim=True)
    centre = points / (distance + 0.5)
    functions = centre_functions(distance.mT).mT.contiguous()
    vectors = read.new_empty(len(read), 3 * n_vectors, LANES)
    out = Bits(len(read) * n_invariants * LANES, kind)
    rows = out.array.reshape(len(read), -1)
    none = np.empty(0, np.float32)
    for i in range(len(read)):
        contract(
            read[i].numpy().reshape(-1),
            octants.order,
            centre[i].numpy().reshape(-1),
            functions[i].numpy().reshape(-1),
            none if moved is None else moved[i].numpy().reshape(-1),
            network.tensors.second.numpy(),
            network.tensors.third.numpy(),
            out.dropped,
            vectors[i].numpy().reshape(-1),
            rows[i],
        )
    return vectors, out.numbers.reshape(len(read), n_invariants, LANES)


def displace(
    stage: Stage, seen: Seen, hidden: RealArray | None, noise: Tensor
) -> tuple[Tensor, RealArray]:
    """Displacements (B, N, 3) of points by a stage, and its hidden features, block by block.

    Args:
        stage: its weights, in float32.
        seen: of the points.
        hidden: of the stage before, written over; None in a first stage.
        noise: (B, E) the noise level.
    """
    with torch.autocast("cpu", enabled=False):
        kind, clouds = seen.invariants.dtype, seen.lanes.clouds
        linear = _linear(stage, kind)
        stretch, shift = _modulation(stage, noise)
        width = len(linear[0].bias)
        if hidden is None:
            hidden = np.zeros((len(clouds), width * LANES), np.float32)
        moved = torch.zeros(len(clouds), 3, LANES)
        out = torch.empty(width, LANES)
        for block, (features, inner) in enumerate(zip(seen.invariants, hidden, strict=True)):
            x = features
            for i, layer in enumerate(linear[:-1]):
                change, dropped = bits_of(layer.weight @ x)
                by = (layer.bias, stretch[i], shift[i], clouds[block], dropped)
                add_and_modulate(inner, change, *by, out.numpy().reshape(-1))
                x = nn.functional.silu(out).to(kind)
            gates, dropped = bits_of(linear[-1].weight @ x)
            vectors = seen.vectors[block].numpy().reshape(-1)
            to = moved[block].numpy().reshape(-1)
            move(vectors, gates, linear[-1].bias, stage.scale, dropped, to)
        return from_lanes(moved, seen.lanes), hidden


class _Linear(NamedTuple):
    """A linear layer: its weight (F, I) as kind of number, its bias (F,)."""

    weight: Tensor
    bias: RealArray


def _linear(stage: Stage, kind: torch.dtype) -> list[_Linear]:
    """The linear layers of a stage; the first with what its norm multiplies and adds."""
    norm, enter = stage.norm_in, stage.enter
    both = [(enter.weight * norm.weight, enter.bias + enter.weight @ norm.bias)]
    both += [(layer.weight, layer.bias) for layer in (*stage.layers, stage.gates)]
    return [_Linear(weight.to(kind), bias.numpy()) for weight, bias in both]


def _modulation(stage: Stage, noise: Tensor) -> tuple[RealArray, RealArray]:
    """How each layer norm stretches and shifts, its own weights included: (layers, B, F) each."""
    shift, stretch = stage.noise(noise).unflatten(1, (len(stage.norms), 2, -1)).unbind(2)
    weight, bias = (
        torch.stack([getattr(norm, name) for norm in stage.norms]) for name in ("weight", "bias")
    )
    stretch = 1 + stretch
    stretch, shift = weight * stretch, bias * stretch + shift
    return stretch.transpose(0, 1).contiguous().numpy(), shift.transpose(0, 1).contiguous().numpy()

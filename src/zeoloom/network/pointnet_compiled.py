"""The network `pointnet` on the CPU, without gradients: several times as fast as its modules.

The same function, to rounding: latents by octants (`octant_latent`), and compiled what happens
within each point (`pointnet_kernel`). Matrix products are those of torch, in bfloat16 under
`torch.autocast` and else in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from zeoloom.network.octant_latent import (
    Bits,
    Lanes,
    Octants,
    from_lanes,
    lanes_of,
    octants_of,
    read_octants,
    to_lanes,
)
from zeoloom.network.pointnet_kernel import LANES, add_and_modulate, contract, move
from zeoloom.network.surroundings import N_CENTRE, centre_functions, count_invariants

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeoloom.geometry.arrays import IntArray
    from zeoloom.network.pointnet import PointNet, Stage


def displacements(
    network: PointNet,
    cart_points: Tensor,
    place: Callable[[Tensor], Tensor],
    contraction: Tensor,
    noise: Tensor,
    weights: Tensor,
) -> Tensor:
    """Scaled displacements of points.

    Args:
        network: its weights in float32.
        cart_points: (B, N, 3) Å.
        place: from displacements so far, (B, N, 3), to points as stages see them, Å.
        contraction: (B, N, 3), added to the displacements of the first stage.
        noise: (B, E) the noise level.
        weights: (B, N) of the mean over the points of each cloud.

    Returns:
        (B, N, 3).
    """
    config = network.config
    kind = torch.float32
    if torch.is_autocast_enabled("cpu"):
        kind = torch.get_autocast_dtype("cpu")
    octants = octants_of(config.latent // 2, config.period, config.shells, kind)
    batch, n, _ = cart_points.shape
    lanes = lanes_of(batch, n)
    total, hidden = torch.zeros_like(cart_points), None
    with torch.autocast("cpu", enabled=False):
        for i, stage in enumerate(network.stages[: network.active_stages]):
            points = place(total)
            read = read_octants(points, weights, octants, lanes)
            moved = to_lanes(total, lanes) if i else None
            vectors, invariants = _features(network, read, octants, to_lanes(points, lanes), moved)
            change, hidden = _displace(stage, vectors, invariants, hidden, noise, lanes)
            if not i:
                total = contraction
            total = total + from_lanes(change, lanes, batch, n)
    return total


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


def _displace(
    stage: Stage,
    vectors: Tensor,
    invariants: Tensor,
    hidden: Tensor | None,
    noise: Tensor,
    lanes: Lanes,
) -> tuple[Tensor, Tensor]:
    """Displacements (blocks, 3, LANES) and hidden features (blocks, F, LANES) of a stage.

    Args:
        stage: its weights.
        vectors: (blocks, 3 V, LANES).
        invariants: (blocks, I, LANES), normed.
        hidden: (blocks, F, LANES) of the stage before, written over.
        noise: (B, E) the noise level.
        lanes: which clouds lie where.
    """
    enter, norm = stage.enter, stage.norm_in
    weight, bias = enter.weight * norm.weight, enter.bias + enter.weight @ norm.bias
    change = _times(weight, invariants)
    inner = torch.zeros_like(change) if hidden is None else hidden
    modulation = stage.noise(noise).chunk(2 * len(stage.norms), dim=-1)
    out = torch.empty_like(inner)
    for i, layer_norm in enumerate(stage.norms):
        shift, stretch = modulation[2 * i], 1 + modulation[2 * i + 1]
        stretch, shift = layer_norm.weight * stretch, layer_norm.bias * stretch + shift
        _each_block(add_and_modulate, (inner, change), (bias, stretch, shift), lanes.clouds, out)
        modulated = nn.functional.silu(out).to(invariants.dtype)
        if i < len(stage.layers):
            layer = stage.layers[i]
            change, bias = _times(layer.weight, modulated), layer.bias
    gates = _times(stage.gates.weight, modulated) + stage.gates.bias[:, None]
    moved = vectors.new_zeros(len(vectors), 3, LANES)
    for block in range(len(moved)):
        each = (x[block].numpy().reshape(-1) for x in (vectors, gates))
        move(*each, stage.scale, moved[block].numpy().reshape(-1))
    return moved, inner


def _times(weight: Tensor, x: Tensor) -> Tensor:
    """(blocks, F, LANES) in float32, of a weight (F, I) and x (blocks, I, LANES)."""
    return (weight.to(x.dtype) @ x).float()


def _each_block(
    kernel: Callable[..., None],
    rows: tuple[Tensor, ...],
    same: tuple[Tensor, ...],
    clouds: IntArray,
    out: Tensor,
) -> None:
    """Call a kernel with the rows of each block, what is the same for all, and their clouds."""
    shared = [each.contiguous().numpy() for each in same]
    for block, of_block in enumerate(clouds):
        flat = [each[block].numpy().reshape(-1) for each in (*rows, out)]
        kernel(*flat[:-1], *shared, of_block, flat[-1])

"""The latent of a cloud by octants of reciprocal space: the same numbers in a fraction of the time.

Wave vectors of a face-centred cubic period are whole multiples (h, k, l) of a step along x, y, z,
and with each come those of other signs. What they read of a cloud around a point u,

    mean over points j of exp(i k.(u_j - u)),

taken together over the signs, are means of eight products of a cosine or sine along x, one along y
and one along z. Each spherical harmonic is even or odd in x, y and z, so that it needs one of the
eight, where it needed all signs: products of matrices take a quarter of the time. The cosines and
sines are worked out once for each axis instead of for each wave vector, and of means over the
cloud's points those around any point follow by turning through the angles h u_x, k u_y, l u_z.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from zeoloom.network.fourier_latent import (
    ATOM_DENSITY,
    ATOMS,
    harmonics,
    shell_transforms,
    wave_vectors,
)
from zeoloom.network.pointnet_kernel import GROUP, LANES, surroundings_at

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

PARITIES = (
    *((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)),  # three harmonics each
    *((1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)),  # one each
)
"""Of the harmonics up to l = 3 in x, y and z: 1 where they are odd."""

WIDE = 4
"""The first of them, that have three harmonics."""

NEGLIGIBLE = 1e-6
"""1/Å. Wave vectors no more than this below the longest count nothing."""


class Octants(NamedTuple):
    """The wave vectors without their signs, and their filters.

    Attributes:
        step: 1/Å, of h, k and l.
        whole: (K, 3) h, k and l, none negative.
        columns: (Q, 2) the different (h, k).
        column: (K,) which of them each has.
        wide: (WIDE, 3 S, K) filters of the first parities, a harmonic after the other.
        narrow: (8 - WIDE, S, K) those of the others.
        order: (16,) at which place each harmonic stands among those of the filters.
    """

    step: float
    whole: IntArray
    columns: Tensor
    column: Tensor
    wide: Tensor
    narrow: Tensor
    order: IntArray


class Lanes(NamedTuple):
    """Points of clouds, side by side in blocks of `LANES`.

    Attributes:
        blocks: number of blocks.
        padded: points of a cloud with its padding, a multiple of `GROUP`.
        clouds: (blocks, LANES // GROUP) which cloud each group of points belongs to.
    """

    blocks: int
    padded: int
    clouds: IntArray


class Bits:
    """Room for numbers that compiled functions write bit by bit: they know no bfloat16.

    Args:
        size: how many.
        kind: float32 or bfloat16.

    Attributes:
        array: (size,) their bits.
        numbers: (size,) the same as numbers.
        dropped: bits of float32 that are left out.
    """

    def __init__(self, size: int, kind: torch.dtype) -> None:
        self.dropped = 32 - torch.finfo(kind).bits
        signed = np.empty(size, np.int16 if self.dropped else np.int32)
        self.array = signed.view(np.uint16 if self.dropped else np.uint32)
        self.numbers = torch.from_numpy(signed).view(kind)


def lanes_of(batch: int, n_points: int) -> Lanes:
    """How clouds lie in blocks."""
    padded = -(-n_points // GROUP) * GROUP
    blocks = -(-batch * padded // LANES)
    first = np.arange(blocks * LANES // GROUP) * GROUP // padded
    return Lanes(blocks, padded, np.minimum(first, batch - 1).reshape(blocks, -1))


def to_lanes(points: Tensor, lanes: Lanes) -> Tensor:
    """(blocks, C, LANES) of what clouds have for each point, (B, N, C); padding is 0."""
    batch, n, width = points.shape
    space = lanes.blocks * LANES
    whole = points.new_zeros(space, width)
    whole[: batch * lanes.padded].reshape(batch, lanes.padded, width)[:, :n] = points
    return whole.reshape(lanes.blocks, LANES, width).mT.contiguous()


def from_lanes(values: Tensor, lanes: Lanes, batch: int, n_points: int) -> Tensor:
    """(B, N, C) of (blocks, C, LANES)."""
    flat = values.mT.reshape(lanes.blocks * LANES, -1)[: batch * lanes.padded]
    return flat.reshape(batch, lanes.padded, -1)[:, :n_points]


@functools.lru_cache(maxsize=8)
def octants_of(n_waves: int, period: float, n_shells: int, kind: torch.dtype) -> Octants:
    """The octants of `FourierLatent` of the same size, and its filters.

    Args:
        n_waves: number of wave vectors.
        period: Å, distance of the nearest image.
        n_shells: S, number of radial functions.
        kind: of the filters.
    """
    waves, volume = wave_vectors(n_waves, period)
    filters = shell_transforms(waves, n_shells) * (2 * ATOMS / volume / math.sqrt(ATOM_DENSITY))
    step = math.pi * math.sqrt(2) / period
    signed = np.round(waves / step).astype(np.int64)
    lengths = np.linalg.norm(waves, axis=1)
    _, first = np.unique(np.abs(signed), axis=0, return_index=True)
    first = np.sort(first[lengths[first] < lengths.max() - NEGLIGIBLE])
    signed = signed[first]
    odd = _odd_harmonics()  # (16, 3)
    negative = (signed < 0).astype(np.int64) @ odd.T  # (K, 16)
    # of eight signs those that differ, half of them; (-i)^l; sin times sin
    members = 2.0 ** ((signed != 0).sum(axis=1) - 3) * 4
    seconds_and_thirds = np.arange(16) >= 4
    sign = (-1.0) ** (negative + seconds_and_thirds + (odd.sum(axis=1) >= 2))
    filters = filters[first] * (members[:, None] * sign)[:, None]  # (K, S, 16)
    by_parity = [
        np.flatnonzero((odd == np.array(parity)).all(axis=1)).tolist() for parity in PARITIES
    ]
    placed = [harmonic for harmonics_of_one in by_parity for harmonic in harmonics_of_one]
    wide, narrow = (
        torch.from_numpy(
            np.stack([filters[:, :, each].transpose(2, 1, 0).reshape(-1, len(first)) for each in of])
        ).to(kind)
        for of in (by_parity[:WIDE], by_parity[WIDE:])
    )
    whole = np.abs(signed)
    columns, column = np.unique(whole[:, :2], axis=0, return_inverse=True)
    return Octants(
        step,
        whole,
        torch.from_numpy(columns),
        torch.from_numpy(column.reshape(-1)),
        wide,
        narrow,
        np.argsort(placed),
    )


def _odd_harmonics() -> IntArray:
    """(16, 3) 1 where a harmonic is odd in x, y or z."""
    direction = np.array([0.36, 0.48, 0.8])
    flipped = harmonics(direction * (1 - 2 * np.eye(3)))  # (3, 16)
    return (flipped * harmonics(direction) < 0).T.astype(np.int64)


def read_octants(points: Tensor, weights: Tensor, octants: Octants, lanes: Lanes) -> Tensor:
    """What `FourierLatent` reads of clouds at their points.

    Args:
        points: (B, N, 3) Å.
        weights: (B, N) of the mean over the points of each cloud.
        octants: wave vectors and filters.
        lanes: how the points are to lie.

    Returns:
        (blocks, 16 S, LANES), harmonic after harmonic as `Octants.order` has them.
    """
    batch, n, _ = points.shape
    n_levels = int(octants.whole.max()) + 1
    padded = points.new_zeros(batch, 3, lanes.padded)
    padded[:, :, :n] = points.mT
    turns = octants.step * torch.arange(n_levels, dtype=points.dtype)
    angles = padded[:, :, None] * turns[:, None]  # (B, 3, H, N)
    table = torch.stack((angles.cos(), angles.sin()), dim=3)  # (B, 3, H, 2, N)
    latents = _octant_latents(table[..., :n], weights, octants)
    rows = table.reshape(batch, 6 * n_levels, lanes.padded).mT
    table = to_lanes(rows, lanes)  # (blocks, 6 H, LANES)
    kind = octants.wide.dtype
    products = Bits(len(octants.whole) * 8 * LANES, kind)
    by_parity = products.numbers.reshape(-1, 8, LANES).transpose(0, 1)
    read = points.new_empty(lanes.blocks, 16 * octants.narrow.shape[1], LANES)
    split = octants.wide.shape[0] * octants.wide.shape[1]
    for i in range(lanes.blocks):
        surroundings_at(
            table[i].numpy().reshape(-1),
            octants.whole,
            latents,
            lanes.clouds[i],
            n_levels,
            products.dropped,
            products.array,
        )
        read[i, :split] = (octants.wide @ by_parity[:WIDE]).flatten(0, 1)
        read[i, split:] = (octants.narrow @ by_parity[WIDE:]).flatten(0, 1)
    return read


def _octant_latents(table: Tensor, weights: Tensor, octants: Octants) -> FloatArray:
    """(B, K, 8) means of products of cosine or sine along x, along y and along z.

    Args:
        table: (B, 3, H, 2, N) cosines and sines.
        weights: (B, N).
        octants: the wave vectors.
    """
    x, y, z = table.unbind(1)
    flat = x[:, octants.columns[:, 0], :, None] * y[:, octants.columns[:, 1], None]
    weighted = (z * weights[:, None, None]).flatten(1, 2)  # (B, 2 H, N)
    sums = flat.flatten(1, 3) @ weighted.mT  # (B, 4 Q, 2 H)
    sums = sums.unflatten(1, (-1, 4)).unflatten(3, (-1, 2)).transpose(2, 3)  # (B, Q, H, 4, 2)
    heights = torch.from_numpy(octants.whole[:, 2])
    latents: FloatArray = sums[:, octants.column, heights].flatten(2).contiguous().numpy()
    return latents

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
from zeoloom.network.octant_kernel import LANE_GROUP, LANES, add_octants, surroundings_at

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray
    from zeoloom.network.octant_kernel import BitArray

PARITIES = (
    *((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)),  # three harmonics each
    *((1, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)),  # one each
)
"""Of the harmonics up to l = 3 in x, y and z: 1 where they are odd."""

WIDE = 4
"""The first of them, that have three harmonics."""

SHORTEST_DIFFERENCE = 1e-6
"""1/Å. Wave vectors no more than this below the longest count nothing."""


class Octants(NamedTuple):
    """The wave vectors without their signs, and their filters.

    Attributes:
        step: 1/Å, of h, k and l.
        whole: (K, 3) h, k and l, none negative.
        wide: (WIDE, 3 S, K) filters of the first parities, a harmonic after the other.
        narrow: (8 - WIDE, S, K) those of the others.
        order: (16,) at which place each harmonic stands among those of the filters.
    """

    step: float
    whole: IntArray
    wide: Tensor
    narrow: Tensor
    order: IntArray


class Lanes(NamedTuple):
    """Points of clouds, side by side in blocks of `LANES`.

    Attributes:
        shape: (B, N) clouds and points of each.
        blocks: number of blocks.
        padded: points of a cloud with its padding, a multiple of `LANE_GROUP`.
        clouds: (blocks, LANES // LANE_GROUP) which cloud each group of points belongs to.
    """

    shape: tuple[int, int]
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
        self.numbers = torch.empty(size, dtype=kind)
        self.array, self.dropped = bits_of(self.numbers)


def bits_of(numbers: Tensor) -> tuple[BitArray, int]:
    """The bits of float32 or bfloat16, flat, and how many of float32 are left out."""
    short = numbers.dtype == torch.bfloat16
    signed = numbers.reshape(-1).view(torch.int16 if short else torch.int32).numpy()
    bits: BitArray = signed.view(np.uint16) if short else signed.view(np.uint32)
    return bits, 16 if short else 0


def lanes_of(batch: int, n_points: int) -> Lanes:
    """How clouds lie in blocks."""
    padded = -(-n_points // LANE_GROUP) * LANE_GROUP
    blocks = -(-batch * padded // LANES)
    first = np.arange(blocks * LANES // LANE_GROUP) * LANE_GROUP // padded
    return Lanes(
        (batch, n_points), blocks, padded, np.minimum(first, batch - 1).reshape(blocks, -1)
    )


def to_lanes(points: Tensor, lanes: Lanes) -> Tensor:
    """(blocks, C, LANES) of what clouds have for each point, (B, N, C); padding is 0."""
    batch, n, width = points.shape
    space = lanes.blocks * LANES
    whole = points.new_zeros(space, width)
    whole[: batch * lanes.padded].reshape(batch, lanes.padded, width)[:, :n] = points
    return whole.reshape(lanes.blocks, LANES, width).mT.contiguous()


def from_lanes(values: Tensor, lanes: Lanes) -> Tensor:
    """(B, N, C) of (blocks, C, LANES)."""
    batch, n_points = lanes.shape
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
    first = np.sort(first[lengths[first] < lengths.max() - SHORTEST_DIFFERENCE])
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
    rows = filters.transpose(2, 1, 0)  # (16, S, K)
    wide, narrow = (
        torch.from_numpy(np.stack([rows[each].reshape(-1, len(first)) for each in of])).to(kind)
        for of in (by_parity[:WIDE], by_parity[WIDE:])
    )
    return Octants(
        step,
        np.abs(signed),
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
        points: (blocks, 3, LANES) Å.
        weights: (blocks, 1, LANES) of the mean over the points of each cloud; 0 for padding.
        octants: wave vectors and filters.
        lanes: which clouds lie where.

    Returns:
        (blocks, 16 S, LANES), harmonic after harmonic as `Octants.order` has them.
    """
    n_levels = int(octants.whole.max()) + 1
    levels = octants.step * torch.arange(n_levels, dtype=points.dtype)
    angles = points[:, :, None] * levels[:, None]  # (blocks, 3, H, LANES)
    table = torch.stack((angles.cos(), angles.sin()), dim=3).flatten(1).numpy()
    each_weight = weights.flatten(1).numpy()
    latents = np.zeros((lanes.shape[0], len(octants.whole), 8), table.dtype)
    for i, clouds in enumerate(lanes.clouds):
        add_octants(table[i], each_weight[i], octants.whole, clouds, n_levels, latents)
    products = Bits(len(octants.whole) * 8 * LANES, octants.wide.dtype)
    by_parity = products.numbers.reshape(-1, 8, LANES).transpose(0, 1)
    read = points.new_empty(lanes.blocks, 16 * octants.narrow.shape[1], LANES)
    split = octants.wide.shape[0] * octants.wide.shape[1]
    for i, clouds in enumerate(lanes.clouds):
        to = (products.dropped, products.array)
        surroundings_at(table[i], octants.whole, latents, clouds, n_levels, *to)
        read[i, :split] = (octants.wide @ by_parity[:WIDE]).flatten(0, 1)
        read[i, split:] = (octants.narrow @ by_parity[WIDE:]).flatten(0, 1)
    return read

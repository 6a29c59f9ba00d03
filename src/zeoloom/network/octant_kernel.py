"""What clouds bring to their latents, and these turned to each point, compiled: on the CPU.

Points lie side by side, `LANES` of them to a block, so that every loop over them runs in vector
registers. Arrays are flat, row after row of `LANES` numbers. Numbers that go into products of
matrices are written as bits, since compiled functions know no bfloat16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled_in_place, compiled_with_reordered_sums

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray

    BitArray = np.ndarray[tuple[int, ...], np.dtype[np.unsignedinteger]]
    RealArray = np.ndarray[tuple[int, ...], np.dtype[np.floating]]

LANES, LANE_GROUP = 128, 16
"""Points of a block, and those of a group, which belong to one cloud."""


@compiled_with_reordered_sums
def add_octants(
    table: RealArray,
    weights: RealArray,
    whole: IntArray,
    clouds: IntArray,
    n_levels: int,
    latents: RealArray,
) -> None:
    """Add what the points of a block bring to the latents of their clouds.

    Args:
        table: as for `surroundings_at`.
        weights: (LANES,) of the mean over the points of each cloud; 0 for padding.
        whole: (K, 3) h, k and l.
        clouds: (LANES // LANE_GROUP,) cloud of each group, rising.
        n_levels: numbers h, from 0.
        latents: (B, K, 8), added to: means of cos cos cos, cos cos sin, ... sin sin sin.
    """
    none = table.dtype.type(0.0)
    start = 0
    while start < LANES:
        cloud, stop = clouds[start // LANE_GROUP], start + LANE_GROUP
        while stop < LANES and clouds[stop // LANE_GROUP] == cloud:
            stop += LANE_GROUP
        weight = weights[start:stop]
        for k in range(len(whole)):
            x0, x1 = level_rows(table, whole[k, 0], start, stop)
            y0, y1 = level_rows(table, n_levels + whole[k, 1], start, stop)
            z0, z1 = level_rows(table, 2 * n_levels + whole[k, 2], start, stop)
            t0, t1, t2, t3, t4, t5, t6, t7 = none, none, none, none, none, none, none, none
            for p in range(stop - start):
                c, s = x0[p] * weight[p], x1[p] * weight[p]
                cc, cs, sc, ss = c * y0[p], c * y1[p], s * y0[p], s * y1[p]
                t0, t1, t2, t3 = t0 + cc * z0[p], t1 + cc * z1[p], t2 + cs * z0[p], t3 + cs * z1[p]
                t4, t5, t6, t7 = t4 + sc * z0[p], t5 + sc * z1[p], t6 + ss * z0[p], t7 + ss * z1[p]
            m = latents[cloud, k]
            m[0], m[1], m[2], m[3] = m[0] + t0, m[1] + t1, m[2] + t2, m[3] + t3
            m[4], m[5], m[6], m[7] = m[4] + t4, m[5] + t5, m[6] + t6, m[7] + t7
        start = stop


@compiled_in_place
def level_rows(table: RealArray, i: int, start: int, stop: int) -> tuple[RealArray, RealArray]:
    """Cosines and sines of a level, of some of the points."""
    at = 2 * i * LANES
    return table[at + start : at + stop], table[at + LANES + start : at + LANES + stop]


@compiled_with_reordered_sums
def surroundings_at(
    table: RealArray,
    whole: IntArray,
    latents: RealArray,
    clouds: IntArray,
    n_levels: int,
    dropped: int,
    out: BitArray,
) -> None:
    """Turn the latents of clouds to the points of a block.

    Args:
        table: 3 * n_levels * 2 rows, for each axis and each h, cosines then sines of h u.
        whole: (K, 3) h, k and l.
        latents: (B, K, 8) means of cos cos cos, cos cos sin, ... sin sin sin.
        clouds: (LANES // LANE_GROUP,) cloud of each group.
        n_levels: numbers h, from 0.
        dropped: bits of a number that `out` does not take: 16 for bfloat16, 0 for float32.
        out: (K * 8 * LANES,), written: the bits of the same means of the cloud seen from each
            point, in the order of `PARITIES`.
    """
    for k in range(len(whole)):
        x0, x1 = level_rows(table, whole[k, 0], 0, LANES)
        y0, y1 = level_rows(table, n_levels + whole[k, 1], 0, LANES)
        z0, z1 = level_rows(table, 2 * n_levels + whole[k, 2], 0, LANES)
        to = out[k * 8 * LANES : (k + 1) * 8 * LANES]
        for g in range(LANES // LANE_GROUP):
            m = latents[clouds[g], k]
            m0, m1, m2, m3, m4, m5, m6, m7 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]
            for q in range(LANE_GROUP):
                p = g * LANE_GROUP + q
                c, s = x0[p], x1[p]
                e0, e1, o0, o1 = c * m0 + s * m4, c * m1 + s * m5, c * m4 - s * m0, c * m5 - s * m1
                e2, e3, o2, o3 = c * m2 + s * m6, c * m3 + s * m7, c * m6 - s * m2, c * m7 - s * m3
                c, s = y0[p], y1[p]
                ee0, ee1, eo0 = c * e0 + s * e2, c * e1 + s * e3, c * e2 - s * e0
                oe0, oe1, oo0 = c * o0 + s * o2, c * o1 + s * o3, c * o2 - s * o0
                eo1, oo1 = c * e3 - s * e1, c * o3 - s * o1
                c, s = z0[p], z1[p]
                to[p] = to_bits(c * ee0 + s * ee1, dropped)
                to[LANES + p] = to_bits(c * oe0 + s * oe1, dropped)
                to[2 * LANES + p] = to_bits(c * eo0 + s * eo1, dropped)
                to[3 * LANES + p] = to_bits(c * ee1 - s * ee0, dropped)
                to[4 * LANES + p] = to_bits(c * oo0 + s * oo1, dropped)
                to[5 * LANES + p] = to_bits(c * eo1 - s * eo0, dropped)
                to[6 * LANES + p] = to_bits(c * oe1 - s * oe0, dropped)
                to[7 * LANES + p] = to_bits(c * oo1 - s * oo0, dropped)


@compiled_in_place
def to_bits(value: float, dropped: int) -> np.unsignedinteger:
    """The bits of a float32, rounded to nearest even where the lower half is dropped."""
    bits = np.float32(value).view(np.uint32)
    half = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    if dropped == 0:
        half = np.uint32(0)
    return (bits + half) >> np.uint32(dropped)


@compiled_in_place
def from_bits(bits: int, dropped: int) -> np.floating:
    """The float32 of bits, some of which were dropped."""
    return np.uint32(np.uint32(bits) << np.uint32(dropped)).view(np.float32)

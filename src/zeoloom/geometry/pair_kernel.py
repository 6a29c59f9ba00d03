"""`PairSums` of crystals on the CPU, compiled: edges are found and summed in one pass.

The same sums as `Crystal.pair_sums` makes with torch, which the tests hold it to; several times as
fast, since no list of edges is ever written down.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.symmetry import FloatArray, IntArray

    RealArray = np.ndarray[tuple[int, ...], np.dtype[np.floating]]
    BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

TERMS = 16
"""Rows of a pair: 1, r/d, R^T r/d, R."""

compiled = numba.njit(cache=True, error_model="numpy")
"""Division by zero gives inf, as in arrays, and needs no test."""


@compiled
def lattice_shifts(cell: RealArray, cutoff: float) -> tuple[FloatArray, FloatArray]:
    """Which lattice translations may bring a nearest image within a cutoff.

    |S_a| <= r_c / spacing_a + 1/2 in any cell, so it is exact where one is thinner than the cutoff.

    Args:
        cell: (3, 3) Å.
        cutoff: Å.

    Returns:
        (S, 3) whole cells, none among them; (3,) the largest fractional difference along each axis
        that is still within the cutoff.
    """
    inverse = np.linalg.inv(cell)
    reach = cutoff * np.sqrt((inverse * inverse).sum(axis=0))
    most = np.floor(reach + 0.5).astype(np.int64)
    shifts = np.empty(((2 * most[0] + 1) * (2 * most[1] + 1) * (2 * most[2] + 1), 3))
    row = 0
    for a in range(-most[0], most[0] + 1):
        for b in range(-most[1], most[1] + 1):
            for c in range(-most[2], most[2] + 1):
                shifts[row] = (a, b, c)
                row += 1
    return shifts, reach


@compiled
def sum_pairs(
    cells: RealArray,
    rotations: RealArray,
    translations: RealArray,
    orders: IntArray,
    present: BoolArray,
    points: RealArray,
    cutoff: float,
    softening: float,
    scalar: RealArray,
    vector: RealArray,
    vector_by_sender: RealArray,
    rotation: RealArray,
) -> None:
    """Sum the radial functions of every edge i <- (j, g, S) over (g, S).

    Args:
        cells: (B, 3, 3) Å, rows a, b, c.
        rotations: (B, G, 3, 3) Cartesian, the identity first.
        translations: (B, G, 3) Å.
        orders: (B,) operations of each group, the rest is padding.
        present: (B, N) False for padding.
        points: (B, N, 3) Å.
        cutoff: Å.
        softening: Å, of directions.
        scalar: (B, N, K, N), zeros, filled as `PairSums` says; and so are the others:
        vector: (B, 3, N, K, N).
        vector_by_sender: (B, N, K, 3, N).
        rotation: (B, 3, N, K, 3, N).
    """
    n_clouds, n, n_radial, _ = scalar.shape
    pair = np.empty((TERMS, n_radial), points.dtype)
    images = np.empty((rotations.shape[1], n, 3))
    for b in range(n_clouds):
        cell = cells[b].astype(np.float64)
        shifts, reach = lattice_shifts(cell, cutoff)
        frac = points[b].astype(np.float64) @ np.linalg.inv(cell)
        _fill_images(points[b], rotations[b], translations[b], orders[b], cell, images)
        for i in range(n):
            for j in range(n):
                if not (present[b, i] and present[b, j]):
                    continue
                met = _sum_pair(
                    frac[i],
                    images[: orders[b], j],
                    i == j,
                    rotations[b],
                    cell,
                    shifts,
                    reach,
                    cutoff,
                    softening,
                    pair,
                )
                if not met:
                    continue
                for k in range(n_radial):
                    scalar[b, i, k, j] = pair[0, k]
                    for c in range(3):
                        vector[b, c, i, k, j] = pair[1 + c, k]
                        vector_by_sender[b, i, k, c, j] = pair[4 + c, k]
                        for d in range(3):
                            rotation[b, c, i, k, d, j] = pair[7 + 3 * c + d, k]


@compiled
def _fill_images(
    points: RealArray,
    rotations: RealArray,
    translations: RealArray,
    order: int,
    cell: RealArray,
    images: RealArray,
) -> None:
    """Write the fractional images (G, N, 3) of points (N, 3) Å."""
    inverse = np.linalg.inv(cell)
    place = np.empty(3)
    for g in range(order):
        for j in range(len(points)):
            for c in range(3):
                place[c] = translations[g, c]
                for d in range(3):
                    place[c] += rotations[g, c, d] * points[j, d]
            for axis in range(3):
                images[g, j, axis] = (
                    place[0] * inverse[0, axis]
                    + place[1] * inverse[1, axis]
                    + place[2] * inverse[2, axis]
                )


@compiled
def _sum_pair(
    centre: RealArray,
    images: RealArray,
    own: bool,
    rotations: RealArray,
    cell: RealArray,
    shifts: RealArray,
    reach: RealArray,
    cutoff: float,
    softening: float,
    pair: RealArray,
) -> bool:
    """Sum the edges from all images (G, 3) of a point to a centre (3,); whether there are any.

    With `own` they are images of the centre itself, which is no edge.
    """
    pair[:] = 0.0
    met = False
    for g in range(len(images)):
        x, y, z = images[g, 0] - centre[0], images[g, 1] - centre[1], images[g, 2] - centre[2]
        x, y, z = x - np.round(x), y - np.round(y), z - np.round(z)
        if not (abs(x) < reach[0] and abs(y) < reach[1] and abs(z) < reach[2]):
            continue
        for s in range(len(shifts)):
            a, b, c = x + shifts[s, 0], y + shifts[s, 1], z + shifts[s, 2]
            rx = a * cell[0, 0] + b * cell[1, 0] + c * cell[2, 0]
            ry = a * cell[0, 1] + b * cell[1, 1] + c * cell[2, 1]
            rz = a * cell[0, 2] + b * cell[1, 2] + c * cell[2, 2]
            if rx * rx + ry * ry + rz * rz >= cutoff * cutoff:
                continue
            if own and g == 0 and (shifts[s] == 0).all():
                continue
            met = True
            _add_edge(rx, ry, rz, rotations[g], cutoff, softening, pair)
    return met


@compiled
def _add_edge(
    rx: float,
    ry: float,
    rz: float,
    turn: RealArray,
    cutoff: float,
    softening: float,
    pair: RealArray,
) -> None:
    """Add the radial functions of one edge (Å), times its geometry, to the sums of its pair."""
    n_radial = pair.shape[1]
    kind = pair.dtype.type
    squared = rx * rx + ry * ry + rz * rz
    cosine = kind(math.cos(math.sqrt(squared) * (math.pi / cutoff)))
    envelope = kind(0.5) + kind(0.5) * cosine
    # f_k = cos(k pi d / r_c) under the envelope, by the recurrence of `space.radial_functions`
    radial = np.empty(n_radial, pair.dtype)
    radial[0] = envelope
    radial[1] = envelope * cosine
    for k in range(2, n_radial):
        radial[k] = (cosine + cosine) * radial[k - 1] - radial[k - 2]
    scale = 1.0 / math.sqrt(squared + softening * softening)
    terms = np.empty(TERMS, pair.dtype)
    terms[0] = 1.0
    terms[1], terms[2], terms[3] = rx * scale, ry * scale, rz * scale
    for c in range(3):
        terms[4 + c] = turn[0, c] * terms[1] + turn[1, c] * terms[2] + turn[2, c] * terms[3]
        for d in range(3):
            terms[7 + 3 * c + d] = turn[c, d]
    for m in range(TERMS):
        for k in range(n_radial):
            pair[m, k] += terms[m] * radial[k]

"""`PairSums` of crystals on the CPU, compiled: edges are found and summed in one pass.

The same sums as `Crystal.pair_sums` makes with torch, which the tests hold it to; several times as
fast, since no list of edges is ever written down.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.geometry.image_kernel import lattice_shifts

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, IntArray

    RealArray = np.ndarray[tuple[int, ...], np.dtype[np.floating]]

PAIR_TERMS = 16
"""Rows of a pair: 1, r/d, R^T r/d, R."""


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
    most = rotations.shape[1]
    pair = np.empty((PAIR_TERMS, n_radial), points.dtype)
    radial, terms = np.empty(n_radial, points.dtype), np.empty(PAIR_TERMS, points.dtype)
    images, nearest, edges = np.empty((n, 3, most)), np.empty((3, most)), np.empty((4, most))
    for b in range(n_clouds):
        order, cell = orders[b], cells[b].astype(np.float64)
        shifts, _ = lattice_shifts(cell, cutoff)
        cart_shifts = shifts @ cell
        frac = points[b].astype(np.float64) @ np.linalg.inv(cell)
        _fill_images(points[b], rotations[b], translations[b], order, cell, images)
        for i in range(n):
            for j in range(n):
                if not (present[b, i] and present[b, j]):
                    continue
                _fill_nearest(images[j, :, :order], frac[i], nearest)
                pair[:] = 0.0
                any_near = False
                for s in range(len(shifts)):
                    _fill_edges(nearest[:, :order], cell, cart_shifts[s], edges)
                    own = i == j and s == len(shifts) // 2  # no shift: the point itself
                    for g in range(own, order):
                        if edges[3, g] >= cutoff * cutoff:
                            continue
                        any_near = True
                        _fill_radial(edges[3, g], cutoff, radial)
                        _fill_terms(edges[:, g], rotations[b, g], softening, terms)
                        _add_products(terms, radial, pair)
                if any_near:
                    _write_pair(pair, i, j, scalar[b], vector[b], vector_by_sender[b], rotation[b])


@compiled
def _write_pair(
    pair: RealArray,
    i: int,
    j: int,
    scalar: RealArray,
    vector: RealArray,
    vector_by_sender: RealArray,
    rotation: RealArray,
) -> None:
    """Write the sums of receiver i and sender j to where `PairSums` has them."""
    for k in range(pair.shape[1]):
        scalar[i, k, j] = pair[0, k]
        for c in range(3):
            vector[c, i, k, j] = pair[1 + c, k]
            vector_by_sender[i, k, c, j] = pair[4 + c, k]
            for d in range(3):
                rotation[c, i, k, d, j] = pair[7 + 3 * c + d, k]


@compiled_in_place
def _fill_images(
    points: RealArray,
    rotations: RealArray,
    translations: RealArray,
    order: int,
    cell: RealArray,
    images: RealArray,
) -> None:
    """Write the fractional images (N, 3, G) of points (N, 3) Å."""
    inverse = np.linalg.inv(cell)
    place = np.empty(3)
    for g in range(order):
        for j in range(len(points)):
            for c in range(3):
                place[c] = translations[g, c]
                for d in range(3):
                    place[c] += rotations[g, c, d] * points[j, d]
            for axis in range(3):
                images[j, axis, g] = (
                    place[0] * inverse[0, axis]
                    + place[1] * inverse[1, axis]
                    + place[2] * inverse[2, axis]
                )


@compiled_in_place
def _fill_nearest(images: RealArray, centre: RealArray, nearest: RealArray) -> None:
    """Write fractional differences (3, G), to the nearest of the lattice's images of each."""
    for axis in range(3):
        for g in range(images.shape[1]):
            apart = images[axis, g] - centre[axis]
            nearest[axis, g] = apart - np.floor(apart + 0.5)


@compiled_in_place
def _fill_edges(nearest: RealArray, cell: RealArray, shift: RealArray, edges: RealArray) -> None:
    """Write edges, Å, and their squares (4, G): those to the nearest images and a shift, Å."""
    # as numbers, or the compiler must look for changes of the cell after each that is written
    ax, ay, az = cell[0, 0], cell[0, 1], cell[0, 2]
    bx, by, bz = cell[1, 0], cell[1, 1], cell[1, 2]
    cx, cy, cz = cell[2, 0], cell[2, 1], cell[2, 2]
    sx, sy, sz = shift[0], shift[1], shift[2]
    for g in range(nearest.shape[1]):
        a, b, c = nearest[0, g], nearest[1, g], nearest[2, g]
        x = a * ax + b * bx + c * cx + sx
        y = a * ay + b * by + c * cy + sy
        z = a * az + b * bz + c * cz + sz
        edges[0, g], edges[1, g], edges[2, g] = x, y, z
        edges[3, g] = x * x + y * y + z * z


@compiled_in_place
def _fill_radial(squared: float, cutoff: float, radial: RealArray) -> None:
    """Write f_k = cos(k pi d / r_c) under the envelope, as `space.radial_functions` does."""
    kind = radial.dtype.type
    cosine = kind(math.cos(math.sqrt(squared) * (math.pi / cutoff)))
    radial[0] = kind(0.5) + kind(0.5) * cosine
    radial[1] = radial[0] * cosine
    for k in range(2, len(radial)):
        radial[k] = (cosine + cosine) * radial[k - 1] - radial[k - 2]


@compiled_in_place
def _fill_terms(edge: RealArray, turn: RealArray, softening: float, terms: RealArray) -> None:
    """Write the geometry of an edge, Å, and its square (4,), from an image turned by (3, 3)."""
    scale = 1.0 / math.sqrt(edge[3] + softening * softening)
    terms[0] = 1.0
    terms[1], terms[2], terms[3] = edge[0] * scale, edge[1] * scale, edge[2] * scale
    for c in range(3):
        terms[4 + c] = turn[0, c] * terms[1] + turn[1, c] * terms[2] + turn[2, c] * terms[3]
        for d in range(3):
            terms[7 + 3 * c + d] = turn[c, d]


@compiled_in_place
def _add_products(terms: RealArray, radial: RealArray, pair: RealArray) -> None:
    """Add the products of terms (16,) and radial functions (K,) to the sums (16, K) of a pair.

    Four rows at a time: then the compiler uses vector instructions, though K is small.
    """
    for m in range(0, PAIR_TERMS, 4):
        first, second, third, fourth = pair[m], pair[m + 1], pair[m + 2], pair[m + 3]
        a, b, c, d = terms[m], terms[m + 1], terms[m + 2], terms[m + 3]
        for k in range(len(radial)):
            f = radial[k]
            first[k] += a * f
            second[k] += b * f
            third[k] += c * f
            fourth[k] += d * f

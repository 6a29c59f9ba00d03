"""What the poster's network does within each point, compiled: on the CPU, without gradients.

Points lie side by side in blocks, as in `octant_kernel`. Arrays are flat, row after row of `LANES`
numbers, and loops go over slices of them that begin at 0: only then does the compiler use vector
registers. The tests hold these functions to the network itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from zeoloom.geometry.compiled import compiled_in_place, compiled_with_reordered_sums
from zeoloom.network.equivariant_kernel import NORM_EPSILON
from zeoloom.network.octant_kernel import LANE_GROUP, LANES, from_bits, to_bits

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray
    from zeoloom.network.octant_kernel import BitArray, RealArray

    Rows = TypeVar("Rows", BitArray, RealArray)


@compiled_with_reordered_sums
def contract(
    read: RealArray,
    order: IntArray,
    centre: RealArray,
    functions: RealArray,
    moved: RealArray,
    second: RealArray,
    third: RealArray,
    dropped: int,
    vectors: RealArray,
    out: BitArray,
) -> None:
    """Invariants and vectors of the points of a block, as `Tensors` makes them; invariants normed.

    Args:
        read: 16 S rows, what is read of the surroundings.
        order: (16,) place of each harmonic among them.
        centre: 3 rows, from the centre.
        functions: C rows, of the distance from the centre.
        moved: 3 rows, displacements so far; none in a first stage.
        second: (5, 9) as in `Tensors`.
        third: (5, 21) likewise.
        dropped: as for `surroundings_at`.
        vectors: 3 V rows, written, the components of each vector together.
        out: F rows, written: the bits of the invariants, with mean 0 and variance 1 over F.
    """
    s = len(read) // (16 * LANES)
    one = np.empty(3 * s * LANES, read.dtype)  # shell after shell
    two = np.empty(5 * s * LANES, read.dtype)
    three = np.empty(7 * s * LANES, read.dtype)
    logs = np.empty(3 * LANES, read.dtype)
    _within_bounds(read, order[1:4], s, one, logs[:LANES])
    _within_bounds(read, order[4:9], s, two, logs[LANES : 2 * LANES])
    _within_bounds(read, order[9:], s, three, logs[2 * LANES :])
    _vectors(one, two, three, centre, moved, second, third, vectors)
    values = np.empty(len(out), read.dtype)
    _copy(read[order[0] * s * LANES : (order[0] + 1) * s * LANES], values, 0)
    at = _invariants(one, two, three, centre, vectors, values)
    _copy(logs, values, at)
    _copy(functions, values, at + 3 * LANES)
    at += 3 * LANES + len(functions)
    if len(moved):
        by_moved = len(vectors) - 3 * (s + 1) * LANES
        for start in (0, by_moved):
            for i in range(s):
                _dot(vectors, start + 3 * i * LANES, moved, 0, 3, values, at)
                at += LANES
        _dot(moved, 0, moved, 0, 3, values, at)
        _dot(centre, 0, moved, 0, 3, values, at + LANES)
    _normed(values, dropped, out)


@compiled_with_reordered_sums
def _vectors(
    one: RealArray,
    two: RealArray,
    three: RealArray,
    centre: RealArray,
    moved: RealArray,
    second: RealArray,
    third: RealArray,
    vectors: RealArray,
) -> None:
    """T1, T2.T1, T3:T2, T2.c, T3:cc, c, and where points have moved T2.d and d."""
    s = len(one) // (3 * LANES)
    matrices = np.empty(9 * s * LANES, one.dtype)
    maps = np.empty(21 * s * LANES, one.dtype)
    _mix(second, two, s, matrices)
    _mix(third, two, s, maps)
    outer = np.empty(5 * LANES, one.dtype)
    lever = np.empty(21 * LANES, one.dtype)
    _outer(centre, second, outer)
    _mix(third, outer, 1, lever)
    by_first, by_third = 3 * s * LANES, 3 * (s + s * s) * LANES
    by_centre = 3 * (s + 2 * s * s) * LANES
    third_by_centre, at_centre = by_centre + 3 * s * LANES, by_centre + 6 * s * LANES
    by_moved = at_centre + 3 * LANES
    _copy(one, vectors, 0)
    _copy(centre, vectors, at_centre)
    if len(moved):
        _copy(moved, vectors, by_moved + 3 * s * LANES)
    for i in range(s):
        for c in range(3):
            row = (3 * i + c) * LANES
            _dot(matrices, 3 * row, centre, 0, 3, vectors, by_centre + row)
            _dot(lever, 7 * c * LANES, three, 7 * i * LANES, 7, vectors, third_by_centre + row)
            if len(moved):
                _dot(matrices, 3 * row, moved, 0, 3, vectors, by_moved + row)
            for j in range(s):
                place = (3 * (i * s + j) + c) * LANES
                _dot(matrices, 3 * row, one, 3 * j * LANES, 3, vectors, by_first + place)
                _dot(maps, 7 * row, three, 7 * j * LANES, 7, vectors, by_third + place)


@compiled_with_reordered_sums
def _invariants(
    one: RealArray,
    two: RealArray,
    three: RealArray,
    centre: RealArray,
    vectors: RealArray,
    values: RealArray,
) -> int:
    """Products of tensors with one another and with c, behind S rows; the place of what follows."""
    s = len(one) // (3 * LANES)
    by_first, by_third = 3 * s * LANES, 3 * (s + s * s) * LANES
    by_centre = 3 * (s + 2 * s * s) * LANES
    of_each = s * s * LANES
    for i in range(s):
        for j in range(s):
            at = s * LANES + (i * s + j) * LANES
            both = 3 * (i * s + j) * LANES
            _dot(one, 3 * i * LANES, one, 3 * j * LANES, 3, values, at)
            _dot(two, 5 * i * LANES, two, 5 * j * LANES, 5, values, at + of_each)
            _dot(three, 7 * i * LANES, three, 7 * j * LANES, 7, values, at + 2 * of_each)
            _dot(vectors, by_first + both, one, 3 * j * LANES, 3, values, at + 3 * of_each)
            _dot(vectors, by_third + both, one, 3 * j * LANES, 3, values, at + 4 * of_each)
    at = s * LANES + 5 * of_each
    for start in (0, by_centre, by_centre + 3 * s * LANES):
        for i in range(s):
            _dot(vectors, start + 3 * i * LANES, centre, 0, 3, values, at)
            at += LANES
    return at


@compiled_with_reordered_sums
def _within_bounds(
    read: RealArray, order: IntArray, s: int, out: RealArray, logs: RealArray
) -> None:
    """Tensors divided by sqrt(1 + mean square), shell after shell, and the logs of that sum."""
    size = len(order)
    squares = np.zeros(LANES, read.dtype)
    for m in range(size):
        for i in range(s):
            row = _row(read, order[m] * s + i)
            for p in range(LANES):
                squares[p] += row[p] * row[p]
    share = read.dtype.type(1.0 / (s * size))
    one = read.dtype.type(1.0)
    for p in range(LANES):
        squares[p] = one + squares[p] * share
    for p in range(LANES):
        logs[p] = math.log(squares[p])
        squares[p] = one / np.sqrt(squares[p])
    for m in range(size):
        for i in range(s):
            row, to = _row(read, order[m] * s + i), _row(out, i * size + m)
            for p in range(LANES):
                to[p] = row[p] * squares[p]


@compiled_with_reordered_sums
def _mix(coupling: RealArray, tensors: RealArray, s: int, out: RealArray) -> None:
    """Linear maps (5, W) of s tensors of degree 2, 5 rows each, to W rows each."""
    width = coupling.shape[1]
    for i in range(s):
        for w in range(width):
            c0, c1, c2 = coupling[0, w], coupling[1, w], coupling[2, w]
            c3, c4 = coupling[3, w], coupling[4, w]
            of, to = tensors[5 * i * LANES : 5 * (i + 1) * LANES], _row(out, i * width + w)
            for p in range(LANES):
                first = c0 * of[p] + c1 * of[LANES + p] + c2 * of[2 * LANES + p]
                to[p] = first + c3 * of[3 * LANES + p] + c4 * of[4 * LANES + p]


@compiled_with_reordered_sums
def _outer(centre: RealArray, second: RealArray, out: RealArray) -> None:
    """Directions times themselves as tensors of degree 2, 5 rows."""
    for q in range(5):
        for p in range(LANES):
            total = second[q, 0] * centre[p] * centre[p]
            for ab in range(1, 9):
                total += second[q, ab] * centre[ab // 3 * LANES + p] * centre[ab % 3 * LANES + p]
            out[q * LANES + p] = total


@compiled_in_place
def _dot(a: RealArray, i: int, b: RealArray, j: int, n: int, out: RealArray, o: int) -> None:
    """The sum of n products, of the rows from i and from j on, into the row at o."""
    x, y, to = a[i : i + n * LANES], b[j : j + n * LANES], out[o : o + LANES]
    for p in range(LANES):
        total = x[p] * y[p]
        for m in range(1, n):
            total += x[m * LANES + p] * y[m * LANES + p]
        to[p] = total


@compiled_in_place
def _row(rows: Rows, i: int) -> Rows:
    """One of the rows."""
    return rows[i * LANES : (i + 1) * LANES]


@compiled_in_place
def _copy(rows: RealArray, out: RealArray, start: int) -> None:
    """Rows, from a place on."""
    out[start : start + len(rows)] = rows


@compiled_with_reordered_sums
def _normed(values: RealArray, dropped: int, out: BitArray) -> None:
    """The bits of values with mean 0 and variance 1 over the rows."""
    mean, stretch = np.zeros(LANES, values.dtype), np.zeros(LANES, values.dtype)
    _moments(values, mean, stretch)
    for i in range(len(values) // LANES):
        row, to = _row(values, i), _row(out, i)
        for p in range(LANES):
            to[p] = to_bits((row[p] - mean[p]) * stretch[p], dropped)


@compiled_with_reordered_sums
def _moments(values: RealArray, mean: RealArray, stretch: RealArray) -> None:
    """Mean over the rows, and one over the standard deviation, added to zeros."""
    share = values.dtype.type(LANES / len(values))
    for i in range(len(values) // LANES):
        row = _row(values, i)
        for p in range(LANES):
            mean[p] += row[p] * share
    for i in range(len(values) // LANES):
        row = _row(values, i)
        for p in range(LANES):
            stretch[p] += (row[p] - mean[p]) * (row[p] - mean[p])
    least = values.dtype.type(NORM_EPSILON)
    one = values.dtype.type(1.0)
    for p in range(LANES):
        stretch[p] = one / np.sqrt(stretch[p] * share + least)


@compiled_with_reordered_sums
def add_and_modulate(
    inner: RealArray,
    change: BitArray,
    bias: RealArray,
    stretch: RealArray,
    shift: RealArray,
    clouds: IntArray,
    dropped: int,
    out: RealArray,
) -> None:
    """Add a change and a bias to hidden features; norm, stretch and shift them by their cloud.

    Args:
        inner: F rows, written.
        change: F rows of bits.
        bias: (F,).
        stretch: (B, F).
        shift: (B, F).
        clouds: (LANES // LANE_GROUP,) cloud of each group.
        dropped: as for `surroundings_at`, of the change.
        out: F rows, written.
    """
    for f in range(len(bias)):
        row, added, term = _row(inner, f), _row(change, f), bias[f]
        for p in range(LANES):
            row[p] += from_bits(added[p], dropped) + term
    mean, scale = np.zeros(LANES, inner.dtype), np.zeros(LANES, inner.dtype)
    _moments(inner, mean, scale)
    for f in range(len(inner) // LANES):
        row, to = _row(inner, f), _row(out, f)
        for g in range(LANES // LANE_GROUP):
            factor, term = stretch[clouds[g], f], shift[clouds[g], f]
            for p in range(g * LANE_GROUP, (g + 1) * LANE_GROUP):
                to[p] = (row[p] - mean[p]) * scale[p] * factor + term


@compiled_with_reordered_sums
def move(
    vectors: RealArray,
    gates: BitArray,
    bias: RealArray,
    factor: float,
    dropped: int,
    out: RealArray,
) -> None:
    """The sum of vectors, each times its gate, added to 3 rows.

    Args:
        vectors: 3 V rows.
        gates: V rows of bits.
        bias: (V,) added to the gates.
        factor: of the sum.
        dropped: as for `surroundings_at`, of the gates.
        out: 3 rows, added to.
    """
    f = out.dtype.type(factor)
    gate = np.empty(LANES, out.dtype)
    for v in range(len(bias)):
        bits, vector = _row(gates, v), vectors[3 * v * LANES : 3 * (v + 1) * LANES]
        for p in range(LANES):
            gate[p] = (from_bits(bits[p], dropped) + bias[v]) * f
        for c in range(3):
            row, to = _row(vector, c), _row(out, c)
            for p in range(LANES):
                to[p] += gate[p] * row[p]

"""The rings of a net, listed vertex by vertex; `rings` says what a ring is, and counts them.

A ring is built from one of its vertices, edge by edge, with the last vertex fixed beforehand. Every
new vertex has to be as far from the first, the second, the last and the opposite vertices as it is
along the ring: then no shortcut is left when the ring closes. All rings of one size grow at once.

Vertex i in cell S is one integer here, `i + n * (S_1 + W_1 * S_2 + W_1 * W_2 * S_3)`, as in
`ball_kernel`, with W just large enough: so distances can be looked up in one array.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.nets.periodic_net import half_edges
from zeoloom.nets.rings import MAX_COORDINATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from zeoloom.geometry.arrays import BoolArray, IntArray
    from zeoloom.nets.periodic_net import PeriodicNet

UNREACHED = 255
"""Distance of vertices that are farther apart than those asked for."""

MOST_DISTANCES = 1 << 27
"""Distances in memory, a byte each: nets with some 2000 vertices in a cell need so many."""

MOST_PATHS = 10_000
"""Rings of one size that grow at once."""

ANGLE_PAIRS = tuple(combinations(range(MAX_COORDINATION), 2))
"""Pairs of edges at a vertex."""


@dataclass(frozen=True, slots=True)
class RingsOfSize:
    """The rings of one size in a cell; of the copies in other cells there is one.

    Attributes:
        vertices: (k, size) in order around each ring.
        cells: (k, size, d) the cell that each of them is in.
        smallest: (k,) whether the ring is the smallest at one of its angles, as vertex symbols
            count them. Those that are not lead around cages.
    """

    vertices: IntArray
    cells: IntArray
    smallest: BoolArray

    @property
    def size(self) -> int:
        """Vertices in each ring."""
        return int(self.vertices.shape[1])


@dataclass(frozen=True, slots=True)
class _Distances:
    """A net as steps from vertex to vertex, and how far apart near vertices are.

    Attributes:
        steps: (n, 4) what is added to a vertex to get along each edge; 0 where there is no edge.
        widths: (d,) numbers of cells W along each axis.
        table: flat, by first vertex, then by the cell and the vertex of the other.
        middle: what is added to a difference of two vertices for its index in the table.
    """

    steps: IntArray
    widths: IntArray
    table: NDArray[np.uint8]
    middle: int

    def between(self, one: IntArray, other: IntArray) -> NDArray[np.uint8]:
        """(m,) edges on the shortest path between vertices (m,) and (m,)."""
        first = one % len(self.steps)
        per_vertex = len(self.table) // max(len(self.steps), 1)
        return np.asarray(self.table[first * per_vertex + first + self.middle + other - one])


def list_rings(net: PeriodicNet, sizes: Iterable[int]) -> tuple[RingsOfSize, ...]:
    """All rings of some sizes.

    Args:
        net: any net whose vertices have at most `MAX_COORDINATION` edges.
        sizes: numbers of vertices of a ring, at least 3. Which rings are the smallest at an angle
            is right if all smaller sizes that there are have been asked for.

    Returns:
        One record for each size that there is, in increasing order. Nothing for nets so large that
        more than `MOST_DISTANCES` would be needed; no larger sizes where rings are countless.

    Raises:
        ValueError: if a vertex has more edges.
    """
    if net.coordination.max(initial=0) > MAX_COORDINATION:
        raise ValueError(f"a vertex has more than {MAX_COORDINATION} edges")
    wanted = sorted(set(sizes))
    distances = _distances(net, wanted[-1] // 2)
    if distances is None:
        return ()
    best: IntArray = np.full(len(net) * MAX_COORDINATION**2, wanted[-1] + 1)
    found = []
    for size in wanted:
        paths = _paths_of(distances, size)
        if paths is None:
            break
        if len(paths) == 0:
            continue
        nodes = _distinct(paths, distances)
        angles = _angles(nodes, distances.steps)
        np.minimum.at(best, angles, size)
        smallest = (best[angles] == size).any(axis=1)
        vertices, cells = _unpacked(nodes, distances)
        found.append(RingsOfSize(vertices, cells, smallest))
    return tuple(found)


def _distances(net: PeriodicNet, reach: int) -> _Distances | None:
    """Distances of up to `reach` edges; None if there would be too many."""
    n, d = len(net), net.dimension
    heads, shifts = _edges_by_vertex(net)
    none = heads < 0
    low, high = (np.zeros((n, d), dtype=np.int64) for _ in range(2))
    # vertices are compared that are up to two edges farther apart
    for _ in range(reach + 2):
        low = np.minimum(low, np.where(none[..., None], 0, low[heads] + shifts).min(axis=1))
        high = np.maximum(high, np.where(none[..., None], 0, high[heads] + shifts).max(axis=1))
    widest = np.maximum(-low, high).max(axis=0, initial=0)
    widths = 2 * widest + 1
    if float(n) * n * np.prod(widths, dtype=np.float64) > MOST_DISTANCES:
        return None
    powers = n * np.cumprod([1, *widths[:-1]])[:d]
    steps = np.where(none, 0, heads - np.arange(n)[:, None] + shifts @ powers)
    per_vertex = n * int(widths.prod())
    middle = int(widest @ powers)
    table = np.full(n * per_vertex, UNREACHED, dtype=np.uint8)
    start = np.arange(n)
    offset = start * per_vertex + middle
    node = start
    table[offset + node] = 0
    for distance in range(1, reach + 1):
        ahead = (offset[start] + node)[:, None] + steps[node % n]
        table[ahead[table[ahead] == UNREACHED]] = distance
        entry = np.flatnonzero(table == distance)
        start = entry // per_vertex
        node = entry - offset[start]
    return _Distances(steps, widths, table, middle)


def _edges_by_vertex(net: PeriodicNet) -> tuple[IntArray, IntArray]:
    """Other vertex (n, 4) and cells (n, 4, d) of the edges at each vertex; vertex -1 for none."""
    half = half_edges(net)
    column = np.arange(len(half.tails)) - half.first[half.tails]
    heads = np.full((len(net), MAX_COORDINATION), -1)
    shifts = np.zeros((len(net), MAX_COORDINATION, net.dimension), dtype=np.int64)
    heads[half.tails, column], shifts[half.tails, column] = half.heads, half.shifts
    return heads, shifts


def _paths_of(distances: _Distances, size: int) -> IntArray | None:
    """(k, size) rings that begin with their least vertex in cell zero; some more than once.

    None if there are more than `MOST_PATHS` of them at any time.
    """
    steps = distances.steps
    n, half = len(steps), size // 2
    first = np.repeat(np.arange(n), len(ANGLE_PAIRS))
    ones, others = (np.tile(column, n) for column in zip(*ANGLE_PAIRS, strict=True))
    one, last = first + steps[first, ones], first + steps[first, others]
    kept = (one != first) & (last != first) & (one % n >= first) & (last % n >= first)
    path, last = np.stack([first[kept], one[kept]], axis=1), last[kept]
    for step in range(2, size):
        if len(path) == 0:
            return np.zeros((0, size), dtype=np.int64)
        ahead = path[:, -1:] + steps[path[:, -1] % n]
        row, column = np.nonzero((ahead != path[:, -1:]) & (ahead % n >= path[:, :1]))
        node = ahead[row, column]
        wanted = [
            (last, min(step + 1, size - 1 - step)),
            (path[:, 0], min(step, size - step)),
            (path[:, 1], min(step - 1, size - step + 1)),
        ]
        # in an odd ring two vertices are opposite
        opposite = range(half, half + 1 + size % 2)
        wanted += [(path[:, step - apart], half) for apart in opposite if apart <= step]
        for other, distance in wanted:
            kept = distances.between(other[row], node) == distance
            row, node = row[kept], node[kept]
        if len(node) > MOST_PATHS:
            return None
        path, last = np.column_stack([path[row], node]), last[row]
    return path


def _distinct(rings: IntArray, distances: _Distances) -> IntArray:
    """Rings (k, size) without copies: those in other cells, or begun from another vertex."""
    n = len(distances.steps)
    _, cells = _unpacked(rings, distances)
    powers = n * np.cumprod([1, *distances.widths[:-1]])[: len(distances.widths)]
    # the mean cell of a copy differs by whole cells
    home = np.floor_divide(cells.sum(axis=1), rings.shape[1]) @ powers
    _, first = np.unique(np.sort(rings - home[:, None], axis=1), axis=0, return_index=True)
    return np.asarray(rings[first])


def _angles(rings: IntArray, steps: IntArray) -> IntArray:
    """(k, size) a number for the angle of each ring at each of its vertices."""
    vertex = rings % len(steps)
    edges = steps[vertex]
    onwards = (edges == (np.roll(rings, -1, axis=1) - rings)[..., None]).argmax(axis=-1)
    back = (edges == (np.roll(rings, 1, axis=1) - rings)[..., None]).argmax(axis=-1)
    low, high = np.minimum(onwards, back), np.maximum(onwards, back)
    return np.asarray((vertex * MAX_COORDINATION + low) * MAX_COORDINATION + high)


def _unpacked(rings: IntArray, distances: _Distances) -> tuple[IntArray, IntArray]:
    """Vertices (k, size) and their cells (k, size, d)."""
    vertex = rings % len(distances.steps)
    rest = (rings - vertex) // len(distances.steps)
    cells = np.empty((*rings.shape, len(distances.widths)), dtype=np.int64)
    for axis, width in enumerate(distances.widths):
        cells[..., axis] = (rest + width // 2) % width - width // 2
        rest = (rest - cells[..., axis]) // width
    return vertex, cells

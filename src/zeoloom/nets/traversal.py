"""Numbering a net from a start vertex, following its edges in a given order.

Where the edges of every vertex differ in their vectors in the barycentric placement,
their order is a property of the net and of the frame the vectors are written in, and so is the
numbering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray
    from zeoloom.nets.periodic_net import HalfEdges

MOST_CELLS = 1 << 20
"""Cells along one direction; three of them and a sign fit in 63 bits."""


class Traversal(NamedTuple):
    """A connected net, numbered breadth first along a spanning tree.

    Attributes:
        vertices: (n,) vertex with each number.
        cells: (n, d) the cell in which each is reached.
        targets: (2E,) numbers of the heads of all half-edges, by number of the tail, then in order.
        cycles: (2E, d) shift of every half-edge between the vertices in their cells.
    """

    vertices: IntArray
    cells: IntArray
    targets: IntArray
    cycles: IntArray


class OrderedEdges:
    """The half-edges of a net in the order of their labels at each vertex.

    Attributes:
        distinct: whether the labels at every vertex differ.
    """

    distinct: bool

    def __init__(self, half: HalfEdges, labels: IntArray) -> None:
        """Sort.

        Args:
            half: half-edges of a connected net.
            labels: (2E, d) any integers; the first column counts most.
        """
        order = np.lexsort((*labels.T[::-1], half.tails))
        ordered, tails = labels[order], half.tails[order]
        same = (ordered[1:] == ordered[:-1]).all(axis=1) & (tails[1:] == tails[:-1])
        self.distinct = not bool(same.any())
        self._d = half.shifts.shape[1]
        self._first, self._heads = half.first, half.heads[order]
        powers = np.array([MOST_CELLS**k for k in range(self._d)], dtype=np.int64)
        self._steps = half.shifts[order] @ powers

    def traverse(self, start: int, limit: IntArray | None = None) -> Traversal | None:
        """Number all vertices from a start vertex, which gets number 0 at its place in cell 0.

        Args:
            start: the vertex.
            limit: targets of another traversal; None is returned as soon as it is clear that the
                targets of this one come after them in lexicographic order.
        """
        limit = np.zeros(0, dtype=np.int64) if limit is None else limit
        vertices, cells, targets, cycles = _walk(
            self._first, self._heads, self._steps, start, limit
        )
        if len(vertices) == 0:
            return None
        return Traversal(vertices, self._unpack(cells), targets, self._unpack(cycles))

    def _unpack(self, packed: IntArray) -> IntArray:
        """(m, d) cells from (m,) packed ones."""
        cells = np.zeros((len(packed), self._d), dtype=np.int64)
        rest = packed
        for k in range(self._d):
            # the digit nearest to zero: cells count in both directions
            cells[:, k] = (rest + MOST_CELLS // 2) % MOST_CELLS - MOST_CELLS // 2
            rest = (rest - cells[:, k]) // MOST_CELLS
        return cells


@compiled
def _walk(
    first: IntArray, heads: IntArray, steps: IntArray, start: int, limit: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """As `Traversal`, cells packed; nothing if the targets come after a limit (0,) or (2E,)."""
    n = len(first) - 1
    number, place = np.full(n, -1), np.zeros(n, np.int64)
    vertices = np.zeros(n, np.int64)
    targets, cycles = np.empty(len(heads), np.int64), np.empty(len(heads), np.int64)
    number[start], vertices[0] = 0, start
    limited = len(limit) > 0
    met, done = 1, 0
    for vertex in vertices:
        for row in range(first[vertex], first[vertex + 1]):
            head, reached = heads[row], place[vertex] + steps[row]
            if number[head] < 0:
                number[head], place[head], vertices[met] = met, reached, head
                met += 1
            targets[done], cycles[done] = number[head], reached - place[head]
            if limited and targets[done] != limit[done]:
                if targets[done] > limit[done]:
                    return vertices[:0], place[:0], targets[:0], cycles[:0]
                limited = False
            done += 1
    return vertices, place[vertices], targets, cycles

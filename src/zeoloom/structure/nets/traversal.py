"""Numbering a net from a start vertex, following its edges in a given order.

Where the edges of every vertex can be told apart by their vectors in the barycentric placement,
their order is a property of the net and of the frame the vectors are written in, and so is the
numbering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from zeoloom.structure.nets.graph import HalfEdges
    from zeoloom.structure.records import IntArray

WIDTH = 1 << 20
"""Cells along one direction; three of them and a sign fit in 63 bits."""


class Traversal(NamedTuple):
    """A connected net, numbered breadth first along a spanning tree.

    Attributes:
        vertices: (n,) vertex with each number.
        places: (n, d) the cell in which each is reached.
        targets: 2E numbers, of the head of every half-edge, by number of the tail, then in order.
        cycles: (2E, d) shift of every half-edge between the vertices at their places.
    """

    vertices: IntArray
    places: IntArray
    targets: list[int]
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
        self._first: list[int] = half.first.tolist()
        self._heads: list[int] = half.heads[order].tolist()
        powers = np.array([WIDTH**k for k in range(self._d)], dtype=np.int64)
        self._steps: list[int] = (half.shifts[order] @ powers).tolist()

    def traverse(self, start: int, limit: list[int] | None = None) -> Traversal | None:
        """Number all vertices from a start vertex, which gets number 0 at its place in cell 0.

        Args:
            start: the vertex.
            limit: targets of another traversal; None is returned as soon as it is clear that the
                targets of this one come after them in lexicographic order.
        """
        walk = self._walk(start, limit)
        if walk is None:
            return None
        vertices, places, targets, cycles = walk
        return Traversal(
            np.array(vertices),
            self._unpack(np.array([places[v] for v in vertices], dtype=np.int64)),
            targets,
            self._unpack(np.array(cycles, dtype=np.int64)),
        )

    def _walk(
        self, start: int, limit: list[int] | None
    ) -> tuple[list[int], list[int], list[int], list[int]] | None:
        first, heads, steps = self._first, self._heads, self._steps
        number = [-1] * (len(first) - 1)
        places = [0] * (len(first) - 1)
        number[start] = 0
        vertices = [start]
        targets: list[int] = []
        cycles: list[int] = []
        for vertex in vertices:
            place = places[vertex]
            done = len(targets)
            for row in range(first[vertex], first[vertex + 1]):
                head, reached = heads[row], place + steps[row]
                if number[head] < 0:
                    number[head] = len(vertices)
                    places[head] = reached
                    vertices.append(head)
                targets.append(number[head])
                cycles.append(reached - places[head])
            if limit is not None:
                fresh, other = targets[done:], limit[done : len(targets)]
                if fresh > other:
                    return None
                if fresh < other:
                    limit = None
        return vertices, places, targets, cycles

    def _unpack(self, packed: IntArray) -> IntArray:
        """(m, d) cells from (m,) packed ones."""
        cells = np.zeros((len(packed), self._d), dtype=np.int64)
        rest = packed
        for k in range(self._d):
            # the digit nearest to zero: cells count both ways
            cells[:, k] = (rest + WIDTH // 2) % WIDTH - WIDTH // 2
            rest = (rest - cells[:, k]) // WIDTH
        return cells

"""Shells of neighbours in a periodic net: coordination sequences, graph distances.

A node of the infinite net, vertex i in cell S, is packed into one integer,
`i + n * (S_1 + W * S_2 + W^2 * S_3)`; so a step along an edge, whatever the cell, is one addition.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.structure.nets.graph import half_edges

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zeoloom.structure.nets.graph import Net
    from zeoloom.structure.records import IntArray

WIDTH = 1 << 20
"""W. Python's integers do not overflow; it is only wide enough that cells are never confused."""

SHELLS = 12
"""Shells of a coordination sequence, as the IZA database counts them."""


class Walker:
    """Breadth-first shells around the vertices of a net, grown when asked for and kept.

    Attributes:
        steps: for each vertex i, what to add to a node of it to reach each of its neighbours.
        size: n, so that `node % size` is the vertex of a node.
    """

    def __init__(self, net: Net) -> None:
        half = half_edges(net)
        self.size = len(net)
        powers = self.size * np.array([WIDTH**k for k in range(net.dimension)], dtype=object)
        packed = (half.heads - half.tails).astype(object) + half.shifts.astype(object) @ powers
        first = half.first.tolist()
        self.steps: list[list[int]] = [
            packed[start:stop].tolist() for start, stop in pairwise(first)
        ]
        # distance of every node met so far from vertex i of cell zero, and its shells
        self._balls: list[dict[int, int]] = [{i: 0} for i in range(self.size)]
        self._shells: list[list[list[int]]] = [[[i]] for i in range(self.size)]

    def neighbours(self, node: int) -> list[int]:
        """The nodes bonded to a node."""
        return [node + step for step in self.steps[node % self.size]]

    def shell(self, vertex: int, distance: int) -> list[int]:
        """The nodes at a graph distance from a vertex of cell zero."""
        shells, ball = self._shells[vertex], self._balls[vertex]
        while len(shells) <= distance:
            reach = len(shells)
            fresh = []
            for node in shells[-1]:
                for step in self.steps[node % self.size]:
                    if node + step not in ball:
                        ball[node + step] = reach
                        fresh.append(node + step)
            shells.append(fresh)
        return shells[distance]

    def at_distance(self, node: int, other: int, distance: int) -> bool:
        """Whether two nodes are exactly so far apart."""
        vertex = node % self.size
        if len(self._shells[vertex]) <= distance:
            self.shell(vertex, distance)
        # moved into cell zero together
        return self._balls[vertex].get(other - node + vertex) == distance


def coordination_sequences(
    net: Net | Walker, vertices: Iterable[int] | None = None, shells: int = SHELLS
) -> IntArray:
    """Numbers of vertices at graph distance 1, 2, ... (Meier & Möck, J. Solid State Chem. 1979).

    Args:
        net: any net, or a walker on it, whose shells are then shared between calls.
        vertices: those wanted; all by default.
        shells: how many.

    Returns:
        (number of vertices wanted, shells).
    """
    walker = net if isinstance(net, Walker) else Walker(net)
    wanted = range(walker.size) if vertices is None else vertices
    rows = [[len(walker.shell(int(v), k)) for k in range(1, shells + 1)] for v in wanted]
    return np.array(rows, dtype=np.int64).reshape(-1, shells)

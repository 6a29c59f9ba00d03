"""Compiled: the connected parts of a periodic net, and a spanning tree of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray


@compiled
def spanned(first: IntArray, heads: IntArray, shifts: IntArray) -> tuple[IntArray, IntArray]:
    """Connected parts of a net, by their first vertex, and a spanning tree of each.

    Args:
        first: (n + 1,) where the half-edges of each vertex begin.
        heads: (2E,) vertex that each reaches.
        shifts: (2E, d) cells it goes on.

    Returns:
        (n,) the part of each vertex; (n, d) the cell it is in when it is reached along the tree.
    """
    n, dimension = len(first) - 1, shifts.shape[1]
    part_of, cells = np.full(n, -1), np.zeros((n, dimension), np.int64)
    reached, parts = np.empty(n, np.int64), 0
    for root in range(n):
        if part_of[root] >= 0:
            continue
        part_of[root], reached[0] = parts, root
        done, met = 0, 1
        while done < met:
            vertex = reached[done]
            done += 1
            for row in range(first[vertex], first[vertex + 1]):
                head = heads[row]
                if part_of[head] < 0:
                    part_of[head], reached[met] = parts, head
                    met += 1
                    for axis in range(dimension):
                        cells[head, axis] = cells[vertex, axis] + shifts[row, axis]
        parts += 1
    return part_of, cells

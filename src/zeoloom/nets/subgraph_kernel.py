"""Compiled: a finite graph looked for in a periodic net, vertex by vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.nets.ball_kernel import EdgeSteps

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, IntArray

__all__ = ["EdgeSteps", "holds_subgraph"]


@compiled
def holds_subgraph(
    edges: EdgeSteps, roots: IntArray, bonded: BoolArray, parents: IntArray, most_steps: int
) -> int:
    """Whether a net holds a graph: with all its edges, and no other between its vertices.

    Args:
        edges: of the net.
        roots: (r,) vertices of the net that may be the first of the graph.
        bonded: (k, k) which vertices of the graph are bonded.
        parents: (k,) of each vertex but the first one before it that it is bonded to.
        most_steps: after which it is given up.

    Returns:
        1 if it does, 0 if not, -1 if it was given up.
    """
    n, size = len(edges.first) - 1, len(parents)
    before = np.zeros(size, np.int64)
    for k in range(size):
        for j in range(k):
            before[k] += bonded[k, j]
    nodes, tried = np.zeros(size, np.int64), np.zeros(size, np.int64)
    steps = 0
    for root in roots:
        nodes[0], tried[1:] = root, 0
        k = 1
        while 0 < k < size:
            steps += 1
            if steps > most_steps:
                return -1
            here = nodes[parents[k]]
            vertex = here % n
            if edges.first[vertex] + tried[k] == edges.first[vertex + 1]:
                tried[k] = 0
                k -= 1
                continue
            node = here + edges.steps[edges.first[vertex] + tried[k]]
            tried[k] += 1
            if _fits(edges, nodes, bonded, before[k], k, node):
                nodes[k] = node
                k += 1
        if k == size:
            return 1
    return 0


@compiled
def _fits(
    edges: EdgeSteps, nodes: IntArray, bonded: BoolArray, before: int, k: int, node: int
) -> bool:
    """Whether a node can be vertex k: it is another than those before, and bonded as it has to be.

    Args:
        edges: of the net.
        nodes: of the vertices before k.
        bonded: of the graph.
        before: how many of these vertex k is bonded to.
        k: the vertex.
        node: of the net.
    """
    for j in range(k):
        if nodes[j] == node:
            return False
    vertex = node % (len(edges.first) - 1)
    found = 0
    for edge in range(edges.first[vertex], edges.first[vertex + 1]):
        other = node + edges.steps[edge]
        for j in range(k):
            if nodes[j] == other:
                if not bonded[k, j]:
                    return False
                found += 1
    return found == before

"""Compiled: balls of neighbours in a periodic net, and the smallest rings at its angles.

A node of the infinite net, vertex i in cell S, is packed into one integer,
`i + n * (S_1 + W * S_2 + W^2 * S_3)`; so a step along an edge, whatever the cell, is one addition,
and two nodes are as far apart as when both are moved until the first lies in cell zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_in_place

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, IntArray

CODED_CELLS = 1 << 17
"""W. Cells to 65,000 away are never confused in nets of up to 8,000 vertices."""

FREE = -(1 << 62)
"""A place in a table that holds no node."""


BEYOND = 127
"""Distance of nodes that are not in a ball."""

ANGLES = 6
"""At a vertex with four edges."""


class EdgeSteps(NamedTuple):
    """A net as what is added to a node to get along each half-edge.

    Attributes:
        first: (n + 1,) where the half-edges of each vertex begin.
        steps: (2E,).
    """

    first: IntArray
    steps: IntArray


class Balls(NamedTuple):
    """What is near to each vertex of a net, built when asked for.

    Attributes:
        edges: of the net.
        reach: distance up to which they grow.
        nodes: (n, capacity) a hash table each.
        distances: (n, capacity) of these from the middle.
        built: (n,) whether each has been.
        fits: (1,) False once something did not.
    """

    edges: EdgeSteps
    reach: int
    nodes: IntArray
    distances: IntArray
    built: BoolArray
    fits: BoolArray


class Diameters(NamedTuple):
    """Opposite nodes of the rings that are being turned; written in place.

    Attributes:
        ends: (capacity, 2) nodes.
        counts: (capacity,) by how many paths each two were reached.
    """

    ends: IntArray
    counts: IntArray


@compiled
def shell_sizes(
    edges: EdgeSteps, vertices: IntArray, shells: int, capacity: int
) -> tuple[IntArray, bool]:
    """How many nodes are at distances 1, 2, ... from vertices.

    Args:
        edges: of the net.
        vertices: (k,).
        shells: how many.
        capacity: of a table, a power of two.

    Returns:
        (k, shells), and whether the capacity was enough.
    """
    sizes = np.zeros((len(vertices), shells), np.int64)
    nodes, distances = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    for row in range(len(vertices)):
        if not _build(edges, vertices[row], shells, nodes, distances):
            return sizes, False
        for slot in range(capacity):
            if nodes[slot] != FREE and distances[slot] > 0:
                sizes[row, distances[slot] - 1] += 1
    return sizes, True


@compiled
def smallest_rings(
    edges: EdgeSteps, vertices: IntArray, reach: int, capacity: int
) -> tuple[IntArray, IntArray, bool]:
    """The smallest rings at the angles of vertices with at most four edges.

    Args:
        edges: of the net.
        vertices: (k,).
        reach: rings of up to 2 * reach + 1 vertices are looked for.
        capacity: of a table, a power of two.

    Returns:
        (k, 6) their sizes, 0 where there is none (or no angle), (k, 6) how many there are, and
        whether the capacity was enough. Angles are between edges 0 and 1, 0 and 2, 0 and 3, 1 and
        2, 1 and 3, 2 and 3.
    """
    n = len(edges.first) - 1
    balls = Balls(
        edges,
        reach,
        np.empty((n, capacity), np.int64),
        np.empty((n, capacity), np.int64),
        np.zeros(n, np.bool_),
        np.ones(1, np.bool_),
    )
    these = Diameters(np.empty((capacity, 2), np.int64), np.empty(capacity, np.int64))
    those = Diameters(np.empty((capacity, 2), np.int64), np.empty(capacity, np.int64))
    sizes = np.zeros((len(vertices), ANGLES), np.int64)
    counts = np.zeros((len(vertices), ANGLES), np.int64)
    for row in range(len(vertices)):
        vertex, angle = vertices[row], 0
        arms = vertex + edges.steps[edges.first[vertex] : edges.first[vertex + 1]]
        for i in range(len(arms)):
            for j in range(i + 1, len(arms)):
                for size in range(3, 2 * reach + 2):
                    if size % 2:
                        found = _odd_rings(balls, vertex, arms[i], arms[j], size // 2, these, those)
                    else:
                        found = _even_rings(
                            balls, vertex, arms[i], arms[j], size // 2, these, those
                        )
                    if found:
                        sizes[row, angle], counts[row, angle] = size, found
                        break
                angle += 1
    return sizes, counts, balls.fits[0]


@compiled_in_place
def _even_rings(
    balls: Balls, vertex: int, a: int, b: int, half: int, these: Diameters, those: Diameters
) -> int:
    """Number of rings of 2 * half vertices: vertex, a = a_1, ..., u = a_half, ..., b_1 = b.

    Diameters, all of length half: (vertex, u), (a_1, b_half-1), (a_2, b_half-2), ..., (u, vertex).
    """
    total = 0
    _apart(balls, vertex, vertex)  # built from here on
    for slot in range(balls.nodes.shape[1]):
        u = balls.nodes[vertex, slot]
        if (
            u == FREE
            or balls.distances[vertex, slot] != half
            or _apart(balls, a, u) != half - 1
            or _apart(balls, b, u) != half - 1
        ):
            continue
        met = 0
        for step in _steps(balls, u):
            y = u + step
            if (
                _apart(balls, b, y) == half - 2
                and _apart(balls, vertex, y) == half - 1
                and _apart(balls, a, y) == half
            ):
                met = _put(balls, these, met, a, y, 1)
        for turn in range(2, half):
            met = _move(balls, these, met, 1, b, half - turn - 1, 0, those)
            met = _move(balls, those, met, 0, u, half - turn, half, these)
        total += these.counts[:met].sum()
    return total


@compiled_in_place
def _odd_rings(
    balls: Balls, vertex: int, a: int, b: int, half: int, these: Diameters, those: Diameters
) -> int:
    """Number of rings of 2 * half + 1 vertices: vertex, a = a_1, ..., a_half, b_half, ..., b_1 = b.

    Every vertex is opposite an edge, so a turn has two steps, of length half after each:
    (a_1, b_half), (a_1, b_half-1), (a_2, b_half-1), (a_2, b_half-2), ..., (a_half, b_1).
    """
    total = 0
    _apart(balls, vertex, vertex)  # built from here on
    for slot in range(balls.nodes.shape[1]):
        p = balls.nodes[vertex, slot]
        if p == FREE or balls.distances[vertex, slot] != half or _apart(balls, a, p) != half - 1:
            continue
        for step in _steps(balls, p):
            q = p + step
            if (
                _apart(balls, vertex, q) != half
                or _apart(balls, b, q) != half - 1
                or _apart(balls, a, q) != half
            ):
                continue
            met = _put(balls, these, 0, a, q, 1)
            for turn in range(1, half):
                met = _move(balls, these, met, 1, b, half - turn - 1, half, those)
                met = _move(balls, those, met, 0, p, half - turn - 1, half, these)
            total += these.counts[:met].sum()
    return total


@compiled
def _move(
    balls: Balls,
    diameters: Diameters,
    number: int,
    end: int,
    target: int,
    distance: int,
    length: int,
    moved: Diameters,
) -> int:
    """Move one end of diameters an edge on, to a distance from a target.

    Args:
        balls: of the net.
        diameters: of which the first `number` count.
        number: of them.
        end: which is moved, 0 or 1.
        target: node.
        distance: from it.
        length: of the diameters afterwards; with 0 they need not be diameters yet.
        moved: written.

    Returns:
        How many there are now.
    """
    met = 0
    for row in range(number):
        moving, other = diameters.ends[row, end], diameters.ends[row, 1 - end]
        for step in _steps(balls, moving):
            there = moving + step
            if _apart(balls, target, there) == distance and (
                length == 0 or _apart(balls, other, there) == length
            ):
                x, y = (there, other) if end == 0 else (other, there)
                met = _put(balls, moved, met, x, y, diameters.counts[row])
    return met


@compiled
def _put(balls: Balls, diameters: Diameters, number: int, x: int, y: int, count: int) -> int:
    """Take up a diameter, reached by `count` paths; how many there are then."""
    for row in range(number):
        if diameters.ends[row, 0] == x and diameters.ends[row, 1] == y:
            diameters.counts[row] += count
            return number
    if number == len(diameters.counts):
        balls.fits[0] = False
        return number
    diameters.ends[number, 0], diameters.ends[number, 1] = x, y
    diameters.counts[number] = count
    return number + 1


@compiled
def _steps(balls: Balls, node: int) -> IntArray:
    """What leads from a node to its neighbours."""
    edges = balls.edges
    vertex = node % (len(edges.first) - 1)
    return edges.steps[edges.first[vertex] : edges.first[vertex + 1]]


@compiled
def _apart(balls: Balls, node: int, other: int) -> int:
    """The distance of two nodes; `BEYOND` if that is beyond reach."""
    vertex = node % len(balls.built)
    if not balls.built[vertex]:
        balls.built[vertex] = True
        if not _build(
            balls.edges, vertex, balls.reach, balls.nodes[vertex], balls.distances[vertex]
        ):
            balls.fits[0] = False
    # moved into cell zero together
    other += vertex - node
    slot = slot_of(balls.nodes[vertex], other)
    return balls.distances[vertex, slot] if balls.nodes[vertex, slot] == other else BEYOND


@compiled
def _build(edges: EdgeSteps, vertex: int, reach: int, nodes: IntArray, distances: IntArray) -> bool:
    """Write the ball of a vertex of cell zero into a hash table; whether there was room."""
    n, room = len(edges.first) - 1, 3 * len(nodes) // 4
    nodes[:] = FREE
    order = np.empty(room, np.int64)
    slot = slot_of(nodes, vertex)
    nodes[slot], distances[slot], order[0] = vertex, 0, vertex
    done, met = 0, 1
    for distance in range(1, reach + 1):
        last = met
        while done < last:
            node = order[done]
            here = node % n
            for k in range(edges.first[here], edges.first[here + 1]):
                following = node + edges.steps[k]
                slot = slot_of(nodes, following)
                if nodes[slot] == FREE:
                    if met == room:
                        return False
                    nodes[slot], distances[slot], order[met] = following, distance, following
                    met += 1
            done += 1
    return True


@compiled
def slot_of(nodes: IntArray, node: int) -> int:
    """Where a node is in a hash table, a power of two long, or where it would be put."""
    slot = (node * 0x9E3779B97F4A7C15 >> 20) & (len(nodes) - 1)
    while nodes[slot] != FREE and nodes[slot] != node:
        slot = (slot + 1) & (len(nodes) - 1)
    return slot

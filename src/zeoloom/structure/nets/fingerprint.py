"""A quick fingerprint of a 4-connected net: equal for equal nets, nearly never for others.

Long before the key of a net is worked out, it tells that a net has been met before.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.pair_kernel import compiled
from zeoloom.structure.nets.graph import half_edges
from zeoloom.structure.nets.shells import SHELLS

if TYPE_CHECKING:
    from zeoloom.structure.nets.graph import Net
    from zeoloom.structure.records import IntArray

DEGREE = 4

WIDTH = 64
"""Cells along each axis in which nodes are told apart; shells reach fewer."""

LONGEST = 12
"""Steps between two neighbours of a vertex: circuits of at most 14 vertices are looked for."""

TABLE, MOST_NODES = 1 << 14, 1 << 13
"""Places of the hash table of nodes, and how many of them are used at most."""

FREE = -1

MANY = 1 << 20
"""Above the number of circuits at an angle."""


def fingerprint_of(net: Net) -> str:
    """Fingerprint of a 3-periodic net; empty unless all its vertices have four bonds.

    Vertices of one site must be equivalent, as images of one asymmetric atom are.
    """
    if not (net.coordination == DEGREE).all():
        return ""
    half = half_edges(net)
    return fingerprint(half.heads, half.shifts, net.sites)


def fingerprint(heads: IntArray, shifts: IntArray, sites: IntArray) -> str:
    """Hash of the shells around each kind of vertex and of the shortest circuits at its angles.

    Args:
        heads: (4n,) vertex that each half-edge reaches, sorted by the one it leaves; every vertex
            has four.
        shifts: (4n, 3) cells it goes on.
        sites: (n,) kind of each vertex; kinds need not be told apart by the net.

    Returns:
        Hexadecimal; the same for any cell of the net.
    """
    first = np.unique(sites, return_index=True)[1]
    counts = np.bincount(sites, minlength=int(sites.max()) + 1)[sites[first]]
    rows = _invariants(
        heads.reshape(-1, DEGREE), shifts.reshape(-1, DEGREE, 3), first.astype(np.int64), SHELLS
    )
    shares: dict[bytes, int] = {}
    for row, count in zip(rows, counts.tolist(), strict=True):
        shares[row.tobytes()] = shares.get(row.tobytes(), 0) + count
    unit = int(np.gcd.reduce(list(shares.values())))
    digest = hashlib.sha256()
    for row, count in sorted(shares.items()):
        digest.update(row + str(count // unit).encode())
    return digest.hexdigest()[:32]


@compiled
def _invariants(heads: IntArray, shifts: IntArray, vertices: IntArray, shells: int) -> IntArray:
    """Of each vertex: sizes of its shells; length and number of the circuits at its six angles."""
    n = len(heads)
    steps = np.empty((n, DEGREE), np.int64)
    for i in range(n):
        for k in range(DEGREE):
            s = shifts[i, k]
            steps[i, k] = heads[i, k] - i + n * (s[0] + WIDTH * (s[1] + WIDTH * s[2]))
    nodes = np.full(TABLE, FREE)
    ball = (nodes, np.empty(TABLE, np.int64), np.empty(TABLE, np.int64), np.empty(TABLE, np.int64))
    middle = n * (WIDTH // 2) * (1 + WIDTH + WIDTH * WIDTH)
    rows = np.zeros((len(vertices), shells + 12), np.int64)
    sizes = np.zeros(LONGEST, np.int64)
    for row in range(len(vertices)):
        centre = middle + vertices[row]
        around = centre + steps[vertices[row]]
        _grow(ball, steps, centre, FREE, shells, rows[row, :shells], around[:0])
        angle = 0
        codes = np.empty(6, np.int64)
        for one in range(1, DEGREE):
            _grow(ball, steps, around[one], centre, LONGEST, sizes, around[:one])
            for two in range(one):
                slot = _slot(nodes, around[two])
                met = nodes[slot] != FREE
                codes[angle] = MANY * ball[1][slot] + ball[2][slot] if met else 0
                angle += 1
        codes.sort()
        rows[row, shells : shells + 6] = codes // MANY
        rows[row, shells + 6 :] = codes % MANY
    return rows


@compiled
def _grow(
    ball: tuple[IntArray, IntArray, IntArray, IntArray],
    steps: IntArray,
    start: int,
    closed: int,
    shells: int,
    sizes: IntArray,
    sought: IntArray,
) -> None:
    """Breadth-first search that never enters the node `closed`.

    Args:
        ball: a hash table, made anew: nodes, how far each is, how many shortest ways lead there;
            and the nodes in the order they were met.
        steps: (n, 4) what leads from a node to its neighbours.
        start: node.
        closed: node.
        shells: how far.
        sizes: (shells,) to which the number of nodes at each distance is added.
        sought: (k,) nodes; with all shortest ways to all of them known the search ends. It goes as
            far as told if there are none.
    """
    nodes, distance, ways, queue = ball
    nodes[:] = FREE
    slot = _slot(nodes, start)
    nodes[slot], distance[slot], ways[slot] = start, 0, 1
    queue[0] = start
    done, met, left = 0, 1, len(sought) - (sought == start).sum()
    while done < met:
        node = queue[done]
        done += 1
        slot = _slot(nodes, node)
        reach, many = distance[slot] + 1, ways[slot]
        if reach > shells:
            return
        for k in range(DEGREE):
            following = node + steps[node % len(steps), k]
            if following == closed:
                continue
            slot = _slot(nodes, following)
            if nodes[slot] == FREE:
                if met == MOST_NODES:
                    return
                nodes[slot], distance[slot], ways[slot] = following, reach, many
                queue[met] = following
                met += 1
                sizes[reach - 1] += 1
                for other in sought:
                    if other == following:
                        left -= 1
                        if left == 0:
                            shells = reach
            elif distance[slot] == reach:
                ways[slot] += many


@compiled
def _slot(nodes: IntArray, node: int) -> int:
    """Where a node is in the table, or where it would be put."""
    slot = (node * 0x9E3779B97F4A7C15 >> 20) & (TABLE - 1)
    while nodes[slot] not in (FREE, node):
        slot = (slot + 1) & (TABLE - 1)
    return slot

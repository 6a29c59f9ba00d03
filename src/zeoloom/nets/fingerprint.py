"""A quick fingerprint of a 4-connected net: equal for equal nets, nearly never for others.

Long before the key of a net is worked out, it tells that a net has been met before.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.nets.ball_kernel import ANGLES, FREE, slot_of
from zeoloom.nets.periodic_net import half_edges
from zeoloom.nets.quotient_graph import QuotientGraph

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray
    from zeoloom.nets.periodic_net import PeriodicNet

DEGREE = 4

CELLS_ACROSS = 64
"""Cells along each axis in which nodes are distinct; shells reach fewer."""

NEAR_SHELLS, FAR_SHELLS = 8, 16
"""Shells around every kind of vertex, and around that put first; SBS and SBT need more than 14."""

ROUNDS = 12
"""In which labels are made finer; as many for every description of a net."""

LONGEST = 12
"""Steps between two neighbours of a vertex: circuits of at most 14 vertices are looked for."""

FEW_NODES, MANY_NODES = 1 << 10, 1 << 12
"""That are met at most: near a vertex, which a smaller table is quicker for, and far around it."""

MANY = 1 << 20
"""Above the number of circuits at an angle."""


class Ball(NamedTuple):
    """The nodes around one, in the order they were met, and a hash table of them.

    Attributes:
        table: (2m,) nodes, or FREE.
        rows: (2m,) which node of those below each is.
        nodes: (m,) all of them.
        vertices: (m,) of the net that they are images of.
        paths: (m,) how many shortest paths lead there.
    """

    table: IntArray
    rows: IntArray
    nodes: IntArray
    vertices: IntArray
    paths: IntArray


def fingerprint_of(net: PeriodicNet | QuotientGraph) -> str:
    """Fingerprint of a 3-periodic net; empty unless all its vertices have four bonds.

    Vertices of one site must be equivalent, as images of one asymmetric atom are.
    """
    if isinstance(net, QuotientGraph):
        if not len(net) or not (net.bonds.counts == DEGREE).all():
            return ""
        sites, _, heads, shifts = net.half_edges()
        return fingerprint(heads, shifts, sites)
    if not (net.coordination == DEGREE).all():
        return ""
    half = half_edges(net)
    return fingerprint(half.heads, half.shifts, np.ascontiguousarray(net.sites))


def fingerprint(heads: IntArray, shifts: IntArray, sites: IntArray) -> str:
    """Hash of what is around each kind of vertex.

    That is the shells near it and the shortest circuits at its angles, then what is around its
    neighbours, and theirs (the refinement of Weisfeiler & Lehman, 1968), and the far shells of the
    kind of vertex that this puts first.

    Args:
        heads: (4n,) vertex that each half-edge reaches, sorted by the one it leaves; every vertex
            has four.
        shifts: (4n, 3) cells it goes on.
        sites: (n,) kind of each vertex; the net need not distinguish kinds.

    Returns:
        Hexadecimal; the same for any cell of the net.
    """
    first, kinds, counts = _kinds_of(sites)
    rows = _invariants(heads.reshape(-1, DEGREE), shifts.reshape(-1, DEGREE, 3), first, kinds)
    shares: dict[bytes, int] = {}
    for row, count in zip(rows, counts.tolist(), strict=True):
        shares[row.tobytes()] = shares.get(row.tobytes(), 0) + count
    unit = math.gcd(*shares.values())
    digest = hashlib.sha256()
    for row, count in sorted(shares.items()):
        digest.update(row + str(count // unit).encode())
    return digest.hexdigest()[:32]


@compiled
def _kinds_of(sites: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """A vertex (k,) of each kind, the kind (n,) of each vertex, and how many (k,) are of each.

    `np.unique` says the same, but takes an eighth of the time of a fingerprint.
    """
    first, counts = np.empty_like(sites), np.zeros_like(sites)
    kinds, k = np.empty_like(sites), 0
    for i in range(len(sites)):
        kind = k
        for known in range(k - 1, -1, -1):  # vertices of one kind mostly follow one another
            if sites[first[known]] == sites[i]:
                kind = known
                break
        if kind == k:
            first[k] = i
            k += 1
        kinds[i] = kind
        counts[kind] += 1
    return first[:k], kinds, counts[:k]


@compiled
def _invariants(heads: IntArray, shifts: IntArray, first: IntArray, kinds: IntArray) -> IntArray:
    """Rows (k, 1 + FAR_SHELLS) of each kind of vertex: its label, and sizes of its shells or zeros.

    Args:
        heads: (n, 4).
        shifts: (n, 4, 3).
        first: (k,) a vertex of each kind.
        kinds: (n,) of each vertex.
    """
    n, k = len(heads), len(first)
    steps = np.empty((n, DEGREE), np.int64)
    for i in range(n):
        for m in range(DEGREE):
            s = shifts[i, m]
            steps[i, m] = heads[i, m] - i + n * (s[0] + CELLS_ACROSS * (s[1] + CELLS_ACROSS * s[2]))
    ball = _ball_for(FEW_NODES)
    middle = n * (CELLS_ACROSS // 2) * (1 + CELLS_ACROSS + CELLS_ACROSS * CELLS_ACROSS)
    labels: IntArray = np.zeros(k, np.int64)
    at_angles = np.zeros((k, ANGLES), np.int64)
    sizes = np.empty(FAR_SHELLS, np.int64)
    for row in range(k):
        vertex, centre = first[row], middle + first[row]
        _write_shells(ball, heads, steps, centre, vertex, sizes[:NEAR_SHELLS])
        for shell in range(NEAR_SHELLS):
            labels[row] = _mixed(labels[row] + sizes[shell])
        _write_circuits(ball, heads, steps, centre, vertex, at_angles[row])
    ball = _ball_for(MANY_NODES)
    for _ in range(ROUNDS):
        labels = _refined(labels, at_angles, heads, first, kinds)
    rows = np.zeros((k, 1 + FAR_SHELLS), np.int64)
    least = labels[0]
    for row in range(1, k):
        least = min(least, labels[row])
    for row in range(k):
        rows[row, 0] = labels[row]
        if labels[row] == least:
            centre = middle + first[row]
            _write_shells(ball, heads, steps, centre, first[row], rows[row, 1:])
    return rows


@compiled
def _ball_for(most: int) -> Ball:
    """A ball with room for so many nodes, none of them there yet."""
    return Ball(
        np.empty(2 * most, np.int64),
        np.empty(2 * most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
    )


@compiled
def _mixed(number: int) -> int:
    """A whole number that has nothing to do with it, but for being the same each time."""
    number ^= number >> 31
    number *= 0x7FB5D329728EA185
    number ^= number >> 27
    number *= 0x1DADEF4BC2DD44D
    return number ^ (number >> 33)


@compiled_in_place
def _refined(
    labels: IntArray, at_angles: IntArray, heads: IntArray, first: IntArray, kinds: IntArray
) -> IntArray:
    """New labels (k,) of kinds of vertices: from the old ones of these and of their neighbours.

    Neighbours are taken two by two, with the circuits (k, 6) at the angle between them.
    """
    refined = np.empty_like(labels)
    for row in range(len(labels)):
        around, angle = _mixed(labels[row]), 0
        for one in range(1, DEGREE):
            here = _mixed(labels[kinds[heads[first[row], one]]])
            for two in range(one):
                there = _mixed(labels[kinds[heads[first[row], two]]])
                around += _mixed(here + there + at_angles[row, angle])
                angle += 1
        refined[row] = _mixed(around)
    return refined


@compiled
def _write_shells(
    ball: Ball, heads: IntArray, steps: IntArray, centre: int, vertex: int, sizes: IntArray
) -> None:
    """Write how many nodes are at distances 1, 2, ... from a node; 0 where there is no room."""
    ends = np.empty(len(sizes) + 1, np.int64)
    reached = _grow(ball, heads, steps, centre, vertex, FREE, ends[:0], ends)
    sizes[:] = 0
    for shell in range(reached):
        sizes[shell] = ends[shell + 1] - ends[shell]


@compiled_in_place
def _write_circuits(
    ball: Ball, heads: IntArray, steps: IntArray, centre: int, vertex: int, at_angles: IntArray
) -> None:
    """Write length and number of the shortest circuits at the six angles of a node, as one."""
    around, ends, angle = centre + steps[vertex], np.empty(LONGEST + 1, np.int64), 0
    for one in range(1, DEGREE):
        start = heads[vertex, one]
        reached = _grow(ball, heads, steps, around[one], start, centre, around[:one], ends)
        for two in range(one):
            slot = slot_of(ball.table, around[two])
            at_angles[angle] = 0
            if ball.table[slot] != FREE and ball.rows[slot] < ends[reached]:
                far = np.searchsorted(ends[:reached], ball.rows[slot], side="right")
                at_angles[angle] = MANY * far + ball.paths[ball.rows[slot]]
            angle += 1


@compiled
def _grow(
    ball: Ball,
    heads: IntArray,
    steps: IntArray,
    start: int,
    vertex: int,
    closed: int,
    sought: IntArray,
    ends: IntArray,
) -> int:
    """Breadth-first search that never enters the node `closed`.

    Args:
        ball: made anew.
        heads: (n, 4) neighbours of each vertex.
        steps: (n, 4) what leads from a node to these.
        start: node.
        vertex: that it is an image of.
        closed: node.
        sought: (k,) nodes; the search ends with the shell that has the last of them.
        ends: (shells + 1,) nodes up to each shell, written; the start is shell 0. A shell for which
            there is no room ends the search.

    Returns:
        How many shells are whole, without the start.
    """
    table, rows, nodes, vertices, paths = ball
    table[:] = FREE
    slot = slot_of(table, start)
    table[slot], rows[slot] = start, 0
    nodes[0], vertices[0], paths[0] = start, vertex, 1
    first, met = 0, 1
    left = len(sought) - (sought == start).sum()
    ends[0] = 1
    for shell in range(1, len(ends)):
        last = met
        for done in range(first, last):
            node, here = nodes[done], vertices[done]
            for k in range(DEGREE):
                following = node + steps[here, k]
                if following == closed:
                    continue
                slot = slot_of(table, following)
                if table[slot] == FREE:
                    if met == len(nodes):
                        return shell - 1
                    table[slot], rows[slot] = following, met
                    nodes[met], vertices[met], paths[met] = following, heads[here, k], paths[done]
                    met += 1
                    for other in sought:
                        left -= other == following
                elif rows[slot] >= last:
                    paths[rows[slot]] += paths[done]
        first = last
        ends[shell] = met
        if len(sought) and left == 0:
            return shell
    return len(ends) - 1

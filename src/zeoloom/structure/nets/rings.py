"""Rings: vertex symbols as the IZA database lists them, and the ring sizes of a net.

A ring is a closed path without shortcuts: between any two of its vertices no path of the net is
shorter than along the ring (O'Keeffe & Hyde, Zeolites 19, 370, 1997; Goetzke & Klein, J. Non-Cryst.
Solids 127, 215, 1991). It is enough that opposite vertices are as far apart as along the ring. So a
ring is found by turning a diameter of it, step by step, half way around: both its ends move along
edges and their distance never changes. The number of such turns is the number of rings, and is
counted without listing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from zeoloom.structure.nets.shells import Walker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zeoloom.structure.nets.graph import Net

MAX_RING = 36
"""Largest ring looked for. The largest pore of the reference is a 30-ring (ITV)."""


@dataclass(frozen=True, order=True, slots=True)
class AngleRings:
    """The smallest rings through two edges at a vertex.

    Attributes:
        size: their number of T atoms; `MAX_RING` + 1 if there is no ring.
        count: how many there are.
    """

    size: int
    count: int

    def __str__(self) -> str:
        if self.size > MAX_RING:
            return "*"
        return f"{self.size}_{self.count}" if self.count > 1 else str(self.size)


NO_RING = AngleRings(MAX_RING + 1, 0)


@dataclass(frozen=True, slots=True)
class VertexSymbol:
    """The smallest rings at every angle of a vertex.

    Attributes:
        angles: at a vertex with four edges three pairs of opposite angles (sharing no edge), the
            smaller of each pair first, the pairs in order; at any other vertex all angles in order.
    """

    angles: tuple[AngleRings, ...]

    def __str__(self) -> str:
        return "·".join(map(str, self.angles))


def vertex_symbols(
    net: Net | Walker, vertices: Iterable[int] | None = None
) -> tuple[VertexSymbol, ...]:
    """Vertex symbols such as '4·4·4·6·6·12' (FAU) or '5·5·5·5_2·5·10_3'.

    Args:
        net: any net, or a walker on it, whose shells are then shared between calls.
        vertices: those wanted; all by default.

    Returns:
        One for each vertex wanted; `str` gives the text as in the IZA database, '*' for an angle
        without a ring.
    """
    walker = net if isinstance(net, Walker) else Walker(net)
    wanted = range(walker.size) if vertices is None else vertices
    return tuple(_vertex_symbol(walker, int(vertex)) for vertex in wanted)


def ring_sizes(symbols: Iterable[VertexSymbol]) -> tuple[int, ...]:
    """The sizes of the smallest rings at the angles of some vertices, in increasing order."""
    found = {angle.size for symbol in symbols for angle in symbol.angles if angle != NO_RING}
    return tuple(sorted(found))


def _vertex_symbol(walker: Walker, vertex: int) -> VertexSymbol:
    arms = walker.neighbours(vertex)
    angle = {
        (i, j): _smallest_rings(walker, vertex, arms[i], arms[j])
        for i, j in combinations(range(len(arms)), 2)
    }
    if len(arms) != 4:
        return VertexSymbol(tuple(sorted(angle.values())))
    opposite = [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    pairs = sorted(sorted((angle[one], angle[two])) for one, two in opposite)
    return VertexSymbol(tuple(rings for pair in pairs for rings in pair))


def _smallest_rings(walker: Walker, vertex: int, a: int, b: int) -> AngleRings:
    """The smallest rings through the path a - vertex - b."""
    for size in range(3, MAX_RING + 1):
        count = (_odd_rings if size % 2 else _even_rings)(walker, vertex, a, b, size // 2)
        if count:
            return AngleRings(size, count)
    return NO_RING


Diameters = dict[tuple[int, int], int]
"""The diameters reached, by their two ends, each with the number of ways it was reached."""


def _even_rings(walker: Walker, vertex: int, a: int, b: int, half: int) -> int:
    """Number of rings of 2 * half vertices: vertex, a = a_1, ..., u = a_half, ..., b_1 = b.

    Diameters, all of length half: (vertex, u), (a_1, b_half-1), (a_2, b_half-2), ..., (u, vertex).
    """
    at = walker.at_distance
    total = 0
    for u in walker.shell(vertex, half):
        if not (at(a, u, half - 1) and at(b, u, half - 1)):
            continue
        ends: Diameters = {
            (a, y): 1
            for y in walker.neighbours(u)
            if at(b, y, half - 2) and at(vertex, y, half - 1) and at(a, y, half)
        }
        for turn in range(2, half):
            ends = _move_far(walker, ends, b, half - turn - 1, None)
            ends = _move_near(walker, ends, u, half - turn, half)
        total += sum(ends.values())
    return total


def _odd_rings(walker: Walker, vertex: int, a: int, b: int, half: int) -> int:
    """Number of rings of 2 * half + 1 vertices: vertex, a = a_1, ..., a_half, b_half, ..., b_1 = b.

    Every vertex is opposite an edge, so a turn has two steps, of length half after each:
    (a_1, b_half), (a_1, b_half-1), (a_2, b_half-1), (a_2, b_half-2), ..., (a_half, b_1).
    """
    at = walker.at_distance
    total = 0
    for p in walker.shell(vertex, half):
        if not at(a, p, half - 1):
            continue
        for q in walker.neighbours(p):
            if not (at(vertex, q, half) and at(b, q, half - 1) and at(a, q, half)):
                continue
            ends: Diameters = {(a, q): 1}
            for turn in range(1, half):
                ends = _move_far(walker, ends, b, half - turn - 1, half)
                ends = _move_near(walker, ends, p, half - turn - 1, half)
            total += sum(ends.values())
    return total


def _move_near(
    walker: Walker, ends: Diameters, target: int, distance: int, length: int
) -> Diameters:
    """Move the first ends one edge on, to `distance` from the target, diameters of `length`."""
    moved: Diameters = {}
    for (x, y), ways in ends.items():
        for other in walker.neighbours(x):
            if walker.at_distance(target, other, distance) and walker.at_distance(y, other, length):
                moved[other, y] = moved.get((other, y), 0) + ways
    return moved


def _move_far(
    walker: Walker, ends: Diameters, target: int, distance: int, length: int | None
) -> Diameters:
    """Move the second ends likewise; with `length` None they need not be diameters yet."""
    moved: Diameters = {}
    for (x, y), ways in ends.items():
        for other in walker.neighbours(y):
            if walker.at_distance(target, other, distance) and (
                length is None or walker.at_distance(x, other, length)
            ):
                moved[x, other] = moved.get((x, other), 0) + ways
    return moved

"""Rings: vertex symbols as the IZA database lists them, and the ring sizes of a net.

A ring is a closed path without shortcuts: between any two of its vertices no path of the net is
shorter than along the ring (O'Keeffe & Hyde, Zeolites 19, 370, 1997; Goetzke & Klein, J. Non-Cryst.
Solids 127, 215, 1991). It is enough that opposite vertices are as far apart as along the ring. So a
ring is found by turning a diameter of it, step by step, half way around: both its ends move along
edges and their distance never changes. The number of such turns is the number of rings, and is
counted without listing them (`ball_kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.nets.ball_kernel import ANGLES, smallest_rings
from zeoloom.nets.shells import edge_steps, with_room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zeoloom.nets.periodic_net import PeriodicNet

MAX_RING = 36
"""Largest ring looked for. The largest pore of the reference is a 30-ring (ITV)."""

MAX_COORDINATION = 4
"""Bonds of a T atom. Nets with more are no zeolites, and their shells and rings soon endless."""

REACHES = (4, 6, 9, MAX_RING // 2)
"""Half the size of the rings looked for, one after the other: balls grow with the third power."""


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
    net: PeriodicNet, vertices: Iterable[int] | None = None, largest: int = MAX_RING
) -> tuple[VertexSymbol, ...]:
    """Vertex symbols such as '4·4·4·6·6·12' (FAU) or '5·5·5·5_2·5·10_3'.

    Args:
        net: any net whose vertices have at most `MAX_COORDINATION` edges.
        vertices: those wanted; all by default.
        largest: ring that matters; an angle whose smallest one is larger may be without a ring.

    Returns:
        One for each vertex wanted; `str` gives the text as in the IZA database, '*' for an angle
        without a ring.

    Raises:
        ValueError: if a vertex wanted has more edges.
    """
    wanted = np.arange(len(net)) if vertices is None else np.array([*vertices], dtype=np.int64)
    degrees = net.coordination[wanted]
    if (degrees > MAX_COORDINATION).any():
        raise ValueError(f"a vertex has {degrees.max()} edges, at most {MAX_COORDINATION}")
    edges = edge_steps(net)
    sizes = np.full((len(wanted), ANGLES), MAX_RING + 1)
    counts = np.zeros_like(sizes)
    left = np.arange(len(wanted))
    for reach in REACHES:
        found, many = with_room(smallest_rings, edges, wanted[left], reach)
        sizes[left], counts[left] = np.where(found > 0, found, MAX_RING + 1), many
        # where a ring is still missing, it is larger, or there is none
        angles = degrees[left] * (degrees[left] - 1) // 2
        left = left[(found > 0).sum(axis=1) < angles]
        if len(left) == 0 or 2 * reach >= largest:
            break
    return tuple(
        _vertex_symbol([AngleRings(*angle) for angle in zip(*row, strict=True)], degree)
        for *row, degree in zip(sizes.tolist(), counts.tolist(), degrees.tolist(), strict=True)
    )


def ring_sizes(symbols: Iterable[VertexSymbol]) -> tuple[int, ...]:
    """The sizes of the smallest rings at the angles of some vertices, in increasing order."""
    found = {angle.size for symbol in symbols for angle in symbol.angles if angle != NO_RING}
    return tuple(sorted(found))


def _vertex_symbol(angles: list[AngleRings], degree: int) -> VertexSymbol:
    """The symbol of a vertex, of the rings between its edges 0 and 1, 0 and 2, ..., 2 and 3."""
    if degree != MAX_COORDINATION:
        return VertexSymbol(tuple(sorted(angles[: degree * (degree - 1) // 2])))
    pairs = sorted(sorted((angles[one], angles[ANGLES - 1 - one])) for one in range(3))
    return VertexSymbol(tuple(rings for pair in pairs for rings in pair))

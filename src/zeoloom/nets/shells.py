"""Shells of neighbours in a periodic net: coordination sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.nets.ball_kernel import CODED_CELLS, EdgeSteps, shell_sizes
from zeoloom.nets.periodic_net import half_edges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zeoloom.geometry.arrays import IntArray
    from zeoloom.nets.periodic_net import PeriodicNet

SHELLS = 12
"""Shells of a coordination sequence, as the IZA database counts them."""

FIRST_CAPACITY = 1 << 9
"""Of the table of a ball; doubled until it has room."""


def edge_steps(net: PeriodicNet) -> EdgeSteps:
    """What is added to a node of a net to get along each half-edge."""
    half = half_edges(net)
    powers = len(net) * np.array([CODED_CELLS**k for k in range(net.dimension)], dtype=np.int64)
    return EdgeSteps(half.first.astype(np.int64), half.heads - half.tails + half.shifts @ powers)


def coordination_sequences(
    net: PeriodicNet, vertices: Iterable[int] | None = None, shells: int = SHELLS
) -> IntArray:
    """Numbers of vertices at graph distance 1, 2, ... (Meier & Möck, J. Solid State Chem. 1979).

    Args:
        net: any net.
        vertices: those wanted; all by default.
        shells: how many.

    Returns:
        (number of vertices wanted, shells).
    """
    wanted = np.arange(len(net)) if vertices is None else np.array([*vertices], dtype=np.int64)
    (sizes,) = with_room(shell_sizes, edge_steps(net), wanted, shells)
    return sizes


def with_room(
    count: Callable[..., tuple[*tuple[IntArray, ...], bool]],
    edges: EdgeSteps,
    vertices: IntArray,
    reach: int,
) -> tuple[IntArray, ...]:
    """What a function of `ball_kernel` counts, given tables that are large enough."""
    capacity = FIRST_CAPACITY
    while True:
        *counted, fits = count(edges, vertices, reach, capacity)
        if fits:
            return tuple(counted)
        capacity *= 2

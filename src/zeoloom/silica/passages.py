"""How a sphere gets through a void: the edges of its graph opened from the widest to the narrowest.

The shifts that a component of the open void comes back by make a lattice; its rank is the number of
directions in which a sphere can travel on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.silica.passage_kernel import edges_joined

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.silica.voids import Voids


@dataclass(frozen=True, slots=True)
class Opening:
    """An edge of the void that closes a way around.

    Attributes:
        edge: its number.
        step: (3,) whole cells by which the way comes back.
    """

    edge: int
    step: IntArray


@dataclass(frozen=True, slots=True)
class Passages:
    """How the nodes of a void hang together.

    Attributes:
        free: Å from the atoms, the narrowest place of the widest path.
        widest: (3,) the same of the widest paths along each axis.
        rank: (n,) directions in which a sphere of the size asked for can travel from each node.
        openings: the edges, widest first, that open a way for such a sphere in a direction that its
            component of the void had none in.
    """

    free: float
    widest: FloatArray
    rank: IntArray
    openings: tuple[Opening, ...]


def passages_of(void: Voids, axes: FloatArray, needed: float) -> Passages:
    """Open the edges from the widest to the narrowest.

    Args:
        void: of the primitive cell.
        axes: (3, 3) rows are the axes asked about in terms of the primitive vectors.
        needed: Å from the atoms, for the ranks.
    """
    order = np.argsort(-void.narrowest, kind="stable")
    wide = int((void.narrowest >= needed).sum())
    found = edges_joined(void.tails, void.heads, void.shifts, order, len(void.distance), wide)
    widest = np.full(3, -np.inf)
    free = -np.inf
    openings = []
    for edge, step, returns, count in zip(
        found.edge, found.step, found.returns, found.n_returns, strict=True
    ):
        width = float(void.narrowest[edge])
        if width < needed and np.isfinite(widest).all():
            break
        if step.any() and width >= needed:
            openings.append(Opening(int(edge), step))
        free = max(free, width)
        for axis in np.flatnonzero(~np.isfinite(widest)):
            # an axis is along a channel if it is a combination of what the channel comes back by
            known = returns[:count]
            if np.linalg.matrix_rank([*known, axes[axis]], tol=1e-6) == count:
                widest[axis] = width
    rank = np.where(void.distance >= needed, found.ranks, 0)
    return Passages(free, widest, rank, tuple(openings))

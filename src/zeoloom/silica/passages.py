"""How a sphere gets through a void: the edges of its graph opened from the widest to the narrowest.

The shifts that a component of the open void comes back by make a lattice; its rank is the number of
directions in which a sphere can travel on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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


class _Components:
    """Connected nodes, and the whole cells by which each component comes back to itself.

    Node i in cell `shift` of its root belongs to the component of the root in cell 0.
    """

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))
        self._shift = np.zeros((count, 3), dtype=np.int64)
        self.returns: list[list[IntArray]] = [[] for _ in range(count)]

    def root(self, node: int) -> tuple[int, IntArray]:
        """The root of a node, and the node's shift from it."""
        path = []
        while self._parent[node] != node:
            path.append(node)
            node = self._parent[node]
        total = np.zeros(3, dtype=np.int64)
        # from the root outwards: every node on the way gets the root as its parent
        for each in reversed(path):
            total = total + self._shift[each]
            self._parent[each], self._shift[each] = node, total
        return node, total

    def closes(self, tail: int, head: int, shift: IntArray) -> IntArray | None:
        """(3,) whole cells by which an edge makes its component come back; None if it joins two."""
        (one, from_one), (two, from_two) = self.root(tail), self.root(head)
        return from_one + shift - from_two if one == two else None

    def join(self, tail: int, head: int, shift: IntArray) -> list[IntArray] | None:
        """Add an edge; all that the component comes back by now, if that has changed."""
        (one, from_one), (two, from_two) = self.root(tail), self.root(head)
        step = from_one + shift - from_two
        if one == two:
            return self.returns[one] if step.any() and self._add(one, step) else None
        self._parent[two], self._shift[two] = one, step
        changed = [self._add(one, each) for each in self.returns[two]]
        return self.returns[one] if any(changed) else None

    def _add(self, root: int, step: IntArray) -> bool:
        """Whether a return is independent of those known; then it is kept."""
        known = self.returns[root]
        if len(known) == 3 or np.linalg.matrix_rank([*known, step]) == len(known):
            return False
        known.append(step)
        return True


def passages_of(void: Voids, axes: FloatArray, needed: float) -> Passages:
    """Open the edges from the widest to the narrowest.

    Args:
        void: of the primitive cell.
        axes: (3, 3) rows are the axes asked about in terms of the primitive vectors.
        needed: Å from the atoms, for the ranks.
    """
    n = len(void.distance)
    components = _Components(n)
    widest = np.full(3, -np.inf)
    free = -np.inf
    openings = []
    rank: IntArray = np.full(n, -1, dtype=np.int64)
    order = np.argsort(-void.narrowest, kind="stable")
    for edge in order:
        width = void.narrowest[edge]
        if width < needed and rank[0] < 0:
            rank = _ranks(components, n)
        if rank[0] >= 0 and np.isfinite(widest).all():
            break
        ends = int(void.tails[edge]), int(void.heads[edge]), void.shifts[edge]
        step = components.closes(*ends)
        found = components.join(*ends)
        if found is None:
            continue
        if step is not None and width >= needed:
            openings.append(Opening(int(edge), step))
        free = max(free, width)
        for axis in np.flatnonzero(~np.isfinite(widest)):
            # an axis is along a channel if it is a combination of what the channel comes back by
            if np.linalg.matrix_rank([*found, axes[axis]], tol=1e-6) == len(found):
                widest[axis] = width
    rank = _ranks(components, n) if rank[0] < 0 else rank
    rank = np.where(void.distance >= needed, rank, 0)
    return Passages(free, widest, rank, tuple(openings))


def _ranks(components: _Components, count: int) -> IntArray:
    """(n,) independent directions each node's component comes back by."""
    return np.array([len(components.returns[components.root(i)[0]]) for i in range(count)])

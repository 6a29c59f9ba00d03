"""Pores: the largest spheres that fit and pass, the channels, and the room in them.

Atoms are hard spheres of radius 1.35 Å, T and O alike (Foster, Rivin, Treacy & Delgado Friedrichs,
Microporous Mesoporous Mater. 90 (2006) 32). Spheres are given by their diameters, as IZA does. The
largest included sphere is the widest node of the void, a free sphere the widest one for which a
path through the void comes back shifted by whole cells (`voids`). The shifts that a component of
the void comes back by make a lattice, and its rank is the dimension of the channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import nearest_points
from zeoloom.silica.primitive_cell import primitive_sites
from zeoloom.silica.voids import Voids, voids

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework

RADIUS = 1.35
"""Å, of T and O atoms."""

CHANNEL = 2.8
"""Å. Channels let a sphere of this diameter pass, that of water; six-rings do not."""

SAMPLES = 20_000
"""Random points in the cell, for the accessible volume: it is known to 3 Å^3 of 1000 Å^3."""


@dataclass(frozen=True, slots=True)
class Pores:
    """The pores of a framework; spheres by their diameters in Å.

    Attributes:
        included: largest sphere that fits.
        free: largest sphere that can travel through, in any direction.
        free_along: the largest that can travel straight on along a, b and c of the cell given,
            as IZA counts: a channel along a + b alone is along neither. May be below zero.
        channel_dimension: 0 to 3, directions in which a sphere of 2.8 Å can travel on one network
            of channels.
        accessible_volume: Å^3 of 1000 Å^3 where the centre of such a sphere can be, in channels.
        pocket_volume: the same where it fits but cannot get to from outside.
    """

    included: float
    free: float
    free_along: tuple[float, float, float]
    channel_dimension: int
    accessible_volume: float
    pocket_volume: float


def pores(framework: Framework, *, probe: float = CHANNEL, seed: int = 0) -> Pores:
    """Measure the pores of a framework.

    Args:
        framework: SiO2, in any cell.
        probe: Å, diameter of the sphere that channels and volumes are for.
        seed: of the random points that volumes are counted with.
    """
    cell, sites, _ = primitive_sites(framework)
    void = voids(np.concatenate(sites), cell)
    needed = 0.5 * probe + RADIUS
    passages = _passages(void, framework.cell @ np.linalg.inv(cell), needed)
    channel, pocket = _volumes(void, cell, passages, needed, np.random.default_rng(seed))
    along = 2.0 * (passages.widest - RADIUS)
    return Pores(
        included=2.0 * (float(void.distance.max()) - RADIUS),
        free=2.0 * (passages.free - RADIUS),
        free_along=(float(along[0]), float(along[1]), float(along[2])),
        channel_dimension=int(passages.rank.max(initial=0)),
        accessible_volume=1000.0 * channel,
        pocket_volume=1000.0 * pocket,
    )


@dataclass(frozen=True, slots=True)
class _Passages:
    """How the nodes of a void hang together.

    Attributes:
        free: Å from the atoms, the narrowest place of the widest path.
        widest: (3,) the same of the widest paths along each axis.
        rank: (n,) directions in which a sphere of the size asked for can travel from each node.
    """

    free: float
    widest: FloatArray
    rank: IntArray


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


def _passages(void: Voids, axes: FloatArray, needed: float) -> _Passages:
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
    rank: IntArray = np.full(n, -1, dtype=np.int64)
    order = np.argsort(-void.narrowest, kind="stable")
    for edge in order:
        width = void.narrowest[edge]
        if width < needed and rank[0] < 0:
            rank = _ranks(components, n)
        if rank[0] >= 0 and np.isfinite(widest).all():
            break
        found = components.join(int(void.tails[edge]), int(void.heads[edge]), void.shifts[edge])
        if found is None:
            continue
        free = max(free, width)
        for axis in np.flatnonzero(~np.isfinite(widest)):
            # an axis is along a channel if it is a combination of what the channel comes back by
            if np.linalg.matrix_rank([*found, axes[axis]], tol=1e-6) == len(found):
                widest[axis] = width
    rank = _ranks(components, n) if rank[0] < 0 else rank
    return _Passages(free, widest, np.where(void.distance >= needed, rank, 0))


def _ranks(components: _Components, count: int) -> IntArray:
    """(n,) independent directions each node's component comes back by."""
    return np.array([len(components.returns[components.root(i)[0]]) for i in range(count)])


def _volumes(
    void: Voids, cell: FloatArray, passages: _Passages, needed: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Shares of the cell where a sphere's centre can be, in channels and in pockets.

    A random point belongs to the nodes it sees: corners of the Voronoi cell it is in, if the
    straight way there stays `needed` Å off the atom of that cell.
    """
    frac = rng.uniform(size=(SAMPLES, 3))
    distance, image = nearest_points(frac @ cell, void.atoms.frac @ cell)
    open_points = np.flatnonzero(distance >= needed)
    # each point and its atom moved to where the atom is listed
    atom = void.atoms.atom[image[open_points]]
    home = frac[open_points] - void.atoms.shifts[image[open_points]]
    centre = void.atoms.frac[image[open_points]] - void.atoms.shifts[image[open_points]]
    channel = pocket = 0
    for each in np.unique(atom):
        mine = np.flatnonzero(atom == each)
        corners = np.flatnonzero(void.atom == each)
        nodes = void.corner[corners]
        wide = void.distance[nodes] >= needed
        ends = (void.frac_nodes[nodes] + void.corner_shifts[corners])[wide]
        to_point = (home[mine] - centre[mine[0]]) @ cell
        to_end = (ends - centre[mine[0]]) @ cell
        visible = _least_length(to_point[:, None], to_end[None]) >= needed - 1e-6
        in_channel = (visible & (passages.rank[nodes[wide]] > 0)).any(axis=1)
        channel += int(in_channel.sum())
        pocket += int((visible.any(axis=1) & ~in_channel).sum())
    return channel / SAMPLES, pocket / SAMPLES


def _least_length(one: FloatArray, two: FloatArray) -> FloatArray:
    """Least distance of the origin from segments between points (..., 3)."""
    along = two - one
    squared = np.maximum((along**2).sum(axis=-1), 1e-20)
    share = np.clip(-(one * along).sum(axis=-1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(one + share[..., None] * along, axis=-1))

"""The void between atoms as a graph: the edges of their Voronoi cells, where it is widest.

Every atom has the same radius, so the walls between cells are the plain Voronoi diagram. A sphere
rolling through a framework keeps to its edges: along an edge the distance to the three nearest
atoms is the same, and the narrowest place of the edge is where the triangle of these atoms is
crossed, or one of its ends.

One convention: the edge (i, j, S) joins node i with node j of the cell S further on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi

from zeoloom.geometry.lattice import plane_spacings
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import wrap

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

SAME_NODE = 1e-3
"""Å. Corners of Voronoi cells closer than this are one; symmetry makes many meet."""

FIRST_REACH = 7.0
"""Å around the cell whose atoms are looked at, to begin with; hardly a void is larger."""


@dataclass(frozen=True, slots=True)
class CellAndAround:
    """Atoms of one cell and those around it.

    Attributes:
        frac: (m, 3).
        atom: (m,) the atom of the cell that each is an image of.
        shifts: (m, 3) the cell each is in.
    """

    frac: FloatArray
    atom: IntArray
    shifts: IntArray


@dataclass(frozen=True, slots=True)
class Voids:
    """Nodes and edges of one cell, by their distance from the nearest atoms.

    Attributes:
        frac_nodes: (n, 3), in [0, 1).
        distance: (n,) Å from each node to the nearest atoms.
        tails: (e,) node i of each edge, every edge listed once or twice.
        heads: (e,) node j.
        shifts: (e, 3) whole cells S.
        narrowest: (e,) Å, the least distance from the atoms along each edge.
        atom: (c,) atoms of the cell, and
        corner: (c,) the nodes at the corners of their Voronoi cells, and
        corner_shifts: (c, 3) the cell each corner is in, seen from the atom's.
        atoms: those of the cell and around it, as far as the widest void reaches.
    """

    frac_nodes: FloatArray
    distance: FloatArray
    tails: IntArray
    heads: IntArray
    shifts: IntArray
    narrowest: FloatArray
    atom: IntArray
    corner: IntArray
    corner_shifts: IntArray
    atoms: CellAndAround


def voids(frac: FloatArray, cell: FloatArray) -> Voids:
    """Find the void between atoms.

    Args:
        frac: (N, 3) all atoms of one cell.
        cell: (3, 3) Å.
    """
    reach = FIRST_REACH
    while True:
        images = atoms_around(wrap(frac), cell, reach)
        found = _voids(images, cell)
        # a node is right if every atom as near as its nearest was looked at
        if found is not None and (largest := float(found.distance.max())) < reach:
            return found
        reach = 1.5 * reach if found is None else largest + 1.0


def atoms_around(frac: FloatArray, cell: FloatArray, reach: float) -> CellAndAround:
    """The atoms (N, 3) of a cell and those within about `reach` Å of it."""
    margin = reach / plane_spacings(cell)
    whole = [np.arange(-n, n + 1) for n in np.ceil(margin).astype(np.int64)]
    steps = np.stack(np.meshgrid(*whole, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    images = (frac + steps).reshape(-1, 3)
    near = ((images >= -margin) & (images < 1.0 + margin)).all(axis=1)
    atom = np.tile(np.arange(len(frac)), len(steps))[near]
    return CellAndAround(images[near], atom, np.repeat(steps[:, 0], len(frac), axis=0)[near])


def _voids(atoms: CellAndAround, cell: FloatArray) -> Voids | None:
    """The graph of the central cell; None if too few atoms around it were given."""
    cart = atoms.frac @ cell
    diagram = Voronoi(cart)
    frac_corners = diagram.vertices @ np.linalg.inv(cell)
    here = ((frac_corners > -0.01) & (frac_corners < 1.01)).all(axis=1)
    # walls between two Voronoi cells are polygons; listed one after the other, -1 is at infinity
    sizes = np.array([len(wall) for wall in diagram.ridge_vertices])
    ends = np.cumsum(sizes)
    following = np.arange(1, ends[-1] + 1)
    following[ends - 1] = ends - sizes
    one = np.concatenate(diagram.ridge_vertices).astype(np.int64)
    two = one[following]
    sides = np.repeat(diagram.ridge_points.astype(np.int64), sizes, axis=0)
    kept = np.flatnonzero(((one >= 0) & here[one]) | ((two >= 0) & here[two]))
    one, two, sides = one[kept], two[kept], sides[kept]
    if (one < 0).any() or (two < 0).any():
        return None
    nodes = _Nodes(frac_corners[here], cell)
    tail, tail_shift = nodes.named(frac_corners[one])
    # the other end of an edge is an image of a node that is here
    head, head_shift = nodes.named(frac_corners[two])
    if (tail < 0).any() or (head < 0).any():
        return None
    distance = np.zeros(len(nodes.frac))
    distance[tail] = np.linalg.norm(diagram.vertices[one] - cart[sides[:, 0]], axis=1)
    beside = sides.ravel()
    corners = np.column_stack(
        [
            atoms.atom[beside],
            np.repeat(tail, 2),
            np.repeat(tail_shift, 2, axis=0) - atoms.shifts[beside],
        ]
    )
    corners = np.unique(corners, axis=0)
    return Voids(
        frac_nodes=nodes.frac,
        distance=distance,
        tails=tail,
        heads=head,
        shifts=head_shift - tail_shift,
        narrowest=_narrowest(diagram.vertices[one], diagram.vertices[two], cart[sides[:, 0]]),
        atom=corners[:, 0],
        corner=corners[:, 1],
        corner_shifts=corners[:, 2:],
        atoms=atoms,
    )


class _Nodes:
    """The distinct corners of one cell, found again by where they are.

    Attributes:
        frac: (n, 3), in [0, 1).
    """

    def __init__(self, frac_corners: FloatArray, cell: FloatArray) -> None:
        self._cell = cell
        wrapped = wrap(frac_corners)
        near = neighbours_within(wrapped, wrapped, cell, SAME_NODE)
        n = len(wrapped)
        joined = csr_matrix((np.ones(len(near.point)), (near.centre, near.point)), (n, n))
        _, label = connected_components(joined, directed=False)
        _, first = np.unique(label, return_index=True)
        self.frac = wrapped[first]

    def named(self, frac_corners: FloatArray) -> tuple[IntArray, IntArray]:
        """Node (k,) and cell (k, 3) of corners; -1 for what is none, near the edge of the atoms."""
        # chains of corners that meet may be longer than the tolerance
        near = neighbours_within(frac_corners, self.frac, self._cell, 10 * SAME_NODE)
        nearest = np.flatnonzero(np.append(True, np.diff(near.centre) > 0)[: len(near.centre)])
        node = np.full(len(frac_corners), -1)
        shift = np.zeros((len(frac_corners), 3), dtype=np.int64)
        node[near.centre[nearest]] = near.point[nearest]
        shift[near.centre[nearest]] = near.shift[nearest]
        return node, shift


def _narrowest(one: FloatArray, two: FloatArray, atom: FloatArray) -> FloatArray:
    """(e,) least distance from an atom (e, 3) to segments between points (e, 3)."""
    along = two - one
    squared = np.maximum((along**2).sum(axis=1), 1e-20)
    share = np.clip(((atom - one) * along).sum(axis=1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(one + share[:, None] * along - atom, axis=1))

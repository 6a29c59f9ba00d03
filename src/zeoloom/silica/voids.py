"""The void between atoms as a graph: the edges of their Voronoi cells, where it is widest.

Every atom has the same radius, so the walls between cells are the plain Voronoi diagram, which is
read from the Delaunay tetrahedra: nodes are the centres of their spheres. A sphere
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
from scipy.spatial import Delaunay

from zeoloom.geometry.lattice import plane_spacings
from zeoloom.geometry.neighbours import cart_images_around, nearest_points, neighbours_within
from zeoloom.geometry.operations import wrap

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

SAME_NODE = 1e-3
"""Å. Corners of Voronoi cells closer than this are one; symmetry makes many meet."""

FIRST_REACH, BEYOND = 7.0, 2.0
"""Å around the cell whose atoms are looked at to see how wide its voids are; and how much farther
than the widest atoms are looked at, as edges lead out of the cell."""


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
    home = wrap(frac)
    reach = _widest_about(home, cell) + BEYOND
    while True:
        found = _voids(atoms_around(home, cell, reach), cell)
        # a node is right if every atom as near as its nearest was looked at
        if found is not None and (largest := float(found.distance.max())) < reach:
            return found
        reach = BEYOND + (reach if found is None else largest)


def _widest_about(frac: FloatArray, cell: FloatArray) -> float:
    """Å, about how far from the atoms (N, 3) of a cell its widest place is."""
    steps = [np.arange(n) / n for n in np.ceil(np.linalg.norm(cell, axis=1)).astype(np.int64)]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    images, _ = cart_images_around(frac, cell, FIRST_REACH)
    return float(nearest_points(grid @ cell, images)[0].max())


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
    tetrahedra = Delaunay(cart)
    planes = tetrahedra.equations
    with np.errstate(all="ignore"):  # those at the border of the atoms may be flat
        centres = planes[:, :3] / (-2.0 * tetrahedra.paraboloid_scale * planes[:, 3:4])
    frac_centres = centres @ np.linalg.inv(cell)
    here = np.flatnonzero(((frac_centres > -0.01) & (frac_centres < 1.01)).all(axis=1))
    beside = tetrahedra.neighbors[here]
    if len(here) == 0 or (beside < 0).any():
        return None
    nodes = _Nodes(frac_centres[here], cell)
    node, home = nodes.named(frac_centres[here])
    # the other end of an edge is an image of a node that is here
    head, head_shift = nodes.named(frac_centres[beside.ravel()])
    if (node < 0).any() or (head < 0).any():
        return None
    corners = tetrahedra.simplices[here].astype(np.int64)
    distance = np.zeros(len(nodes.frac))
    distance[node] = np.linalg.norm(centres[here] - cart[corners[:, 0]], axis=1)
    tail, shifts = np.repeat(node, 4), head_shift - np.repeat(home, 4, axis=0)
    # neighbour k shares all corners but k; around a node there may be several tetrahedra
    shared = np.roll(corners, -1, axis=1).ravel()
    narrowest = _narrowest(
        np.repeat(centres[here], 4, axis=0), centres[beside.ravel()], cart[shared]
    )
    edges = np.flatnonzero((tail != head) | shifts.any(axis=1))
    listed = np.column_stack(
        [
            atoms.atom[corners.ravel()],
            tail,
            np.repeat(home, 4, axis=0) - atoms.shifts[corners.ravel()],
        ]
    )
    listed = np.unique(listed, axis=0)
    return Voids(
        frac_nodes=nodes.frac,
        distance=distance,
        tails=tail[edges],
        heads=head[edges],
        shifts=shifts[edges],
        narrowest=narrowest[edges],
        atom=listed[:, 0],
        corner=listed[:, 1],
        corner_shifts=listed[:, 2:],
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

"""Where the largest sphere fits between the atoms of a framework, and the spheres equal to it.

`silica.pores` finds its diameter in the whole graph of the void. Here the distance to the nearest
atom is looked up on a grid, and exactly only around the best points of the grid. No sphere is lost:
from one place to another, the distance changes by no more than they are apart.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import QhullError, Voronoi, cKDTree

from zeoloom.geometry.lattice import plane_spacings, volume
from zeoloom.geometry.neighbours import cart_images_around
from zeoloom.geometry.operations import expand_orbits, wrap
from zeoloom.silica.pores import RADIUS

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

SPACING = 0.8
"""Å between the points of the grid, at least."""

GRID_POINTS = 4_000
"""About the most points of the grid; in large cells they are farther apart."""

EQUAL = 0.05
"""Å. Spheres whose radii differ by less are drawn as equal."""

APART = 0.7
"""Å. Centres closer than this belong to one cavity."""

REFINEMENTS = 2
"""Times that the grid is made twice as fine where a sphere may be about as large as the largest."""

REACH = 0.4
"""Å around a point of the finest grid that is looked at more closely."""

MOST_TRIED = 80
"""Points that are looked around at most, those equal by symmetry counted as one."""

ON_A_FACE = 0.005
"""Of a cell. Centres so near to a face of the cell are put on it."""


@dataclass(frozen=True, slots=True)
class Cavities:
    """The largest spheres that fit between the atoms, all of one size.

    Attributes:
        frac_centres: (m, 3), in [0, 1): all those of the cell.
        diameter: Å.
    """

    frac_centres: FloatArray
    diameter: float


def largest_cavities(framework: Framework) -> Cavities:
    """The largest included spheres of a framework.

    Args:
        framework: with at least one T atom.
    """
    cell, operations = framework.cell, framework.operations
    sites = (framework.frac_t, framework.frac_o)
    atoms = np.concatenate([expand_orbits(frac, operations, cell)[0] for frac in sites])
    counts = _grid_counts(cell)
    grid = np.stack(np.meshgrid(*(np.arange(n) / n for n in counts), indexing="ij"), -1)
    tree, grid, distances = _tree_around(atoms, grid.reshape(-1, 3), cell)
    # the centre of a sphere is at most half a diagonal from a point of the grid
    halves = np.array(list(product((-0.5, 0.5), repeat=3))) / counts
    near = float(np.linalg.norm(halves @ cell, axis=1).max())
    tops = [_largest_near(tree, grid[distances.argmax()] @ cell, 2.0 * near)]
    # now that the size of the largest sphere is about known, finer grids are small
    for _ in range(REFINEMENTS):
        kept = distances > tops[0][0] - near - EQUAL
        grid, near = (grid[kept][:, None] + halves / 2.0).reshape(-1, 3), near / 2.0
        distances, halves = tree.query(grid @ cell)[0], halves / 2.0
    for _ in range(MOST_TRIED):
        kept = distances > max(tops)[0] - near - EQUAL
        grid, distances = grid[kept], distances[kept]
        if len(grid) == 0:
            break
        start = grid[distances.argmax()]
        tops.append(_largest_near(tree, start @ cell, REACH + near))
        # whatever is this near to the start, or to what symmetry makes of it, was looked at
        begun = operations.images(start[None]).reshape(-1, 3)
        left = _separation(grid, begun, cell) > REACH
        grid, distances = grid[left], distances[left]
    return Cavities(_equal_centres(tops, framework), 2.0 * (max(tops)[0] - RADIUS))


def _equal_centres(tops: list[tuple[float, tuple[float, ...]]], framework: Framework) -> FloatArray:
    """(m, 3) all centres of a cell where the distance to the atoms is about the largest.

    Args:
        tops: Å to the nearest atoms, and where (3,) in Å.
        framework: whose symmetry makes more of them.
    """
    cell = framework.cell
    largest = max(tops)[0]
    centres = np.zeros((0, 3))
    for radius, point in sorted(tops, reverse=True):
        if radius < largest - EQUAL:
            break
        orbit, _ = expand_orbits(
            np.array(point)[None] @ np.linalg.inv(cell), framework.operations, cell
        )
        for centre in orbit:
            if _separation(centre[None], centres, cell)[0] > APART:
                centres = np.concatenate([centres, centre[None]])
    centres = np.asarray(wrap(centres))
    centres[(centres < ON_A_FACE) | (centres > 1.0 - ON_A_FACE)] = 0.0
    return centres


def _grid_counts(cell: FloatArray) -> FloatArray:
    """(3,) points of the grid along each axis."""
    spacing = max(SPACING, float(np.cbrt(volume(cell) / GRID_POINTS)))
    return np.asarray(np.maximum(2.0, np.ceil(plane_spacings(cell) / spacing)))


def _tree_around(
    frac: FloatArray, frac_points: FloatArray, cell: FloatArray
) -> tuple[cKDTree, FloatArray, FloatArray]:
    """A tree of the atoms (n, 3) in and around a cell, points (m, 3), their distances (m,) to them.

    Around the cell as far as the largest distance, so that the nearest atom is always among them.
    """
    reach = 7.0
    while True:
        tree = cKDTree(cart_images_around(frac, cell, reach)[0])
        distances, _ = tree.query(frac_points @ cell)
        # uphill from the grid a sphere may become larger by about half a spacing of the grid
        if distances.max() + 2.0 * SPACING < reach:
            return tree, frac_points, np.asarray(distances)
        reach = 1.5 * reach


def _largest_near(
    tree: cKDTree, start: FloatArray, reach: float
) -> tuple[float, tuple[float, ...]]:
    """The point within `reach` Å of another (3,) where atoms are farthest, and how far they are.

    That is a corner of Voronoi cells. If the distance only grows towards the edge of the region,
    there is more room outside, and nothing is lost. Atoms that no such corner can touch are left
    out.

    Returns:
        Å to the nearest atoms; the point, (3,) in Å.
    """
    distance = float(tree.query(start)[0])
    atoms = tree.data[tree.query_ball_point(start, distance + 2.0 * reach + 1e-6)]
    points = start[None]
    with suppress(QhullError):  # all in one plane
        corners = Voronoi(atoms).vertices
        near = np.linalg.norm(corners - start, axis=1) < reach
        points = np.concatenate([points, corners[near]])
    distances, _ = tree.query(points)
    best = int(distances.argmax())
    return float(distances[best]), tuple(points[best].tolist())


def _separation(frac: FloatArray, others: FloatArray, cell: FloatArray) -> FloatArray:
    """(n,) Å from positions (n, 3) to the nearest of others (m, 3), right where it is small."""
    if len(others) == 0:
        return np.full(len(frac), np.inf)
    apart = frac[:, None] - others
    apart -= np.round(apart)
    return np.asarray(np.linalg.norm(apart @ cell, axis=-1).min(axis=1))

"""Neighbours: in a periodic crystal every image of every point within a radius, and in open space.

The one search for periodic neighbours of the package, exact for any cell. One convention: the
neighbour of centre i is point j shifted by whole cells S, `r = (x_j + S - x_i) @ cell`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from zeoloom.geometry.lattice import plane_spacings

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Edges from centres to images of points, sorted by centre, then by distance.

    Attributes:
        centre: (E,) index i of the centre.
        point: (E,) index j of the point.
        shift: (E, 3) whole cells S added to the point.
        vector: (E, 3) Å, `(x_j + S - x_i) @ cell`.
        distance: (E,) Å.
    """

    centre: IntArray
    point: IntArray
    shift: IntArray
    vector: FloatArray
    distance: FloatArray


def neighbours_within(
    frac_centres: FloatArray, frac_points: FloatArray, cell: FloatArray, radius: float
) -> Neighbours:
    """All periodic images of points no farther than `radius` from each centre.

    A point that coincides with a centre is its neighbour at distance zero.

    Args:
        frac_centres: (n, 3), anywhere.
        frac_points: (m, 3), anywhere.
        cell: (3, 3) Å, rows a, b, c.
        radius: Å.

    Returns:
        The edges; shifts refer to the positions as given, not wrapped.
    """
    from zeoloom.geometry.image_kernel import images_in_slab, pairs_within  # noqa: PLC0415 - compiles

    centre_home, point_home = np.floor(frac_centres), np.floor(frac_points)
    # a sphere reaches radius / spacing cells beyond its centre, which is in [0, 1)
    reach = radius / plane_spacings(cell) + 1e-9
    images, owner, image_shift = images_in_slab(frac_points - point_home, reach)
    cart_images, cart_centres = images @ cell, (frac_centres - centre_home) @ cell
    by_place = np.argsort(cart_images[:, 0], kind="stable")
    centre, image = pairs_within(cart_centres, cart_images[by_place], radius)
    image = by_place[image]
    vector = cart_images[image] - cart_centres[centre]
    distance = np.linalg.norm(vector, axis=1)
    point = owner[image]
    shift = image_shift[image] - point_home[point].astype(np.int64)
    shift += centre_home[centre].astype(np.int64)
    # rounded distances: shells of equal distance keep one order on every machine
    order = np.lexsort((*shift.T, point, np.round(distance, 6), centre))
    return Neighbours(centre[order], point[order], shift[order], vector[order], distance[order])


def close_pairs(cart: FloatArray, radius: float) -> IntArray:
    """Pairs of points in open space that are no farther apart than a radius.

    Args:
        cart: (n, 3) Å.
        radius: Å.

    Returns:
        (p, 2) indices with the lower one first, sorted.
    """
    from zeoloom.geometry.image_kernel import pairs_within  # noqa: PLC0415 - compiles

    points = np.ascontiguousarray(cart, dtype=np.float64)
    by_place = np.argsort(points[:, 0], kind="stable")
    one, other = pairs_within(points, points[by_place], radius)
    pairs = np.column_stack([one, by_place[other]])
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return np.asarray(pairs[np.lexsort(pairs.T[::-1])])


def cart_images_around(
    frac_points: FloatArray, cell: FloatArray, margin: float
) -> tuple[FloatArray, IntArray]:
    """All images of points in a cell and around it.

    Args:
        frac_points: (n, 3), anywhere.
        cell: (3, 3) Å.
        margin: Å beyond each face of the cell.

    Returns:
        (m, 3) Å; (m,) index of the point of each.
    """
    from zeoloom.geometry.image_kernel import images_in_slab  # noqa: PLC0415 - compiles

    images, owner, _ = images_in_slab(frac_points, margin / plane_spacings(cell))
    return np.asarray(images @ cell), owner


def nearest_points(
    cart_centres: FloatArray, cart_points: FloatArray, within: float = np.inf
) -> tuple[FloatArray, IntArray]:
    """The nearest of some points (m, 3) Å in open space to each centre (n, 3) Å.

    Args:
        cart_centres: (n, 3) Å.
        cart_points: (m, 3) Å.
        within: Å, beyond which no point counts.

    Returns:
        (n,) Å how far it is, infinite if none counts; (n,) its index, m then.
    """
    distance, point = cKDTree(cart_points).query(cart_centres, distance_upper_bound=within)
    return np.asarray(distance), np.asarray(point, dtype=np.int64)

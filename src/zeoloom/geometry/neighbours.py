"""Neighbours in a periodic crystal: every image of every point within a radius, exact for any cell.

One convention: the neighbour of centre i is point j shifted by whole cells S,
`r = (x_j + S - x_i) @ cell`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from zeoloom.geometry.lattice import plane_spacings

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


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
    centre_home, point_home = np.floor(frac_centres), np.floor(frac_points)
    centres, points = frac_centres - centre_home, frac_points - point_home
    # a sphere reaches radius / spacing cells beyond its centre, which is in [0, 1)
    reach = radius / plane_spacings(cell) + 1e-9
    images, owner, image_shift = _images_in_slab(points, reach)
    cart_images, cart_centres = images @ cell, centres @ cell
    if len(images) == 0 or len(centres) == 0:
        empty = np.zeros(0, dtype=np.int64)
        nothing = np.zeros((0, 3))
        return Neighbours(empty, empty, nothing.astype(np.int64), nothing, np.zeros(0))
    found = cKDTree(cart_images).query_ball_point(cart_centres, radius)
    centre = np.repeat(np.arange(len(centres)), [len(hits) for hits in found])
    image = np.concatenate([np.asarray(hits, dtype=np.int64) for hits in found])
    vector = cart_images[image] - cart_centres[centre]
    distance = np.linalg.norm(vector, axis=1)
    point = owner[image]
    shift = image_shift[image] - point_home[point].astype(np.int64)
    shift += centre_home[centre].astype(np.int64)
    # rounded distances: shells of equal distance keep one order on every machine
    order = np.lexsort((*shift.T, point, np.round(distance, 6), centre))
    return Neighbours(centre[order], point[order], shift[order], vector[order], distance[order])


def _images_in_slab(points: FloatArray, reach: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Images of wrapped points in the box [-reach, 1 + reach) of each axis.

    Args:
        points: (m, 3) fractional, in [0, 1).
        reach: (3,) cells.

    Returns:
        (k, 3) fractional images, (k,) index of their point, (k, 3) whole-cell shifts.
    """
    images = points
    owner = np.arange(len(points))
    shifts = np.zeros((len(points), 3), dtype=np.int64)
    for axis in range(3):
        # axis by axis, so that the copies that fall outside never multiply
        steps = np.arange(-int(np.ceil(reach[axis])) - 1, int(np.ceil(reach[axis])) + 2)
        copies = images[:, axis, None] + steps
        row, step = np.nonzero((copies >= -reach[axis]) & (copies <= 1.0 + reach[axis]))
        images, owner, shifts = images[row].copy(), owner[row], shifts[row].copy()
        images[:, axis] = copies[row, step]
        shifts[:, axis] = steps[step]
    return images, owner, shifts

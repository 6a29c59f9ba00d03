"""Compiled: images of points in a periodic crystal; which of them coincide, which are near."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

    BoolArray = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@compiled
def images_in_slab(points: FloatArray, reach: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Images of wrapped points in the box [-reach, 1 + reach] of each axis.

    Args:
        points: (m, 3) fractional.
        reach: (3,) cells.

    Returns:
        (k, 3) fractional images, (k,) index of their point, (k, 3) whole-cell shifts.
    """
    first, last = np.empty((len(points), 3), np.int64), np.empty((len(points), 3), np.int64)
    total = 0
    for point in range(len(points)):
        copies = 1
        for axis in range(3):
            first[point, axis] = math.ceil(-reach[axis] - points[point, axis])
            last[point, axis] = math.floor(1.0 + reach[axis] - points[point, axis])
            copies *= last[point, axis] - first[point, axis] + 1
        total += copies
    images, owner = np.empty((total, 3)), np.empty(total, np.int64)
    shifts = np.empty((total, 3), np.int64)
    row = 0
    for point in range(len(points)):
        for a in range(first[point, 0], last[point, 0] + 1):
            for b in range(first[point, 1], last[point, 1] + 1):
                for c in range(first[point, 2], last[point, 2] + 1):
                    owner[row] = point
                    shifts[row, 0], shifts[row, 1], shifts[row, 2] = a, b, c
                    for axis in range(3):
                        images[row, axis] = points[point, axis] + shifts[row, axis]
                    row += 1
    return images, owner, shifts


@compiled
def pairs_within(
    centres: FloatArray, points: FloatArray, radius: float
) -> tuple[IntArray, IntArray]:
    """Which points are no farther than a radius from which centres, in open space.

    Args:
        centres: (n, 3) Å.
        points: (k, 3) Å, in the order of their first coordinates.
        radius: Å.

    Returns:
        (E,) centres, increasing, and (E,) points.
    """
    centre, point = np.empty(64, np.int64), np.empty(64, np.int64)
    found = 0
    for i in range(len(centres)):
        start = np.searchsorted(points[:, 0], centres[i, 0] - radius)
        for j in range(start, len(points)):
            if points[j, 0] > centres[i, 0] + radius:
                break
            apart = 0.0
            for axis in range(3):
                apart += (points[j, axis] - centres[i, axis]) ** 2
            if apart <= radius * radius:
                if found == len(centre):
                    centre = np.append(centre, np.empty(found, np.int64))
                    point = np.append(point, np.empty(found, np.int64))
                centre[found], point[found] = i, j
                found += 1
    return centre[:found], point[:found]


@compiled
def first_in_place(images: FloatArray, cell: FloatArray, tolerance: float) -> BoolArray:
    """Which images of points coincide with none before them, but for whole cells.

    Args:
        images: (G, n, 3) fractional, G of each point.
        cell: (3, 3) Å.
        tolerance: Å, closer images coincide.

    Returns:
        (n, G).
    """
    first = np.ones((images.shape[1], images.shape[0]), np.bool_)
    apart = np.empty(3)
    for i in range(images.shape[1]):
        for later in range(images.shape[0]):
            for earlier in range(later):
                for axis in range(3):
                    off = images[later, i, axis] - images[earlier, i, axis]
                    apart[axis] = off - np.round(off)
                squared = 0.0
                for axis in range(3):
                    along = (
                        apart[0] * cell[0, axis]
                        + apart[1] * cell[1, axis]
                        + apart[2] * cell[2, axis]
                    )
                    squared += along * along
                if squared < tolerance * tolerance:
                    first[i, later] = False
                    break
    return first

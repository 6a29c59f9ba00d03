"""Compiled: images of points in a periodic crystal; which of them coincide, which are near."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.group import Group


class LatticeShifts(NamedTuple):
    """Lattice translations that may bring a nearest image within a cutoff.

    Attributes:
        shifts: (S, 3) whole cells, none among them.
        reach: (3,) the largest fractional difference along each axis that is within the cutoff.
    """

    shifts: FloatArray
    reach: FloatArray


@compiled
def lattice_shifts(cell: FloatArray, cutoff: float) -> LatticeShifts:
    """Which lattice translations may bring a nearest image within a cutoff.

    |S_a| <= r_c / spacing_a + 1/2 in any cell, so it is exact where one is thinner than the cutoff.

    Args:
        cell: (3, 3) Å.
        cutoff: Å.
    """
    # written out: NumPy's functions for it take seconds to compile
    reach, most, rows = np.empty(3), np.empty(3, np.int64), 1
    for x in range(3):
        y, z = (x + 1) % 3, (x + 2) % 3
        u = cell[y, 1] * cell[z, 2] - cell[y, 2] * cell[z, 1]
        v = cell[y, 2] * cell[z, 0] - cell[y, 0] * cell[z, 2]
        w = cell[y, 0] * cell[z, 1] - cell[y, 1] * cell[z, 0]
        spacing = abs(cell[x, 0] * u + cell[x, 1] * v + cell[x, 2] * w) / math.sqrt(
            u * u + v * v + w * w
        )
        reach[x] = cutoff / spacing
        most[x] = math.floor(reach[x] + 0.5)
        rows *= 2 * most[x] + 1
    shifts = np.empty((rows, 3))
    row = 0
    for a in range(-most[0], most[0] + 1):
        for b in range(-most[1], most[1] + 1):
            for c in range(-most[2], most[2] + 1):
                shifts[row, 0], shifts[row, 1], shifts[row, 2] = a, b, c
                row += 1
    return LatticeShifts(shifts, reach)


@compiled
def nearest_image(
    centres: FloatArray,
    i: int,
    points: FloatArray,
    j: int,
    group: Group,
    g: int,
    vector: FloatArray,
    shift: IntArray,
) -> None:
    """Write the vector from centre i to image g of point j, made short by the lattice.

    Nearest along each axis, which in a skew cell need not be the nearest of all.

    Args:
        centres: (n, 3) fractional.
        i: of the centre.
        points: (m, 3) fractional.
        j: of the point.
        group: in its cell.
        g: operation.
        vector: (3,) fractional, written.
        shift: (3,) the whole cells that were added, written.
    """
    for x in range(3):
        along = group.translations[g, x] - centres[i, x]
        for y in range(3):
            along += group.rotations[g, x, y] * points[j, y]
        whole = np.round(along)
        vector[x] = along - whole
        shift[x] = -int(whole)


@compiled
def length_of(vector: FloatArray, cell: FloatArray) -> float:
    """Å of a fractional vector."""
    squared = 0.0
    for x in range(3):
        along = vector[0] * cell[0, x] + vector[1] * cell[1, x] + vector[2] * cell[2, x]
        squared += along * along
    return math.sqrt(squared)


@compiled
def distances_to_images(place: FloatArray, frac: FloatArray, group: Group) -> FloatArray:
    """Å from a position (3,) to the nearest image of each point (n, 3); exact up to half a cell."""
    least = np.full(len(frac), np.inf)
    vector, shift = np.empty(3), np.empty(3, np.int64)
    centre = place.reshape((1, 3))
    for j in range(len(frac)):
        for g in range(len(group.rotations)):
            nearest_image(centre, 0, frac, j, group, g, vector, shift)
            least[j] = min(least[j], length_of(vector, group.cell))
    return least


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
    centre: IntArray = np.empty(64, np.int64)
    point: IntArray = np.empty(64, np.int64)
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
                    centre, point = _twice_as_long(centre), _twice_as_long(point)
                centre[found], point[found] = i, j
                found += 1
    return centre[:found], point[:found]


@compiled
def _twice_as_long(numbers: IntArray) -> IntArray:
    """Numbers (n,), and room for as many more."""
    longer = np.empty(2 * len(numbers), np.int64)
    for k in range(len(numbers)):
        longer[k] = numbers[k]
    return longer


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

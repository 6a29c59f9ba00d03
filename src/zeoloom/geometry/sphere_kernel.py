"""Compiled: the images of asymmetric points that lie in spheres of a crystal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.geometry.image_kernel import lattice_shifts

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.pair_kernel import RealArray


@compiled
def fill_spheres(
    points: RealArray,
    present: BoolArray,
    cells: RealArray,
    rotations: RealArray,
    translations: RealArray,
    orders: IntArray,
    crystals: IntArray,
    centres: IntArray,
    radius: float,
    members: RealArray,
    owners: IntArray,
    operations: IntArray,
    counts: IntArray,
) -> None:
    """Write which images of points lie in each sphere, the nearest first, as many as fit.

    Args:
        points: (B, N, 3) Å.
        present: (B, N) False for padding.
        cells: (B, 3, 3) Å, rows a, b, c.
        rotations: (B, G, 3, 3) Cartesian.
        translations: (B, G, 3) Å.
        orders: (B,) operations of each group, the rest is padding.
        crystals: (S,) row of the crystal that a sphere lies in.
        centres: (S,) the point that is at its centre.
        radius: Å.
        members: (S, M, 3) Å, zeros, filled with images about the centre; and so are the others:
        owners: (S, M) whose images they are,
        operations: (S, M) by which operation,
        counts: (S,) how many there are.
    """
    squares, last = np.empty(members.shape[1]), -1
    cell: FloatArray = np.empty((3, 3))
    inverse: RealArray = np.empty((3, 3))
    shifts: FloatArray = np.empty((1, 3))
    frac, found = np.empty(3), np.empty(4)
    for s in range(len(crystals)):
        b, centre = crystals[s], points[crystals[s], centres[s]]
        if b != last:  # spheres of a crystal follow one another
            cell = cells[b].astype(np.float64)
            inverse = np.linalg.inv(cell)
            shifts, _ = lattice_shifts(cell, radius)
            last = b
        for j in range(points.shape[1]):
            for g in range(orders[b] if present[b, j] else 0):
                _fill_frac(centre, points[b, j], rotations[b, g], translations[b, g], inverse, frac)
                for k in range(len(shifts)):
                    _fill_place(frac, shifts, k, cell, found)
                    if found[3] < radius * radius:
                        counts[s] = _insert(
                            found, j, g, counts[s], squares, members[s], owners[s], operations[s]
                        )


@compiled_in_place
def _fill_frac(
    centre: RealArray,
    point: RealArray,
    rotation: RealArray,
    translation: RealArray,
    inverse: RealArray,
    frac: RealArray,
) -> None:
    """Write the fractional vector (3,) from a centre to an image, made short by the lattice."""
    for axis in range(3):
        along = 0.0
        for c in range(3):
            place = translation[c] - centre[c]
            for d in range(3):
                place += rotation[c, d] * point[d]
            along += place * inverse[c, axis]
        frac[axis] = along - math.floor(along + 0.5)


@compiled_in_place
def _fill_place(
    frac: RealArray, shifts: RealArray, k: int, cell: RealArray, found: RealArray
) -> None:
    """Write a shifted fractional position in Å, and its square (4,)."""
    found[3] = 0.0
    for c in range(3):
        found[c] = 0.0
        for axis in range(3):
            found[c] += (frac[axis] + shifts[k, axis]) * cell[axis, c]
        found[3] += found[c] * found[c]


@compiled
def _insert(
    found: RealArray,
    j: int,
    g: int,
    count: int,
    squares: RealArray,
    members: RealArray,
    owners: IntArray,
    operations: IntArray,
) -> int:
    """Put an image among those so far, in the order of distances; the farthest may drop out."""
    if count == len(squares):
        if found[3] >= squares[count - 1]:
            return count
        count -= 1
    row = count
    while row > 0 and squares[row - 1] > found[3]:
        squares[row], owners[row] = squares[row - 1], owners[row - 1]
        operations[row] = operations[row - 1]
        for c in range(3):
            members[row, c] = members[row - 1, c]
        row -= 1
    squares[row], owners[row], operations[row] = found[3], j, g
    for c in range(3):
        members[row, c] = found[c]
    return count + 1

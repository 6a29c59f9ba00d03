"""Average minimum distances (AMD): a periodic set of points as a row of lengths.

Widdowson, Mosca, Pulido, Cooper & Kurlin, MATCH Commun. Math. Comput. Chem. 87 (2022) 529: entry k
is the distance to the k-th nearest neighbour, averaged over the points of a cell. It does not
depend on the cell chosen, and changes little when points do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.lattice import volume
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations

NEIGHBOURS = 100
"""As the authors compare crystals; about 11 Å in zeolites."""

ROOM = 1.12
"""The first radius looked within, over that of a sphere that holds as many points on average."""


def average_minimum_distances(
    frac: FloatArray, operations: SymmetryOperations, cell: FloatArray, count: int = NEIGHBOURS
) -> FloatArray:
    """Mean distances to the first, the second, ... neighbour.

    Args:
        frac: (n, 3) asymmetric points.
        operations: of the space group.
        cell: (3, 3) Å.
        count: neighbours of each point.

    Returns:
        (count,) Å, not decreasing.
    """
    points, owner = expand_orbits(frac, operations, cell)
    per_volume = len(points) / volume(cell)
    radius = ROOM * (0.75 * (count + 1) / (np.pi * per_volume)) ** (1 / 3)
    while True:
        near = neighbours_within(frac, points, cell, radius)
        starts = np.searchsorted(near.centre, np.arange(len(frac) + 1))
        if np.diff(starts).min() > count:
            break
        radius *= 1.1
    # the first neighbour listed is the point itself
    columns = starts[:-1, None] + np.arange(1, count + 1)
    share = np.bincount(owner, minlength=len(frac)) / len(points)
    return np.asarray(share @ near.distance[columns])


def amd_distance(one: FloatArray, other: FloatArray) -> FloatArray:
    """Å, the largest difference of average minimum distances (..., count) and (..., count)."""
    return np.asarray(np.abs(one - other).max(axis=-1))

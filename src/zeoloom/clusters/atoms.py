"""From a cloud to atoms: an atom is a set of points that have met."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from zeoloom.structure.records import Atoms

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray

SHORTEST_T_T = 2.75
"""Å, the shortest T-T distance in the reference frameworks."""

MERGING_DISTANCE = SHORTEST_T_T / 2
"""Å. A point nearer to an atom than this can be nearer to no other."""


def merge_points(cart_points: FloatArray) -> Atoms:
    """Gather the points of a cloud into atoms, by average linkage up to `MERGING_DISTANCE`.

    Where points are many, groups far too small to be chance are strays and dropped: points fall on
    atoms like Poisson counts of mean m, so fewer than m - 4 sqrt(m) is no atom. With few points per
    atom nothing is dropped.

    Args:
        cart_points: (N, 3) Å, in open space.

    Returns:
        Atoms at the means of their points, heaviest first, with their numbers of points.
    """
    cart_points = np.asarray(cart_points, dtype=np.float64)
    if len(cart_points) < 2:
        return Atoms(cart_points, np.ones(len(cart_points), dtype=np.int64))
    groups = (
        fcluster(linkage(cart_points, method="average"), MERGING_DISTANCE, criterion="distance") - 1
    )
    points = np.bincount(groups)
    cart_t = (
        np.stack([np.bincount(groups, weights=axis) for axis in cart_points.T], axis=1)
        / points[:, None]
    )
    # the mean number of points met by a point: strays, having few, hardly lower it
    typical = float(np.average(points, weights=points))
    kept = np.flatnonzero(points > typical - 4 * math.sqrt(typical) if typical > 16 else points > 0)
    order = kept[np.argsort(-points[kept], kind="stable")]
    return Atoms(cart_t[order], points[order].astype(np.int64))

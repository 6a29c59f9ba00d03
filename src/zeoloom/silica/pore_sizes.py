"""The surface of channels, and how wide pores are around random points of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from zeoloom.geometry.lattice import volume
from zeoloom.geometry.neighbours import cart_images_around
from zeoloom.geometry.operations import wrap
from zeoloom.silica.void_points import classified

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.silica.void_points import VoidPoints
    from zeoloom.silica.voids import Voids

POINTS_ON_ATOM = 150
"""Spread evenly over the sphere where a probe touches an atom."""

MOST_SIZED = 1500
"""Points around which the largest sphere is looked for."""


def surface_area(void: Voids, cell: FloatArray, rank: IntArray, needed: float) -> float:
    """Å^2 of 1000 Å^3: where the centre of a sphere can be that touches atoms, in channels.

    Args:
        void: of the cell.
        cell: (3, 3) Å.
        rank: of each node, 0 for those in pockets (`passages_of`).
        needed: Å between the centre of the sphere and the atoms.
    """
    if not rank.any():
        return 0.0
    # Fibonacci's spiral
    number = np.arange(POINTS_ON_ATOM) + 0.5
    height = 1.0 - 2.0 * number / POINTS_ON_ATOM
    angle = np.pi * (1.0 + 5.0**0.5) * number
    flat = np.sqrt(1.0 - height**2)
    sphere = needed * np.column_stack([flat * np.cos(angle), flat * np.sin(angle), height])
    _, first = np.unique(void.atoms.atom, return_index=True)
    frac = void.atoms.frac[first][:, None] + sphere @ np.linalg.inv(cell)
    points = classified(void, cell, rank, needed, wrap(frac.reshape(-1, 3)))
    share = points.in_channel.sum() / POINTS_ON_ATOM
    return float(1000.0 * share * 4.0 * np.pi * needed**2 / volume(cell))


def pore_radii(void: Voids, cell: FloatArray, points: VoidPoints) -> FloatArray:
    """Å from the atoms, in increasing order, of the widest node whose sphere holds each point.

    Args:
        void: of the cell.
        cell: (3, 3) Å.
        points: of the cell; up to `MOST_SIZED` of those in channels and pockets are looked at.
    """
    inside = np.flatnonzero(points.in_channel | points.in_pocket)[:MOST_SIZED]
    if len(inside) == 0:
        return np.zeros(0)
    largest = points.distance[inside].copy()
    wide = np.flatnonzero(void.distance >= largest.min())
    nodes, owner = cart_images_around(void.frac_nodes[wide], cell, float(void.distance.max()))
    radii = void.distance[wide][owner]
    order = np.argsort(radii)
    held = cKDTree(points.frac[inside] @ cell).query_ball_point(nodes[order], radii[order])
    for radius, each in zip(radii[order], held, strict=True):
        largest[each] = radius
    return np.asarray(np.sort(largest))

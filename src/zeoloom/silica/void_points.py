"""Random points of a framework's void, and whether they lie in channels or in closed pockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import nearest_points

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.silica.voids import Voids


TOUCHING = 1e-6
"""Å. A sphere that touches an atom fits."""


@dataclass(frozen=True, slots=True)
class VoidPoints:
    """Points drawn evenly in a cell.

    Attributes:
        frac: (n, 3).
        distance: (n,) Å to the nearest atom.
        in_channel: (n,) whether a sphere that is here can travel through the framework.
        in_pocket: (n,) whether one fits here, but cannot leave.
    """

    frac: FloatArray
    distance: FloatArray
    in_channel: BoolArray
    in_pocket: BoolArray


def void_points(
    void: Voids,
    cell: FloatArray,
    rank: IntArray,
    needed: float,
    rng: np.random.Generator,
    count: int,
) -> VoidPoints:
    """Draw points, and find out where they belong.

    A point belongs to the nodes it sees: corners of the Voronoi cell it is in, if the straight way
    there stays `needed` Å off the atom of that cell.

    Args:
        void: of the cell.
        cell: (3, 3) Å.
        rank: of each node, 0 for those in pockets (`passages_of`).
        needed: Å between the centre of the sphere and the atoms.
        rng: source of the points.
        count: how many.
    """
    return classified(void, cell, rank, needed, rng.uniform(size=(count, 3)))


def classified(
    void: Voids, cell: FloatArray, rank: IntArray, needed: float, frac: FloatArray
) -> VoidPoints:
    """Find out where points (n, 3) in the cell belong; see `void_points`."""
    distance, image = nearest_points(frac @ cell, void.atoms.frac @ cell)
    open_points = np.flatnonzero(distance >= needed - TOUCHING)
    # each point and its atom moved to where the atom is listed
    atom = void.atoms.atom[image[open_points]]
    home = frac[open_points] - void.atoms.shifts[image[open_points]]
    centre = void.atoms.frac[image[open_points]] - void.atoms.shifts[image[open_points]]
    channel, pocket = np.zeros((2, len(frac)), dtype=np.bool_)
    for each in np.unique(atom):
        mine = np.flatnonzero(atom == each)
        corners = np.flatnonzero(void.atom == each)
        nodes = void.corner[corners]
        wide = void.distance[nodes] >= needed
        ends = (void.frac_nodes[nodes] + void.corner_shifts[corners])[wide]
        to_point = (home[mine] - centre[mine[0]]) @ cell
        to_end = (ends - centre[mine[0]]) @ cell
        visible = _least_length(to_point[:, None], to_end[None]) >= needed - TOUCHING
        in_channel = (visible & (rank[nodes[wide]] > 0)).any(axis=1)
        channel[open_points[mine]] = in_channel
        pocket[open_points[mine]] = visible.any(axis=1) & ~in_channel
    return VoidPoints(frac, distance, channel, pocket)


def _least_length(one: FloatArray, two: FloatArray) -> FloatArray:
    """Least distance of the origin from segments between points (..., 3)."""
    along = two - one
    squared = np.maximum((along**2).sum(axis=-1), 1e-20)
    share = np.clip(-(one * along).sum(axis=-1) / squared, 0.0, 1.0)
    return np.asarray(np.linalg.norm(one + share[..., None] * along, axis=-1))

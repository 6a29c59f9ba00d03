"""Compiled: assignment of special positions to the points of one crystal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.array_kernel import largest
from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.image_kernel import length_of, nearest_image

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.group import Group

ON_POSITION = 1e-4
"""Å², square of the distance at which a fixed point is on a special position."""

NEGLIGIBLE = 1e-12
"""A chance too small to be counted."""

LEAST_SEPARATION, SEPARATION_ROUNDS = 2.2, 3
"""Å between points that are to become different atoms, which end 3.1 Å from one another; and how
often they are moved apart."""

COINCIDENT = 1e-3
"""Å between images of a point that its special position makes one."""


@compiled
def nearest_on_positions(
    frac: FloatArray, frac_points: FloatArray, directions: FloatArray, cell: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How far each point is from each special position, and where on it is nearest.

    Args:
        frac: (n, 3).
        frac_points: (m, 3) fractional, one of each position.
        directions: (m, 3, 3) fractional projectors on the directions free there.
        cell: (3, 3) Å.

    Returns:
        (n, m) Å², the square of the distance;
        (n, m, 3) fractional.
    """
    n, m = len(frac), len(frac_points)
    squares = np.full((n, m), np.inf)
    nearest = np.empty((n, m, 3))
    away, across = np.empty(3), np.empty(3)
    for i in range(n):
        for k in range(m):
            for corner in range(8):  # the lattice is skew: the nearest cell need not be enough
                for axis in range(3):
                    apart = frac[i, axis] - frac_points[k, axis]
                    away[axis] = apart - np.round(apart)
                    if corner >> axis & 1:
                        away[axis] -= 1.0 if away[axis] > 0 else -1.0
                squared = 0.0
                for axis in range(3):
                    across[axis] = away[axis]
                    for b in range(3):
                        across[axis] -= directions[k, axis, b] * away[b]
                for axis in range(3):
                    along = 0.0
                    for b in range(3):
                        along += across[b] * cell[b, axis]
                    squared += along * along
                if squared < squares[i, k]:
                    squares[i, k] = squared
                    for axis in range(3):
                        nearest[i, k, axis] = frac[i, axis] - across[axis]
    return squares, nearest


@compiled
def draw_positions(
    chances: FloatArray, sizes: IntArray, low: int, high: int, draws: FloatArray
) -> IntArray:
    """Draw a special position for each point, so that the orbits add up.

    Every choice that adds up is as likely as the product of its chances. These are summed from the
    first point on by dynamic programming, and drawn from the last one back.

    Args:
        chances: (n, m) of each point and position, up to a factor.
        sizes: (m,) atoms of an orbit on each position.
        low: fewest atoms.
        high: most.
        draws: (n + 1,) from 0 to below 1.

    Returns:
        (n,) positions; empty if nothing adds up.
    """
    n, m = chances.shape
    high = min(high, n * int(largest(sizes)))
    sums = np.zeros((n + 1, high + 1))  # of the first points having so many atoms
    sums[0, 0] = 1.0
    for i in range(n):
        for k in range(m):
            if chances[i, k] > NEGLIGIBLE:
                for atoms in range(sizes[k], high + 1):
                    sums[i + 1, atoms] += chances[i, k] * sums[i, atoms - sizes[k]]
        scale = max(largest(sums[i + 1]), NEGLIGIBLE)
        for atoms in range(high + 1):
            sums[i + 1, atoms] /= scale
    chosen = np.empty(n, np.int64)
    more = _pick(sums[n, low:], draws[n])
    if more < 0:
        return chosen[:0]
    left = low + more
    shares = np.empty(m)
    for i in range(n - 1, -1, -1):
        for k in range(m):
            likely = chances[i, k] > NEGLIGIBLE and sizes[k] <= left
            shares[k] = chances[i, k] * sums[i, left - sizes[k]] if likely else 0.0
        chosen[i] = _pick(shares, draws[i])
        left -= sizes[chosen[i]]
    return chosen


@compiled
def _pick(shares: FloatArray, draw: float) -> int:
    """Where a draw from 0 to below 1 falls among shares; -1 if all are 0."""
    picked, rest = -1, draw * shares.sum()
    for k in range(len(shares)):
        if shares[k] > 0 and rest >= 0:
            picked = k
            rest -= shares[k]
    return picked


@compiled
def position_chances(
    squares: FloatArray,
    freedoms: IntArray,
    densities: FloatArray,
    spread: float,
    fixed: BoolArray,
) -> FloatArray:
    """How likely each point is to be on each special position.

    Args:
        squares: (n, m) Å², from `nearest_on_positions`.
        freedoms: (m,) directions in which a point may move there.
        densities: (m,) of points per Å, Å², Å³ of a position.
        spread: Å, of points around where they are expected.
        fixed: (n,) points that stay on the most special position they are on.

    Returns:
        (n, m) up to a factor for each point.
    """
    n, m = squares.shape
    chances = np.zeros((n, m))
    for i in range(n):
        if fixed[i]:
            own = -1
            for k in range(m):
                if squares[i, k] < ON_POSITION and (own < 0 or freedoms[k] < freedoms[own]):
                    own = k
            chances[i, own] = 1.0
            continue
        for k in range(m):
            near = math.exp(-0.5 * squares[i, k] / spread**2)
            chances[i, k] = (
                densities[k] * near / (math.sqrt(2 * math.pi) * spread) ** (3 - freedoms[k])
            )
        scale = largest(chances[i])
        for k in range(m):
            chances[i, k] /= scale
    return chances


@compiled
def project_points(frac: FloatArray, frac_points: FloatArray, directions: FloatArray) -> FloatArray:
    """Points (n, 3) projected onto special positions: a place (n, 3) and directions (n, 3, 3)."""
    projected = frac_points.copy()
    for i in range(len(frac)):
        for a in range(3):
            for b in range(3):
                projected[i, a] += directions[i, a, b] * (frac[i, b] - frac_points[i, b])
    return projected


@compiled
def separate_points(
    frac: FloatArray,
    directions: FloatArray,
    fixed: BoolArray,
    group: Group,
) -> FloatArray:
    """Move points on special positions away from each other, and from their own images.

    Coincident images count as often as they are; it need not be exact, as the network is evaluated
    again at the next level.

    Args:
        frac: (n, 3) on their special positions.
        directions: (n, 3, 3) fractional projectors on the directions free there.
        fixed: (n,) points that stay.
        group: in its cell.

    Returns:
        (n, 3) fractional, on the same positions.
    """
    moved, step, cells = frac.copy(), np.empty(3), np.empty(3, np.int64)
    for _ in range(SEPARATION_ROUNDS):
        push, any_near = np.zeros(frac.shape), False
        for i in range(len(frac)):
            if fixed[i]:
                continue
            for j in range(len(frac)):
                share = 1.0 if fixed[j] else 0.5
                for g in range(1 if i == j else 0, len(group.rotations)):
                    nearest_image(moved, i, moved, j, group, g, step, cells)
                    distance = length_of(step, group.cell)
                    if COINCIDENT < distance < LEAST_SEPARATION:
                        away = share * (LEAST_SEPARATION - distance) / distance
                        any_near = True
                        for axis in range(3):
                            push[i, axis] -= away * step[axis]
        if not any_near:
            break
        for i in range(len(frac)):
            for axis in range(3):
                for b in range(3):
                    moved[i, axis] += directions[i, axis, b] * push[i, b]
    return moved

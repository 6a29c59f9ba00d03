"""Compiled: special positions for the points of one crystal, near to where each is expected."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.search.strain import length_of, nearest

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.group import Group

THERE = 1e-4
"""Å², of points that are held, from the special position that they are on."""

NEVER = 1e-12
"""A chance not worth counting."""

APART, ROUNDS_APART = 2.2, 3
"""Å between points that are to become different atoms, which are 3.1 Å from one another in the end;
and how often they are moved apart."""

MET = 1e-3
"""Å between images of a point that its seat makes one."""


@compiled
def offers(
    frac: FloatArray, places: FloatArray, directions: FloatArray, cell: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How far each point is from each special position, and the nearest place there.

    Args:
        frac: (n, 3).
        places: (m, 3) fractional, one of each position.
        directions: (m, 3, 3) fractional projections on the ways to go from there.
        cell: (3, 3) Å.

    Returns:
        (n, m) Å², the square of the distance;
        (n, m, 3) fractional.
    """
    n, m = len(frac), len(places)
    squares = np.full((n, m), np.inf)
    nearest = np.empty((n, m, 3))
    away, across = np.empty(3), np.empty(3)
    for i in range(n):
        for k in range(m):
            for corner in range(8):  # the lattice is skew: the nearest cell need not be enough
                for axis in range(3):
                    apart = frac[i, axis] - places[k, axis]
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
def choose(
    chances: FloatArray, sizes: IntArray, low: int, high: int, draws: FloatArray
) -> IntArray:
    """Draw a position for each point, so that their orbits add up.

    Every choice that adds up is as likely as the product of its chances; they are summed from the
    first point on, and drawn from the last one back.

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
    high = min(high, n * sizes.max())
    ways = np.zeros((n + 1, high + 1))  # of the first points to have so many atoms
    ways[0, 0] = 1.0
    for i in range(n):
        for k in range(m):
            if chances[i, k] > NEVER:
                for atoms in range(sizes[k], high + 1):
                    ways[i + 1, atoms] += chances[i, k] * ways[i, atoms - sizes[k]]
        ways[i + 1] /= max(ways[i + 1].max(), NEVER)
    chosen = np.empty(n, np.int64)
    more = _pick(ways[n, low:], draws[n])
    if more < 0:
        return chosen[:0]
    left = low + more
    shares = np.empty(m)
    for i in range(n - 1, -1, -1):
        for k in range(m):
            likely = chances[i, k] > NEVER and sizes[k] <= left
            shares[k] = chances[i, k] * ways[i, left - sizes[k]] if likely else 0.0
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
def chances_of(
    squares: FloatArray,
    freedoms: IntArray,
    densities: FloatArray,
    spread: float,
    held: BoolArray,
) -> FloatArray:
    """How likely each point is to be on each special position.

    Args:
        squares: (n, m) Å², from `offers`.
        freedoms: (m,) ways to go.
        densities: (m,) of points per Å, Å², Å³ of a position.
        spread: Å, of points around where they are expected.
        held: (n,) points that stay on the most special position they are on.

    Returns:
        (n, m) up to a factor for each point.
    """
    n, m = squares.shape
    chances = np.zeros((n, m))
    for i in range(n):
        if held[i]:
            own = -1
            for k in range(m):
                if squares[i, k] < THERE and (own < 0 or freedoms[k] < freedoms[own]):
                    own = k
            chances[i, own] = 1.0
            continue
        for k in range(m):
            near = math.exp(-0.5 * squares[i, k] / spread**2)
            chances[i, k] = (
                densities[k] * near / (math.sqrt(2 * math.pi) * spread) ** (3 - freedoms[k])
            )
        chances[i] /= chances[i].max()
    return chances


@compiled
def onto_seats(frac: FloatArray, places: FloatArray, directions: FloatArray) -> FloatArray:
    """Points (n, 3) moved onto their seats, given by a place (n, 3) and directions (n, 3, 3)."""
    on_seats = places.copy()
    for i in range(len(frac)):
        for a in range(3):
            for b in range(3):
                on_seats[i, a] += directions[i, a, b] * (frac[i, b] - places[i, b])
    return on_seats


@compiled
def part(
    frac: FloatArray,
    directions: FloatArray,
    held: BoolArray,
    group: Group,
) -> FloatArray:
    """Move points on seats away from each other, and from images that would make them one.

    Images that lie on one another push as often as they are; it need not be exact, as the network
    is asked again at the next level.

    Args:
        frac: (n, 3) on seats.
        directions: (n, 3, 3) fractional projections on the ways each may go there.
        held: (n,) points that are not moved.
        group: in its cell.

    Returns:
        (n, 3) fractional, on the same seats.
    """
    parted, step = frac.copy(), np.empty(3)
    for _ in range(ROUNDS_APART):
        push = np.zeros_like(frac)
        for i in range(len(frac)):
            if held[i]:
                continue
            for j in range(len(frac)):
                share = 1.0 if held[j] else 0.5
                for g in range(1 if i == j else 0, len(group.rotations)):
                    nearest(parted[i], parted[j], group, g, step)
                    distance = length_of(step, group.cell)
                    if MET < distance < APART:
                        push[i] -= share * (APART - distance) / distance * step
        if not push.any():
            break
        for i in range(len(frac)):
            for axis in range(3):
                for b in range(3):
                    parted[i, axis] += directions[i, axis, b] * push[i, b]
    return parted

"""Compiled: which atoms the points of a crystal form, who their neighbours are, and what is wrong.

Every function takes one crystal: points of its asymmetric unit, (n, 3) fractional, and its group.
Nothing is expanded to the full cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.pair_kernel import lattice_shifts
from zeoloom.nets.bonding import BOND_CUTOFF, BOND_LENGTH

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group

MEETING_DISTANCE = 1.2
"""Å. Images this near to a point belong to its atom."""

SAME_PLACE = 0.3
"""Å. After the points of an atom have been moved to their mean they are this near together."""

NEXT_DISTANCE = 5.0
"""Å, between T atoms two bonds apart."""

LENGTH_COST, NEXT_COST = 2.0, 0.1
"""Cost per Å² of deviation from `BOND_LENGTH` and from that; a bond missing or too many costs 1."""

AT_REST = 1e-9
"""Fractional, that points move when they have met."""

MOST_NEIGHBOURS = 16


class Bonds(NamedTuple):
    """Bonds of n asymmetric atoms, each to the image of another or of itself.

    Attributes:
        counts: (n,) bonds of each.
        partners: (n, MOST_NEIGHBOURS) the asymmetric atom whose image each ends at.
        turns: (n, MOST_NEIGHBOURS, 3, 3) Cartesian, what turns that atom to its image.
        moves: (n, MOST_NEIGHBOURS, 3) Å, what is added to it then.
        ways: (n, MOST_NEIGHBOURS, 3) Å, from the atom to that image.
    """

    counts: IntArray
    partners: IntArray
    turns: FloatArray
    moves: FloatArray
    ways: FloatArray


@compiled
def gather(frac: FloatArray, group: Group) -> tuple[FloatArray, IntArray, FloatArray]:
    """Move points to the mean of what lies near them, until they have met.

    Args:
        frac: (n, 3).
        group: in its cell.

    Returns:
        (n, 3) points where their atoms are;
        (n,) for each the first point of the same atom or of an image of it;
        (n,) atoms of the cell that are images of that atom.
    """
    n, order = len(frac), len(group.rotations)
    step = np.empty(3)
    here = frac.copy()
    at_rest = False
    for radius in (MEETING_DISTANCE, MEETING_DISTANCE, MEETING_DISTANCE, SAME_PLACE):
        if at_rest:  # all that were to meet have met
            break
        moved = here.copy()
        for i in range(n):
            count = 0
            mean = np.zeros(3)
            for j in range(n):
                for g in range(order):
                    nearest(here[i], here[j], group, g, step)
                    if length_of(step, group.cell) < radius:
                        count += 1
                        mean += step
            moved[i] += mean / count
        at_rest = np.abs(moved - here).max() < AT_REST
        here = moved
    first = np.arange(n)
    multiplicity = np.empty(n)
    for i in range(n):
        stabiliser = 0
        for j in range(i + 1):
            for g in range(order):
                nearest(here[i], here[j], group, g, step)
                if length_of(step, group.cell) < SAME_PLACE:
                    if j == i:
                        stabiliser += 1
                    elif first[i] == i:
                        first[i] = first[j]
        multiplicity[i] = order / stabiliser
    return here, first, multiplicity


@compiled
def nearest(centre: FloatArray, other: FloatArray, group: Group, g: int, step: FloatArray) -> None:
    """Write to `step` the vector from a point to image g of another, made short by the lattice."""
    for axis in range(3):
        along = group.translations[g, axis] - centre[axis]
        for c in range(3):
            along += group.rotations[g, axis, c] * other[c]
        step[axis] = along - np.round(along)


@compiled
def length_of(step: FloatArray, cell: FloatArray) -> float:
    """Å of a fractional way."""
    squared = 0.0
    for axis in range(3):
        along = step[0] * cell[0, axis] + step[1] * cell[1, axis] + step[2] * cell[2, axis]
        squared += along * along
    return math.sqrt(squared)


@compiled
def bonds_of(frac: FloatArray, group: Group) -> Bonds:
    """Bonds of atoms (n, 3) that are on their special positions; places count once.

    Args:
        frac: asymmetric atoms.
        group: in its cell.
    """
    n = len(frac)
    bonds = Bonds(
        np.zeros(n, np.int64),
        np.zeros((n, MOST_NEIGHBOURS), np.int64),
        np.zeros((n, MOST_NEIGHBOURS, 3, 3)),
        np.zeros((n, MOST_NEIGHBOURS, 3)),
        np.zeros((n, MOST_NEIGHBOURS, 3)),
    )
    cell = group.cell
    shifts, reach = lattice_shifts(cell, BOND_CUTOFF)
    image, step, way, move = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for j in range(n):
        for g in range(len(group.rotations)):
            for x in range(3):
                image[x] = group.translations[g, x]
                for y in range(3):
                    image[x] += group.rotations[g, x, y] * frac[j, y]
            for i in range(n):
                near = True
                for x in range(3):
                    along = image[x] - frac[i, x]
                    step[x] = along - np.round(along)
                    near = near and abs(step[x]) < reach[x]
                for s in range(len(shifts) if near else 0):
                    for a in range(3):
                        way[a], move[a] = 0.0, 0.0
                        for x in range(3):
                            along = step[x] + shifts[s, x]
                            cells = np.round(frac[i, x] + along - image[x])
                            way[a] += along * cell[x, a]
                            move[a] += (group.translations[g, x] + cells) * cell[x, a]
                    _add_bond(bonds, i, j, group.cart_rotations[g], move, way)
    return bonds


@compiled
def _add_bond(
    bonds: Bonds, i: int, j: int, turn: FloatArray, move: FloatArray, way: FloatArray
) -> None:
    """Add the bond from atom i along a way (3,) Å to an image of j, if it is one and is new."""
    count = bonds.counts[i]
    length = math.sqrt(way[0] ** 2 + way[1] ** 2 + way[2] ** 2)
    if not SAME_PLACE <= length < BOND_CUTOFF or count == MOST_NEIGHBOURS:
        return
    for m in range(count):
        off = 0.0
        for a in range(3):
            off += abs(bonds.ways[i, m, a] - way[a])
        if off < SAME_PLACE:
            return
    bonds.partners[i, count] = j
    bonds.turns[i, count] = turn
    bonds.moves[i, count] = move
    bonds.ways[i, count] = way
    bonds.counts[i] = count + 1


@compiled
def judge_atoms(
    frac: FloatArray,
    group: Group,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Coordination and cost of each atom, and where a missing neighbour would be.

    Args:
        frac: (n, 3) asymmetric atoms, on their special positions.
        group: in its cell.

    Returns:
        (n,) number of bonds of each atom; (n,) its cost; (n, 3) Å from the atom to a bond's length
        away from its neighbours, nan without any.
    """
    return judge_bonds(bonds_of(frac, group))


@compiled
def judge_bonds(bonds: Bonds) -> tuple[IntArray, FloatArray, FloatArray]:
    """What `judge_atoms` says of atoms that have these bonds."""
    counts, ways = bonds.counts, bonds.ways
    n = len(counts)
    costs, holes = np.zeros(n), np.full((n, 3), np.nan)
    away = np.empty(3)
    for i in range(n):
        costs[i] = abs(counts[i] - 4) + strain(ways[i], counts[i])
        away[:] = 0.0
        for m in range(counts[i]):
            length = math.sqrt(ways[i, m, 0] ** 2 + ways[i, m, 1] ** 2 + ways[i, m, 2] ** 2)
            for a in range(3):
                away[a] -= ways[i, m, a] / length
        if counts[i]:
            length = math.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
            for a in range(3):
                holes[i, a] = BOND_LENGTH * away[a] / max(length, 1e-3)
    return counts, costs, holes


@compiled
def strain(ways: FloatArray, count: int) -> float:
    """Cost of the first so many bonds of an atom, along ways (m, 3) Å, and of their angles."""
    cost = 0.0
    for m in range(count):
        length = math.sqrt(ways[m, 0] ** 2 + ways[m, 1] ** 2 + ways[m, 2] ** 2)
        cost += LENGTH_COST * (length - BOND_LENGTH) ** 2
        for o in range(m):
            squared = 0.0
            for a in range(3):
                squared += (ways[m, a] - ways[o, a]) ** 2
            cost += NEXT_COST * (math.sqrt(squared) - NEXT_DISTANCE) ** 2
    return cost


@compiled
def distances_to_images(
    place: FloatArray,
    frac: FloatArray,
    group: Group,
) -> FloatArray:
    """Å from a place (3,) to the nearest image of each point (n, 3); exact up to half a cell."""
    least = np.full(len(frac), np.inf)
    step = np.empty(3)
    for j in range(len(frac)):
        for g in range(len(group.rotations)):
            nearest(place, frac[j], group, g, step)
            least[j] = min(least[j], length_of(step, group.cell))
    return least

"""Compiled: which atoms the points of a crystal form, who their neighbours are, and what is wrong.

Every function takes one crystal: points of its asymmetric unit, (n, 3) fractional, the operations
of its group (the identity first) and its cell. Nothing is expanded to the full cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.pair_kernel import compiled, lattice_shifts
from zeoloom.structure.net import BOND_CUTOFF, BOND_LENGTH

if TYPE_CHECKING:
    from zeoloom.structure.records import FloatArray, IntArray

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


@compiled
def gather(
    frac: FloatArray, rotations: FloatArray, translations: FloatArray, cell: FloatArray
) -> tuple[FloatArray, IntArray, FloatArray]:
    """Move points to the mean of what lies near them, until they have met.

    Args:
        frac: (n, 3).
        rotations: (G, 3, 3) fractional.
        translations: (G, 3).
        cell: (3, 3) Å.

    Returns:
        (n, 3) points where their atoms are;
        (n,) for each the first point of the same atom or of an image of it;
        (n,) atoms of the cell that are images of that atom.
    """
    n, order = len(frac), len(rotations)
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
                    nearest(here[i], here[j], rotations[g], translations[g], step)
                    if length_of(step, cell) < radius:
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
                nearest(here[i], here[j], rotations[g], translations[g], step)
                if length_of(step, cell) < SAME_PLACE:
                    if j == i:
                        stabiliser += 1
                    elif first[i] == i:
                        first[i] = first[j]
        multiplicity[i] = order / stabiliser
    return here, first, multiplicity


@compiled
def nearest(
    centre: FloatArray,
    other: FloatArray,
    rotation: FloatArray,
    translation: FloatArray,
    step: FloatArray,
) -> None:
    """Write to `step` the way from a point to an image of another, made short by the lattice."""
    for axis in range(3):
        along = translation[axis] - centre[axis]
        for c in range(3):
            along += rotation[axis, c] * other[c]
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
def judge_atoms(
    frac: FloatArray,
    rotations: FloatArray,
    translations: FloatArray,
    cell: FloatArray,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Coordination and cost of each atom, and where a missing neighbour would be.

    Args:
        frac: (n, 3) asymmetric atoms, on their special positions.
        rotations: (G, 3, 3) fractional.
        translations: (G, 3).
        cell: (3, 3) Å.

    Returns:
        (n,) number of bonds of each atom; (n,) its cost; (n, 3) Å from the atom to a bond's length
        away from its neighbours, nan without any.
    """
    n, order = len(frac), len(rotations)
    step = np.empty(3)
    bonds = np.zeros(n, np.int64)
    costs = np.zeros(n)
    holes = np.full((n, 3), np.nan)
    shifts, reach = lattice_shifts(cell, BOND_CUTOFF)
    around = np.empty((MOST_NEIGHBOURS, 3))
    for i in range(n):
        count = 0
        for j in range(n):
            for g in range(order):
                nearest(frac[i], frac[j], rotations[g], translations[g], step)
                near = abs(step[0]) < reach[0] and abs(step[1]) < reach[1]
                if near and abs(step[2]) < reach[2]:
                    count = _add_neighbours(step, shifts, cell, around, count)
        bonds[i] = count
        cost = float(abs(count - 4))
        away = np.zeros(3)
        for m in range(count):
            length = math.sqrt((around[m] ** 2).sum())
            cost += LENGTH_COST * (length - BOND_LENGTH) ** 2
            away -= around[m] / length
            for other in range(m):
                apart = math.sqrt(((around[m] - around[other]) ** 2).sum())
                cost += NEXT_COST * (apart - NEXT_DISTANCE) ** 2
        costs[i] = cost
        if count:
            holes[i] = BOND_LENGTH * away / max(math.sqrt((away**2).sum()), 1e-3)
    return bonds, costs, holes


@compiled
def _add_neighbours(
    step: FloatArray, shifts: FloatArray, cell: FloatArray, around: FloatArray, count: int
) -> int:
    """Add the images of a neighbour to those known (count of `around`), each place but once."""
    moved = np.empty(3)
    for s in range(len(shifts)):
        moved[0] = step[0] + shifts[s, 0]
        moved[1] = step[1] + shifts[s, 1]
        moved[2] = step[2] + shifts[s, 2]
        if not SAME_PLACE <= length_of(moved, cell) < BOND_CUTOFF or count == MOST_NEIGHBOURS:
            continue
        for axis in range(3):
            around[count, axis] = (
                moved[0] * cell[0, axis] + moved[1] * cell[1, axis] + moved[2] * cell[2, axis]
            )
        known = False
        for m in range(count):
            known = known or np.abs(around[m] - around[count]).sum() < SAME_PLACE
        if not known:
            count += 1
    return count


@compiled
def distances_to_images(
    place: FloatArray,
    frac: FloatArray,
    rotations: FloatArray,
    translations: FloatArray,
    cell: FloatArray,
) -> FloatArray:
    """Å from a place (3,) to the nearest image of each point (n, 3); exact up to half a cell."""
    least = np.full(len(frac), np.inf)
    step = np.empty(3)
    for j in range(len(frac)):
        for g in range(len(rotations)):
            nearest(place, frac[j], rotations[g], translations[g], step)
            least[j] = min(least[j], length_of(step, cell))
    return least

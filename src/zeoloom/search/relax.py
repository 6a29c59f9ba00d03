"""The T atoms of a crystal moved to where their bonds want them: compiled descent on their cost.

What a network leaves is right to a tenth of an Ångström or two. Costs of crystals can be compared,
and a strained net told from an easy one, only once each is at its own minimum.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.nets.bonding import BOND_LENGTH
from zeoloom.search.strain import (
    LENGTH_COST,
    NEXT_COST,
    NEXT_DISTANCE,
    SAME_PLACE,
    bonds_of,
    gather,
    judge_atoms,
    judge_bonds,
    length_of,
    nearest,
)

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.search.strain import Bonds

STEPS = 40
"""Of descent; after these a net moves by hundredths of an Å."""

FIRST_STEP, LONGEST_STEP = 0.02, 0.2
"""Å² per unit of cost. The stiffest mode, a bond pulled from both ends, allows about 0.05."""

FURTHEST = 0.2
"""Å, that an atom moves in one step."""


@compiled
def atoms_of(
    frac: FloatArray, group: Group
) -> tuple[FloatArray, IntArray, FloatArray, FloatArray, int, IntArray]:
    """The atoms that points form, at rest.

    Args:
        frac: (n, 3) points.
        group: in its cell.

    Returns:
        What `at_rest` returns of the k asymmetric atoms; the atoms of the cell; (n,) which of the
        k each point belongs to.
    """
    met, first, multiplicity = gather(frac, group)
    points_of, n_atoms, count = np.empty_like(first), 0.0, 0
    for i in range(len(first)):
        if first[i] < i:
            points_of[i] = points_of[first[i]]
            continue
        points_of[i] = count
        met[count] = met[i]
        n_atoms += multiplicity[i]
        count += 1
    eased, bonds, costs, holes = at_rest(met[:count].copy(), group)
    return eased, bonds, costs, holes, round(n_atoms), points_of


@compiled
def at_rest(frac: FloatArray, group: Group) -> tuple[FloatArray, IntArray, FloatArray, FloatArray]:
    """Atoms eased, and what `judge_atoms` says of them; where they were, if that costs less.

    Args:
        frac: (n, 3) asymmetric atoms, on their special positions.
        group: in its cell.

    Returns:
        (n, 3) places; (n,) bonds, (n,) costs, (n, 3) Å holes.
    """
    bonds = bonds_of(frac, group)
    before = judge_bonds(bonds)
    eased = ease(frac, bonds, group)
    after = judge_atoms(eased, group)
    if after[1].sum() < before[1].sum():
        return eased, after[0], after[1], after[2]
    return frac, before[0], before[1], before[2]


@compiled
def ease(
    frac: FloatArray,
    bonds: Bonds,
    group: Group,
) -> FloatArray:
    """Descend on the cost of `crystal_kernel.judge_atoms`, bonds and special positions kept.

    Steps are those of Barzilai & Borwein (IMA J. Numer. Anal. 1988).

    Args:
        frac: (n, 3) asymmetric atoms, on their special positions.
        bonds: that they have there.
        group: in its cell.

    Returns:
        (n, 3) where the cost was least.
    """
    n = len(frac)
    free = free_directions(frac, group)
    place = frac @ group.cell
    best, least = place.copy(), np.inf
    last_place, last_slope = place.copy(), np.zeros((n, 3))
    slope = np.zeros((n, 3))
    for step in range(STEPS):
        cost = slope_of(place, bonds.counts, bonds.partners, bonds.turns, bonds.moves, slope)
        if cost < least:
            least = cost
            best[:] = place
        if not move(place, slope, last_place, last_slope, free, step == 0, FURTHEST):
            break
    return best @ group.inverse_cell


@compiled
def move(
    place: FloatArray,
    slope: FloatArray,
    last_place: FloatArray,
    last_slope: FloatArray,
    free: FloatArray,
    first: bool,
    furthest: float,
) -> bool:
    """Move atoms (n, 3) Å one step down a slope, each as it is free to and no further than that.

    The last place and slope give the length of the step, and are written; whether there was one.
    """
    length = FIRST_STEP
    if not first:
        along, curved = 0.0, 0.0
        for i in range(len(place)):
            for axis in range(3):
                moved = place[i, axis] - last_place[i, axis]
                along += moved * moved
                curved += moved * (slope[i, axis] - last_slope[i, axis])
        if along < 1e-10:
            return False
        length = min(along / curved, LONGEST_STEP) if curved > 0 else LONGEST_STEP
    last_place[:] = place
    last_slope[:] = slope
    way = np.empty(3)
    for i in range(len(place)):
        for a in range(3):
            way[a] = 0.0
            for b in range(3):
                way[a] += free[i, a, b] * slope[i, b] * length
        far = _length(way[0], way[1], way[2])
        if far > furthest:
            way *= furthest / far
        for a in range(3):
            place[i, a] -= way[a]
    return True


@compiled
def free_directions(frac: FloatArray, group: Group) -> FloatArray:
    """Projections on the ways each atom may go on its special position.

    Args:
        frac: (n, 3) asymmetric atoms, on their special positions.
        group: in its cell.

    Returns:
        (n, 3, 3) Cartesian.
    """
    n = len(frac)
    free = np.zeros((n, 3, 3))
    step = np.empty(3)
    for i in range(n):
        count = 0
        for g in range(len(group.rotations)):
            nearest(frac[i], frac[i], group, g, step)
            if length_of(step, group.cell) < SAME_PLACE:
                free[i] += group.cart_rotations[g]
                count += 1
        free[i] /= count
    return free


@compiled
def slope_of(
    place: FloatArray,
    counts: IntArray,
    partners: IntArray,
    turns: FloatArray,
    moves: FloatArray,
    slope: FloatArray,
) -> float:
    """Cost of all bonds and 1-3 distances at places (n, 3) Å; its slope (n, 3) is written.

    Args:
        place: Å.
        counts: (n,) bonds of each atom.
        partners: (n, m) the atom whose image each bond ends at.
        turns: (n, m, 3, 3) Cartesian, what turns that atom to its image.
        moves: (n, m, 3) Å, what is added to it then.
        slope: written.
    """
    around, pull = np.empty((partners.shape[1], 3)), np.empty((partners.shape[1], 3))
    slope[:] = 0.0
    cost = 0.0
    for i in range(len(place)):
        for m in range(counts[i]):
            j = partners[i, m]
            squared = 0.0
            for a in range(3):
                along = moves[i, m, a] - place[i, a]
                for b in range(3):
                    along += turns[i, m, a, b] * place[j, b]
                around[m, a] = along
                squared += along * along
            length = math.sqrt(squared)
            off = length - BOND_LENGTH
            cost += LENGTH_COST * off * off
            for a in range(3):
                pull[m, a] = 2.0 * LENGTH_COST * off / length * around[m, a]
        for m in range(1, counts[i]):
            for o in range(m):
                x = around[m, 0] - around[o, 0]
                y = around[m, 1] - around[o, 1]
                z = around[m, 2] - around[o, 2]
                apart = math.sqrt(x * x + y * y + z * z) + 1e-9
                off = apart - NEXT_DISTANCE
                cost += NEXT_COST * off * off
                force = 2.0 * NEXT_COST * off / apart
                pull[m, 0] += force * x
                pull[m, 1] += force * y
                pull[m, 2] += force * z
                pull[o, 0] -= force * x
                pull[o, 1] -= force * y
                pull[o, 2] -= force * z
        for m in range(counts[i]):
            j = partners[i, m]
            for b in range(3):
                slope[i, b] -= pull[m, b]  # what pulls two neighbours apart adds up to nothing
                for a in range(3):
                    slope[j, b] += turns[i, m, a, b] * pull[m, a]
    return cost


@compiled
def _length(x: float, y: float, z: float) -> float:
    return math.sqrt(x * x + y * y + z * z)

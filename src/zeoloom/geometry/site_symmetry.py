"""Compiled: the site symmetry of atoms, from which all that is known of special positions follows.

The stabiliser of an atom x is the set of operations that, with some lattice translation S, bring it
back to within a tolerance: |R x + t + S - x| < `operations.SAME_SITE`. The mean of R over them
projects displacements onto the directions in which the atom may move (International Tables for
Crystallography A, 8.3.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.group import NO_SHIFT, product
from zeoloom.geometry.operations import SAME_SITE

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.group import Group


class SiteSymmetry(NamedTuple):
    """The site symmetry of n asymmetric atoms.

    Attributes:
        orders: (n,) operations that leave each where it is.
        operations: (n, G) which these are.
        shifts: (n, G, 3) the whole cells that go with them.
        representatives: (n, G) of the operations that take an atom to one position, the first.
        representative_shifts: (n, G, 3) whole cells to be added, if it is to stand for the other.
        projectors: (n, 3, 3) Cartesian, onto the directions in which each may move.
    """

    orders: IntArray
    operations: IntArray
    shifts: IntArray
    representatives: IntArray
    representative_shifts: IntArray
    projectors: FloatArray


@compiled
def stabilisers(
    frac: FloatArray,
    rotations: IntArray,
    translations: FloatArray,
    cell: FloatArray,
    tolerance: float,
) -> tuple[BoolArray, IntArray]:
    """Which operations leave atoms where they are.

    Args:
        frac: (n, 3).
        rotations: (G, 3, 3) fractional.
        translations: (G, 3).
        cell: (3, 3) Å.
        tolerance: Å.

    Returns:
        (n, G) which do; (n, G, 3) the whole cells that go with each.
    """
    n, order = len(frac), len(rotations)
    fixing, shifts = np.zeros((n, order), np.bool_), np.zeros((n, order, 3), np.int64)
    apart = np.empty(3)
    for i in range(n):
        for g in range(order):
            for x in range(3):
                along = translations[g, x] - frac[i, x]
                for y in range(3):
                    along += rotations[g, x, y] * frac[i, y]
                whole = np.round(along)
                apart[x] = along - whole
                shifts[i, g, x] = -int(whole)
            squared = 0.0
            for x in range(3):
                along = apart[0] * cell[0, x] + apart[1] * cell[1, x] + apart[2] * cell[2, x]
                squared += along * along
            fixing[i, g] = squared < tolerance * tolerance
    return fixing, shifts


@compiled
def site_symmetry(frac: FloatArray, group: Group) -> SiteSymmetry:
    """The site symmetry of atoms (n, 3), exactly on their special positions."""
    n, order = len(frac), len(group.rotations)
    fixing, cells = stabilisers(frac, group.rotations, group.translations, group.cell, SAME_SITE)
    orders, operations = np.zeros(n, np.int64), np.zeros((n, order), np.int64)
    shifts = np.zeros((n, order, 3), np.int64)
    representatives = np.zeros((n, order), np.int64)
    representative_shifts = np.zeros((n, order, 3), np.int64)
    projectors = np.zeros((n, 3, 3))
    for i in range(n):
        for g in range(order):
            if fixing[i, g]:
                operations[i, orders[i]] = g
                for x in range(3):
                    shifts[i, orders[i], x] = cells[i, g, x]
                    for y in range(3):
                        projectors[i, x, y] += group.cart_rotations[g, x, y]
                orders[i] += 1
        for x in range(3):
            for y in range(3):
                projectors[i, x, y] /= orders[i]
        for g in range(order):
            representatives[i, g] = order
            for k in range(orders[i]):
                fixed = shifts[i, k, 0], shifts[i, k, 1], shifts[i, k, 2]
                other, other_shift = product(group, g, NO_SHIFT, operations[i, k], fixed)
                if other < representatives[i, g]:
                    representatives[i, g] = other
                    for x in range(3):
                        representative_shifts[i, g, x] = other_shift[x]
    return SiteSymmetry(
        orders, operations, shifts, representatives, representative_shifts, projectors
    )

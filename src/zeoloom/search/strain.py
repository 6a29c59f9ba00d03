"""Compiled: what the bonds of a crystal cost, for each atom and with the gradient.

The cost of an atom is the number of bonds that it has too many or too few, and its strain: squared
deviations of its bonds from 3.1 Å and of the distances between its neighbours from 5.0 Å.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.nets.bonding import BOND_LENGTH
from zeoloom.nets.quotient_kernel import find_bonds

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.geometry.image_kernel import LatticeShifts
    from zeoloom.geometry.site_symmetry import SiteSymmetry
    from zeoloom.nets.quotient_kernel import BondTable

NEXT_DISTANCE = 5.0
"""Å, between T atoms two bonds apart."""

LENGTH_COST, NEXT_COST = 2.0, 0.1
"""Cost per Å² of deviation from `BOND_LENGTH` and from that; a bond missing or too many costs 1."""

IMPOSSIBLE = 1e6
"""Cost of a crystal where an atom has more bonds than there is room for."""


@compiled
def strain(vectors: FloatArray, count: int) -> float:
    """Cost of the first so many bonds of an atom, vectors (m, 3) Å, and of their angles."""
    cost = 0.0
    for m in range(count):
        length = math.sqrt(vectors[m, 0] ** 2 + vectors[m, 1] ** 2 + vectors[m, 2] ** 2)
        cost += LENGTH_COST * (length - BOND_LENGTH) ** 2
        for o in range(m):
            squared = 0.0
            for a in range(3):
                squared += (vectors[m, a] - vectors[o, a]) ** 2
            cost += NEXT_COST * (math.sqrt(squared) - NEXT_DISTANCE) ** 2
    return cost


@compiled
def atom_costs(counts: IntArray, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What is wrong with each atom, and where a missing neighbour would be.

    Args:
        counts: (n,) bonds of each.
        vectors: (n, m, 3) Å to their ends.

    Returns:
        (n,) its cost; (n, 3) Å from the atom to a bond's length away from its neighbours, nan
        without any.
    """
    n = len(counts)
    costs, vacancies = np.zeros(n), np.full((n, 3), np.nan)
    away = np.empty(3)
    for i in range(n):
        costs[i] = abs(counts[i] - 4) + strain(vectors[i], counts[i])
        away[:] = 0.0
        for m in range(counts[i]):
            x, y, z = vectors[i, m, 0], vectors[i, m, 1], vectors[i, m, 2]
            length = math.sqrt(x * x + y * y + z * z)
            away[0] -= x / length
            away[1] -= y / length
            away[2] -= z / length
        if counts[i]:
            length = math.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
            for a in range(3):
                vacancies[i, a] = BOND_LENGTH * away[a] / max(length, 1e-3)
    return costs, vacancies


@compiled
def find_bonds_and_cost(
    frac: FloatArray,
    group: Group,
    symmetry: SiteSymmetry,
    lattice: LatticeShifts,
    bonds: BondTable,
    vectors: FloatArray,
) -> float:
    """Write the bonds that atoms have by their distances, as `find_bonds`, and return their cost.

    Images on top of one another count each. Without room for all the cost is `IMPOSSIBLE`.
    """
    if not find_bonds(frac, group, symmetry, lattice, 0.0, bonds, vectors):
        return IMPOSSIBLE
    cost = 0.0
    for i in range(len(frac)):
        cost += abs(bonds.counts[i] - 4) + strain(vectors[i], bonds.counts[i])
    return cost


@compiled
def image_translations(i: int, bonds: BondTable, group: Group, translations: FloatArray) -> None:
    """Write what is added, Å, to the rotated partner of each bond of atom i: (n, m, 3)."""
    for m in range(bonds.counts[i]):
        for a in range(3):
            translations[i, m, a] = group.cart_translations[bonds.operations[i, m], a]
            for b in range(3):
                translations[i, m, a] += bonds.shifts[i, m, b] * group.cell[b, a]


@compiled
def bond_vectors_of(
    i: int,
    cart: FloatArray,
    bonds: BondTable,
    group: Group,
    translations: FloatArray,
    vectors: FloatArray,
) -> None:
    """Write the vectors (m, 3) Å of the bonds of atom i, of atoms at (n, 3) Å.

    Args:
        i: the atom.
        cart: (n, 3) Å.
        bonds: of all atoms.
        group: in its cell.
        translations: (n, m, 3) Å of `image_translations`.
        vectors: written.
    """
    for m in range(bonds.counts[i]):
        j, g = bonds.partners[i, m], bonds.operations[i, m]
        for a in range(3):
            along = translations[i, m, a] - cart[i, a]
            for b in range(3):
                along += group.cart_rotations[g, a, b] * cart[j, b]
            vectors[m, a] = along


@compiled
def cost_and_gradient(
    cart: FloatArray,
    bonds: BondTable,
    group: Group,
    translations: FloatArray,
    gradient: FloatArray,
) -> float:
    """Strain of all atoms, given bonds whatever their lengths, and its gradient.

    Args:
        cart: (n, 3) Å, where the atoms are.
        bonds: of them.
        group: in its cell.
        translations: (n, m, 3) Å of `image_translations`.
        gradient: (n, 3) per Å, written.
    """
    room = bonds.partners.shape[1]
    vectors, pull = np.empty((room, 3)), np.empty((room, 3))
    gradient[:] = 0.0
    cost = 0.0
    for i in range(len(cart)):
        bond_vectors_of(i, cart, bonds, group, translations, vectors)
        for m in range(bonds.counts[i]):
            squared = 0.0
            for a in range(3):
                squared += vectors[m, a] * vectors[m, a]
            length = math.sqrt(squared)
            off = length - BOND_LENGTH
            cost += LENGTH_COST * off * off
            for a in range(3):
                pull[m, a] = 2.0 * LENGTH_COST * off / length * vectors[m, a]
        for m in range(1, bonds.counts[i]):
            for o in range(m):
                x = vectors[m, 0] - vectors[o, 0]
                y = vectors[m, 1] - vectors[o, 1]
                z = vectors[m, 2] - vectors[o, 2]
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
        for m in range(bonds.counts[i]):
            j, g = bonds.partners[i, m], bonds.operations[i, m]
            for b in range(3):
                gradient[i, b] -= pull[m, b]  # what pulls two neighbours apart cancels here
                for a in range(3):
                    gradient[j, b] += group.cart_rotations[g, a, b] * pull[m, a]
    return cost

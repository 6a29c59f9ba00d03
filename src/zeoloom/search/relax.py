"""Compiled: the atoms of a crystal relaxed, by descent on the strain of their bonds.

What a network leaves is right to a tenth of an Ångström or two. Costs of crystals can be compared,
and strained nets be distinguished from good ones, only once each is at its own minimum. The
descent takes the steps of Barzilai & Borwein (IMA J. Numer. Anal. 8, 141, 1988).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.array_kernel import copy_rows
from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.geometry.image_kernel import lattice_shifts
from zeoloom.geometry.operations import SAME_SITE
from zeoloom.geometry.site_symmetry import SiteSymmetry, site_symmetry
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.quotient_kernel import BondTable, empty_bonds, find_bonds
from zeoloom.search.strain import atom_costs, cost_and_gradient, image_translations

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.group import Group

MOST_NEIGHBOURS = 16
"""Bonds of an atom that are listed; a crystal where one has more is a heap of points."""

STEPS = 40
"""Of descent; after these a net moves by hundredths of an Å."""

FIRST_STEP, LONGEST_STEP = 0.02, 0.2
"""Å² per unit of cost. The stiffest mode, a bond pulled from both ends, allows about 0.05."""

LONGEST_MOVE = 0.2
"""Å, that an atom moves in one step."""

STILL = 1e-10
"""Å². A step that moves all atoms together by less ends the descent."""


class RelaxedAtoms(NamedTuple):
    """Atoms where their bonds cost least.

    Attributes:
        frac: (n, 3) asymmetric atoms.
        symmetry: of their sites.
        bonds: that they have there, by their distances.
        costs: (n,) what is wrong with each.
        vacancies: (n, 3) Å from each to where a further neighbour would be.
    """

    frac: FloatArray
    symmetry: SiteSymmetry
    bonds: BondTable
    costs: FloatArray
    vacancies: FloatArray


@compiled
def relax_atoms(frac: FloatArray, group: Group) -> RelaxedAtoms:
    """Relax atoms (n, 3), exactly on their special positions; they stay if that costs less."""
    n = len(frac)
    symmetry, lattice = site_symmetry(frac, group), lattice_shifts(group.cell, BOND_CUTOFF)
    bonds, vectors = empty_bonds(n, MOST_NEIGHBOURS), np.empty((n, MOST_NEIGHBOURS, 3))
    find_bonds(frac, group, symmetry, lattice, SAME_SITE, bonds, vectors)
    costs, vacancies = atom_costs(bonds.counts, vectors)
    after = relax_bonds(frac, bonds, symmetry.projectors, group)
    bonds_after = empty_bonds(n, MOST_NEIGHBOURS)
    find_bonds(after, group, symmetry, lattice, SAME_SITE, bonds_after, vectors)
    costs_after, vacancies_after = atom_costs(bonds_after.counts, vectors)
    gain = 0.0
    for i in range(n):
        gain += costs[i] - costs_after[i]
    if gain > 0.0:
        return RelaxedAtoms(after, symmetry, bonds_after, costs_after, vacancies_after)
    return RelaxedAtoms(frac, symmetry, bonds, costs, vacancies)


@compiled_in_place
def relax_bonds(
    frac: FloatArray, bonds: BondTable, projectors: FloatArray, group: Group
) -> FloatArray:
    """Descend on the strain of given bonds; special positions are kept.

    Args:
        frac: (n, 3) asymmetric atoms, on their special positions.
        bonds: of them.
        projectors: (n, 3, 3) of their site symmetry.
        group: in its cell.

    Returns:
        (n, 3) where the cost was least.
    """
    cart = frac @ group.cell
    translations = np.empty(bonds.shifts.shape)
    for i in range(len(cart)):
        image_translations(i, bonds, group, translations)
    best, least = cart.copy(), np.inf
    last, gradient, last_gradient = cart.copy(), np.zeros_like(cart), np.zeros_like(cart)
    for step in range(STEPS):
        cost = cost_and_gradient(cart, bonds, group, translations, gradient)
        if cost < least:
            least = cost
            copy_rows(cart, best)
        if not descent_step(
            cart, gradient, last, last_gradient, projectors, step == 0, LONGEST_MOVE
        ):
            break
    return best @ group.inverse_cell


@compiled
def descent_step(
    cart: FloatArray,
    gradient: FloatArray,
    last: FloatArray,
    last_gradient: FloatArray,
    projectors: FloatArray,
    first: bool,
    longest_move: float,
) -> bool:
    """Move atoms one step down a gradient, each as it is free to.

    Args:
        cart: (n, 3) Å, changed.
        gradient: (n, 3) there.
        last: (n, 3) Å, where they were one step before, which gives the step's length; written.
        last_gradient: (n, 3) there; written.
        projectors: (n, 3, 3) of their site symmetry.
        first: whether there was no step before.
        longest_move: Å, of an atom.

    Returns:
        Whether there was a step: not if the last one moved next to nothing.
    """
    length = FIRST_STEP
    if not first:
        along, curved = 0.0, 0.0
        for i in range(len(cart)):
            for a in range(3):
                moved = cart[i, a] - last[i, a]
                along += moved * moved
                curved += moved * (gradient[i, a] - last_gradient[i, a])
        if along < STILL:
            return False
        length = min(along / curved, LONGEST_STEP) if curved > 0 else LONGEST_STEP
    copy_rows(cart, last)
    copy_rows(gradient, last_gradient)
    step = np.empty(3)
    for i in range(len(cart)):
        squared = 0.0
        for a in range(3):
            step[a] = 0.0
            for b in range(3):
                step[a] += projectors[i, a, b] * gradient[i, b] * length
            squared += step[a] * step[a]
        far = math.sqrt(squared)
        scale = longest_move / far if far > longest_move else 1.0
        for a in range(3):
            cart[i, a] -= scale * step[a]
    return True

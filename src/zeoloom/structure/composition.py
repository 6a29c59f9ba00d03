"""Which atoms of a crystal make up its framework, and which are water, guests and cations.

An atom is a T atom of the framework if its element can be one and it shares oxygen atoms with at
least two others; oxygen belongs to the framework if it is bonded to such a T atom. The rest goes:
also oxygen that makes T atoms five- or six-coordinated, as OH and water do in aluminophosphates,
and octahedral cations beside a framework that is whole without them, as the aluminium of beryl.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.structure.bridges import (
    T_O_CUTOFF,
    VALENCE,
    added_oxygen,
    beside_bridges,
    coordination_by_oxygen,
    oxygen_bonds,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.bridges import OxygenBonds


FRAMEWORK_ELEMENTS = ("Si", "Al", "P", "Ge", "Ga", "B", "Be", "Ti", "Sn", "As", "T")
"""Elements that sit in frameworks wherever they are linked; T is a site of unnamed content."""

EITHER_ELEMENTS = (
    "Zn",
    "Mg",
    "Co",
    "Fe",
    "Mn",
    "Ni",
    "Cu",
    "Cr",
    "V",
    "Li",
    "Zr",
    "Hf",
    "In",
    "Sb",
    "Cd",
    "Sc",
    "Nb",
)
"""Elements that sit in frameworks or in pores: they need three bridges that are nobody else's."""

NEVER_OCTAHEDRAL = ("Si", "P", "Ge", "B", "Be", "As", "Ti", "Zr", "Hf", "Sn", "Nb", "Sb", "T")
"""Elements whose bonds to oxygen are all kept: they take up no OH, or their octahedra are meant."""

O_H_BOND = 1.2
"""Å. O-H is 0.8 to 1.0 as refined."""

MINIMUM_BRIDGES = 2
"""Interrupted frameworks have T atoms with two bridging oxygens (RON)."""


@dataclass(frozen=True, slots=True)
class Composition:
    """What the asymmetric atoms of a crystal are.

    Attributes:
        is_t: (n,) T atoms of the framework.
        is_o: (n,) oxygen of the framework.
        neighbours: (n,) how many T atoms each T atom is bonded to; 0 for other atoms.
        notices: what was left out.
    """

    is_t: BoolArray
    is_o: BoolArray
    neighbours: IntArray
    notices: tuple[str, ...]


def framework_atoms(
    frac: FloatArray,
    elements: Sequence[frozenset[str]],
    operations: SymmetryOperations,
    cell: FloatArray,
) -> Composition:
    """Sort atoms into framework T, framework O and the rest.

    Args:
        frac: (n, 3) asymmetric sites.
        elements: (n,) what shares each.
        operations: the space group.
        cell: (3, 3) Å.
    """
    sure = np.array([not kinds.isdisjoint(FRAMEWORK_ELEMENTS) for kinds in elements])
    candidate = sure | [not kinds.isdisjoint(EITHER_ELEMENTS) for kinds in elements]
    oxygen = np.array(["O" in kinds for kinds in elements]) & ~candidate
    is_t = _linked(frac, sure, candidate, oxygen, operations, cell)
    bonds = oxygen_bonds(frac, is_t, oxygen, operations, cell)
    barred = np.array([not kinds.isdisjoint(NEVER_OCTAHEDRAL) for kinds in elements])
    beside = beside_bridges(bonds, barred)
    if beside:
        is_t &= ~np.isin(np.arange(len(frac)), beside)
        bonds = oxygen_bonds(frac, is_t, oxygen, operations, cell)
    full, _ = expand_orbits(frac[is_t], operations, cell)
    if not coordination_by_oxygen(bonds, len(full)).any():  # no oxygen, or none that links T atoms
        neighbours: IntArray = np.zeros(len(frac), dtype=np.int64)
        neighbours[is_t] = _count_near(frac[is_t], full, cell, BOND_CUTOFF) - 1
        nothing = np.zeros(len(frac), dtype=bool)
        return Composition(is_t, nothing, neighbours, _left_out(elements, is_t))
    likelihood = _likelihood(frac, elements, bonds, operations, cell)
    added = added_oxygen(bonds, likelihood, barred, len(full))
    bonds = bonds.where(~np.isin(bonds.oxygen_row, added))
    is_o, neighbours = _framework_oxygen(bonds, len(frac), len(full))
    notices = _left_out(elements, is_t | is_o | np.isin(np.arange(len(frac)), added))
    if added:
        notice = (
            f"left out: {len(added)} oxygen that makes T atoms five- or six-coordinated (OH or "
            "water), not part of the framework (asymmetric atoms)"
        )
        notices = (*notices, notice)
    return Composition(is_t, is_o, neighbours, notices)


def _framework_oxygen(bonds: OxygenBonds, count: int, t_atoms: int) -> tuple[BoolArray, IntArray]:
    """(n,) which of n asymmetric atoms are oxygen of the framework; (n,) neighbours of T atoms.

    Oxygen at one T atom belongs to it where the framework is interrupted. On a T atom that has four
    neighbours it is water or OH.
    """
    coordination = coordination_by_oxygen(bonds, t_atoms)
    neighbours: IntArray = np.zeros(count, dtype=np.int64)
    neighbours[bonds.atom_row] = coordination[bonds.atom]
    shared_by = np.bincount(bonds.oxygen)[bonds.oxygen]
    inside = (shared_by > 1) | (coordination[bonds.atom] < VALENCE)
    is_o = np.zeros(count, dtype=bool)
    is_o[bonds.oxygen_row[inside]] = True
    return is_o, neighbours


def _likelihood(
    frac: FloatArray,
    elements: Sequence[frozenset[str]],
    bonds: OxygenBonds,
    operations: SymmetryOperations,
    cell: FloatArray,
) -> FloatArray:
    """(n,) how like OH or water the oxygen is: with hydrogen, then with long bonds."""
    is_hydrogen = np.array(["H" in kinds for kinds in elements])
    hydrogen, _ = expand_orbits(frac[is_hydrogen], operations, cell)
    total = np.bincount(bonds.oxygen_row, bonds.length, minlength=len(frac))
    lengths = total / np.maximum(np.bincount(bonds.oxygen_row, minlength=len(frac)), 1)
    return np.asarray(lengths + T_O_CUTOFF * (_count_near(frac, hydrogen, cell, O_H_BOND) > 0))


def _linked(
    frac: FloatArray,
    sure: BoolArray,
    candidate: BoolArray,
    oxygen: BoolArray,
    operations: SymmetryOperations,
    cell: FloatArray,
) -> BoolArray:
    """(n,) which candidates are linked to others as T atoms are."""
    if not oxygen.any():
        return candidate
    full_t, _ = expand_orbits(frac[candidate], operations, cell)
    full_o, _ = expand_orbits(frac[oxygen], operations, cell)
    # an oxygen with three candidates is a bridge of two T atoms with a cation beside it: it counts
    # for the elements that are certain, and not for those that may be cations
    shared_by = _count_near(full_o, full_t, cell, T_O_CUTOFF)
    found = neighbours_within(frac, full_o, cell, T_O_CUTOFF)
    is_bridge = shared_by[found.point] >= 2
    is_bridge &= sure[found.centre] | (shared_by[found.point] == 2)
    bridges = np.bincount(found.centre[is_bridge], minlength=len(frac))
    linked = bridges >= np.where(sure, MINIMUM_BRIDGES, MINIMUM_BRIDGES + 1)
    # where the file lacks oxygen, neighbouring T atoms (itself counted) tell a net from a guest
    linked |= sure & (_count_near(frac, full_t, cell, BOND_CUTOFF) > MINIMUM_BRIDGES)
    return np.asarray(candidate & linked)


def _count_near(
    frac_centres: FloatArray, frac_points: FloatArray, cell: FloatArray, cutoff: float
) -> IntArray:
    """(n,) number of points (N, 3) of the full cell within `cutoff` Å of each centre (n, 3)."""
    found = neighbours_within(frac_centres, frac_points, cell, cutoff)
    return np.bincount(found.centre, minlength=len(frac_centres))


def _left_out(elements: Sequence[frozenset[str]], kept: BoolArray) -> tuple[str, ...]:
    """One notice that counts the asymmetric atoms left out, or none."""
    counts = Counter(
        kind for kinds, inside in zip(elements, kept, strict=True) if not inside for kind in kinds
    )
    if not counts:
        return ()
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return (f"left out, not part of the framework: {listed} (asymmetric atoms)",)

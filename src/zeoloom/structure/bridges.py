"""Oxygen between T atoms: what each bridges, and where one is missing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.bonding import BOND_CUTOFF

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.records import Framework

T_O_CUTOFF = 2.25
"""Å. B-O is 1.47, Si-O 1.61, Zn-O 1.95, In-O 2.1; water in a pore is farther away."""

VALENCE = 4
"""Neighbours of a T atom."""

MOST_SHARED = 3
"""T atoms around an OH; oxygen with four is that of a dense oxide."""


@dataclass(frozen=True, slots=True)
class OxygenBonds:
    """Bonds between the oxygen and the T atoms of a full cell, sorted by oxygen.

    Attributes:
        oxygen: (E,) the oxygen, numbered in the full cell.
        oxygen_row: (E,) the asymmetric atom it is an image of.
        atom: (E,) the T atom, numbered in the full cell.
        atom_row: (E,) the asymmetric atom it is an image of.
        shift: (E, 3) whole cells from the oxygen's cell to the T atom's.
        length: (E,) Å.
    """

    oxygen: IntArray
    oxygen_row: IntArray
    atom: IntArray
    atom_row: IntArray
    shift: IntArray
    length: FloatArray

    def where(self, kept: BoolArray) -> OxygenBonds:
        """Some of the bonds, by a mask (E,)."""
        return OxygenBonds(*(getattr(self, each.name)[kept] for each in fields(self)))


def oxygen_bonds(
    frac: FloatArray,
    is_t: BoolArray,
    is_oxygen: BoolArray,
    operations: SymmetryOperations,
    cell: FloatArray,
) -> OxygenBonds:
    """The bonds shorter than `T_O_CUTOFF`.

    Args:
        frac: (n, 3) asymmetric atoms.
        is_t: (n,) T atoms.
        is_oxygen: (n,) oxygen.
        operations: the space group.
        cell: (3, 3) Å.
    """
    full_t, t_owner = expand_orbits(frac[is_t], operations, cell)
    full_o, o_owner = expand_orbits(frac[is_oxygen], operations, cell)
    found = neighbours_within(full_o, full_t, cell, T_O_CUTOFF)
    return OxygenBonds(
        oxygen=found.centre,
        oxygen_row=np.flatnonzero(is_oxygen)[o_owner[found.centre]],
        atom=found.point,
        atom_row=np.flatnonzero(is_t)[t_owner[found.point]],
        shift=found.shift,
        length=found.distance,
    )


def coordination_by_oxygen(bonds: OxygenBonds, count: int) -> IntArray:
    """(N,) how many T atoms, images apart, each of the N in the full cell shares oxygen with."""
    return np.bincount(linked_pairs(bonds)[:, 0], minlength=count)


def linked_pairs(bonds: OxygenBonds) -> IntArray:
    """(P, 5) T atom, T atom and the whole cells between, each pair once from either end."""
    rows = [np.zeros((0, 5), dtype=np.int64)]
    _, sizes = np.unique(bonds.oxygen, return_counts=True)
    for step in range(1, int(sizes.max(initial=0))):
        one = np.flatnonzero(bonds.oxygen[step:] == bonds.oxygen[:-step])
        two = one + step
        for tail, head in ((one, two), (two, one)):
            between = bonds.shift[head] - bonds.shift[tail]
            rows.append(np.column_stack([bonds.atom[tail], bonds.atom[head], between]))
    pairs = np.concatenate(rows)
    reach = int(np.abs(pairs[:, 2:]).max(initial=0))
    _, first = np.unique(_codes_of_pairs(pairs, reach), return_index=True)
    return np.asarray(pairs[first])


def _codes_of_pairs(pairs: IntArray, reach: int) -> IntArray:
    """(P,) one integer for each of (P, 5) pairs with shifts of at most `reach` cells."""
    count, base = int(pairs[:, :2].max(initial=0)) + 1, 2 * reach + 1
    if count**2 * base**3 > np.iinfo(np.int64).max:
        raise InputError("the cell is too skewed; give a reduced cell of the same structure")
    codes = np.zeros(len(pairs), dtype=np.int64)
    for shift in pairs[:, 2:].T:
        codes = codes * base + shift + reach
    return np.asarray((codes * count + pairs[:, 0]) * count + pairs[:, 1])


def beside_bridges(bonds: OxygenBonds, barred: BoolArray) -> list[int]:
    """T atoms with five or more oxygen atoms, each of which bridges two others without them.

    Args:
        bonds: of all that may be T atoms.
        barred: (n,) asymmetric atoms whose octahedra are meant.

    Returns:
        Asymmetric atoms that are cations beside the framework.
    """
    if len(bonds.atom) == 0:
        return []
    crowded = (np.bincount(bonds.atom) > VALENCE)[bonds.atom]
    others = np.bincount(bonds.oxygen[~crowded], minlength=int(bonds.oxygen.max()) + 1)
    whole = others[bonds.oxygen] > 1
    rows = set(bonds.atom_row[crowded & whole & ~barred[bonds.atom_row]].tolist())
    return sorted(rows - set(bonds.atom_row[crowded & ~whole].tolist()))


def added_oxygen(
    bonds: OxygenBonds, likelihood: FloatArray, barred: BoolArray, count: int
) -> list[int]:
    """Oxygen that links only T atoms of more than four bonds, and is not needed for four.

    It is taken away one by one, the likeliest first. If some T atom has more than four neighbours
    even then, nothing is: the crystal is no tetrahedral framework with OH or water added.

    Args:
        bonds: of the framework with all its oxygen.
        likelihood: (n,) of being OH or water, for each asymmetric atom.
        barred: (n,) T atoms whose oxygen is never taken away.
        count: N, number of T atoms in the full cell.

    Returns:
        Its asymmetric atoms.
    """
    rows = len(likelihood)
    shared_by = np.bincount(bonds.oxygen)[bonds.oxygen]
    crowded = coordination_by_oxygen(bonds, count)[bonds.atom] > VALENCE
    fits = crowded & (shared_by > 1) & (shared_by <= MOST_SHARED) & ~barred[bonds.atom_row]
    unfit = np.bincount(bonds.oxygen_row[~fits], minlength=rows)
    spare = np.flatnonzero((unfit == 0) & np.isin(np.arange(rows), bonds.oxygen_row))
    added: list[int] = []
    for row in spare[np.argsort(-likelihood[spare], kind="stable")].tolist():
        if _is_spare(bonds, row, count):
            added.append(row)
            bonds = bonds.where(bonds.oxygen_row != row)
    crowded_still = added and (coordination_by_oxygen(bonds, count) > VALENCE).any()
    return [] if crowded_still else added


def _is_spare(bonds: OxygenBonds, row: int, count: int) -> bool:
    """Whether all T atoms that an oxygen links have four neighbours without it, and more with."""
    atoms = np.unique(bonds.atom[bonds.oxygen_row == row])
    around = bonds.oxygen[np.isin(bonds.atom, atoms)]
    near = bonds.where(np.isin(bonds.oxygen, around))
    before = coordination_by_oxygen(near, count)[atoms]
    after = coordination_by_oxygen(near.where(near.oxygen_row != row), count)[atoms]
    return bool((before > VALENCE).all() and (after >= VALENCE).all())


def missing_oxygen(framework: Framework) -> str:
    """How many neighbouring T atoms have no oxygen between them that should, or nothing.

    T atoms closer than `BOND_CUTOFF` that both have fewer than four oxygen atoms around them
    should have one between them. A framework without any oxygen lacks none.
    """
    if len(framework.frac_o) == 0:
        return ""
    group, cell = framework.operations, framework.cell
    frac = np.concatenate([framework.frac_t, framework.frac_o])
    is_t = np.arange(len(frac)) < len(framework.frac_t)
    bonds = oxygen_bonds(frac, is_t, ~is_t, group, cell)
    full_t, _ = expand_orbits(framework.frac_t, group, cell)
    near = neighbours_within(full_t, full_t, cell, BOND_CUTOFF)
    other = (near.centre != near.point) | near.shift.any(axis=1)
    pairs = np.column_stack([near.centre, near.point, near.shift])[other]
    poor = np.bincount(bonds.atom, minlength=len(full_t)) < VALENCE
    linked = linked_pairs(bonds)
    every = np.concatenate([pairs, linked])
    codes = _codes_of_pairs(every, int(np.abs(every[:, 2:]).max(initial=0)))
    unlinked = ~np.isin(codes[: len(pairs)], codes[len(pairs) :])
    lacking = int((poor[pairs[:, 0]] & poor[pairs[:, 1]] & unlinked).sum())
    if not lacking:
        return ""
    return (
        f"oxygen is missing: {lacking // 2} of {len(pairs) // 2} T pairs at bonding distance "
        f"(below {BOND_CUTOFF} Å) have none between them"
    )

"""Compiled: the bonds of a crystal as orbits of bonds between its asymmetric atoms.

A bond goes from an asymmetric atom i to the image R_g x_j + t_g + S of another. All images of it
are made or broken together. Where several operations take j to one position, the first of them
represents it, so that bonds can be compared as whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.geometry.group import NO_SHIFT, inverse, product
from zeoloom.geometry.image_kernel import nearest_image
from zeoloom.nets.bonding import BOND_CUTOFF

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group, Shift
    from zeoloom.geometry.image_kernel import LatticeShifts
    from zeoloom.geometry.site_symmetry import SiteSymmetry


class BondTable(NamedTuple):
    """Bonds of n asymmetric atoms, each listed at both ends; at most m at an atom.

    Attributes:
        counts: (n,) bonds of each.
        partners: (n, m) the asymmetric atom j at the end of each.
        operations: (n, m) its operation g.
        shifts: (n, m, 3) its whole cells S.
    """

    counts: IntArray
    partners: IntArray
    operations: IntArray
    shifts: IntArray


@compiled
def empty_bonds(n: int, room: int) -> BondTable:
    """No bonds yet, and room for so many at each of n atoms."""
    return BondTable(
        np.zeros(n, np.int64),
        np.zeros((n, room), np.int64),
        np.zeros((n, room), np.int64),
        np.zeros((n, room, 3), np.int64),
    )


@compiled
def copy_bonds(bonds: BondTable, to: BondTable) -> None:
    """Write bonds over those of another table of as many atoms, with room for them."""
    for i in range(len(bonds.counts)):
        to.counts[i] = bonds.counts[i]
        for m in range(bonds.counts[i]):
            to.partners[i, m], to.operations[i, m] = bonds.partners[i, m], bonds.operations[i, m]
            for x in range(3):
                to.shifts[i, m, x] = bonds.shifts[i, m, x]


@compiled
def balanced(bonds: BondTable) -> bool:
    """Whether every atom has four bonds."""
    wrong = 0
    for count in bonds.counts:
        wrong += count != 4
    return wrong == 0


@compiled
def shift_at(shifts: IntArray, i: int, m: int) -> Shift:
    """An entry of shifts (n, m, 3)."""
    return shifts[i, m, 0], shifts[i, m, 1], shifts[i, m, 2]


@compiled
def bond_at(bonds: BondTable, i: int, m: int) -> tuple[int, int, Shift]:
    """Bond m of atom i: the atom, the operation and the whole cells at its end."""
    return bonds.partners[i, m], bonds.operations[i, m], shift_at(bonds.shifts, i, m)


@compiled
def representative(j: int, g: int, shift: Shift, symmetry: SiteSymmetry) -> tuple[int, Shift]:
    """The operation and the whole cells that represent the image (g, S) of atom j."""
    more = symmetry.representative_shifts[j, g]
    return symmetry.representatives[j, g], (
        shift[0] + more[0],
        shift[1] + more[1],
        shift[2] + more[2],
    )


@compiled
def bond_index(bonds: BondTable, i: int, j: int, g: int, shift: Shift) -> int:
    """Which bond of atom i ends at the image (g, S) of j; as many as it has if none does."""
    for m in range(bonds.counts[i]):
        if (
            bonds.partners[i, m] == j
            and bonds.operations[i, m] == g
            and bonds.shifts[i, m, 0] == shift[0]
            and bonds.shifts[i, m, 1] == shift[1]
            and bonds.shifts[i, m, 2] == shift[2]
        ):
            return m
    return int(bonds.counts[i])


@compiled
def change_bond(
    bonds: BondTable,
    i: int,
    j: int,
    g: int,
    shift: Shift,
    make: bool,
    symmetry: SiteSymmetry,
    group: Group,
) -> bool:
    """Make or break all images of the bond from atom i to the image (g, S) of j.

    Returns:
        False if there is no room for it at an atom; the table is then spoilt.
    """
    back, back_shift = inverse(group, g, shift)
    for side in range(2):
        near, far = (i, j) if side == 0 else (j, i)
        along, along_shift = (g, shift) if side == 0 else (back, back_shift)
        for k in range(symmetry.orders[near]):
            fixing = symmetry.operations[near, k]
            fixing_shift = shift_at(symmetry.shifts, near, k)
            image, cells = product(group, fixing, fixing_shift, along, along_shift)
            image, cells = representative(far, image, cells, symmetry)
            m, last = bond_index(bonds, near, far, image, cells), bonds.counts[near] - 1
            if make and m > last:
                if m == bonds.partners.shape[1]:
                    return False
                bonds.partners[near, m], bonds.operations[near, m] = far, image
                for x in range(3):
                    bonds.shifts[near, m, x] = cells[x]
                bonds.counts[near] = m + 1
            elif not make and m <= last:
                bonds.partners[near, m] = bonds.partners[near, last]
                bonds.operations[near, m] = bonds.operations[near, last]
                for x in range(3):
                    bonds.shifts[near, m, x] = bonds.shifts[near, last, x]
                bonds.counts[near] = last
    return True


@compiled
def find_bonds(
    frac: FloatArray,
    group: Group,
    symmetry: SiteSymmetry,
    lattice: LatticeShifts,
    apart: float,
    bonds: BondTable,
    vectors: FloatArray,
) -> bool:
    """Write the bonds that atoms have by their distances.

    Args:
        frac: (n, 3) asymmetric atoms, exactly on their special positions.
        group: in its cell.
        symmetry: of these atoms.
        lattice: of the cell, for `BOND_CUTOFF`.
        apart: Å; images nearer than this to the atom are no neighbours, and nearer than this to
            each other are one, the first. With 0 all count that no site symmetry makes one, be
            they on top of one another.
        bonds: written.
        vectors: (n, m, 3) Å to the end of each bond, written.

    Returns:
        Whether there was room for all.
    """
    fits = True
    for i in range(len(frac)):
        if not _find_bonds_of(frac, i, group, symmetry, lattice, bonds, vectors[i], apart):
            fits = False
    return fits


@compiled_in_place
def _find_bonds_of(
    frac: FloatArray,
    i: int,
    group: Group,
    symmetry: SiteSymmetry,
    lattice: LatticeShifts,
    bonds: BondTable,
    vectors: FloatArray,
    apart: float,
) -> bool:
    """Write the bonds of atom i; whether there was room."""
    shifts, reach = lattice
    nearest, cells, vector = np.empty(3), np.empty(3, np.int64), np.empty(3)
    count = 0
    bonds.counts[i] = 0
    for j in range(len(frac)):
        for g in range(len(group.rotations)):
            if apart == 0.0 and symmetry.representatives[j, g] != g:
                continue
            nearest_image(frac, i, frac, j, group, g, nearest, cells)
            if (
                abs(nearest[0]) >= reach[0]
                or abs(nearest[1]) >= reach[1]
                or abs(nearest[2]) >= reach[2]
            ):
                continue
            for s in range(len(shifts)):
                squared = 0.0
                for x in range(3):
                    vector[x] = 0.0
                    for y in range(3):
                        vector[x] += (nearest[y] + shifts[s, y]) * group.cell[y, x]
                    squared += vector[x] * vector[x]
                itself = i == j and g == 0 and squared == 0.0
                if squared >= BOND_CUTOFF * BOND_CUTOFF or squared < apart * apart or itself:
                    continue
                if apart > 0.0 and _is_near(vector, vectors, count, apart):
                    continue
                if count == bonds.partners.shape[1]:
                    return False
                bonds.partners[i, count], bonds.operations[i, count] = j, g
                for x in range(3):
                    bonds.shifts[i, count, x] = cells[x] + int(shifts[s, x])
                    vectors[count, x] = vector[x]
                count += 1
                bonds.counts[i] = count
    return True


@compiled_in_place
def _is_near(vector: FloatArray, others: FloatArray, count: int, apart: float) -> bool:
    """Whether a vector (3,) is nearer than so much to one of the first `count` of others (m, 3)."""
    for m in range(count):
        off = 0.0
        for x in range(3):
            off += abs(others[m, x] - vector[x])
        if off < apart:
            return True
    return False


@compiled_in_place
def images_beyond_bonds(
    i: int,
    frac: FloatArray,
    group: Group,
    symmetry: SiteSymmetry,
    furthest: float,
    found: IntArray,
) -> int:
    """Write the images that atom i might be bonded to and is not, (m, 5): atom, operation, cells.

    Args:
        i: the atom.
        frac: (n, 3).
        group: in its cell.
        symmetry: of these atoms.
        furthest: Å.
        found: to be written; as many as there is room for.

    Returns:
        How many.
    """
    count = 0
    nearest, cells = np.empty(3), np.empty(3, np.int64)
    for j in range(len(frac)):
        for g in range(len(group.rotations)):
            if symmetry.representatives[j, g] != g:
                continue
            nearest_image(frac, i, frac, j, group, g, nearest, cells)
            squared = 0.0
            for x in range(3):
                along = 0.0
                for y in range(3):
                    along += nearest[y] * group.cell[y, x]
                squared += along * along
            if BOND_CUTOFF**2 <= squared < furthest**2 and count < len(found):
                found[count, 0], found[count, 1] = j, g
                for x in range(3):
                    found[count, 2 + x] = cells[x]
                count += 1
    return count


@compiled
def expanded(
    bonds: BondTable, symmetry: SiteSymmetry, group: Group
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """All atoms of the cell and all bonds between them.

    Atoms come one orbit after the other, each in the order of the operations that represent them;
    an atom is where its operation takes the asymmetric one, be that in another cell.

    Returns:
        (N,) the asymmetric atom of each atom; tails (E,), heads (E,) and cells gone on (E, 3) of
        each bond, from both ends, sorted by tail.
    """
    n, order = len(bonds.counts), len(group.rotations)
    atoms, owners = np.empty((n, order), np.int64), np.empty(n * order, np.int64)
    size, n_bonds = 0, 0
    for i in range(n):
        for g in range(order):
            if symmetry.representatives[i, g] == g:
                atoms[i, g], owners[size] = size, i
                size += 1
                n_bonds += bonds.counts[i]
    tails, heads = np.empty(n_bonds, np.int64), np.empty(n_bonds, np.int64)
    shifts = np.empty((n_bonds, 3), np.int64)
    bond = 0
    for i in range(n):
        for g in range(order):
            if symmetry.representatives[i, g] != g:
                continue
            for m in range(bonds.counts[i]):
                j, image, cells = bond_at(bonds, i, m)
                image, cells = product(group, g, NO_SHIFT, image, cells)
                image, cells = representative(j, image, cells, symmetry)
                for x in range(3):
                    shifts[bond, x] = cells[x]
                tails[bond], heads[bond] = atoms[i, g], atoms[j, image]
                bond += 1
    return owners[:size], tails, heads, shifts

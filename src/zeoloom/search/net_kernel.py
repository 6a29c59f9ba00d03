"""Compiled: the net of a crystal as orbits of bonds between its asymmetric atoms.

A bond goes from an asymmetric atom i to the image R_g x_j + t_g + S of another. All images of it
are made or broken together. Where several operations take j to one place, the first of them names
it, so that bonds can be compared as whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.group import NO_SHIFT, inverse, product
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.search.strain import strain

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group, Shift

MOST_BONDS = 10
"""Of an atom; a net where one has more is given up."""

SAME = 0.002
"""Fractional: an operation that takes an atom this near to itself leaves it where it is."""

IMPOSSIBLE = 1e6
"""Cost of a net where an atom has too many bonds."""


class Sites(NamedTuple):
    """The special positions of n asymmetric atoms.

    Attributes:
        orders: (n,) operations that leave each where it is.
        fixing: (n, G) which these are.
        fixing_cells: (n, G, 3) the whole cells that go with them.
        names: (n, G) of the operations that take an atom to one place, the first.
        name_cells: (n, G, 3) whole cells to be added, if it is to stand for the other.
        free: (n, 3, 3) Cartesian projections on the ways each may go.
    """

    orders: IntArray
    fixing: IntArray
    fixing_cells: IntArray
    names: IntArray
    name_cells: IntArray
    free: FloatArray


class Net(NamedTuple):
    """Bonds of n asymmetric atoms; written in place.

    Attributes:
        counts: (n,) bonds of each.
        partners: (n, MOST_BONDS) the asymmetric atom j at the end of each.
        operations: (n, MOST_BONDS) its operation g.
        cells: (n, MOST_BONDS, 3) its whole cells S.
    """

    counts: IntArray
    partners: IntArray
    operations: IntArray
    cells: IntArray


@compiled
def empty_net(n: int) -> Net:
    """A net without bonds."""
    return Net(
        np.zeros(n, np.int64),
        np.zeros((n, MOST_BONDS), np.int64),
        np.zeros((n, MOST_BONDS), np.int64),
        np.zeros((n, MOST_BONDS, 3), np.int64),
    )


@compiled
def copy_net(net: Net, to: Net) -> None:
    """Write a net over another of as many atoms."""
    for i in range(len(net.counts)):
        to.counts[i] = net.counts[i]
        for m in range(net.counts[i]):
            to.partners[i, m], to.operations[i, m] = net.partners[i, m], net.operations[i, m]
            for x in range(3):
                to.cells[i, m, x] = net.cells[i, m, x]


@compiled
def balanced(net: Net) -> bool:
    """Whether every atom has four bonds."""
    return bool((net.counts == 4).all())


@compiled
def sites_of(frac: FloatArray, group: Group) -> Sites:
    """The special positions of atoms (n, 3) that are exactly on them."""
    n, order = len(frac), len(group.rotations)
    orders = np.zeros(n, np.int64)
    fixing, fixing_cells = np.zeros((n, order), np.int64), np.zeros((n, order, 3), np.int64)
    names, name_cells = np.zeros((n, order), np.int64), np.zeros((n, order, 3), np.int64)
    free = np.zeros((n, 3, 3))
    way, cells = np.zeros(3), np.zeros(3, np.int64)
    for i in range(n):
        for g in range(order):
            _way(frac, i, i, g, group, way, cells)
            if np.abs(way).max() < SAME:
                fixing[i, orders[i]] = g
                fixing_cells[i, orders[i]] = cells
                free[i] += group.cart_rotations[g]
                orders[i] += 1
        free[i] /= orders[i]
        for g in range(order):
            names[i, g] = order
            for k in range(orders[i]):
                fixed = cells_at(fixing_cells, i, k)
                other, other_cells = product(group, g, NO_SHIFT, fixing[i, k], fixed)
                if other < names[i, g]:
                    names[i, g] = other
                    for x in range(3):
                        name_cells[i, g, x] = other_cells[x]
    return Sites(orders, fixing, fixing_cells, names, name_cells, free)


@compiled
def _way(
    frac: FloatArray,
    i: int,
    j: int,
    g: int,
    group: Group,
    way: FloatArray,
    cells: IntArray,
) -> None:
    """Write the way (3,) from atom i to an image g of j, made short by whole cells, and these."""
    for x in range(3):
        along = group.translations[g, x] - frac[i, x]
        for y in range(3):
            along += group.rotations[g, x, y] * frac[j, y]
        whole = round(along)
        way[x] = along - whole
        cells[x] = -int(whole)


@compiled
def cells_at(cells: IntArray, i: int, m: int) -> Shift:
    """An entry of (n, m, 3) cells."""
    return cells[i, m, 0], cells[i, m, 1], cells[i, m, 2]


@compiled
def bond_at(net: Net, i: int, m: int) -> tuple[int, int, Shift]:
    """Bond m of atom i: the atom, the operation and the cells at its end."""
    return net.partners[i, m], net.operations[i, m], cells_at(net.cells, i, m)


@compiled
def named(j: int, g: int, cells: Shift, sites: Sites) -> tuple[int, Shift]:
    """The name of an image (g, S) of atom j, and the cells that go with it."""
    more = sites.name_cells[j, g]
    return sites.names[j, g], (cells[0] + more[0], cells[1] + more[1], cells[2] + more[2])


@compiled
def bond_index(net: Net, i: int, j: int, g: int, cells: Shift) -> int:
    """Which bond of atom i ends at the image (g, S) of j; as many as it has if none does."""
    for m in range(net.counts[i]):
        if (
            net.partners[i, m] == j
            and net.operations[i, m] == g
            and net.cells[i, m, 0] == cells[0]
            and net.cells[i, m, 1] == cells[1]
            and net.cells[i, m, 2] == cells[2]
        ):
            return m
    return int(net.counts[i])


@compiled
def change_bond(
    net: Net,
    i: int,
    j: int,
    g: int,
    cells: Shift,
    make: bool,
    sites: Sites,
    group: Group,
) -> bool:
    """Make or break all images of the bond from atom i to the image (g, S) of j.

    Returns:
        False if an atom would have more than MOST_BONDS; the net is then spoilt.
    """
    back, back_cells = inverse(group, g, cells)
    for way in range(2):
        near, far = (i, j) if way == 0 else (j, i)
        along, along_cells = (g, cells) if way == 0 else (back, back_cells)
        for k in range(sites.orders[near]):
            fixing, fixing_cells = sites.fixing[near, k], cells_at(sites.fixing_cells, near, k)
            end, ends = product(group, fixing, fixing_cells, along, along_cells)
            end, ends = named(far, end, ends, sites)
            m, last = bond_index(net, near, far, end, ends), net.counts[near] - 1
            if make and m > last:
                if m == MOST_BONDS:
                    return False
                net.partners[near, m], net.operations[near, m] = far, end
                for x in range(3):
                    net.cells[near, m, x] = ends[x]
                net.counts[near] = m + 1
            elif not make and m <= last:
                net.partners[near, m] = net.partners[near, last]
                net.operations[near, m] = net.operations[near, last]
                net.cells[near, m] = net.cells[near, last]
                net.counts[near] = last
    return True


@compiled
def look(
    frac: FloatArray,
    group: Group,
    shifts: FloatArray,
    reach: FloatArray,
    sites: Sites,
    net: Net,
) -> float:
    """Write the net that atoms (n, 3) have by their distances, and return what it costs.

    The cost is that of `crystal_kernel.judge_atoms`, summed; images on top of one another count.

    Args:
        frac: asymmetric atoms, exactly on their special positions.
        group: group and cell.
        shifts: from `lattice_shifts`, as `reach`.
        reach: along each axis.
        sites: of these atoms.
        net: to be written.
    """
    cost = 0.0
    around = np.empty((MOST_BONDS, 3))
    for i in range(len(frac)):
        if not _look_around(i, frac, group, shifts, reach, sites, net, around):
            return IMPOSSIBLE
        cost += abs(net.counts[i] - 4) + strain(around, net.counts[i])
    return cost


@compiled
def _look_around(
    i: int,
    frac: FloatArray,
    group: Group,
    shifts: FloatArray,
    reach: FloatArray,
    sites: Sites,
    net: Net,
    around: FloatArray,
) -> bool:
    """Write the bonds of atom i and the ways (m, 3) Å to their ends; whether there is room."""
    way, cells, place = np.empty(3), np.empty(3, np.int64), np.empty(3)
    count = 0
    for j in range(len(frac)):
        for g in range(len(group.rotations)):
            if sites.names[j, g] != g:
                continue
            _way(frac, i, j, g, group, way, cells)
            if abs(way[0]) >= reach[0] or abs(way[1]) >= reach[1] or abs(way[2]) >= reach[2]:
                continue
            for s in range(len(shifts)):
                squared = 0.0
                for x in range(3):
                    place[x] = 0.0
                    for y in range(3):
                        place[x] += (way[y] + shifts[s, y]) * group.cell[y, x]
                    squared += place[x] * place[x]
                itself = i == j and g == 0 and squared == 0.0
                if squared >= BOND_CUTOFF * BOND_CUTOFF or itself:
                    continue
                if count == MOST_BONDS:
                    return False
                net.partners[i, count], net.operations[i, count] = j, g
                for x in range(3):
                    net.cells[i, count, x] = cells[x] + int(shifts[s, x])
                    around[count, x] = place[x]
                count += 1
    net.counts[i] = count
    return True


@compiled
def near_images(
    i: int,
    frac: FloatArray,
    group: Group,
    sites: Sites,
    furthest: float,
    found: IntArray,
) -> int:
    """Write the images that atom i might be bonded to and is not, (m, 5): atom, operation, cells.

    Args:
        i: the atom.
        frac: (n, 3).
        group: group and cell.
        sites: of these atoms.
        furthest: Å.
        found: to be written; as many as there is room for.

    Returns:
        How many.
    """
    count = 0
    way, cells = np.empty(3), np.empty(3, np.int64)
    for j in range(len(frac)):
        for g in range(len(group.rotations)):
            if sites.names[j, g] != g:
                continue
            _way(frac, i, j, g, group, way, cells)
            squared = 0.0
            for x in range(3):
                along = 0.0
                for y in range(3):
                    along += way[y] * group.cell[y, x]
                squared += along * along
            if BOND_CUTOFF**2 <= squared < furthest**2 and count < len(found):
                found[count, 0], found[count, 1] = j, g
                found[count, 2:] = cells
                count += 1
    return count

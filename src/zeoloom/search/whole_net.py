"""Compiled: the net of the whole cell, as images of the bonds of asymmetric atoms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.group import NO_SHIFT, product
from zeoloom.geometry.pair_kernel import lattice_shifts
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.search.net_kernel import IMPOSSIBLE, bond_at, empty_net, look, named, sites_of

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group


@compiled
def whole_net(frac: FloatArray, group: Group) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """All atoms of the cell and all bonds between them.

    Args:
        frac: (n, 3) asymmetric atoms, exactly on their special positions.
        group: group and cell.

    Returns:
        (N,) the asymmetric atom of each atom; tails (E,), heads (E,) and cells gone on (E, 3) of
        each bond, from both ends, by tail. Nothing if an atom has more than MOST_BONDS.
    """
    n, order = len(frac), len(group.rotations)
    shifts, reach = lattice_shifts(group.cell, BOND_CUTOFF)
    sites, net = sites_of(frac, group), empty_net(n)
    atoms, kinds = np.empty((n, order), np.int64), np.empty(n * order, np.int64)
    size, n_bonds = 0, 0
    if look(frac, group, shifts, reach, sites, net) < IMPOSSIBLE:
        for i in range(n):
            for g in range(order):
                if sites.names[i, g] == g:
                    atoms[i, g], kinds[size] = size, i
                    size += 1
                    n_bonds += net.counts[i]
    tails, heads = np.empty(n_bonds, np.int64), np.empty(n_bonds, np.int64)
    cells = np.empty((n_bonds, 3), np.int64)
    bond = 0
    for i in range(n if size else 0):
        for g in range(order):
            if sites.names[i, g] != g:
                continue
            for m in range(net.counts[i]):
                j, image, gone = bond_at(net, i, m)
                far, gone = product(group, g, NO_SHIFT, image, gone)
                far, gone = named(j, far, gone, sites)
                for x in range(3):
                    cells[bond, x] = gone[x]
                tails[bond], heads[bond] = atoms[i, g], atoms[j, far]
                bond += 1
    return kinds[:size], tails, heads, cells

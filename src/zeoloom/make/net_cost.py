"""Compiled: what the bonds of a net cost, wherever its atoms are.

The cost is that of `crystal_kernel.judge_atoms`, but bonds are those of the net, not those that
distances tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.pair_kernel import compiled
from zeoloom.make.crystal_kernel import LENGTH_COST, NEXT_COST, NEXT_DISTANCE
from zeoloom.make.net_kernel import MOST_BONDS, apart
from zeoloom.structure.net import BOND_LENGTH

if TYPE_CHECKING:
    from zeoloom.geometry.group_table import GroupTable
    from zeoloom.make.net_kernel import Net
    from zeoloom.structure.records import FloatArray


@compiled
def cost_of(place: FloatArray, net: Net, table: GroupTable) -> float:
    """Cost of all bonds."""
    costs = np.empty(len(place))
    write_costs(place, net, table, costs)
    return costs.sum()


@compiled
def write_costs(place: FloatArray, net: Net, table: GroupTable, costs: FloatArray) -> None:
    """Write the cost (n,) of the bonds of each atom."""
    around = np.empty((MOST_BONDS, 3))
    for i in range(len(place)):
        costs[i] = _cost_of_atom(place, i, net, table, around)


@compiled
def cost_after_switch(
    place: FloatArray,
    i: int,
    other: int,
    net: Net,
    table: GroupTable,
    costs: FloatArray,
) -> float:
    """Cost of all bonds; of atoms that are neither in the middle nor bonded to it, what it was.

    Args:
        place: (n, 3) Å, where only the two in the middle have moved.
        i: one of the two.
        other: the second.
        net: after the switch.
        table: group and cell.
        costs: (n,) of each atom before.
    """
    around, cost = np.empty((MOST_BONDS, 3)), 0.0
    for k in range(len(place)):
        same = k not in (i, other)
        for m in range(net.counts[k]):
            same = same and net.partners[k, m] not in (i, other)
        cost += costs[k] if same else _cost_of_atom(place, k, net, table, around)
    return cost


@compiled
def _cost_of_atom(
    place: FloatArray, i: int, net: Net, table: GroupTable, around: FloatArray
) -> float:
    """Cost of the bonds of one atom, with atoms at places (n, 3) Å; as `slope_of` sums it."""
    cost = 0.0
    for m in range(net.counts[i]):
        write_end(place, net, i, m, table, around[m])
        cost += LENGTH_COST * (apart(around[m], place[i]) - BOND_LENGTH) ** 2
        for o in range(m):
            cost += NEXT_COST * (apart(around[m], around[o]) - NEXT_DISTANCE) ** 2
    return cost


@compiled
def write_end(
    place: FloatArray, net: Net, i: int, m: int, table: GroupTable, image: FloatArray
) -> None:
    """Write where (3,) Å a bond of an atom ends, with atoms at places (n, 3) Å."""
    j, g = net.partners[i, m], net.operations[i, m]
    for a in range(3):
        along = table.moves[g, a]
        for b in range(3):
            along += table.turns[g, a, b] * place[j, b] + net.cells[i, m, b] * table.cell[b, a]
        image[a] = along


@compiled
def write_images(net: Net, table: GroupTable, turns: FloatArray, moves: FloatArray) -> None:
    """Write what turns (n, m, 3, 3) and moves (n, m, 3) Å the partner of each bond to its end."""
    for i in range(len(net.counts)):
        for m in range(net.counts[i]):
            g = net.operations[i, m]
            for a in range(3):
                moves[i, m, a] = table.moves[g, a]
                for b in range(3):
                    turns[i, m, a, b] = table.turns[g, a, b]
                    moves[i, m, a] += net.cells[i, m, b] * table.cell[b, a]

"""Compiled: a walk of a crystal from net to net, at a temperature, without the network.

A move changes bonds, the atoms descend on the cost of the new ones, and the outcome is kept by
Metropolis' rule. Descents are given up when it is plain that their end would not be kept (Barkema
& Mousseau, PRB 62, 4985 (2000)). After a switch that is nearly always at once, since its two middle
atoms are first put in the middle of their new neighbours; so one to two hundred thousand moves are
tried in a second. What is plain differs from group to group and is learned on the way: a tenth of
the descents are given up later.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.pair_kernel import lattice_shifts
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.search.bond_switch import OFFERS, chain, only_renamed, pick, switch
from zeoloom.search.net_kernel import (
    IMPOSSIBLE,
    MOST_BONDS,
    balanced,
    copy_net,
    empty_net,
    look,
    sites_of,
)
from zeoloom.search.relax import move, slope_of
from zeoloom.search.strain import strain

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.group import Group
    from zeoloom.search.net_kernel import Net

CHAINS = 0.4
"""Share of the moves that are chains, as long as some atom has not four bonds; afterwards all are
switches. Chains among valid nets lead off to the many where more or fewer bonds cross a mirror."""

STEPS = 60
"""Of a descent at most."""

FURTHEST = 0.3
"""Å, that an atom moves in one step; after a move it has further to go than in `ease`."""

SWITCH, CHAIN = 0, 1
"""Kinds of moves: rows of what is learned of them."""

CHECKS = (0, 2, 5, 13)
"""Steps of a descent after which it may be given up."""

FIRST_PATIENCE = ((16.0, 4.0, 1.5, 0.7), (45.0, 13.0, 2.5, 0.7))
"""Cost above what would be kept at which one is given up at each check; of switches, of chains."""

LEAST_PATIENCE = 0.5

PERIOD, ENOUGH, HOPE = 5, 0.004, 3.0
"""Steps of a descent between looks at what they have gained; a gain in cost so small that the
descent is over; and how many times the gain there may be left to go. Of descents that would have
ended well one to five in a hundred are given up so; most take 15 to 25 steps."""

LEARNT_FROM, GENEROUS = 0.1, 2.0
"""Share of the descents from which patience is learned, and how many times as patient they are."""

WORTHWHILE, LEARNING = 0.9, 0.5
"""Share of the moves that end well to be kept at each check; and how quickly that is learned."""

ALIKE_COST = 0.02
"""Nets whose costs are this near are taken for one."""

TO_FAULTY, LOOKS = 0.5, 4
"""Chance that a move looks for an atom that has not four bonds, and how often it looks."""


def first_patience() -> FloatArray:
    """(2, 4) patience of walks that have learned nothing yet; walks change it."""
    return np.array(FIRST_PATIENCE)


@compiled
def walk(
    frac: FloatArray,
    group: Group,
    tries: int,
    temperature: float,
    kept: int,
    patience: FloatArray,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Walk from net to net.

    Args:
        frac: (n, 3) asymmetric atoms, exactly on their special positions, which they keep.
        group: group and cell.
        tries: moves that are tried.
        temperature: in units of cost.
        kept: valid nets to keep at most.
        patience: (2, 4) from `first_patience` or another walk; what is learned is written.
        rng: source of randomness.

    Returns:
        (n, 3) where the walk has ended;
        (k, n, 3) valid nets of least cost that were met, and (k,) their costs.
    """
    n = len(frac)
    shifts, reach = lattice_shifts(group.cell, BOND_CUTOFF)
    sites = sites_of(frac, group)
    net, new = empty_net(n), empty_net(n)
    offers, offered = np.zeros((n, OFFERS, 5), np.int64), np.full(n, -1)
    now, cost = frac.copy(), look(frac, group, shifts, reach, sites, net)
    place = frac @ group.cell
    moving, best = place.copy(), place.copy()
    above = np.zeros(len(CHECKS))
    states, costs = np.zeros((kept, n, 3)), np.full(kept, np.inf)
    if balanced(net):
        _keep(now, cost, states, costs)
    for _ in range(tries if cost < IMPOSSIBLE else 0):
        bar = cost - temperature * math.log(max(rng.random(), 1e-12))
        i = _atom(net, rng)
        copy_net(net, new)
        kind, other = SWITCH, -1
        if not balanced(net) and rng.random() < CHAINS:
            kind = CHAIN
            moved = chain(i, now, offers, offered, net, new, sites, group, rng)
        else:
            other, image, cells = switch(i, net, new, sites, group, rng)
            moved = other >= 0 and not only_renamed(i, other, image, cells, net, new, sites, group)
        off = 0
        for k in range(n):
            off += abs(new.counts[k] - 4)
        if not moved or off >= bar:
            continue
        moving[:] = place
        learning = rng.random() < LEARNT_FROM
        limits = (GENEROUS if learning else 1.0) * patience[kind]
        wanted = bar - off
        middle = (i, other)
        least = _settle(moving, sites.free, new, group, middle, wanted, limits, above, best)
        if least >= wanted:
            continue
        after = best @ group.inverse_cell
        outcome = look(after, group, shifts, reach, sites, new)
        if outcome >= bar:
            continue
        if learning and abs(outcome - cost) > ALIKE_COST:
            _learn(patience[kind], above)
        now, cost = after, outcome
        place[:] = best
        offered[:] = -1
        copy_net(new, net)
        if balanced(net):
            _keep(now, cost, states, costs)
    met = np.isfinite(costs)
    return now, states[met], costs[met]


@compiled
def _atom(net: Net, rng: np.random.Generator) -> int:
    n = len(net.counts)
    i = pick(n, rng)
    if rng.random() < TO_FAULTY:
        for _ in range(LOOKS):
            if net.counts[i] != 4:
                break
            i = pick(n, rng)
    return i


@compiled
def _learn(patience: FloatArray, above: FloatArray) -> None:
    """Move patience to where a share WORTHWHILE of the moves that end well is kept."""
    for check in range(len(patience)):
        share = WORTHWHILE if above[check] > patience[check] else WORTHWHILE - 1.0
        patience[check] = max(LEAST_PATIENCE, patience[check] + LEARNING * share)


@compiled
def _keep(frac: FloatArray, cost: float, states: FloatArray, costs: FloatArray) -> None:
    """Put a net in the place of the costliest one, if it is cheaper and not there yet."""
    worst = 0
    for k in range(len(costs)):
        if abs(costs[k] - cost) < ALIKE_COST:
            worst = k
            break
        if costs[k] > costs[worst]:
            worst = k
    if len(costs) and cost < costs[worst]:
        states[worst], costs[worst] = frac, cost


@compiled
def _settle(
    place: FloatArray,
    free: FloatArray,
    net: Net,
    group: Group,
    middle: tuple[int, int],
    bar: float,
    limits: FloatArray,
    above: FloatArray,
    best: FloatArray,
) -> float:
    """Descend on the cost of a net's bonds, with the steps of Barzilai & Borwein, as `ease` does.

    Args:
        place: (n, 3) Å, changed.
        free: (n, 3, 3) from `Sites`.
        net: whose bonds.
        group: group and cell.
        middle: the two atoms in the middle of a switch, the second -1 if it was none.
        bar: cost that is to be reached.
        limits: (4,) above the bar at which to give up, at each check.
        above: (4,) written: how far above it the cost was then; -inf if it was not asked.
        best: (n, 3) Å, written.

    Returns:
        The least cost; inf if it was given up before the first step.
    """
    n = len(place)
    turns, moves = np.empty((n, MOST_BONDS, 3, 3)), np.empty((n, MOST_BONDS, 3))
    above[:] = -np.inf
    above[0] = begin(place, middle, net, group, free, bar + limits[0], turns, moves) - bar
    if above[0] > limits[0]:
        return np.inf
    slope, last_place, last_slope = np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3))
    least, before, check = np.inf, np.inf, 1
    for step in range(STEPS):
        cost = slope_of(place, net.counts, net.partners, turns, moves, slope)
        if cost < least:
            least = cost
            best[:] = place
        if check < len(CHECKS) and step == CHECKS[check]:
            above[check] = least - bar
            if above[check] > limits[check]:
                break
            check += 1
        if step % PERIOD == 0 and step > 0:
            gain = before - least
            if gain < ENOUGH or least - bar > HOPE * gain:
                break
            before = least
        if not move(place, slope, last_place, last_slope, free, step == 0, FURTHEST):
            break
    return least


@compiled
def to_middle(
    place: FloatArray,
    middle: tuple[int, int],
    net: Net,
    turns: FloatArray,
    moves: FloatArray,
    free: FloatArray,
) -> None:
    """Move the two atoms in the middle of a switch to the middle of their new neighbours.

    That is 1 to 2 Å, where a descent would need many steps.

    Args:
        place: (n, 3) Å, changed.
        middle: the two; one twice if they are images of one another.
        net: with the switch made.
        turns: (n, m, 3, 3) of `write_images`.
        moves: (n, m, 3) Å, likewise.
        free: (n, 3, 3) from `Sites`.
    """
    ways = np.zeros((2, 3))
    for k in range(2):
        i = middle[k]
        for m in range(net.counts[i]):
            j = net.partners[i, m]
            for a in range(3):
                ways[k, a] += moves[i, m, a]
                for b in range(3):
                    ways[k, a] += turns[i, m, a, b] * place[j, b]
        ways[k] = ways[k] / net.counts[i] - place[i]
    for k in range(1 if middle[0] == middle[1] else 2):
        for a in range(3):
            for b in range(3):
                place[middle[k], a] += free[middle[k], a, b] * ways[k, b]


@compiled
def begin(
    place: FloatArray,
    middle: tuple[int, int],
    net: Net,
    group: Group,
    free: FloatArray,
    most: float,
    turns: FloatArray,
    moves: FloatArray,
) -> float:
    """Put the middle atoms of a switch where they begin, and return what the net costs then.

    Args:
        place: (n, 3) Å, changed.
        middle: the two atoms, the second -1 if it was no switch.
        net: whose bonds.
        group: group and cell.
        free: (n, 3, 3) from `Sites`.
        most: cost above which the rest is left.
        turns: (n, m, 3, 3) of `write_images`; written, for the atoms come by.
        moves: (n, m, 3) Å, likewise.

    Returns:
        The cost; inf if it is above the most.
    """
    around = np.empty((MOST_BONDS, 3))
    switched = middle[1] >= 0
    if switched:
        for i in middle:
            write_images(i, net, group, turns, moves)
        to_middle(place, middle, net, turns, moves, free)
    cost = 0.0
    for central in (True, False):  # whose bonds are the most strained come first
        for i in range(len(place)):
            if central != (switched and i in middle):
                continue
            if not central:
                write_images(i, net, group, turns, moves)
            for m in range(net.counts[i]):
                j = net.partners[i, m]
                for a in range(3):
                    around[m, a] = moves[i, m, a] - place[i, a]
                    for b in range(3):
                        around[m, a] += turns[i, m, a, b] * place[j, b]
            cost += strain(around, net.counts[i])
            if cost > most:  # the other images are not written: there is nothing to go on with
                return np.inf
    return cost


@compiled
def write_images(i: int, net: Net, group: Group, turns: FloatArray, moves: FloatArray) -> None:
    """Write what turns (n, m, 3, 3) and moves (n, m, 3) Å the partner of each bond of an atom."""
    for m in range(net.counts[i]):
        g = net.operations[i, m]
        for a in range(3):
            moves[i, m, a] = group.cart_translations[g, a]
            for b in range(3):
                turns[i, m, a, b] = group.cart_rotations[g, a, b]
                moves[i, m, a] += net.cells[i, m, b] * group.cell[b, a]

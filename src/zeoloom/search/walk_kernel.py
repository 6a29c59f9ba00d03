"""Compiled: a walk of a crystal from net to net, at a temperature, without the network.

A move changes bonds, the atoms descend on the cost of the new ones, and the outcome is accepted by
Metropolis' rule. A descent is abandoned as soon as it is plain that its end would be rejected
(Barkema & Mousseau, Phys. Rev. B 62, 4985 (2000)). After a switch that is nearly always at once,
since its two middle atoms are first put in the middle of their new neighbours; so one to two
hundred thousand moves are tried in a second. How far above the acceptance threshold a descent may
be differs from group to group. It is learned during the walk (`WalkState`), from a tenth of the
descents, which are abandoned later.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.array_kernel import copy_rows
from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.geometry.image_kernel import lattice_shifts
from zeoloom.geometry.site_symmetry import site_symmetry
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.quotient_kernel import (
    balanced,
    bond_at,
    bond_index,
    copy_bonds,
    empty_bonds,
)
from zeoloom.search.bond_switch import MAX_NEAR_IMAGES, chain, draw_index, only_renamed, switch
from zeoloom.search.hollow_kernel import MOST_DEPTH, total_depth
from zeoloom.search.strain import IMPOSSIBLE, find_bonds_and_cost
from zeoloom.search.walk_descent import CHECK_STEPS, MOST_BONDS, descend_on_strain

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.group import Group
    from zeoloom.geometry.image_kernel import LatticeShifts
    from zeoloom.geometry.site_symmetry import SiteSymmetry
    from zeoloom.nets.quotient_kernel import BondTable
    from zeoloom.search.hollow_kernel import Hollow

CHAIN_SHARE = 0.4
"""Share of the moves that are chains, as long as some atom has not four bonds; afterwards all are
switches. Chains from valid nets lead to the many where more or fewer bonds cross a mirror."""

SWITCH, CHAIN = 0, 1
"""Kinds of moves: rows of `WalkState.limits`."""

INITIAL_LIMITS = ((16.0, 4.0, 1.5, 0.7), (45.0, 13.0, 2.5, 0.7))
"""Cost above the threshold at which a descent is abandoned at each check; of switches, of
chains."""

LEAST_LIMIT = 0.5
"""Limits are not learned to be lower."""

LEARNING_SHARE, LEARNING_FACTOR = 0.1, 2.0
"""Share of the descents from which limits are learned, and the factor by which theirs are wider."""

KEPT_SHARE, LEARNING_RATE = 0.9, 0.5
"""Share of the accepted moves that is to pass each check; and how quickly limits adapt to it."""

SAME_NET_COST = 0.02
"""Nets whose costs differ by less are taken for one."""

FAULTY_CHANCE, MAX_DRAWS = 0.5, 4
"""Chance that a move begins at an atom that has not four bonds, and how many are drawn for it."""


class WalkState(NamedTuple):
    """What walks learn on the way; passed in and returned.

    Attributes:
        limits: (2, 4) cost above the threshold at which a descent is abandoned, by the kind of the
            move and the check.
    """

    limits: FloatArray


def initial_walk_state() -> WalkState:
    """The state of walks that have learned nothing yet."""
    return WalkState(np.array(INITIAL_LIMITS))


@compiled
def walk(
    frac: FloatArray,
    group: Group,
    hollow: Hollow,
    n_held: int,
    tries: int,
    temperature: float,
    max_reported: int,
    state: WalkState,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, FloatArray, WalkState]:
    """Walk from net to net.

    Args:
        frac: (n, 3) asymmetric atoms, exactly on their special positions, which they keep.
        group: in its cell.
        hollow: that atoms keep out of, or go no deeper into; `NO_HOLLOW` for none.
        n_held: how many of the first atoms keep the bonds among them.
        tries: moves that are tried.
        temperature: in units of cost.
        max_reported: valid nets that are reported at most.
        state: from `initial_walk_state` or another walk.
        rng: source of randomness.

    Returns:
        (n, 3) where the walk has ended; (k, n, 3) atoms of the valid nets of least cost that were
        met, and (k,) their costs; the state after the walk.
    """
    n = len(frac)
    symmetry, lattice = site_symmetry(frac, group), lattice_shifts(group.cell, BOND_CUTOFF)
    net, vectors = empty_bonds(n, MOST_BONDS), np.empty((n, MOST_BONDS, 3))
    cost = find_bonds_and_cost(frac, group, symmetry, lattice, net, vectors)
    limits = state.limits.copy()
    met, costs = np.zeros((max_reported, n, 3)), np.full(max_reported, np.inf)
    end = frac
    if cost < IMPOSSIBLE:
        _report_valid(net, frac, cost, met, costs)
        end = _try_moves(
            frac,
            cost,
            net,
            group,
            hollow,
            n_held,
            symmetry,
            lattice,
            tries,
            temperature,
            limits,
            met,
            costs,
            rng,
        )
    filled = np.isfinite(costs)
    return end, met[filled], costs[filled], WalkState(limits)


@compiled_in_place
def _try_moves(
    frac: FloatArray,
    cost: float,
    net: BondTable,
    group: Group,
    hollow: Hollow,
    n_held: int,
    symmetry: SiteSymmetry,
    lattice: LatticeShifts,
    tries: int,
    temperature: float,
    limits: FloatArray,
    met: FloatArray,
    costs: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Try moves of the bonds, and accept some; returns the atoms (n, 3) after the last one.

    The arguments are those of `walk`, `find_bonds_and_cost` and `_report_valid`; net, limits, met
    and costs are written. Calls with so many arrays take long, so a move is written out here.
    """
    n, depth = len(frac), total_depth(frac, group, hollow)
    new, vectors = empty_bonds(n, MOST_BONDS), np.empty((n, MOST_BONDS, 3))
    near, n_near = np.zeros((n, MAX_NEAR_IMAGES, 5), np.int64), np.full(n, -1)
    now, cart, free = frac.copy(), frac @ group.cell, symmetry.projectors
    trial, best, excess = cart.copy(), cart.copy(), np.zeros(len(CHECK_STEPS))
    for _ in range(tries):
        threshold = cost - temperature * math.log(max(rng.random(), 1e-12))
        i = _draw_atom(net, rng)
        copy_bonds(net, new)
        kind, other = SWITCH, -1
        if not balanced(net) and rng.random() < CHAIN_SHARE:
            kind = CHAIN
            changed = chain(i, now, near, n_near, net, new, symmetry, group, rng)
        else:
            other, g, shift = switch(i, net, new, symmetry, group, rng)
            changed = other >= 0 and not only_renamed(i, other, g, shift, net, new, symmetry, group)
        wrong = _wrong_bonds(new)
        if not changed or wrong >= threshold or _parts_held(net, new, n_held):
            continue
        copy_rows(cart, trial)
        learning = rng.random() < LEARNING_SHARE
        wider = (LEARNING_FACTOR if learning else 1.0) * limits[kind]
        wanted, middle = threshold - wrong, (i, other)
        least = descend_on_strain(trial, free, new, group, middle, wanted, wider, excess, best)
        if least >= wanted:
            continue
        after = best @ group.inverse_cell
        outcome = find_bonds_and_cost(after, group, symmetry, lattice, new, vectors)
        deeper = total_depth(after, group, hollow) if outcome < threshold else 0.0
        if outcome >= threshold or deeper > max(depth, MOST_DEPTH):
            continue
        if learning and abs(outcome - cost) > SAME_NET_COST:
            _learn(limits[kind], excess)
        now, cost, depth = after, outcome, deeper
        copy_rows(best, cart)
        n_near[:] = -1
        copy_bonds(new, net)
        _report_valid(net, now, cost, met, costs)
    return now


@compiled_in_place
def _wrong_bonds(net: BondTable) -> int:
    """Bonds that the atoms of a net have too few or too many."""
    wrong = 0
    for k in range(len(net.counts)):
        wrong += abs(net.counts[k] - 4)
    return wrong


@compiled_in_place
def _parts_held(net: BondTable, new: BondTable, n_held: int) -> bool:
    """Whether a bond among the first atoms is there no more."""
    for i in range(n_held):
        for m in range(net.counts[i]):
            j, g, shift = bond_at(net, i, m)
            if j < n_held and bond_index(new, i, j, g, shift) == new.counts[i]:
                return True
    return False


@compiled_in_place
def _draw_atom(net: BondTable, rng: np.random.Generator) -> int:
    """An atom; more often than not one that has not four bonds, if there is any."""
    n = len(net.counts)
    i = draw_index(n, rng)
    if rng.random() < FAULTY_CHANCE:
        for _ in range(MAX_DRAWS):
            if net.counts[i] != 4:
                break
            i = draw_index(n, rng)
    return i


@compiled_in_place
def _learn(limits: FloatArray, excess: FloatArray) -> None:
    """Move the limits (4,) of a kind of move towards passing KEPT_SHARE of the accepted ones."""
    for check in range(len(limits)):
        share = KEPT_SHARE if excess[check] > limits[check] else KEPT_SHARE - 1.0
        limits[check] = max(LEAST_LIMIT, limits[check] + LEARNING_RATE * share)


@compiled
def _report_valid(
    net: BondTable, frac: FloatArray, cost: float, met: FloatArray, costs: FloatArray
) -> None:
    """Put a valid net in place of the one of highest cost, if it costs less and is not there yet.

    Args:
        net: nothing is done unless every atom has four bonds.
        frac: (n, 3) its atoms.
        cost: of it.
        met: (k, n, 3) atoms of the nets that are reported; written.
        costs: (k,) of these; written.
    """
    if not balanced(net):
        return
    worst = 0
    for k in range(len(costs)):
        if abs(costs[k] - cost) < SAME_NET_COST:
            worst = k
            break
        if costs[k] > costs[worst]:
            worst = k
    if len(costs) and cost < costs[worst]:
        copy_rows(frac, met[worst])
        costs[worst] = cost

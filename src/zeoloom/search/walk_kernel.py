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

from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.image_kernel import lattice_shifts
from zeoloom.geometry.site_symmetry import site_symmetry
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.quotient_kernel import balanced, copy_bonds, empty_bonds
from zeoloom.search.bond_switch import MAX_NEAR_IMAGES, chain, draw_index, only_renamed, switch
from zeoloom.search.relax import descent_step
from zeoloom.search.strain import (
    IMPOSSIBLE,
    bond_vectors_of,
    cost_and_gradient,
    find_bonds_and_cost,
    image_translations,
    strain,
)

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.geometry.site_symmetry import SiteSymmetry
    from zeoloom.nets.quotient_kernel import BondTable

CHAIN_SHARE = 0.4
"""Share of the moves that are chains, as long as some atom has not four bonds; afterwards all are
switches. Chains from valid nets lead to the many where more or fewer bonds cross a mirror."""

MOST_BONDS = 10
"""Of an atom; a net where one has more is given up."""

MAX_DESCENT_STEPS = 60
"""Of a descent."""

MAX_MOVE = 0.3
"""Å, that an atom moves in one step of a descent; after a move of bonds it has further to go than
in `relax`."""

SWITCH, CHAIN = 0, 1
"""Kinds of moves: rows of `WalkState.limits`."""

CHECK_STEPS = (0, 2, 5, 13)
"""Steps of a descent after which it may be abandoned."""

INITIAL_LIMITS = ((16.0, 4.0, 1.5, 0.7), (45.0, 13.0, 2.5, 0.7))
"""Cost above the threshold at which a descent is abandoned at each check; of switches, of
chains."""

LEAST_LIMIT = 0.5
"""Limits are not learned to be lower."""

GAIN_PERIOD, CONVERGED_GAIN, GAIN_HORIZON = 5, 0.004, 3.0
"""Steps of a descent between looks at its gain in cost; a gain so small that the descent is over;
and how many times the gain may be left to go. Of descents that would have been accepted one to five
in a hundred are abandoned so; most take 15 to 25 steps."""

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
    tries: int,
    temperature: float,
    max_reported: int,
    state: WalkState,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, FloatArray, WalkState]:
    """Walk from net to net.

    Args:
        frac: (n, 3) asymmetric atoms, exactly on their special positions, which they keep.
        group: group and cell.
        tries: moves that are tried.
        temperature: in units of cost.
        max_reported: valid nets that are reported at most.
        state: from `initial_walk_state` or another walk.
        rng: source of randomness.

    Returns:
        (n, 3) where the walk has ended;
        (k, n, 3) atoms of the valid nets of least cost that were met, and (k,) their costs;
        the state after the walk.
    """
    n = len(frac)
    symmetry, lattice = site_symmetry(frac, group), lattice_shifts(group.cell, BOND_CUTOFF)
    net, new = empty_bonds(n, MOST_BONDS), empty_bonds(n, MOST_BONDS)
    vectors = np.empty((n, MOST_BONDS, 3))
    near, n_near = np.zeros((n, MAX_NEAR_IMAGES, 5), np.int64), np.full(n, -1)
    now = frac.copy()
    cost = find_bonds_and_cost(frac, group, symmetry, lattice, net, vectors)
    cart = frac @ group.cell
    trial, best = cart.copy(), cart.copy()
    limits, excess = state.limits.copy(), np.zeros(len(CHECK_STEPS))
    met, costs = np.zeros((max_reported, n, 3)), np.full(max_reported, np.inf)
    if balanced(net):
        _report(now, cost, met, costs)
    for _ in range(tries if cost < IMPOSSIBLE else 0):
        threshold = cost - temperature * math.log(max(rng.random(), 1e-12))
        kind, middle, wrong = _change_net(now, near, n_near, net, new, symmetry, group, rng)
        if kind < 0 or wrong >= threshold:
            continue
        trial[:] = cart
        learning = rng.random() < LEARNING_SHARE
        wider = (LEARNING_FACTOR if learning else 1.0) * limits[kind]
        wanted = threshold - wrong
        least = _descend(
            trial, symmetry.projectors, new, group, middle, wanted, wider, excess, best
        )
        if least >= wanted:
            continue
        after = best @ group.inverse_cell
        outcome = find_bonds_and_cost(after, group, symmetry, lattice, new, vectors)
        if outcome >= threshold:
            continue
        if learning and abs(outcome - cost) > SAME_NET_COST:
            _learn(limits[kind], excess)
        now, cost = after, outcome
        cart[:] = best
        n_near[:] = -1
        copy_bonds(new, net)
        if balanced(net):
            _report(now, cost, met, costs)
    filled = np.isfinite(costs)
    return now, met[filled], costs[filled], WalkState(limits)


@compiled
def _change_net(
    frac: FloatArray,
    near: IntArray,
    n_near: IntArray,
    net: BondTable,
    new: BondTable,
    symmetry: SiteSymmetry,
    group: Group,
    rng: np.random.Generator,
) -> tuple[int, tuple[int, int], int]:
    """Write a net after a switch or a chain.

    Args:
        frac: (n, 3) where the atoms are.
        near: of `chain`, as n_near.
        n_near: likewise.
        net: that the atoms have.
        new: written.
        symmetry: of the sites of the atoms.
        group: in its cell.
        rng: source of randomness.

    Returns:
        The kind of the move, -1 if there was none; the two atoms in the middle of a switch, the
        second -1 if it was none; bonds missing or too many in the new net.
    """
    i = _draw_atom(net, rng)
    copy_bonds(net, new)
    kind, other = SWITCH, -1
    if not balanced(net) and rng.random() < CHAIN_SHARE:
        kind = CHAIN
        changed = chain(i, frac, near, n_near, net, new, symmetry, group, rng)
    else:
        other, image, cells = switch(i, net, new, symmetry, group, rng)
        changed = other >= 0 and not only_renamed(i, other, image, cells, net, new, symmetry, group)
    wrong = 0
    for k in range(len(new.counts)):
        wrong += abs(new.counts[k] - 4)
    return (kind if changed else -1), (i, other), wrong


@compiled
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


@compiled
def _learn(limits: FloatArray, excess: FloatArray) -> None:
    """Move the limits (4,) of a kind of move towards passing KEPT_SHARE of the accepted ones."""
    for check in range(len(limits)):
        share = KEPT_SHARE if excess[check] > limits[check] else KEPT_SHARE - 1.0
        limits[check] = max(LEAST_LIMIT, limits[check] + LEARNING_RATE * share)


@compiled
def _report(frac: FloatArray, cost: float, met: FloatArray, costs: FloatArray) -> None:
    """Put a net in place of the one of highest cost, if it costs less and is not there yet."""
    worst = 0
    for k in range(len(costs)):
        if abs(costs[k] - cost) < SAME_NET_COST:
            worst = k
            break
        if costs[k] > costs[worst]:
            worst = k
    if len(costs) and cost < costs[worst]:
        met[worst], costs[worst] = frac, cost


@compiled
def _descend(
    cart: FloatArray,
    free: FloatArray,
    net: BondTable,
    group: Group,
    middle: tuple[int, int],
    wanted: float,
    limits: FloatArray,
    excess: FloatArray,
    best: FloatArray,
) -> float:
    """Descend on the cost of a net's bonds, with the steps of Barzilai & Borwein, as `relax` does.

    Args:
        cart: (n, 3) Å, changed.
        free: (n, 3, 3) projectors on the directions in which each atom may move.
        net: whose bonds.
        group: in its cell.
        middle: the two atoms in the middle of a switch, the second -1 if it was none.
        wanted: cost that is to be reached.
        limits: (4,) above it at which to abandon, at each check.
        excess: (4,) written: how far above it the cost was then; -inf if it was not checked.
        best: (n, 3) Å, written.

    Returns:
        The least cost; inf if it was abandoned before the first step.
    """
    n = len(cart)
    translations = np.empty((n, MOST_BONDS, 3))
    excess[:] = -np.inf
    most = wanted + limits[0]
    excess[0] = initial_cost(cart, middle, net, group, free, most, translations) - wanted
    if excess[0] > limits[0]:
        return np.inf
    gradient, last_cart, last_gradient = np.empty((n, 3)), np.empty((n, 3)), np.empty((n, 3))
    least, before, check = np.inf, np.inf, 1
    for step in range(MAX_DESCENT_STEPS):
        cost = cost_and_gradient(cart, net, group, translations, gradient)
        if cost < least:
            least = cost
            best[:] = cart
        if check < len(CHECK_STEPS) and step == CHECK_STEPS[check]:
            excess[check] = least - wanted
            if excess[check] > limits[check]:
                break
            check += 1
        if step % GAIN_PERIOD == 0 and step > 0:
            gain = before - least
            if gain < CONVERGED_GAIN or least - wanted > GAIN_HORIZON * gain:
                break
            before = least
        if not descent_step(cart, gradient, last_cart, last_gradient, free, step == 0, MAX_MOVE):
            break
    return least


@compiled
def centre_middle_atoms(
    cart: FloatArray,
    middle: tuple[int, int],
    net: BondTable,
    group: Group,
    translations: FloatArray,
    free: FloatArray,
) -> None:
    """Move the two atoms in the middle of a switch to the mean of their new neighbours.

    That is 1 to 2 Å, where a descent would need many steps.

    Args:
        cart: (n, 3) Å, changed.
        middle: the two; one twice if they are images of one another.
        net: with the switch made.
        group: in its cell.
        translations: (n, m, 3) Å of `image_translations`.
        free: (n, 3, 3) projectors on the directions in which each atom may move.
    """
    vectors, means = np.empty((MOST_BONDS, 3)), np.zeros((2, 3))
    for k in range(2):
        i = middle[k]
        bond_vectors_of(i, cart, net, group, translations, vectors)
        for m in range(net.counts[i]):
            for a in range(3):
                means[k, a] += vectors[m, a] / net.counts[i]
    for k in range(1 if middle[0] == middle[1] else 2):
        for a in range(3):
            for b in range(3):
                cart[middle[k], a] += free[middle[k], a, b] * means[k, b]


@compiled
def initial_cost(
    cart: FloatArray,
    middle: tuple[int, int],
    net: BondTable,
    group: Group,
    free: FloatArray,
    most: float,
    translations: FloatArray,
) -> float:
    """Centre the middle atoms of a switch, and return the cost of the net at these positions.

    Args:
        cart: (n, 3) Å, changed.
        middle: the two atoms, the second -1 if it was no switch.
        net: whose bonds.
        group: in its cell.
        free: (n, 3, 3) projectors on the directions in which each atom may move.
        most: cost above which the sum is not completed.
        translations: (n, m, 3) Å of `image_translations`, written for the atoms that were summed.

    Returns:
        The cost; inf if it is above the most.
    """
    vectors = np.empty((MOST_BONDS, 3))
    switched = middle[1] >= 0
    if switched:
        for i in middle:
            image_translations(i, net, group, translations)
        centre_middle_atoms(cart, middle, net, group, translations, free)
    cost = 0.0
    for central in (True, False):  # those whose bonds are the most strained come first
        for i in range(len(cart)):
            if central != (switched and i in middle):
                continue
            if not central:
                image_translations(i, net, group, translations)
            bond_vectors_of(i, cart, net, group, translations, vectors)
            cost += strain(vectors, net.counts[i])
            if cost > most:  # the images of the others are not written: the descent is abandoned
                return np.inf
    return cost

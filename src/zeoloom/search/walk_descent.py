"""Compiled: the descent of a walk, abandoned as soon as it is plain that its end would be rejected.

It takes the steps of `relax`, but begins further away: the two middle atoms of a switch are first
put in the middle of their new neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.array_kernel import copy_rows
from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.search.relax import descent_step
from zeoloom.search.strain import bond_vectors_of, cost_and_gradient, image_translations, strain

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.group import Group
    from zeoloom.nets.quotient_kernel import BondTable

MOST_BONDS = 10
"""Of an atom; a net where one has more is given up."""

MAX_DESCENT_STEPS = 60
"""Of a descent."""

MAX_MOVE = 0.3
"""Å, that an atom moves in one step of a descent; after a move of bonds it has further to go than
in `relax`."""

CHECK_STEPS = (0, 2, 5, 13)
"""Steps of a descent after which it may be abandoned."""

GAIN_PERIOD, CONVERGED_GAIN, GAIN_HORIZON = 5, 0.004, 3.0
"""Steps of a descent between looks at its gain in cost; a gain so small that the descent is over;
and how many times the gain may be left to go. Of descents that would have been accepted one to five
in a hundred are abandoned so; most take 15 to 25 steps."""


@compiled
def descend_on_strain(
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
            copy_rows(cart, best)
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


@compiled_in_place
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


@compiled_in_place
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

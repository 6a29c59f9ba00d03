"""Compiled: an annealing of a valid net by bond switches, all images of a bond at once.

A switch (Wooten, Winer & Weaire, PRL 54, 1392 (1985)) takes a path a-b-c-d, breaks a-b and c-d and
makes a-c and b-d: every atom keeps its four bonds. Here whole orbits of bonds are switched, and the
atoms of the asymmetric unit descend on the cost of the new bonds. Most descents are given up after
a few steps, when it is plain that their end would not be accepted (Barkema & Mousseau, PRB 62, 4985
(2000)), so tens of thousands of switches are tried in a second.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.pair_kernel import compiled
from zeoloom.make.crystal_kernel import MOST_NEIGHBOURS, judge_atoms
from zeoloom.make.ease import bonds_of, free_directions, in_space, move, slope_of

if TYPE_CHECKING:
    from zeoloom.structure.records import FloatArray, IntArray

SAME = 0.005
"""Fractional: atoms this near along each axis are one."""

STEPS = 60
"""Of a descent; given up where the cost is that much above what would be accepted after so many:"""

EARLY, EARLY_COST = 12, 4.0
LATE, LATE_COST = 25, 1.0

FURTHEST = 0.3
"""Å, that an atom moves in one step; after a switch it has further to go than in `ease`."""

ALIKE_COST = 0.02
"""Nets whose costs are this near are taken for one."""


@compiled
def anneal_bonds(
    frac: FloatArray,
    rotations: FloatArray,
    translations: FloatArray,
    cell: FloatArray,
    draws: FloatArray,
    hot: float,
    cold: float,
    kept: int,
) -> tuple[FloatArray, FloatArray]:
    """Anneal a net by bond switches.

    Args:
        frac: (n, 3) asymmetric atoms of a valid net, on their special positions.
        rotations: (G, 3, 3) fractional.
        translations: (G, 3).
        cell: (3, 3) Å.
        draws: (tries, 5) uniform random numbers.
        hot: temperature of the first try, in units of cost.
        cold: of the last one; it falls geometrically.
        kept: nets to keep at most.

    Returns:
        (k, n, 3) atoms of the valid nets of least cost that were accepted, and (k,) their costs.
    """
    n, tries = len(frac), len(draws)
    turns, moves = in_space(rotations, cell), translations @ cell
    states, costs = np.zeros((kept, n, 3)), np.full(kept, np.inf)
    now = frac.copy()
    cost = judge_atoms(now, rotations, translations, cell)[1].sum()
    free = free_directions(now, rotations, translations, cell)
    counts, partners, operations, ends = _net(now, rotations, translations, cell)
    for k in range(tries):
        temperature = hot * math.pow(cold / hot, k / max(1, tries - 1))
        bar = cost - temperature * math.log(max(draws[k, 4], 1e-12))
        new_counts, new_partners = counts.copy(), partners.copy()
        new_operations, new_ends = operations.copy(), ends.copy()
        net = (new_counts, new_partners, new_operations, new_ends)
        if not _switch(now, rotations, translations, draws[k], net):
            continue
        place, least = _settle(now, rotations, translations, cell, turns, moves, free, net, bar)
        if least >= bar:
            continue
        bonds, judged, _ = judge_atoms(place, rotations, translations, cell)
        if judged.sum() >= bar or not (bonds == 4).all():
            continue
        now, cost = place, judged.sum()
        free = free_directions(now, rotations, translations, cell)
        counts, partners, operations, ends = _net(now, rotations, translations, cell)
        _keep(now, cost, states, costs)
    met = np.isfinite(costs)
    return states[met], costs[met]


@compiled
def _keep(frac: FloatArray, cost: float, states: FloatArray, costs: FloatArray) -> None:
    """Put a net in the place of the costliest one, if it is cheaper and not there yet."""
    worst = 0
    for k in range(len(costs)):
        if abs(costs[k] - cost) < ALIKE_COST:
            return
        if costs[k] > costs[worst]:
            worst = k
    if len(costs) and cost < costs[worst]:
        states[worst], costs[worst] = frac, cost


@compiled
def _net(
    frac: FloatArray, rotations: FloatArray, translations: FloatArray, cell: FloatArray
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Bonds (n,) of each atom; of each bond its partner, operation, and fractional end."""
    counts, partners, operations, added = bonds_of(frac, rotations, translations, cell)
    inverse = np.linalg.inv(cell)
    ends = np.zeros((len(frac), MOST_NEIGHBOURS, 3))
    for i in range(len(frac)):
        for m in range(counts[i]):
            g = operations[i, m]
            image = rotations[g] @ frac[partners[i, m]] + translations[g]
            ends[i, m] = image + np.round(added[i, m] @ inverse)
    return counts, partners, operations, ends


@compiled
def _switch(
    frac: FloatArray,
    rotations: FloatArray,
    translations: FloatArray,
    draw: FloatArray,
    net: tuple[IntArray, IntArray, IntArray, FloatArray],
) -> bool:
    """Switch the bonds of a path a-b-c-d in a net; whether all atoms still have four bonds."""
    counts, partners, operations, ends = net
    i = min(int(draw[0] * len(frac)), len(frac) - 1)
    to_a = min(int(draw[1] * counts[i]), counts[i] - 1)
    to_c = min(int(draw[2] * counts[i]), counts[i] - 1)
    if to_a == to_c:
        return False
    a, b, c = ends[i, to_a].copy(), frac[i].copy(), ends[i, to_c].copy()
    of_a, of_c, g = partners[i, to_a], partners[i, to_c], operations[i, to_c]
    to_d = min(int(draw[3] * counts[of_c]), counts[of_c] - 1)
    home = np.round(c - rotations[g] @ frac[of_c] - translations[g])
    d = rotations[g] @ ends[of_c, to_d] + translations[g] + home
    of_d = partners[of_c, to_d]
    if np.abs(d - b).max() < SAME or np.abs(d - a).max() < SAME:
        return False
    _change(frac, rotations, translations, a, of_a, b, i, net, False)
    _change(frac, rotations, translations, c, of_c, d, of_d, net, False)
    _change(frac, rotations, translations, a, of_a, c, of_c, net, True)
    _change(frac, rotations, translations, b, i, d, of_d, net, True)
    return bool((counts == 4).all())


@compiled
def _change(
    frac: FloatArray,
    rotations: FloatArray,
    translations: FloatArray,
    tail: FloatArray,
    of_tail: int,
    head: FloatArray,
    of_head: int,
    net: tuple[IntArray, IntArray, IntArray, FloatArray],
    add: bool,
) -> None:
    """Add or remove all images of a bond between two places, images of two asymmetric atoms."""
    counts, partners, operations, ends = net
    home, end = np.empty(3), np.empty(3)
    for h in range(len(rotations)):
        for way in range(2):
            near, far = (tail, head) if way == 0 else (head, tail)
            p, q = (of_tail, of_head) if way == 0 else (of_head, of_tail)
            if not _lands(rotations[h], translations[h], near, frac[p], home):
                continue
            for x in range(3):
                end[x] = translations[h, x] - home[x]
                for y in range(3):
                    end[x] += rotations[h, x, y] * far[y]
            m = 0
            while m < counts[p] and np.abs(ends[p, m] - end).max() >= SAME:
                m += 1
            last = counts[p] - 1
            if not add and m <= last:
                ends[p, m] = ends[p, last]
                partners[p, m], operations[p, m] = partners[p, last], operations[p, last]
                counts[p] = last
            elif add and m > last and m < MOST_NEIGHBOURS:
                g = 0
                while not _lands(rotations[g], translations[g], frac[q], end, home):
                    g += 1  # an image of atom q, so some operation does
                ends[p, m], partners[p, m], operations[p, m] = end, q, g
                counts[p] = m + 1


@compiled
def _lands(
    rotation: FloatArray,
    translation: FloatArray,
    place: FloatArray,
    target: FloatArray,
    home: FloatArray,
) -> bool:
    """Whether an operation takes a place to another, but for whole cells, written to `home`."""
    for x in range(3):
        away = translation[x] - target[x]
        for y in range(3):
            away += rotation[x, y] * place[y]
        home[x] = np.round(away)
        if abs(away - home[x]) >= SAME:
            return False
    return True


@compiled
def _settle(
    frac: FloatArray,
    rotations: FloatArray,
    translations: FloatArray,
    cell: FloatArray,
    turns: FloatArray,
    moves: FloatArray,
    free: FloatArray,
    net: tuple[IntArray, IntArray, IntArray, FloatArray],
    bar: float,
) -> tuple[FloatArray, float]:
    """Descend on the cost of a net's bonds, as `ease` does; atoms (n, 3) and the least cost."""
    counts, partners, operations, ends = net
    n = len(frac)
    shifts = np.zeros((n, MOST_NEIGHBOURS, 3))
    for i in range(n):
        for m in range(counts[i]):
            g = operations[i, m]
            image = rotations[g] @ frac[partners[i, m]] + translations[g]
            shifts[i, m] = np.round(ends[i, m] - image) @ cell
    place = frac @ cell
    best, least = place.copy(), np.inf
    last_place, last_slope = place.copy(), np.zeros((n, 3))
    slope = np.zeros((n, 3))
    for step in range(STEPS):
        cost = slope_of(place, counts, partners, operations, shifts, turns, moves, slope)
        if cost < least:
            least = cost
            best[:] = place
        if (step == EARLY and least > bar + EARLY_COST) or (
            step == LATE and least > bar + LATE_COST
        ):
            break
        if not move(place, slope, last_place, last_slope, free, step == 0, FURTHEST):
            break
    return best @ np.linalg.inv(cell), least

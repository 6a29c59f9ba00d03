"""Compiled: the numbers, the cost and the moves of `annealing.py`.

A move changes the list of neighbours of the moved atom, and of others only the moved atom's share;
nothing else is worked out again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray

CONNECTIVITY, CONNECTIVITY_WEIGHT = 4, 25.0

BOND, BOND_CUTOFF, BOND_WEIGHT = 3.1, 3.7, 10.0
"""Å, Å, per Å²."""

NEXT, NEXT_WEIGHT = 5.0, 5.0
"""Å, per Å²; between two neighbours of an atom."""

TEMPERATURES = (20.0, 7.0, 3.0, 1.7, 0.8)
STEPS = (0.3, 0.06, 0.03, 0.023, 0.015)
"""Å, at each temperature."""

MOVES = 80_000
"""Trial moves of a cycle, as many at each temperature."""

TRIAL_MOVES, TRIAL_COST = 3_000, 30.0
"""A cycle is given up after so many moves if no lower cost for each asymmetric atom was found."""

MERGING = 1.2
"""Å."""

SAME_PLACE = 0.05
"""Å. Images on a special position agree up to rounding."""

MOST_NEIGHBOURS = 64
"""Far more than fit without a cost that no temperature accepts."""

inlined = numba.njit(cache=True, error_model="numpy", forceinline=True)
"""For what a move calls: counting references to the arrays of a state would take most of it."""


class Group(NamedTuple):
    """Cell and space group, laid out for loops over operations.

    Attributes:
        rotations: (3, 3, G) fractional.
        translations: (3, G).
        cell: (3, 3) Å, rows a, b, c.
        inverse: (3, 3) of the cell.
        shifts: (S, 3) whole cells that may bring a nearest image within `BOND_CUTOFF`, none first.
    """

    rotations: FloatArray
    translations: FloatArray
    cell: FloatArray
    inverse: FloatArray
    shifts: FloatArray


class Atoms(NamedTuple):
    """A walk: its atoms and all that follows from where they are.

    Attributes:
        points: (n, 3) fractional, where the walk is.
        positions: (n, 3) fractional, where the atoms are: on special positions if near to one.
        images: (n, 3, G) of the positions.
        orders: (n,) operations that leave each position where it is.
        counts: (n,) neighbours.
        around: (n, `MOST_NEIGHBOURS`, 3) Å to them.
        owners: (n, `MOST_NEIGHBOURS`) the asymmetric atom each is an image of.
        costs: (n,) of each atom.
        changed: (n,) whose list and cost a proposed move changes.
        squared: (G,) Å², room for distances.
    """

    points: FloatArray
    positions: FloatArray
    images: FloatArray
    orders: IntArray
    counts: IntArray
    around: FloatArray
    owners: IntArray
    costs: FloatArray
    changed: BoolArray
    squared: FloatArray


@compiled
def run_cycle(n: int, group: Group, rng: np.random.Generator) -> tuple[FloatArray, float]:
    """One annealing from n random atoms: the best positions (n, 3); cost inf if given up."""
    now = atoms_at(rng.random((n, 3)), group)
    trial = atoms_at(now.points, group)
    total = now.costs.sum()
    best, lowest = now.positions.copy(), total
    each = MOVES // len(TEMPERATURES)
    for move in range(MOVES):
        if move == TRIAL_MOVES and lowest > n * TRIAL_COST:
            return best, math.inf
        i = int(n * rng.random())
        change = propose(i, now, trial, group, STEPS[move // each], rng)
        if change > 0 and rng.random() >= math.exp(-change / TEMPERATURES[move // each]):
            refuse(i, now, trial)
            continue
        accept(i, now, trial)
        total += change
        if total < lowest:
            lowest = total
            best[:] = now.positions
    return best, lowest


@compiled
def atoms_at(points: FloatArray, group: Group) -> Atoms:
    """The state of a walk at points (n, 3), from scratch."""
    n, order = len(points), group.translations.shape[1]
    atoms = Atoms(
        points.copy(),
        np.empty((n, 3)),
        np.empty((n, 3, order)),
        np.empty(n, np.int64),
        np.zeros(n, np.int64),
        np.empty((n, MOST_NEIGHBOURS, 3)),
        np.empty((n, MOST_NEIGHBOURS), np.int64),
        np.empty(n),
        np.zeros(n, np.bool_),
        np.empty(order),
    )
    for i in range(n):
        _settle(i, atoms, group)
    for i in range(n):
        for j in range(n):
            _add_images(i, j, atoms, group)
        atoms.costs[i] = _cost(i, atoms)
    return atoms


@compiled
def propose(
    i: int, now: Atoms, trial: Atoms, group: Group, step: float, rng: np.random.Generator
) -> float:
    """Move an atom by at most a step (Å) along each axis, in `trial`; the change of the cost.

    `accept` or `refuse` must follow. Until then `trial` differs from `now` in where atom i is;
    lists and costs it holds of changed atoms only: of i, and of those that have i as a neighbour
    before or after.
    """
    for along in range(3):
        length = step * (2 * rng.random() - 1)
        for axis in range(3):
            trial.points[i, axis] += length * group.inverse[along, axis]
    _settle(i, trial, group)
    n = len(now.points)
    trial.counts[i] = 0
    for j in range(n):
        _add_images(i, j, trial, group)
        trial.changed[j] = j == i
    for m in range(now.counts[i]):
        trial.changed[now.owners[i, m]] = True
    for m in range(trial.counts[i]):
        trial.changed[trial.owners[i, m]] = True
    change = 0.0
    for j in range(n):
        if not trial.changed[j]:
            continue
        if j != i:
            trial.counts[j] = 0
            for m in range(now.counts[j]):
                if now.owners[j, m] != i:
                    _append(j, m, now, trial)
            _add_images(j, i, trial, group)
        trial.costs[j] = _cost(j, trial)
        change += trial.costs[j] - now.costs[j]
    return change


@inlined
def accept(i: int, now: Atoms, trial: Atoms) -> None:
    """Take over what `propose` has changed."""
    _put_atom(i, trial, now)
    for j in range(len(now.points)):
        if trial.changed[j]:
            now.counts[j] = 0
            for m in range(trial.counts[j]):
                _append(j, m, trial, now)
            now.costs[j] = trial.costs[j]


@inlined
def refuse(i: int, now: Atoms, trial: Atoms) -> None:
    """Undo what `propose` has changed."""
    _put_atom(i, now, trial)


@inlined
def _append(j: int, m: int, source: Atoms, target: Atoms) -> None:
    """Append neighbour m of atom j to its list in another state."""
    count = target.counts[j]
    for axis in range(3):
        target.around[j, count, axis] = source.around[j, m, axis]
    target.owners[j, count] = source.owners[j, m]
    target.counts[j] = count + 1


@inlined
def _put_atom(i: int, source: Atoms, target: Atoms) -> None:
    """Put atom i where it is in another state; its list is left alone."""
    for axis in range(3):
        target.points[i, axis] = source.points[i, axis]
        target.positions[i, axis] = source.positions[i, axis]
        for g in range(source.images.shape[2]):
            target.images[i, axis, g] = source.images[i, axis, g]
    target.orders[i] = source.orders[i]


@inlined
def _settle(i: int, atoms: Atoms, group: Group) -> None:
    """Put atom i at the mean of its images that lie near its point, until no more come near."""
    positions, images = atoms.positions, atoms.images
    for axis in range(3):
        positions[i, axis] = atoms.points[i, axis]
    known, near = 0, 1
    while near > known:
        known, near = near, 0
        _fill_images(i, atoms, group)
        _fill_distances(i, i, 0, atoms, group)
        x = y = z = 0.0
        for g in range(images.shape[2]):
            if atoms.squared[g] < MERGING**2:
                near += 1
                x += _short(images[i, 0, g] - positions[i, 0])
                y += _short(images[i, 1, g] - positions[i, 1])
                z += _short(images[i, 2, g] - positions[i, 2])
        if near > known:
            positions[i, 0] += x / near
            positions[i, 1] += y / near
            positions[i, 2] += z / near
    atoms.orders[i] = near


@inlined
def _short(step: float) -> float:
    """A difference along an axis, in cells, to the nearest lattice copy."""
    return step - np.round(step)


@inlined
def _fill_images(i: int, atoms: Atoms, group: Group) -> None:
    images, rotations = atoms.images, group.rotations
    x, y, z = atoms.positions[i, 0], atoms.positions[i, 1], atoms.positions[i, 2]
    for axis in range(3):
        for g in range(images.shape[2]):
            turned = (
                rotations[axis, 0, g] * x + rotations[axis, 1, g] * y + rotations[axis, 2, g] * z
            )
            images[i, axis, g] = turned + group.translations[axis, g]


@inlined
def _fill_distances(i: int, j: int, s: int, atoms: Atoms, group: Group) -> None:
    """Å² from atom i to the images of j, each in its nearest cell and shift s on."""
    # indices and scalars, no rows and no branch: this becomes vector instructions
    images, squared, cell, shifts = atoms.images, atoms.squared, group.cell, group.shifts
    x, y, z = atoms.positions[i, 0], atoms.positions[i, 1], atoms.positions[i, 2]
    for g in range(images.shape[2]):
        a = _short(images[j, 0, g] - x) + shifts[s, 0]
        b = _short(images[j, 1, g] - y) + shifts[s, 1]
        c = _short(images[j, 2, g] - z) + shifts[s, 2]
        u = a * cell[0, 0] + b * cell[1, 0] + c * cell[2, 0]
        v = a * cell[0, 1] + b * cell[1, 1] + c * cell[2, 1]
        w = a * cell[0, 2] + b * cell[1, 2] + c * cell[2, 2]
        squared[g] = u * u + v * v + w * w


@inlined
def _add_images(i: int, j: int, atoms: Atoms, group: Group) -> None:
    """Add to the list of i what images of j lie around it, each place once."""
    positions, images, around = atoms.positions, atoms.images, atoms.around
    cell, shifts = group.cell, group.shifts
    start = count = atoms.counts[i]
    for s in range(len(shifts)):
        _fill_distances(i, j, s, atoms, group)
        for g in range(images.shape[2]):
            squared = atoms.squared[g]
            if squared >= BOND_CUTOFF**2 or (i == j and squared < SAME_PLACE**2):
                continue
            if count == MOST_NEIGHBOURS:
                break
            a = _short(images[j, 0, g] - positions[i, 0]) + shifts[s, 0]
            b = _short(images[j, 1, g] - positions[i, 1]) + shifts[s, 1]
            c = _short(images[j, 2, g] - positions[i, 2]) + shifts[s, 2]
            for axis in range(3):
                around[i, count, axis] = a * cell[0, axis] + b * cell[1, axis] + c * cell[2, axis]
            if atoms.orders[j] == 1 or not _known(i, around, start, count):
                atoms.owners[i, count] = j
                count += 1
    atoms.counts[i] = count


@inlined
def _known(i: int, around: FloatArray, start: int, count: int) -> bool:
    """Whether neighbour `count` of i lies where one from `start` on does."""
    for m in range(start, count):
        apart = 0.0
        for axis in range(3):
            apart += abs(around[i, m, axis] - around[i, count, axis])
        if apart < SAME_PLACE:
            return True
    return False


@inlined
def _cost(i: int, atoms: Atoms) -> float:
    """Of an atom, from its list of neighbours."""
    around, count = atoms.around, atoms.counts[i]
    cost = CONNECTIVITY_WEIGHT * abs(count - CONNECTIVITY)
    for m in range(count):
        x, y, z = around[i, m, 0], around[i, m, 1], around[i, m, 2]
        cost += BOND_WEIGHT * (math.sqrt(x * x + y * y + z * z) - BOND) ** 2
        for other in range(m):
            u, v, w = around[i, other, 0] - x, around[i, other, 1] - y, around[i, other, 2] - z
            cost += NEXT_WEIGHT * (math.sqrt(u * u + v * v + w * w) - NEXT) ** 2
    return cost

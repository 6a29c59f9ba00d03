"""Simulated annealing of T atoms in a cell and group, after the published recipe of FraGen.

Li, Yu & Xu, J. Appl. Cryst. 45 (2012) 855: asymmetric atoms start anywhere, one of them is moved at
a time, and a cost knows what T atoms want of one another. This is no port: it was written from the
recipe alone, to stand for such programs where none is at hand. What the recipe leaves open:

- the cost is summed over asymmetric atoms, each counted once whatever its multiplicity; every pair
  of neighbours of an atom counts as a 1-3 distance, in three-membered rings too;
- an atom nearer than `MERGING` to images of itself is seen in their mean, on the special position;
  its point in the walk stays where it was, so that it may leave again;
- a trial move is uniform in a cube of twice the step;
- a cycle is given up by the lowest cost it has found, shared among its asymmetric atoms: the whole
  would be above the bound in nearly every cycle of three atoms, whatever they form, and FraGen does
  find such types;
- what had the lowest cost is what a cycle ends with.

The compiled part is in `annealing_kernel.py`.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annealing_kernel import BOND_CUTOFF, Group, run_cycle
from zeoloom.geometry.image_kernel import lattice_shifts

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.target import Target


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a cycle ended with.

    Attributes:
        frac: (n, 3) asymmetric T atoms.
        seconds: from the start of the first cycle until it was known.
    """

    frac: FloatArray
    seconds: float


def anneal(
    target: Target, seconds: float, rng: np.random.Generator, most: int | None = None
) -> list[Cycle]:
    """Cycle after cycle until the time is up.

    Args:
        target: cell, group and number of points; limits are not looked at.
        seconds: a cycle that ends later does not count.
        rng: source of randomness.
        most: cycles to begin; without it any number.

    Returns:
        The cycles that were not given up.
    """
    group = layout_of(target)
    kept: list[Cycle] = []
    begun, started = 0, time.perf_counter()
    while begun != most:
        frac, cost = run_cycle(target.n_points, group, rng)
        begun += 1
        spent = time.perf_counter() - started
        if spent > seconds:
            break
        if cost < math.inf:
            kept.append(Cycle(frac, spent))
    return kept


def layout_of(target: Target) -> Group:
    """Cell and group of a target for the compiled functions."""
    operations = target.operations
    shifts, _ = lattice_shifts(target.cell, BOND_CUTOFF)
    return Group(
        np.ascontiguousarray(operations.rotations.transpose(1, 2, 0), dtype=np.float64),
        np.ascontiguousarray(operations.translations.T),
        np.ascontiguousarray(target.cell),
        np.linalg.inv(target.cell),
        shifts[np.argsort(np.abs(shifts).sum(axis=1), kind="stable")],
    )

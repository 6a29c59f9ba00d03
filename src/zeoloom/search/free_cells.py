"""Cells and groups that no known type needs to have, drawn part by part.

Of a target are drawn, one after the other, the group, the number of unique T atoms, the special
positions of their orbits, the density, and the shape of the cell. Each distribution is that of the
known types, smoothed so that all 230 groups and shapes between those of the types are reached.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import volume
from zeoloom.geometry.operations import expand_orbits, identity_first
from zeoloom.geometry.space_groups import (
    lattice_system,
    operations_of_hall_number,
    standard_hall_number,
    symbol_of_hall_number,
)
from zeoloom.geometry.special_positions import special_positions
from zeoloom.search.cell_shapes import draw_cell, shapes_of
from zeoloom.search.feasibility import check_groups
from zeoloom.search.target import Target, atoms_within
from zeoloom.search.wyckoff import ORBIT_SHARES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.search.limits import Limits
    from zeoloom.structure.records import Framework

GROUPS = 230

SEEN_SHARE = 0.5
"""Chance that the group is drawn as often as the types of its lattice system have it; otherwise all
groups of the system are alike."""

SYSTEM_SHARE = 0.7
"""Likewise of the lattice system: as the types have it, or as there are groups."""

DENSITY_SPREAD = 0.8
"""Standard deviation of what is added to densities of the types, T atoms per 1000 Å^3."""

MOST_UNIQUE_DRAWN = 32
"""Unique T atoms; more are learned from, but never found."""

UNIQUE_POWER = 0.5
"""Power of the frequency of a number of unique T atoms among the types, with which it is drawn."""

TRIES, TRIES_IN_GROUP = 100, 10
"""Groups that are drawn before it is said that there is no target; and targets in each of them."""

GROUPS_AT_ONCE = 4
"""Groups of a batch. Crystals of one batch compete, and those of like groups compete fairly."""


@dataclass(frozen=True, slots=True)
class FreePrior:
    """A distribution of targets; each array is what is drawn from, with equal or given chances.

    Attributes:
        group_chances: (230,) of the groups by number.
        unique_chances: (m,) of 1 to m unique T atoms.
        densities: (k,) T atoms per 1000 Å^3 of the types.
        log_atoms: mean and standard deviation of the logarithm of T atoms per lattice point.
        shapes: (k, 6) by lattice system: logarithms of the axes of primitive cells, and angles.
        limits: on the frameworks that are searched for.
    """

    group_chances: FloatArray
    unique_chances: FloatArray
    densities: FloatArray
    log_atoms: tuple[float, float]
    shapes: Mapping[str, FloatArray]
    limits: Limits


def free_prior_of(
    frameworks: Sequence[Framework], limits: Limits, groups: Sequence[int] = ()
) -> FreePrior:
    """What known types teach of groups, cells and numbers of atoms.

    Args:
        frameworks: known types, in their standard settings.
        limits: on the frameworks that are searched for.
        groups: numbers of the groups that are wanted; all if none is given.

    Raises:
        InputError: if nothing can be drawn within the limits.
    """
    check_groups(groups, limits)
    sizes = [len(expand_orbits(each.frac_t, each.operations, each.cell)[0]) for each in frameworks]
    primitive = [
        math.log(n / _lattice_points(each.operations))
        for each, n in zip(frameworks, sizes, strict=True)
    ]
    chances = _group_chances([each.space_group_number for each in frameworks])
    if groups:
        chances = np.where(np.isin(np.arange(1, GROUPS + 1), groups), chances, 0.0)
    prior = FreePrior(
        chances / chances.sum(),
        _unique_chances([len(each.frac_t) for each in frameworks], limits.n_t_unique),
        np.array(
            [1000.0 * n / volume(each.cell) for each, n in zip(frameworks, sizes, strict=True)]
        ),
        (float(np.mean(primitive)), float(np.std(primitive))),
        shapes_of(frameworks),
        limits,
    )
    draw_free_target(prior, np.random.default_rng(0))
    return prior


def reweighted(prior: FreePrior, group_weights: FloatArray) -> FreePrior:
    """The prior with factors (230,) on the chances of the groups; as it is if none is left."""
    chances = prior.group_chances * group_weights
    return replace(prior, group_chances=chances / chances.sum()) if chances.any() else prior


def draw_free_target(
    prior: FreePrior, rng: np.random.Generator, unique: tuple[int, int] | None = None
) -> Target:
    """A group, a cell, and numbers of atoms and points.

    Args:
        prior: of `free_prior_of`.
        rng: source of randomness.
        unique: fewest and most unique T atoms, within those of the limits.

    Raises:
        InputError: if nothing was found that is within the limits.
    """
    for _ in range(TRIES):
        number = 1 + int(rng.choice(GROUPS, p=prior.group_chances))
        target = draw_in_group(prior, number, rng, unique)
        if target is not None:
            return target
    raise InputError(
        f"no cell to start from: with {_span(prior.limits.n_t)} T atoms, "
        f"{_span(prior.limits.n_t_unique)} unique and {_span(prior.limits.density)} T atoms per "
        f"1000 Å^3 no cell was found in {TRIES} tries; widen these, or give a cell to `solve`"
    )


def _span(limits: tuple[float, float]) -> str:
    low, high = limits
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def draw_free_batch(
    prior: FreePrior, size_of: Callable[[int], int], rng: np.random.Generator, fewest: int = 1
) -> list[Target]:
    """Targets of a few groups, with about the same number of points; each in a cell of its own.

    Args:
        prior: of `free_prior_of`.
        size_of: how many crystals there are to be, by the number of points of the first.
        rng: source of randomness.
        fewest: unique T atoms at least, if the limits allow it.
    """
    first = _first_target(prior, rng, fewest)
    size, spread = size_of(first.n_points), max(1, first.n_points // 4)
    unique = max(1, first.n_points - spread), first.n_points + spread
    targets: list[Target] = []
    for k in range(min(GROUPS_AT_ONCE, size)):
        target = draw_free_target(prior, rng, unique) if k else first
        more = size // GROUPS_AT_ONCE + (k < size % GROUPS_AT_ONCE)
        targets += [target] + [
            draw_in_group(prior, target.space_group_number, rng, unique) or target
            for _ in range(more - 1)
        ]
    return targets


def _first_target(prior: FreePrior, rng: np.random.Generator, fewest: int) -> Target:
    """A target with so many unique T atoms at least, if one is found."""
    most = len(prior.unique_chances)
    if 1 < fewest <= most:
        with suppress(InputError):
            return draw_free_target(prior, rng, (fewest, most))
    return draw_free_target(prior, rng)


def draw_in_group(
    prior: FreePrior,
    number: int,
    rng: np.random.Generator,
    unique: tuple[int, int] | None = None,
) -> Target | None:
    """A target in a group; None if none was found within the limits.

    Args:
        prior: of `free_prior_of`.
        number: of the group.
        rng: source of randomness.
        unique: fewest and most unique T atoms, within those of the limits.
    """
    hall_number = standard_hall_number(number)
    operations = _operations(hall_number)
    limits = prior.limits
    for _ in range(TRIES_IN_GROUP):
        k = _draw_unique(prior, unique, rng)
        n_t = _draw_atoms(operations, k, rng)
        off = (math.log(n_t / _lattice_points(operations)) - prior.log_atoms[0]) / (
            2.0 * prior.log_atoms[1]
        )
        if not limits.n_t[0] <= n_t <= limits.n_t[1] or rng.random() > math.exp(-0.5 * off**2):
            continue
        size = 1000.0 * n_t / _draw_density(prior, rng)
        cell = draw_cell(prior.shapes, number, operations, size, rng)
        if cell is None:
            continue
        low, high = atoms_within(limits, cell)
        if low > high:
            continue
        return Target(
            cell,
            operations,
            number,
            symbol_of_hall_number(hall_number),
            max(1, k + int(rng.integers(-1, 2))),
            (low, high),
            limits.n_t_unique,
        )
    return None


@lru_cache(maxsize=256)
def _operations(hall_number: int) -> SymmetryOperations:
    return identity_first(operations_of_hall_number(hall_number))


def _lattice_points(operations: SymmetryOperations) -> int:
    """Translations in a cell: 1, 2, 3 or 4."""
    return int((operations.rotations == np.eye(3)).all(axis=(1, 2)).sum())


def _group_chances(numbers: Sequence[int]) -> FloatArray:
    """(230,) of the groups, if types have these."""
    systems = [lattice_system(number) for number in range(1, GROUPS + 1)]
    counts = np.bincount(numbers, minlength=GROUPS + 1)[1:].astype(np.float64)
    chances = np.zeros(GROUPS)
    for system in set(systems):
        of_system = np.array([each == system for each in systems])
        n, seen = of_system.sum(), counts[of_system].sum()
        share = SYSTEM_SHARE * seen / counts.sum() + (1.0 - SYSTEM_SHARE) * n / GROUPS
        known = counts / max(seen, 1.0) if seen else of_system / n
        mixed = SEEN_SHARE * known + (1.0 - SEEN_SHARE) / n
        chances[of_system] = share * mixed[of_system]
    return np.asarray(chances / chances.sum())


def _unique_chances(numbers: Sequence[int], wanted: tuple[int, int]) -> FloatArray:
    """(m,) of numbers of unique T atoms that are wanted, each also as the numbers beside it.

    Larger numbers are drawn more often than types have them, as they take more tries.
    """
    counts = np.bincount(np.minimum(numbers, MOST_UNIQUE_DRAWN), minlength=MOST_UNIQUE_DRAWN + 2)
    smooth = np.convolve(counts + 0.5, [0.25, 0.5, 0.25], mode="same")[1 : MOST_UNIQUE_DRAWN + 1]
    smooth **= UNIQUE_POWER
    number = np.arange(1, MOST_UNIQUE_DRAWN + 1)
    chances = np.where((number >= wanted[0]) & (number <= wanted[1]), smooth, 0.0)
    return np.asarray(chances / chances.sum())


def _draw_unique(prior: FreePrior, unique: tuple[int, int] | None, rng: np.random.Generator) -> int:
    chances = prior.unique_chances
    if unique is not None:
        number = np.arange(1, len(chances) + 1)
        within = np.where((number >= unique[0]) & (number <= unique[1]), chances, 0.0)
        chances = within / within.sum() if within.any() else chances
    return 1 + int(rng.choice(len(chances), p=chances))


def _draw_atoms(operations: SymmetryOperations, k: int, rng: np.random.Generator) -> int:
    """T atoms of k orbits, on the kinds of special positions that orbits of the types have."""
    positions = special_positions(operations)
    shares = np.array(ORBIT_SHARES)[positions.freedoms]
    shares /= np.bincount(positions.freedoms)[positions.freedoms]
    drawn = rng.choice(len(shares), size=k, p=shares / shares.sum())
    return int(positions.sizes[drawn].sum())


def _draw_density(prior: FreePrior, rng: np.random.Generator) -> float:
    """T atoms per 1000 Å^3, within the limits."""
    low, high = prior.limits.density
    for _ in range(20):
        density = rng.choice(prior.densities) + DENSITY_SPREAD * rng.standard_normal()
        if low <= density <= high:
            return float(density)
    return float(rng.uniform(low, high))

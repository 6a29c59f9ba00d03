"""Cells and groups that no known type needs to have, drawn part by part.

Of a target are drawn, one after the other, the group, the number of unique T atoms, the special
positions of their orbits, the density, and the shape of the cell. Each distribution is that of the
known types, smoothed so that all 230 groups and shapes between those of the types are reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell, volume
from zeoloom.geometry.operations import expand_orbits, identity_first, symmetrised_metric
from zeoloom.geometry.space_groups import (
    lattice_system,
    operations_of_hall_number,
    standard_hall_number,
    symbol_of_hall_number,
)
from zeoloom.geometry.special_positions import special_positions
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

SHAPE_SPREAD, ANGLE_SPREAD, DENSITY_SPREAD = 0.2, 5.0, 0.8
"""Standard deviations of what is added to the logarithms of axis ratios, to angles, degrees, and to
densities of the types."""

SHORTEST_TRANSLATION = 4.8
"""Å; the shortest of the types is 4.95 Å, the period of a zigzag chain of tetrahedra."""

MOST_UNIQUE_DRAWN = 32
"""Unique T atoms; more are learned from, but never found."""

UNIQUE_POWER = 0.5
"""Power of the frequency of a number of unique T atoms among the types, with which it is drawn."""

TRIES, TRIES_IN_GROUP = 100, 10
"""Groups that are drawn before it is said that there is no target; and targets in each of them."""

GROUPS_AT_ONCE = 4
"""Groups of a batch. Crystals of one batch compete, and those of like groups compete fairly."""

AXIS_FACTORS = {
    "A": (1.0, math.sqrt(2.0), math.sqrt(2.0)),
    "C": (math.sqrt(2.0), math.sqrt(2.0), 1.0),
    "R": (1.0, 1.0, math.sqrt(3.0)),
}
"""By which a centred lattice has longer axes than a primitive one; by the letter of its symbol."""

PERMUTED_AXES = {
    "triclinic": tuple(permutations(range(3))),
    "monoclinic": ((0, 1, 2), (2, 1, 0)),
    "orthorhombic": tuple(permutations(range(3))),
}
"""Orders of the axes that are as good as that of a type, by lattice system."""


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
        _shapes(frameworks),
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
        f"no cell to start from: within {prior.limits.n_t[0]} to {prior.limits.n_t[1]} T atoms, "
        f"{prior.limits.n_t_unique[0]} to {prior.limits.n_t_unique[1]} unique ones and "
        f"{prior.limits.density[0]:g} to {prior.limits.density[1]:g} T atoms per 1000 Å^3 no cell "
        f"was found in {TRIES} tries; widen these, or give a cell to `solve`"
    )


def draw_free_batch(
    prior: FreePrior, size_of: Callable[[int], int], rng: np.random.Generator
) -> list[Target]:
    """Targets of a few groups, with about the same number of points; each in a cell of its own.

    Args:
        prior: of `free_prior_of`.
        size_of: how many crystals there are to be, by the number of points of the first.
        rng: source of randomness.
    """
    first = draw_free_target(prior, rng)
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
        cell = _draw_cell(prior, number, operations, size, rng)
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


def _shapes(frameworks: Sequence[Framework]) -> dict[str, FloatArray]:
    """(k, 6) shapes of the types by lattice system; triclinic ones also those of monoclinic."""
    shapes: dict[str, list[FloatArray]] = {}
    for each in frameworks:
        own = lattice_system(each.space_group_number)
        lengths, angles = np.split(parameters_from_cell(each.cell), 2)
        logs = np.log(lengths / np.array(_axis_factors(each.space_group_symbol)))
        for system in {own, "triclinic"} if own == "monoclinic" else {own}:
            for order in PERMUTED_AXES.get(system, ((0, 1, 2),)):
                shape = np.concatenate([logs[list(order)], angles[list(order)]])
                shapes.setdefault(system, []).append(shape)
    return {system: np.array(found) for system, found in shapes.items()}


def _axis_factors(symbol: str) -> tuple[float, float, float]:
    return AXIS_FACTORS.get(symbol[0], (1.0, 1.0, 1.0))


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


def _draw_cell(
    prior: FreePrior,
    number: int,
    operations: SymmetryOperations,
    size: float,
    rng: np.random.Generator,
) -> FloatArray | None:
    """(3, 3) a cell of so many Å^3; None if it is too narrow, or no cell at all."""
    shapes = prior.shapes.get(lattice_system(number))
    shape = np.array([0.0] * 3 + [90.0] * 3) if shapes is None else rng.choice(shapes)
    lengths = np.exp(shape[:3] + SHAPE_SPREAD * rng.standard_normal(3))
    lengths *= _axis_factors(symbol_of_hall_number(standard_hall_number(number)))
    angles = shape[3:] + ANGLE_SPREAD * rng.standard_normal(3)
    try:
        skew = cell_from_parameters(np.concatenate([lengths, angles]))
    except InputError:
        return None
    metric = symmetrised_metric(skew, operations)
    skew = np.array(np.linalg.cholesky(metric))
    scaled = skew * (size / volume(skew)) ** (1.0 / 3.0)
    cell = cell_from_parameters(parameters_from_cell(scaled))
    return cell if _shortest_translation(cell, operations) >= SHORTEST_TRANSLATION else None


def _shortest_translation(cell: FloatArray, operations: SymmetryOperations) -> float:
    """Å, of the lattice, centring included."""
    pure = (operations.rotations == np.eye(3)).all(axis=(1, 2))
    steps = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = (steps[:, None] + operations.translations[pure]).reshape(-1, 3) @ cell
    lengths = np.linalg.norm(vectors, axis=1)
    return float(lengths[lengths > 1e-6].min())

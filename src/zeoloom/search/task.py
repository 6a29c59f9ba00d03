"""Places for new frameworks: a given cell and group, or those that real zeolites show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell, volume
from zeoloom.geometry.operations import (
    expand_orbits,
    identity_first,
    orbit_sizes,
    symmetrised_metric,
)
from zeoloom.geometry.space_groups import (
    lattice_system,
    number_of_hall_number,
    operations_of_hall_number,
    standard_hall_number,
    symbol_of_hall_number,
)
from zeoloom.search.candidates import Site
from zeoloom.search.limits import ANY_NUMBER, DENSITIES, Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

CELL_TOLERANCE = (0.02, 0.1)
"""Å and degrees by which a cell may contradict its group; it is then made exact."""

STRAIN = 0.05
"""Standard deviation of the strain of a known type's cell."""

MOST_POINTS = 24
"""Asymmetric points of a crystal, where nothing tells their number."""

ROUNDING = 1e-6


def atoms_within(limits: Limits, cell: FloatArray) -> tuple[int, int]:
    """Fewest and most T atoms that a cell (3, 3) may hold within the limits."""
    size = volume(cell) / 1000.0
    low = math.ceil(limits.density[0] * size - ROUNDING)
    high = math.floor(limits.density[1] * size + ROUNDING)
    return max(low, limits.n_t[0]), min(high, limits.n_t[1])


def fitting_cell(parameters: Sequence[float], hall_number: int) -> FloatArray:
    """The cell of some parameters, made exactly as its group has it.

    Args:
        parameters: a, b, c in Å, alpha, beta, gamma in degrees.
        hall_number: the setting.

    Returns:
        (3, 3) Å.

    Raises:
        InputError: if the cell contradicts the group.
    """
    cell = cell_from_parameters(parameters)
    metric = symmetrised_metric(cell, operations_of_hall_number(hall_number))
    fitted = parameters_from_cell(np.array(np.linalg.cholesky(metric)))
    off = np.abs(fitted - np.asarray(parameters, dtype=np.float64))
    if off[:3].max() > CELL_TOLERANCE[0] or off[3:].max() > CELL_TOLERANCE[1]:
        told = " ".join(f"{value:g}" for value in parameters)
        nearest = " ".join(f"{value:.3f}" for value in fitted)
        raise InputError(
            f"the cell {told} contradicts the space group {symbol_of_hall_number(hall_number)} "
            f"(Hall number {hall_number}); the nearest that it allows is {nearest}"
        )
    return cell_from_parameters(fitted)


def given_sites(cell: FloatArray, hall_number: int, limits: Limits) -> list[Site]:
    """A given cell and group as places, one for each number of points worth trying.

    Args:
        cell: from `fitting_cell`.
        hall_number: the setting.
        limits: of what is to grow there.

    Returns:
        Sites that differ in their number of points, to be drawn from evenly.

    Raises:
        InputError: if the cell cannot hold what is asked for.
    """
    operations = identity_first(operations_of_hall_number(hall_number))
    low, high = atoms_within(limits, cell)
    sizes = orbit_sizes(operations)
    fitting = [n for n in possible_numbers(sizes, high) if n >= low]
    if not fitting:
        raise InputError(_nothing_fits(cell, hall_number, limits, sizes))
    order = len(operations)
    fewest, most = limits.n_t_unique
    if (fewest, most) == ANY_NUMBER:
        # a point of the general position makes `order` atoms, on special positions fewer
        fewest = max(1, math.ceil(fitting[0] / order))
        most = min(MOST_POINTS, math.ceil(2.2 * fitting[-1] / order))
    counts = range(fewest, max(fewest, most) + 1 + spare_points(most))
    return [
        Site(
            cell,
            operations,
            number_of_hall_number(hall_number),
            symbol_of_hall_number(hall_number),
            n_points,
            (fitting[0], fitting[-1]),
            limits.n_t_unique,
        )
        for n_points in counts
    ]


def spare_points(n_t_unique: int) -> int:
    """How many points more than atoms are worth trying: some meet, the more the more there are."""
    return 1 + n_t_unique // 4


def possible_numbers(sizes: Sequence[int], most: int) -> list[int]:
    """Numbers of atoms, up to `most`, that orbits of given sizes add up to; increasing."""
    reached = np.zeros(max(most, 0) + 1, dtype=bool)
    reached[0] = True
    for size in sizes:
        for n in range(size, len(reached)):
            reached[n] |= reached[n - size]
    return [int(n) for n in np.flatnonzero(reached)[1:]]


def _nothing_fits(cell: FloatArray, hall_number: int, limits: Limits, sizes: Sequence[int]) -> str:
    symbol, size = symbol_of_hall_number(hall_number), volume(cell)
    low, high = atoms_within(limits, cell)
    if low > high:
        return (
            f"no number of T atoms has {limits.density[0]:g} to {limits.density[1]:g} of them per "
            f"1000 Å^3 in a cell of {size:.0f} Å^3 and is among those asked for; "
            f"zeolites have {DENSITIES[0]:g} to {DENSITIES[1]:g}"
        )
    reachable = possible_numbers(sizes, high + max(sizes))
    near = sorted(reachable, key=lambda n: (abs(n - low), n))[:3]
    wanted = f"{low}" if low == high else f"{low} to {high}"
    return (
        f"{symbol} has orbits of {', '.join(map(str, sizes))} atoms, which cannot give {wanted} T "
        f"atoms in a cell of {size:.0f} Å^3; they can give {', '.join(map(str, sorted(near)))}"
    )


@dataclass(frozen=True, slots=True)
class Prior:
    """Where real zeolites grow: their cells and groups, and how many points they take.

    Attributes:
        sites: that places are drawn from, evenly.
        limits: of what is to grow.
    """

    sites: tuple[Site, ...]
    limits: Limits


def prior_of(
    frameworks: Sequence[Framework], limits: Limits, hall_number: int | None = None
) -> Prior:
    """The places of those frameworks that are within the limits.

    If none of them has the group asked for, the cells of all in its lattice system are taken.

    Args:
        frameworks: known types, in their standard settings.
        limits: of what is to grow.
        hall_number: only places with this setting's group.

    Raises:
        InputError: if there is none.
    """
    counted = [(each, _n_t(each)) for each in frameworks]
    fitting = [(each, n_t) for each, n_t in counted if _dense_enough(each, n_t, limits)]
    if hall_number is None:
        sites = [_known_site(each) for each, n_t in fitting if _as_many(each, n_t, limits)]
    else:
        number = number_of_hall_number(hall_number)
        sites = [
            _known_site(each)
            for each, n_t in fitting
            if each.space_group_number == number and _as_many(each, n_t, limits)
        ] or [
            _site_in(each, n_t, number, limits)
            for each, n_t in fitting
            if lattice_system(each.space_group_number) == lattice_system(number)
        ]
    if sites:
        return Prior(tuple(sites), limits)
    wanted = "" if hall_number is None else f" in {symbol_of_hall_number(hall_number)}"
    raise InputError(
        f"no known framework type{wanted} has {limits.n_t_unique[0]} to {limits.n_t_unique[1]} "
        f"unique T atoms, {limits.n_t[0]} to {limits.n_t[1]} T atoms and a density of "
        f"{limits.density[0]:g} to {limits.density[1]:g}, so there is no cell to start from; widen "
        "these, or give a cell to `solve`"
    )


def _n_t(framework: Framework) -> int:
    return len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])


def _dense_enough(framework: Framework, n_t: int, limits: Limits) -> bool:
    density = n_t / volume(framework.cell) * 1000.0
    slack = 1.0 + 3.0 * STRAIN  # the strain of the cell may bring it within the limits
    return limits.density[0] / slack <= density <= limits.density[1] * slack


def _as_many(framework: Framework, n_t: int, limits: Limits) -> bool:
    """Whether a type has as many atoms and orbits as asked for."""
    unique = len(framework.frac_t)
    return (
        limits.n_t[0] <= n_t <= limits.n_t[1]
        and limits.n_t_unique[0] <= unique <= limits.n_t_unique[1]
    )


def _known_site(framework: Framework) -> Site:
    return Site(
        framework.cell,
        identity_first(framework.operations),
        framework.space_group_number,
        framework.space_group_symbol,
        len(framework.frac_t),
    )


def _site_in(framework: Framework, n_t: int, number: int, limits: Limits) -> Site:
    """The cell of a type, but another group of its lattice system."""
    hall_number = standard_hall_number(number)
    operations = identity_first(operations_of_hall_number(hall_number))
    n_points = math.ceil(1.3 * n_t / len(operations))  # some on special positions
    least, most = limits.n_t_unique
    return Site(
        framework.cell,
        operations,
        number,
        symbol_of_hall_number(hall_number),
        min(max(n_points, least), most),
    )


def draw_site(prior: Prior, generator: torch.Generator) -> Site:
    """Group, cell and number of points of a known type; the cell strained, a point more or fewer.

    Args:
        prior: which types.
        generator: source of randomness, on the CPU.
    """
    drawn = int(torch.randint(len(prior.sites), (1,), generator=generator))
    site = prior.sites[drawn]
    strain = STRAIN * torch.randn(3, 3, generator=generator).double().numpy()
    free = np.eye(3) + 0.5 * (strain + strain.T)
    metric = symmetrised_metric(site.cell @ free, site.operations)
    cell = cell_from_parameters(parameters_from_cell(np.array(np.linalg.cholesky(metric))))
    extra = int(torch.randint(-1, 2, (1,), generator=generator))
    low, high = atoms_within(prior.limits, cell)
    return replace(
        site,
        cell=cell,
        n_points=max(1, site.n_points + extra),
        n_t=(low, max(low, high)),
        n_t_unique=prior.limits.n_t_unique,
    )

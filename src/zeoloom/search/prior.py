"""Cells, groups and numbers of points of known framework types, from which targets are drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell, volume
from zeoloom.geometry.operations import expand_orbits, symmetrised_metric
from zeoloom.search.feasibility import check_groups, groups_text
from zeoloom.search.target import Target, atoms_within, target_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.limits import Limits
    from zeoloom.structure.records import Framework

CELL_STRAIN = 0.05
"""Standard deviation of the strain that is given to the cell of a known type."""

DENSITY_SLACK = 1.0 + 3.0 * CELL_STRAIN
"""Factor by which that strain may change a density, to bring it within the limits."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A distribution of targets: the cells, groups and unique atoms of known framework types.

    Attributes:
        targets: one for each type; each is drawn as often.
        limits: on the frameworks that are searched for.
    """

    targets: tuple[Target, ...]
    limits: Limits


def prior_of(frameworks: Sequence[Framework], limits: Limits, groups: Sequence[int] = ()) -> Prior:
    """The targets of those framework types that are within the limits.

    Args:
        frameworks: known types, in their standard settings.
        limits: on the frameworks that are searched for.
        groups: numbers of the groups that are wanted; any if none is given.

    Raises:
        InputError: if there is none.
    """
    counted = [(each, _n_t(each)) for each in frameworks]
    fitting = [(each, n_t) for each, n_t in counted if _density_fits(each, n_t, limits)]
    check_groups(groups, limits)
    targets = [
        target_of(each, len(each.frac_t))
        for each, n_t in fitting
        if (not groups or each.space_group_number in groups) and _counts_fit(each, n_t, limits)
    ]
    if targets:
        return Prior(tuple(targets), limits)
    wanted = f" in {groups_text(groups)}" if groups else ""
    raise InputError(
        f"no known framework type{wanted} has {limits.n_t_unique[0]} to {limits.n_t_unique[1]} "
        f"unique T atoms, {limits.n_t[0]} to {limits.n_t[1]} T atoms and a density of "
        f"{limits.density[0]:g} to {limits.density[1]:g}, so there is no cell to start from; "
        f"{_alternatives(counted, limits)}widen these, or give a cell to `solve`"
    )


def _alternatives(counted: Sequence[tuple[Framework, int]], limits: Limits) -> str:
    """What known types have of each of two numbers, if only the other is asked for."""
    atoms = [n for each, n in counted if _within(len(each.frac_t), limits.n_t_unique)]
    unique = [len(each.frac_t) for each, n in counted if _within(n, limits.n_t)]
    said = [
        f"those with as many unique T atoms have {min(atoms)} to {max(atoms)} T atoms; "
        if atoms
        else "",
        f"those with as many T atoms have {min(unique)} to {max(unique)} unique ones; "
        if unique
        else "",
    ]
    return "".join(said)


def _n_t(framework: Framework) -> int:
    return len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])


def _density_fits(framework: Framework, n_t: int, limits: Limits) -> bool:
    density = n_t / volume(framework.cell) * 1000.0
    return limits.density[0] / DENSITY_SLACK <= density <= limits.density[1] * DENSITY_SLACK


def _counts_fit(framework: Framework, n_t: int, limits: Limits) -> bool:
    """Whether a type has as many atoms and orbits as asked for."""
    return _within(n_t, limits.n_t) and _within(len(framework.frac_t), limits.n_t_unique)


def _within(number: int, limits: tuple[int, int]) -> bool:
    return limits[0] <= number <= limits[1]


def with_many_points(prior: Prior, fewest: int) -> Prior:
    """The targets that have at least so many points; all if none has."""
    many = tuple(each for each in prior.targets if each.n_points >= fewest)
    return replace(prior, targets=many or prior.targets)


def draw_target(
    prior: Prior, rng: torch.Generator, group_weights: FloatArray | None = None
) -> Target:
    """Group, cell and number of points of a known type; the cell strained, a point more or fewer.

    Args:
        prior: of known types.
        rng: source of randomness, on the CPU.
        group_weights: (230,) factors on the chances of types, by the number of their group.
    """
    weights = np.ones(len(prior.targets))
    if group_weights is not None:
        numbers = np.array([each.space_group_number for each in prior.targets])
        weights = np.asarray(group_weights)[numbers - 1]
        weights = weights if weights.any() else np.ones(len(numbers))
    drawn = int(torch.multinomial(torch.from_numpy(weights), 1, generator=rng))
    return strained_target(prior.targets[drawn], prior.limits, rng)


def strained_target(target: Target, limits: Limits, rng: torch.Generator) -> Target:
    """A target in a cell that is a little strained, with a point more or fewer.

    Args:
        target: cell, group and number of points.
        limits: on the frameworks that are searched for.
        rng: source of randomness, on the CPU.
    """
    cell = strained_cell(target, rng)
    extra = int(torch.randint(-1, 2, (1,), generator=rng))
    low, high = atoms_within(limits, cell)
    return replace(
        target,
        cell=cell,
        n_points=max(1, target.n_points + extra),
        n_t=(low, max(low, high)),
        n_t_unique=limits.n_t_unique,
    )


def strained_cell(target: Target, rng: torch.Generator) -> FloatArray:
    """The cell (3, 3) of a target, strained as its group allows.

    Args:
        target: cell and group.
        rng: source of randomness, on the CPU.
    """
    strain = CELL_STRAIN * torch.randn(3, 3, generator=rng).double().numpy()
    free = np.eye(3) + 0.5 * (strain + strain.T)
    metric = symmetrised_metric(target.cell @ free, target.operations)
    return cell_from_parameters(parameters_from_cell(np.array(np.linalg.cholesky(metric))))

"""Targets of a search: a cell, a space group, and the numbers of atoms that are asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.cell_setting import cell_fits, fitting_settings, nearest_parameters
from zeoloom.geometry.group import group_in_cell
from zeoloom.geometry.lattice import cell_from_parameters, volume
from zeoloom.geometry.operations import identity_first, orbit_sizes
from zeoloom.geometry.space_groups import (
    number_of_hall_number,
    operations_of_hall_number,
    symbol_of_hall_number,
)
from zeoloom.search.limits import ANY_NUMBER, DENSITIES, Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.group import Group
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.search.hollow_kernel import Hollow
    from zeoloom.structure.records import Framework

MAX_POINTS = 24
"""Asymmetric points of a crystal, if the number of its unique atoms is not known."""

POINTS_PER_ORBIT = 2.2
"""Points that are tried at most, for each orbit of the general position that would fill the cell:
orbits on special positions have fewer atoms, so that there are more of them."""

ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Target:
    """What one crystal of a batch is to be: its cell, its space group, its numbers of atoms.

    Attributes:
        cell: (3, 3) Å, rows a, b, c.
        operations: of the space group in this cell, the identity first.
        space_group_number: 1 to 230.
        space_group_symbol: of the setting.
        n_points: asymmetric points that are denoised.
        n_t: fewest and most T atoms of the cell.
        n_t_unique: fewest and most orbits of T atoms.
        index: of the cell within a batch; targets of one index have one cell and group.
        hollow: what T atoms are to keep out of.
        planted: (k, 3) fractional, where the first points are, and are held; None without.
        parent: (n_points, 3) fractional, atoms of a framework that it begins at; None to begin at
            noise.
    """

    cell: FloatArray
    operations: SymmetryOperations
    space_group_number: int
    space_group_symbol: str
    n_points: int
    n_t: tuple[int, int] = ANY_NUMBER
    n_t_unique: tuple[int, int] = ANY_NUMBER
    index: int = 0
    hollow: Hollow | None = None
    planted: FloatArray | None = None
    parent: FloatArray | None = None

    @property
    def group(self) -> Group:
        """The group in this cell."""
        return group_in_cell(self.operations, self.cell)

    @property
    def n_planted(self) -> int:
        """How many points are held."""
        return 0 if self.planted is None else len(self.planted)

    @property
    def counts_known(self) -> bool:
        """Whether exact numbers of atoms and of orbits are asked for."""
        return self.n_t[0] == self.n_t[1] and self.n_t_unique[0] == self.n_t_unique[1]

    def fits_orbits(self, n_points: int) -> bool:
        """Whether so many points may each become an orbit of its own."""
        return self.n_t_unique[0] <= n_points <= self.n_t_unique[1]


def target_of(
    framework: Framework,
    n_points: int,
    *,
    n_t: tuple[int, int] = ANY_NUMBER,
    n_t_unique: tuple[int, int] = ANY_NUMBER,
    index: int = 0,
) -> Target:
    """The cell and group of a framework as a target; its atoms are not used."""
    return Target(
        framework.cell,
        identity_first(framework.operations),
        framework.space_group_number,
        framework.space_group_symbol,
        n_points,
        n_t,
        n_t_unique,
        index,
    )


def with_cell_indices(targets: Sequence[Target]) -> list[Target]:
    """Targets whose `index` counts the different cells and groups, as they come."""
    indices: dict[tuple[bytes, bytes, bytes], int] = {}
    numbered = []
    for target in targets:
        operations = target.operations
        key = (
            target.cell.tobytes(),
            operations.rotations.tobytes(),
            operations.translations.tobytes(),
        )
        numbered.append(replace(target, index=indices.setdefault(key, len(indices))))
    return numbered


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
    fitted = nearest_parameters(parameters, hall_number)
    if not cell_fits(parameters, hall_number):
        given = " ".join(f"{value:g}" for value in parameters)
        nearest = " ".join(f"{value:.3f}" for value in fitted)
        other = fitting_settings(parameters, hall_number)
        raise InputError(
            f"the cell {given} contradicts the space group {symbol_of_hall_number(hall_number)} "
            f"(Hall number {hall_number})"
            + (f"; it fits {other}" if other else "")
            + f"; the nearest that it allows is {nearest}"
        )
    return cell_from_parameters(fitted)


def targets_in_cell(cell: FloatArray, hall_number: int, limits: Limits) -> list[Target]:
    """A given cell and group as targets, one for each number of points worth trying.

    Args:
        cell: from `fitting_cell`.
        hall_number: the setting.
        limits: on the frameworks.

    Returns:
        Targets that differ in their number of points only; each is as good a choice.

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
        most = min(MAX_POINTS, math.ceil(POINTS_PER_ORBIT * fitting[-1] / order))
    counts = range(fewest, max(fewest, most) + 1 + spare_points(most))
    return [
        Target(
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

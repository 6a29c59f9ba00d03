"""Cells of a given size, their axes recombined from those of known types, by lattice system.

Zeolites are made of chains and layers that many types share, so that the lengths of axes repeat:
5.0, 7.5, 8.4, 12.7, 13.7, 20 Å. A new cell has axes of different types, angles of one, and the axes
that its size leaves open are chosen by how common such lengths are. Axes are those of a primitive
cell, so that centred and primitive groups of a lattice system learn from one another.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell, volume
from zeoloom.geometry.operations import symmetrised_metric
from zeoloom.geometry.space_groups import (
    lattice_system,
    standard_hall_number,
    symbol_of_hall_number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.records import Framework

AXIS_SPREAD, WIDE_SPREAD, WIDE_SHARE, ANGLE_SPREAD = 0.03, 0.3, 0.1, 5.0
"""Standard deviation of what is added to the logarithms of axes; another one, and its share; and
that of what is added to angles, degrees. Of each type left out the others gave the shape a higher
likelihood by .02 to .04 than by any wider spread, or by shapes of whole types."""

CANDIDATES = 32
"""Sets of axes, of which one is drawn by how common the axes are that the size leaves open."""

SHORTEST_TRANSLATION = 4.8
"""Å; the shortest of the types is 4.95 Å, the period of a zigzag chain of tetrahedra."""

AXIS_FACTORS = {
    "A": (1.0, math.sqrt(2.0), math.sqrt(2.0)),
    "C": (math.sqrt(2.0), math.sqrt(2.0), 1.0),
    "R": (1.0, 1.0, math.sqrt(3.0)),
}
"""By which a centred lattice has longer axes than a primitive one; by the letter of its symbol."""

EQUAL_AXES = {
    "tetragonal": ((0, 1), (2,)),
    "hexagonal": ((0, 1), (2,)),
    "cubic": ((0, 1, 2),),
}
"""Axes of equal length, by lattice system."""

PERMUTED_AXES = {
    "triclinic": tuple(permutations(range(3))),
    "monoclinic": ((0, 1, 2), (2, 1, 0)),
    "orthorhombic": tuple(permutations(range(3))),
}
"""Orders of the axes that are as good as that of a type, by lattice system."""


def shapes_of(frameworks: Sequence[Framework]) -> dict[str, FloatArray]:
    """(k, 6) shapes of known types by lattice system; triclinic ones also those of monoclinic.

    The axes of a type come in all orders that are as good as its own.
    """
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


def draw_cell(
    shapes: Mapping[str, FloatArray],
    number: int,
    operations: SymmetryOperations,
    size: float,
    rng: np.random.Generator,
) -> FloatArray | None:
    """A cell of a given size, with axes like those of known types.

    Args:
        shapes: of `shapes_of`; of a lattice system without any the cell is near to a cube.
        number: of the group.
        operations: of the group.
        size: Å^3.
        rng: source of randomness.

    Returns:
        (3, 3) Å; None if it came out too narrow, or as no cell at all.
    """
    system = lattice_system(number)
    known = shapes.get(system, np.array([[math.log(size) / 3.0] * 3 + [90.0] * 3]))
    angles = rng.choice(known)[3:] + ANGLE_SPREAD * rng.standard_normal(3)
    try:
        skew = cell_from_parameters(np.concatenate([np.ones(3), angles]))
    except InputError:
        return None
    unit = np.array(np.linalg.cholesky(symmetrised_metric(skew, operations)))
    factors = np.array(_axis_factors(symbol_of_hall_number(standard_hall_number(number))))
    product = math.log(size / (volume(unit) * float(factors.prod())))
    equal = EQUAL_AXES.get(system, ((0,), (1,), (2,)))
    lengths = np.exp(_draw_axes(known[:, :3], equal, product, rng)) * factors
    cell = cell_from_parameters(parameters_from_cell(unit * lengths[:, None]))
    return cell if _shortest_translation(cell, operations) >= SHORTEST_TRANSLATION else None


def _draw_axes(
    known: FloatArray, equal: tuple[tuple[int, ...], ...], product: float, rng: np.random.Generator
) -> FloatArray:
    """(3,) logarithms of axes of a given sum: those that are equal at random are left open.

    Args:
        known: (k, 3) logarithms of the axes of types.
        equal: axes of equal length.
        product: the sum.
        rng: source of randomness.
    """
    axes = np.zeros((CANDIDATES, 3))
    for alike in equal:
        wide = rng.random(CANDIDATES) < WIDE_SHARE
        spread = np.where(wide, WIDE_SPREAD, AXIS_SPREAD) * rng.standard_normal(CANDIDATES)
        axes[:, alike] = (rng.choice(known[:, alike[0]], CANDIDATES) + spread)[:, None]
    left = list(equal[rng.integers(len(equal))])
    others = [axis for axis in range(3) if axis not in left]
    open_axis = (product - axes[:, others].sum(axis=1)) / len(left)
    axes[:, left] = open_axis[:, None]
    off = open_axis[:, None] - known[:, left[0]]
    common = sum(
        share / spread * np.exp(-0.5 * (off / spread) ** 2).mean(axis=1)
        for share, spread in ((1.0 - WIDE_SHARE, AXIS_SPREAD), (WIDE_SHARE, WIDE_SPREAD))
    )
    common += np.finfo(np.float64).tiny
    return np.asarray(axes[rng.choice(CANDIDATES, p=common / common.sum())])


def _shortest_translation(cell: FloatArray, operations: SymmetryOperations) -> float:
    """Å, of the lattice, centring included."""
    pure = (operations.rotations == np.eye(3)).all(axis=(1, 2))
    steps = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = (steps[:, None] + operations.translations[pure]).reshape(-1, 3) @ cell
    lengths = np.linalg.norm(vectors, axis=1)
    return float(lengths[lengths > 1e-6].min())

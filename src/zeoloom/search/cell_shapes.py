"""Shapes of cells: those of known types, by lattice system, and new ones drawn near to them.

A shape is what is left of a cell if its size is left out: the logarithms of the axes of a primitive
cell, and the angles. So centred and primitive groups of a lattice system learn from one another.
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

SHAPE_SPREAD, ANGLE_SPREAD = 0.2, 5.0
"""Standard deviations of what is added to the logarithms of axis ratios, and to angles, degrees."""

SHORTEST_TRANSLATION = 4.8
"""Å; the shortest of the types is 4.95 Å, the period of a zigzag chain of tetrahedra."""

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
    """A cell of a given size, in a shape near to those of known types.

    Args:
        shapes: of `shapes_of`; of a lattice system without any the cell is near to a cube.
        number: of the group.
        operations: of the group.
        size: Å^3.
        rng: source of randomness.

    Returns:
        (3, 3) Å; None if it came out too narrow, or as no cell at all.
    """
    known = shapes.get(lattice_system(number))
    shape = np.array([0.0] * 3 + [90.0] * 3) if known is None else rng.choice(known)
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

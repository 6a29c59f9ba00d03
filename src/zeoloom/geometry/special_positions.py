"""The positions of a space group on which a T atom may sit: points, lines, planes, general ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.operations import ORBIT_GRID

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

OF_A_TETRAHEDRON = ((3, 1), (0, 1), (-1, 1), (1, -1), (-1, -1))
"""Trace and determinant of its symmetry operations: 1, 3, 2, m, -4."""

DIRECTION_STEPS = 6
"""Projections of grid points lie on a grid finer by this, as no rotation has an order above 6."""

POINT, LINE, PLANE, GENERAL = range(4)
"""Kinds of positions, by the number of directions in which an atom is free."""


@dataclass(frozen=True, slots=True)
class SpecialPositions:
    """Points, lines and planes of a cell, each once, and the general position.

    Attributes:
        frac_points: (m, 3) fractional, a point of each.
        directions: (m, 3, 3) fractional projections on the directions in which an atom is free.
        freedoms: (m,) how many directions these are.
        sizes: (m,) atoms of an orbit there.
        axes: (m, 3) Miller indices of planes, directions of lines; 0 for others.
    """

    frac_points: FloatArray
    directions: FloatArray
    freedoms: IntArray
    sizes: IntArray
    axes: IntArray

    def extents(self, cell: FloatArray) -> FloatArray:
        """(m,) of each in a cell (3, 3) Å: 1, its length, its area, the volume of the cell."""
        volume = abs(np.linalg.det(cell))
        lengths = np.linalg.norm(self.axes @ cell, axis=1)
        areas = volume * np.linalg.norm(self.axes @ np.linalg.inv(cell).T, axis=1)
        kinds = [np.ones(len(self.axes)), lengths, areas, np.full(len(self.axes), volume)]
        return np.asarray(np.choose(self.freedoms, kinds))


def special_positions(operations: SymmetryOperations) -> SpecialPositions:
    """The positions of a group, in one of the 530 settings, that have a tetrahedron's symmetry."""
    rotation_bytes, shifts = operations.rotations, operations.translations
    return _special_positions(rotation_bytes.tobytes(), shifts.tobytes())


@lru_cache(maxsize=256)
def _special_positions(rotation_bytes: bytes, translation_bytes: bytes) -> SpecialPositions:
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(translation_bytes, dtype=np.float64).reshape(-1, 3)
    grid, fixed = _fixed_points(rotations, translations)
    orders = fixed.sum(axis=1)
    directions = (fixed.astype(np.float64) @ rotations.reshape(-1, 9)).reshape(-1, 3, 3)
    directions /= orders[:, None, None]
    first = _each_once(grid, directions)
    directions = directions[first]
    freedoms = np.round(np.trace(directions, axis1=1, axis2=2)).astype(np.int64)
    across = np.eye(3) - directions
    axes = np.zeros((len(first), 3), dtype=np.int64)
    for k, kind in enumerate(freedoms.tolist()):
        if kind == PLANE:
            axes[k] = _primitive(across[k])
        elif kind == LINE:
            axes[k] = _primitive(directions[k].T)
    frac_points = grid[first] / ORBIT_GRID
    return SpecialPositions(
        frac_points, directions, freedoms, len(rotations) // orders[first], axes
    )


def _fixed_points(rotations: IntArray, translations: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Places (k, 3) of the grid where a T atom may sit, and which operations (k, G) fix each."""
    axis = np.arange(ORBIT_GRID, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    # one that is on no special position, which all places of the grid may be
    grid = np.concatenate([grid, np.array([[1.23, 4.71, 15.19]], dtype=np.float32)])
    steps = np.round(translations * ORBIT_GRID).astype(np.float32)
    differences = (rotations - np.eye(3, dtype=np.int64)).astype(np.float32)
    fixed = np.stack(
        [
            ((grid @ difference.T + step) % ORBIT_GRID == 0).all(axis=1)
            for difference, step in zip(differences, steps, strict=True)
        ],
        axis=1,
    )
    traces = np.trace(rotations, axis1=1, axis2=2).tolist()
    signs = np.round(np.linalg.det(rotations)).astype(int).tolist()
    kinds = list(zip(traces, signs, strict=True))
    strange = np.array([kind not in OF_A_TETRAHEDRON for kind in kinds])
    # 32 has a tetrahedron's operations, but not as a tetrahedron has them
    twofold = np.array([kind == (-1, 1) for kind in kinds])
    orders = fixed.sum(axis=1)
    strange_as_a_whole = (orders == 6) & ((fixed & twofold).sum(axis=1) == 3)
    worth_it = orders > 1
    worth_it[-1] = True  # the general position once
    possible = np.flatnonzero(worth_it & ~(fixed & strange).any(axis=1) & ~strange_as_a_whole)
    return grid[possible].astype(np.float64), np.asarray(fixed[possible])


def _each_once(grid: FloatArray, directions: FloatArray) -> IntArray:
    """The first place of each point, line and plane, lattice translations taken away."""
    across = np.eye(3) - directions
    cells = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    # what is left of a point across the free directions identifies them, but for the lattice
    left = (grid[:, None] + ORBIT_GRID * cells) @ across.transpose(0, 2, 1)
    period = DIRECTION_STEPS * ORBIT_GRID
    coded = np.round(left * DIRECTION_STEPS).astype(np.int64) % period @ [period**2, period, 1]
    turned = np.round(DIRECTION_STEPS * directions).astype(np.int64).reshape(-1, 9)
    names = np.column_stack([turned, coded.min(axis=1)])
    return np.asarray(np.sort(np.unique(names, axis=0, return_index=True)[1]))


def _primitive(rows: FloatArray) -> IntArray:
    """The shortest whole numbers along a matrix (3, 3) whose rows are all parallel."""
    longest = rows[np.argmax(np.abs(rows).sum(axis=1))]
    whole = np.round(DIRECTION_STEPS * longest).astype(np.int64)
    return np.asarray(whole // np.gcd.reduce(whole))

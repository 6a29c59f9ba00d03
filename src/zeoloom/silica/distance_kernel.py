"""Compiled: least squares of weighted distances.

Levenberg's and Marquardt's method with Nielsen's damping (Madsen, Nielsen & Tingleff, Methods for
Non-Linear Least Squares Problems, Technical University of Denmark, 2004, algorithm 3.16), on normal
equations that are summed distance by distance, as each depends on twelve parameters at most. All
parameters are in Å, so they are damped alike.

| symbol | variable |
|---|---|
| F = r^T r / 2 | `value` |
| g = J^T r | `slope` |
| A = J^T J | `curvature` |
| mu, nu | `damping`, `growth` |
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_in_place

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray

FIRST_DAMPING = 0.01
"""Share of the largest curvature. From 0.0001 to 1 the evaluations differ by a sixth."""

ENOUGH, STILL = 1e-8, 1e-7
"""Share of the sum that a step must still bring, and of the parameters that it must move them."""

ENDS = 6
"""Parameters of the two ends of a distance."""


class Distances(NamedTuple):
    """M distances as functions of the parameters.

    Attributes:
        start: (M, 3) fractional vectors with all parameters zero.
        linear: (M, 3, 6) their slopes along the parameters of their ends.
        columns: (M, 6) which parameters these are; unused ones have no slope.
        target: (M,) Å.
        weight: (M,) per Å.
        repels: (M,) True where only distances below the target count.
    """

    start: FloatArray
    linear: FloatArray
    columns: IntArray
    target: FloatArray
    weight: FloatArray
    repels: BoolArray


@compiled
def fitted(
    distances: Distances, cell: FloatArray, stretches: FloatArray, positions: int, most: int
) -> tuple[FloatArray, bool, int]:
    """Parameters that make the weighted deviations small, from zero on.

    Args:
        distances: as they depend on the parameters.
        cell: (3, 3) Å, with all parameters zero.
        stretches: (s, 3, 3) how the cell grows with each of the last s parameters.
        positions: number of parameters before them.
        most: evaluations.

    Returns:
        The parameters, whether they settled, and the evaluations that it took.
    """
    n = positions + len(stretches)
    p, there, step = np.zeros(n), np.zeros(n), np.zeros(n)
    slope, curvature = np.zeros(n), np.zeros((n, n))
    slope_there, curvature_there, damped = np.zeros(n), np.zeros((n, n)), np.zeros((n, n))
    value = _summed(distances, cell, stretches, positions, p, slope, curvature)
    damping, growth = 0.0, 2.0
    for k in range(n):
        damping = max(damping, FIRST_DAMPING * curvature[k, k])
    evaluations = 1
    if damping == 0.0:  # nothing depends on any parameter, or it is no number
        return p, not math.isnan(value), evaluations
    while evaluations < most:
        if not _fill_step(slope, curvature, damping, damped, step):
            damping *= growth
            growth *= 2.0
            continue
        moved, from_start, promised = 0.0, 0.0, 0.0
        for k in range(n):
            there[k] = p[k] + step[k]
            moved += step[k] ** 2
            from_start += p[k] ** 2
            promised += 0.5 * step[k] * (damping * step[k] - slope[k])
        if math.sqrt(moved) <= STILL * (math.sqrt(from_start) + STILL):
            return p, True, evaluations
        reached = _summed(
            distances, cell, stretches, positions, there, slope_there, curvature_there
        )
        evaluations += 1
        gained = value - reached
        settled = promised <= ENOUGH * value and abs(gained) <= ENOUGH * value
        if gained > 0.0:
            p, there, value = there, p, reached
            slope, slope_there = slope_there, slope
            curvature, curvature_there = curvature_there, curvature
            damping *= max(1.0 / 3.0, 1.0 - (2.0 * gained / promised - 1.0) ** 3)
            growth = 2.0
        else:
            damping *= growth
            growth *= 2.0
        if settled:
            return p, True, evaluations
    return p, False, evaluations


@compiled_in_place
def _fill_step(
    slope: FloatArray,
    curvature: FloatArray,
    damping: float,
    damped: FloatArray,
    step: FloatArray,
) -> bool:
    """Write the damped Newton step (n,); False if the damped curvature (n, n) is not positive."""
    for k in range(len(step)):
        step[k] = -slope[k]
        for q in range(len(step)):
            damped[k, q] = curvature[k, q]
        damped[k, k] += damping
    return _solve(damped, step)


@compiled_in_place
def _solve(matrix: FloatArray, right: FloatArray) -> bool:
    """Cholesky's way, in place; False if the matrix is not positive definite.

    NumPy's own takes six seconds to compile.
    """
    n = len(right)
    for k in range(n):
        if not matrix[k, k] > 0.0:
            return False
        pivot = math.sqrt(matrix[k, k])
        for j in range(k, n):
            matrix[k, j] /= pivot
        # a row at a time, which the processor does several columns of at once
        for i in range(k + 1, n):
            factor = matrix[k, i]
            if factor != 0.0:
                for j in range(i, n):
                    matrix[i, j] -= factor * matrix[k, j]
    for k in range(n):
        right[k] /= matrix[k, k]
        for j in range(k + 1, n):
            right[j] -= matrix[k, j] * right[k]
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            right[k] -= matrix[k, j] * right[j]
        right[k] /= matrix[k, k]
    return True


@compiled
def _summed(
    distances: Distances,
    cell: FloatArray,
    stretches: FloatArray,
    positions: int,
    p: FloatArray,
    slope: FloatArray,
    curvature: FloatArray,
) -> float:
    """Half the sum of squares at p; writes its slope (n,) and J^T J (n, n)."""
    slope[:] = 0.0
    curvature[:] = 0.0
    now = cell.copy()
    columns, row = np.zeros(ENDS + len(stretches), np.int64), np.zeros(ENDS + len(stretches))
    for s in range(len(stretches)):
        columns[ENDS + s] = positions + s
        for i in range(3):
            for j in range(3):
                now[i, j] += p[positions + s] * stretches[s, i, j]
    value = 0.0
    for m in range(len(distances.target)):
        residual = _deviation(distances, m, now, stretches, p, row)
        value += 0.5 * residual * residual
        for k in range(ENDS):
            columns[k] = distances.columns[m, k]
        for k in range(len(row)):
            if row[k] != 0.0:
                slope[columns[k]] += row[k] * residual
                for q in range(len(row)):
                    curvature[columns[k], columns[q]] += row[k] * row[q]
    return value


@compiled_in_place
def _deviation(
    distances: Distances,
    m: int,
    cell: FloatArray,
    stretches: FloatArray,
    p: FloatArray,
    row: FloatArray,
) -> float:
    """One weighted deviation at p, in the cell there; writes its slopes (6 + s,)."""
    frac, vector, unit = np.zeros(3), np.zeros(3), np.zeros(3)
    for i in range(3):
        frac[i] = distances.start[m, i]
        for k in range(ENDS):
            frac[i] += distances.linear[m, i, k] * p[distances.columns[m, k]]
    for j in range(3):
        vector[j] = frac[0] * cell[0, j] + frac[1] * cell[1, j] + frac[2] * cell[2, j]
    length = math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    row[:] = 0.0
    if distances.repels[m] and length >= distances.target[m]:
        return 0.0
    weight = distances.weight[m]
    # two atoms in one place have no direction to part in: their slope is left zero
    for j in range(3):
        unit[j] = weight * vector[j] / max(length, 1e-6)
    for i in range(3):
        along = cell[i, 0] * unit[0] + cell[i, 1] * unit[1] + cell[i, 2] * unit[2]
        for k in range(ENDS):
            row[k] += along * distances.linear[m, i, k]
        for s in range(len(stretches)):
            for j in range(3):
                row[ENDS + s] += frac[i] * stretches[s, i, j] * unit[j]
    deviation: float = weight * (length - distances.target[m])
    return deviation

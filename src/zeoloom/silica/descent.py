"""Downhill to the nearest minimum, with a model of the curvature known beforehand.

L-BFGS (Nocedal & Wright, Numerical Optimization, 2006, algorithm 7.4) whose first guess of the
curvature is not a multiple of 1 but the sparse matrix of a model: bonds are stiff, turning
tetrahedra is soft. With it some tens of evaluations do what takes thousands by conjugate gradients.

| symbol | variable |
|---|---|
| s_k, y_k | `_Pair.step`, `_Pair.change` |
| rho_k = 1 / (s_k y_k) | `_Pair.weight` |
| B_0, of H_0 = B_0^-1 | `stiffness` |
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.linalg import splu

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import csc_matrix

    from zeoloom.geometry.arrays import FloatArray

MEMORY = 40
"""Steps remembered."""

ENOUGH = 1e-4
"""Share of the decrease promised by the slope that a step must bring (Armijo)."""

STILL_TO_GAIN = 8.0
"""What is still to gain is less than so many times what a step promises: three to five times that
after eight evaluations of 19 frameworks, of which the last ones promise next to nothing."""


@dataclass(frozen=True, slots=True)
class Descent:
    """Where a descent ended.

    Attributes:
        point: (n,).
        value: the function there.
        gain: what a further step promises.
        evaluations: of the function.
        settled: whether that promise is below what was asked for.
        given_up: whether it was ended as it would not have come as low as was asked for.
    """

    point: FloatArray
    value: float
    gain: float
    evaluations: int
    settled: bool
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class _Pair:
    """A step, the change of the gradient along it, and one over their product."""

    step: FloatArray
    change: FloatArray
    weight: float


def descend(
    function: Callable[[FloatArray], tuple[float, FloatArray]],
    start: FloatArray,
    stiffness: csc_matrix,
    largest: FloatArray,
    *,
    gain: float,
    noise: float,
    max_evaluations: int,
    needed: float = math.inf,
) -> Descent:
    """Go downhill until a step promises to gain less than `gain`.

    Args:
        function: value and gradient (n,) at a point (n,).
        start: (n,).
        stiffness: (n, n) sparse, symmetric and positive: a model of the second derivatives.
        largest: (n,) no coordinate moves farther in one step.
        gain: when to stop, in units of the function.
        noise: differences of the function below this mean nothing.
        max_evaluations: when to give up.
        needed: value that is to be reached; given up, too, once that is out of reach.
    """
    factors = splu(stiffness, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    pairs: deque[_Pair] = deque(maxlen=MEMORY)
    point, (value, gradient) = start, function(start)
    evaluations, length = 1, 1.0
    while True:
        step = -_smoothed(gradient, pairs, factors.solve)
        slope = float(gradient @ step)
        promise = -0.5 * slope
        if promise < gain or evaluations >= max_evaluations or not np.isfinite(promise):
            return Descent(point, value, promise, evaluations, bool(promise < gain))
        if value - STILL_TO_GAIN * promise > needed:
            return Descent(point, value, promise, evaluations, settled=False, given_up=True)
        length = min(1.0, 1.0 / float(np.max(np.abs(step) / largest)))
        while True:
            found, found_gradient = function(point + length * step)
            evaluations += 1
            if found <= value + ENOUGH * length * slope + noise or length < 1e-4:
                break
            # the parabola through both values and the slope has its minimum nearer
            nearer = -0.5 * slope * length / (found - value - slope * length)
            length *= float(np.clip(nearer, 0.1, 0.5)) if np.isfinite(nearer) else 0.1
        moved, change = length * step, found_gradient - gradient
        product = float(moved @ change)
        # elsewhere the function curves down, and says nothing of a minimum
        if product > 1e-10 * np.linalg.norm(moved) * np.linalg.norm(change):
            pairs.append(_Pair(moved, change, 1.0 / product))
        point, value, gradient = point + moved, found, found_gradient


def _smoothed(
    gradient: FloatArray, pairs: deque[_Pair], solve: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """The gradient times the inverse curvature, by the two loops of L-BFGS."""
    rest = gradient.copy()
    shares = []
    for pair in reversed(pairs):
        share = pair.weight * float(pair.step @ rest)
        shares.append(share)
        rest -= share * pair.change
    result = solve(rest)
    if pairs:
        last = pairs[-1]
        # how stiff the model is, compared with the last step
        result *= 1.0 / (last.weight * float(last.change @ solve(last.change)))
    for pair, share in zip(pairs, reversed(shares), strict=True):
        result += pair.step * (share - pair.weight * float(pair.change @ result))
    return result

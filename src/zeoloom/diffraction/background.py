"""The background of a pattern: a smooth curve below the peaks."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from pybaselines import Baseline
from pybaselines.utils import ParameterWarning
from scipy.interpolate import BSpline

if TYPE_CHECKING:
    from zeoloom.diffraction.pattern import Pattern
    from zeoloom.geometry.arrays import BoolArray, FloatArray

KNOT_DISTANCE = 4.0
"""Degrees between the knots of the spline."""

STIFFNESS = 1e7
"""Of the asymmetric least squares that the background starts from, at 0.02° a point."""

COARSE = 3000
"""Points that the start is found on."""


@dataclass(frozen=True, slots=True)
class Background:
    """Functions whose sum is the background.

    Attributes:
        functions: (n, b) cubic splines at the points of the pattern.
        start: (b,) parameters found without the peaks.
        spread: how far a parameter may be expected to be from its start.
    """

    functions: FloatArray
    start: FloatArray
    spread: FloatArray

    def only(self, kept: BoolArray) -> Background:
        """At some of the points."""
        return replace(self, functions=self.functions[kept])

    def values(self, parameters: FloatArray) -> FloatArray:
        """(n,) the curve for parameters (b,)."""
        return np.asarray(self.functions @ parameters)

    def pull(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The part of the normal matrix (b, b) and right side (b,) that keep to the start.

        Neighbours may move together: only the change of the start, and little the height, costs.
        """
        b = len(parameters)
        bend = np.diff(np.eye(b), 2, axis=0) if b > 2 else np.zeros((0, b))
        middle = self.spread[1:-1] if b > 2 else np.zeros(0)
        matrix = (bend.T / middle**2) @ bend + np.diag(0.3 / self.spread**2)
        return matrix, matrix @ (self.start - parameters)


def background_of(pattern: Pattern) -> Background:
    """A background to start from: asymmetrically weighted least squares, then splines.

    Baek et al., Analyst 140 (2015) 250 (arPLS), as pybaselines has it.
    """
    angles = pattern.two_theta
    stride = max(1, len(angles) // COARSE)
    coarse = angles[::stride]
    step = float(np.median(np.diff(coarse)))
    means = np.array([chunk.mean() for chunk in np.array_split(pattern.counts, len(coarse))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterWarning)  # hardly any peaks: still a curve
        curve, _ = Baseline(coarse).arpls(means, lam=STIFFNESS * (0.02 / step) ** 4)
    curve = np.interp(angles, coarse, curve)
    span = float(angles[-1] - angles[0])
    inner = np.linspace(angles[0], angles[-1], max(3, int(span / KNOT_DISTANCE) + 2))
    knots = np.concatenate([[inner[0]] * 3, inner, [inner[-1]] * 3])
    functions = BSpline.design_matrix(np.clip(angles, inner[0], inner[-1]), knots, 3).toarray()
    start = np.linalg.lstsq(functions, curve, rcond=None)[0]
    level = np.maximum(np.abs(start), 0.02 * float(pattern.counts.max()) * 0.1)
    return Background(functions, start, 0.1 * level + 1e-9)

"""A whole pattern fitted by Le Bail's method: background, cell, zero, widths and intensities.

Intensities follow from how the counts are shared out; all other parameters are refined by damped
least squares in between. The fit begins with low angles, where a wrong cell moves lines little, and
takes in higher ones step by step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.peak_shape import (
    SHAPE_NAMES,
    LineLayout,
    PeakShape,
    line_layout,
    line_slopes,
    line_table,
)
from zeoloom.diffraction.profile_kernel import (
    add_derivatives,
    add_profiles,
    fill_profiles,
    share_out,
)

if TYPE_CHECKING:
    from zeoloom.diffraction.background import Background
    from zeoloom.diffraction.beam import Beam
    from zeoloom.diffraction.pattern import Pattern
    from zeoloom.diffraction.possible_reflections import ReflectionList
    from zeoloom.geometry.arrays import FloatArray, IntArray

PROFILE_REACH = 12.0
"""Widths from a line to where its profile is cut off."""

PRIOR = {
    "zero": 0.05,
    "displacement": 0.02,
    "asymmetry": 0.01,
    "u": 0.02,
    "v": 0.02,
    "w": 0.02,
    "x": 0.1,
    "y": 0.1,
}
"""Degrees or degrees^2 that a parameter may be expected to have; only a weak pull to nothing."""

RELATIVE_PRIOR = 0.01
"""Of the reciprocal metric: how far the cell may be expected to be from the one given."""

BROADENING = ("x", "y")
"""Parameters of the Lorentzian, which are not negative: else lines grow narrow with the angle where
reflections are too dense to tell."""

FIRST_ROUNDS, SHARE_ROUNDS = 12, 6
"""Le Bail's rounds at the start, and between two steps of least squares."""

SMALL_GAIN = 1e-5
"""Of the cost, with which a refinement ends."""

GREATEST_DAMPING = 1e3

MISFIT = 0.05
"""Share of the peaks by which a good fit may be off; what is off by more counts less."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of reflections at the points of a pattern, as `profile_kernel` keeps them."""

    layout: LineLayout
    table: FloatArray
    first: IntArray
    last: IntArray
    offset: IntArray
    values: FloatArray


@dataclass(frozen=True, slots=True)
class FitState:
    """A fit while it goes on.

    Attributes:
        shape: of the peaks.
        background: parameters of it.
        intensity: (k + f,) areas of the reflections, counts times degrees, and then of the lines of
            other phases.
    """

    shape: PeakShape
    background: FloatArray
    intensity: FloatArray


@dataclass(frozen=True, slots=True)
class Problem:
    """What is fitted.

    Attributes:
        pattern: measured.
        beam: its wavelengths.
        reflections: that may be seen.
        background: functions it is made of.
        start: shape of the peaks at the start.
        share: (k,) relative areas of the reflections at the start.
    """

    pattern: Pattern
    beam: Beam
    reflections: ReflectionList
    background: Background
    start: PeakShape
    share: FloatArray

    def upto(self, angle: float) -> Problem:
        """The part of it at angles up to one."""
        kept = self.pattern.two_theta <= angle
        layout = line_layout(self.start, self.reflections.hkl, self.beam)
        position = line_table(self.start, layout)[layout.start[:-1], 0]
        near = position <= angle + 1.0
        return replace(
            self,
            pattern=self.pattern.only(kept),
            reflections=self.reflections.only(near),
            background=self.background.only(kept),
            share=self.share[near],
        )


@dataclass(frozen=True, slots=True)
class Calculation:
    """A fit as it stands, with what follows from its parameters.

    Attributes:
        state: the parameters.
        profiles: of the reflections.
        peaks: (n,) calculated without the background.
        background: (n,) calculated.
    """

    state: FitState
    profiles: Profiles
    peaks: FloatArray
    background: FloatArray


def calculate(
    problem: Problem,
    state: FitState,
    layout: LineLayout,
    rounds: int = 0,
    weights: FloatArray | None = None,
) -> Calculation:
    """What a state gives, after some of Le Bail's rounds.

    Args:
        problem: what is fitted.
        state: the parameters.
        layout: of the lines.
        rounds: by which the intensities follow the counts; 0 leaves them as they are.
        weights: (n,) of the counts in these; None for 1 / variance.
    """
    pattern = problem.pattern
    profiles = profiles_of(pattern.two_theta, state.shape, layout)
    background = problem.background.values(state.background)
    kept_at = (profiles.first, profiles.last, profiles.offset, profiles.values)
    peaks = np.zeros(len(pattern))
    if rounds:
        intensity = state.intensity.copy()
        observed = pattern.counts - background
        weights = 1.0 / pattern.esd**2 if weights is None else weights
        share_out(observed, weights, intensity, *kept_at, peaks, rounds)
        state = replace(state, intensity=intensity)
        peaks[:] = 0.0
    add_profiles(peaks, state.intensity, *kept_at)
    return Calculation(state, profiles, peaks, background)


def profiles_of(angles: FloatArray, shape: PeakShape, layout: LineLayout) -> Profiles:
    """All profiles for a shape at angles (n,)."""
    table = line_table(shape, layout)
    reach = PROFILE_REACH * table[:, 1]
    starts = layout.start[:-1]
    low = np.minimum.reduceat(table[:, 0] - reach, starts)
    high = np.maximum.reduceat(table[:, 0] + reach, starts)
    first = np.searchsorted(angles, low).astype(np.int64)
    last = np.searchsorted(angles, high, side="right").astype(np.int64)
    offset = np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64)
    values = np.empty(int(offset[-1]))
    fill_profiles(angles, first, last, offset, layout.start, table, values)
    return Profiles(layout, table, first, last, offset[:-1], values)


def refined_fit(problem: Problem, state: FitState, free: FloatArray, cycles: int) -> FitState:
    """A fit after some cycles of Le Bail's rounds and steps of least squares.

    Args:
        problem: what is fitted.
        state: where to begin.
        free: (p,) 1 for the parameters of the shape that are refined, 0 for the others.
        cycles: how many at most.
    """
    asymmetric = bool(free[-len(SHAPE_NAMES) :][SHAPE_NAMES.index("asymmetry")])
    layout = line_layout(state.shape, problem.reflections.hkl, problem.beam, asymmetric=asymmetric)
    best = calculate(problem, state, layout, FIRST_ROUNDS)
    cost, damping = robust_cost(problem, best), 1e-3
    for _ in range(cycles):
        moved = _step(problem, best, free, damping)
        tried = calculate(problem, moved, layout, SHARE_ROUNDS)
        new = robust_cost(problem, tried)
        if new < cost:
            small = cost - new < SMALL_GAIN * cost
            cost, best, damping = new, tried, damping * 0.3
            if small:
                break
        else:
            damping *= 10.0
            if damping > GREATEST_DAMPING:
                break
    return best.state


def robust_weights(problem: Problem, peaks: FloatArray, background: FloatArray) -> FloatArray:
    """(n,) weights 1/variance, less where counts are far above what is calculated.

    So a line of another phase, or of a reflection that is not listed, hardly pulls.
    """
    pattern = problem.pattern
    excess = np.maximum(pattern.counts - peaks - background, 0.0)
    usual = np.sqrt(pattern.esd**2 + (MISFIT * peaks) ** 2)
    return np.asarray(1.0 / pattern.esd**2 / (1.0 + (excess / (4.0 * usual)) ** 2))


def robust_cost(problem: Problem, found: Calculation) -> float:
    """Sum of squares in which what is far above the calculated pattern counts less."""
    off = problem.pattern.counts - found.peaks - found.background
    usual2 = problem.pattern.esd**2 + (MISFIT * found.peaks) ** 2
    ratio = usual2 / problem.pattern.esd**2
    high = 16.0 * ratio * np.log1p(off**2 / (16.0 * usual2))
    return float(np.where(off > 0.0, high, (off / problem.pattern.esd) ** 2).sum())


def _step(problem: Problem, found: Calculation, free: FloatArray, damping: float) -> FitState:
    """A state after one damped step of least squares."""
    state, n_shape = found.state, len(free)
    jacobian = jacobian_of(problem, found)
    weights = robust_weights(problem, found.peaks, found.background)
    off = problem.pattern.counts - found.peaks - found.background
    # what the model cannot describe makes all uncertain, in proportion
    weights = weights / max(float((weights * off**2).mean()), 1.0)
    weighted = jacobian * weights[:, None]
    normal, side = jacobian.T @ weighted, weighted.T @ off
    pull, wanted = shape_prior(problem)
    normal[:n_shape, :n_shape] += np.diag(pull)
    side[:n_shape] += pull * (wanted - state.shape.vector)
    pull_matrix, pull_side = problem.background.pull(state.background)
    normal[n_shape:, n_shape:] += pull_matrix
    side[n_shape:] += pull_side
    moving = np.concatenate([free > 0.0, np.ones(len(state.background), dtype=bool)])
    normal, side = normal[np.ix_(moving, moving)], side[moving]
    scale = np.sqrt(np.maximum(np.diag(normal), 1e-300))
    scaled = normal / np.outer(scale, scale) + damping * np.eye(len(scale))
    change = np.zeros(len(moving))
    change[moving] = np.linalg.solve(scaled, side / scale) / scale
    vector = state.shape.vector + change[:n_shape]
    # broadening by strain and size only adds to a width
    for name in BROADENING:
        place = n_shape - len(SHAPE_NAMES) + SHAPE_NAMES.index(name)
        vector[place] = max(vector[place], 0.0)
    return replace(
        state,
        shape=state.shape.with_vector(vector),
        background=state.background + change[n_shape:],
    )


def jacobian_of(problem: Problem, found: Calculation) -> FloatArray:
    """(n, p + b) derivatives of the calculated pattern by shape and background."""
    shape, profiles = found.state.shape, found.profiles
    by_shape = np.zeros((len(problem.pattern), len(shape.vector)))
    add_derivatives(
        problem.pattern.two_theta,
        profiles.first,
        profiles.last,
        profiles.layout.start,
        profiles.table,
        line_slopes(shape, profiles.layout),
        found.state.intensity,
        by_shape,
    )
    return np.hstack([by_shape, problem.background.functions])


def shape_prior(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """(p,) weak weights by which parameters of the shape are pulled, and where to."""
    metric = problem.start.metric
    size = float(np.linalg.norm(metric))
    pulls = [np.full(len(metric), 1.0 / (RELATIVE_PRIOR * size) ** 2)]
    pulls.append(np.array([1.0 / PRIOR[name] ** 2 for name in SHAPE_NAMES]))
    return np.concatenate(pulls), np.concatenate([metric, np.zeros(len(SHAPE_NAMES))])

"""Lines of other phases, as peaks of their own in the fit of a pattern.

A peak that no reflection of the cell explains gets a place, an area and a width of its own, with
the profile of the instrument. So it shares the counts with the reflections beside it, instead of
all going to them or being cut out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.peak_shape import line_layout
from zeoloom.diffraction.whole_pattern import (
    Calculation,
    FitState,
    Problem,
    calculate,
    profiles_of,
    refined_fit,
    robust_weights,
)

if TYPE_CHECKING:
    from zeoloom.diffraction.peak_shape import PeakShape
    from zeoloom.geometry.arrays import BoolArray, FloatArray

PASSES, PASS_CYCLES = 3, 6
"""In turn, lines are placed, and all else is refined in so many cycles."""

LEAST_WIDTH_RATIO, GREATEST_WIDTH_RATIO = 0.4, 4.0
"""Widths of lines of other phases over those of reflections."""

PLACE_SPREAD, WIDTH_SPREAD = 0.3, 0.3
"""How far a line may be expected to move, in widths, and its width to change, in one pass."""

PLACED_WITHIN = 3.0
"""Widths about a line within which it is placed."""

SAME_LINE = 0.6
"""Widths within which what is left beside a line is an error of its shape."""

SHAPE_ERROR = 0.1
"""Share of the height of a line by which its shape may be wrong."""


def with_lines(
    problem: Problem, state: FitState, tops: FloatArray, heights: FloatArray
) -> FitState:
    """The state with further lines, as far as they are not those that it has.

    Args:
        problem: what is fitted.
        state: of the fit.
        tops: (t,) degrees, of peaks that nothing explains.
        heights: (t,) counts.
    """
    widths = line_widths(problem, replace(state.shape, foreign=_new_lines(tops)))
    before = state.shape.foreign[:, 0]
    apart = np.abs(tops[:, None] - before).min(axis=1, initial=np.inf)
    kept = apart > SAME_LINE * widths
    foreign = np.concatenate([state.shape.foreign, _new_lines(tops[kept])])
    areas = heights[kept] * widths[kept]
    return replace(
        state,
        shape=replace(state.shape, foreign=foreign),
        intensity=np.concatenate([state.intensity, areas]),
    )


def only_lines(state: FitState, kept: BoolArray) -> FitState:
    """The state with some of its lines of other phases, (f,) of which is a mask."""
    k = len(state.intensity) - len(state.shape.foreign)
    return replace(
        state,
        shape=replace(state.shape, foreign=state.shape.foreign[kept]),
        intensity=np.concatenate([state.intensity[:k], state.intensity[k:][kept]]),
    )


def refined_with_lines(
    problem: Problem, state: FitState, free: FloatArray, cycles: int
) -> FitState:
    """A fit refined with its lines of other phases, whose shapes must not pull at all others.

    Args:
        problem: what is fitted.
        state: with lines.
        free: (p,) as in `refined_fit`.
        cycles: of the last refinement, at most.
    """
    for _ in range(PASSES):
        state = refined_fit(_tolerant(problem, state), state, free, PASS_CYCLES)
        state = _placed(problem, state)
    return refined_fit(_tolerant(problem, state), state, free, cycles)


def line_widths(problem: Problem, shape: PeakShape) -> FloatArray:
    """(f,) degrees, full widths at half maximum of the lines of other phases."""
    layout = line_layout(shape, problem.reflections.hkl[:0], problem.beam)
    table = profiles_of(problem.pattern.two_theta[:1], shape, layout).table
    return np.asarray(table[layout.start[:-1], 1])


def line_heights(problem: Problem, state: FitState) -> FloatArray:
    """(f,) counts at the tops of the lines of other phases."""
    areas = state.intensity[len(problem.reflections) :]
    layout = line_layout(state.shape, problem.reflections.hkl[:0], problem.beam)
    found = profiles_of(problem.pattern.two_theta, state.shape, layout)
    most = [
        found.values[start : start + last - first].max(initial=0.0)
        for start, first, last in zip(found.offset, found.first, found.last, strict=True)
    ]
    return np.asarray(areas * np.array(most))


def lines_curve(problem: Problem, state: FitState) -> FloatArray:
    """(n,) counts of the lines of other phases."""
    k = len(problem.reflections)
    layout = line_layout(state.shape, problem.reflections.hkl[:0], problem.beam)
    only = replace(state, intensity=state.intensity[k:])
    return calculate(problem, only, layout).peaks


def _new_lines(angles: FloatArray) -> FloatArray:
    return np.stack([angles, np.ones(len(angles))], axis=1)


def _tolerant(problem: Problem, state: FitState) -> Problem:
    """The problem with counts less certain under lines of other phases, whose shapes may be off."""
    error = SHAPE_ERROR * lines_curve(problem, state)
    esd = np.sqrt(problem.pattern.esd**2 + error**2)
    return replace(problem, pattern=replace(problem.pattern, esd=esd))


def _placed(problem: Problem, state: FitState) -> FitState:
    """The state with each line of another phase where and as wide as it fits best, one by one."""
    layout = line_layout(state.shape, problem.reflections.hkl, problem.beam)
    found = calculate(problem, state, layout)
    weights = robust_weights(problem, found.peaks, found.background)
    off = problem.pattern.counts - found.peaks - found.background
    widths = line_widths(problem, state.shape)
    foreign, intensity = state.shape.foreign.copy(), state.intensity.copy()
    k = len(problem.reflections)
    for j, width in enumerate(widths):
        near = np.abs(problem.pattern.two_theta - foreign[j, 0]) < PLACED_WITHIN * width
        if not near.any() or intensity[k + j] <= 0.0:
            continue
        change = _change_of_line(problem, found, j, near, weights[near], off[near], float(width))
        intensity[k + j] *= np.exp(change[0])
        foreign[j, 0] += change[1] * width
        foreign[j, 1] *= np.exp(change[2])
    foreign[:, 1] = np.clip(foreign[:, 1], LEAST_WIDTH_RATIO, GREATEST_WIDTH_RATIO)
    return replace(state, shape=replace(state.shape, foreign=foreign), intensity=intensity)


def _change_of_line(
    problem: Problem,
    found: Calculation,
    j: int,
    near: BoolArray,
    weights: FloatArray,
    off: FloatArray,
    width: float,
) -> FloatArray:
    """(3,) by how much a line fits better: logarithm of its area, place in widths, log width."""
    shape = found.state.shape
    line = shape.foreign[j]
    area = float(found.state.intensity[len(problem.reflections) + j])
    angles = problem.pattern.two_theta[near]

    def curve(place: float, wider: float) -> FloatArray:
        moved = np.array([[line[0] + place * width, line[1] * np.exp(wider)]])
        alone = replace(shape, foreign=moved)
        layout = line_layout(alone, problem.reflections.hkl[:0], problem.beam)
        profiles = profiles_of(angles, alone, layout)
        values = np.zeros(len(angles))
        values[profiles.first[0] : profiles.last[0]] = profiles.values
        return area * values

    step = 1e-3
    now = curve(0.0, 0.0)
    columns = [now, (curve(step, 0.0) - now) / step, (curve(0.0, step) - now) / step]
    slopes = np.stack(columns, axis=1)
    # what the model cannot describe makes all uncertain
    weights = weights / max(float((weights * off**2).mean()), 1.0)
    normal = slopes.T @ (slopes * weights[:, None])
    normal += np.diag([4.0, 1.0 / PLACE_SPREAD**2, 1.0 / WIDTH_SPREAD**2])
    change = np.linalg.solve(normal, slopes.T @ (weights * off))
    return np.clip(change, -0.7, 0.7)

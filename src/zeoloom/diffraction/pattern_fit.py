"""The fit of a pattern from start to end: where it begins, its stages, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.fit_beginning import (
    angle_stages,
    beginning,
    best_start,
    equal_areas,
    typical_width,
)
from zeoloom.diffraction.foreign_lines import (
    line_heights,
    lines_curve,
    only_lines,
    refined_with_lines,
    with_lines,
)
from zeoloom.diffraction.peak_shape import (
    SHAPE_NAMES,
    line_layout,
)
from zeoloom.diffraction.unexplained import hidden_heights, unexplained_points
from zeoloom.diffraction.whole_pattern import (
    FitState,
    Problem,
    Profiles,
    calculate,
    refined_fit,
    robust_cost,
    robust_weights,
)

if TYPE_CHECKING:
    from zeoloom.diffraction.beam import Beam
    from zeoloom.diffraction.pattern import Pattern
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations

CYCLES, LAST_CYCLES, LAST_ROUNDS = 8, 25, 30

ONLY_CELL = ("zero", "w", "y")

USUAL = ("zero", "u", "w", "x", "y")

ALL_BUT_ONE = tuple(name for name in SHAPE_NAMES if name != "displacement")

CLEARLY_BETTER = 0.85
"""Of the cost, to which it must fall with another beam."""

LINE_ROUNDS = 3
"""In which lines of other phases are looked for in what is left."""

LEAST_LINE = 0.01
"""Height of a line of another phase, relative to the highest peak, below which it is given up."""

WORTHWHILE = 0.95
"""Of the cost, to which it must fall for the displacement to be refined too."""


@dataclass(frozen=True, slots=True)
class PatternFit:
    """A pattern fitted.

    Attributes:
        problem: what was fitted.
        state: the parameters.
        profiles: of the reflections.
        peaks: (n,) calculated without the background.
        background: (n,) calculated.
        cost: sum of squares in which what is unexplained counts less.
        foreign: (n,) calculated of the lines of other phases, which are a part of the peaks.
        hidden: (n,) counts that further lines of these phases may have, which reflections hide; 0
            elsewhere.
    """

    problem: Problem
    state: FitState
    profiles: Profiles
    peaks: FloatArray
    background: FloatArray
    cost: float
    foreign: FloatArray
    hidden: FloatArray

    @property
    def residual(self) -> FloatArray:
        """(n,) observed minus calculated."""
        return self.problem.pattern.counts - self.peaks - self.background

    @property
    def positions(self) -> FloatArray:
        """(k,) degrees two-theta of the first line of each reflection, as calculated."""
        table, layout = self.profiles.table, self.profiles.layout
        # five lines of an asymmetric peak lie to the side of where it would be without
        shift = -self.state.shape.value("asymmetry") / np.tan(np.radians(table[:, 0]))
        own = layout.start[: len(layout.hkl)]
        return (table[:, 0] - layout.shift * shift)[own]

    @property
    def widths(self) -> FloatArray:
        """(k,) degrees, full widths at half maximum of the reflections."""
        layout = self.profiles.layout
        return np.asarray(self.profiles.table[layout.start[: len(layout.hkl)], 1])

    @property
    def areas(self) -> FloatArray:
        """(k,) counts times degrees, of the reflections."""
        return self.state.intensity[: len(self.problem.reflections)]

    @property
    def line_heights(self) -> FloatArray:
        """(f,) counts at the tops of the lines of other phases."""
        return line_heights(self.problem, self.state)


def fit_pattern(
    pattern: Pattern,
    beam: Beam,
    cell: FloatArray,
    operations: SymmetryOperations,
    radiation: Radiation,
) -> PatternFit:
    """Fit a pattern: background, zero, cell, widths and intensities.

    Args:
        pattern: measured.
        beam: its wavelengths.
        cell: Å, (3, 3), good to half a percent.
        operations: the space group, or one whose reflections include all that may be seen.
        radiation: what was scattered.

    Raises:
        InputError: if no reflection lies in the range of the pattern.
    """
    problem, state = beginning(pattern, beam, cell, operations, radiation)
    m = len(state.shape.metric)
    stages = angle_stages(problem)
    state = best_start(problem.upto(stages[0]), state)
    for angle in stages:
        part = problem.upto(angle)
        found = refined_fit(
            part, replace(state, intensity=equal_areas(part)), _free(m, ONLY_CELL), CYCLES
        )
        state = replace(state, shape=found.shape, background=found.background)
    state = refined_fit(
        problem, replace(state, intensity=equal_areas(problem)), _free(m, USUAL), CYCLES
    )
    plain = finished_fit(problem, refined_fit(problem, state, _free(m, ALL_BUT_ONE), LAST_CYCLES))
    # zero, displacement and cell differ in little: both only where that pays
    both = finished_fit(
        problem, refined_fit(problem, plain.state, _free(m, SHAPE_NAMES), LAST_CYCLES)
    )
    return _with_foreign_lines(both if both.cost < WORTHWHILE * plain.cost else plain)


def _with_foreign_lines(fit: PatternFit) -> PatternFit:
    """A fit in which peaks that no reflection explains are lines of other phases."""
    names = SHAPE_NAMES if fit.state.shape.value("displacement") else ALL_BUT_ONE
    free = _free(len(fit.state.shape.metric), names)
    angles = fit.problem.pattern.two_theta
    for _ in range(LINE_ROUNDS):
        tops = unexplained_points(fit)
        state = with_lines(fit.problem, fit.state, angles[tops], fit.residual[tops])
        if len(state.shape.foreign) == len(fit.state.shape.foreign):
            break
        state = refined_with_lines(fit.problem, state, free, LAST_CYCLES)
        least = LEAST_LINE * float((fit.problem.pattern.counts - fit.background).max())
        state = only_lines(state, line_heights(fit.problem, state) > least)
        fit = finished_fit(fit.problem, state)
    return replace(fit, hidden=hidden_heights(fit))


def with_reflections(
    fit: PatternFit, operations: SymmetryOperations, radiation: Radiation
) -> PatternFit:
    """A fit with the reflections of another group in its cell; only their areas are fitted anew.

    Args:
        fit: whose cell, shapes, background and lines of other phases stay.
        operations: of the group, whose lattice system has the cell.
        radiation: what was scattered.

    Raises:
        InputError: as `fit_pattern`.
    """
    given = fit.problem
    problem, state = beginning(
        given.pattern, given.beam, fit.state.shape.cell, operations, radiation
    )
    shape = replace(problem.start, values=fit.state.shape.values, foreign=fit.state.shape.foreign)
    areas = problem.share * (fit.areas.sum() / problem.share.sum())
    intensity = np.concatenate([areas, fit.state.intensity[len(fit.areas) :]])
    state = replace(state, shape=shape, background=fit.state.background, intensity=intensity)
    return finished_fit(problem, finished_fit(problem, state).state)


def doubt_of_lines(fit: PatternFit) -> float:
    """What fits with the same reflections and other lines of other phases are compared by.

    The criterion of Schwarz (Ann. Stat. 6 (1978) 461), the less the better: n ln(cost) + p ln(n),
    with three parameters for each line, and as many observations as peaks have room, since what a
    fit leaves is alike over the width of a peak.
    """
    pattern, background = fit.problem.pattern, fit.problem.background
    width = typical_width(pattern, background.values(background.start))
    number = max(float(pattern.two_theta[-1] - pattern.two_theta[0]) / width, 2.0)
    lines = len(fit.state.shape.foreign)
    return number * float(np.log(max(fit.cost, 1e-300))) + 3.0 * lines * float(np.log(number))


def fits_better(fit: PatternFit, beam: Beam) -> bool:
    """Whether a pattern is fitted clearly better by another beam, begun from a fit."""
    problem, m = replace(fit.problem, beam=beam), len(fit.state.shape.metric)
    other = finished_fit(problem, refined_fit(problem, fit.state, _free(m, USUAL), CYCLES))
    return other.cost < CLEARLY_BETTER * fit.cost


def finished_fit(problem: Problem, state: FitState) -> PatternFit:
    """What was calculated, with a fit."""
    layout = line_layout(state.shape, problem.reflections.hkl, problem.beam)
    found = calculate(problem, state, layout, LAST_ROUNDS)
    # peaks of other phases must not lend their counts to reflections beside them
    weights = robust_weights(problem, found.peaks, found.background)
    found = calculate(problem, found.state, layout, LAST_ROUNDS, weights)
    cost = robust_cost(problem, found)
    return PatternFit(
        problem,
        found.state,
        found.profiles,
        found.peaks,
        found.background,
        cost,
        lines_curve(problem, found.state),
        np.zeros(len(problem.pattern)),
    )


def _free(m: int, names: tuple[str, ...]) -> FloatArray:
    """(m + 8,) 1 for the cell and the parameters named, 0 for the others."""
    return np.array([1.0] * m + [float(name in names) for name in SHAPE_NAMES])

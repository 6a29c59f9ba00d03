"""Where the fit of a pattern begins: its reflections, widths, areas, and the best cell nearby."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import find_peaks, peak_widths

from zeoloom.diffraction.background import background_of
from zeoloom.diffraction.peak_shape import (
    SHAPE_NAMES,
    line_layout,
    line_table,
    lorentz_polarisation,
    shape_of_cell,
)
from zeoloom.diffraction.possible_reflections import possible_reflections
from zeoloom.diffraction.whole_pattern import FitState, Problem, calculate
from zeoloom.errors import InputError

if TYPE_CHECKING:
    from zeoloom.diffraction.beam import Beam
    from zeoloom.diffraction.pattern import Pattern
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations

FIRST_REFLECTIONS = 12
"""Reflections of the first stage."""

GROWTH = 1.35
"""Factor of the range in tan theta from stage to stage."""

ZEROS = (-0.1, 0.0, 0.1)

SIZES = (-0.006, -0.004, -0.002, 0.0, 0.002, 0.004, 0.006)
"""Shifts and relative changes of the cell that are tried at the start."""

FEWEST_FIRST, FARTHEST_FIRST = 4, 28.0
"""Reflections, and degrees, of the first stage at least."""

SMALLEST_WIDTH, GREATEST_WIDTH = 0.03, 0.6
"""Degrees."""

FIRST_ROUNDS = 30
"""In which areas and background of a start are found."""


def beginning(
    pattern: Pattern,
    beam: Beam,
    cell: FloatArray,
    operations: SymmetryOperations,
    radiation: Radiation,
) -> tuple[Problem, FitState]:
    """What is to be fitted, and where the fit begins.

    Args:
        pattern: measured.
        beam: its wavelengths.
        cell: Å, (3, 3).
        operations: the space group.
        radiation: what was scattered.

    Raises:
        InputError: if no reflection lies in the range of the pattern, or more than it has points.
    """
    d_min = 0.5 * beam.first / np.sin(np.radians(0.5 * (min(pattern.two_theta[-1], 179.0) + 0.3)))
    listed = possible_reflections(cell, operations, float(d_min))
    theta = np.arcsin(np.minimum(0.5 * beam.first / listed.d, 1.0))
    seen = 2.0 * np.degrees(theta) > pattern.two_theta[0] - 0.3
    listed, theta = listed.only(seen), theta[seen]
    if len(listed) == 0:
        raise InputError(
            f"no reflection of this cell lies between {pattern.two_theta[0]:g} and "
            f"{pattern.two_theta[-1]:g}°; check the cell, the wavelength, the range, and "
            "whether the angles are two-theta in degrees"
        )
    if len(listed) > len(pattern):
        raise InputError(
            f"this cell has {len(listed):,} reflections in the range of the pattern, more than its "
            f"{len(pattern):,} points; check the cell and the wavelength of {beam.first:g} Å, "
            "or give a smaller range with --two-theta"
        )
    background = background_of(pattern)
    start = shape_of_cell(
        cell, operations, typical_width(pattern, background.values(background.start))
    )
    share = listed.multiplicity * lorentz_polarisation(theta, radiation)
    problem = Problem(pattern, beam, listed, background, start, share)
    return problem, FitState(start, background.start, equal_areas(problem))


def equal_areas(problem: Problem) -> FloatArray:
    """(k,) areas to begin with: as if all |F|^2 were equal."""
    pattern = problem.pattern
    above = pattern.counts - problem.background.values(problem.background.start)
    area = float(np.trapezoid(np.maximum(above, 0.0), pattern.two_theta))
    return np.asarray(problem.share * (max(area, 1e-9) / problem.share.sum()))


def typical_width(pattern: Pattern, background: FloatArray) -> float:
    """Degrees, the median width of the highest peaks."""
    above = pattern.counts - background
    smooth = np.convolve(above, np.ones(3) / 3.0, mode="same")
    peaks, about = find_peaks(smooth, prominence=8.0 * float(np.median(pattern.esd)), width=2)
    if len(peaks) == 0:
        return 0.15
    best = peaks[np.argsort(-about["prominences"])[:15]]
    points = peak_widths(smooth, best, rel_height=0.5)[0]
    step = float(np.median(np.diff(pattern.two_theta)))
    return float(np.clip(np.percentile(points, 35) * step, SMALLEST_WIDTH, GREATEST_WIDTH))


def angle_stages(problem: Problem) -> list[float]:
    """Degrees two-theta up to which the pattern is fitted, stage by stage."""
    layout = line_layout(problem.start, problem.reflections.hkl, problem.beam)
    position = np.sort(line_table(problem.start, layout)[layout.start[:-1], 0])
    last = len(position) - 1
    first = min(float(position[min(FIRST_REFLECTIONS, last)]), FARTHEST_FIRST)
    first = max(first, float(position[min(FEWEST_FIRST, last)])) + 0.5
    end, angles = float(problem.pattern.two_theta[-1]), []
    tangent = np.tan(np.radians(0.5 * max(first, problem.pattern.two_theta[0] + 8.0)))
    while (angle := 2.0 * np.degrees(np.arctan(tangent))) < end:
        angles.append(float(angle))
        tangent *= GROWTH
    return [*angles, end + 1.0]


def best_start(problem: Problem, state: FitState) -> FitState:
    """The best of some cells and zeros near the ones given, by how the low angles fit."""
    found = []
    for zero in ZEROS:
        for size in SIZES:
            shape = state.shape
            values = shape.values.copy()
            values[SHAPE_NAMES.index("zero")] = zero
            moved = replace(shape, metric=shape.metric / (1.0 + size) ** 2, values=values)
            layout = line_layout(moved, problem.reflections.hkl, problem.beam, asymmetric=False)
            started = replace(state, shape=moved, intensity=equal_areas(problem))
            tried = calculate(problem, started, layout, FIRST_ROUNDS)
            # a little for being far from what was given, where the fit cannot tell
            off = problem.pattern.counts - tried.peaks - tried.background
            cost = float(((off / problem.pattern.esd) ** 2).sum())
            found.append((cost * (1.0 + 40.0 * abs(size) + abs(zero)), moved))
    shape = min(found, key=lambda each: each[0])[1]
    return replace(state, shape=shape)

"""Peaks of a pattern that no reflection of the cell accounts for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import find_peaks

from zeoloom.diffraction.foreign_lines import SHAPE_ERROR
from zeoloom.diffraction.foreign_phases import likely_phases, lines_of_phases, same_line

if TYPE_CHECKING:
    from zeoloom.diffraction.pattern_fit import PatternFit
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray

UNEXPLAINED = 0.02
"""Height of a peak that is worth a word, relative to the highest one."""

NEAR = 1.5
"""Widths around the top of an unexplained peak that count as its own."""

NEAR_LINE = 0.7
"""Widths around a line of another phase within which it must be found."""


def unexplained_points(fit: PatternFit) -> IntArray:
    """Indices of the tops of peaks in what a fit leaves."""
    pattern = fit.problem.pattern
    step = float(np.median(np.diff(pattern.two_theta)))
    width = max(float(np.median(fit.widths)) / step, 2.0)
    smooth = np.convolve(fit.residual, np.ones(int(width) | 1) / (int(width) | 1), mode="same")
    noise = pattern.esd / np.sqrt(width)
    least = UNEXPLAINED * float((pattern.counts - fit.background).max())
    tops, _ = find_peaks(smooth, prominence=0.5 * least, distance=max(int(width), 1))
    highest = maximum_filter1d(fit.peaks, 4 * int(width) + 1)
    above = (smooth > least) & (smooth > 6.0 * noise) & (smooth > 0.3 * fit.peaks)
    above &= smooth > SHAPE_ERROR * highest
    return np.asarray(tops[above[tops]], dtype=np.int64)


def seen_lines(fit: PatternFit) -> tuple[FloatArray, FloatArray]:
    """Degrees (f,) and counts (f,) of peaks that no reflection explains.

    Those that are fitted as lines of other phases, and whatever is left beside them.
    """
    points = unexplained_points(fit)
    angles = [fit.state.shape.foreign[:, 0], fit.problem.pattern.two_theta[points]]
    heights = [fit.line_heights, fit.residual[points]]
    return np.concatenate(angles), np.concatenate(heights)


def hidden_heights(fit: PatternFit) -> FloatArray:
    """(n,) counts that lines of other phases which are not seen may have; 0 away from them.

    These are the other lines of common phases that unexplained peaks may belong to, and that
    reflections may hide: they are taken for as high as the lowest that is seen of those that are
    stronger in the phase, or as the highest that is seen if none is.
    """
    angles, seen = seen_lines(fit)
    heights = np.zeros(len(fit.problem.pattern))
    spacings = spacings_at(fit, angles)
    for phase in phases_beside(fit):
        least = np.inf
        lines = lines_of_phases([phase])
        highest = max(seen[[same_line(each, lines) for each in spacings]], default=0.0)
        for line in lines:
            own = seen[[same_line(each, [line]) for each in spacings]]
            if len(own):
                least = min(least, float(own.max()))
                continue
            near = near_points(fit, angles_of(fit, np.array([line])))
            heights[near] = np.maximum(heights[near], min(least, highest))
    return heights


def phases_beside(fit: PatternFit) -> list[str]:
    """Common phases that unexplained peaks may belong to."""
    angles, heights = seen_lines(fit)
    above = fit.problem.pattern.counts - fit.background

    def height_at(spacing: float) -> float:
        angle = angles_of(fit, np.array([spacing]))
        near = near_points(fit, angle, NEAR_LINE)
        return float(above[near].max()) if near.any() else float("inf")

    return likely_phases(spacings_at(fit, angles).tolist(), heights.tolist(), height_at)


def spacings_at(fit: PatternFit, angles: FloatArray) -> FloatArray:
    """(k,) Å, spacings of lines at measured angles (k,), by the first wavelength."""
    shape = fit.state.shape
    theta = np.radians(0.5 * (angles - shape.value("zero") - shape.value("displacement")))
    return np.asarray(0.5 * fit.problem.beam.first / np.sin(np.maximum(theta, 1e-3)))


def angles_of(fit: PatternFit, spacings: FloatArray) -> FloatArray:
    """(k,) degrees, where lines of spacings (k,) Å are measured, if they can be."""
    shape = fit.state.shape
    sines = 0.5 * fit.problem.beam.first / spacings
    angles = 2.0 * np.degrees(np.arcsin(sines[sines < 1.0]))
    return np.asarray(angles + shape.value("zero") + shape.value("displacement"))


def near_points(fit: PatternFit, tops: FloatArray, widths: float = NEAR) -> BoolArray:
    """(n,) the points around peaks at angles (k,), as far as a peak reaches."""
    angles = fit.problem.pattern.two_theta
    reach = widths * float(np.median(fit.widths))
    near = np.zeros(len(angles), dtype=bool)
    for top in tops:
        near |= np.abs(angles - top) < reach
    return near

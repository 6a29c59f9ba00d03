"""Peaks of a pattern that no reflection of the cell accounts for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.signal import find_peaks

if TYPE_CHECKING:
    from zeoloom.diffraction.pattern_fit import PatternFit
    from zeoloom.geometry.arrays import BoolArray, IntArray

UNEXPLAINED = 0.02
"""Height of a peak that is worth a word, relative to the highest one."""

SHAPE_ERROR = 0.1
"""Share of a peak's height that may be left beside it by errors of its shape."""

NEAR = 1.5
"""Widths around the top of an unexplained peak that count as its own."""


def unexplained_points(fit: PatternFit) -> IntArray:
    """Indices of the tops of unexplained peaks."""
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


def near_points(fit: PatternFit, tops: IntArray) -> BoolArray:
    """(n,) the points around some tops, as far as a peak reaches."""
    angles = fit.problem.pattern.two_theta
    reach = NEAR * float(np.median(fit.widths))
    near = np.zeros(len(angles), dtype=bool)
    for top in tops:
        near |= np.abs(angles - angles[top]) < reach
    return near

"""A powder pattern as a laboratory diffractometer might measure it of a framework.

    counts(2theta) = Poisson(background + sum over lines of w m |F|^2 LP p(2theta - 2theta_0))

with the pseudo-Voigt p of `peak_shape` and the line weights w of K-alpha 1 and 2. What makes the
intensities those of a real material and not of the ideal one is `simulation.Difficulty`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.beam import K_ALPHA, beam_of_lines
from zeoloom.diffraction.pattern import Pattern
from zeoloom.diffraction.peak_shape import (
    line_layout,
    line_table,
    lorentz_polarisation,
    shape_of_cell,
)
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.errors import InputError

if TYPE_CHECKING:
    from zeoloom.diffraction.peak_shape import PeakShape
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

CALCINED = Difficulty(shift=0.03, aluminium=0.1, guests=0.1, noise=0.02, fwhm=0.12)
"""A calcined sample that has taken up some water, on a good laboratory instrument."""

BACKGROUND = (60.0, 240.0, 12.0)
"""Counts: what is flat, what falls, and the degrees over which it falls to a third."""


def simulate_pattern(
    framework: Framework,
    rng: np.random.Generator,
    difficulty: Difficulty = CALCINED,
    *,
    step: float = 0.02,
    strongest: float = 8000.0,
) -> Pattern:
    """A powder pattern of a framework with Cu K-alpha 1 and 2.

    Args:
        framework: with oxygen, in the cell and setting of the material.
        rng: source of randomness.
        difficulty: what makes the material differ from the framework, range and width of lines.
        step: degrees 2theta.
        strongest: counts of the strongest point above the background, about.

    Raises:
        InputError: if the framework has no oxygen, or no reflection lies in the range.
    """
    if len(framework.frac_o) == 0:
        raise InputError(f"{framework.name} has no oxygen; put it in with zeoloom.refine")
    reflections = simulated(framework, difficulty, rng)
    two_theta = np.arange(difficulty.first, difficulty.last + 0.5 * step, step)
    shape = shape_of_cell(framework.cell, framework.operations, difficulty.fwhm)
    lines = _lines(shape, reflections.hkl, reflections.intensity, two_theta)
    flat, falling, range_ = BACKGROUND
    expected = strongest * lines / lines.max()
    expected += flat + falling * np.exp(-(two_theta - two_theta[0]) / range_)
    counts = rng.poisson(expected).astype(np.float64)
    return Pattern(
        two_theta,
        counts,
        np.sqrt(np.maximum(counts, 1.0)),
        beam_of_lines(*K_ALPHA["Cu"]),
        "xray",
    )


def _lines(
    shape: PeakShape, hkl: np.ndarray, intensity: FloatArray, two_theta: FloatArray
) -> FloatArray:
    """(n,) sum of the lines of reflections (k, 3), each a pseudo-Voigt of area w m |F|^2 LP."""
    layout = line_layout(shape, hkl, beam_of_lines(*K_ALPHA["Cu"]), asymmetric=False)
    total = np.zeros(len(two_theta))
    table = line_table(shape, layout)
    for owner, (position, width, share, weight) in zip(layout.owner, table, strict=True):
        factor = lorentz_polarisation(np.radians(0.5 * np.array([position])), "xray")[0]
        apart = (two_theta - position) / width
        lorentz = 2.0 / (np.pi * (1.0 + 4.0 * apart**2))
        gauss = 2.0 * np.sqrt(np.log(2.0) / np.pi) * np.exp2(-4.0 * apart**2)
        area = weight * intensity[owner] * factor
        total += area * (share * lorentz + (1.0 - share) * gauss) / width
    return total

"""A powder pattern as it was fitted, and the curve that a framework would give in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.beam import Beam
from zeoloom.diffraction.fit_results import profile_matrix
from zeoloom.diffraction.peak_shape import line_layout, line_table, lorentz_polarisation
from zeoloom.diffraction.structure_factors import group_sums
from zeoloom.diffraction.whole_pattern import profiles_of

if TYPE_CHECKING:
    from zeoloom.diffraction.agreement import FittedIntensities
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.diffraction.pattern_fit import PatternFit
    from zeoloom.diffraction.peak_shape import PeakShape
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.geometry.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class FittedProfile:
    """A powder pattern, and the fit of it without a framework.

    Attributes:
        two_theta: (n,) degrees, as measured.
        counts: (n,).
        esd: (n,) their uncertainties.
        fitted: (n,) with the background.
        background: (n,), with the lines of other phases.
        beam: its wavelengths.
        shape: of the peaks, without lines of other phases.
        radiation: what was scattered.
    """

    two_theta: FloatArray
    counts: FloatArray
    esd: FloatArray
    fitted: FloatArray
    background: FloatArray
    beam: Beam
    shape: PeakShape
    radiation: Radiation

    def r_wp(self, curve: FloatArray) -> float:
        """Weighted profile R factor of a curve (n,)."""
        squares = ((self.counts - curve) / self.esd) ** 2
        return float(np.sqrt(squares.sum() / ((self.counts / self.esd) ** 2).sum()))

    def positions(self, measurement: Measurement) -> FloatArray:
        """(m,) degrees two-theta of the reflections of a measurement, by the first wavelength."""
        first = Beam(self.beam.wavelengths[:1], (1.0,))
        layout = line_layout(self.shape, measurement.scattering.hkl, first, asymmetric=False)
        return np.asarray(line_table(self.shape, layout)[:, 0])

    def curve_of(self, measurement: Measurement, found: FittedIntensities) -> FloatArray:
        """(n,) counts that a framework gives, with the background of the fit.

        Args:
            measurement: that the fit of the pattern has led to.
            found: intensities of the framework, at the scale of the measured ones.
        """
        plan = measurement.scattering
        layout = line_layout(self.shape, plan.hkl, self.beam)
        matrix = profile_matrix(
            profiles_of(self.two_theta, self.shape, layout), len(self.two_theta)
        )
        sine = np.minimum(self.beam.first * np.sqrt(plan.s_squared), 1.0)
        factor = lorentz_polarisation(np.arcsin(sine), self.radiation)
        squares = found.scale * plan.multiplicity * np.abs(found.factors) ** 2
        sums = group_sums(squares, measurement.group, len(measurement.observed))
        # within a group what was measured is divided as it is calculated
        ratio = np.maximum(measurement.observed, 0.0) / np.maximum(sums, 1e-9 * sums.max())
        measured = matrix @ (factor * squares * ratio[measurement.group])
        scale = measured @ (self.fitted - self.background) / max(measured @ measured, 1e-300)
        return np.asarray(self.background + scale * (matrix @ (factor * squares)))


def profile_of_fit(fit: PatternFit, radiation: Radiation) -> FittedProfile:
    """A fitted pattern without what only the fit needs."""
    pattern = fit.problem.pattern
    return FittedProfile(
        pattern.two_theta,
        pattern.counts,
        pattern.esd,
        np.asarray(fit.peaks + fit.background),
        np.asarray(fit.background + fit.foreign),
        fit.problem.beam,
        replace(fit.state.shape, foreign=np.zeros((0, 2))),
        radiation,
    )

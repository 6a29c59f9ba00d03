"""What was measured and is not of the framework: difference structure factors.

The intensity of a group is divided among its reflections as it is calculated, and each amplitude
gets the phase of the framework with flat pores. Where a guest is, the difference is positive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.agreement import fitted_intensities
from zeoloom.diffraction.structure_factors import structure_factors

if TYPE_CHECKING:
    from zeoloom.diffraction.agreement import ComplexArray
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.structure.records import Framework

MOST_RATIO = 3.0
"""Ratio of amplitudes, observed to calculated, beyond which the division is not trusted."""


def difference_factors(measurement: Measurement, framework: Framework) -> ComplexArray:
    """(n,) F_observed - F_framework of the reflections of a measurement, per cell.

    Args:
        measurement: of the framework's cell and group.
        framework: with oxygen.
    """
    fitted = fitted_intensities(measurement, framework)
    plan = measurement.scattering
    bare = structure_factors(framework, plan) * np.exp(-fitted.b * plan.s_squared)
    least = 1e-3 * float(fitted.calculated.max())
    ratio = np.maximum(measurement.observed, 0.0) / np.maximum(fitted.calculated, least)
    amplitude = np.minimum(np.sqrt(ratio), MOST_RATIO)[measurement.group]
    return np.asarray(amplitude * fitted.factors - bare)

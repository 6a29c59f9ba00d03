"""Sums of peak profiles over a pattern, compiled.

A reflection has one line or several: one for each wavelength, and for each of them several where
the peak is asymmetric. Its profile is the sum of pseudo-Voigt functions at its lines, and is kept
for the points first[k] to last[k] of the pattern, from offset[k] on in one array for all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from zeoloom.geometry.compiled import compiled, compiled_with_reordered_sums

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

GAUSS = 4.0 * math.log(2.0)
"""A Gaussian of full width 1 at half maximum is exp(-GAUSS x^2)."""

GAUSS_HEIGHT = math.sqrt(GAUSS / math.pi)

LORENTZ_HEIGHT = 2.0 / math.pi

GAUSS_REACH = 3.0
"""Widths beyond which a Gaussian is 0 to ten digits."""


@compiled
def fill_profiles(
    two_theta: FloatArray,
    first: IntArray,
    last: IntArray,
    offset: IntArray,
    line_start: IntArray,
    lines: FloatArray,
    profiles: FloatArray,
) -> None:
    """Write the profile of each reflection, of area 1.

    Args:
        two_theta: (n,) degrees.
        first: (k,) where the points of a profile begin.
        last: (k,) where they end.
        offset: (k,) where the profile is kept.
        line_start: (k + 1,) reflection i has the lines line_start[i] to line_start[i + 1].
        lines: (s, 4) position, full width at half maximum, share of the Lorentzian, weight.
        profiles: filled.
    """
    profiles[:] = 0.0
    for k in range(len(first)):
        start = offset[k] - first[k]
        for s in range(line_start[k], line_start[k + 1]):
            position, width, share, weight = lines[s, 0], lines[s, 1], lines[s, 2], lines[s, 3]
            lorentz = weight * share * LORENTZ_HEIGHT / width
            gauss = weight * (1.0 - share) * GAUSS_HEIGHT / width
            for i in range(first[k], last[k]):
                z = (two_theta[i] - position) / width
                value = lorentz / (1.0 + 4.0 * z * z)
                if abs(z) < GAUSS_REACH:
                    value += gauss * math.exp(-GAUSS * z * z)
                profiles[start + i] += value


@compiled
def add_profiles(
    total: FloatArray,
    intensity: FloatArray,
    first: IntArray,
    last: IntArray,
    offset: IntArray,
    profiles: FloatArray,
) -> None:
    """Add all profiles times their intensities to `total` (n,)."""
    for k in range(len(first)):
        start = offset[k] - first[k]
        for i in range(first[k], last[k]):
            total[i] += intensity[k] * profiles[start + i]


@compiled
def share_out(
    observed: FloatArray,
    weights: FloatArray,
    intensity: FloatArray,
    first: IntArray,
    last: IntArray,
    offset: IntArray,
    profiles: FloatArray,
    total: FloatArray,
    rounds: int,
) -> None:
    """Rounds in which each intensity is multiplied by observed over calculated under its profile.

    As Le Bail's rounds (Mat. Res. Bull. 23 (1988) 447), reflections in one place keep their ratio
    and none becomes negative. The sums are weighted as in least squares, whose minimum is reached
    (Daube-Witherspoon & Muehllehner, IEEE Trans. Med. Imaging 5 (1986) 61), so that the noise
    between the peaks does not add to them.

    Args:
        observed: (n,) counts without the background.
        weights: (n,).
        intensity: (k,) changed in place.
        first: as in `fill_profiles`.
        last: as there.
        offset: as there.
        profiles: as there.
        total: (n,) filled with the calculated sum before the last round.
        rounds: how many.
    """
    for _ in range(rounds):
        total[:] = 0.0
        add_profiles(total, intensity, first, last, offset, profiles)
        for k in range(len(first)):
            start = offset[k] - first[k]
            seen, known = 0.0, 0.0
            for i in range(first[k], last[k]):
                weight = weights[i] * profiles[start + i]
                seen += weight * observed[i]
                known += weight * total[i]
            if known > 0.0:
                intensity[k] *= min(max(seen / known, 0.01), 100.0)


@compiled_with_reordered_sums
def add_derivatives(
    two_theta: FloatArray,
    first: IntArray,
    last: IntArray,
    line_start: IntArray,
    lines: FloatArray,
    slopes: FloatArray,
    intensity: FloatArray,
    jacobian: FloatArray,
) -> None:
    """Add the derivatives of the calculated pattern to a Jacobian.

    Args:
        two_theta: as in `fill_profiles`.
        first: as there.
        last: as there.
        line_start: as there.
        lines: as there.
        slopes: (s, 3, p) of position, width and share of each line by each parameter.
        intensity: (k,).
        jacobian: (n, p), added to.
    """
    n_parameters = jacobian.shape[1]
    for k in range(len(first)):
        for s in range(line_start[k], line_start[k + 1]):
            position, width, share = lines[s, 0], lines[s, 1], lines[s, 2]
            scale = intensity[k] * lines[s, 3]
            if scale == 0.0:
                continue
            for i in range(first[k], last[k]):
                z = (two_theta[i] - position) / width
                bottom = 1.0 / (1.0 + 4.0 * z * z)
                lorentz = LORENTZ_HEIGHT / width * bottom
                gauss = 0.0
                if abs(z) < GAUSS_REACH:
                    gauss = GAUSS_HEIGHT / width * math.exp(-GAUSS * z * z)
                # derivatives of both functions by z, then by position and width
                slope = (
                    -8.0 * z * bottom * share * lorentz - 2.0 * GAUSS * z * (1.0 - share) * gauss
                )
                value = share * lorentz + (1.0 - share) * gauss
                by_position = -scale * slope / width
                by_width = -scale * (slope * z + value) / width
                by_share = scale * (lorentz - gauss)
                for p in range(n_parameters):
                    jacobian[i, p] += (
                        by_position * slopes[s, 0, p]
                        + by_width * slopes[s, 1, p]
                        + by_share * slopes[s, 2, p]
                    )

"""A measured powder pattern: counts by angle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.diffraction.beam import Beam
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.geometry.arrays import BoolArray, FloatArray

FEWEST_POINTS = 50
"""Points of the shortest pattern that a fit makes sense of."""

NEGATIVE_SHARE = 0.01
"""Of the counts: from so many below 0 on a background was subtracted."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Counts by angle, as measured.

    Attributes:
        two_theta: degrees, (n,), increasing.
        counts: (n,), in any unit.
        esd: standard uncertainties of the counts, (n,), all above 0.
        beam: the wavelengths, if the file says them.
        radiation: what was scattered, if the file says it.
        notices: what was assumed or left out.
    """

    two_theta: FloatArray
    counts: FloatArray
    esd: FloatArray
    beam: Beam | None = None
    radiation: Radiation | None = None
    notices: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.two_theta)

    def between(self, low: float, high: float) -> Pattern:
        """The part of the pattern from one angle to another.

        Raises:
            InputError: if hardly any points lie there.
        """
        kept = (self.two_theta >= low) & (self.two_theta <= high)
        if kept.sum() < FEWEST_POINTS:
            raise InputError(
                f"{int(kept.sum())} points lie between {low:g} and {high:g}°; the pattern goes "
                f"from {self.two_theta[0]:g} to {self.two_theta[-1]:g}°, and a fit takes at least "
                f"{FEWEST_POINTS} points"
            )
        return self.only(kept)

    def without(self, spans: Sequence[tuple[float, float]]) -> Pattern:
        """The pattern without some ranges, in degrees two-theta.

        Raises:
            InputError: if a range holds no point, or hardly any points are left.
        """
        kept = np.ones(len(self), dtype=bool)
        for low, high in spans:
            inside = (self.two_theta >= low) & (self.two_theta <= high)
            if not inside.any():
                raise InputError(
                    f"no point lies in the range {low:g}-{high:g}° that is to be left out; the "
                    f"pattern goes from {self.two_theta[0]:g} to {self.two_theta[-1]:g}°"
                )
            kept &= ~inside
        if kept.sum() < FEWEST_POINTS:
            raise InputError(
                f"{int(kept.sum())} points are left beside the ranges that are to be left out; a "
                f"fit takes at least {FEWEST_POINTS}"
            )
        return self.only(kept)

    def far_from_points(self, angles: FloatArray, reach: FloatArray) -> BoolArray:
        """(k,) which angles (k,) lie farther from all points than (k,) reaches."""
        after = np.searchsorted(self.two_theta, angles)
        left = np.abs(angles - self.two_theta[np.maximum(after - 1, 0)])
        right = np.abs(angles - self.two_theta[np.minimum(after, len(self) - 1)])
        return np.asarray(np.minimum(left, right) > reach)

    def only(self, kept: BoolArray) -> Pattern:
        """The points that a mask (n,) keeps."""
        return replace(
            self,
            two_theta=self.two_theta[kept],
            counts=self.counts[kept],
            esd=self.esd[kept],
        )


def pattern_of_points(
    two_theta: FloatArray, counts: FloatArray, esd: FloatArray | None = None
) -> Pattern:
    """A pattern of measured points, checked.

    Where no uncertainties are known they are those of counting, the roots of the counts. Scaled
    counts, whose scatter is well below or above that, are recognised by their differences.

    Args:
        two_theta: degrees, (n,), rising or falling.
        counts: (n,).
        esd: (n,), or None.

    Raises:
        InputError: if these are no pattern; it says what to try.
    """
    if len(two_theta) != len(counts) or (esd is not None and len(esd) != len(counts)):
        raise InputError("angles, counts and uncertainties are not as many; the file is damaged")
    finite = np.isfinite(two_theta) & np.isfinite(counts)
    notices = (
        [] if finite.all() else [f"{int((~finite).sum())} points without a count are left out"]
    )
    two_theta, counts = two_theta[finite], counts[finite]
    if (counts < 0.0).mean() > NEGATIVE_SHARE:
        notices.append(
            f"{int((counts < 0.0).sum()):,} counts are below 0: with a background subtracted their "
            "uncertainties are not known, and R_exp and chi2 say little; better give raw counts"
        )
    esd = None if esd is None else esd[finite]
    if len(two_theta) < FEWEST_POINTS:
        raise InputError(
            f"{len(two_theta)} points, expected a pattern of at least {FEWEST_POINTS}: two "
            "columns, two-theta in degrees and counts"
        )
    steps = np.diff(two_theta)
    if (steps < 0).all():
        two_theta, counts = two_theta[::-1], counts[::-1]
        esd = None if esd is None else esd[::-1]
    elif (steps < 0).any():
        raise InputError(
            "the first column neither rises nor falls throughout, so it is no two-theta; counts "
            "alone, several a line, need --scan START STEP, such as --scan 5 0.02"
        )
    distinct = np.concatenate([[True], np.diff(two_theta) > 0.0])
    two_theta, counts = two_theta[distinct], counts[distinct]
    esd = None if esd is None else esd[distinct]
    _check_angles(two_theta)
    if np.ptp(counts) <= 0.0:
        raise InputError("all counts are equal: this is no pattern")
    known = esd is not None and bool((esd > 0.0).any())
    esd = _positive(esd) if esd is not None and known else _counting_esd(counts)
    return Pattern(two_theta, counts, esd, notices=tuple(notices))


def _check_angles(two_theta: FloatArray) -> None:
    """Raise InputError for spacings, Q, and times of flight."""
    if two_theta[-1] > 180.0 or two_theta[0] < -180.0:
        raise InputError(
            f"{two_theta[0]:g} to {two_theta[-1]:g} cannot be angles two-theta in degrees; "
            "centidegrees must be divided by 100, times of flight are not read, and the step of "
            "--scan START STEP is in degrees"
        )
    steps = np.diff(two_theta)
    ratio = np.median(steps[-len(steps) // 4 :]) / max(
        np.median(steps[: len(steps) // 4 + 1]), 1e-9
    )
    if two_theta[-1] < 30.0 and (ratio > 1.5 or ratio < 1 / 1.5):
        raise InputError(
            f"the steps of the first column change from {steps[0]:g} to {steps[-1]:g}, as those of "
            "spacings d or of Q do; give two-theta in degrees: 2 arcsin(wavelength / 2d), or "
            "2 arcsin(Q wavelength / 4 pi)"
        )


def _positive(esd: FloatArray) -> FloatArray:
    """Uncertainties, the least of the others where one is missing or nothing."""
    good = np.isfinite(esd) & (esd > 0.0)
    return np.where(good, esd, np.percentile(esd[good], 5))


def _counting_esd(counts: FloatArray) -> FloatArray:
    """(n,) uncertainties k * sqrt(count), with k from the scatter of neighbouring points.

    k is 1 for true counts, to within the accuracy of the estimate, and then taken as 1.
    """
    root = np.sqrt(np.maximum(counts, max(1e-3 * float(counts.max()), 1e-12)))
    # third differences are free of slopes and curvature; sum of squares of 1 -3 3 -1 is 20
    scatter = np.diff(counts, 3) / np.sqrt(20.0)
    middle = 0.5 * (root[1:-2] + root[2:-1])
    quiet = counts[1:-2] <= np.percentile(counts, 60)
    factor = 1.4826 * float(np.median(np.abs(scatter[quiet] / middle[quiet])))
    if 0.8 < factor < 1.25 or factor < 1e-6:
        factor = 1.0
    return factor * root

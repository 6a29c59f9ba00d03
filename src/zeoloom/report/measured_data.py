"""What the report shows of a run with measured data: the groups tried, and intensities compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.diffraction.agreement import fitted_intensities
from zeoloom.report.density_data import density_data
from zeoloom.report.page_parts import number_or_none, packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.diffraction.agreement import FittedIntensities
    from zeoloom.diffraction.fitted_profile import FittedProfile
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.judge.judgement import Judgement

ROOT = 10_000
"""Steps of the root of the strongest measured intensity."""

ANGLE = 200
"""Steps of a degree 2theta."""

MOST_HEIGHT = 3.0
"""What is calculated is cut off at so many times the largest of what is measured."""


HEIGHT = 10_000
"""Steps of the largest measured count."""

MOST_DRAWN = 3
"""Frameworks, the first ones, with a map of the density beyond them."""

MOST_POINTS = 1_500
"""Of a curve; the means of some neighbours if the pattern has more."""


@dataclass(frozen=True, slots=True)
class GroupTried:
    """One space group of a search with data.

    Attributes:
        space_group: its symbol, with the setting.
        batches: made in it.
        candidates: frameworks of the table that were found in it.
        e2: the greatest of them; None if nothing was found.
    """

    space_group: str
    batches: int
    candidates: int
    e2: float | None


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """What a search with data has to show beside its frameworks.

    Attributes:
        sure: how sure it is that the first framework is right, in words.
        groups: those tried, in order.
        measurements: what the first frameworks are compared with, by their names.
        profile: the powder pattern, if it is at hand.
    """

    sure: str
    groups: Sequence[GroupTried]
    measurements: Mapping[str, Measurement]
    profile: FittedProfile | None = None


def measured_data(run: MeasuredRun, ordered: Sequence[Judgement]) -> dict[str, Any]:
    """What the page knows of the measured data.

    Args:
        run: with data.
        ordered: the frameworks in the order of the page.
    """
    total = sum(each.batches for each in run.groups)
    patterns: list[Measurement] = []
    compared = []
    for place, judgement in enumerate(ordered):
        measurement = run.measurements.get(judgement.name)
        if measurement is None or judgement.given is None:
            continue
        known = [k for k, each in enumerate(patterns) if each is measurement]
        if not known:
            patterns.append(measurement)
        fitted = fitted_intensities(measurement, judgement.given)
        compared.append(
            {
                "framework": place,
                "pattern": known[0] if known else len(patterns) - 1,
                "calculated": _roots(fitted.calculated, measurement),
                "density": number_or_none(fitted.density, 3),
                "curve": _curve(run.profile, measurement, fitted),
            }
        )
    return {
        "sure": run.sure,
        "groups": [
            {
                "group": each.space_group,
                "share": number_or_none(each.batches / max(total, 1), 4),
                "batches": each.batches,
                "candidates": each.candidates,
                "e2": number_or_none(each.e2, 4),
            }
            for each in run.groups
        ],
        "steps": {"root": ROOT, "angle": ANGLE, "height": HEIGHT},
        "patterns": [
            {
                "angles": packed(np.rint(ANGLE * each.two_theta)),
                "observed": _roots(each.observed, each),
                "ticks": _ticks(run.profile, each),
            }
            for each in patterns
        ],
        "profile": None if run.profile is None else _profile_data(run.profile),
        "compared": compared,
        "maps": _maps(run, ordered),
    }


def _roots(intensities: FloatArray, measurement: Measurement) -> str:
    """Roots of intensities (g,), packed as steps of that of the strongest measured one."""
    strongest = max(float(measurement.observed.max()), 1e-300)
    roots = np.sqrt(np.maximum(intensities, 0.0) / strongest)
    return packed(np.rint(ROOT * np.minimum(roots, MOST_HEIGHT)))


def _maps(run: MeasuredRun, ordered: Sequence[Judgement]) -> list[dict[str, Any]]:
    """The density beyond each of the very first frameworks."""
    drawn = list(run.measurements)[:MOST_DRAWN]
    made = [
        (place, density_data(each, run.measurements[each.name]))
        for place, each in enumerate(ordered)
        if each.name in drawn and each.given is not None
    ]
    return [{"framework": place, **found} for place, found in made if found is not None]


def _profile_data(profile: FittedProfile) -> dict[str, Any]:
    return {
        "angles": packed(np.rint(ANGLE * _thinned(profile.two_theta))),
        "counts": _heights(profile.counts, profile),
        "most": number_or_none(float(profile.counts.max()), 1),
    }


def _curve(
    profile: FittedProfile | None, measurement: Measurement, fitted: FittedIntensities
) -> dict[str, Any] | None:
    """The calculated pattern of a framework, and what is measured beyond it."""
    if profile is None:
        return None
    curve = profile.curve_of(measurement, fitted)
    return {
        "calculated": _heights(curve, profile),
        "difference": _heights(profile.counts - curve, profile),
        "rWp": number_or_none(profile.r_wp(curve), 4),
    }


def _ticks(profile: FittedProfile | None, measurement: Measurement) -> str | None:
    if profile is None:
        return None
    return packed(np.rint(ANGLE * np.sort(profile.positions(measurement))))


def _heights(counts: FloatArray, profile: FittedProfile) -> str:
    """Counts (n,), thinned and packed as steps of the largest measured one."""
    steps = HEIGHT * _thinned(counts) / max(float(profile.counts.max()), 1e-300)
    return packed(np.rint(np.clip(steps, -MOST_HEIGHT * HEIGHT, MOST_HEIGHT * HEIGHT)))


def _thinned(values: FloatArray) -> FloatArray:
    """At most `MOST_POINTS` means of as many neighbours each; a few at the end may be left out."""
    many = -(-len(values) // MOST_POINTS)
    return np.asarray(values[: len(values) // many * many].reshape(-1, many).mean(axis=1))

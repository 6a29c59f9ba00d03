"""What the report shows of a run with measured data: the groups tried, and intensities compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.diffraction.agreement import fitted_intensities
from zeoloom.report.page_parts import number_or_none, packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.judge.judgement import Judgement

ROOT = 10_000
"""Steps of the root of the strongest measured intensity."""

ANGLE = 100
"""Steps of a degree 2theta."""

LARGEST_ROOT = 3.0
"""Roots of calculated intensities, relative to the strongest measured one, are cut off there."""


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
    """

    sure: str
    groups: Sequence[GroupTried]
    measurements: Mapping[str, Measurement]


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
        "steps": {"root": ROOT, "angle": ANGLE},
        "patterns": [
            {
                "angles": packed(np.rint(ANGLE * each.two_theta)),
                "observed": _roots(each.observed, each),
            }
            for each in patterns
        ],
        "compared": compared,
    }


def _roots(intensities: FloatArray, measurement: Measurement) -> str:
    """Roots of intensities (g,), packed as steps of that of the strongest measured one."""
    strongest = max(float(measurement.observed.max()), 1e-300)
    roots = np.sqrt(np.maximum(intensities, 0.0) / strongest)
    return packed(np.rint(ROOT * np.minimum(roots, LARGEST_ROOT)))

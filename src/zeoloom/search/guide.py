"""What was measured, as a guide of the search: how well candidates agree before they are built.

A candidate has T atoms and bonds. With oxygen beside the middles of its bonds it gives structure
factors, and these an E2, though no bond need be right yet. It is a second cost: a crystal with some
right bonds agrees better than one with none, whatever its strain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.correlation import e2, normalised
from zeoloom.diffraction.structure_factors import group_sums
from zeoloom.search.agreement_kernel import LEAST_INTENSITY, Intensities
from zeoloom.search.guide_kernel import candidate_factors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.search.candidates import Candidate

GUIDE_D_MIN = 1.8
"""Å. Groups of a smaller spacing than this are not compared, as candidates are not so well placed
that these say much, and time goes with their number."""

SPACINGS = (1.8, 2.0, 2.2, 2.6, 3.0, 3.6, 4.5, 5.4)
"""Å, least spacings of the intensities that denoising climbs by."""

FEWEST_CLIMBED = 12
"""Groups that denoising climbs by, whatever their spacing, if there are so many."""

FEWEST_GUIDING = 30
"""Groups that are compared, whatever their spacing, if there are so many."""

ORIGIN = 1e-6
"""Fractional. An inversion whose translation is less is in the origin."""

MOST_REFINED = 10
"""Nets of a batch that are refined, those that agree best: E2 is known to a tenth before, and a
batch may find hundreds, whose refinement takes ten times as long as the search."""


@dataclass(frozen=True, slots=True)
class Guide:
    """Intensities that candidates are compared with.

    Attributes:
        measurement: of the cell and group of all candidates, to a lower resolution.
        rotations: (G, 3, 3) of the operations by which images are summed: one of each rotation, and
            of those that an inversion in the origin makes of one another one.
        translations: (G, 3).
        centric: whether there is such an inversion, so that phases are 0 or 180 degrees.
        resolved: the intensities to each of `SPACINGS`.
    """

    measurement: Measurement
    rotations: IntArray
    translations: FloatArray
    centric: bool
    resolved: tuple[Intensities, ...]

    def intensities_to(self, spacing: float) -> Intensities:
        """The intensities whose spacing, Å, is at least this or the next of `SPACINGS`."""
        larger = [k for k, each in enumerate(SPACINGS) if each >= spacing]
        return self.resolved[larger[0] if larger else -1]

    def intensities(self, candidate: Candidate) -> FloatArray:
        """(n,) m |F|^2 of a candidate with oxygen beside its bonds, up to a factor."""
        graph, plan = candidate.graph, self.measurement.scattering
        real, imaginary = candidate_factors(
            candidate.frac_t,
            graph.bonds,
            1.0 / graph.symmetry.orders,
            candidate.target.group,
            self.rotations,
            self.translations,
            plan.hkl,
            plan.most,
            plan.factor_t,
            plan.factor_o,
        )
        squares = real**2 if self.centric else real**2 + imaginary**2
        return np.asarray(plan.multiplicity * squares)

    def agreement(self, candidate: Candidate) -> float:
        """E2 of a candidate, from -1 to 1; whether its bonds are right or not."""
        measurement = self.measurement
        calculated = group_sums(
            self.intensities(candidate), measurement.group, len(measurement.observed)
        )
        return e2(measurement.observed, calculated, measurement.local, measurement.weights)


def guide_from(measurement: Measurement) -> Guide:
    """The guide that a measurement gives, to the resolution that candidates are good for."""
    plan = measurement.scattering
    rotations, translations = plan.rotations[: plan.modulo], plan.translations[: plan.modulo]
    inversion = (rotations == -np.eye(3, dtype=np.int64)).all(axis=(1, 2))
    centric = bool((np.abs(translations[inversion]) < ORIGIN).all() and inversion.any())
    if centric:
        proper = np.linalg.det(rotations) > 0.0
        rotations, translations = rotations[proper], translations[proper]
    images = np.ascontiguousarray(rotations), np.ascontiguousarray(translations)
    resolved = tuple(
        _as_arrays(_resolved(measurement, spacing, FEWEST_CLIMBED), *images, centric)
        for spacing in SPACINGS
    )
    return Guide(_resolved(measurement, GUIDE_D_MIN, FEWEST_GUIDING), *images, centric, resolved)


def _resolved(measurement: Measurement, spacing: float, fewest: int) -> Measurement:
    """A measurement without its groups below a spacing, Å; but with some, if there are so many."""
    plan = measurement.scattering
    number = len(measurement.observed)
    # groups are in order of falling d, and overlap in neither list
    least = np.full(number, np.inf)
    np.minimum.at(least, measurement.group, 0.5 / np.sqrt(plan.s_squared))
    kept = int(np.count_nonzero(np.minimum.accumulate(least) >= spacing))
    kept = max(kept, min(fewest, number))
    rows = measurement.group < kept
    hkl = plan.hkl[rows]
    lower = replace(
        plan,
        hkl=hkl,
        s_squared=plan.s_squared[rows],
        multiplicity=plan.multiplicity[rows],
        factor_t=plan.factor_t[rows],
        factor_o=plan.factor_o[rows],
        most=np.abs(hkl).max(axis=0),
    )
    local = measurement.local[:kept, :kept]
    return replace(
        measurement,
        scattering=lower,
        group=measurement.group[rows],
        observed=measurement.observed[:kept],
        esd=measurement.esd[:kept],
        local=local / local.sum(axis=1, keepdims=True),
        weights=measurement.weights[:kept],
        two_theta=measurement.two_theta[:kept],
    )


def _as_arrays(
    measurement: Measurement, rotations: IntArray, translations: FloatArray, centric: bool
) -> Intensities:
    """What compiled functions need of a measurement."""
    plan, local = measurement.scattering, np.ascontiguousarray(measurement.local)
    ratios = normalised(np.maximum(measurement.observed, 0.0), local)
    return Intensities(
        rotations,
        translations,
        centric,
        plan.hkl,
        plan.most,
        plan.multiplicity,
        plan.factor_t,
        plan.factor_o,
        measurement.group,
        np.sqrt(ratios + LEAST_INTENSITY),
        local,
        measurement.weights,
    )


def agreeing_best(guide: Guide, candidates: Mapping[str, Candidate]) -> dict[str, Candidate]:
    """Those `MOST_REFINED` candidates that agree best, by their names, the best first."""
    agreements = {name: guide.agreement(each) for name, each in candidates.items()}
    names = sorted(agreements, key=lambda name: -agreements[name])
    return {name: candidates[name] for name in names[:MOST_REFINED]}


def guide_cost(
    candidate: Candidate, guide: Guide | None, weight: float, known: dict[bytes, float]
) -> float:
    """Cost of what a candidate lacks in agreement; `known` are the agreements known so far."""
    if guide is None:
        return 0.0
    key = candidate.frac_t.tobytes()
    if key not in known:
        known[key] = guide.agreement(candidate)
    return weight * (1.0 - known[key])

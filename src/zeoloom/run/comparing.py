"""After a search with data: R of the first frameworks, and how sure the first is."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.diffraction.agreement import fitted_intensities
from zeoloom.diffraction.confidence import confidence_in, evidence_of
from zeoloom.diffraction.difference import difference_factors
from zeoloom.errors import InputError
from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space_groups import name_of_setting, operations_of_hall_number
from zeoloom.report.measured_data import GroupTried, MeasuredRun
from zeoloom.run.crystal_requests import SolveRequest
from zeoloom.run.solving import measurement_for, profile_for, requests_by_group
from zeoloom.structure.files.density_map import write_density

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.diffraction.confidence import Confidence
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.judge.judgement import Judgement
    from zeoloom.run.crystal_requests import GenerateRequest
    from zeoloom.run.findings import Findings
    from zeoloom.run.search_result import SearchResult
    from zeoloom.structure.records import Framework

MOST_FITTED = 20
"""Frameworks, the first ones, whose scale, displacements and pores are fitted."""


MOST_MAPS = 3
"""Frameworks, the first ones, of which a difference map is written."""


def with_agreement(
    request: SolveRequest | GenerateRequest, judgements: Sequence[Judgement]
) -> list[Judgement]:
    """Judgements, the first of them with R of the profile or of intensities, if there are data.

    Args:
        request: of the run.
        judgements: the best first.
    """
    judgements = list(judgements)
    if not isinstance(request, SolveRequest) or request.pattern is None:
        return judgements
    for place, each in enumerate(judgements[:MOST_FITTED]):
        if each.given is not None and each.e2 is not None:
            judgements[place] = replace(each, r_wp=_r_wp(request, each.given))
    return judgements


def _r_wp(request: SolveRequest, framework: Framework) -> float:
    """R of the whole profile, if there is one, else of the intensities of groups."""
    single = _request_of(requests_by_group(request), framework)
    measurement, profile = measurement_for(single), profile_for(single)
    assert measurement is not None
    fitted = fitted_intensities(measurement, framework)
    return fitted.r if profile is None else profile.r_wp(profile.curve_of(measurement, fitted))


def write_maps(
    request: SolveRequest | GenerateRequest, folder: Path, judgements: Sequence[Judgement]
) -> None:
    """Write `NAME.ccp4` for the first frameworks, if there are data: what lies in the pores.

    Args:
        request: of the run.
        folder: to write to.
        judgements: the best first.
    """
    if not isinstance(request, SolveRequest) or request.pattern is None:
        return
    for each in judgements[:MOST_MAPS]:
        if each.given is not None and each.e2 is not None:
            measurement = measurement_of_framework(request, each.given)
            factors = difference_factors(measurement, each.given)
            hkl = measurement.scattering.hkl
            with suppress(InputError):  # a setting that no table knows
                write_density(folder / f"{each.name}.ccp4", each.given, hkl, factors)


def confidence_of(
    request: SolveRequest | GenerateRequest,
    judgements: Sequence[Judgement],
    left_out: int = 0,
) -> Confidence | None:
    """How sure it is that the first framework is the one measured; None without data or frameworks.

    Args:
        request: of the run.
        judgements: all that were refined, the best first.
        left_out: nets that were compared, and not judged, as others agreed better.
    """
    if not isinstance(request, SolveRequest) or request.pattern is None:
        return None
    compared = [each for each in judgements if each.e2 is not None and each.given is not None]
    if not compared:
        return None
    first = compared[0].given
    assert first is not None
    measurement = measurement_of_framework(request, first)
    ranked = [(each.e2 or 0.0, each.r_dls_cell or np.inf) for each in compared]
    evidence = evidence_of(ranked, measurement.overlapping, len(measurement.observed))
    evidence = replace(evidence, candidates=evidence.candidates + left_out)
    return confidence_in(compared[0].name, evidence)


def measurement_of_framework(request: SolveRequest, framework: Framework) -> Measurement:
    """What was measured, in the space group that a framework was found in."""
    measurement = measurement_for(_request_of(requests_by_group(request), framework))
    assert measurement is not None
    return measurement


def _request_of(requests: Sequence[SolveRequest], framework: Framework) -> SolveRequest:
    """That of the space group that a framework was found in."""
    for each in requests:
        operations = identity_first(operations_of_hall_number(each.hall_number))
        same = framework.operations.rotations.shape == operations.rotations.shape
        if same and (
            (framework.operations.rotations == operations.rotations).all()
            and np.allclose(framework.operations.translations, operations.translations)
        ):
            return each
    raise AssertionError(f"{framework.name} is in none of the groups searched")


def measured_run(
    request: SolveRequest | GenerateRequest, findings: Findings, result: SearchResult
) -> MeasuredRun | None:
    """What the report shows of the data beside the frameworks; None without data."""
    if not isinstance(request, SolveRequest) or request.pattern is None:
        return None
    requests = requests_by_group(request)
    found, measurements = Counter[int](), {}
    for place, each in enumerate(result.judgements):
        if each.given is None or each.e2 is None:
            continue
        single = _request_of(requests, each.given)
        found[single.hall_number] += 1
        measurement = measurement_for(single) if place < MOST_FITTED else None
        if measurement is not None:
            measurements[each.name] = measurement
    groups = [
        GroupTried(name_of_setting(hall), batches, found[hall], findings.best_e2.get(hall))
        for hall, batches in findings.batches.items()
    ]
    profile = profile_for(requests[0])
    return MeasuredRun(str(result.confidence or ""), groups, measurements, profile)


def diffraction_record(
    request: SolveRequest | GenerateRequest, findings: Findings, result: SearchResult
) -> dict[str, Any]:
    """What the record of a run says of the groups tried, and of the first framework."""
    if not isinstance(request, SolveRequest) or request.pattern is None:
        return {}
    groups = [
        {
            "space_group": name_of_setting(hall_number),
            "hall_number": hall_number,
            "batches": batches,
            "e2": findings.best_e2.get(hall_number),
        }
        for hall_number, batches in findings.batches.items()
    ]
    sure = result.confidence
    return {"groups": groups, "confidence": None if sure is None else asdict(sure)}

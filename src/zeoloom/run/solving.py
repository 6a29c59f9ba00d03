"""What `solve` searches: each space group with its cell, and what was measured of it."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.reflection_files import holds_reflections, read_reflections
from zeoloom.diffraction.reflection_records import REFLECTIONS_TABLE
from zeoloom.diffraction.reflections import without_ranges
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space_groups import (
    hall_number_of,
    name_of_setting,
    operations_of_hall_number,
)
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.pattern_requests import PatternRequest
from zeoloom.run.request import parse_request
from zeoloom.search.guide import guide_from
from zeoloom.search.target import fitting_cell, targets_in_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zeoloom.diffraction.fitted_profile import FittedProfile
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.diffraction.pattern_fit import PatternFit
    from zeoloom.diffraction.reflections import Radiation, Reflections
    from zeoloom.search.guide import Guide

CELL_DIFFERENCE = 0.02
"""Relative. A cell given beside data that have another one is refused if it differs by more."""

SYMBOLS_TABLE = "extinction_symbols.csv"
"""In a folder of `pattern`: symbols, logarithms of their probabilities, groups."""

WORSE_SYMBOL = 3.0
"""Logarithm of the probability by which a symbol may be worse than the best to be tried."""

EXPLORATION = 0.15
"""E2 that a group is taken to be better by, the less it has been tried."""


def search_parts(
    request: SolveRequest | GenerateRequest,
) -> Sequence[SolveRequest | GenerateRequest]:
    """The parts of a search: of `solve` those of `requests_by_group`; `generate` is one part."""
    return requests_by_group(request) if isinstance(request, SolveRequest) else [request]


def requests_by_group(request: SolveRequest) -> list[SolveRequest]:
    """One request for each space group, with the whole cell, in the order in which they are tried.

    Groups whose orbits cannot give the atoms asked for are left out, if others can.

    Raises:
        InputError: if data, cell and groups contradict one another, or nothing fits.
    """
    cell, groups = request.cell, request.space_group
    if request.pattern is not None:
        _check_options(request, request.pattern)
        if groups == () and not holds_reflections(request.pattern):
            groups = _best_groups(_source_of(request, cell, None))
        data = _reflections(_source_of(request, cell, groups[0] if groups else None))
        measured = tuple(round(float(x), 5) for x in parameters_from_cell(data.cell))
        cell = cell or measured
        _check_same_cell(cell, measured)
        groups = groups or _groups_of(request.pattern, data, auto=groups == ())
    assert groups is not None
    requests, faults = [], []
    for hall_number in groups:
        single = request.model_copy(update={"space_group": (hall_number,), "cell": cell})
        try:
            fitted = fitting_cell(single.given_cell, hall_number)
            targets_in_cell(fitted, hall_number, request.limits)
            measurement_for(single)
        except InputError as error:
            faults.append(str(error))
        else:
            requests.append(single)
    if not requests:
        raise InputError("; ".join(faults))
    return requests


@dataclass(frozen=True, slots=True)
class _Source:
    """Where data come from, and what is known of them beside.

    Attributes:
        path: of the file or folder.
        cell: parameters, if given.
        group: Hall number, if given.
        radiation: if given.
        wavelength: if given.
        exclude: ranges of angles that are left out.
        measured: what is known to be there already; no part of what makes sources differ.
    """

    path: Path
    cell: tuple[float, ...] | None
    group: int | None
    radiation: Radiation | None
    wavelength: str | None
    exclude: tuple[tuple[float, float], ...]
    measured: Reflections | None = field(default=None, compare=False)


def _source_of(request: SolveRequest, cell: tuple[float, ...] | None, group: int | None) -> _Source:
    assert request.pattern is not None
    exclude = request.exclude or ()
    return _Source(request.pattern, cell, group, request.radiation, request.wavelength, exclude)


def measured_for(request: SolveRequest | GenerateRequest) -> Reflections | None:
    """What was measured, for a request with one group; of a pattern as a fit gives it.

    Raises:
        InputError: if the data cannot be read.
    """
    if not isinstance(request, SolveRequest) or request.pattern is None:
        return None
    return _reflections(_source_of(request, request.given_cell, request.hall_number))


def measurement_for(
    request: SolveRequest, measured: Reflections | None = None
) -> Measurement | None:
    """What the frameworks of a request with one group are compared with; None without data.

    Args:
        request: with one group.
        measured: what `measured_for` has given, perhaps in another process; None to ask it.

    Raises:
        InputError: if the data cannot be read, or are too few.
    """
    if request.pattern is None:
        return None
    source = _source_of(request, request.given_cell, request.hall_number)
    return _measurement(replace(source, measured=measured))


def guide_for(request: SolveRequest) -> Guide | None:
    """What guides the search of a request with one group; None without data, or if unwanted.

    Raises:
        InputError: as `measurement_for`.
    """
    if not request.guided:
        return None
    return _guide(_source_of(request, request.given_cell, request.hall_number))


@lru_cache(maxsize=64)
def _guide(source: _Source) -> Guide:
    return guide_from(_measurement(source))


@lru_cache(maxsize=64)
def _measurement(source: _Source) -> Measurement:
    assert source.group is not None
    operations = identity_first(operations_of_hall_number(source.group))
    measured = _reflections(source) if source.measured is None else source.measured
    return measurement_of(measured, operations)


@lru_cache(maxsize=64)
def _reflections(source: _Source) -> Reflections:
    """What was measured; of a powder pattern, as a fit with the group gives it."""
    if not holds_reflections(source.path):
        return _fitted(source)
    found = read_reflections(
        source.path,
        cell=None if source.cell is None else cell_from_parameters(source.cell),
        space_group=None if source.group is None else f"hall:{source.group}",
        radiation=source.radiation,
    )
    return without_ranges(found, source.exclude)


def profile_for(request: SolveRequest) -> FittedProfile | None:
    """The powder pattern of a request with one group, and its fit; None if it is not at hand.

    Raises:
        InputError: if the data cannot be read.
    """
    if request.pattern is None:
        return None
    return _profile(_source_of(request, request.given_cell, request.hall_number))


@lru_cache(maxsize=64)
def _profile(source: _Source) -> FittedProfile | None:
    # as in `_fit`
    from zeoloom.diffraction.fitted_profile import profile_of_fit  # noqa: PLC0415
    from zeoloom.run.stored_profile import stored_profile  # noqa: PLC0415

    if holds_reflections(source.path):
        return stored_profile(source.path)
    return profile_of_fit(*_fit(source))


def _fitted(source: _Source) -> Reflections:
    """Reflections of a powder pattern, fitted with the cell and the group given."""
    # as in `_fit`
    from zeoloom.diffraction.fit_results import reflections_of_fit  # noqa: PLC0415

    fit, scattered = _fit(source)
    assert source.group is not None
    return reflections_of_fit(fit, name_of_setting(source.group), scattered)


@lru_cache(maxsize=64)
def _fit(source: _Source) -> tuple[PatternFit, Radiation]:
    """A powder pattern, fitted with the cell and the group given, and what was scattered."""
    # these bring SciPy's signal processing with them, two seconds that other searches need not wait
    from zeoloom.diffraction.pattern_fit import fit_pattern  # noqa: PLC0415
    from zeoloom.run.patterns import pattern_to_fit  # noqa: PLC0415

    request = _pattern_request(source)
    if source.group is None:
        raise InputError(
            f"{source.path} is a powder pattern: give --space-group, or auto to have its "
            "extinction symbols ranked"
        )
    pattern, beam, scattered = pattern_to_fit(request)
    operations = operations_of_hall_number(source.group)
    fit = fit_pattern(pattern, beam, cell_from_parameters(request.cell), operations, scattered)
    return fit, scattered


def _pattern_request(source: _Source) -> PatternRequest:
    """What is asked of a fit of a powder pattern."""
    if source.cell is None:
        raise InputError(
            f"{source.path} is a powder pattern: give --cell, or fit it by `zeoloom pattern` first"
        )
    return parse_request(
        PatternRequest,
        {
            "file": source.path,
            "space_group": source.group,
            "cell": source.cell,
            "radiation": source.radiation,
            "wavelength": source.wavelength,
            "exclude": source.exclude or None,
        },
    )


def _best_groups(source: _Source) -> tuple[int, ...]:
    """Hall numbers of the groups of the best extinction symbols of a powder pattern."""
    from zeoloom.run.patterns import symbols_of_pattern  # noqa: PLC0415 - as in `_fit`

    ranked = symbols_of_pattern(_pattern_request(source))
    best = ranked[0].log_probability - WORSE_SYMBOL
    good = [each.symbol for each in ranked if each.log_probability >= best]
    return tuple(dict.fromkeys(hall for symbol in good for hall in symbol.halls))


def _groups_of(path: Path, data: Reflections, *, auto: bool) -> tuple[int, ...]:
    """The group that data say themselves, or those of the best extinction symbols.

    Args:
        path: of the data.
        data: from there.
        auto: whether the symbols are asked for.
    """
    table = path / SYMBOLS_TABLE
    if table.is_file() and (auto or data.space_group is None):
        with table.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        best = max(float(row["log_probability"]) for row in rows)
        names = [
            name
            for row in rows
            if float(row["log_probability"]) >= best - WORSE_SYMBOL
            for name in row["groups"].split()
        ]
        return tuple(dict.fromkeys(hall_number_of(name) for name in names))
    if data.space_group is None or auto:
        raise InputError(
            "the data do not say their space group, and nothing ranks the extinction symbols; give "
            "--space-group, several with commas, or a folder that `zeoloom pattern` has made "
            "without a group"
        )
    return (hall_number_of(data.space_group),)


def _check_options(request: SolveRequest, path: Path) -> None:
    """Refuse folders without data, and options that the data leave nothing to say about."""
    if path.is_dir() and not holds_reflections(path):
        raise InputError(f"{path} is a folder without {REFLECTIONS_TABLE}, not one of `pattern`")
    of_fit = path.is_dir() or path.name == REFLECTIONS_TABLE
    for name in ("wavelength", "radiation")[: 2 if of_fit else 1]:
        if getattr(request, name) is not None and holds_reflections(path):
            raise InputError(
                f"--{name} is of a powder pattern, and {path} holds intensities of reflections"
                + ("; give it to `zeoloom pattern`" if of_fit else "; leave it out")
            )


def _check_same_cell(given: Sequence[float], measured: Sequence[float]) -> None:
    off = np.abs(np.array(given) / np.array(measured) - 1.0).max()
    if off > CELL_DIFFERENCE:
        texts = [" ".join(f"{value:g}" for value in each) for each in (given, measured)]
        raise InputError(
            f"the cell {texts[0]} is not that of the data, {texts[1]}; leave --cell out, or fit "
            "the pattern with this cell"
        )


def next_group(
    groups: Sequence[int | None], tries: Mapping[int, int], best: Mapping[int, float]
) -> int | None:
    """The group that the next batch is to be made in.

    Each is tried once, in the order given; then the one whose best E2, raised the more the less it
    was tried, is the greatest (upper confidence bound; Auer et al., Mach. Learn. 47 (2002) 235).

    Args:
        groups: Hall numbers; only None for a search that is not in parts.
        tries: batches made in each so far.
        best: greatest E2 found in each so far.
    """
    halls = [each for each in groups if each is not None]
    untried = [each for each in halls if not tries.get(each)]
    if len(halls) <= 1 or untried:
        return untried[0] if untried else groups[0]
    total = math.log(1.0 + sum(tries.values()))

    def promise(hall: int) -> float:
        return best.get(hall, 0.0) + EXPLORATION * math.sqrt(total / tries[hall])

    return max(halls, key=promise)

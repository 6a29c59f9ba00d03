"""What `solve` searches: each space group with its cell, and what was measured of it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.reflection_files import read_reflections
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.search.target import fitting_cell, targets_in_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.diffraction.reflections import Radiation, Reflections

CELL_DIFFERENCE = 0.02
"""Relative. A cell given beside data that have another one is refused if it differs by more."""

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
        data = _reflections(request.pattern, cell, groups, request.radiation)
        measured = tuple(round(float(x), 5) for x in parameters_from_cell(data.cell))
        cell = cell or measured
        _check_same_cell(cell, measured)
        groups = groups or _groups_of(data)
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


def measurement_for(request: SolveRequest) -> Measurement | None:
    """What the frameworks of a request with one group are compared with; None without data.

    Raises:
        InputError: if the data cannot be read, or are too few.
    """
    if request.pattern is None:
        return None
    return _measurement(request.pattern, request.cell, request.hall_number, request.radiation)


@lru_cache(maxsize=32)
def _measurement(
    path: Path, cell: tuple[float, ...] | None, hall_number: int, radiation: Radiation | None
) -> Measurement:
    data = _reflections(path, cell, (hall_number,), radiation)
    return measurement_of(data, identity_first(operations_of_hall_number(hall_number)))


@lru_cache(maxsize=32)
def _reflections(
    path: Path,
    cell: tuple[float, ...] | None,
    groups: tuple[int, ...] | None,
    radiation: Radiation | None,
) -> Reflections:
    return read_reflections(
        path,
        cell=None if cell is None else cell_from_parameters(cell),
        space_group=f"hall:{groups[0]}" if groups else None,
        radiation=radiation,
    )


def _groups_of(data: Reflections) -> tuple[int, ...]:
    """The group that data say themselves."""
    if data.space_group is None:
        raise InputError(
            "the data do not say their space group; give it with --space-group, several with commas"
        )
    return (hall_number_of(data.space_group),)


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

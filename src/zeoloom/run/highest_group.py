"""After a search in several groups: frameworks are given in the highest group that they have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zeoloom.diffraction.correlation import merit_of
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.judge.given_cell import refined_as_given
from zeoloom.judge.judgement import best_first
from zeoloom.run.crystal_requests import SolveRequest
from zeoloom.run.solving import measurement_for, requests_by_group
from zeoloom.search.target import fitting_cell
from zeoloom.structure.higher_group import in_higher_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.judge.judgement import Judgement
    from zeoloom.run.crystal_requests import GenerateRequest

MOST_RAISED = 20
"""Frameworks, the first ones, that are given in a higher group if they have it."""

LARGEST_LOSS = 0.1
"""Of the figure of merit: a framework that fits worse by more truly has the lower group."""


def in_highest_groups(
    request: SolveRequest | GenerateRequest, judgements: Sequence[Judgement]
) -> list[Judgement]:
    """Judgements, the first of them in the highest of the groups searched that they have.

    A search often meets a net in a subgroup first. For a Rietveld refinement it is wanted in the
    highest group, with the fewest atoms.

    Args:
        request: of the run.
        judgements: the best first.

    Returns:
        The best first.
    """
    judgements = list(judgements)
    requests = requests_by_group(request) if isinstance(request, SolveRequest) else []
    if len(requests) > 1:
        ordered = sorted(requests, key=_order, reverse=True)
        raised = [_raised(each, ordered) for each in judgements[:MOST_RAISED]]
        judgements = best_first([*raised, *judgements[MOST_RAISED:]])
    return judgements


def _raised(judgement: Judgement, requests: Sequence[SolveRequest]) -> Judgement:
    """A judgement in the first group that its framework has; requests by falling order."""
    given = judgement.given
    if given is None:
        return judgement
    for each in requests:
        if _order(each) <= len(given.operations):
            break
        framework = in_higher_group(given, each.hall_number)
        if framework is None:
            continue
        # as given, a cell may contradict the higher group a little
        cell = fitting_cell(each.given_cell, each.hall_number)
        framework = replace(framework, cell=cell)
        held = refined_as_given(
            replace(judgement, framework=framework), measurement=measurement_for(each)
        )
        if held.given is not None and _merit(held) >= _merit(judgement) - LARGEST_LOSS:
            return replace(judgement, given=held.given, e2=held.e2, r_dls_cell=held.r_dls_cell)
    return judgement


def _merit(judgement: Judgement) -> float:
    """The figure of merit; without data only strain counts."""
    assert judgement.r_dls_cell is not None
    return merit_of(judgement.e2 or 0.0, judgement.r_dls_cell)


def _order(request: SolveRequest) -> int:
    """How many operations the group of a request has, centring included."""
    return len(operations_of_hall_number(request.hall_number))

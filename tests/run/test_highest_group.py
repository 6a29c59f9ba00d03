"""Nets met in a subgroup are given in the highest of the groups that were searched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import zeoloom
from silica_examples import known, lowered
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.judge.given_cell import refined_as_given
from zeoloom.judge.verdict import judge_net
from zeoloom.run.highest_group import in_highest_groups

if TYPE_CHECKING:
    from zeoloom.judge.judgement import Judgement


@pytest.fixture(scope="module")
def met() -> Judgement:
    """Chabazite met in R32, refined there."""
    return refined_as_given(judge_net(lowered(known("CHA"), "R32", np.zeros(3))))


def request(*groups: str, longer_by: float = 0.0) -> zeoloom.SolveRequest:
    cell = parameters_from_cell(known("CHA").cell).tolist()
    cell[0] += longer_by
    given = {"cell": cell, "space_group": ",".join(groups)}
    return zeoloom.parse_request(zeoloom.SolveRequest, given)


def test_the_highest_group_searched_that_a_net_has(met: Judgement) -> None:
    assert met.given is not None
    assert met.given.space_group_symbol == "R32"
    (raised,) = in_highest_groups(request("R32", "R-3m", "R3"), [met])
    assert raised.given is not None
    assert raised.given.space_group_symbol == "R-3m"
    assert len(raised.given.frac_t) == len(known("CHA").frac_t)
    assert raised.r_dls_cell == pytest.approx(met.r_dls_cell, abs=5e-4)
    assert replace(raised, given=None, r_dls_cell=None) == replace(met, given=None, r_dls_cell=None)


def test_a_cell_that_contradicts_the_higher_group_a_little_is_made_exact(met: Judgement) -> None:
    (raised,) = in_highest_groups(request("R32", "R-3m", longer_by=0.01), [met])
    assert raised.given is not None
    a, b, _, *angles = parameters_from_cell(raised.given.cell)
    assert a == pytest.approx(b, abs=1e-9)
    assert a == pytest.approx(known("CHA").cell[0, 0] + 0.005, abs=1e-3)
    assert angles == pytest.approx([90.0, 90.0, 120.0], abs=1e-9)


def test_only_groups_that_were_asked_for(met: Judgement) -> None:
    assert in_highest_groups(request("R32"), [met]) == [met]
    assert in_highest_groups(request("R32", "R3"), [met]) == [met]


def test_a_net_that_fits_worse_in_the_higher_group_stays_in_its_own(met: Judgement) -> None:
    fitting = replace(met, e2=0.9)  # without a pattern nothing agrees as well
    assert in_highest_groups(request("R32", "R-3m"), [fitting]) == [fitting]

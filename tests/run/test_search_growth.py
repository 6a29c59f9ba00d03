"""Batches that are drawn by what earlier ones have brought."""

from __future__ import annotations

from typing import Any

import pytest

from target_examples import targets_like
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.run.crystal_requests import GenerateRequest
from zeoloom.run.judgement_json import judgement_to_json
from zeoloom.run.search_growth import LAG, LAG_IF_RARE, UNKNOWN_GAP, history_before
from zeoloom.run.search_tasks import search_plan
from zeoloom.search.growth import arm_of
from zeoloom.structure.reference import load_reference


def batch(index: int, density: float = 15.0, **known: Any) -> dict[str, Any]:
    """A batch that has found one framework."""
    framework = load_reference()["CHA"]
    judgement = Judgement(
        "new-1",
        valid=True,
        framework_type=NEW,
        framework=framework,
        family=f"family {index}",
        n_t=36,
        n_t_unique=1,
        density=density,
        r_dls=0.002,
        rings=(4, 6, 8),
        **known,
    )
    arm = arm_of(targets_like("CHA", 1)[0])
    return {
        "index": index,
        "arms": [[*arm, 64]],
        "origins": {"print": [*arm]},
        "judgements": {"print": judgement_to_json(judgement)},
    }


@pytest.mark.parametrize(
    ("asked", "lag"), [({}, LAG), ({"density": "7-22"}, LAG), ({"energy": "-25"}, LAG_IF_RARE)]
)
def test_a_batch_is_drawn_by_those_so_many_before_it_whatever_is_finished(
    asked: dict[str, Any], lag: int
) -> None:
    request = GenerateRequest(**asked)
    history = history_before(request)
    seen = {}
    for index in range(lag + 10):
        assert history.allows(index)
        assert history.allows(history.added + lag - 1)
        assert not history.allows(history.added + lag)
        for ahead in range(index, history.added + lag):
            growth = history.for_batch(ahead)
            assert sum(growth.holdings.values()) == max(0, ahead + 1 - lag)
            assert seen.setdefault(ahead, growth) == growth
        history = history.with_batch(request, batch(index, energy_kj_mol=15.0))
    assert len(history.after) <= lag + 1


@pytest.mark.parametrize(
    ("asked", "known", "gap"),
    [
        ({}, {}, 0.0),
        ({"density": "12-13"}, {}, 2.0),
        ({"energy": "-20"}, {}, UNKNOWN_GAP),
        ({"energy": "-20"}, {"energy_kj_mol": 15.0}, 0.0),
    ],
)
def test_what_is_near_to_conditions_is_kept(
    asked: dict[str, Any], known: dict[str, Any], gap: float
) -> None:
    request = GenerateRequest(**asked)
    history = history_before(request).with_batch(request, batch(0, **known))
    [elite] = history.after[1].archive.values()
    assert elite.gap == pytest.approx(gap)
    assert sum(history.after[1].holdings.values()) == int(gap == 0.0)


@pytest.mark.parametrize(
    ("asked", "rounds"),
    [
        ({}, 10),
        ({"density": "12-13", "unique_atoms": "1-4"}, 10),
        ({"contains": "d4r"}, 40),
        ({"no_rings": "3"}, 40),
        ({"window": "14-"}, 40),
        ({"contains": "d4r", "repair": 3}, 3),
        ({"repair": 0}, 0),
    ],
)
def test_conditions_that_lead_repair_get_more_rounds(asked: dict[str, Any], rounds: int) -> None:
    assert search_plan(GenerateRequest(**asked), 10.0).annealing.rounds == rounds

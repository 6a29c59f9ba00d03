"""Figures that conditions ask for, step by step."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from zeoloom.judge.conditions import NO_CONDITIONS, Conditions
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.judge.properties import with_pores
from zeoloom.judge.ranges import parse_ranges
from zeoloom.search import measuring
from zeoloom.search.measuring import end_relaxing, measured
from zeoloom.silica.energy import Relaxation
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    import pytest


def judgements() -> dict[str, Judgement]:
    return {
        code: Judgement(
            code, valid=True, framework_type=NEW, framework=load_reference()[code], r_dls=0.002
        )
        for code in ("CHA", "MTT", "SOD", "LTA")
    }


def test_what_cannot_meet_conditions_goes_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    dimensions = {"CHA": 3, "MTT": 1, "SOD": 0, "LTA": 3}

    def with_spheres(judgement: Judgement) -> Judgement:
        asked.append(("spheres", judgement.name))
        return replace(judgement, channel_dim=dimensions[judgement.name])

    def with_pores(judgement: Judgement) -> Judgement:
        asked.append(("pores", judgement.name))
        return replace(judgement, accessible_volume=0.2)

    def with_adsorption(judgement: Judgement) -> Judgement:
        asked.append(("adsorption", judgement.name))
        return replace(judgement, heat_ch4=20.0)

    monkeypatch.setattr(measuring, "with_spheres", with_spheres)
    monkeypatch.setattr(measuring, "with_pores", with_pores)
    monkeypatch.setattr(measuring, "with_adsorption", with_adsorption)
    conditions = Conditions(channels=parse_ranges("3", whole=True), heat_ch4=parse_ranges("15-25"))
    found = measured(judgements(), lambda each: each.name != "LTA", conditions, 1.0, math.inf)
    assert asked == [
        *(("spheres", code) for code in ("CHA", "MTT", "SOD")),
        ("adsorption", "CHA"),
        ("pores", "CHA"),
    ]
    assert found["CHA"].heat_ch4 == 20.0
    assert found["CHA"].accessible_volume == 0.2
    assert found["MTT"].accessible_volume is None
    assert found["LTA"] == judgements()["LTA"]


def test_nothing_is_measured_unasked_or_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "with_spheres", lambda _: 1 / 0)
    assert measured(judgements(), lambda _: True, NO_CONDITIONS, 1.0, math.inf) == judgements()
    asked = Conditions(channels=parse_ranges("3", whole=True))
    late = measured(
        {name: replace(each, n_t=500) for name, each in judgements().items()},
        lambda _: True,
        asked,
        1.0,
        time.monotonic() - 1.0,
    )
    assert all(each.channel_dim is None for each in late.values())


def test_what_meets_conditions_on_pores_is_measured_as_by_the_judge() -> None:
    conditions = Conditions(window=parse_ranges("8", whole=True))
    found = measured(judgements(), lambda _: True, conditions, 1.0, math.inf)
    for code, each in judgements().items():
        whole = with_pores(each)
        assert whole.accessible_volume is not None
        if whole.window == 8:
            assert found[code] == whole
        else:
            assert found[code].window == whole.window
            assert found[code].accessible_volume is None
    assert found["CHA"].window == found["LTA"].window == 8


def test_one_process_relaxes_batch_after_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[object] = []

    def relax_many(
        frameworks: list[object], *, seconds: float, most_energy: float, workers: object
    ) -> list[object]:
        assert seconds == 10.0
        assert most_energy == 20.0
        used.append(workers)
        return [Relaxation("failed", "", None, None, False, 0.0)] * len(frameworks)

    monkeypatch.setattr(measuring, "relax_many", relax_many)
    asked = Conditions(energy=parse_ranges("-20"))
    for _ in range(2):
        measured(judgements(), lambda _: True, asked, 10.0, math.inf)
    end_relaxing()
    measured(judgements(), lambda _: True, asked, 10.0, math.inf)
    first, second, third = used
    assert first is second
    assert third is not first
    end_relaxing()

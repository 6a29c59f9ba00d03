"""What the benchmarks of discovery and of likeness count, and where they draw lines."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import zeoloom
from paths import ROOT
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.judge.likeness import shipped_calibration
from zeoloom.learn.split import TIME_SPLIT
from zeoloom.run.journal import Journal
from zeoloom.run.judgement_json import judgement_to_json

if TYPE_CHECKING:
    from pathlib import Path

sys.path.append(str(ROOT / "scripts"))

import build_likeness


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module


def made(name: str, **known: Any) -> Judgement:
    framework = zeoloom.load_reference()["CHA"]
    facts: dict[str, Any] = {"framework_type": NEW, "family": name, "n_t": 36, "n_t_unique": 1}
    facts |= {"density": 15.0, "r_dls": 0.002, "rings": (4, 6, 8), **known}
    return Judgement(name, valid=True, framework=framework, **facts)


@pytest.mark.long
def test_a_search_is_read_to_a_time(tmp_path: Path, script: Any) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    batches = [
        [made("one"), made("known", framework_type="PTT")],
        [made("two", family="one"), made("strained", r_dls=0.02), made("three")],
        [made("four"), made("later", framework_type="SWY")],
    ]
    for index, found in enumerate(batches):
        judgements = {each.name: judgement_to_json(each) for each in found}
        entry = {"seconds": {"anneal": 20.0, "refine": 40.0}, "tried": 8, "judgements": judgements}
        journal.add("batch", str(index), entry, 60.0)
    request = zeoloom.GenerateRequest()
    whole = script("discover").found_in(journal, request, 10.0)
    assert (whole.minutes, whole.tried) == (3.0, 24)
    assert whole.types == {"PTT": 1.0, "SWY": 3.0}
    assert {each.name for each in whole.best.values()} == {"one", "three", "four"}
    part = script("discover").found_in(journal, request, 2.0)
    assert part.types == {"PTT": 1.0}
    assert set(part.best) == {"one", "three"}


@pytest.mark.parametrize(
    ("rings", "wide"),
    [((4, 6, 8), True), ((5, 6), False), ((3, 4, 12), False), ((4, 28), False), ((4, 24), True)],
)
def test_what_counts_as_wide(rings: tuple[int, ...], wide: bool, script: Any) -> None:
    assert script("discover").has_wide_rings(made("net", rings=rings)) is wide


def test_ranks_among_frameworks_of_like_size(script: Any) -> None:
    likeness = script("likeness")
    nets = [made(f"{i}", likeness=i / 100, n_t_unique=4 if i < 60 else 9) for i in range(100)]
    types = [made("PTT", likeness=0.305, n_t_unique=4), made("MWF", likeness=0.9, n_t_unique=16)]
    np.testing.assert_allclose(likeness.ranks(types, nets, alike=False), [0.31, 0.905])
    alike = likeness.ranks(types, nets, alike=True)
    assert alike[0] == pytest.approx(31 / 60)
    assert np.isnan(alike[1])


@pytest.mark.slow
def test_nine_in_ten_types_are_as_like_as_the_benchmark_asks(script: Any) -> None:
    calibration = shipped_calibration()
    likeness = [
        calibration.likeness(figures | {"energy": None, "lid": None})
        for code, figures in build_likeness.figures_of_types().items()
        if code not in TIME_SPLIT
    ]
    assert len(likeness) > 200
    tenth = float(np.percentile(likeness, 10))
    assert tenth == pytest.approx(script("discover").LEAST_LIKENESS, abs=0.01)

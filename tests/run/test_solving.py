"""`solve --pattern`: what is searched, what comes first, what is refused."""

from __future__ import annotations

import csv
import json
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import zeoloom
from paths import SHARED
from report_examples import data_of
from zeoloom.diffraction.correlation import merit_of
from zeoloom.diffraction.reflection_records import save_reflections
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.errors import InputError
from zeoloom.geometry.space_groups import hall_number_of
from zeoloom.run.batches import STEP
from zeoloom.run.folder import JOURNAL
from zeoloom.run.journal import Journal
from zeoloom.run.search_tasks import search_plan
from zeoloom.run.solving import measured_for, measurement_for, next_group

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

PATTERNS = SHARED / "pxrd"
QUICK = ("--repair", 10, "--relax", 0)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """What `pattern` would make of a chabazite."""
    data = simulated(zeoloom.load_reference()["CHA"], Difficulty(), np.random.default_rng(0))
    save_reflections(tmp_path / "pattern", data)
    return tmp_path / "pattern"


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "frameworks.csv").read_text().splitlines()))


@pytest.mark.long
def test_the_net_that_was_measured_comes_first(run: Run, measured: Path, tmp_path: Path) -> None:
    done = run("solve", "--pattern", measured, "-n", 40, *QUICK, "-o", tmp_path / "run")
    assert done.code == 0
    rows = rows_of(tmp_path / "run")
    assert rows[0]["framework_type"] == "CHA"
    assert float(rows[0]["e2"]) > 0.9
    assert 0 < float(rows[0]["r_wp"]) < 0.3
    assert "CHA.ccp4" in {path.name for path in (tmp_path / "run" / "maps").iterdir()}
    record = json.loads((tmp_path / "run" / "run.json").read_text())["outcome"]
    assert [each["space_group"] for each in record["groups"]] == ["R-3m"]
    assert record["confidence"]["name"] == "CHA"
    assert record["confidence"]["word"] == "solved"
    assert "solved: CHA" in done.out.replace("\n", " ")
    compared = [row for row in rows if row["e2"]]
    merits = [merit_of(float(row["e2"]), float(row["r_dls_cell"])) for row in compared]
    assert merits == sorted(merits, reverse=True)
    assert len(merits) > 1
    assert float(compared[1]["e2"]) < 0.8


def test_batches_with_generations_and_those_annealed_for_longer(measured: Path) -> None:
    (request,) = zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=measured))
    first, second = (search_plan(request, 9.0, longer=longer) for longer in (False, True))
    assert (first.annealing.rounds, second.annealing.rounds) == (40, 100)
    assert first.generations > second.generations == 0
    short = request.model_copy(update={"repair": 7})
    assert search_plan(short, 9.0).annealing.rounds == 7
    assert search_plan(short, 9.0, longer=True).annealing.rounds == 7
    ranked = request.model_copy(update={"guide": False})
    assert search_plan(ranked, 9.0).annealing.guide is None
    assert search_plan(ranked, 9.0).annealing.rounds == 100


def test_a_guided_sampler_adds_less_noise_unless_asked(measured: Path) -> None:
    (request,) = zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=measured))
    for changes, wanted in (
        ({}, 0.25),
        ({"guide": False}, 0.8),
        ({"noise_factor": 0.6}, 0.6),
        ({"noise_factor": 0.6, "guide": False}, 0.6),
    ):
        sampler = search_plan(request.model_copy(update=changes), 9.0).sampler
        assert isinstance(sampler, partial)
        assert sampler.keywords == {"noise_factor": wanted}


@pytest.mark.long
def test_every_other_batch_is_of_few_crystals(measured: Path, tmp_path: Path) -> None:
    request = zeoloom.SolveRequest(pattern=measured, repair=1, relax=0, seconds=300.0)
    tried: list[int] = []

    class _EnoughError(Exception):
        pass

    def look(*_: object) -> None:
        journal = Journal(tmp_path / "run" / JOURNAL)
        tried[:] = [journal.result(STEP, name)["tried"] for name in journal.names(STEP)]
        if len(tried) == 3:
            raise _EnoughError

    model = zeoloom.load_model("crystal", torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    with suppress(_EnoughError):
        zeoloom.make_frameworks(
            request, model, tmp_path / "run", generator=generator, on_progress=look
        )
    assert tried == [64, 16, 64]


@pytest.mark.long
def test_several_groups_are_tried_in_turn(run: Run, measured: Path, tmp_path: Path) -> None:
    asked = ("--space-group", "R-3m,R32,R3m", "-n", 24, "--batch", 8)
    done = run("solve", "--pattern", measured, *asked, *QUICK, "-o", tmp_path / "run")
    assert done.code == 0
    rows = rows_of(tmp_path / "run")
    assert rows[0]["framework_type"] == "CHA"


def test_what_was_measured_travels_to_other_processes(measured: Path, tmp_path: Path) -> None:
    (request,) = zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=measured))
    data = measured_for(request)
    assert data is not None
    # where nothing can be read it is taken as it comes
    elsewhere = request.model_copy(update={"pattern": tmp_path / "gone"})
    found = measurement_for(elsewhere, data)
    assert found is not None
    np.testing.assert_allclose(found.observed, measurement_for(request).observed)  # type: ignore[union-attr]
    assert measured_for(request.model_copy(update={"pattern": None})) is None


def test_ranges_of_angles_are_left_out(measured: Path) -> None:
    (whole,) = zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=measured))
    asked = zeoloom.SolveRequest(pattern=measured, exclude="20-25,30.5-31")  # type: ignore[arg-type]
    (part,) = zeoloom.requests_by_group(asked)
    angles = [measurement_for(each).two_theta for each in (whole, part)]  # type: ignore[union-attr]
    inside = ((angles[0] >= 20) & (angles[0] <= 25)) | ((angles[0] >= 30.5) & (angles[0] <= 31))
    assert inside.sum() > 3
    np.testing.assert_allclose(angles[1], angles[0][~inside])


@pytest.mark.parametrize(("given", "why"), [("80-90", "no reflection lies"), ("25-20", "expected")])
def test_ranges_that_cannot_be_left_out(
    run: Run, measured: Path, tmp_path: Path, given: str, why: str
) -> None:
    done = run("solve", "--pattern", measured, "--exclude", given, "-o", tmp_path / "run")
    assert done.code == 2
    assert why in done.err.replace("\n", " ")
    assert not (tmp_path / "run").exists()


def test_requests_take_cell_and_group_from_the_data(measured: Path) -> None:
    (request,) = zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=measured))
    assert request.hall_number == hall_number_of("R-3m")
    np.testing.assert_allclose(request.given_cell, (13.675, 13.675, 14.767, 90, 90, 120))
    assert request.limits.density == (10.0, 21.0)


def test_groups_that_fit_are_searched_and_others_left_out(measured: Path) -> None:
    asked = zeoloom.SolveRequest(pattern=measured, space_group="R-3m, R3, Pm-3m")  # type: ignore[arg-type]
    names = [each.hall_number for each in zeoloom.requests_by_group(asked)]
    assert names == [hall_number_of("R-3m"), hall_number_of("R3")]
    with pytest.raises(InputError, match="contradicts the space group"):
        zeoloom.requests_by_group(
            asked.model_copy(update={"space_group": (hall_number_of("Pm-3m"),)})
        )


def test_a_cell_that_is_not_that_of_the_data_is_refused(measured: Path) -> None:
    cell = (14.5, 14.5, 14.767, 90.0, 90.0, 120.0)
    asked = zeoloom.SolveRequest(pattern=measured, cell=cell)
    with pytest.raises(InputError, match="is not that of the data"):
        zeoloom.requests_by_group(asked)


def test_data_without_a_group_need_one(tmp_path: Path) -> None:
    data = simulated(zeoloom.load_reference()["CHA"], Difficulty(), np.random.default_rng(0))
    save_reflections(tmp_path / "no-group", replace(data, space_group=None))
    asked = zeoloom.SolveRequest(pattern=tmp_path / "no-group")
    with pytest.raises(InputError, match="--space-group"):
        zeoloom.requests_by_group(asked)


def test_the_budget_goes_where_e2_rises() -> None:
    groups = [1, 2, 3]
    assert next_group([None], {}, {}) is None
    tries: dict[int, int] = {}
    best = {1: 0.9, 2: 0.3, 3: 0.3}
    order = []
    for _ in range(40):
        chosen = next_group(groups, tries, best)
        assert chosen is not None
        tries[chosen] = tries.get(chosen, 0) + 1
        order.append(chosen)
    assert order[:3] == groups  # each once, the first first
    assert tries[1] > 20
    assert min(tries.values()) >= 1


@pytest.mark.long
@pytest.mark.skipif(not PATTERNS.exists(), reason="no measured patterns beside the checkout")
def test_a_measured_powder_pattern_is_fitted_and_solved(run: Run, tmp_path: Path) -> None:
    """Natural chabazite, with its water and cations."""
    cell = ("--cell", 13.726, 14.819, "--space-group", "R-3m", "--wavelength", "CuKa")
    asked = ("--pattern", PATTERNS / "rockjock_chabazite.xy", *cell, "-n", 40, *QUICK)
    done = run("solve", *asked, "-o", tmp_path / "run")
    assert done.code == 0
    first = rows_of(tmp_path / "run")[0]
    assert first["framework_type"] == "CHA"
    assert "solved: CHA" in done.out.replace("\n", " ")
    measured = data_of((tmp_path / "run" / "report.html").read_text())["measured"]
    assert measured["sure"].startswith("solved: CHA")
    assert measured["compared"][0]["curve"]["rWp"] < 0.3 < measured["compared"][1]["curve"]["rWp"]
    assert float(first["r_wp"]) == pytest.approx(measured["compared"][0]["curve"]["rWp"], abs=1e-3)
    assert measured["maps"][0]["framework"] == 0


@pytest.mark.skipif(not PATTERNS.exists(), reason="no measured patterns beside the checkout")
def test_a_powder_pattern_needs_cell_and_group() -> None:
    file = PATTERNS / "rockjock_chabazite.xy"
    for asked in ({}, {"cell": (13.726, 13.726, 14.819, 90.0, 90.0, 120.0)}):
        with pytest.raises(InputError, match="powder pattern: give"):
            zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=file, **asked))  # type: ignore[arg-type]


def test_auto_takes_the_groups_of_the_best_symbols(measured: Path) -> None:
    with pytest.raises(InputError, match="nothing ranks"):
        zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=measured, space_group="auto"))  # type: ignore[arg-type]
    (measured / "extinction_symbols.csv").write_text(
        "symbol,log_probability,forbidden,strongest,groups\n"
        "R - -,-0.1,3,0.0,R-3m R3m R32 R-3 R3\n"
        "R - c,-20.0,3,9.0,R-3c R3c\n"
    )
    asked = zeoloom.SolveRequest(pattern=measured, space_group="auto")  # type: ignore[arg-type]
    groups = [each.hall_number for each in zeoloom.requests_by_group(asked)]
    assert groups == [hall_number_of(name) for name in ("R-3m", "R3m", "R32", "R-3", "R3")]


@pytest.mark.skipif(not PATTERNS.exists(), reason="no measured patterns beside the checkout")
def test_auto_ranks_the_symbols_of_a_powder_pattern() -> None:
    cell = (13.726, 13.726, 14.819, 90.0, 90.0, 120.0)
    asked = zeoloom.SolveRequest(
        pattern=PATTERNS / "rockjock_chabazite.xy",
        cell=cell,
        space_group="auto",  # type: ignore[arg-type]
    )
    groups = [each.hall_number for each in zeoloom.requests_by_group(asked)]
    assert groups == [hall_number_of(name) for name in ("R-3m", "R-3", "R32", "R3m", "R3")]


def test_what_data_say_themselves_is_not_asked_for(measured: Path, tmp_path: Path) -> None:
    for option in ({"wavelength": "CuKa"}, {"radiation": "neutron"}):
        with pytest.raises(InputError, match="holds intensities of reflections; give it to"):
            zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=measured, **option))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"folder without reflections\.csv"):
        zeoloom.requests_by_group(zeoloom.SolveRequest(pattern=tmp_path))

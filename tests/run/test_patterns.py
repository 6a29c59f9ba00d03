"""`pattern` as a user runs it: what it writes, what it prints, what it refuses."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

import zeoloom
from paths import ROOT
from pattern_examples import simulated_pattern
from zeoloom.cli import app
from zeoloom.cli.pattern_verb import with_esd
from zeoloom.diffraction.reflection_files import read_reflections
from zeoloom.run.patterns import PATTERN_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

CELL = (12.3, 12.3, 12.3, 90.0, 90.0, 90.0)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = simulated_pattern(CELL, "Ia-3d", seed=2, span=(8.0, 45.0, 0.03))
    path = tmp_path_factory.mktemp("pattern") / "measured.xy"
    np.savetxt(path, np.stack([made.two_theta, made.counts], axis=1), fmt="%.3f")
    return path


def run_verb(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["pattern", *map(str, words)], prog_name="zeoloom")
    return result.exit_code, result.output


@pytest.mark.long
def test_what_it_writes_and_prints(measured: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    code, output = run_verb(
        measured, "--cell", "12.32", "--space-group", "Ia-3d", "--wavelength", "CuKa", "-o", folder
    )
    assert code == 0, output
    for text in ("R_wp", "R_exp", "cell", "a 12.3", "zero", "width", "reflections"):
        assert text in output
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "pattern.csv", "pattern.png", "reflections.csv", "reflections.json", "run.json"
    }  # fmt: skip
    record = json.loads((folder / "run.json").read_text())
    described = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [key for key in record["outcome"] if f"`{key}`" not in described] == []
    assert record["outcome"]["chi2"] < 3.0
    with (folder / "pattern.csv").open() as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == PATTERN_COLUMNS
    found = read_reflections(folder)
    assert found.space_group == "Ia-3d"
    assert len(found.d) == record["outcome"]["reflections"]
    assert np.linalg.norm(found.cell, axis=1) == pytest.approx([12.3] * 3, rel=1e-3)
    # nothing is written over
    code, output = run_verb(measured, "--cell", "12.3", "--space-group", "Ia-3d", "-o", folder)
    assert code == 2


@pytest.mark.long
def test_without_a_group_it_ranks_extinction_symbols(measured: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    code, output = run_verb(measured, "--cell", "12.3", "--wavelength", "CuKa", "-o", folder)
    assert code == 0, output
    with (folder / "extinction_symbols.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["symbol"] == "I a - d"
    assert rows[0]["groups"] == "Ia-3d"
    assert len(rows) == 17
    assert "I a - d" in output
    assert read_reflections(folder).space_group == "Ia-3d"
    record = json.loads((folder / "run.json").read_text())
    assert record["outcome"]["extinction_symbols"][0]["symbol"] == "I a - d"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--cell", "12.3", "--space-group", "Ia-3d"), "--wavelength CuKa"),
        (("--cell", "12.3", "--space-group", "Ia-3d", "--wavelength", "CuKb"), "CuKa1"),
        (("--cell", "12.3", "13", "--space-group", "Ia-3d"), "one number"),
        (
            ("--cell", "12.3", "12.3", "14", "90", "90", "90", "--space-group", "Ia-3d"),
            "does not fit",
        ),
        (("--cell", "12.3", "13"), "six numbers"),
        (("--cell", "12.3", "--two-theta", "60-50"), "two-theta"),
        (("--cell", "12.3", "--wavelength", "CuKa", "--two-theta", "60-70"), "points lie between"),
        (("--cell", "12.3", "--radiation", "light"), "radiation"),
        ((), "cell"),
    ],
)
def test_what_it_refuses(
    words: tuple[str, ...], reason: str, measured: Path, tmp_path: Path
) -> None:
    code, output = run_verb(measured, *words, "-o", tmp_path / "out")
    assert code == 2
    assert reason in output
    assert not (tmp_path / "out").exists()


def test_intensities_are_for_solve(tmp_path: Path) -> None:
    rows = "".join(f"{h:4d}{h + 1:4d}{2 * h:4d}{9.0 * h:8.2f}{1.0:8.2f}\n" for h in range(60))
    (tmp_path / "some.hkl").write_text(rows)
    code, output = run_verb(tmp_path / "some.hkl", "--cell", "12.3", "-o", tmp_path / "out")
    assert code == 2
    assert "solve --pattern" in output


def test_a_file_that_is_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear friend")
    code, output = run_verb(path, "--cell", "12.3", "--wavelength", "CuKa", "-o", tmp_path / "out")
    assert code == 2
    assert "two columns" in output


def test_a_cell_without_a_group_is_completed() -> None:
    request = zeoloom.parse_request(zeoloom.PatternRequest, {"file": "x.xy", "cell": "8 9 10"})
    assert request.cell == (8.0, 9.0, 10.0, 90.0, 90.0, 90.0)


@pytest.mark.parametrize(
    ("value", "esd", "text"),
    [(13.72612, 0.0012, "13.7261(12)"), (120.0, 0.0, "120"), (0.031, 0.014, "0.031(14)")],
)
def test_numbers_with_their_uncertainties(value: float, esd: float, text: str) -> None:
    assert with_esd(value, esd) == text

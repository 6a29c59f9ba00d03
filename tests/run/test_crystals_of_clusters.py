"""Crystals by models that have seen clusters only, from the command line and from Python."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

import zeoloom
from crystal_examples import CPU
from training_examples import seeded
from zeoloom.run.cluster_requests import JoinRequest
from zeoloom.run.request import parse_request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conftest import Run

pytestmark = pytest.mark.long

CHA = ("--cell", 13.675, 14.767, "--space-group", "R-3m", "--atoms", 36)


def types_in(folder: Path) -> set[str]:
    with (folder / "frameworks.csv").open(newline="") as stream:
        return {row["framework_type"] for row in csv.DictReader(stream)}


def test_solve(run: Run, tmp_path: Path) -> None:
    quick = ("--unique-atoms", 1, "-n", 16, "--repair", 4, "--relax", 0)
    done = run("solve", *CHA, *quick, "--model", "equivariant", "-o", tmp_path / "run")
    assert done.code == 0
    assert "CHA" in types_in(tmp_path / "run")
    request = json.loads((tmp_path / "run" / "run.json").read_text())["request"]
    assert request["model"] == "equivariant"


@pytest.mark.parametrize("name", ["equivariant", "pointnet"])
def test_generate(run: Run, tmp_path: Path, tiny_models: Mapping[str, Path], name: str) -> None:
    # tiny models know six types with one unique atom, whose cells are drawn
    options = ("--unique-atoms", 1, "--seconds", 3, "--repair", 3, "--relax", 0, "--batch", 4)
    folder = tmp_path / name
    run("generate", *options, "--model", tiny_models[name], "-o", folder)
    counts = json.loads((folder / "run.json").read_text())["outcome"]["counts"]
    assert counts["tried"] >= 4


def test_join_asks_solve() -> None:
    given = {"cell": "13.675 14.767", "space_group": "R-3m", "atoms": 36, "seconds": 5, "seed": 7}
    crystal = parse_request(JoinRequest, given).crystal
    solve = parse_request(zeoloom.SolveRequest, {**given, "model": "equivariant"})
    assert crystal == solve
    assert crystal is not None
    assert (crystal.time_limit, crystal.limits.n_t) == (5, (36, 36))
    assert JoinRequest().crystal is None


def test_join(run: Run, tmp_path: Path) -> None:
    shown = run("join", *CHA, "--dry-run", "-o", tmp_path / "run")
    assert shown.code == 0
    facts = dict(line.split(maxsplit=1) for line in shown.out.splitlines())
    assert (facts["space_group"], facts["cell"]) == ("R-3m", "13.675 13.675 14.767 90 90 120")
    assert "None" not in shown.out
    request = parse_request(JoinRequest, {"cell": "13.675 14.767", "space_group": "R-3m"})
    model = zeoloom.load_model("equivariant", CPU)
    with pytest.raises(zeoloom.InputError, match="by make_frameworks"):
        zeoloom.join(request, model, tmp_path / "run", generator=seeded(0))
    assert not (tmp_path / "run").exists()

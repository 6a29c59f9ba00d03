"""The description of the files knows every key there is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import zeoloom
from cloud_examples import some_clouds
from cluster_examples import METRICS
from crystal_examples import shipped_crystal
from paths import ROOT
from zeoloom.diffraction.extinction_ranking import SYMBOL_COLUMNS
from zeoloom.diffraction.reflection_records import REFLECTION_COLUMNS, REFLECTIONS_FORMAT
from zeoloom.learn.checkpoint import SHIPPED, load_state
from zeoloom.learn.config import CrystalConfig
from zeoloom.network import EquivariantConfig, PlainPointNetConfig, PointNetConfig
from zeoloom.run.batches import BatchPlan, Task, run_batches
from zeoloom.run.condition_requests import ConditionOptions
from zeoloom.run.folder import open_run
from zeoloom.run.framework_table import (
    ADSORPTION_COLUMNS,
    COLUMNS,
    FILE_COLUMNS,
    GIVEN_COLUMNS,
    counts_of,
)
from zeoloom.run.judging import JUDGING_STEPS
from zeoloom.run.patterns import PATTERN_COLUMNS
from zeoloom.silica.energy import Relaxation
from zeoloom.silica.pool import ThisProcess
from zeoloom.structure.own_nets import OwnNet, save_own_net

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TEXT = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    assert found is not None, title
    return found[1]


def missing(keys: Iterable[str], title: str) -> list[str]:
    described = set(re.findall(r"`([^`]+)`", section(title)))
    return [key for key in keys if key not in described]


def test_archives(cluster_file: Path, tmp_path: Path) -> None:
    zeoloom.save_clouds(tmp_path / "clouds.npz", some_clouds())
    for path, title in ((cluster_file, "Cluster file"), (tmp_path / "clouds.npz", "Clouds")):
        with np.load(path) as archive:
            assert missing(archive.files, title) == []
            assert str(archive["format"]) in section(title)


def test_the_training_configuration() -> None:
    fields = zeoloom.TrainingConfig.model_fields
    assert missing(fields.keys() - {"network", "crystals"}, "Training configuration") == []
    for part in (EquivariantConfig, PointNetConfig, PlainPointNetConfig, CrystalConfig):
        assert missing(part.model_fields, "Training configuration") == []
    text = section("Training configuration")
    for name, field in [*fields.items(), *CrystalConfig.model_fields.items()]:
        row = re.search(rf"^\| `{name}` \| ([^|]+) \|", text, re.MULTILINE)
        if row and isinstance(field.default, float | int) and not isinstance(field.default, bool):
            assert float(row[1]) == field.default, name


@pytest.mark.parametrize("network", ["equivariant", "pointnet"])
def test_weights_and_states(network: str, tiny_models: Mapping[str, Path]) -> None:
    record = zeoloom.load_model(tiny_models[network], torch.device("cpu")).record
    assert missing(record, "Weights") == []
    state = load_state(tiny_models[network] / "state.pt")
    assert missing(state, "Training state and log") == []


def test_figures_of_merit() -> None:
    for names in METRICS.values():
        plain = [name for name in names if not name.startswith("before_repair_")]
        assert missing(plain, "Figures of merit") == []


def test_the_own_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEOLOOM_DATA", str(tmp_path))
    path = save_own_net(OwnNet("mine", "key", "fingerprint", "mine.cif", "2026-11-28", "data_mine"))
    content = json.loads(path.read_text())
    assert missing(content, "Own reference") == []
    assert content["format"] in section("Own reference")


def test_records_of_runs() -> None:
    for request in (
        zeoloom.SampleRequest,
        zeoloom.JoinRequest,
        zeoloom.JudgeRequest,
        zeoloom.SolveRequest,
        zeoloom.GenerateRequest,
        zeoloom.PatternRequest,
    ):
        with_conditions = issubclass(request, ConditionOptions)
        conditions = ConditionOptions.model_fields if with_conditions else {}
        own = request.model_fields.keys() - conditions.keys()
        assert missing(own, "Record of a run") == []
        assert missing(conditions, "Conditions") == []
    assert missing(counts_of([], {}, 0), "Record of a run") == []
    assert missing(JUDGING_STEPS, "Record of a run") == []


def test_the_journal_of_a_run(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", {"n": 1}, resume=False)
    record = json.loads((run.path / "run.json").read_text())
    assert missing([*record, record["format"]], "Record of a run") == []
    plan = BatchPlan(
        wanted=lambda i: i == 0,
        first=lambda _: Task("make", lambda i: {"points": np.zeros(i + 1)}, 0, 1.0),
        add=lambda i, _: i + 1,
    )
    assert run_batches(run.journal, ThisProcess(), 0, plan) == 1
    entry = json.loads(run.journal.path.read_text())
    assert missing([*entry, entry["step"]], "Record of a run") == []
    text = section("Record of a run")
    for key in entry["result"]["points"]:
        assert f'"{key}": ' in text
    assert run.journal.path.name in TEXT


def test_counts_of_crystals(tmp_path: Path) -> None:
    """Of a run in a cell that no zeolite fits."""
    cell = {"cell": (4, 4, 9, 90, 90, 90), "space_group": "P1", "atoms": 2}
    fast = {"n": 1, "steps": 2, "repair": 0}
    for kind, asked in (
        (zeoloom.SolveRequest, cell | fast),
        (zeoloom.GenerateRequest, fast | {"n": None, "seconds": 1e-3, "batch": 1}),
    ):
        request = zeoloom.parse_request(kind, asked)
        folder = tmp_path / kind.__name__
        made = zeoloom.make_frameworks(
            request, shipped_crystal(), folder, generator=torch.Generator().manual_seed(0)
        )
        assert missing(made.counts, "Record of a run") == []


def test_models_and_verbs() -> None:
    assert missing(SHIPPED, "Weights") == []
    overview = TEXT.split("## Structure files")[0]
    for name in ("run.json", "report.html", "frameworks.csv"):
        row = next(line for line in overview.splitlines() if f"`{name}`" in line)
        for verb in ("solve", "generate", "judge"):
            assert f"`{verb}`" in row.split("|")[2], (name, verb)


def test_reflections() -> None:
    assert missing(REFLECTION_COLUMNS, "Reflections") == []
    assert missing([*PATTERN_COLUMNS, *SYMBOL_COLUMNS], "Reflections") == []
    fields = ("format", "cell", "space_group", "radiation", "wavelength", REFLECTIONS_FORMAT)
    assert missing(fields, "Reflections") == []


def test_tables_of_frameworks() -> None:
    columns = re.findall(r"^\| (`.+?`) \|", section("Frameworks"), re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(columns)) == [
        *COLUMNS,
        *FILE_COLUMNS,
        *ADSORPTION_COLUMNS,
        *GIVEN_COLUMNS,
    ]
    statuses = str(Relaxation.__annotations__["status"])
    endings = [*re.findall(r"'([^']+)'", statuses), "bonds broken"]
    assert len(endings) == 6
    assert missing(endings, "Frameworks") == []

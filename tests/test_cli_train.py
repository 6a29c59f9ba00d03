"""Training from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

import zeoloom
from conftest import RADIUS
from zeoloom.campaign.learn import BEGINNINGS
from zeoloom.learn import training
from zeoloom.learn.checkpoint import SHIPPED, file_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

CONFIG = """
steps = 40
batch = 4
points = [16, 20]
held_out = 0.3
checkpoint_every = 2
[network]
name = "equivariant"
width = 8
vector_width = 4
message_width = 4
vector_message_width = 4
layers = 1
n_radial = 4
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(autouse=True)
def short_validations(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would take most of the time of these tests."""
    monkeypatch.setattr(training, "VALIDATION_CLOUDS", 6)


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_from_a_file_with_flags_on_top(
    run: Run, config: Path, cluster_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "run"
    done = run("train", cluster_file, "--config", config, "--steps", 4, "-o", folder)
    assert done.code == 0
    assert done.out == (
        f"weights -> {folder / 'weights.safetensors'}, record -> {folder / 'weights.json'}\n"
    )
    assert "step 4: learned 0.02-0.1 Å" in done.message
    assert contents(folder) == ["log.jsonl", "state.pt", "weights.json", "weights.safetensors"]
    record = json.loads((folder / "weights.json").read_text())
    assert (record["config"]["steps"], record["config"]["batch"]) == (4, 4)
    assert (record["radius"], record["step"]) == (RADIUS, 4)
    assert not set(record["learned"]) & set(record["held_out"])
    log = (folder / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in log] == [2, 4]
    assert zeoloom.load_model(folder, torch.device("cpu")).name == "equivariant"


def test_a_dry_run_tells_and_writes_nothing(
    run: Run, config: Path, cluster_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    done = run("train", cluster_file, "--config", config, "--dry-run")
    assert done.code == 0
    facts = dict(line.split(maxsplit=1) for line in done.out.splitlines())
    assert facts["steps"] == "40"
    for name in ("parameters", "clusters", "device", "types", "seconds", "hours"):
        assert name in facts
    assert contents(tmp_path) == before


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The configurations of the dry runs of a test, which do nothing."""
    seen: list[Any] = []

    def describe(config: Any, *_: object) -> dict[str, object]:
        seen.append(config)
        return {}

    monkeypatch.setattr("zeoloom.campaign.learn.describe_training", describe)
    return seen


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configurations_go_by_name(run: Run, name: str, configs: list[Any]) -> None:
    """And are those that the shipped weights were trained with."""
    assert run("train", "--config", name, "--seed", 7, "--dry-run").code == 0
    assert configs[0].seed == 7
    shipped = zeoloom.load_model(name, torch.device("cpu")).config
    assert configs[0].model_copy(update={"seed": shipped.seed}) == shipped


def test_beginnings_go_by_name_too(run: Run, configs: list[Any]) -> None:
    """And are those of the weights that the shipped ones started from."""
    for name in BEGINNINGS:
        assert run("train", "--config", name, "--dry-run").code == 0
        shipped = zeoloom.load_model(name.removesuffix("-start"), torch.device("cpu"))
        assert configs.pop().model_dump(mode="json") == shipped.record["start"]["config"]


def test_a_start_that_does_not_fit(run: Run, config: Path, cluster_file: Path) -> None:
    done = run("train", cluster_file, "--config", config, "--start", "pointnet", "--dry-run")
    assert done.code == 2
    assert "the weights to start from are of another network" in done.message
    nowhere = run("train", cluster_file, "--config", config, "--start", "nowhere", "--dry-run")
    assert nowhere.code == 2
    assert "no model nowhere" in nowhere.message


def test_an_interrupted_run_is_taken_up(
    run: Run,
    config: Path,
    cluster_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def train_into(name: str, *flags: str) -> Any:
        command = ("train", cluster_file, "--config", config, "--steps", 6, "-o", tmp_path / name)
        return run(*command, *flags)

    assert train_into("whole").code == 0
    step = training._Run.gradient_step

    def interrupted(self: training._Run) -> tuple[float, float]:
        if self.step == 3:
            raise KeyboardInterrupt
        return step(self)

    with monkeypatch.context() as patch:
        patch.setattr(training._Run, "gradient_step", interrupted)
        cut_short = train_into("halved")
    assert cut_short.code == 130
    assert "--resume goes on" in cut_short.message
    refused = train_into("halved")
    assert refused.code == 2
    assert f"{tmp_path / 'halved'} exists and is not empty" in refused.message
    assert train_into("halved", "--resume").code == 0
    hashes = {file_sha256(tmp_path / n / "weights.safetensors") for n in ("whole", "halved")}
    assert len(hashes) == 1

    other = train_into("halved", "--resume", "--batch", "5")
    assert other.code == 2
    assert "holds a run with another configuration, other data or another start" in other.message


def test_nothing_to_resume(run: Run, config: Path, cluster_file: Path, tmp_path: Path) -> None:
    done = run("train", cluster_file, "--config", config, "-o", tmp_path, "--resume")
    assert done.code == 2
    assert f"{tmp_path} holds no interrupted run to resume" in done.message
    assert contents(tmp_path) == ["tiny.toml"]


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--learning-rate", "-1"], "learning_rate: Input should be greater than 0, got -1.0"),
        (["--network", "perceptron"], "network: "),
        (["--held-out", "1.5"], "held_out: "),
        (["--precision", "int8"], "precision: "),
        (["--config", "missing.toml"], "cannot read the configuration missing.toml"),
        (["--held-out", "0.95"], "leaves none to learn from"),
    ],
)
def test_wrong_values_are_named(
    run: Run, cluster_file: Path, tmp_path: Path, flags: list[str], complaint: str
) -> None:
    done = run("train", cluster_file, *flags, "-o", tmp_path / "run")
    assert done.code == 2
    assert complaint in done.message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("steps = [", "cannot read the configuration"),
        ("stepps = 3", "stepps: Extra inputs are not permitted"),
        ("[network]\nwidth = 0", "network.equivariant.width: "),
    ],
)
def test_wrong_files_are_named(
    run: Run, cluster_file: Path, tmp_path: Path, text: str, complaint: str
) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    done = run("train", cluster_file, "--config", tmp_path / "wrong.toml", "-o", tmp_path / "run")
    assert done.code == 2
    assert complaint in done.message
    assert not (tmp_path / "run").exists()


def test_clusters_that_are_none(run: Run, tmp_path: Path) -> None:
    done = run("train", tmp_path / "missing.npz", "-o", tmp_path / "run")
    assert done.code == 2
    assert "missing.npz: no such file; `zeoloom cut" in done.message
    assert contents(tmp_path) == []


def test_tensorboard_events(run: Run, config: Path, cluster_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    command = ("train", cluster_file, "--config", config, "--steps", 2, "-o", tmp_path / "run")
    assert run(*command, "--tensorboard").code == 0
    assert len(contents(tmp_path / "run" / "tensorboard")) == 1

"""Training from the command line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import torch

import zeoloom
from cif_examples import GIS
from cluster_examples import RADIUS
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.learn import training
from zeoloom.learn.checkpoint import SHIPPED, WEAK, file_sha256, find_weights
from zeoloom.run.framework_table import write_frameworks
from zeoloom.run.training_inputs import ON_GPU, ONE_POOL, QUICK, WEAK_ONES

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


pytestmark = [pytest.mark.long, pytest.mark.usefixtures("short_validations")]


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

    def describe(config: Any, *_: object, **__: object) -> dict[str, object]:
        seen.append(config)
        return {}

    monkeypatch.setattr("zeoloom.run.training_inputs.describe_training", describe)
    return seen


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_configurations_go_by_name(run: Run, name: str, configs: list[Any]) -> None:
    """And are those that the shipped weights were trained with."""
    assert run("train", "--config", name, "--seed", 7, "--dry-run").code == 0
    assert configs[0].seed == 7
    shipped = zeoloom.load_model(name, torch.device("cpu")).config
    assert configs[0].model_copy(update={"seed": shipped.seed}) == shipped


def test_the_quick_configuration_goes_by_name_too(run: Run, configs: list[Any]) -> None:
    assert run("train", "--config", QUICK, "--fold", 1, "--dry-run").code == 0
    assert configs[0].optimizer == "muon"
    assert configs[0].crystals is not None


@pytest.mark.parametrize("name", WEAK_ONES)
def test_weak_companions_have_configurations_too(run: Run, name: str, configs: list[Any]) -> None:
    """And both weights together take no more than five megabytes."""
    assert run("train", "--config", name, "--dry-run").code == 0
    guided = name.removesuffix(WEAK)
    model = zeoloom.load_model(guided, torch.device("cpu"))
    assert model.weak is not None
    assert configs == [model.weak.config]
    weights = find_weights(guided)
    both = (weights, weights.with_name(f"{name}.safetensors"))
    assert sum(path.stat().st_size for path in both) < 5_000_000


def test_the_configuration_for_a_gpu_is_of_the_same_network(run: Run, configs: list[Any]) -> None:
    for name in ("pointnet", ON_GPU):
        assert run("train", "--config", name, "--dry-run").code == 0
    assert configs[0].network == configs[1].network
    assert configs[1].batch > configs[0].batch


def test_a_file_can_be_contradicted(run: Run, config: Path, configs: list[Any]) -> None:
    config.write_text("time_split = true\n" + CONFIG)
    for flags in ((), ("--no-time-split",), ("--time-split",)):
        assert run("train", "--config", config, *flags, "--dry-run").code == 0
    assert [each.time_split for each in configs] == [True, False, True]


def test_one_pool_differs_from_the_shipped_network_in_its_stages_only(
    run: Run, configs: list[Any]
) -> None:
    for name in ("pointnet", ONE_POOL):
        assert run("train", "--config", name, "--dry-run").code == 0
    many, one = configs
    network = many.network.model_copy(update={"stages": 1})
    assert one == many.model_copy(update={"network": network, "stages_added": ()})


WHOLE = CONFIG.replace("[network]", "[crystals]\nsubgroups = 0\nown_share = 0.5\n[network]")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """What `generate` leaves: one good new framework, one that is not, and a known type."""
    framework = zeoloom.load_reference()["SOD"]
    judgements = [
        Judgement(name, valid=True, framework_type=kind, key=name, framework=framework, r_dls=r_dls)
        for name, kind, r_dls in (("good", NEW, 0.004), ("bad", NEW, 0.02), ("SOD", "SOD", 0.001))
    ]
    write_frameworks(tmp_path / "made", judgements, {})
    return tmp_path / "made"


def test_frameworks_of_ones_own_are_learned_too(run: Run, made: Path, tmp_path: Path) -> None:
    config, folder = tmp_path / "whole.toml", tmp_path / "training"
    config.write_text(WHOLE)
    args = ("train", "--config", config, "--steps", 3, "--own", made, "-o", folder)
    assert run(*args).code == 0
    record = json.loads((folder / "weights.json").read_text())
    assert record["own"] == 1
    assert not {"good", "bad"} & {*record["learned"], *record["held_out"]}
    assert {*record["losses"]} == {"learned", "held_out", "own"}
    printed = run(*args, "--own", made, "--dry-run").out  # the same net twice
    assert re.search(r"frameworks made\s+1\n", printed)


def test_frameworks_of_ones_own_that_cannot_be_had(run: Run, made: Path, tmp_path: Path) -> None:
    config, without = tmp_path / "whole.toml", tmp_path / "without.toml"
    config.write_text(WHOLE)
    without.write_text(WHOLE.replace("own_share = 0.5\n", ""))
    for args, message in (
        (("--config", config), "own_share is 0.5 and 0 frameworks of one's own were given"),
        (("--config", without, "--own", made), "own_share is 0 and 1 frameworks"),
        (("--config", config, "--own", tmp_path / "no"), "holds no finished run of `generate`"),
        (("--config", config, "--own", made / "frameworks"), "holds no finished run"),
    ):
        done = run("train", *args, "-o", tmp_path / "training")
        assert done.code == 2
        assert message in done.message
        assert not (tmp_path / "training").exists()
    table = made / "frameworks.csv"
    for text, message in (
        (table.read_text().replace("0.004", "0.007"), "nothing new with an R_DLS of at most 0.006"),
        (table.read_text().replace("r_dls", "r"), "cannot be read"),
        (table.read_text().replace("0.004", "low"), "cannot be read"),
        (table.read_text().replace("good", "gone"), "gone.cif"),
        ("name\x00\n" + "x" * 200_000, "cannot be read"),
    ):
        (made / "frameworks.csv").write_text(text)
        done = run("train", "--config", config, "--own", made, "-o", tmp_path / "training")
        assert done.code == 2
        assert message in done.message


def test_a_start_that_does_not_fit(run: Run, config: Path, cluster_file: Path) -> None:
    done = run("train", cluster_file, "--config", config, "--start", "pointnet", "--dry-run")
    assert done.code == 2
    assert "the weights to start from are of another network" in done.message
    for option in ("--start", "--teacher"):
        nowhere = run("train", cluster_file, "--config", config, option, "nowhere", "--dry-run")
        assert nowhere.code == 2
        assert "no model nowhere" in nowhere.message


def test_a_teacher_from_the_command_line(
    run: Run, config: Path, cluster_file: Path, tmp_path: Path
) -> None:
    command = ("train", cluster_file, "--config", config)
    assert run(*command, "-o", tmp_path / "first").code == 0
    taught = ("--teacher", tmp_path / "first", "-o", tmp_path / "second")
    assert run(*command, *taught, "--dry-run").code == 0
    assert not (tmp_path / "second").exists()
    assert run(*command, *taught).code == 0
    record = json.loads((tmp_path / "second" / "weights.json").read_text())
    assert "teacher" in record
    wrong = run(*command, "--teacher", "crystal", "--dry-run")
    assert wrong.code == 2
    assert "the teacher was learned on whole frameworks" in wrong.message


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
        (["--fold", "6"], "fold: Input should be less than or equal to 5, got 6"),
        (["--precision", "int8"], "precision: "),
        (["--config", "missing.toml"], "no configuration missing.toml"),
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


def test_notices_of_the_reader_are_shown(run: Run, tmp_path: Path) -> None:
    """Before anything is learned: here the run is refused, since its folder is in use."""
    (tmp_path / "wet.cif").write_text(GIS + "OW1 O 0.50000 0.50000 0.00000\n")
    done = run("train", tmp_path / "wet.cif", "--config", "crystal-quick", "-o", tmp_path)
    assert done.code == 2
    assert f"note {tmp_path / 'wet.cif'}: left out, not part of the framework" in done.message
    assert f"{tmp_path} exists and is not empty" in done.message

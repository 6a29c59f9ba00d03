"""Making and joining clusters from the command line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import zeoloom
from cluster_examples import METRICS, RADIUS
from zeoloom.learn.checkpoint import file_sha256
from zeoloom.run import cluster_batches, sampling
from zeoloom.run.cluster_requests import POINTS, REPAIR_ROUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conftest import Outcome, Run

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("few_real_clusters")]

SMALL = ("-n", 5, "--batch", 2, "--points", 14, "--steps", 4, "--repair", 1)

FIGURES = {"sample": "regeneration.png", "join": "joined.png"}


@pytest.fixture
def few_real_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing with two thousand real clusters would take most of the time of these tests."""
    monkeypatch.setattr(sampling, "REAL_CLUSTERS", 20)


@pytest.fixture
def small(run: Run, tiny_models: Mapping[str, Path], tmp_path: Path) -> Any:
    """Runs `sample` or `join` with the tiny equivariant model into a folder of `tmp_path`."""

    def run_small(verb: str, name: str, *flags: object) -> Outcome:
        usual = dict(zip(SMALL[::2], SMALL[1::2], strict=True)).items()
        left = [word for pair in usual if pair[0] not in flags for word in pair]
        model = tiny_models["equivariant"]
        return run(verb, "--model", model, *left, "-o", tmp_path / name, *flags)

    return run_small


def cart_points(folder: Path) -> np.ndarray:
    return zeoloom.load_clouds(folder / "clouds.npz").cart_points


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def batches_in(folder: Path) -> list[str]:
    lines = (folder / "journal.jsonl").read_text().split("\n")
    return [json.loads(line)["name"] for line in lines if line]


def timeless_metrics(folder: Path) -> dict[str, object]:
    metrics = json.loads((folder / "metrics.json").read_text())
    return {name: value for name, value in metrics.items() if not name.endswith("per_second")}


@pytest.mark.parametrize("verb", ["sample", "join"])
@pytest.mark.parametrize("network", ["equivariant", "pointnet"])
def test_everything_a_run_leaves(
    run: Run, verb: str, network: str, tiny_models: Mapping[str, Path], tmp_path: Path
) -> None:
    folder, model = tmp_path / "run [1]", tiny_models[network]
    done = run(verb, "--model", model, *SMALL, "--seed", 3, "-o", folder)
    assert done.code == 0
    assert f"-> {folder}: " in done.out
    files = {"clouds.npz", "atoms.extxyz", "clouds.html", "metrics.json", "run.json"}
    assert contents(folder) == files | {FIGURES[verb]}

    made = zeoloom.load_clouds(folder / "clouds.npz")
    assert (len(made), made.radius) == (5, RADIUS)
    assert made.cart_centres.shape == (5, 5 if verb == "join" else 1, 3)
    assert made.trajectory is not None
    assert made.trajectory.cloud == 0
    assert np.isfinite(made.cart_points).all()
    atoms = zeoloom.load_atoms(folder / "atoms.extxyz")
    assert len(atoms) == 5
    for i, one in enumerate(atoms):
        again = zeoloom.merge_points(made.points_of(i).astype(np.float64))
        np.testing.assert_allclose(one.cart_t, again.cart_t, atol=1e-5)
        np.testing.assert_array_equal(one.points, again.points)
    assert len(zeoloom.read_scenes(folder / "clouds.npz")) == 5
    assert (folder / FIGURES[verb]).read_bytes().startswith(b"\x89PNG")

    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics.keys() == METRICS[verb]
    for name in metrics:
        assert re.search(rf"^{re.escape(name)} ", done.out, re.MULTILINE), name

    record = json.loads((folder / "run.json").read_text())
    asked = record["request"]
    assert asked["verb"] == verb
    assert asked["weights"] == file_sha256(model / "weights.safetensors")
    assert (asked["model"], asked["seed"], asked["n"]) == (str(model), 3, 5)
    assert (asked["points"], asked["steps"], asked["repair"]) == (14, 4, 1)
    assert {"zeoloom", "torch", "numpy", "scipy", "python"} <= record["versions"].keys()
    assert record["outcome"]["evaluations"] > 5 * 4
    assert record["outcome"]["seconds"] >= 0


def test_defaults_are_those_of_the_model(
    run: Run, tiny_models: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for network in ("equivariant", "pointnet"):
        points, repair = str(POINTS[network]), str(REPAIR_ROUNDS[network])
        for verb in ("sample", "join"):
            done = run(verb, "--model", tiny_models[network], "--dry-run")
            assert done.code == 0
            printed = dict(line.split(maxsplit=1) for line in done.out.splitlines())
            assert (printed["points"], printed["repair"]) == (points, repair)
            assert printed["model"] == str(tiny_models[network])
            said = run(verb, "--help").text
            assert f"{points} for {network}" in said
            assert f"{repair} for {network}" in said
    assert contents(tmp_path) == set()


@pytest.mark.parametrize(("points", "noted"), [(15, True), (16, False)])
def test_fewer_points_than_the_model_learned_from(
    run: Run, tiny_models: Mapping[str, Path], points: int, noted: bool
) -> None:
    model = tiny_models["pointnet"]
    done = run("sample", "--model", model, "--points", points, "--dry-run")
    assert done.code == 0
    assert ("learned from clouds of 16 points and more" in done.message) == noted


@pytest.mark.parametrize(
    ("verb", "flags"),
    [
        ("sample", ("--sampler", "heun", "--repair", 0)),
        ("sample", ("--sampler", "ancestral", "--noise-factor", 0.5)),
        ("join", ("--mode", "sequential", "--clusters", 3)),
        ("join", ("--clusters", 2, "--sampler", "ancestral")),
    ],
)
def test_the_seed_decides(
    small: Any,
    verb: str,
    flags: tuple[object, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampling, "regeneration_figure", lambda *_, **__: None)  # slow to draw
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        assert small(verb, name, *flags, "--seed", seed).code == 0
    one, again, two = (cart_points(tmp_path / name) for name in ("one", "again", "two"))
    assert np.array_equal(one, again)
    assert one.shape != two.shape or not np.array_equal(one, two)


@pytest.mark.parametrize(
    ("verb", "flags"), [("sample", ()), ("join", ()), ("join", ("--mode", "sequential"))]
)
def test_an_interrupted_run_is_taken_up_exactly(
    small: Any,
    verb: str,
    flags: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, begun = cluster_batches.begin_repair, 0
    monkeypatch.setattr(sampling, "regeneration_figure", lambda *_, **__: None)  # slow to draw

    def interrupted(*arguments: Any) -> Any:
        nonlocal begun
        begun += 1
        if begun == 2:  # in the midst of the second part, after it has drawn its noise
            raise KeyboardInterrupt
        return begin(*arguments)

    assert small(verb, "whole", *flags).code == 0
    with monkeypatch.context() as patch:
        patch.setattr(cluster_batches, "begin_repair", interrupted)
        cut_short = small(verb, "halved", *flags)
    assert cut_short.code == 130
    assert "interrupted; --resume goes on" in cut_short.message
    assert contents(tmp_path / "halved") == {"journal.jsonl", "run.json"}
    assert batches_in(tmp_path / "halved") == ["0"]

    refused = small(verb, "halved", *flags)
    assert refused.code == 2
    assert f"{tmp_path / 'halved'} exists and is not empty" in refused.message
    other = small(verb, "halved", *flags, "--resume", "--steps", 5, "--seed", 9)
    assert other.code == 2
    assert "other settings (seed, steps)" in other.message

    assert small(verb, "halved", *flags, "--resume").code == 0
    assert contents(tmp_path / "halved") == contents(tmp_path / "whole")
    for name in ("clouds.npz", "atoms.extxyz"):
        assert (tmp_path / "halved" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    whole, halved = (timeless_metrics(tmp_path / name) for name in ("whole", "halved"))
    assert whole == halved

    finished = small(verb, "halved", *flags, "--resume")
    assert finished.code == 2
    assert "holds a finished run" in finished.message


def test_a_killed_run_is_taken_up_exactly(
    run: Run, tiny_models: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(name: str) -> list[str]:
        flags = ("-n", 5, "--batch", 1, "--points", 14, "--steps", 150, "--repair", 0)
        model = tiny_models["pointnet"]
        return list(map(str, ("sample", "--model", model, *flags, "-o", tmp_path / name)))

    quiet = subprocess.DEVNULL
    program = [sys.executable, "-m", "zeoloom", *command("killed")]
    with subprocess.Popen(program, stdout=quiet, stderr=quiet) as process:
        journal, deadline = tmp_path / "killed" / "journal.jsonl", time.monotonic() + 60
        while not journal.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    content = journal.read_bytes()
    assert 0 < content.count(b"\n") < 10
    journal.write_bytes(content[:-100])  # what a power cut may leave
    monkeypatch.setattr(sampling, "regeneration_figure", lambda *_, **__: None)  # slow to draw
    assert run(*command("killed"), "--resume").code == 0
    assert run(*command("whole")).code == 0
    assert np.array_equal(cart_points(tmp_path / "killed"), cart_points(tmp_path / "whole"))


def test_a_folder_in_use_and_one_without_a_run(small: Any, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, why in (("used", "is not empty"), ("file", "is no folder")):
        done = small("sample", name)
        assert done.code == 2
        assert f"{tmp_path / name} exists and {why}" in done.message
        done = small("sample", name, "--resume")
        assert done.code == 2
        assert f"{tmp_path / name} holds no interrupted run" in done.message
    assert contents(tmp_path / "used") == {"mine.txt"}
    (tmp_path / "used" / "run.json").write_text("[]")
    done = small("sample", "used", "--resume")
    assert done.code == 2
    assert "is no record of a run" in done.message


def test_a_run_of_another_version_is_not_continued(small: Any, tmp_path: Path) -> None:
    """Version 1 kept its batches in a folder `parts/`, and named no format."""
    for name, content in (("old", {}), ("older", {"format": "zeoloom-run/2"})):
        parts = tmp_path / name / "parts"
        parts.mkdir(parents=True)
        (parts / "00000.npz").write_bytes(b"PK")
        (tmp_path / name / "run.json").write_text(json.dumps(content | {"request": {"n": 5}}))
        done = small("sample", name, "--resume")
        assert done.code == 2
        assert f"{tmp_path / name} holds an unfinished run of another version" in done.message
        assert contents(tmp_path / name) == {"parts", "run.json"}
    (tmp_path / "old" / "run.json").write_text('{"request": {}, "outcome": {}}')
    done = small("sample", "old", "--resume")
    assert "holds a run with other settings" in done.message


def test_empty_folders_and_leftovers_of_a_kill_are_no_obstacle(small: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "run.json.part").write_text("{")
    assert small("join", "empty", "--repair", 0).code == 0


@pytest.mark.parametrize(
    ("verb", "flags", "complaint"),
    [
        ("sample", ("-n", 0), "-n: Input should be greater than or equal to 1, got 0"),
        ("sample", ("--points", 0), "--points: "),
        ("sample", ("--steps", -3), "--steps: "),
        ("sample", ("--sampler", "dice"), "--sampler: Input should be 'ancestral', "),
        ("sample", ("--noise-factor", "nan"), "--noise-factor: "),
        ("sample", ("--repair", -1), "--repair: "),
        ("sample", ("--batch", 0), "--batch: "),
        ("sample", ("--seed", -1), "--seed: "),
        ("join", ("--mode", "apart"), "--mode: Input should be 'sequential' or 'together'"),
        ("join", ("--clusters", 6), "--clusters: "),
        ("join", ("--clusters", 1), "--clusters: "),
    ],
)
def test_wrong_values_name_their_flag(
    small: Any, verb: str, flags: tuple[object, ...], complaint: str, tmp_path: Path
) -> None:
    done = small(verb, "run", *flags)
    assert done.code == 2
    assert complaint in done.message
    assert not (tmp_path / "run").exists()


def test_unknown_and_broken_models(
    run: Run, tiny_models: Mapping[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    weights = tmp_path / "alone.safetensors"
    weights.write_bytes((tiny_models["pointnet"] / "weights.safetensors").read_bytes())
    for model, complaint in (
        ("[b]oracle", "no model [b]oracle: give one of equivariant, pointnet, "),
        (tmp_path / "empty", f"no model {tmp_path / 'empty'}"),
        (weights, f"{weights} needs its record alone.json beside it"),
    ):
        done = run("sample", "--model", model, "-o", tmp_path / "run")
        assert done.code == 2
        assert complaint in done.message
    assert not (tmp_path / "run").exists()


def test_a_model_without_held_out_types_has_nothing_to_compare_with(
    run: Run, tiny_models: Mapping[str, Path], tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for name in ("weights.safetensors", "weights.json"):
        (model / name).write_bytes((tiny_models["pointnet"] / name).read_bytes())
    record = json.loads((model / "weights.json").read_text())
    (model / "weights.json").write_text(json.dumps(record | {"held_out": []}))
    done = run("sample", "--model", model, "-o", tmp_path / "run")
    assert done.code == 2
    assert "names no held-out framework type" in done.message
    assert not (tmp_path / "run").exists()

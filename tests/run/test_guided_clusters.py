"""`sample` and `join` with a network guided away from a weaker one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import zeoloom
from zeoloom.learn.checkpoint import file_sha256, save_weights
from zeoloom.run import sampling
from zeoloom.run.cluster_requests import GUIDANCE, JOINING_GUIDANCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conftest import Run

SMALL = ("-n", 4, "--batch", 2, "--points", 14, "--steps", 4, "--repair", 1)


@pytest.fixture
def with_companion(tiny_models: Mapping[str, Path], tmp_path: Path) -> Path:
    """A model folder, and in it weights that say half of what the model says."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("weights.safetensors", "weights.json"):
        (folder / name).write_bytes((tiny_models["pointnet"] / name).read_bytes())
    model = zeoloom.load_model(folder, torch.device("cpu"))
    halved = {key: 0.5 * value for key, value in model.network.state_dict().items()}
    save_weights(folder / "weights-weak.safetensors", halved, model.record)
    return folder


def cart_points(folder: Path) -> np.ndarray:
    return zeoloom.load_clouds(folder / "clouds.npz").cart_points


@pytest.mark.long
@pytest.mark.parametrize("verb", ["sample", "join"])
def test_guidance_changes_what_is_made(
    run: Run, with_companion: Path, tmp_path: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "REAL_CLUSTERS", 20)
    monkeypatch.setattr(sampling, "regeneration_figure", lambda *_, **__: None)  # slow to draw
    made = {}
    flags: Mapping[str, tuple[object, ...]] = {
        "without": ("--guidance", 0),
        "by itself": (),
        "far": ("--guidance", 3),
        "two": ("--guidance", 3, "--workers", 2),
    }
    for name, asked in flags.items():
        folder = tmp_path / name
        done = run(verb, "--model", with_companion, *SMALL, "-o", folder, *asked)
        assert done.code == 0, done.err
        made[name] = cart_points(folder)
    assert np.array_equal(made["far"], made["two"])
    default = (JOINING_GUIDANCE if verb == "join" else GUIDANCE)["pointnet"]
    assert np.array_equal(made["without"], made["by itself"]) == (default == 0)
    for one, other in (("without", "far"), ("by itself", "far")):
        same_shape = made[one].shape == made[other].shape
        assert not same_shape or not np.array_equal(made[one], made[other])
    weak = file_sha256(with_companion / "weights-weak.safetensors")
    for name, guidance in (("without", 0.0), ("by itself", default), ("far", 3.0)):
        request = json.loads((tmp_path / name / "run.json").read_text())["request"]
        assert request["guidance"] == guidance
        assert request["weak"] == (weak if guidance else None)


def test_a_model_without_a_companion_goes_unguided(
    run: Run, tiny_models: Mapping[str, Path], tmp_path: Path
) -> None:
    for verb in ("sample", "join"):
        command = (verb, "--model", tiny_models["pointnet"], "-o", tmp_path / "run")
        printed = run(*command, "--dry-run").out.splitlines()
        assert dict(line.split(maxsplit=1) for line in printed)["guidance"] == "0.0"
        refused = run(*command, "--guidance", 1)
        assert refused.code == 2
        assert "has no weak companion" in refused.message
        assert "NAME-weak.safetensors" in refused.message
    assert not (tmp_path / "run").exists()


def test_a_companion_that_learned_other_clusters_is_refused(with_companion: Path) -> None:
    path = with_companion / "weights-weak.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"radius": 9.0}))
    with pytest.raises(zeoloom.InputError, match=r"weights-weak\.safetensors from 9\.0 Å"):
        zeoloom.load_model(with_companion, torch.device("cpu"))

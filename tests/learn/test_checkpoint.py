"""Weights and training states on disk, whole and damaged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training_examples import CPU, TINY, TINY_POINTNET, run, seeded, small_config, some_clusters
from zeoloom.errors import InputError
from zeoloom.learn.checkpoint import load_model, load_state, save_state, save_weights
from zeoloom.network import build_network
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import ClusterSet


@pytest.fixture(scope="module")
def clusters() -> ClusterSet:
    return some_clusters()


def test_a_failing_writer_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write_atomically(path, lambda part: part.write_text("old"))

    def fail(part: Path) -> None:
        part.write_text("new, half written")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.long
def test_damaged_states_are_refused(clusters: ClusterSet, tmp_path: Path) -> None:
    config = small_config(steps=1)
    run(config, clusters, tmp_path)
    path = tmp_path / "state.pt"
    whole = path.read_bytes()
    save_state(tmp_path / "foreign.pt", {"weights": torch.zeros(3)})
    torch.save(torch.zeros(3), tmp_path / "tensor.pt")
    foreign = [(tmp_path / name).read_bytes() for name in ("foreign.pt", "tensor.pt")]
    for damaged in (b"", b"junk", whole[: len(whole) // 2], whole[:-30], *foreign):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"state\.pt is no training state"):
            run(config, clusters, tmp_path)
    path.write_bytes(whole)
    run(config, clusters, tmp_path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    config = small_config()
    weights = build_network(config.network, seeded(1)).state_dict()
    save_weights(
        folder / "weights.safetensors", weights, {"config": config.model_dump(mode="json")}
    )
    return folder


def damaged_models() -> list[tuple[str, bytes | None]]:
    """A file of a model and what is put in its place."""
    other_size = {"config": small_config(network=TINY | {"width": 12}).model_dump(mode="json")}
    other_kind = {"config": small_config(network=TINY_POINTNET).model_dump(mode="json")}
    records = (other_size, other_kind, {}, [], None, {"config": 3}, {"config": {"steps": "many"}})
    return [
        ("weights.safetensors", b""),
        ("weights.safetensors", b"junk" * 100),
        ("weights.safetensors", None),
        ("weights.json", None),
        ("weights.json", b"\xff\xfe"),
        ("weights.json", b"{"),
        *(("weights.json", json.dumps(record).encode()) for record in records),
    ]


@pytest.mark.parametrize(("name", "content"), damaged_models())
def test_damaged_models_are_refused(
    saved: Path, tmp_path: Path, name: str, content: bytes | None
) -> None:
    for file in saved.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    load_model(tmp_path, CPU)
    path = tmp_path / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_model(tmp_path, CPU)
    assert str(tmp_path) in str(caught.value)


@given(cut=st.floats(0, 0.999))
@settings(max_examples=20, deadline=None)
def test_weights_cut_short_are_refused(saved: Path, cut: float) -> None:
    whole = (saved / "weights.safetensors").read_bytes()
    part = saved / "part.safetensors"
    part.write_bytes(whole[: int(cut * len(whole))])
    part.with_suffix(".json").write_bytes((saved / "weights.json").read_bytes())
    with pytest.raises(InputError, match=r"part\.safetensors"):
        load_model(part, CPU)


@pytest.mark.parametrize("name", ["no-such-model", "", "."])
def test_unknown_models_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="equivariant, pointnet"):
        load_model(name, CPU)


def test_a_loss_that_is_not_finite_stops_before_the_weights(
    clusters: ClusterSet, tmp_path: Path
) -> None:
    config = small_config(learning_rate=1e30, warmup=0, steps=50)
    with pytest.raises(InputError, match="lower learning rate"):
        run(config, clusters, tmp_path)
    assert load_state(tmp_path / "state.pt")["step"] < 50

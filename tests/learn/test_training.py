"""Learning: the loop and what it writes."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist

from training_examples import (
    CPU,
    TINY,
    TINY_POINTNET,
    assert_same_state,
    run,
    seeded,
    small_config,
    some_clusters,
    some_frameworks,
)
from zeoloom.clusters.atoms import merge_points
from zeoloom.clusters.cut import cut_clusters
from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import add_noise, noise_levels, standard_noise
from zeoloom.diffusion.samplers import final, heun
from zeoloom.errors import InputError
from zeoloom.geometry.space import OpenSpace
from zeoloom.learn import losses, training
from zeoloom.learn.checkpoint import load_model, load_state
from zeoloom.learn.dataset import cluster_data, data_sha256, draw_clouds, select_types
from zeoloom.learn.examples import ClusterSource, split_examples
from zeoloom.learn.losses import NOISE_BANDS, losses_by_band
from zeoloom.learn.training import Progress, active_stages
from zeoloom.network import PointNetConfig, build_network
from zeoloom.network.pointnet import PointNet
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import ClusterSet


pytestmark = [pytest.mark.long, pytest.mark.usefixtures("short_validations")]


@pytest.fixture(scope="module")
def clusters() -> ClusterSet:
    return some_clusters()


@pytest.mark.parametrize("kind", ["clusters", "pointnet", "crystals", "muon"])
@pytest.mark.parametrize("how", ["max_steps", "on_step", "ctrl-c within a step", "in validation"])
def test_an_interrupted_run_goes_on_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, how: str
) -> None:
    config = small_config()
    if kind == "pointnet":
        config = small_config(network=TINY_POINTNET, many_points=100, stages_added=[0.4])
    examples: Any = some_clusters()
    if kind == "crystals":
        config = small_config(crystals={"max_points": 12, "subgroups": 3})
        examples = some_frameworks()
    if kind == "muon":
        config = small_config(optimizer="muon")
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    run(config, examples, whole)
    steps: list[int] = []
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background

    def stop_at_three(progress: Progress) -> None:
        steps.append(progress.step)
        if progress.step == 3:
            raise KeyboardInterrupt

    def ctrl_c(*arguments: Any) -> Any:
        if len(steps) == 2:
            signal.raise_signal(signal.SIGINT)
        return standard_noise(*arguments)

    def ctrl_c_in_validation(*_: Any) -> None:
        raise KeyboardInterrupt

    if how == "max_steps":
        run(config, examples, halves, max_steps=3)
    else:
        if how == "ctrl-c within a step":
            monkeypatch.setattr(losses, "standard_noise", ctrl_c)
        if how == "in validation":
            monkeypatch.setattr(training, "losses_by_band", ctrl_c_in_validation)
        on_step = stop_at_three if how == "on_step" else lambda p: steps.append(p.step)
        with pytest.raises(KeyboardInterrupt):
            run(config, examples, halves, on_step=on_step)
        monkeypatch.setattr(losses, "standard_noise", standard_noise)
        monkeypatch.setattr(training, "losses_by_band", losses_by_band)
    signal.signal(signal.SIGINT, usual)
    stopped_at = 4 if how == "in validation" else 3
    assert load_state(halves / "state.pt")["step"] == stopped_at
    done: list[int] = []
    run(config, examples, halves, on_step=lambda progress: done.append(progress.step))
    assert done == list(range(stopped_at + 1, 7))
    assert_same_state(*(load_state(folder / "state.pt") for folder in (whole, halves)))
    files = [(folder / "weights.safetensors").read_bytes() for folder in (whole, halves)]
    assert files[0] == files[1]


def test_the_last_weights_are_those_of_the_last_step(
    clusters: ClusterSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted in its last validation, a run has older weights on disk than its state."""
    config = small_config(steps=5)

    def ctrl_c_at_the_end(*arguments: Any) -> dict[str, float]:
        if len(steps) == 4:
            raise KeyboardInterrupt
        return losses_by_band(*arguments)

    steps: list[int] = []
    monkeypatch.setattr(training, "losses_by_band", ctrl_c_at_the_end)
    with pytest.raises(KeyboardInterrupt):
        run(config, clusters, tmp_path, on_step=lambda progress: steps.append(progress.step))
    monkeypatch.setattr(training, "losses_by_band", losses_by_band)
    assert json.loads((tmp_path / "weights.json").read_text())["step"] == 4
    run(config, clusters, tmp_path)
    assert json.loads((tmp_path / "weights.json").read_text())["step"] == 5
    log = (tmp_path / "log.jsonl").read_text()
    run(config, clusters, tmp_path)
    assert (tmp_path / "log.jsonl").read_text() == log, "nothing is left to do"


def test_another_run_in_the_same_folder_is_refused(clusters: ClusterSet, tmp_path: Path) -> None:
    run(small_config(steps=2), clusters, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other_data = cut_clusters([load_reference()[c] for c in ("CHA", "MFI")], 4.6, "unique")
    for config, data in (
        (small_config(steps=3), clusters),
        (small_config(steps=2, seed=1), clusters),
        (small_config(steps=2, network=TINY_POINTNET), clusters),
        (small_config(steps=2), other_data),
    ):
        with pytest.raises(InputError, match="another configuration, other data or another start"):
            run(config, data, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    permitted = select_types(clusters, {"CHA", "MFI", "SOD"})
    run(small_config(steps=2), permitted, tmp_path)  # without what it may not learn from: the same


def test_a_run_may_start_from_weights(clusters: ClusterSet, tmp_path: Path) -> None:
    config = small_config(steps=2)
    first = load_model(run(config, clusters, tmp_path / "first"), CPU)
    still = small_config(steps=1, learning_rate=1e-12)
    again = run(still, clusters, tmp_path / "again", start=first)
    weights, before = load_model(again, CPU).network.state_dict(), first.network.state_dict()
    for name, value in weights.items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=1e-6)
    record = json.loads(again.with_suffix(".json").read_text())
    assert record["start"] == {"sha256": first.sha256, **first.record}
    run(still, clusters, tmp_path / "again", start=first)  # whole: nothing to do
    with pytest.raises(InputError, match="another start"):
        run(still, clusters, tmp_path / "again")


def test_an_interrupted_run_from_weights_goes_on_exactly(
    clusters: ClusterSet, tmp_path: Path
) -> None:
    first = load_model(run(small_config(steps=2), clusters, tmp_path / "first"), CPU)
    config = small_config(steps=4)
    run(config, clusters, tmp_path / "whole", start=first)
    run(config, clusters, tmp_path / "halves", start=first, max_steps=2)
    run(config, clusters, tmp_path / "halves", start=first)
    whole, halves = (load_state(tmp_path / name / "state.pt") for name in ("whole", "halves"))
    assert_same_state(whole, halves)


def test_weights_that_a_run_may_not_start_from(clusters: ClusterSet, tmp_path: Path) -> None:
    first = load_model(run(small_config(steps=1), clusters, tmp_path / "first"), CPU)
    wider = small_config(steps=1, network=TINY | {"width": 12})
    with pytest.raises(InputError, match="another network"):
        run(wider, clusters, tmp_path / "other", start=first)
    seed = next(n for n in range(1, 20) if _held_out(n, clusters) & {*first.record["learned"]})
    again = small_config(steps=1, seed=seed)
    begun_before = {**first.record, "learned": (), "start": first.record}
    for record in (first.record, begun_before):
        with pytest.raises(InputError, match=r"have learned .* which are to be held out"):
            run(again, clusters, tmp_path / "other", start=replace(first, record=record))
    tested = replace(first, record={**first.record, "learned": ("SOR",)})
    with pytest.raises(InputError, match=r"have learned SOR, .* or belong to the time split"):
        run(small_config(steps=1), clusters, tmp_path / "other", start=tested)
    untold = replace(first, record={"config": first.record["config"]})
    with pytest.raises(InputError, match="does not say what they have learned"):
        run(small_config(steps=1), clusters, tmp_path / "other", start=untold)
    assert not (tmp_path / "other").exists()


def _held_out(seed: int, clusters: ClusterSet) -> set[str]:
    return {*split_examples(small_config(), clusters, seeded(seed)).held_out}


def test_what_a_run_says_and_writes(clusters: ClusterSet, tmp_path: Path) -> None:
    said: list[Progress] = []
    path = run(small_config(), clusters, tmp_path, on_step=said.append)
    assert [progress.step for progress in said] == [1, 2, 3, 4, 5, 6]
    validated = [progress.validation is not None for progress in said]
    assert validated == [False] * 3 + [
        True,
        False,
        True,
    ]
    rates = [progress.learning_rate for progress in said]
    cosine = 0.01 + 0.99 * (1 + np.cos(np.pi * np.arange(6) / 6)) / 2
    np.testing.assert_allclose(rates, 2e-3 * cosine * [0.5, 1, 1, 1, 1, 1])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "log.jsonl",
        "state.pt",
        "weights.json",
        "weights.safetensors",
    ]
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [4, 6]
    assert log[-1]["losses"] == said[-1].validation
    model = load_model(tmp_path, CPU)
    assert (model.config, model.name) == (small_config(), "equivariant")
    permitted = select_types(clusters, {"CHA", "MFI", "SOD"})
    assert model.record["data_sha256"] == data_sha256(permitted) != data_sha256(clusters)
    assert set(model.record["learned"]) | set(model.record["held_out"]) == {"CHA", "MFI", "SOD"}
    assert len(model.sha256) == 64
    assert not model.network.training
    mean = load_state(tmp_path / "state.pt")["mean"]
    assert_same_state(dict(model.network.state_dict()), dict(mean))
    assert load_model(path, CPU).sha256 == model.sha256


def test_one_cluster_is_learned_by_heart(tmp_path: Path) -> None:
    clusters = cut_clusters([load_reference()["SOD"]], 3.5, "unique")
    sizes = dict.fromkeys(("vector_width", "message_width", "vector_message_width"), 12)
    config = small_config(
        network=TINY | sizes | {"width": 24, "layers": 3, "n_radial": 8, "cutoff": 8.0},
        steps=180,
        batch=24,
        points=(12, 12),
        learning_rate=1.5e-2,
        warmup=20,
        ema=0.98,
        sigma_min=0.05,
        sigma_max=2.0,
        held_out=0.0,
        checkpoint_every=180,
    )
    said: list[Progress] = []
    model = load_model(run(config, clusters, tmp_path, on_step=said.append), CPU)
    assert said[0].loss > 0.9, "untrained, it explains nothing"
    assert said[-1].validation is not None
    by_band = said[-1].validation["learned"]
    assert max(by_band["0.1-0.3"], by_band["0.3-0.6"]) < 0.25, by_band

    generator = seeded(1)
    clean = draw_clouds(cluster_data(clusters, {"SOD"}), 30, 12, generator)
    noisy = add_noise(clean, torch.full((30,), 0.6), generator)
    denoise = denoiser(lambda points, sigma: model.network(points, sigma, OpenSpace()))
    made = [
        merge_points(x) for x in final(heun(denoise, noisy, noise_levels(12, 0.6, 0.05), generator))
    ]
    whole = [np.sort(pdist(atoms.cart_t)) for atoms in made if len(atoms.cart_t) == 5]
    assert len(whole) >= 24
    errors = np.array(whole) - np.sort(pdist(clusters[0].cart_t))
    assert np.sqrt((errors**2).mean(axis=0)).max() < 0.3, "Å, T-T distances"


@pytest.mark.parametrize("network", [TINY, TINY_POINTNET], ids=lambda n: n["name"])
def test_losses_by_band_are_the_same_at_every_call(
    clusters: ClusterSet, network: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "VALIDATION_CLOUDS", 64)
    config = small_config(network=network)
    source = ClusterSource(cluster_data(clusters, {"CHA", "SOD"}), config.points)
    module = build_network(config.network, seeded(1))
    kept = {key: value.clone() for key, value in module.state_dict().items()}
    other = {key: torch.zeros_like(value) for key, value in kept.items()}
    torch.manual_seed(1)
    first = losses_by_band(module, kept, config, source)
    torch.manual_seed(2)
    assert losses_by_band(module, kept, config, source) == first
    # weights of zero move nothing, and to move nothing is to lose all of the noise
    nothing = losses_by_band(module, other, config, source)
    assert list(nothing) == [f"{a}-{b}" for a, b in pairwise(NOISE_BANDS)]
    if network["name"] == "pointnet":  # draws points together that noise has driven apart
        assert nothing.pop("1.2-3.0") < 0.7
        assert nothing.pop("0.6-1.2") < 0.95
    assert nothing == pytest.approx(dict.fromkeys(nothing, 1.0), abs=0.1)
    assert first != nothing
    assert_same_state(dict(module.state_dict()), kept)


def test_stages_of_a_network_are_added_one_after_the_other() -> None:
    network = PointNet(PointNetConfig(latent=20, shells=2, width=4, depth=1, stages=3))
    config = small_config(steps=100, stages_added=[0.1, 0.28])
    found = [active_stages(config, step, network) for step in range(100)]
    assert found == 10 * [1] + 19 * [2] + 71 * [3]
    assert active_stages(small_config(stages_added=[0.5]), 0, network) == 2
    assert active_stages(small_config(), 0, network) == 3


def test_weights_written_in_half_precision(clusters: ClusterSet, tmp_path: Path) -> None:
    exact, rough = tmp_path / "exact", tmp_path / "rough"
    for folder, kind in ((exact, "float32"), (rough, "float16")):
        run(small_config(network=TINY_POINTNET, written_as=kind), clusters, folder)
    models = [load_model(folder, CPU) for folder in (exact, rough)]
    for one, other in zip(*(model.network.parameters() for model in models), strict=True):
        assert one.dtype == other.dtype == torch.float32
        torch.testing.assert_close(other, one, atol=1e-4, rtol=1e-3)
    sizes = [(folder / "weights.safetensors").stat().st_size for folder in (exact, rough)]
    assert sizes[1] < 0.7 * sizes[0]

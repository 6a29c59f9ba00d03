"""Learning: data, splits, configurations, the loop, and what lies on disk afterwards."""

from __future__ import annotations

import json
import signal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import chisquare, kstest, norm

from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import add_noise, noise_levels
from zeoloom.diffusion.samplers import final, heun
from zeoloom.errors import InputError
from zeoloom.geometry.space import OpenSpace
from zeoloom.learn import training
from zeoloom.learn.checkpoint import load_model, load_state, save_state, save_weights
from zeoloom.learn.config import TrainingConfig, load_config, parse_config
from zeoloom.learn.cut import cut_clusters
from zeoloom.learn.dataset import cluster_data, data_sha256, draw_clouds, select_types
from zeoloom.learn.split import TIME_SPLIT, TIME_SPLIT_TEST, split_names
from zeoloom.learn.training import (
    NOISE_BANDS,
    Progress,
    draw_noise_levels,
    losses_by_band,
    split_clusters,
    train,
)
from zeoloom.network import build_network
from zeoloom.structure.atoms import points_to_atoms
from zeoloom.structure.files.atomic import write_atomically
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import ClusterSet

CPU = torch.device("cpu")
TINY = {
    "name": "equivariant",
    "width": 8,
    "vector_width": 4,
    "message_width": 4,
    "vector_message_width": 4,
    "layers": 1,
    "n_radial": 4,
}
TINY_POINTNET = {"name": "pointnet", "latent": 4, "encoder": [8], "decoder": [8]}
SEEDS = st.integers(0, 2**32 - 1)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small_config(**changes: Any) -> TrainingConfig:
    values = {
        "network": TINY,
        "steps": 6,
        "batch": 3,
        "points": (12, 16),
        "warmup": 2,
        "held_out": 0.34,
        "checkpoint_every": 4,
    }
    return parse_config(values | changes)


@pytest.fixture(scope="module")
def clusters() -> ClusterSet:
    """Three types with several sites, one of them from the time split."""
    codes = ("CHA", "MFI", "SOD", "SOR")
    return cut_clusters([load_reference()[code] for code in codes], 4.6, "unique")


def run(config: TrainingConfig, clusters: ClusterSet, folder: Path, **options: Any) -> Path:
    return train(config, clusters, folder, device=CPU, generator=seeded(config.seed), **options)


def assert_same_state(one: Any, other: Any, where: str = "state") -> None:
    """Bitwise, but for the time taken."""
    assert type(one) is type(other), where
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one.keys() - {"seconds"}:
            assert_same_state(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list | tuple):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same_state(a, b, f"{where}.{i}")
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    else:
        assert one == other, where


# data


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_clouds_hold_every_atom_and_keep_the_shape(clusters: ClusterSet, seed: int) -> None:
    data = cluster_data(clusters, {"MFI", "SOD"})
    n_points = int(data.n_atoms.max()) + seed % 7
    clouds = draw_clouds(data, 8, n_points, seeded(seed))
    assert clouds.shape == (8, n_points, 3)
    shapes = [np.sort(pdist(c.cart_t)) for c in clusters if c.name in {"MFI", "SOD"}]
    for cloud in clouds.numpy():
        atoms = points_to_atoms(cloud)
        assert atoms.points.sum() == n_points
        nearest = np.linalg.norm(cloud[:, None] - atoms.cart_t, axis=-1).min(axis=1)
        np.testing.assert_allclose(nearest, 0, atol=1e-5, err_msg="points lie on atoms")
        found = np.sort(pdist(atoms.cart_t))
        alike = [np.allclose(found, s, atol=1e-4) for s in shapes if len(s) == len(found)]
        assert any(alike), "no cluster has these distances"
        assert np.linalg.norm(atoms.cart_t, axis=1).min() < 1e-5, "the centre stays at the origin"


def test_clouds_are_turned_and_reflected_and_points_spread_evenly(clusters: ClusterSet) -> None:
    data = cluster_data(clusters, {"SOD"})
    n_atoms = int(data.n_atoms[0])
    clouds = draw_clouds(data, 400, n_atoms + 20, seeded(1))
    frames = clouds[:, 1:4]
    handedness = torch.linalg.det(frames).sign()
    assert 120 < int((handedness > 0).sum()) < 280
    assert clouds[:, 1].mean(0).norm() < 0.6, "no direction is preferred"
    extra = torch.cdist(clouds[:, n_atoms:], clouds[:, :n_atoms]).argmin(dim=-1)
    assert chisquare(extra.flatten().bincount(minlength=n_atoms)).pvalue > 1e-3
    with pytest.raises(InputError, match="raise the number of points"):
        draw_clouds(data, 1, n_atoms - 1, seeded(1))


def test_types_weigh_alike_and_sites_by_multiplicity(clusters: ClusterSet) -> None:
    data = cluster_data(clusters, {"CHA", "MFI", "SOD"})
    chosen = [i for i, name in enumerate(clusters.names) if name != "SOR"]
    weights = dict.fromkeys(("CHA", "MFI", "SOD"), 0.0)
    for i, weight in zip(chosen, data.weights.tolist(), strict=True):
        weights[clusters.names[i]] += weight
    assert weights == pytest.approx(dict.fromkeys(weights, 1 / 3))
    of_mfi = [i for i, k in enumerate(chosen) if clusters.names[k] == "MFI"]
    shares = data.weights[of_mfi] * 3 * 96  # MFI has 96 T atoms
    np.testing.assert_allclose(shares, clusters.multiplicities[[chosen[i] for i in of_mfi]])
    with pytest.raises(InputError, match="XYZ"):
        cluster_data(clusters, {"XYZ"})


def test_the_hash_tells_data_apart(clusters: ClusterSet) -> None:
    reference = [load_reference()[code] for code in ("CHA", "SOD")]
    hashes = {
        data_sha256(cut_clusters(frameworks, radius, "unique"))
        for frameworks in (reference, reference[::-1], reference[:1])
        for radius in (4.0, 4.001)
    }
    assert len(hashes) == 6
    assert data_sha256(clusters) == data_sha256(clusters)


# splits


@given(
    names=st.lists(st.text("ABC", min_size=1, max_size=3), min_size=1, max_size=40),
    fraction=st.floats(0, 0.99),
    seed=SEEDS,
)
def test_no_type_is_on_both_sides(names: list[str], fraction: float, seed: int) -> None:
    unique = set(names)
    try:
        learned, held_out = split_names(names, fraction, seeded(seed))
    except InputError:
        assert round(fraction * len(unique)) == len(unique)
        return
    assert set(learned) | set(held_out) == unique
    assert len(learned) + len(held_out) == len(unique)
    assert len(held_out) == round(fraction * len(unique))
    assert (learned, held_out) == split_names(names[::-1], fraction, seeded(seed))


def test_splits_differ_from_seed_to_seed() -> None:
    names = list(load_reference())
    assert len({split_names(names, 0.1, seeded(seed)) for seed in range(5)}) == 5


def test_the_time_split_is_in_the_reference_and_never_learned(clusters: ClusterSet) -> None:
    assert (len(TIME_SPLIT), len(TIME_SPLIT_TEST)) == (24, 20)
    assert set(TIME_SPLIT) <= set(load_reference())
    assert not any(load_reference()[code].flag for code in TIME_SPLIT_TEST)
    for seed in range(6):
        split = split_clusters(small_config(), clusters, seeded(seed))
        assert set(split.learned) | set(split.held_out) == {"CHA", "MFI", "SOD"}
        assert len(split.held_out) == 1
        n_learned = sum(name in split.learned for name in clusters.names)
        assert len(split.data["learned"].n_atoms) == n_learned
    everything = split_clusters(small_config(time_split=True), clusters, seeded(0))
    assert "SOR" in everything.learned + everything.held_out
    late = cut_clusters([load_reference()["SOR"]], 4.0, "unique")
    with pytest.raises(InputError, match="time_split"):
        split_clusters(small_config(), late, seeded(0))
    with pytest.raises(InputError, match="cannot hold the largest cluster"):
        split_clusters(small_config(points=(3, 20)), clusters, seeded(0))


# configurations

JUNK = (
    *("-1", "0", "0.5", "1e308", "-2.5", "nan", "inf", "-inf", "true", '"many"', '""', "[]"),
    *("[1]", "[2, 1]", "[0, 5]", "[1, 2, 3]", '["a", "b"]', "{}", "{ name = 1 }", "1979-05-27"),
)


@given(field=st.sampled_from(sorted(TrainingConfig.model_fields)), value=st.sampled_from(JUNK))
@settings(max_examples=200, deadline=None)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(
    tmp_path_factory: pytest.TempPathFactory, field: str, value: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.toml"
    path.write_text(f"{field} = {value}\n")
    try:
        config = load_config(path, {})
    except InputError as error:
        assert field in str(error)  # noqa: PT017 - some values are right for some fields
    else:
        assert all(np.isfinite(v) for v in vars(config).values() if isinstance(v, float))
        build_network(config.network)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("steps = 0", ["steps", "0"]),
        ("stepz = 5", ["stepz"]),
        ("steps = -1\nbatch = 'x'", ["steps", "batch", "'x'"]),
        ("sigma_min = 4.0", ["sigma_min", "sigma_max"]),
        ("points = [40, 30]", ["points", "(40, 30)"]),
        ("clip = nan", ["clip"]),
        ("learning_rate = inf", ["learning_rate"]),
        ("network = 'equivariant'", ["network"]),
        ("[network]\nname = 'transformer'", ["network", "transformer"]),
        ("[network]\nwidth = 1", ["network", "width"]),
        ("[network]\nname = 'pointnet'\nencoder = [8, -1]", ["encoder", "-1"]),
        ("[network]\nname = 'pointnet'\nwidth = 8", ["network", "width"]),
        ("steps = ", ["config.toml"]),
        ("steps = 1\nsteps = 2", ["config.toml"]),
    ],
)
def test_errors_say_what_is_wrong_and_where(tmp_path: Path, text: str, names: list[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_config(path, {})
    for name in names:
        assert name in str(caught.value)


@given(st.binary(max_size=60))
@example(b"\xff\xfe")
@settings(deadline=None)
def test_any_bytes_give_a_configuration_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(junk)
    try:
        assert load_config(path, {}) == TrainingConfig()
    except InputError as error:
        assert str(error)  # noqa: PT017 - comments and blanks are a valid file


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("steps = 7\nbatch = 9\n[network]\nname = 'pointnet'\nlatent = 5\n")
    config = load_config(path, {"steps": 8, "batch": None})
    assert (config.steps, config.batch, config.network.name) == (8, 9, "pointnet")
    assert load_config(path, {"network": "pointnet"}).network == config.network
    assert load_config(path, {"network": "equivariant"}).network.name == "equivariant"
    path.write_text("network = 3")
    assert load_config(path, {"network": "pointnet"}).network.name == "pointnet"
    path.write_text("[network]\nwidth = 16")
    assert load_config(path, {}).network.width == 16  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"none\.toml"):
        load_config(tmp_path / "none.toml", {})


# noise levels


@given(
    low=st.floats(1e-3, 1.0),
    factor=st.floats(1.001, 1e3),
    median=st.floats(1e-4, 1e3),
    spread=st.floats(1e-2, 10.0),
    seed=SEEDS,
)
@example(low=0.02, factor=1.5, median=1e3, spread=0.01, seed=0)
def test_noise_levels_stay_within_bounds(
    low: float, factor: float, median: float, spread: float, seed: int
) -> None:
    config = small_config(
        batch=40, sigma_min=low, sigma_max=low * factor, sigma_median=median, sigma_spread=spread
    )
    levels = draw_noise_levels(config, seeded(seed)).double()
    assert levels.shape == (40,)
    assert levels.min() >= low * (1 - 1e-6)
    assert levels.max() <= low * factor * (1 + 1e-6)


def test_noise_levels_are_log_normal_between_the_bounds() -> None:
    config = small_config(batch=5000)
    levels = draw_noise_levels(config, seeded(2)).numpy()

    def cumulative(sigma: Any) -> Any:
        bounds = [norm.cdf(np.log(s / 0.6) / 1.2) for s in (config.sigma_min, config.sigma_max)]
        return (norm.cdf(np.log(sigma / 0.6) / 1.2) - bounds[0]) / (bounds[1] - bounds[0])

    assert (config.sigma_median, config.sigma_spread) == (0.6, 1.2)
    assert kstest(levels, cumulative).statistic < 2 / 5000, "evener than chance: one a slice"


# the loop


@pytest.mark.parametrize("network", [TINY, TINY_POINTNET], ids=lambda n: n["name"])
@pytest.mark.parametrize("how", ["max_steps", "on_step", "ctrl-c within a step", "in validation"])
def test_an_interrupted_run_goes_on_exactly(
    clusters: ClusterSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    network: dict[str, Any],
    how: str,
) -> None:
    config = small_config(network=network)
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    run(config, clusters, whole)
    steps: list[int] = []
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background

    def stop_at_three(progress: Progress) -> None:
        steps.append(progress.step)
        if progress.step == 3:
            raise KeyboardInterrupt

    def ctrl_c(*arguments: Any) -> Any:
        if len(steps) == 2:
            signal.raise_signal(signal.SIGINT)
        return add_noise(*arguments)

    def ctrl_c_in_validation(*_: Any) -> None:
        raise KeyboardInterrupt

    if how == "max_steps":
        run(config, clusters, halves, max_steps=3)
    else:
        if how == "ctrl-c within a step":
            monkeypatch.setattr(training, "add_noise", ctrl_c)
        if how == "in validation":
            monkeypatch.setattr(training, "losses_by_band", ctrl_c_in_validation)
        on_step = stop_at_three if how == "on_step" else lambda p: steps.append(p.step)
        with pytest.raises(KeyboardInterrupt):
            run(config, clusters, halves, on_step=on_step)
        monkeypatch.undo()
    signal.signal(signal.SIGINT, usual)
    stopped_at = 4 if how == "in validation" else 3
    assert load_state(halves / "state.pt")["step"] == stopped_at
    done: list[int] = []
    run(config, clusters, halves, on_step=lambda progress: done.append(progress.step))
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
    monkeypatch.undo()
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
        with pytest.raises(InputError, match="another configuration or other data"):
            run(config, data, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    permitted = select_types(clusters, {"CHA", "MFI", "SOD"})
    run(small_config(steps=2), permitted, tmp_path)  # without what it may not learn from: the same


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
    losses = said[-1].validation["learned"]
    assert max(losses["0.1-0.3"], losses["0.3-0.6"]) < 0.25, losses

    generator = seeded(1)
    clean = draw_clouds(cluster_data(clusters, {"SOD"}), 30, 12, generator)
    noisy = add_noise(clean, torch.full((30,), 0.6), generator)
    denoise = denoiser(lambda points, sigma: model.network(points, sigma, OpenSpace()))
    made = [
        points_to_atoms(x)
        for x in final(heun(denoise, noisy, noise_levels(12, 0.6, 0.05), generator))
    ]
    whole = [np.sort(pdist(atoms.cart_t)) for atoms in made if len(atoms.cart_t) == 5]
    assert len(whole) >= 24
    errors = np.array(whole) - np.sort(pdist(clusters[0].cart_t))
    assert np.sqrt((errors**2).mean(axis=0)).max() < 0.3, "Å, T-T distances"


@pytest.mark.parametrize("network", [TINY, TINY_POINTNET], ids=lambda n: n["name"])
def test_losses_by_band_are_the_same_at_every_call(
    clusters: ClusterSet, network: dict[str, Any]
) -> None:
    config = small_config(network=network)
    data = cluster_data(clusters, {"CHA", "SOD"})
    module = build_network(config.network, seeded(1))
    kept = {key: value.clone() for key, value in module.state_dict().items()}
    other = {key: torch.zeros_like(value) for key, value in kept.items()}
    torch.manual_seed(1)
    first = losses_by_band(module, kept, config, data)
    torch.manual_seed(2)
    assert losses_by_band(module, kept, config, data) == first
    # weights of zero move nothing, and to move nothing is to lose all of the noise
    nothing = losses_by_band(module, other, config, data)
    assert list(nothing) == [f"{a}-{b}" for a, b in pairwise(NOISE_BANDS)]
    assert nothing == pytest.approx(dict.fromkeys(nothing, 1.0), abs=0.1)
    assert first != nothing
    assert_same_state(dict(module.state_dict()), kept)


# on disk


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

"""Learning: data, splits and configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import chisquare, kstest, norm

from training_examples import SEEDS, seeded, small_config, some_clusters
from zeoloom.clusters.atoms import merge_points
from zeoloom.clusters.cut import cut_clusters
from zeoloom.errors import InputError
from zeoloom.learn.config import TrainingConfig, load_config
from zeoloom.learn.dataset import cluster_data, data_sha256, draw_clouds
from zeoloom.learn.examples import ClusterSource, split_examples
from zeoloom.learn.losses import draw_noise_levels
from zeoloom.learn.split import FOLDS, TIME_SPLIT, TIME_SPLIT_TEST, split_fold, split_names
from zeoloom.network import build_network
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from zeoloom.structure.records import ClusterSet


@pytest.fixture(scope="module")
def clusters() -> ClusterSet:
    return some_clusters()


def test_the_more_points_the_fewer_clouds(clusters: ClusterSet) -> None:
    data = cluster_data(clusters, {"SOD"})
    generator = seeded(1)
    source = ClusterSource(data, (50, 400), even_in_log=True)
    shapes = [source.draw(16, generator)[0].shape for _ in range(200)]
    numbers = np.array([shape[1] for shape in shapes])
    assert 50 <= numbers.min() < 60
    assert 350 < numbers.max() <= 400
    assert np.median(numbers) == pytest.approx(np.sqrt(50 * 400), rel=0.2)
    assert all(shape[0] == 16 * 50 // shape[1] for shape in shapes)
    few = ClusterSource(data, (50, 60))
    assert {few.draw(16, generator)[0].shape[0] for _ in range(10)} == {16}


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_clouds_hold_every_atom_and_keep_the_shape(clusters: ClusterSet, seed: int) -> None:
    data = cluster_data(clusters, {"MFI", "SOD"})
    n_points = int(data.n_atoms.max()) + seed % 7
    clouds = draw_clouds(data, 8, n_points, seeded(seed))
    assert clouds.shape == (8, n_points, 3)
    shapes = [np.sort(pdist(c.cart_t)) for c in clusters if c.name in {"MFI", "SOD"}]
    for cloud in clouds.numpy():
        atoms = merge_points(cloud)
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


def test_each_type_is_held_out_by_one_fold() -> None:
    regular = [name for name, framework in load_reference().items() if not framework.flag]
    folds = [split_fold(regular, fold) for fold in range(1, FOLDS + 1)]
    for learned, held_out in folds:
        assert sorted(learned + held_out) == sorted(regular)
        assert len(regular) // FOLDS <= len(held_out) <= len(regular) // FOLDS + 1
    assert sorted(name for _, held_out in folds for name in held_out) == sorted(regular)
    with pytest.raises(InputError, match="4 framework types cannot be divided into 5 folds"):
        split_fold(["CHA", "MFI", "SOD", "FAU", "SOD"], 1)


def test_a_fold_holds_out_in_place_of_a_share() -> None:
    late = [load_reference()[code] for code in ("CHA", "FAU", "LTA", "MFI", "SOD", "SOR")]
    given = {"crystals": {"subgroups": 0}, "fold": 1, "held_out": 0.0}
    split = split_examples(small_config(**given), late, seeded(0))
    assert (split.learned, split.held_out) == (("FAU", "LTA", "MFI", "SOD"), ("CHA",))
    everything = split_examples(small_config(**given, time_split=True), late, seeded(0))
    assert everything.held_out == ("CHA", "SOR")


def test_the_time_split_is_in_the_reference_and_never_learned(clusters: ClusterSet) -> None:
    assert (len(TIME_SPLIT), len(TIME_SPLIT_TEST)) == (24, 20)
    assert set(TIME_SPLIT) <= set(load_reference())
    assert not any(load_reference()[code].flag for code in TIME_SPLIT_TEST)
    for seed in range(6):
        split = split_examples(small_config(), clusters, seeded(seed))
        assert set(split.learned) | set(split.held_out) == {"CHA", "MFI", "SOD"}
        assert len(split.held_out) == 1
        n_learned = sum(name in split.learned for name in clusters.names)
        assert len(split.sources["learned"].data.n_atoms) == n_learned
    everything = split_examples(small_config(time_split=True), clusters, seeded(0))
    assert "SOR" in everything.learned + everything.held_out
    late = cut_clusters([load_reference()["SOR"]], 4.0, "unique")
    with pytest.raises(InputError, match="time_split"):
        split_examples(small_config(), late, seeded(0))
    with pytest.raises(InputError, match="cannot hold the largest cluster"):
        split_examples(small_config(points=(3, 20)), clusters, seeded(0))


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
        ("[network]\nname = 'plain-pointnet'\nencoder = [8, -1]", ["encoder", "-1"]),
        ("[network]\nname = 'pointnet'\nlatent = 5", ["latent", "5"]),
        ("many_points = 60", ["many_points 60", "60"]),
        ("stages_added = [0.5, 1.0]", ["stages_added", "1.0"]),
        ("[network]\nname = 'plain-pointnet'\nwidth = 8", ["network", "width"]),
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
    path.write_text("steps = 7\nbatch = 9\n[network]\nname = 'pointnet'\nlatent = 6\n")
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
    levels = draw_noise_levels(config, config.batch, seeded(seed)).double()
    assert levels.shape == (40,)
    assert levels.min() >= low * (1 - 1e-6)
    assert levels.max() <= low * factor * (1 + 1e-6)


def test_noise_levels_are_log_normal_between_the_bounds() -> None:
    config = small_config(batch=5000)
    levels = draw_noise_levels(config, config.batch, seeded(2)).numpy()

    def cumulative(sigma: Any) -> Any:
        bounds = [norm.cdf(np.log(s / 0.6) / 1.2) for s in (config.sigma_min, config.sigma_max)]
        return (norm.cdf(np.log(sigma / 0.6) / 1.2) - bounds[0]) / (bounds[1] - bounds[0])

    assert (config.sigma_median, config.sigma_spread) == (0.6, 1.2)
    assert kstest(levels, cumulative).statistic < 2 / 5000, "evener than chance: one a slice"

"""Cutting clusters and keeping them on disk."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paths import IZA_CIFS
from zeoloom.clusters.cut import cut_clusters
from zeoloom.errors import InputError
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.structure.files.cluster_archive import load_clusters, save_clusters
from zeoloom.structure.files.reader import read_frameworks
from zeoloom.structure.records import Cluster, ClusterSet, Framework
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path


def shell_distances(cluster: Cluster) -> np.ndarray:
    return np.linalg.norm(cluster.cart_t, axis=1)


@pytest.fixture(scope="module")
def unique() -> ClusterSet:
    return cut_clusters(load_reference().values(), 7.0, "unique")


def test_the_whole_reference_at_every_choice_of_sites(unique: ClusterSet) -> None:
    started = time.perf_counter()
    conventional = cut_clusters(load_reference().values(), 7.0, "conventional")
    assert time.perf_counter() - started < 20
    assert len(conventional) == 18_029
    assert len(unique) == 1_460
    assert unique.multiplicities.sum() == 18_029
    assert (conventional.multiplicities == 1).all()
    assert len(cut_clusters(load_reference().values(), 7.0, "primitive")) == 11_464


@pytest.mark.skipif(not IZA_CIFS.exists(), reason="needs the shared CIFs")
@pytest.mark.slow
def test_the_files_of_the_database() -> None:
    read = read_frameworks([IZA_CIFS])
    assert read.problems == ()
    assert len(read.frameworks) == 229
    reference = load_reference()
    same_types = [reference[framework.name] for framework in read.frameworks]
    for sites, count in (("primitive", 9_598), ("unique", 1_272)):
        clusters = cut_clusters(read.frameworks, 7.0, sites)
        assert len(clusters) == count
        assert cut_clusters(same_types, 7.0, sites).names == clusters.names


@pytest.mark.skipif(not IZA_CIFS.exists(), reason="needs the shared CIFs")
def test_files_and_reference_give_the_same_clusters() -> None:
    # two sources, two settings: the distances must agree to what four decimals allow
    read = read_frameworks([IZA_CIFS / f"{code}.cif" for code in ("CHA", "MFI", "FAU", "OKO")])
    for framework in read.frameworks:
        ours = cut_clusters([load_reference()[framework.name]], 7.0, "unique")
        theirs = cut_clusters([framework], 7.0, "unique")
        nearest = [
            np.sort([shell_distances(c)[:12].round(3) for c in s], axis=0) for s in (ours, theirs)
        ]
        np.testing.assert_allclose(nearest[0], nearest[1], atol=5e-3, err_msg=framework.name)


def test_a_cluster_is_centred_ordered_and_complete(unique: ClusterSet) -> None:
    for cluster in unique:
        distances = shell_distances(cluster)
        assert distances[0] == pytest.approx(0.0, abs=1e-9)
        assert (np.diff(distances.round(6)) >= 0).all()
        assert distances[-1] <= 7.0 + 1e-5
        gaps = np.linalg.norm(cluster.cart_t[:, None] - cluster.cart_t[None], axis=-1)
        assert (gaps + 9 * np.eye(len(gaps))).min() > 2.5, cluster.name


def test_sodalite_by_hand() -> None:
    # 4 bonded neighbours, then 2 + 8 across the four- and six-rings, in a body-centred cubic sponge
    (cluster,) = cut_clusters([load_reference()["SOD"]], 5.5, "unique")
    a = load_reference()["SOD"].cell[0, 0]
    expected = [0.0] + [a / np.sqrt(8)] * 4 + [a / 2] * 2 + [a * np.sqrt(3 / 8)] * 8
    np.testing.assert_allclose(shell_distances(cluster), expected, atol=1e-3)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_origin_and_orientation_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    framework = load_reference()[str(rng.choice(["CHA", "GIS", "TON", "BIK"]))]
    shift = rng.uniform(-1, 1, 3)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotations = framework.operations.rotations
    moved = replace(
        framework,
        cell=framework.cell @ turn,
        frac_t=framework.frac_t + shift,
        operations=SymmetryOperations(
            rotations, np.mod(framework.operations.translations - rotations @ shift + shift, 1.0)
        ),
    )
    before = cut_clusters([framework], 6.5, "unique")
    after = cut_clusters([moved], 6.5, "unique")
    assert after.sites == before.sites
    for one, other in zip(before, after, strict=True):
        assert len(one.cart_t) == len(other.cart_t)
        np.testing.assert_allclose(shell_distances(one), shell_distances(other), atol=1e-6)


def test_a_supercell_without_symmetry_gives_the_same_clusters() -> None:
    gis = load_reference()["GIS"]
    full, _ = expand_orbits(gis.frac_t, gis.operations, gis.cell)
    doubled = np.concatenate([full, full + np.array([0, 0, 1])]) / [1, 1, 2]
    trivial = SymmetryOperations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
    supercell = Framework(
        "GIS-2", gis.cell * [[1], [1], [2]], 1, "P 1", trivial, doubled,
        tuple(f"T{n}" for n in range(len(doubled))), np.zeros((0, 3)),
    )  # fmt: skip
    (cluster,) = cut_clusters([gis], 7.0, "unique")
    for other in cut_clusters([supercell], 7.0, "primitive"):
        np.testing.assert_allclose(shell_distances(cluster), shell_distances(other), atol=1e-6)


def test_progress_names_every_framework() -> None:
    seen: list[str] = []
    chosen = [load_reference()[code] for code in ("ABW", "SOD")]
    cut_clusters(chosen, 4.0, "primitive", seen.append)
    assert seen == ["ABW", "SOD"]


def test_nothing_gives_an_empty_set(tmp_path: Path) -> None:
    nothing = cut_clusters([], 7.0)
    assert len(nothing) == 0
    save_clusters(tmp_path / "none.npz", nothing)
    assert len(load_clusters(tmp_path / "none.npz")) == 0


@pytest.mark.parametrize("radius", [0.0, -1.0, 1e3, float("nan")])
def test_senseless_radii_are_refused(radius: float) -> None:
    with pytest.raises(InputError, match="radius"):
        cut_clusters([], radius)


def test_unknown_sites_are_refused() -> None:
    with pytest.raises(InputError, match="primitive, conventional, unique"):
        cut_clusters([], 7.0, "all")  # type: ignore[arg-type]


def test_files_keep_everything_and_are_the_same_bytes(unique: ClusterSet, tmp_path: Path) -> None:
    save_clusters(tmp_path / "a.npz", unique)
    save_clusters(tmp_path / "b.npz", unique)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz"]
    again = load_clusters(tmp_path / "a.npz")
    assert (again.names, again.sites, again.radius) == (unique.names, unique.sites, unique.radius)
    np.testing.assert_array_equal(again.offsets, unique.offsets)
    np.testing.assert_array_equal(again.multiplicities, unique.multiplicities)
    np.testing.assert_allclose(again.cart_t, unique.cart_t, atol=1e-6)


def test_damaged_and_foreign_files_are_refused(unique: ClusterSet, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save_clusters(path, unique)
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(30):
        broken = bytearray(whole[: rng.integers(0, len(whole))] if rng.random() < 0.5 else whole)
        if len(broken) == len(whole):
            for place in rng.integers(0, len(whole), 20):
                broken[place] ^= 0xFF
        path.write_bytes(bytes(broken))
        try:
            load_clusters(path)
        except InputError as error:
            assert str(path) in str(error)  # noqa: PT017 - an undamaged part may be all that is read
    np.savez(path, format=np.array("other"))
    with pytest.raises(InputError, match="expected 'zeoloom-clusters/1'"):
        load_clusters(path)
    np.save(tmp_path / "bare.npy", np.zeros(3))
    for name in ("bare.npy", "missing.npz", "."):
        with pytest.raises(InputError):
            load_clusters(tmp_path / name)
    with pytest.raises(InputError, match="cannot write"):
        save_clusters(path / "no_folder.npz", unique)

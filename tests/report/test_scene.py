from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.image import imread

from view_examples import diamond_cluster, some_clouds
from zeoloom.clusters.statistics import cluster_statistics
from zeoloom.errors import InputError
from zeoloom.report.figures import regeneration_figure, scene_figure
from zeoloom.report.scene import (
    read_scenes,
    scene_of_atoms,
    scene_of_framework,
    scenes_of_clouds,
    sphere_radii,
)
from zeoloom.structure.files.cloud_archive import save_atoms, save_clouds
from zeoloom.structure.records import Atoms
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path


# ---- scenes ------------------------------------------------------------------------------------


def test_sphere_volumes_are_proportional_to_points() -> None:
    weights = np.array([1, 2, 8, 27])
    volumes = sphere_radii(weights) ** 3
    assert np.allclose(volumes / volumes[0], weights)
    assert len(sphere_radii(np.zeros(0, np.int64))) == 0


def test_scene_of_atoms_counts() -> None:
    cart = np.array([[0.0, 0, 0], [2.6, 0, 0], [0, 3.1, 0], [9.0, 0, 0]])
    scene = scene_of_atoms("x", Atoms(cart, np.array([3, 1, 1, 1])))
    assert (scene.bonds, scene.short_bonds, scene.four_connected) == (2, 1, 0)
    assert scene.segments.shape == (2, 2, 3)
    assert scene.short.tolist() == [True, False]
    assert scene.inside.all()


def test_atoms_at_the_rim_do_not_count_as_four_connected() -> None:
    cart = diamond_cluster()
    scene = scene_of_atoms("x", Atoms(cart), cart_centres=np.zeros((1, 3)), radius=7.0)
    assert scene.inside.sum() == 5
    assert scene.four_connected == 5
    assert len(scene.weights) == len(cart)


def test_few_clouds_of_many_keep_the_one_with_the_trajectory() -> None:
    clouds, atoms = some_clouds()
    (scene,) = scenes_of_clouds(clouds, atoms.__getitem__, limit=1)
    assert scene.title == "Cloud 2"
    assert scene.trajectory is not None
    assert [s.trajectory is not None for s in scenes_of_clouds(clouds, atoms.__getitem__)] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(("code", "atoms"), [("SOD", 12), ("CHA", 36), ("MTN", 136)])
def test_scene_of_a_crystal(code: str, atoms: int) -> None:
    framework = load_reference()[code]
    scene = scene_of_framework(framework)
    assert len(scene.cart_atoms) == scene.four_connected == atoms
    assert scene.bonds == 2 * atoms
    assert scene.short_bonds == 0
    assert scene.cell_edges.shape == (12, 2, 3)
    drawn = np.linalg.norm(scene.segments[:, 1] - scene.segments[:, 0], axis=1)
    halves = np.isclose(drawn, scene.lengths / 2)
    assert np.allclose(drawn[~halves], scene.lengths[~halves])
    assert (~halves).sum() + halves.sum() / 2 == scene.bonds


def test_reading_each_kind_of_file(tmp_path: Path) -> None:
    clouds, atoms = some_clouds()
    save_clouds(tmp_path / "c.npz", clouds)
    found = read_scenes(tmp_path / "c.npz")
    assert [len(s.cart_points) for s in found] == [60, 60, 60]
    assert all(len(s.cart_atoms) > 20 for s in found)
    save_atoms(tmp_path / "c.extxyz", atoms)
    beside = read_scenes(tmp_path / "c.npz")
    assert np.array_equal(beside[0].weights, atoms[0].points)
    assert [s.title for s in read_scenes(tmp_path / "c.extxyz")] == [
        "Cluster 1",
        "Cluster 2",
        "Cluster 3",
    ]


def test_files_that_cannot_be_shown(tmp_path: Path) -> None:
    clouds, atoms = some_clouds()
    save_clouds(tmp_path / "c.npz", clouds)
    save_atoms(tmp_path / "c.extxyz", atoms[:2])
    with pytest.raises(InputError, match=r"2 frames, but c\.npz holds 3"):
        read_scenes(tmp_path / "c.npz")
    (tmp_path / "bad.cif").write_text("data_x\n")
    with pytest.raises(InputError, match=r"bad\.cif"):
        read_scenes(tmp_path / "bad.cif")
    (tmp_path / "empty.extxyz").write_text("")
    with pytest.raises(InputError, match="empty"):
        read_scenes(tmp_path / "empty.extxyz")
    with pytest.raises(InputError, match="kind"):
        read_scenes(tmp_path / "picture.jpg")
    with pytest.raises(InputError, match=r"is a folder; give one file of it, such as clouds\.npz"):
        read_scenes(tmp_path)


# ---- figures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [True, False])
def test_picture_of_a_scene(tmp_path: Path, points: bool) -> None:
    clouds, atoms = some_clouds()
    scene = scenes_of_clouds(clouds, atoms.__getitem__)[0]
    scene_figure(tmp_path / "scene.png", scene, points=points)
    picture = imread(tmp_path / "scene.png")
    assert picture.shape[0] > 1000
    assert 0.02 < (picture[..., :3].min(axis=-1) < 0.95).mean() < 0.6
    assert [p.name for p in tmp_path.iterdir()] == ["scene.png"]


def test_picture_of_a_crystal_is_svg_by_name(tmp_path: Path) -> None:
    scene_figure(tmp_path / "sod.svg", scene_of_framework(load_reference()["SOD"]))
    assert "<svg" in (tmp_path / "sod.svg").read_text()
    with pytest.raises(InputError, match=r"\.png"):
        scene_figure(tmp_path / "sod.docx", scene_of_framework(load_reference()["SOD"]))


def test_picture_of_next_to_nothing(tmp_path: Path) -> None:
    scene_figure(tmp_path / "none.png", scene_of_atoms("nothing", Atoms(np.zeros((0, 3)))))
    scene_figure(tmp_path / "one.png", scene_of_atoms("one", Atoms(np.zeros((1, 3)))))


@pytest.mark.long
def test_regeneration_figure(tmp_path: Path) -> None:
    cart = diamond_cluster()
    scene = scene_of_atoms("x", Atoms(cart), cart_centres=np.zeros((1, 3)), radius=7.0)
    shaken = cart + np.random.default_rng(0).normal(0, 0.1, cart.shape)
    regeneration_figure(
        tmp_path / "regeneration.png",
        cluster_statistics([shaken] * 10),
        cluster_statistics([cart] * 5),
        gallery=[scene] * 2,
        real_gallery=[scene],
    )
    picture = imread(tmp_path / "regeneration.png")
    assert picture.shape[1] == 2000
    assert (picture[..., :3].min(axis=-1) < 0.95).mean() > 0.02


@pytest.mark.long
def test_regeneration_figure_of_nothing(tmp_path: Path) -> None:
    real = cluster_statistics([diamond_cluster()])
    for clusters in ([], [np.zeros((0, 3))], [np.zeros((1, 3))]):
        regeneration_figure(tmp_path / "nothing.png", cluster_statistics(clusters), real)

"""`zeoloom view`: pages and figures of clouds and structures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import zeoloom
from cif_examples import GIS
from zeoloom.structure.files.ase_frameworks import save_extxyz
from zeoloom.structure.records import Atoms, CloudSet, Trajectory

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.fixture
def cloud_file(tmp_path: Path) -> Path:
    """Two clouds, the first with its trajectory."""
    rng = np.random.default_rng(1)
    points = rng.normal(0, 3, (20, 3)).astype(np.float32)
    film = Trajectory(points[None, :10].repeat(3, axis=0), np.array([1.0, 0.1, 0.0]), 0)
    path = tmp_path / "clouds [1].npz"
    zeoloom.save_clouds(
        path, CloudSet(points, np.array([0, 10, 20]), np.zeros((2, 1, 3)), 7.0, film)
    )
    return path


def test_a_page_and_a_figure_of_clouds(run: Run, cloud_file: Path, tmp_path: Path) -> None:
    page, figure = tmp_path / "page.html", tmp_path / "figure.png"
    done = run("view", cloud_file, "-o", page, "--png", figure, "--index", 2, "--limit", 1)
    assert done.code == 0
    assert done.out == f"figure -> {figure}\npage -> {page}\n"
    assert figure.read_bytes().startswith(b"\x89PNG")
    text = page.read_text(encoding="utf-8")
    assert "Cloud 1" in text
    assert "Cloud 2" not in text


def test_pages_go_beside_the_file_and_figures_need_no_page(run: Run, tmp_path: Path) -> None:
    zeoloom.save_atoms(tmp_path / "a.extxyz", [Atoms(3.1 * np.eye(3))])
    (tmp_path / "GIS.cif").write_text(GIS)
    assert run("view", tmp_path / "a.extxyz").code == 0
    assert run("view", tmp_path / "GIS.cif", "--png", tmp_path / "GIS.svg").code == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["GIS.cif", "GIS.svg", "a.extxyz", "a.html"]


def test_notices_of_a_crystal_reach_the_user(run: Run, tmp_path: Path) -> None:
    wet = tmp_path / "wet.cif"
    wet.write_text(GIS + "OW1 O 0.50000 0.50000 0.00000\n")
    done = run("view", wet)
    assert done.code == 0
    _, notices = zeoloom.read_framework(wet)
    assert notices
    page = (tmp_path / "wet.html").read_text(encoding="utf-8")
    for notice in notices:
        assert f"note {wet}: {notice}" in done.message
        assert notice in page


def test_other_structure_files_are_shown(run: Run, tmp_path: Path) -> None:
    framework, _ = zeoloom.read_framework(_written(tmp_path / "GIS.cif", GIS))
    save_extxyz(tmp_path / "GIS.extxyz", [framework], [{}])
    assert run("view", tmp_path / "GIS.extxyz").code == 0
    assert '"cell": []' not in (tmp_path / "GIS.html").read_text(encoding="utf-8")


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_there_is_no_third_of_two_clouds(run: Run, cloud_file: Path, tmp_path: Path) -> None:
    done = run("view", cloud_file, "--png", tmp_path / "figure.png", "--index", 3)
    assert done.code == 2
    assert f"--index 3: {cloud_file} holds 2 clouds" in done.message
    assert [path.name for path in tmp_path.iterdir()] == [cloud_file.name]


@pytest.mark.parametrize("flag", ["--index", "--limit"])
def test_clouds_are_counted_from_one(run: Run, cloud_file: Path, tmp_path: Path, flag: str) -> None:
    done = run("view", cloud_file, flag, 0)
    assert done.code == 2
    assert f"{flag}: Input should be greater than or equal to 1, got 0" in done.message
    assert [path.name for path in tmp_path.iterdir()] == [cloud_file.name]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.npz", None),
        ("missing.cif", None),
        ("clouds.npz", b"PK\x03\x04 cut short"),
        ("atoms.extxyz", b"3\nno atoms\n"),
        ("crystal.cif", b"data_x\n"),
        ("table.csv", b"1,2\n"),
        ("none.npz", b""),
    ],
)
def test_files_that_cannot_be_shown(
    run: Run, tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / f"[bold]{name}"
    if content is not None:
        path.write_bytes(content)
    done = run("view", path)
    assert done.code == 2
    assert str(path) in done.message
    assert not path.with_suffix(".html").exists()


def test_figures_of_unknown_kinds(run: Run, cloud_file: Path, tmp_path: Path) -> None:
    done = run("view", cloud_file, "--png", tmp_path / "figure.gif")
    assert done.code == 2
    assert "Expected .png, .svg or .pdf" in done.message

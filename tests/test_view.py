from __future__ import annotations

import base64
import http.client
import io
import json
import re
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.image import imread

from zeoloom.errors import InputError
from zeoloom.structure.files.clouds import save_atoms, save_clouds
from zeoloom.structure.net import coordination
from zeoloom.structure.records import Atoms, CloudSet, Trajectory
from zeoloom.structure.reference import load_reference
from zeoloom.view.figures import regeneration_figure, scene_figure
from zeoloom.view.page import MOST_FRAMES, scene_data, write_page
from zeoloom.view.scene import (
    read_scenes,
    scene_of_atoms,
    scene_of_framework,
    scenes_of_clouds,
    sphere_radii,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# ---- examples ----------------------------------------------------------------------------------


def diamond_cluster(radius: float = 7.0) -> np.ndarray:
    """Atoms of a diamond net with bonds of 3.1 Å, by distance from the one at the origin."""
    steps = np.array(np.meshgrid(*[np.arange(-4, 5)] * 3)).reshape(3, -1).T
    corners = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0]])
    sites = np.concatenate([corners, corners + 1])
    cart = (4 * steps[:, None] + sites).reshape(-1, 3) * 3.1 / np.sqrt(3)
    cart = cart[np.linalg.norm(cart, axis=1) <= radius]
    return cart[np.argsort(np.linalg.norm(cart, axis=1), kind="stable")]


def some_clouds() -> tuple[CloudSet, list[Atoms]]:
    """Three clouds of 60 points, the second with its trajectory."""
    rng = np.random.default_rng(5)
    cart = diamond_cluster()
    clouds, atoms = [], []
    for _ in range(3):
        owner = np.concatenate([np.arange(len(cart)), rng.integers(0, len(cart), 60 - len(cart))])
        clouds.append(cart[owner] + rng.normal(0, 0.05, (60, 3)))
        atoms.append(Atoms(cart, np.bincount(owner)))
    noise = rng.normal(size=(60, 3))
    sigmas = np.geomspace(3.0, 0.05, 101)
    frames = (clouds[1] + sigmas[:, None, None] * noise).astype(np.float32)
    points = np.concatenate(clouds).astype(np.float32)
    offsets = np.array([0, 60, 120, 180])
    return CloudSet(points, offsets, np.zeros((3, 1, 3)), 7.0, Trajectory(frames, sigmas, 1)), atoms


def arrays_of(cart: np.ndarray, clusters: int) -> dict[str, np.ndarray]:
    """What a regeneration figure needs, of one cluster repeated."""
    distances = np.linalg.norm(cart, axis=1)
    return {
        "clusters": np.array(clusters),
        "distances": np.tile(distances[1:], clusters),
        "bond_lengths": np.full(20 * clusters, 3.1),
        "angles": np.full(6 * clusters, 109.47),
        "coordination_distances": np.tile(distances, clusters),
        "coordination": np.tile(coordination(cart), clusters),
    }


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
    with pytest.raises(InputError, match="no scenes"):
        write_page(tmp_path / "none.html", [])


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


def test_regeneration_figure(tmp_path: Path) -> None:
    cart = diamond_cluster()
    scene = scene_of_atoms("x", Atoms(cart), cart_centres=np.zeros((1, 3)), radius=7.0)
    shaken = cart + np.random.default_rng(0).normal(0, 0.1, cart.shape)
    regeneration_figure(
        tmp_path / "regeneration.png",
        arrays_of(shaken, 10),
        arrays_of(cart, 5),
        gallery=[scene] * 2,
        real_gallery=[scene],
    )
    picture = imread(tmp_path / "regeneration.png")
    assert picture.shape[1] == 2000
    assert (picture[..., :3].min(axis=-1) < 0.95).mean() > 0.02


def test_regeneration_figure_of_nothing(tmp_path: Path) -> None:
    nothing = {
        key: values[:0] if values.ndim else np.array(0)
        for key, values in arrays_of(diamond_cluster(), 1).items()
    }
    regeneration_figure(tmp_path / "nothing.png", nothing, arrays_of(diamond_cluster(), 2))


# ---- the page as text --------------------------------------------------------------------------


def test_page_data_come_back_from_hostile_titles(tmp_path: Path) -> None:
    clouds, atoms = some_clouds()
    hostile = "</script><script>alert(1)</script> {{scenes}} & <b>"
    scene = scene_of_atoms(hostile, atoms[0], cart_points=clouds.points_of(0))
    write_page(tmp_path / "new" / "page.html", [scene], title=hostile)
    text = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert text.count("</script>") == 3
    found = re.search(r'<script type="application/json" id="scenes">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])["scenes"][0]
    assert data["title"] == hostile
    points = np.array(data["points"]).reshape(-1, 3) / 1000
    assert np.abs(points - clouds.points_of(0)).max() <= 0.000501


def test_page_keeps_first_and_last_of_few_frames() -> None:
    clouds, atoms = some_clouds()
    film = scene_data(scenes_of_clouds(clouds, atoms.__getitem__)[1])["trajectory"]
    assert len(film["frames"]) == len(film["sigmas"]) == MOST_FRAMES
    assert (film["sigmas"][0], film["sigmas"][-1]) == (3.0, 0.05)


# ---- the page in a browser ---------------------------------------------------------------------


class Browser:
    """A headless Chromium, driven over the WebDriver protocol."""

    def __init__(self, port: int, profile: Path, arguments: list[str], width: int) -> None:
        self.port = port
        chrome: dict[str, Any] = {
            "binary": shutil.which("chromium"),
            "args": [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-sync",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-dev-shm-usage",
                "--window-size=1000,700",
                f"--user-data-dir={profile}",
                *arguments,
            ],
        }
        if width < 600:
            metrics = {"width": width, "height": 844, "pixelRatio": 2}
            chrome["mobileEmulation"] = {"deviceMetrics": metrics}
        wanted = {"goog:chromeOptions": chrome, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = ""
        started = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = "/session/" + started["sessionId"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, self.session + path, data)
            answer = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(answer["message"])
        return answer

    def open(self, page: Path) -> None:
        self.call("POST", "/url", {"url": page.as_uri()})

    def run(self, script: str) -> Any:
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def click(self, name: str) -> None:
        self.run(f"document.getElementById('{name}').click()")

    def text(self, name: str) -> str:
        return str(self.run(f"return document.getElementById('{name}').textContent"))

    def drawn(self) -> float:
        """Share of the picture that is not background."""
        shot = imread(io.BytesIO(base64.b64decode(self.call("GET", "/screenshot"))))[..., :3]
        box = self.run(
            "const b = document.getElementById('stage').getBoundingClientRect();"
            "const r = devicePixelRatio; return [b.left, b.top, b.right, b.bottom].map(v => v * r)"
        )
        left, top, right, bottom = (round(v) for v in box)
        # without the buttons above and the line of text below
        stage = shot[top + (bottom - top) // 6 : bottom - (bottom - top) // 6, left:right]
        return float((np.abs(stage - stage[0, 0]).max(axis=-1) > 0.05).mean())

    def complaints(self) -> list[str]:
        entries = self.call("POST", "/se/log", {"type": "browser"})
        return [e["message"] for e in entries if e["level"] == "SEVERE"]


@contextmanager
def browser_session(profile: Path, arguments: list[str], width: int = 1000) -> Iterator[Browser]:
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        pytest.skip("needs chromium and chromedriver")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = subprocess.DEVNULL
    with subprocess.Popen([driver, f"--port={port}"], stdout=quiet, stderr=quiet) as process:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            browser = Browser(port, profile, arguments, width)
            yield browser
            browser.call("DELETE", "")
        finally:
            process.terminate()


SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clouds, atoms = some_clouds()
    path = tmp_path_factory.mktemp("page") / "clouds.html"
    scenes = scenes_of_clouds(clouds, atoms.__getitem__)
    crystal = scene_of_framework(load_reference()["SOD"])
    write_page(path, [scenes[1], scenes[0], crystal], title="Clouds & crystals")
    return path


def test_page_in_a_browser(page: Path, tmp_path: Path) -> None:
    with browser_session(tmp_path, SOFTWARE_GL) as browser:
        browser.open(page)
        assert browser.text("title") == "Clouds & crystals"
        assert "Bonds under 2.7 Å0" in browser.text("numbers")
        full = browser.drawn()
        assert full > 0.02

        browser.click("points")
        browser.click("atoms")
        without_atoms = browser.drawn()
        assert without_atoms < full
        browser.click("bonds")
        assert browser.drawn() < min(0.001, without_atoms)
        for name in ("points", "atoms", "bonds"):
            browser.click(name)

        slide = (
            "const f = document.getElementById('frame');"
            "f.value = {}; f.dispatchEvent(new Event('input'))"
        )
        browser.run(slide.format(0))
        assert browser.text("sigma") == "noise 3.0 Å"
        assert 0 < browser.drawn() < full
        browser.run(slide.format(60))
        assert browser.text("sigma") == "finished"
        browser.click("play")
        assert browser.text("play") == "Pause"
        browser.click("play")
        assert browser.text("sigma").startswith("noise")

        browser.click("next")
        assert browser.text("which") == "Cloud 1 (2 of 3)"
        assert browser.run("return document.getElementById('film').hidden")
        browser.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'n'}))")
        assert browser.text("which") == "SOD (3 of 3)"
        assert "Edge of the cell" in browser.text("legend")
        assert browser.drawn() > 0.02

        browser.click("spin")
        browser.click("spin")
        browser.click("reset")
        browser.click("theme")
        assert browser.drawn() > 0.02
        assert browser.run("return performance.getEntriesByType('resource').length") == 0
        assert browser.complaints() == []


def test_page_on_a_phone(page: Path, tmp_path: Path) -> None:
    with browser_session(tmp_path, SOFTWARE_GL, width=390) as browser:
        browser.open(page)
        assert browser.run("return document.documentElement.scrollWidth") == 390
        assert browser.drawn() > 0.02
        assert browser.complaints() == []


def test_page_without_webgl_says_so(page: Path, tmp_path: Path) -> None:
    with browser_session(tmp_path, ["--disable-3d-apis"]) as browser:
        browser.open(page)
        assert "WebGL" in browser.text("message")
        assert "Atoms" in browser.text("numbers")
        browser.click("next")
        browser.click("play")
        browser.click("theme")
        browser.click("reset")
        browser.click("spin")
        assert browser.complaints() == []

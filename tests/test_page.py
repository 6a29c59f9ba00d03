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

from view_examples import some_clouds
from zeoloom.errors import InputError
from zeoloom.structure.reference import load_reference
from zeoloom.view.page import MOST_FRAMES, scene_data, write_page
from zeoloom.view.scene import scene_of_atoms, scene_of_framework, scenes_of_clouds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


def test_page_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scenes"):
        write_page(tmp_path / "none.html", [])


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

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from browser import SOFTWARE_GL, browser_session
from view_examples import some_clouds
from zeoloom.errors import InputError
from zeoloom.report.scene import scene_of_atoms, scene_of_framework, scenes_of_clouds
from zeoloom.report.scene_page import MOST_FRAMES, scene_data, write_page
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long

# ---- the page as text --------------------------------------------------------------------------


def test_page_data_come_back_from_hostile_titles(tmp_path: Path) -> None:
    clouds, atoms = some_clouds()
    hostile = "</script><script>alert(1)</script> {{scenes}} & <b>"
    scene = scene_of_atoms(hostile, atoms[0], cart_points=clouds.points_of(0))
    write_page(tmp_path / "new" / "page.html", [scene], title=hostile)
    text = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert text.count("</script>") == 4  # the data, 3Dmol.js, and two of our own
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
        end = time.monotonic() + 10.0
        while not browser.text("sigma").startswith("noise"):  # its first step may be slow to come
            assert time.monotonic() < end
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


@pytest.mark.slow
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

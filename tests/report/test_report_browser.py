from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from browser import SOFTWARE_GL, Browser, browser_session
from report_examples import HOSTILE, TYPES, WORDS, measured_judgements, some_judgements
from zeoloom.report.cavities import largest_cavities
from zeoloom.report.report_page import write_report
from zeoloom.silica.pores import pores
from zeoloom.structure.files.reader import read_framework

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long


# ---- the page in a browser ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, some_judgements(), **WORDS)
    return path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for several tests: starting it takes longer than most of them."""
    with browser_session(tmp_path_factory.mktemp("profile"), SOFTWARE_GL) as browser:
        yield browser


def choose(browser: Browser, name: str, value: str) -> None:
    browser.run(
        f"const e = document.getElementById('{name}'); e.value = '{value}';"
        "e.dispatchEvent(new Event('input')); e.dispatchEvent(new Event('change'))"
    )


def names(browser: Browser) -> list[str]:
    query = "#rows tr td:first-child"
    found: list[str] = browser.run(
        f"return [...document.querySelectorAll('{query}')].map(e => e.textContent)"
    )
    return found


def test_report_in_a_browser(report: Path, desk: Browser) -> None:
    desk.open(report)
    assert desk.text("title") == WORDS["title"]
    counts = desk.text("counts")
    assert counts.count("tried") == 2
    assert all(part in counts for part in ("30 % of tried", "50 % of valid", "33 % of unique"))
    assert "13.5 min" in desk.text("stages")

    # the picture
    assert desk.text("name") == "SOD"
    bare = desk.drawn()
    assert bare > 0.02
    desk.click("oxygen")
    desk.click("pores")
    assert desk.drawn() > bare
    choose(desk, "rings", "6")
    assert desk.text("readout").startswith("8 6-rings in the cell; largest sphere 6.")
    for name in ("oxygen", "pores"):
        desk.click(name)
    choose(desk, "colour", "site")
    assert desk.text("sites") == "T1"
    choose(desk, "supercell", "2")
    assert desk.drawn() > 0.02
    desk.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'n'}))")
    assert desk.text("name") == "CHA"
    assert "36" in desk.text("properties")

    # the gallery draws what is in view
    inked = (
        "const c = document.querySelector('#gallery canvas'); c.scrollIntoView();"
        "return c.width && c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".some((v, i) => i % 4 === 3 && v > 100)"
    )
    until(desk, inked)
    assert desk.run("return document.querySelectorAll('.card').length") == 6

    # sorting
    desk.click("as-table")
    assert names(desk) == [*TYPES, HOSTILE, "lost"]
    head = "document.querySelector('[data-key=density]')"
    sort = f"return {head}.closest('th').getAttribute('aria-sort')"
    assert desk.run(sort) == "none"
    desk.run(f"{head}.click()")
    assert desk.run(sort) == "ascending"
    density = {j.name: j.density for j in some_judgements()}
    upwards = sorted(density, key=lambda name: density[name] or np.inf)
    assert names(desk) == upwards
    assert desk.run("return document.activeElement.dataset.key") == "density"
    desk.run("document.activeElement.click()")
    assert desk.run(sort) == "descending"
    assert names(desk) == [*upwards[-2::-1], "lost"]

    # filters
    for name, value, left in (
        ("f-net", "new", [HOSTILE]),
        ("f-net", "known", list(TYPES)),
        ("f-energy", "likeMade", ["SOD"]),
        ("f-energy", "feasible", ["SOD", "CHA", "ABW"]),
        ("f-valid", "no", ["lost"]),
        ("f-lid", "yes", ["SOD", "CHA", HOSTILE]),
    ):
        choose(desk, name, value)
        assert set(names(desk)) == set(left)
        choose(desk, name, "")
    choose(desk, "text", "im-3m 6-ring")
    until(desk, "return document.querySelectorAll('#rows tr').length === 2")
    assert desk.text("count") == "2 of 6 frameworks"
    choose(desk, "text", "")

    # plots
    assert desk.run("return document.querySelectorAll('#map .mark').length") == 4
    choose(desk, "upwards", "rDls")
    assert desk.run("return document.querySelectorAll('#map .mark').length") == 5
    assert desk.run("return document.querySelectorAll('#geometry svg').length") == 7
    desk.run("document.querySelector('#map .mark.new').dispatchEvent(new Event('click'))")
    assert desk.text("name") == HOSTILE
    assert "New net" in desk.text("verdict")

    assert desk.run("return performance.getEntriesByType('resource').length") == 0
    assert desk.complaints() == []


def test_measured_data_in_a_browser(desk: Browser, tmp_path: Path) -> None:
    page = tmp_path / "measured.html"
    judgements, measured = measured_judgements()
    write_report(page, judgements, **WORDS, measured=measured)
    desk.open(page)
    assert desk.text("sure") == measured.sure
    assert desk.run("return document.querySelectorAll('#candidates .mark').length") == 2
    assert desk.text("compared-title") == "CHA against the data"
    sticks = (
        "return document.querySelector('#compared .observed').getAttribute('d').split('M').length"
    )
    (measurement,) = measured.measurements.values()
    assert desk.run(sticks) == 1 + len(measurement.observed)
    assert desk.text("groups") == "R-3m75 %310.910R-325 %100.300"
    lines = "return [...document.querySelectorAll('#profile polyline')].map(e => e.points.length)"
    assert desk.run(lines) == [1125] * 3  # 2250 points, two by two
    assert desk.text("profile-legend").startswith(
        "measuredcalculateddifferenceR_wp of the pattern 0."
    )
    bare = desk.drawn()
    desk.click("density")
    assert desk.text("readout").startswith("density beyond the framework above")
    assert desk.drawn() > bare
    # of the framework that a click selects nothing is fitted
    second = "document.querySelector('#candidates [data-index=\"1\"]')"
    desk.run(f"{second}.dispatchEvent(new Event('click'))")
    assert desk.text("name") == "SOD"
    assert desk.text("compared").startswith("Not worked out")
    assert desk.run(lines) == []
    assert desk.run("return document.getElementById('density-switch').hidden")
    assert "density beyond" not in desk.text("readout")
    assert desk.run(
        f"const c = document.querySelector('#candidates .chosen'), b = {second}.getBBox();"
        "return Math.hypot(c.cx.baseVal.value - b.x - b.width / 2,"
        "  c.cy.baseVal.value - b.y - b.height / 2) < 1"
    )
    assert desk.complaints() == []


def until(browser: Browser, script: str) -> None:
    """Wait until a script returns something true."""
    for _ in range(60):
        if browser.run(script):
            return
        time.sleep(0.05)
    raise AssertionError(script)


def test_report_draws_what_it_was_given(report: Path, desk: Browser) -> None:
    """Rings, bonds over the boundaries and cavities, as the page unpacks them."""
    desk.open(report)
    found = desk.run(
        "const data = JSON.parse(document.getElementById('data').textContent);"
        "return data.frameworks.filter(f => f.net && f.knownAs === '' && !f.new).map(f => {"
        "  const crystal = Crystal.decode(f.net, data.fraction);"
        "  const { atoms, bonds } = Crystal.drawing(crystal, 2, false);"
        "  const apart = (a, b) => Math.hypot(...[0, 1, 2].map(k => a[k] - b[k]));"
        "  const lengths = bonds.map(([i, j]) => [atoms[j].kind, apart(atoms[i].at, atoms[j].at)]);"
        "  const arms = atoms.map(() => 0); bonds.flat().forEach(i => { arms[i] += 1; });"
        "  const cart = (frac) => Crystal.along(f.net.cell, frac);"
        "  const rings = f.net.rings.map((each) => Crystal.ringCorners(crystal, each));"
        "  const sides = rings.flat().flatMap(ring =>"
        "    ring.map((at, i) => apart(cart(at), cart(ring[(i + 1) % ring.length]))));"
        "  const middles = rings.flat().flatMap(ring =>"
        "    [0, 1, 2].map(k => ring.reduce((sum, at) => sum + at[k], 0) / ring.length));"
        "  return { name: f.name, middles: [Math.min(...middles), Math.max(...middles)],"
        "    sides: [Math.min(...sides), Math.max(...sides)],"
        "    rings: f.net.rings.map((each, i) => [each.size, each.smallest, rings[i].length]),"
        "    corners: rings.flat().map(ring => [ring.length,"
        "      new Set(ring.map(at => at.map(x => x.toFixed(3)).join())).size]),"
        "    short: Math.min(...lengths.filter(l => l[0] === 'T').map(l => l[1])),"
        "    long: Math.max(...lengths.filter(l => l[0] === 'T').map(l => l[1])),"
        "    halves: Math.max(...lengths.filter(l => l[0] === 'end').map(l => l[1])),"
        "    arms: [...new Set(arms.filter((_, i) => atoms[i].kind === 'T'))],"
        "    atoms: atoms.filter(a => a.kind === 'T').length,"
        "    sphere: crystal.diameter, cavities: crystal.cavities }; })"
    )
    assert {each["name"] for each in found} == set(TYPES)
    judgements = {j.name: j for j in some_judgements()}
    # of 4, 6 and 8 T atoms, half of those of the cages in a cell: two [4^6 6^8]; three [4^6 6^2]
    # and three [4^12 6^2 8^6]
    faces = {"SOD": [6, 8], "CHA": [27, 6, 9]}
    for each in found:
        judgement = judgements[each["name"]]
        assert judgement.framework is not None
        smallest = [count for _, is_smallest, count in each["rings"] if is_smallest]
        assert smallest == faces.get(each["name"], smallest)
        assert [n for n, is_smallest, _ in each["rings"] if is_smallest] == [*judgement.rings]
        assert min(count for *_, count in each["rings"]) > 0
        assert each["sides"] == pytest.approx([each["short"], each["long"]], abs=0.02)
        assert all(length == distinct for length, distinct in each["corners"])
        assert min(each["middles"]) > -0.01
        assert max(each["middles"]) < 1.01
        assert each["arms"] == [4]
        assert 2.9 < each["short"] <= each["long"] < 3.3
        assert each["halves"] == pytest.approx(each["long"] / 2, abs=0.2)
        assert each["atoms"] >= 8 * judgement.n_t
        assert each["sphere"] == pytest.approx(pores(judgement.framework).included, abs=0.002)
        centres = largest_cavities(judgement.framework).frac_centres
        assert np.allclose(each["cavities"], centres, atol=1e-4)
    assert desk.complaints() == []


def test_download_is_the_cif(report: Path, desk: Browser, tmp_path: Path) -> None:
    allow = {"behavior": "allow", "downloadPath": str(tmp_path)}
    desk.call("POST", "/goog/cdp/execute", {"cmd": "Page.setDownloadBehavior", "params": allow})
    desk.open(report)
    desk.click("download")
    place = tmp_path / "SOD.cif"
    for _ in range(100):
        if place.is_file():
            break
        time.sleep(0.05)
    framework, _ = read_framework(place)
    assert (framework.space_group_number, len(framework.frac_t)) == (229, 1)


@pytest.mark.slow
def test_report_on_a_phone(report: Path, tmp_path: Path) -> None:
    with browser_session(tmp_path, SOFTWARE_GL, width=360) as browser:
        browser.open(report)
        assert browser.run("return document.documentElement.scrollWidth") == 360
        assert browser.drawn() > 0.02
        browser.click("as-table")
        browser.click("theme")
        assert browser.run("return document.documentElement.scrollWidth") == 360
        for _ in range(5):
            browser.click("next")
        assert "T1 has 3 neighbours" in browser.text("verdict")
        assert browser.drawn() < 0.005  # a corner of a button
        assert browser.complaints() == []


def test_report_without_webgl_or_frameworks(report: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.html"
    write_report(empty, [], title="Nothing", counts={}, facts={})
    with browser_session(tmp_path / "profile", ["--disable-3d-apis"]) as browser:
        browser.open(report)
        assert "WebGL" in browser.text("message")
        for name in ("next", "as-table", "theme"):
            browser.click(name)
        assert browser.text("name") == "CHA"
        browser.open(empty)
        assert browser.run("return document.getElementById('measured').hidden")
        assert browser.text("count") == "No frameworks."
        assert browser.run("return document.querySelectorAll('#geometry svg').length") == 7
        assert browser.complaints() == []


def test_report_on_paper(report: Path, desk: Browser) -> None:
    desk.open(report)
    assert desk.call("POST", "/print", {})
    printed = desk.run("return document.getElementById('print-picture').src")
    assert base64.b64decode(printed.split(",")[1])[1:4] == b"PNG"
    assert desk.complaints() == []

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.image import imread
from rich.console import Console

from browser import SOFTWARE_GL, Browser, browser_session
from report_examples import HOSTILE, TYPES, chain, some_judgements
from zeoloom.campaign.frameworks import write_frameworks
from zeoloom.errors import InputError
from zeoloom.judge.verdict import Judgement
from zeoloom.silica.dls import refine
from zeoloom.silica.pores import pores
from zeoloom.structure.files.cif import read_framework
from zeoloom.structure.nets.graph import net_from_edges, net_of
from zeoloom.structure.nets.shells import Walker
from zeoloom.structure.reference import load_reference
from zeoloom.view.gallery import gallery_figure
from zeoloom.view.periodic import LOCAL_KINDS, local_geometry, periodic_bonds
from zeoloom.view.report import report_html, write_report
from zeoloom.view.report_statistics import BINS
from zeoloom.view.tables import frameworks_table
from zeoloom.view.templates import part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from zeoloom.structure.nets.graph import Net

WORDS: dict[str, Any] = {
    "title": f"Report {HOSTILE}",
    "counts": {
        "tried": 40,
        "valid": 12,
        "unique": 6,
        "new": 2,
        "feasible": 1,
        "new_feasible": 0,
        "new_feasible_share": 0.0,
    },
    "facts": {"command": "zeoloom generate -n 40 <b>", "seed": 1},
    "seconds": {"sampling": 812.0, "refinement": 12.3},
}


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


# ---- bonds and geometry ------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["ABW", "SOD", "MER", "FAU", "BCT", "CZP"])
def test_periodic_bonds_are_those_of_the_net(code: str) -> None:
    framework = load_reference()[code]
    bonds = periodic_bonds(framework)
    net, found = net_of(framework), net_from_edges(bonds.tails, bonds.heads, bonds.shifts, [])
    for name in ("tails", "heads", "shifts"):
        assert np.array_equal(getattr(net, name), getattr(found, name))
    bare = periodic_bonds(replace(framework, frac_o=np.zeros((0, 3))))
    assert len(bare.frac_o) == 0
    assert len(bare.tails) == len(bonds.tails) == 2 * len(bonds.frac_t)


def test_local_geometry_is_what_refinement_says() -> None:
    refined = refine(load_reference()["MER"])
    found = local_geometry(periodic_bonds(refined.framework))
    assert set(found) == set(LOCAL_KINDS)
    n = len(net_of(refined.framework))
    assert [len(found[kind]) for kind in LOCAL_KINDS] == [4 * n, 6 * n, 2 * n, 2 * n, 6 * n, 6 * n]
    for kind, told in refined.distances.items():
        values = found[kind]
        assert values.mean() == pytest.approx(told.mean, abs=1e-4)
        assert values.std() == pytest.approx(told.deviation, abs=1e-4)
        assert (values.min(), values.max()) == pytest.approx((told.smallest, told.largest), 1e-4)


def test_histograms_lose_nothing() -> None:
    for bins in BINS.values():
        middle = (bins.low + bins.high) / 2
        shares = bins.shares(np.array([bins.low - 9.0, middle, bins.high + 9.0, np.inf]))
        assert shares.sum() == pytest.approx(1.0)
        assert (shares[0], shares[-1]) == (0.25, 0.5)


# ---- the page as text --------------------------------------------------------------------------


def test_hostile_names_come_back_whole(tmp_path: Path) -> None:
    place = tmp_path / "new" / "report.html"
    write_report(place, some_judgements(), **WORDS)
    text = place.read_text(encoding="utf-8")
    assert "</script><b>" not in text
    data = data_of(text)
    assert HOSTILE in [each["name"] for each in data["frameworks"]]
    assert data["facts"][0] == ["command", "zeoloom generate -n 40 <b>"]
    # 3Dmol.js names hosts that it is never told to ask
    own = text.replace(part("3Dmol-min.js"), "").replace("http://www.w3.org/2000/svg", "")
    assert "://" not in own


def test_cifs_are_those_of_the_run(tmp_path: Path) -> None:
    judgements = [replace(j, name=f"made-{i}") for i, j in enumerate(some_judgements())]
    judgements[-1] = replace(judgements[-1], key="another", energy_kj_mol=7.0)
    write_frameworks(tmp_path, judgements, {})
    data = data_of(report_html(judgements, **WORDS))
    assert [each["net"] is None for each in data["frameworks"]] == [False] * 5 + [True]
    for each in data["frameworks"]:
        written = tmp_path / "frameworks" / f"{each['name']}.cif"
        if each["cif"] is None:
            assert not written.exists()
        else:
            before, operations, after = each["cif"]
            found = before + data["operations"][operations] + after
            assert found == written.read_text(encoding="utf-8")
    # SOD and the one made from it share theirs
    assert len(data["operations"]) == len(TYPES)


def test_found_is_counted() -> None:
    data = data_of(report_html(some_judgements(), **WORDS))
    assert [each["name"] for each in data["frameworks"]] == [*TYPES, HOSTILE, "lost"]
    assert [each["found"] for each in data["frameworks"]] == [2, 1, 1, 1, 2, None]
    told = data_of(report_html(some_judgements(), found={some_judgements()[1].key: 7}, **WORDS))
    assert [each["found"] for each in told["frameworks"]] == [None, None, None, 7, None, None]


def test_what_cannot_be_drawn_is_left_out() -> None:
    odd = Judgement("odd", framework=replace(chain(), frac_t=np.zeros((0, 3)), t_labels=()))
    line = Judgement("line", framework=chain(), r_dls=float("nan"))
    line = replace(line, energy_kj_mol=np.float64(3.0), n_t=np.int64(1), lid=np.True_)
    data = data_of(report_html([odd, line], **WORDS))
    by_name = {each["name"]: each for each in data["frameworks"]}
    assert by_name["odd"]["net"] is None
    assert by_name["line"]["net"] is not None
    assert by_name["line"]["rDls"] is None
    assert by_name["line"]["feasible"] is by_name["line"]["lid"] is True
    assert data["statistics"]["frameworks"] == 0


def test_a_thousand_frameworks_stay_small() -> None:
    some = [f for f in load_reference().values() if not f.flag][::6]
    judgements = [Judgement(f.name, valid=True, framework=f, rings=(4, 6)) for f in some]
    empty, full = (len(report_html(each, **WORDS)) for each in ([], judgements))
    assert 1000 * (full - empty) / len(some) < 10e6


# ---- table and figure --------------------------------------------------------------------------


def test_table_fits_the_terminal() -> None:
    wide = replace(some_judgements()[1], name="x" * 60, n_t=1440, n_t_unique=144, density=12.3)
    wide = replace(wide, energy_kj_mol=1234.5, r_dls=0.1234)
    console = Console(width=100, record=True, markup=True)
    found = {some_judgements()[1].key: 12345}
    console.print(frameworks_table([*some_judgements(), wide], 20, found))
    text = console.export_text()
    rows = text.splitlines()
    assert max(len(row.rstrip()) for row in rows) <= 100
    assert [row.split()[0] for row in rows[1:5]] == list(TYPES)
    assert "1234.5" in text
    assert "12345" in text
    assert "lost: T1 has 3 neighbours" in text
    few = Console(width=100, record=True)
    few.print(frameworks_table(some_judgements(), 2))
    assert "and 4 more" in few.export_text()
    assert "MER" not in few.export_text()


def test_gallery_figure(tmp_path: Path) -> None:
    named = replace(some_judgements()[2], name="你好")
    gallery_figure(tmp_path / "gallery.png", [*some_judgements(), named], columns=3)
    picture = imread(tmp_path / "gallery.png")[..., :3]
    assert picture.shape[1] == 3 * 500
    panels = picture[: picture.shape[0] // 2, :500], picture[: picture.shape[0] // 2, 1000:]
    assert all((panel < 0.9).any(axis=-1).mean() > 0.05 for panel in panels)
    with pytest.raises(InputError, match="no valid framework"):
        gallery_figure(tmp_path / "none.png", [Judgement("lost")])


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
    assert desk.text("funnel").count("tried") == 6
    assert "30 % of tried" in desk.text("funnel")
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


def until(browser: Browser, script: str) -> None:
    """Wait until a script returns something true."""
    for _ in range(60):
        if browser.run(script):
            return
        time.sleep(0.05)
    raise AssertionError(script)


def rings_by_definition(net: Net, size: int) -> int:
    """Closed paths of a net without shortcuts in a cell: all paths, all pairs of their nodes."""
    walker = Walker(net)

    def apart(one: int, other: int, most: int) -> int:
        return next(d for d in range(most + 1) if walker.at_distance(one, other, d))

    def closed(path: list[int]) -> int:
        if len(path) == size:
            pairs = combinations(range(size), 2)
            lengths = ((i, j, min(j - i, size - j + i)) for i, j in pairs)
            return all(apart(path[i], path[j], d) == d for i, j, d in lengths)
        left = size - len(path)
        steps = [x for x in walker.neighbours(path[-1]) if x not in path]
        near = [x for x in steps if any(walker.at_distance(path[0], x, d) for d in range(left + 1))]
        return sum(closed([*path, x]) for x in near)

    # each ring is met from each of its nodes, both ways round
    return sum(closed([vertex]) for vertex in range(len(net))) // (2 * size)


def test_report_knows_its_nets(report: Path, desk: Browser) -> None:
    """Rings, bonds over the boundaries and cavities, as the page finds them."""
    desk.open(report)
    found = desk.run(
        "const data = JSON.parse(document.getElementById('data').textContent);"
        "return data.frameworks.filter(f => f.net && f.knownAs === '' && !f.new).map(f => {"
        "  const net = Nets.decode(f.net, data.fraction);"
        "  const { atoms, bonds } = Solid.drawing(net, 2, false);"
        "  const lengths = bonds.map(([i, j]) => [atoms[j].kind, Math.hypot(...[0, 1, 2].map("
        "    k => atoms[i].at[k] - atoms[j].at[k]))]);"
        "  const arms = atoms.map(() => 0); bonds.flat().forEach(i => { arms[i] += 1; });"
        "  return { name: f.name, all: f.rings.map(n => Nets.ringsOf(net, n, false).rings.length),"
        "    rings: f.rings.map(n => Nets.ringsOf(net, n, true).rings.length),"
        "    none: Nets.ringsOf(net, 3, true).rings.length,"
        "    ten: Nets.ringsOf(net, 10, false).complete,"
        "    short: Math.min(...lengths.filter(l => l[0] === 'T').map(l => l[1])),"
        "    long: Math.max(...lengths.filter(l => l[0] === 'T').map(l => l[1])),"
        "    halves: Math.max(...lengths.filter(l => l[0] === 'end').map(l => l[1])),"
        "    arms: [...new Set(arms.filter((_, i) => atoms[i].kind === 'T'))],"
        "    atoms: atoms.filter(a => a.kind === 'T').length,"
        "    sphere: 2 * Solid.largestCavities(net)[0].radius }; })"
    )
    assert {each["name"] for each in found} == set(TYPES)
    judgements = {j.name: j for j in some_judgements()}
    # of 4, 6 and 8 T atoms, half of those of the cages in a cell: two [4^6 6^8]; three [4^6 6^2]
    # and three [4^12 6^2 8^6]
    faces = {"SOD": [6, 8], "CHA": [27, 6, 9]}
    for each in found:
        judgement = judgements[each["name"]]
        assert (each["none"], each["ten"]) == (0, True)
        assert each["rings"] == faces.get(each["name"], each["rings"])
        assert min(each["rings"]) > 0
        if each["name"] in ("SOD", "ABW"):
            assert judgement.framework is not None
            net = net_of(judgement.framework)
            assert each["all"] == [rings_by_definition(net, n) for n in judgement.rings]
        assert each["arms"] == [4]
        assert 2.9 < each["short"] <= each["long"] < 3.3
        assert each["halves"] == pytest.approx(each["long"] / 2, abs=0.2)
        assert each["atoms"] >= 8 * judgement.n_t
        assert judgement.framework is not None
        assert each["sphere"] == pytest.approx(pores(judgement.framework).included, abs=0.02)
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
        assert browser.text("count") == "No frameworks."
        assert browser.run("return document.querySelectorAll('#geometry svg').length") == 7
        assert browser.complaints() == []


def test_report_on_paper(report: Path, desk: Browser) -> None:
    desk.open(report)
    assert desk.call("POST", "/print", {})
    printed = desk.run("return document.getElementById('print-picture').src")
    assert base64.b64decode(printed.split(",")[1])[1:4] == b"PNG"
    assert desk.complaints() == []

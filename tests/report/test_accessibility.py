"""Every page the program makes, for people who see little, or have no mouse.

The rules are those of axe-core (`npm install axe-core`), which ZEOLOOM_AXE names as
`.../axe.min.js`; without it only the keyboard is tried.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import zeoloom
from browser import SOFTWARE_GL, Browser, browser_session
from report_examples import WORDS, measured_judgements, some_judgements
from view_examples import some_clouds
from zeoloom.report.report_page import write_report
from zeoloom.report.scene import scenes_of_clouds
from zeoloom.report.scene_page import write_page
from zeoloom.run.folder import finish_run, open_run
from zeoloom.run.framework_table import write_frameworks

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.long

AXE = os.environ.get("ZEOLOOM_AXE", "")
TAB, ENTER = "\ue004", "\ue007"

RULES = """
    const done = arguments[0];
    axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations.map(
        each => `${each.id}: ${each.nodes.map(node => node.target).join(' ')}`)))
"""

FOCUS = """
    const at = document.activeElement, style = getComputedStyle(at);
    const named = at.labels?.[0] ?? at;
    return [at.tagName, named.textContent.trim() || at.getAttribute('aria-label') || '',
            style.outlineStyle, at.closest('th')?.ariaSort ?? null]
"""

RIGHT = "return document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Addresses: of reports, of a page of clouds, and of a run that is watched."""
    folder = tmp_path_factory.mktemp("pages")
    names = {name: folder / f"{name}.html" for name in ("report", "measured", "clouds")}
    write_report(names["report"], some_judgements(), **WORDS)
    judgements, measured = measured_judgements()
    write_report(names["measured"], judgements, **WORDS, measured=measured)
    clouds, atoms = some_clouds()
    write_page(names["clouds"], scenes_of_clouds(clouds, atoms.__getitem__))
    run = open_run(folder / "run", {"verb": "generate"}, resume=False)
    write_frameworks(run.path, list(some_judgements()), {})
    finish_run(run, {"counts": {"tried": 16, "new_with_good_r_dls": 2}, "seconds": {"anneal": 6.0}})
    with watched(run.path) as address:
        yield {name: path.as_uri() for name, path in names.items()} | {"watch": address}


@contextmanager
def watched(folder: Path) -> Iterator[str]:
    with zeoloom.watch_server(zeoloom.WatchRequest(source=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.skipif(not AXE, reason="needs axe-core: ZEOLOOM_AXE=.../axe.min.js")
@pytest.mark.parametrize("width", [1400, 390])
def test_axe_finds_nothing_in_either_scheme(
    width: int, pages: dict[str, str], tmp_path: Path
) -> None:
    axe = Path(AXE).read_text(encoding="utf-8")
    with browser_session(tmp_path, SOFTWARE_GL, width) as browser:
        for name, address in pages.items():
            for scheme in ("light", "dark"):
                browser.prefer(scheme)
                browser.call("POST", "/url", {"url": address})
                browser.run(f"{axe}; window.axe = axe")
                found = browser.call("POST", "/execute/async", {"script": RULES, "args": []})
                assert found == [], (name, scheme)
                assert browser.run(RIGHT) <= 0, (name, scheme, "is wider than the window")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_session(tmp_path_factory.mktemp("profile"), SOFTWARE_GL) as browser:
        yield browser


def tabbed(browser: Browser, most: int = 60) -> list[Any]:
    """What the tab key comes to, once around the page."""
    met: list[Any] = []
    for _ in range(most):
        browser.press(TAB)
        now = browser.run(FOCUS)
        if now[0] == "BODY" or (met and now == met[0]):
            break
        met.append(now)
    return met


@pytest.mark.parametrize("name", ["report", "measured", "clouds", "watch"])
def test_the_tab_key_comes_to_all_and_shows_where_it_is(
    name: str, pages: dict[str, str], desk: Browser
) -> None:
    desk.call("POST", "/url", {"url": pages[name]})
    met = tabbed(desk)
    assert all(each[1] and each[2] == "solid" for each in met), met
    wanted = {
        "report": {"Download CIF", "Oxygen", "Gallery", "Table", "Skip to the frameworks"},
        "measured": {"Download CIF", "Density"},
        "clouds": {"Spin", "Bonds", "Reset view"},
        "watch": set(),
    }[name]
    assert wanted <= {each[1] for each in met}


def test_the_table_is_sorted_by_the_keyboard(pages: dict[str, str], desk: Browser) -> None:
    desk.call("POST", "/url", {"url": pages["report"]})
    desk.run("document.getElementById('as-table').focus()")
    desk.press(ENTER)
    for _ in range(20):
        desk.press(TAB)
        if desk.run(FOCUS)[1] == "R_DLS":
            break
    column = (
        "return [...document.querySelectorAll('#rows tr')].map(e => e.children[{}].textContent)"
    )
    headings = "return [...document.querySelectorAll('#table th')].map(e => e.textContent.trim())"
    place = desk.run(headings).index("R_DLS")
    for order, least_first in (("ascending", True), ("descending", False)):
        desk.press(ENTER)
        assert desk.run(FOCUS)[3] == order
        numbers = [float(text) for text in desk.run(column.format(place)) if text != "–"]
        assert len(numbers) > 3
        assert numbers == sorted(numbers, reverse=not least_first)

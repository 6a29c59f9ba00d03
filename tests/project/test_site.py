"""The documentation site: built without a warning, whole, and with nothing from the network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

import zeoloom
from browser import browser_session
from paths import ROOT

if TYPE_CHECKING:
    from browser import Browser
    from conftest import Run

RESOURCES = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a page loads by itself, and where it says so."""

AXE = os.environ.get("ZEOLOOM_AXE", "")
"""Path of `axe.min.js` (`npm install axe-core`), if the rules are to be tried."""

RULES = """
    axe.run(document, {iframes: false, resultTypes: ['violations']}).then(found =>
        arguments[0](found.violations.map(each => each.id + ': ' + each.nodes[0].target)))
"""

VERBS = ("generate", "solve", "judge", "pattern", "cut", "train", "sample", "join", "view")


def build(site: Path) -> str:
    """The site in a folder; gives what MkDocs says. Fails on its first warning."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@dataclass
class Seen(HTMLParser):
    """What a page names, links to and loads."""

    page: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.text = self.page.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.anchors |= {said[name] for name in ("id", "name") if name in said}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        if tag in RESOURCES and RESOURCES[tag] in said and said.get("rel") != "canonical":
            self.loaded.append(said[RESOURCES[tag]])


def broken_links(pages: dict[Path, Seen]) -> list[str]:
    """Links and resources that lead nowhere."""
    broken = []
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            there = not anchor or target not in pages or anchor in pages[target].anchors
            if not (target.is_file() and there):
                broken.append(f"{path.name}: {link}")
    return broken


def options_missing(page: Seen, run: Run) -> list[str]:
    """Options that the help of a command has and its section of the reference has not."""
    missing = []
    for verb in VERBS:
        section = page.text.split(f'id="zeoloom-{verb}"')[1].split("<h2")[0]
        options = set(re.findall(r"--[a-z][a-z0-9-]+", run(verb, "--help").text)) - {"--help"}
        missing += [f"{verb} {each}" for each in options if f"<code>{each}</code>" not in section]
    return missing


@pytest.mark.long
def test_the_site_is_whole_and_asks_no_network(tmp_path: Path, run: Run) -> None:
    said = build(tmp_path)
    assert "WARNING" not in said
    pages = {path: Seen(path) for path in tmp_path.rglob("*.html") if path.name != "404.html"}
    nav = re.findall(r": ([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert len(nav) > 20
    assert {tmp_path / name.replace(".md", ".html") for name in nav} <= pages.keys()
    assert broken_links(pages) == []
    loaded = {link for page in pages.values() for link in page.loaded}
    assert [link for link in loaded if re.match(r"(https?:)?//", link)] == []
    styles = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.css")]
    assert not any(re.search(r"url\(.?https?:|@import", style) for style in styles)
    report = pages[tmp_path / "live" / "report.html"]
    assert '"new-' in report.text
    assert "live/report.html" in pages[tmp_path / "index.html"].loaded
    assert options_missing(pages[tmp_path / "reference" / "command-line.html"], run) == []
    python = pages[tmp_path / "reference" / "python.html"]
    assert {f"zeoloom.{name}" for name in zeoloom.__all__} <= python.anchors
    assert "<math" in pages[tmp_path / "how-it-works" / "judge.html"].text
    assert not any(re.search(r'"arithmatex">\s*\\[\[(]', page.text) for page in pages.values())


@pytest.mark.long
def test_pages_fit_and_the_search_finds(tmp_path: Path) -> None:
    """From a folder, without a server, on a telephone and on a large screen."""
    site = tmp_path / "site"
    for width in (390, 1400):
        profile = tmp_path / f"profile-{width}"
        with browser_session(profile, ["--allow-file-access-from-files"], width) as seen:
            if not site.exists():
                build(site)
            look_at_all_pages(seen, site)
            search(seen, site, "paving")
            assert seen.complaints() == []


def look_at_all_pages(seen: Browser, site: Path) -> None:
    """None may be wider than the screen; with axe-core at hand none may break its rules."""
    for page in sorted(site.rglob("*.html")):
        if page.parent.name != "live" and page.name != "404.html":
            seen.open(page)
            wide = seen.run("return document.scrollingElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{page.name}: {wide} pixels too wide"
            for scheme in ("light", "dark") if AXE else ():
                assert broken_rules(seen, scheme) == [], f"{page.name}, {scheme}"


def broken_rules(seen: Browser, scheme: str) -> list[str]:
    """Rules of axe-core that a page breaks in a colour scheme."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    command = {"cmd": "Emulation.setEmulatedMedia", "params": media}
    seen.call("POST", "/goog/cdp/execute", command)
    seen.run(Path(AXE).read_text(encoding="utf-8"))
    found = seen.call("POST", "/execute/async", {"script": RULES, "args": []})
    return [str(each) for each in found]


def search(seen: Browser, site: Path, word: str) -> None:
    """A word that stands on some page is found."""
    seen.open(site / "index.html")
    seen.run(
        "document.querySelector('[for=__search]').click();"
        "const query = document.querySelector('[data-md-component=search-query]');"
        f"query.focus(); query.value = '{word}'; query.dispatchEvent(new Event('keyup'))"
    )
    found = "return document.querySelectorAll('.md-search-result__item').length"
    ends = time.monotonic() + 20
    while not seen.run(found) and time.monotonic() < ends:
        time.sleep(0.1)
    assert seen.run(found) > 0

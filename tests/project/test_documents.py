"""README, lab log, record and glossary: short, linked, and true of the program."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

README = (ROOT / "README.md").read_text(encoding="utf-8")
LAB = (ROOT / "dev" / "LAB.md").read_text(encoding="utf-8")
FRONT_PAGE = LAB[: LAB.index("\n# The log\n")]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("dev/*.md")])

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PICTURES = ("gallery.png",)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The commands of the README that begin with `zeoloom`, as words."""
    lines = [line for block in blocks(README) for line in block.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    return [each[1:] for each in words if each[0] == "zeoloom"]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 110


def test_the_readme_has_one_picture_one_table_and_the_two_commands() -> None:
    assert re.findall(r"!\[[^\]]*\]\(docs/images/([^)]+)\)", README) == list(PICTURES)
    assert len(re.findall(r"^\|[-| ]+\|$", README, re.MULTILINE)) == 1
    first = blocks(README)[0].splitlines()
    assert [line.split("#")[0].strip() for line in first] == ["make demo", "make test"]


def test_the_front_page_of_the_lab_log_is_short_and_leads_to_entries() -> None:
    assert len(FRONT_PAGE.splitlines()) <= 150
    links = [link for link in LINK.findall(FRONT_PAGE) if link.startswith("#")]
    assert len(links) > 60
    entries = re.findall(r"^## (20\d\d-\d\d-\d\d .+)$", LAB, re.MULTILINE)
    assert len(set(entries)) == len(entries) >= 125


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_links_of_the_documents_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{page.name}: {link}"


def test_the_readme_names_every_command(run: Run) -> None:
    listed = run("--help").out.split(" Commands ")[1]
    verbs = re.findall(r"^│ ([a-z]+) ", listed, re.MULTILINE)
    assert {words[0] for words in commands()} == set(verbs)


@pytest.mark.parametrize("words", commands(), ids=lambda words: words[0])
def test_the_readme_asks_for_options_that_there_are(words: list[str], run: Run) -> None:
    verb = words[:2] if words[0] == "reference" else words[:1]
    described = run(*verb, "--help").text
    for word in words:
        if word.startswith("-"):
            assert re.search(rf"(?<![\w-]){word}(?![\w-])", described), word


@pytest.mark.long
def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks(README, "python")
    assert len(code.splitlines()) <= 10
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own README
    assert len(names["made"].judgements) >= 3
    assert names["best"].r_dls <= 0.006
    assert (tmp_path / "new" / "report.html").exists()

"""What the documentation site is made by, and numbers that its pages repeat."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from paths import ROOT
from zeoloom.structure.reference import framework_density, load_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The modules can be imported, and are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "documentation"))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name in {"repository_pages", "equations"}:
            del sys.modules[name]


def linked(text: str, page: str) -> str:
    """A page with links of the site."""
    mkdocs = import_module("mkdocs.config.defaults")
    files: Any = import_module("mkdocs.structure.files").Files([])
    config = mkdocs.MkDocsConfig()
    config.load_dict({"site_name": "a site", "docs_dir": str(DOCS), "site_dir": "site"})
    config.validate()
    return str(import_module("repository_pages").with_site_links(text, page, files, config))


@pytest.mark.parametrize(
    ("page", "link", "there"),
    [
        ("how-it-works/judge.md", "../../dev/LIKENESS.md", "../likeness.md"),
        ("how-it-works/judge.md", "../../dev/LAB.md", "../lab.md"),
        ("lab.md", "#2026-11-27-muon", "lab-log.md#2026-11-27-muon"),
        ("record.md", "LAB.md#2026-11-27-muon", "lab-log.md#2026-11-27-muon"),
        ("record.md", "../docs/images/joined.png", "images/joined.png"),
        ("contributing.md", "docs/formats.md#report", "formats.md#report"),
        ("poster.md", "../README.md", "index.md"),
        ("index.md", "https://3dmol.org", "https://3dmol.org"),
        ("formats.md", "#report", "#report"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(page: str, link: str, there: str) -> None:
    assert linked(f"see [it]({link}).", page) == f"see [it]({there})."
    code = f"```\n[it]({link})\n```"
    assert linked(code, page) == code


def test_a_list_may_follow_a_paragraph() -> None:
    text = "**Words**\n- one\n  more\n- two\n\n1. a\n2. b\n"
    assert linked(text, "index.md") == text.replace("**\n- one", "**\n\n- one")


def test_remarks_on_code_blocks_are_left_out() -> None:
    text = '```text varies\n1\n```\n\n```toml title="a b" file\n2\n```\n\n```\n3\n```\n'
    assert linked(text, "index.md") == text.replace(" varies", "").replace(" file", "")


def test_equations_become_mathml_or_are_refused() -> None:
    equations = import_module("equations")
    page = r'<span class="arithmatex">\(\sigma &lt; \frac{1}{2}\)</span>'
    made = equations.with_mathml(page)
    assert made.startswith("<math")
    assert "mfrac" in made
    with pytest.raises(ValueError, match="nosuchmacro"):
        equations.with_mathml(r'<span class="arithmatex">\(\nosuchmacro{x}\)</span>')


def test_the_comparison_repeats_the_record() -> None:
    record = (ROOT / "dev" / "RECORD.md").read_text(encoding="utf-8")
    comparison = (DOCS / "comparison.md").read_text(encoding="utf-8")
    for number in re.findall(
        r"(\d+) times as many valid nets|(\d+) times as many from", comparison
    ):
        assert f"**{''.join(number)}** times as many" in record
    rows = dict(re.findall(r"^\| (FraGen|zeoloom), .*? \| (\d+) \|$", comparison, re.MULTILINE))
    assert f"FraGen finds {rows['FraGen']} of the time split's 20 types" in record
    assert f"and {rows['zeoloom']} of 20" in record.replace("\n", " ")


def test_the_type_of_the_figure_is_what_the_page_says() -> None:
    text = (DOCS / "how-it-works" / "representation.md").read_text(encoding="utf-8")
    said = re.search(r"(\w{3}) has (\d+) T atoms in its cell and (\w+) unique ones", text)
    assert said is not None
    framework = load_reference()[said[1]]
    volume = abs(float(np.linalg.det(framework.cell)))
    assert round(framework_density(framework) * volume / 1000) == int(said[2])
    assert {"four": 4}[said[3]] == len(framework.frac_t)

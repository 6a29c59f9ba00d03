"""The tree in CONTRIBUTING, the folders of tests and the numbers given twice: as things are."""

from __future__ import annotations

import re
import tomllib

from paths import ROOT

SOURCE = ROOT / "src" / "zeoloom"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def folders(path: str) -> set[str]:
    """The folders below one that hold files in git or might."""
    found = (each for each in (ROOT / path).rglob("*") if each.is_dir())
    return {
        each.relative_to(ROOT / path).as_posix()
        for each in found
        if "__pycache__" not in each.parts and any(part.is_file() for part in each.iterdir())
    }


def named(root: str) -> set[str]:
    """The paths that the tree in CONTRIBUTING names below one of its roots, by indentation."""
    tree = re.search(r"^```\n(src/zeoloom/\n.*?)^```$", CONTRIBUTING, re.MULTILINE | re.DOTALL)
    assert tree is not None
    found, above = set(), []
    for line in tree[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        above = [*above[:depth], line.split()[0].rstrip("/")]
        if above[0] == root and depth:
            found.add("/".join(above[1:]))
    return found


def test_the_tree_names_every_folder_of_the_source_and_nothing_else() -> None:
    assert named("src/zeoloom") >= folders("src/zeoloom")
    for path in named("src/zeoloom"):
        assert (SOURCE / path).exists(), path


def test_the_tree_has_a_phrase_for_everything() -> None:
    for line in re.findall(r"^ *[\w/.]+/ .*$", CONTRIBUTING, re.MULTILINE):
        assert len(line.split()) > 2, line


def test_tests_mirror_the_source() -> None:
    mirrored = {path for path in folders("src/zeoloom") if "/" not in path}
    own = {"cases", "examples", "project"}
    assert {path for path in folders("tests") if "/" not in path} == mirrored | own
    assert named("tests") == own


def test_files_that_contributing_names_exist() -> None:
    for path in re.findall(r"`((?:src|tests|search|run|judge|clusters|structure|geometry|network)"
                           r"/[\w/]+\.py)`", CONTRIBUTING):  # fmt: skip
        if "NAME" not in path:
            assert (ROOT / path).exists() or (SOURCE / path).exists(), path


def test_the_citation_has_the_version_of_the_package() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PYPROJECT['project']['version']}\n" in citation


def test_checks_run_on_every_python_that_is_promised() -> None:
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
    tried = re.search(r"^ +python: \[(.*)\]$", workflow, re.MULTILINE)
    assert tried is not None
    prefix = "Programming Language :: Python :: 3."
    promised = [each for each in PYPROJECT["project"]["classifiers"] if each.startswith(prefix)]
    versions = re.findall(r"[\d.]+", tried[1])
    assert versions == [each.rsplit(" ", 1)[1] for each in promised]
    assert PYPROJECT["project"]["requires-python"] == f">={versions[0]}"

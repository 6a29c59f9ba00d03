"""The release step: versions and dates are written, and what is not ready is named."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("pyproject.toml", "CITATION.cff", "CHANGELOG.md")


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script, as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    for name in ("release", "try_wheel"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("release")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree with the files that hold a version, committed."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    log = tmp_path / "CHANGELOG.md"
    text = log.read_text("utf-8")
    if "## Unreleased" not in text:
        log.write_text(text.replace("## ", "## Unreleased\n\n- New.\n\n## ", 1), encoding="utf-8")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "All")


def test_a_version_is_written_everywhere_and_then_nothing_is_missing(step: Any, tree: Path) -> None:
    assert "not dated" in step.faults_of_files(tree)[0]
    step.write_version(tree, step.Release("7.8.9", "2031-02-03"))
    (fault,) = step.faults_of_files(tree)
    assert "3 files are not committed" in fault
    commit(tree)
    assert step.faults_of_files(tree) == []
    assert step.newest_release(tree) == step.Release("7.8.9", "2031-02-03")
    assert 'version = "7.8.9"' in (tree / "pyproject.toml").read_text("utf-8")
    assert "date-released: 2031-02-03" in (tree / "CITATION.cff").read_text("utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("pyproject.toml", "7.8.9", "7.8.8", "pyproject.toml has version 7.8.8"),
        ("CITATION.cff", "2031-02-03", "2031-02-04", "CITATION.cff is dated 2031-02-04"),
        ("CHANGELOG.md", "## 7.8.9", "## Unreleased\n\n## 7.8.9", "is not dated"),
    ],
)
def test_what_differs_is_named(
    step: Any, tree: Path, file: str, old: str, new: str, complaint: str
) -> None:
    step.write_version(tree, step.Release("7.8.9", "2031-02-03"))
    path = tree / file
    path.write_text(path.read_text("utf-8").replace(old, new, 1), encoding="utf-8")
    commit(tree)
    (fault,) = step.faults_of_files(tree)
    assert complaint in fault


def test_a_tag_that_exists_is_not_made_again(step: Any, tree: Path) -> None:
    step.write_version(tree, step.Release("7.8.9", "2031-02-03"))
    commit(tree)
    git(tree, "tag", "v7.8.9")
    (fault,) = step.faults_of_files(tree)
    assert "there is a tag v7.8.9 already" in fault


def test_versions_of_three_numbers_alone(step: Any, tree: Path) -> None:
    with pytest.raises(SystemExit, match="expected three numbers"):
        step.write_version(tree, step.Release("7.8", "2031-02-03"))


def test_pythons_at_hand(step: Any) -> None:
    assert step.interpreter(sys.executable) == sys.executable
    assert step.interpreter("9.99") is None

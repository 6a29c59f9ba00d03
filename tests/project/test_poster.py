"""`make poster`: both tests of the poster, their tables and pictures."""

from __future__ import annotations

import re
import runpy
import sys
from typing import TYPE_CHECKING

import pytest
from matplotlib.image import imread

from paths import ROOT
from zeoloom.cli.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TABLES = ("regeneration, 2 clusters", "joining, 1 of each | sequential | together")


@pytest.mark.long
def test_tables_and_pictures(
    tmp_path: Path,
    tiny_models: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = {"-n": 2, "--points": 20, "--steps": 2, "--model": tiny_models["pointnet"]}
    options |= {"-o": tmp_path / "runs", "--images": tmp_path / "images"}
    words = [str(word) for option in options.items() for word in option]
    monkeypatch.setattr(sys, "argv", ["poster.py", *words])
    printed = []
    for _ in range(2):  # the second time nothing is made
        runpy.run_path(str(ROOT / "benchmarks" / "poster.py"), run_name="__main__")
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert all(f"| {table}" in printed[0] for table in TABLES)
    pictures = sorted((tmp_path / "images").iterdir())
    names = ["poster-regeneration.png", "poster-sequential.png", "poster-together.png"]
    assert [path.name for path in pictures] == names
    for path in pictures:
        assert path.stat().st_size < 400_000
        assert imread(path).std() > 0.02  # something is drawn
    assert len([*(tmp_path / "runs").iterdir()]) == 3


def commands_and_numbers(page: str) -> tuple[list[str], list[list[str]]]:
    """The commands of a page, without remarks, and the numbers of its table, row by row."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    return lines, [re.findall(r"\d[\d.,]*", row) for row in rows]


def test_the_page_in_japanese_has_the_same_commands_and_numbers() -> None:
    commands, rows = commands_and_numbers("poster.md")
    assert commands_and_numbers("poster.ja.md") == (commands, rows)
    assert len(rows) >= 10
    for command in commands:
        if command.startswith("zeoloom"):
            assert command.split()[1] in VERBS
        elif command.startswith("python"):
            assert (ROOT / command.split()[1]).is_file()

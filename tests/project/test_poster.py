"""`make poster`: both tests of the poster, their tables and pictures."""

from __future__ import annotations

import re
import runpy
import sys
from typing import TYPE_CHECKING

import pytest
from matplotlib.image import imread

import zeoloom
from paths import ROOT
from zeoloom.cli.verbs import VERBS
from zeoloom.run import cluster_batches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

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


@pytest.mark.long
def test_what_is_finished_is_drawn_and_left_alone(
    tmp_path: Path,
    tiny_models: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of five batches of two clusters each that were interrupted in the third."""
    options = {"-n": 10, "--batch": 2, "--points": 20, "--steps": 2}
    options |= {"--model": tiny_models["pointnet"], "-o": tmp_path, "--images": tmp_path / "images"}
    words = [str(word) for option in options.items() for word in option]
    seeded = cluster_batches.batch_generator

    def interrupted(seed: int, index: int) -> torch.Generator:
        if index == 2:
            raise KeyboardInterrupt
        return seeded(seed, index)

    def run(*more: str) -> None:
        monkeypatch.setattr(sys, "argv", ["poster.py", *words, *more])
        runpy.run_path(str(ROOT / "benchmarks" / "poster.py"), run_name="__main__")

    with monkeypatch.context() as patch:
        patch.setattr(cluster_batches, "batch_generator", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run()
    unfinished = tmp_path / "regeneration-20-2-10"
    before = {path.name: path.read_bytes() for path in unfinished.iterdir()}
    run("--finished")
    assert "| regeneration, 4 clusters |" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in unfinished.iterdir()} == before
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["poster-regeneration.png"]
    few = zeoloom.load_clouds(tmp_path / "regeneration-20-2-4" / "clouds.npz").cart_points
    run()
    all_of_it = zeoloom.load_clouds(unfinished / "clouds.npz").cart_points
    assert (few == all_of_it[: len(few)]).all()


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

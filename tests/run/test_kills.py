"""Runs that are killed at any moment: what is there is whole, and `--resume` gives the same."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kill_examples import FINISHED, KILLED, RUNS, Moment, forked, whole_files, write_files

if TYPE_CHECKING:
    from pathlib import Path

MANY = {"solve": 70, "generate": 60, "judge": 70}
"""Kills of the slow tier."""

FEW = {"solve": 3, "generate": 3, "judge": 4}
"""Kills of the long tier."""


class Undisturbed:
    """A run that nothing kills.

    Attributes:
        files: what it leaves.
        seconds: that it takes.
        changes: how often a file changes in it.
    """

    def __init__(self, verb: str, place: Path, workers: int = 1) -> None:
        write_files(place)
        RUNS[verb](place / "warm", False, 1)  # all is loaded and compiled here, for the forks
        began = time.monotonic()
        assert forked(verb, place / "whole", workers=workers) == FINISHED, error_of(place)
        self.seconds = time.monotonic() - began
        self.changes = int((place / "changes.txt").read_text())
        self.files = whole_files(place / "whole")
        if workers == 1:  # the page says how many there were
            assert self.files == whole_files(place / "warm")


def error_of(place: Path) -> str:
    path = place / "error.txt"
    return path.read_text() if path.exists() else ""


def moment_of(rng: np.random.Generator, whole: Undisturbed) -> Moment:
    """Any time, or just before any change of a file: most of the time none changes."""
    if rng.random() < 0.5:
        return Moment(seconds=float(rng.uniform(0.0, whole.seconds)))
    return Moment(change=int(rng.integers(whole.changes)))


def check_what_is_there(folder: Path, whole: dict[str, Any], after: str) -> None:
    """Every file is whole: as the undisturbed run leaves it, but for a record without outcome."""
    for name, content in whole_files(folder).items():
        if name == "run.json" and content[1] is None:
            assert content[0] == whole[name][0], after
        else:
            assert content == whole[name], f"{name} {after}"


@pytest.mark.parametrize("verb", RUNS)
@pytest.mark.parametrize(
    "kills", [pytest.param(FEW, marks=pytest.mark.long), pytest.param(MANY, marks=pytest.mark.slow)]
)
def test_a_run_goes_on_after_any_kill(verb: str, kills: dict[str, int], tmp_path: Path) -> None:
    whole = Undisturbed(verb, tmp_path)
    seed = 0
    killed = 0
    while killed < kills[verb]:
        folder = tmp_path / f"run {seed}"
        rng = np.random.default_rng([seed, *verb.encode()])
        moments: list[Moment] = []
        code = KILLED
        while code == KILLED:
            resume = bool(moments)
            moments.append(moment_of(rng, whole))
            code = forked(verb, folder, moments[-1], resume=resume)
            after = f"after {moments}"
            killed += code == KILLED
            check_what_is_there(folder, whole.files, after)
        assert code == FINISHED, f"{after}: {error_of(tmp_path)}"
        assert whole_files(folder) == whole.files, after
        left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert left == set(whole.files), after
        shutil.rmtree(folder)
        seed += 1


@pytest.mark.slow
@pytest.mark.parametrize("verb", RUNS)
def test_a_run_of_several_processes_goes_on_too(verb: str, tmp_path: Path) -> None:
    whole = Undisturbed(verb, tmp_path, workers=2)
    for seed in range(2):
        folder, rng = tmp_path / f"run {seed}", np.random.default_rng(seed)
        moment = Moment(change=int(rng.integers(whole.changes // 2)))
        assert forked(verb, folder, moment, workers=2) == KILLED
        check_what_is_there(folder, whole.files, str(moment))
        assert forked(verb, folder, resume=True, workers=2) == FINISHED, error_of(tmp_path)
        assert whole_files(folder) == whole.files, moment


@pytest.mark.long
def test_a_finished_run_keeps_no_journal(tmp_path: Path) -> None:
    """Killed between the record of the run and the end of its journal."""
    write_files(tmp_path)
    assert forked("judge", tmp_path / "run") == FINISHED
    (tmp_path / "run" / "journal.jsonl").write_text("{}\n")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["outcome"]
    assert forked("judge", tmp_path / "run", resume=True) == FINISHED
    assert not (tmp_path / "run" / "journal.jsonl").exists()

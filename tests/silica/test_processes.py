"""Work in other processes: safe in any folder, and a death is reported."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

import pytest

from zeoloom.silica.processes import Workers

if TYPE_CHECKING:
    from pathlib import Path

SHADOWS = ("random", "types", "enum", "numpy", "typing", "socket", "zeoloom", "encodings")

LAST_WORDS = """
import os, signal, sys

def work(name):
    if name == "wordy":
        print("a first line", file=sys.stderr)
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(4)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.long
@pytest.mark.parametrize("path", [None, "", ".", "{here}", ":/nowhere"])
def test_nothing_of_the_current_folder_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from here')")
    monkeypatch.chdir(tmp_path)
    if path is None:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONPATH", path.format(here=tmp_path))
    with Workers() as workers:
        [outcome] = workers.run(len, ["abc"], seconds=60.0)
    assert (outcome.value, outcome.reason) == (3, "")
    assert (workers.survived, workers.loss) == (1, "")


@pytest.mark.long
def test_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "last_words.py").write_text(LAST_WORDS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # of the workers
    work = importlib.import_module("last_words").work
    with Workers() as workers:
        wordy, silent = workers.run(work, ["wordy", "silent"], seconds=60.0)
        assert (wordy.status, silent.status) == ("died", "died")
        assert wordy.reason == "its process died (exit status 4): out of luck"
        assert silent.reason == "its process died (killed by SIGKILL)"
        assert workers.survived == 0
        assert workers.loss.startswith("2 of 2 processes died; of the last one: its process died")
        workers.run(len, ["abc"], seconds=60.0)
        assert workers.survived == 1


@pytest.mark.long
def test_a_process_that_cannot_start_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", os.devnull)
    with Workers() as workers:
        [outcome] = workers.run(len, ["abc" * 1_000_000], seconds=60.0)
    assert outcome.status == "died"
    assert "process died" in outcome.reason

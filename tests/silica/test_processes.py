"""Work in other processes: safe in any folder, and a death is reported."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paths import ROOT
from zeoloom.silica.processes import Workers

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


ORPHAN = """
import sys
sys.path[:0] = {path!r}
from last_words import sleep
from zeoloom.silica.processes import Workers
with Workers() as workers:
    workers.run(sleep, [{note!r}], seconds=600.0)
"""


@pytest.mark.long
def test_a_process_ends_with_the_one_that_it_works_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is at work, and nobody can stop it."""
    sleep = "def sleep(note):\n    open(note, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    (tmp_path / "last_words.py").write_text(f"import os, time\n{sleep}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT / "src")]))
    note = tmp_path / "note"
    program = ORPHAN.format(path=[str(tmp_path), *sys.path], note=str(note))
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        deadline = time.monotonic() + 120
        while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process = Path("/proc") / note.read_text()
        assert process.exists()
        parent.kill()
    while process.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not process.exists()

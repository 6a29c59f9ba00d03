"""Runs that are killed: forked from a process in which all is loaded, so each costs little."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import sys
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

import zeoloom
from crystal_examples import shipped_crystal
from net_examples import stacked
from silica_examples import known
from training_examples import seeded
from zeoloom.errors import InputError
from zeoloom.run import pools, searching
from zeoloom.silica.pool import Outcome
from zeoloom.silica.processes import Workers
from zeoloom.structure.files.cif_out import cif_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

FINISHED, FAILED, KILLED = 0, 1, -int(signal.SIGKILL)

WRITES = {"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "sqlite3.connect"}
"""Names of Python's audit events that tell of a file about to change."""


class HereWorkers(Workers):
    """Workers that do their work in this process: a kill then takes them too."""

    def run(
        self,
        work: Callable[[Any], Any],
        given: Sequence[Any],
        *,
        seconds: float,
        on_done: Callable[[int, Outcome[Any]], None] | None = None,
    ) -> list[Outcome[Any]]:
        del seconds
        outcomes = []
        for index, each in enumerate(given):
            outcomes.append(Outcome(work(each), "done", "", 0.1))
            self.survived += 1
            if on_done is not None:
                on_done(index, outcomes[-1])
        return outcomes


def solve(folder: Path, resume: bool, workers: int = 1) -> None:
    torch.set_num_threads(1)
    request = zeoloom.SolveRequest(
        cell=(9.9, 5.3, 8.8, 90, 90, 90),
        space_group="Imma",  # type: ignore[arg-type]
        atoms=8,
        n=20,
        batch=4,
        steps=8,
        repair=2,
        walk=4,
        relax=1,
    )
    zeoloom.make_frameworks(
        request, shipped_crystal(), folder, workers=workers, resume=resume, generator=seeded(0)
    )


def generate(folder: Path, resume: bool, workers: int = 1) -> None:
    torch.set_num_threads(1)
    request = zeoloom.GenerateRequest(
        n=2,
        unique_atoms=(1, 2),
        atoms=(8, 24),
        max_r_dls=0.1,
        batch=3,
        steps=8,
        repair=2,
        walk=4,
        relax=1,
    )
    zeoloom.make_frameworks(
        request, shipped_crystal(), folder, workers=workers, resume=resume, generator=seeded(2)
    )


def judge(folder: Path, resume: bool, workers: int = 1) -> None:
    files = folder.parent / "files"
    request = zeoloom.JudgeRequest(
        sources=(files,), against=(files / "against",), relax=False, pores=False
    )
    zeoloom.judge_files(request, folder, workers=workers, resume=resume)


RUNS = {"solve": solve, "generate": generate, "judge": judge}


def write_files(folder: Path) -> None:
    """What `judge` reads, beside the folders of the runs."""
    (folder / "files" / "against").mkdir(parents=True)
    for name in ("ABW", "SOD"):
        (folder / "files" / f"{name}.cif").write_text(cif_text(known(name)))
    (folder / "files" / "twice.cif").write_text(cif_text(known("SOD")))
    (folder / "files" / "bad.cif").write_text("data_")
    (folder / "files" / "new.cif").write_text(cif_text(stacked()))
    (folder / "files" / "against" / "own.cif").write_text(cif_text(stacked("ABABCBCACABCB")))


@dataclass(frozen=True)
class Moment:
    """When a run is killed: after some seconds, or just before a file changes for the nth time."""

    seconds: float | None = None
    change: int | None = None


NEVER_KILLED = Moment()


def forked(
    verb: str,
    folder: Path,
    moment: Moment = NEVER_KILLED,
    *,
    resume: bool = False,
    workers: int = 1,
) -> int:
    """Carry out a run in a fork of this process, and kill it at some moment.

    With several workers they are processes of their own, which end by themselves.

    Returns:
        `FINISHED`, `FAILED` or `KILLED`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its threads are idle
        child = os.fork()
    if not child:
        _run_and_leave(verb, folder, moment, resume, workers)
    if moment.seconds is not None:
        time.sleep(moment.seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run_and_leave(verb: str, folder: Path, moment: Moment, resume: bool, workers: int) -> None:
    code = FAILED
    try:
        pools.Workers = HereWorkers if workers == 1 else Workers  # type: ignore[misc]
        searching.prepare_search = lambda *_, **__: None  # all is compiled
        killer = _Killer(folder, moment.change)
        sys.addaudithook(killer)
        RUNS[verb](folder, resume, workers)
        code = FINISHED
        (folder.parent / "changes.txt").write_text(str(killer.changes))
    except InputError as error:
        # killed when all was done but its last line: nothing is left to resume
        code = FINISHED if "holds a finished run" in str(error) else FAILED
        if code == FAILED:
            (folder.parent / "error.txt").write_text(str(error))
    except BaseException:  # noqa: BLE001 - it is written for the parent
        (folder.parent / "error.txt").write_text(traceback.format_exc())
    finally:
        os._exit(code)


class _Killer:
    """Kills its process before a file of a folder changes for the nth time.

    Attributes:
        changes: how often a file has changed.
    """

    def __init__(self, folder: Path, change: int | None) -> None:
        self._folder, self._last = str(folder), change
        self.changes = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in WRITES and arguments and str(arguments[0]).startswith(self._folder):
            if event == "open" and not set(str(arguments[1])) & set("wa+x"):
                return
            if self.changes == self._last:
                os.kill(os.getpid(), signal.SIGKILL)
            self.changes += 1


def whole_files(folder: Path) -> dict[str, Any]:
    """What the files of a run say, by name: all but seconds, and ids of rows of the database.

    Files under a temporary name and the journal do not count. A file that is half written raises.
    """
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        if path.is_dir() or path.name == "journal.jsonl" or ".part" in path.name:
            continue
        found[str(path.relative_to(folder))] = _content(path)
    return found


def _content(path: Path) -> Any:
    if path.suffix == ".json":
        record = json.loads(path.read_text())
        return record["request"], record.get("outcome", {}).get("counts")
    if path.suffix == ".html":
        text = path.read_text()
        assert text.rstrip().endswith("</html>"), path
        data = json.loads(text.rpartition('id="data">')[2].split("</script>")[0])
        return {name: each for name, each in data.items() if name != "seconds"}
    if path.suffix == ".png":
        content = path.read_bytes()
        assert content.endswith(b"IEND\xaeB`\x82"), path
        return len(content)
    if path.suffix == ".db":
        with sqlite3.connect(path) as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",), path
            rows = database.execute("select numbers, positions, cell, key_value_pairs from systems")
            return Counter(map(str, rows))
    return re.sub(r"\r", "", path.read_text())

"""Batches made by several processes: the same as by one, whatever dies on the way."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import zeoloom
from zeoloom.diffraction.reflection_records import save_reflections
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.errors import RunError
from zeoloom.run.batches import MOST_LOST, BatchPlan, Task, run_batches
from zeoloom.run.journal import Journal
from zeoloom.silica.pool import ThisProcess
from zeoloom.silica.processes import Workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run
    from zeoloom.silica.pool import Pool

pytestmark = pytest.mark.long

ODD_JOBS = """
import os, sys, time

def draw(index):
    time.sleep(0.03 * (index % 3))
    return {"x": index, "nets": [index // 2, index // 3, index]}

def die(index):
    if index == 2:
        print("no more memory", file=sys.stderr, flush=True)
        os._exit(3)
    if index == 4:
        time.sleep(600)
    return {"x": index, "nets": [index]}

def always_die(index):
    os._exit(3)

def judge(names):
    time.sleep(0.01)
    return {name: name ** 2 for name in names}
"""


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "odd_jobs.py").write_text(ODD_JOBS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # of the workers
    sys.modules.pop("odd_jobs", None)
    return importlib.import_module("odd_jobs")


def plan_of(
    jobs: Any, first: Callable[[int], Any], number: int, seconds: float = 60.0, **more: Any
) -> BatchPlan[list[Any]]:
    """Batches whose nets are judged once each, in two parts."""
    met: set[int] = set()

    def rest(_: int, found: Any) -> list[Task]:
        new = [net for net in dict.fromkeys(found["nets"]) if net not in met]
        met.update(new)
        return [Task("judge", jobs.judge, part, 60.0) for part in (new[:1], new[1:]) if part]

    def whole(_: int, found: Any, parts: Any) -> dict[str, Any]:
        return {"x": found["x"], "judged": [pair for part in parts for pair in part.items()]}

    def recall(batch: dict[str, Any]) -> None:
        met.update(net for net, _ in batch["judged"])

    return BatchPlan(
        wanted=lambda index: index < number,
        first=lambda index: Task("draw", first, index, seconds),
        add=lambda done, batch: [*done, (batch["x"], [tuple(pair) for pair in batch["judged"]])],
        rest=rest,
        whole=whole,
        recall=recall,
        **more,
    )


def test_batches_do_not_depend_on_the_number_of_processes(jobs: Any, tmp_path: Path) -> None:
    def made(name: str, pool: Pool) -> list[Any]:
        with pool:
            journal = Journal(tmp_path / name)
            return run_batches(journal, pool, [], plan_of(jobs, jobs.draw, 12))

    alone = made("alone", ThisProcess())
    assert [x for x, _ in alone] == list(range(12))
    judged = Counter(net for _, pairs in alone for net, _ in pairs)
    assert judged == Counter(range(12)), "each net once"
    assert made("three", Workers(3)) == alone
    again = Journal(tmp_path / "three")
    assert sorted(map(int, again.names("batch"))) == list(range(12))
    assert run_batches(again, ThisProcess(), [], plan_of(jobs, jobs.always_die, 12)) == alone


def test_enough_is_enough_whatever_is_being_made(jobs: Any, tmp_path: Path) -> None:
    for name, pool in (("alone", ThisProcess()), ("three", Workers(3))):
        plan = plan_of(jobs, jobs.draw, 10**6, enough=lambda done: len(done) == 5)
        with pool:
            began = time.monotonic()
            done = run_batches(Journal(tmp_path / name), pool, [], plan)
            assert time.monotonic() - began < 60
        assert [x for x, _ in done] == [0, 1, 2, 3, 4]


def test_a_process_that_dies_or_hangs_costs_its_batch(jobs: Any, tmp_path: Path) -> None:
    losses: list[str] = []
    with Workers(2) as pool:
        pool.run(len, ["a", "b"], seconds=60.0)  # both are awake
        plan = plan_of(jobs, jobs.die, 7, 3.0, on_loss=losses.append)
        done = run_batches(Journal(tmp_path / "journal"), pool, [], plan)
    assert [x for x, _ in done] == [0, 1, 3, 5, 6]
    assert sorted(losses) == [
        "draw, batch 2: its process died (exit status 3): no more memory",
        "draw, batch 4: not done after 3 s",
    ]
    kept = Journal(tmp_path / "journal")
    assert sorted(map(int, kept.names("batch"))) == [0, 1, 3, 5, 6]
    again = run_batches(kept, ThisProcess(), [], plan_of(jobs, jobs.draw, 7))
    assert [x for x, _ in again] == list(range(7)), "what was lost is made when it is resumed"


def test_a_run_gives_up_where_everything_dies(jobs: Any, tmp_path: Path) -> None:
    plan, journal = plan_of(jobs, jobs.always_die, 10**6), Journal(tmp_path / "journal")
    with Workers(2) as pool, pytest.raises(RunError, match=f"{MOST_LOST} pieces of work"):
        run_batches(journal, pool, [], plan)


CHA = ("--cell", 13.675, 14.767, "--space-group", "R-3m")
QUICK = ("--steps", 12, "--repair", 3, "--relax", 0)


def outcome_of(folder: Path) -> tuple[str, Any]:
    counts = json.loads((folder / "run.json").read_text())["outcome"]["counts"]
    return (folder / "frameworks.csv").read_text(), counts


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 7])
def test_the_same_frameworks_with_any_number_of_processes(
    run: Run, tmp_path: Path, workers: int
) -> None:
    for verb, asked in (
        ("solve", (*CHA, "-n", 22, "--batch", 4)),
        ("generate", ("-n", 3, "--unique-atoms", "1-2", "--batch", 8, "--max-r-dls", 0.01)),
    ):
        for number in (1, workers):
            folder = tmp_path / f"{verb}-{number}"
            assert run(verb, *asked, *QUICK, "--workers", number, "-o", folder).code == 0
        one, several = (outcome_of(tmp_path / f"{verb}-{number}") for number in (1, workers))
        assert one == several
        assert one[0].count("\n") > 1


@pytest.mark.slow
def test_a_pattern_guides_any_number_of_processes_alike(run: Run, tmp_path: Path) -> None:
    data = simulated(zeoloom.load_reference()["FER"], Difficulty(), np.random.default_rng(0))
    save_reflections(tmp_path / "pattern", data)
    asked = ("--pattern", tmp_path / "pattern", "--atoms", 36, "-n", 16, "--batch", 8)
    for number in (1, 2):
        folder = tmp_path / f"solve-{number}"
        done = run("solve", *asked, "--repair", 40, "--relax", 0, "--workers", number, "-o", folder)
        assert done.code == 0, done.err
    one, two = (outcome_of(tmp_path / f"solve-{number}") for number in (1, 2))
    assert one == two
    assert one[1]["agreeing_less"] > 0  # nets that agree less were left out, the same ones


def test_the_same_clusters_with_any_number_of_processes(
    run: Run, tmp_path: Path, tiny_models: Any
) -> None:
    small = ("--model", tiny_models["equivariant"], "-n", 5, "--batch", 2, "--steps", 4)
    for verb in ("sample", "join"):
        for number in (1, 2):
            more = ("--points", 20, "--repair", 2, "--workers", number)
            done = run(verb, *small, *more, "-o", tmp_path / f"{verb}-{number}")
            assert done.code == 0, done.err
        one, two = ((tmp_path / f"{verb}-{n}" / "clouds.npz").read_bytes() for n in (1, 2))
        assert one == two


def test_a_killed_run_of_several_processes_is_taken_up_exactly(run: Run, tmp_path: Path) -> None:
    asked = ("solve", *CHA, "-n", 12, "--batch", 2, *QUICK, "--workers", 2)
    program = [sys.executable, "-m", "zeoloom", *map(str, asked), "-o", str(tmp_path / "killed")]
    journal, deadline = tmp_path / "killed" / "journal.jsonl", time.monotonic() + 120
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not journal.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert run(*asked, "--resume", "-o", tmp_path / "killed").code == 0
    assert run(*asked[:-1], 1, "-o", tmp_path / "whole").code == 0
    assert outcome_of(tmp_path / "killed") == outcome_of(tmp_path / "whole")

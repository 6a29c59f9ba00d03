"""What several processes are worth, and how much of a core the process that hands out work takes.

    python benchmarks/workers.py --workers 2                # generate and solve, one beside several
    python benchmarks/workers.py --parent                   # recorded batches, answered at once

The same number of batches is made by one process and by several, in turns, in one run: the ratio is
that of the wall times; CPU seconds for each net, without those of starting, say what the split
costs where other work shares the machine. With --parent the pool answers at once with what real
batches gave, so that nothing but the parent works: its rate is the most that can be served.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import tempfile
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import zeoloom
from zeoloom.run.journal import Journal
from zeoloom.run.loaded_models import keep_loaded
from zeoloom.run.preparation import prepare_processes, prepare_search
from zeoloom.run.search_batches import search_batches
from zeoloom.run.search_tasks import FoundNets, found_nets
from zeoloom.silica.pool import Outcome, Pool, ThisProcess
from zeoloom.silica.processes import Workers
from zeoloom.structure.own_nets import OwnReference

if TYPE_CHECKING:
    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.findings import Findings

CELL = {"cell": (13.675, 14.767), "space_group": "R-3m"}


def cpu_seconds() -> float:
    """Of this process and of those that it has ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def resident() -> float:
    """Memory of this process, in kB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


def searched(request: Any, model: Model, pool: Pool, seed: int = 0) -> tuple[Findings, float]:
    """What a pool finds, and the seconds of it."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        findings = search_batches(
            request,
            model,
            Journal(Path(folder) / "journal.jsonl"),
            pool,
            seed,
            OwnReference(),
            lambda _: None,
            lambda *_: None,
            print,
        )
        return findings, time.monotonic() - began


def compare(request: Any, model: Model, workers: int) -> None:
    """One process beside several, the same batches."""
    lines = {}
    began = cpu_seconds()
    with Workers(workers) as pool:
        prepare_processes(pool, request.model, model)
    starting = cpu_seconds() - began
    for number in (1, workers):
        before = cpu_seconds() + (starting if number > 1 else 0.0)
        making: Pool = ThisProcess() if number == 1 else Workers(number)
        with making:
            if number > 1:  # they are awake, with the weights loaded
                prepare_processes(making, request.model, model)
            findings, seconds = searched(request, model, making)
        spent = cpu_seconds() - before
        made = max(len(findings.judgements), 1)
        lines[number] = (findings.tried, made, seconds, spent / made)
        print(
            f"{type(request).__name__:<18}{number} processes: {findings.tried} crystals, {made} "
            f"nets in {seconds:.1f} s; {1000 * spent / made:.0f} ms of CPU a net"
        )
    ratio = lines[1][2] / lines[workers][2] * lines[workers][0] / lines[1][0]
    print(
        f"{type(request).__name__:<18}{workers} over 1: {ratio:.2f} times as many crystals a second"
    )


class Recorder(ThisProcess):
    """Works, and keeps what came out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[bytes] = []
        self.judged: dict[str, dict[str, Any]] = {}

    def submit(self, work: Any, given: Any, *, seconds: float = 0.0) -> Future[Outcome[Any]]:
        """Do a piece of work, and keep its result."""
        if work is found_nets:
            given = replace(given, packed=True)
        future = super().submit(work, given, seconds=seconds)
        value = future.result().value
        if work is found_nets:
            self.found.append(pickle.dumps(value))
        else:
            self.judged |= value["judgements"]
        return future


class Player(Pool):
    """Answers at once with recorded batches, whose nets get names of their own each time."""

    def __init__(self, count: int, recorder: Recorder) -> None:
        super().__init__(count)
        self._recorder = recorder
        self.frameworks, self.answering = 0, 0.0

    def submit(self, work: Any, given: Any, *, seconds: float = 0.0) -> Future[Outcome[Any]]:
        """Give what was recorded, as it would come through a pipe."""
        del seconds
        began = time.process_time()
        if work is found_nets:
            found: FoundNets = pickle.loads(  # noqa: S301 - our own
                self._recorder.found[given.index % len(self._recorder.found)]
            )
            best = {f"{given.index} {name}": each for name, each in found.best.items()}
            met = {f"{given.index} {name}": n for name, n in found.counts["times_met"].items()}
            value: Any = FoundNets(found.counts | {"times_met": met}, best)
        else:
            value = {
                "judgements": {
                    name: self._recorder.judged[plain] | {"key": name}
                    for name in given.best
                    if (plain := name.partition(" ")[2]) in self._recorder.judged
                },
                "seconds": {"check": 0.1, "refine": 0.5, "identify": 0.1},
            }
            self.frameworks += sum(
                each["r_dls"] is not None and each["r_dls"] <= 0.006
                for each in value["judgements"].values()
            )
        text = pickle.dumps(value)
        self.answering += time.process_time() - began
        value = pickle.loads(text)  # noqa: S301 - a parent unpickles what comes
        future: Future[Outcome[Any]] = Future()
        future.set_result(Outcome(value, "done", "", 1.0))
        return future

    def abandon(self) -> None:
        """Nothing is being worked on."""

    def close(self) -> None:
        """Nothing has to end."""


def saturate(model: Model, workers: int, seconds: float) -> None:
    """The rate at which a parent that gets all answers at once is busy."""
    recorder = Recorder()
    asked = {"seconds": 20.0, "unique_atoms": "1-4"}
    searched(zeoloom.parse_request(zeoloom.GenerateRequest, asked), model, recorder)
    good = sum(
        each["r_dls"] is not None and each["r_dls"] <= 0.006 for each in recorder.judged.values()
    )
    print(
        f"recorded: {len(recorder.found)} batches, {len(recorder.judged)} nets, {good} of them "
        "with R_DLS <= 0.006"
    )
    player = Player(workers, recorder)
    request = zeoloom.parse_request(zeoloom.GenerateRequest, {**asked, "seconds": seconds})
    before, memory = time.process_time(), resident()
    findings, _ = searched(request, model, player)
    spent = time.process_time() - before - player.answering
    nets = len(findings.judgements)
    print(f"memory: {(resident() - memory) / max(nets, 1):.1f} kB a net")
    print(
        f"parent: {nets} nets, {player.frameworks} of R_DLS <= 0.006, in {spent:.1f} s of CPU: "
        f"{3600 * nets / spent:,.0f} nets and {3600 * player.frameworks / spent:,.0f} of the "
        "latter an hour at most"
    )


def main() -> None:
    """Compare, or saturate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--batches", type=int, default=8, help="of solve; generate has about as many"
    )
    parser.add_argument("--parent", action="store_true", help="measure the parent alone")
    parser.add_argument("--seconds", type=float, default=20.0, help="of recorded answers")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = zeoloom.load_model("crystal", torch.device("cpu"))
    keep_loaded(model)
    prepare_search(model)
    if options.parent:
        saturate(model, 16, options.seconds)
        return
    solve = {**CELL, "n": 32 * options.batches, "batch": 32, "repair": 20}
    compare(zeoloom.parse_request(zeoloom.SolveRequest, solve), model, options.workers)
    generate = {"n": 3 * options.batches, "batch": 24, "unique_atoms": "1-4"}
    compare(zeoloom.parse_request(zeoloom.GenerateRequest, generate), model, options.workers)


if __name__ == "__main__":
    main()

"""Work in other processes: every piece has a time limit, and none can crash or hang the caller.

Libraries written in C++ may abort, print to the terminal or never return. A worker is a fresh
interpreter that runs piece after piece; one that dies or takes too long is killed and replaced.

A worker imports nothing from the current folder, where a user's `random.py` may lie: Python is
started with its safe path (`-P`), and entries of PYTHONPATH that mean that folder are left out.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

Given = TypeVar("Given")
Made = TypeVar("Made")

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""In the environment of each worker: there may be as many workers as cores."""

PROGRAM = (
    "import sys; sys.path.append(sys.argv[2]); "
    "from zeoloom.silica.processes import serve; serve(int(sys.argv[1]))"
)
"""What a worker runs; its arguments are a descriptor and the folder that zeoloom lies in."""

IDLE, DYING = 0.2, 10.0
"""Seconds that an idle process, and one that has closed its pipe, is given to end by itself."""

MOST_WORDS = 300
"""Characters that are shown of what a process wrote before it died."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Made]):
    """What became of one piece of work.

    Attributes:
        value: what was returned; None unless done.
        status: "done"; "failed" if it raised; "died" if its process did; "timed out".
        reason: empty if done, else what happened.
        seconds: from handing it over to its end.
    """

    value: Made | None
    status: Literal["done", "failed", "died", "timed out"]
    reason: str
    seconds: float


class Workers:
    """Processes that wait for work, started when first needed. Close them, or use `with`.

    Args:
        count: how many at once.

    Attributes:
        survived: pieces of work so far that did not end with the death of their process.
        deaths: what became of the processes that died, in words.
    """

    survived: int
    deaths: list[str]

    def __init__(self, count: int = 1) -> None:
        self.count = max(count, 1)
        self.survived, self.deaths = 0, []
        self._idle: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the idle processes."""
        while self._idle:
            self._idle.pop().stop()

    def run(
        self,
        work: Callable[[Given], Made],
        given: Sequence[Given],
        *,
        seconds: float,
        on_done: Callable[[int, Outcome[Made]], None] | None = None,
    ) -> list[Outcome[Made]]:
        """Do the same work on many things.

        Args:
            work: a function of a module, so that a worker can import it; what it takes and returns
                must pickle.
            given: its argument, piece by piece.
            seconds: time limit of each piece.
            on_done: called with the index of a piece and its outcome, in the order they end.

        Returns:
            An outcome for each piece, in the order given.
        """
        outcomes: dict[int, Outcome[Made]] = {}
        waiting = deque(range(len(given)))
        busy: dict[Connection, _Busy] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self.count:
                    index = waiting.popleft()
                    worker = self._handed((work, given[index]))
                    busy[worker.pipe] = _Busy(worker, index, time.monotonic())
                oldest = min(each.since for each in busy.values())
                wait(list(busy), timeout=max(oldest + seconds - time.monotonic(), 0.0))
                for pipe, each in list(busy.items()):
                    outcome: Outcome[Made] | None = self._outcome(each, seconds)
                    if outcome is not None:
                        del busy[pipe]
                        outcomes[each.index] = outcome
                        self._count(outcome)
                        if on_done is not None:
                            on_done(each.index, outcome)
        finally:
            # empty, unless the caller was interrupted
            for each in busy.values():
                each.worker.stop()
        return [outcomes[index] for index in range(len(given))]

    @property
    def loss(self) -> str:
        """How many processes died and what the last one said; empty if none did."""
        if not self.deaths:
            return ""
        counted = f"{len(self.deaths)} of {len(self.deaths) + self.survived} processes died"
        return f"{counted}; of the last one: {self.deaths[-1]}"

    def _count(self, outcome: Outcome[Made]) -> None:
        """Keep count of processes that die."""
        if outcome.status == "died":
            self.deaths.append(outcome.reason)
        else:
            self.survived += 1

    def _handed(self, message: object) -> _Worker:
        """An idle worker, or a new one, with a message sent to it."""
        while self._idle:
            worker = self._idle.pop()
            try:
                worker.pipe.send(message)
            except OSError:
                # it died while nobody looked
                worker.stop()
            else:
                return worker
        worker = _Worker()
        with suppress(OSError):  # it died at once, which its outcome will say
            worker.pipe.send(message)
        return worker

    def _outcome(self, each: _Busy, seconds: float) -> Outcome[Made] | None:
        """The outcome of a piece, or None while it is being worked on."""
        spent = time.monotonic() - each.since
        if each.worker.pipe.poll():
            try:
                value, error = each.worker.pipe.recv()
            except (EOFError, OSError):
                return Outcome(None, "died", each.worker.obituary(), spent)
            self._idle.append(each.worker)
            return Outcome(value, "failed" if error else "done", error, spent)
        if spent > seconds:
            each.worker.stop()
            return Outcome(None, "timed out", f"not done after {seconds:g} s", spent)
        return None


class _Worker:
    """One process and the pipe to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `stop`
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
                [sys.executable, "-P", "-c", PROGRAM, str(theirs.fileno()), str(_HOME)],
                pass_fds=[theirs.fileno()],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
            )
        self.pipe = Connection(ours.detach())

    def obituary(self) -> str:
        """How the process died, with the last line that it wrote."""
        code = self._end(DYING)
        self._words.seek(0)
        lines = self._words.read().decode("utf-8", errors="replace").split("\n")
        self._words.close()
        how = f"exit status {code}" if code >= 0 else f"killed by {_signal_name(-code)}"
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f"its process died ({how})" + (f": {last[:MOST_WORDS]}" if last else "")

    def stop(self) -> None:
        """Kill the process, if it still lives."""
        # an idle one ends by itself when its pipe closes, one at work has to be killed
        self._end(IDLE)
        self._words.close()

    def _end(self, seconds: float) -> int:
        """Kill the process, if it still lives after some seconds; its exit status."""
        self.pipe.close()
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


_HOME = Path(__file__).resolve().parents[2]
"""Folder that this package lies in: the last place where a worker looks for modules."""


def _environment() -> dict[str, str]:
    """Environment of a worker: PYTHONPATH without the current folder, which "" means too."""
    here = Path.cwd()
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    kept = [each for each in given if each and Path(each).resolve() != here]
    path = {"PYTHONPATH": os.pathsep.join(kept)} if "PYTHONPATH" in os.environ else {}
    return os.environ | ONE_THREAD | path


def _signal_name(number: int) -> str:
    """Name of a signal, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


@dataclass(frozen=True, slots=True)
class _Busy:
    """A worker, the piece it works on and since when."""

    worker: _Worker
    index: int
    since: float


def serve(descriptor: int) -> None:
    """Run what comes through a pipe, until the other end closes it."""
    with Connection(descriptor) as pipe:
        while True:
            try:
                work, given = pipe.recv()
            except EOFError:
                return
            try:
                answer = (work(given), "")
            except Exception as error:  # noqa: BLE001 - the caller gets it
                answer = (None, f"{type(error).__name__}: {error}")
            try:
                pipe.send(answer)
            except OSError:
                # nobody waits any more
                return

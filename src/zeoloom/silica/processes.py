"""Work in other processes: every piece has a time limit, and none can crash or hang the caller.

Libraries written in C++ may abort, print to the terminal or never return. A worker is a fresh
interpreter that runs piece after piece; one that dies or takes too long is killed and replaced.

A worker imports nothing from the current folder, where a user's `random.py` may lie: Python is
started with its safe path (`-P`), and entries of PYTHONPATH that mean that folder are left out.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from zeoloom.silica.pool import Given, Made, Outcome, Pool

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""In the environment of each worker: there may be as many workers as cores."""

PROGRAM = (
    "import sys; sys.path.append(sys.argv[2]); "
    "from zeoloom.silica.processes import serve; serve(int(sys.argv[1]))"
)
"""What a worker runs; its arguments are a descriptor and the folder that zeoloom lies in."""

IDLE, DYING = 0.2, 10.0
"""Seconds that an idle process, and one that has closed its pipe, is given to end by itself."""

ORPHANED = 1.0
"""Seconds after which a process looks again whether the one that it works for is there."""

MOST_WORDS = 300
"""Characters that are shown of what a process wrote before it died."""


LONGEST_WAIT = 1e6
"""Seconds; a pipe cannot be waited on for ever."""


class Workers(Pool):
    """Processes that wait for work, started when first needed, each with a thread here beside it.

    Args:
        count: how many at once.
    """

    def __init__(self, count: int = 1) -> None:
        super().__init__(count)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._new_round()

    def _new_round(self) -> None:
        """Threads for the work to come, and a sign to give it up."""
        self._threads, self._given_up = ThreadPoolExecutor(self._at_once), Event()

    def submit(
        self, work: Callable[[Given], Made], given: Given, *, seconds: float = math.inf
    ) -> Future[Outcome[Made]]:
        """Begin a piece of work as soon as a process is free."""
        return self._threads.submit(self._done, work, given, seconds, self._given_up)

    def abandon(self) -> None:
        """Kill the processes that are at work; others take their place when there is work again."""
        self._given_up.set()
        while self._busy:
            with suppress(KeyError):  # its work has just ended
                self._busy.pop().kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._new_round()

    def close(self) -> None:
        """Kill the processes that are at work, and let the idle ones end."""
        self.abandon()
        while self._idle:
            self._idle.pop().stop()

    def _done(
        self,
        work: Callable[[Given], Made],
        given: Given,
        seconds: float,
        given_up: Event,
    ) -> Outcome[Made]:
        """What becomes of a piece of work in a process."""
        began = time.monotonic()
        worker = self._handed((work, given))
        self._busy.add(worker)
        if given_up.is_set():
            worker.kill()
        try:
            outcome: Outcome[Made] = worker.outcome(began, seconds)
        finally:
            self._busy.discard(worker)
        if outcome.status in {"done", "failed"}:
            self._idle.append(worker)
        if not given_up.is_set():
            self._count(outcome)
        return outcome

    def _handed(self, message: object) -> _Worker:
        """An idle worker, or a new one, with a message sent to it."""
        while True:
            try:
                worker = self._idle.pop()
            except IndexError:
                break
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

    def outcome(self, began: float, seconds: float) -> Outcome[Any]:
        """What becomes of the piece of work that was sent to it; it is stopped unless it answers.

        Args:
            began: on the clock of `time.monotonic`.
            seconds: that the piece has from then on.
        """
        left = began + seconds - time.monotonic()
        if not self.pipe.poll(min(max(left, 0.0), LONGEST_WAIT)):
            self.stop()
            return Outcome(None, "timed out", f"not done after {seconds:g} s", seconds)
        try:
            value, error = self.pipe.recv()
        except (EOFError, OSError):
            return Outcome(None, "died", self.obituary(), time.monotonic() - began)
        return Outcome(value, "failed" if error else "done", error, time.monotonic() - began)

    def kill(self) -> None:
        """Kill the process, which ends whatever waits for it."""
        self._process.kill()

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


def _end_with(parent: int) -> None:
    """End this process, whatever it is at, when the one that it works for has been killed."""
    while os.getppid() == parent:
        time.sleep(ORPHANED)
    os._exit(1)


def _signal_name(number: int) -> str:
    """Name of a signal, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def serve(descriptor: int) -> None:
    """Run what comes through a pipe, until the other end closes it or its process is gone."""
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
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

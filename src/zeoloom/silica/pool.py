"""Pools: what does work piece by piece, here or in other processes, by one interface.

`submit` gives a `concurrent.futures.Future`. It never raises what went wrong with a piece: its
result is an `Outcome`, which says so.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

Given = TypeVar("Given")
Made = TypeVar("Made")


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


class Pool(ABC):
    """Does work piece by piece. Close it, or use `with`.

    Attributes:
        survived: pieces of work so far that did not end with the death of their process.
        deaths: what became of the processes that died, in words.
    """

    survived: int
    deaths: list[str]

    def __init__(self, count: int) -> None:
        self._at_once = max(count, 1)
        self.survived, self.deaths = 0, []
        self._counting = Lock()

    @property
    def count(self) -> int:
        """Pieces of work at once."""
        return self._at_once

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def submit(
        self, work: Callable[[Given], Made], given: Given, *, seconds: float = math.inf
    ) -> Future[Outcome[Made]]:
        """Begin a piece of work as soon as there is room for it.

        Args:
            work: a function of a module, so that another process can import it; what it takes and
                returns must pickle.
            given: its argument.
            seconds: time limit.
        """

    @abstractmethod
    def abandon(self) -> None:
        """Give up all that is being worked on; the pool itself can go on."""

    @abstractmethod
    def close(self) -> None:
        """Give up all that is being worked on, and end."""

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
            work: as in `submit`.
            given: its argument, piece by piece.
            seconds: time limit of each piece.
            on_done: called with the index of a piece and its outcome, in the order they end.

        Returns:
            An outcome for each piece, in the order given.
        """
        pieces = [self.submit(work, each, seconds=seconds) for each in given]
        index = {piece: i for i, piece in enumerate(pieces)}
        try:
            for piece in as_completed(pieces):
                if on_done is not None:
                    on_done(index[piece], piece.result())
        except BaseException:
            self.abandon()
            raise
        return [piece.result() for piece in pieces]

    @property
    def loss(self) -> str:
        """How many processes died and what the last one said; empty if none did."""
        if not self.deaths:
            return ""
        counted = f"{len(self.deaths)} of {len(self.deaths) + self.survived} processes died"
        return f"{counted}; of the last one: {self.deaths[-1]}"

    def count_anew(self) -> None:
        """Forget what has survived and died so far."""
        self.survived, self.deaths = 0, []

    def _count(self, outcome: Outcome[Made]) -> None:
        """Keep count of processes that die."""
        with self._counting:
            if outcome.status == "died":
                self.deaths.append(outcome.reason)
            else:
                self.survived += 1


class ThisProcess(Pool):
    """Does the work here and now, one piece after the other, whatever time it takes.

    What a piece raises is raised by `submit`.
    """

    def __init__(self) -> None:
        super().__init__(1)

    def submit(
        self, work: Callable[[Given], Made], given: Given, *, seconds: float = math.inf
    ) -> Future[Outcome[Made]]:
        """Do a piece of work, and give what is there already."""
        del seconds
        began = time.monotonic()
        future: Future[Outcome[Made]] = Future()
        future.set_result(Outcome(work(given), "done", "", time.monotonic() - began))
        return future

    def abandon(self) -> None:
        """Nothing is being worked on."""

    def close(self) -> None:
        """Nothing has to end."""

"""Batches of a run, made by a pool; what comes out does not depend on how many are made at once.

A batch is a function of the request, the seed and its index. Its first part depends on no other
batch. The rest, if there is one, depends on the first parts of those before it, and is handed out
when these are there; finished batches are added in order of their index. Each is kept in the
journal as soon as it is finished, so that an interrupted run goes on as if it had never stopped.
"""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import torch

from zeoloom.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from zeoloom.run.journal import Journal
    from zeoloom.silica.pool import Outcome, Pool

State = TypeVar("State")

Batch = dict[str, Any]
"""The result of one batch: JSON values and arrays by name."""

STEP = "batch"
"""Name of the step in the journal."""

LONGEST_PIECE = 3600.0
"""Seconds that a piece of work may take where no time is set."""

MOST_LOST = 10
"""Pieces of work that may be lost one after the other before a run gives up."""


def batch_generator(seed: int, index: int) -> torch.Generator:
    """The source of randomness of one batch, on the CPU.

    Args:
        seed: of the run.
        index: of the batch.
    """
    [word] = np.random.SeedSequence(seed, spawn_key=(index,)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(word))


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work on a batch.

    Attributes:
        name: of what is done, for the progress.
        work: a function of a module.
        given: its argument.
        seconds: time limit, where another process does it.
    """

    name: str
    work: Callable[[Any], Any]
    given: Any
    seconds: float


def _no_rest(_index: int, _first: Any) -> Sequence[Task]:
    return ()


def _first_alone(_index: int, first: Any, _rest: Sequence[Any]) -> Batch:
    batch: Batch = first
    return batch


@dataclass(frozen=True, slots=True)
class BatchPlan(Generic[State]):
    """How batches are made.

    Attributes:
        wanted: whether the batch of an index is to be begun now.
        first: the first part of a batch.
        add: what there is with another batch; called in order of the index.
        enough: whether nothing else is needed, by what there is.
        rest: the other parts, by the result of the first; called in order of the index.
        whole: a batch, by the results of all its parts.
        recall: called with a batch of the journal, in the order in which `rest` would be.
        on_change: called with what there is, and how often each task is being done.
        on_loss: called with what became of a process.
    """

    wanted: Callable[[int], bool]
    first: Callable[[int], Task]
    add: Callable[[State, Batch], State]
    enough: Callable[[State], bool] = lambda _: False
    rest: Callable[[int, Any], Sequence[Task]] = _no_rest
    whole: Callable[[int, Any, Sequence[Any]], Batch] = _first_alone
    recall: Callable[[Batch], None] = lambda _: None
    on_change: Callable[[State, Mapping[str, int]], None] = lambda _state, _doing: None
    on_loss: Callable[[str], None] = lambda _: None


def run_batches(journal: Journal, pool: Pool, state: State, plan: BatchPlan[State]) -> State:
    """Make batches until there are enough; those in the journal are not made again.

    A batch whose process dies or takes too long is left out, and not put into the journal.

    Args:
        journal: of the run.
        pool: that makes them.
        state: what there is before the first batch.
        plan: of the batches.

    Returns:
        What there is with all batches.

    Raises:
        RunError: if nothing but deaths comes out.
    """
    desk = _Desk(journal, pool, state, plan)
    while desk.hand_out():
        desk.take_in()
    return desk.state


def doing_text(doing: Mapping[str, int]) -> str:
    """How many processes do what, in words; empty if there is one at most."""
    if sum(doing.values()) <= 1:
        return ""
    return ", ".join(f"{number} {name}" for name, number in sorted(doing.items()))


@dataclass(slots=True)
class _Open:
    """A batch whose first part is there: its parts, and how many are still to come."""

    first: Any
    rest: list[Any]
    missing: int
    seconds: float
    lost: bool = False


class _Desk(Generic[State]):
    """Hands out the parts of batches, and takes in what becomes of them.

    Attributes:
        state: what there is by now.
    """

    state: State

    def __init__(self, journal: Journal, pool: Pool, state: State, plan: BatchPlan[State]) -> None:
        self.state = state
        self._journal, self._pool, self._plan = journal, pool, plan
        self._kept = {int(name) for name in journal.names(STEP)}
        self._busy: dict[Future[Outcome[Any]], tuple[int, int | None, Task]] = {}
        self._waiting: deque[tuple[int, int, Task]] = deque()
        self._open: dict[int, _Open] = {}
        self._first: dict[int, tuple[Any, float]] = {}
        self._finished: dict[int, Batch | None] = {}
        self._next = self._turn = self._added = self._lost = 0

    def hand_out(self) -> bool:
        """Hand out work while there is room; whether there is anything to wait for."""
        while not self._settled():
            room = len(self._busy) < self._pool.count
            if room and self._waiting:
                self._submit(*self._waiting.popleft())
            elif self._next in self._kept:
                self._first[self._next] = self._journal.result(STEP, str(self._next)), 0.0
                self._next += 1
            elif room and self._plan.wanted(self._next):
                index, self._next = self._next, self._next + 1
                self._submit(index, None, self._plan.first(index))
            elif not self._busy and self._next < max(self._kept, default=0):
                # a later one was finished before an interruption, and there is no time for this one
                self._first[self._next] = None, 0.0
                self._next += 1
            else:
                return bool(self._busy)
        self._pool.abandon()
        return False

    def take_in(self) -> None:
        """Wait until some work ends, and take up what came out."""
        for future in wait(self._busy, return_when=FIRST_COMPLETED).done:
            index, part, task = self._busy.pop(future)
            outcome = future.result()
            if outcome.status == "done":
                self._lost = 0
            else:
                self._lose(f"{task.name}, batch {index}: {outcome.reason}")
            if part is None:
                self._first[index] = outcome.value, outcome.seconds
            else:
                self._take_part(index, part, outcome)
        self._tell()

    def _submit(self, index: int, part: int | None, task: Task) -> None:
        future = self._pool.submit(task.work, task.given, seconds=task.seconds)
        self._busy[future] = index, part, task
        self._tell()

    def _tell(self) -> None:
        doing = Counter(task.name for _, _, task in self._busy.values())
        self._plan.on_change(self.state, doing)

    def _lose(self, reason: str) -> None:
        self._lost += 1
        self._plan.on_loss(reason)
        if self._lost == MOST_LOST:
            raise RunError(f"{MOST_LOST} pieces of work were lost one after the other; {reason}")

    def _take_part(self, index: int, part: int, outcome: Outcome[Any]) -> None:
        batch = self._open[index]
        batch.rest[part] = outcome.value
        batch.missing -= 1
        batch.seconds += outcome.seconds
        batch.lost |= outcome.status != "done"
        if not batch.missing:
            self._finish(index, self._open.pop(index))

    def _finish(self, index: int, batch: _Open) -> None:
        """Put a batch together, and into the journal unless a part of it is lost."""
        parts = [each for each in batch.rest if each is not None]
        whole = self._plan.whole(index, batch.first, parts)
        if not batch.lost:
            self._journal.add(STEP, str(index), whole, batch.seconds)
        self._finished[index] = whole

    def _settled(self) -> bool:
        """Take what is finished in order of the index; whether that is enough."""
        while self._turn in self._first:
            index, self._turn = self._turn, self._turn + 1
            first, seconds = self._first.pop(index)
            if first is None:
                self._finished[index] = None
            elif index in self._kept:
                self._plan.recall(first)
                self._finished[index] = first
            else:
                tasks = self._plan.rest(index, first)
                batch = _Open(first, [None] * len(tasks), len(tasks), seconds)
                self._waiting += [(index, part, task) for part, task in enumerate(tasks)]
                if tasks:
                    self._open[index] = batch
                else:
                    self._finish(index, batch)
        while self._added in self._finished:
            batch_or_none = self._finished.pop(self._added)
            self._added += 1
            if batch_or_none is not None:
                self.state = self._plan.add(self.state, batch_or_none)
                if self._plan.enough(self.state):
                    return True
        return False

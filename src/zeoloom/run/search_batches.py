"""The batches of `solve` and `generate`: each is searched, and what is new in it judged."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from zeoloom.run.batches import (
    LONGEST_PIECE,
    STEP,
    BatchPlan,
    Task,
    batch_generator,
    doing_text,
    run_batches,
)
from zeoloom.run.crystal_requests import SolveRequest
from zeoloom.run.findings import Findings, is_enough, progress_of, within_limits
from zeoloom.run.loaded_models import device_of_model
from zeoloom.run.search_growth import history_before
from zeoloom.run.search_tasks import (
    FindingTask,
    NetsTask,
    drawing_of,
    found_nets,
    judged_nets,
)
from zeoloom.run.solving import measured_for, next_group, search_parts
from zeoloom.search.batch_state import GRACE
from zeoloom.search.growth import NO_GROWTH
from zeoloom.search.measuring import end_relaxing
from zeoloom.silica.pool import ThisProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from zeoloom.judge.judgement import Judgement
    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.batches import Batch
    from zeoloom.run.crystal_requests import GenerateRequest
    from zeoloom.run.journal import Journal
    from zeoloom.run.progress import OnNotice, OnProgress
    from zeoloom.run.search_tasks import FoundNets
    from zeoloom.silica.pool import Pool
    from zeoloom.structure.own_nets import OwnReference

OVERTIME = 5.0
"""Seconds after the end of its time when a piece of work in another process is given up: one that
looks at the clock has ended long before, even on a busy machine."""

SMALLEST_PART = 8
"""Nets that are worth the way to another process."""

MOST_MET = 8
"""Embeddings of a net after which no further one is judged; triclinic cells have any number."""


def search_batches(
    request: SolveRequest | GenerateRequest,
    model: Model,
    journal: Journal,
    pool: Pool,
    seed: int,
    own: OwnReference,
    store: Callable[[Sequence[Judgement]], None],
    on_progress: OnProgress,
    on_notice: OnNotice,
) -> Findings:
    """Search batch after batch until the budget is spent, by the clock of the user.

    Args:
        request: what is wanted.
        model: of the search.
        journal: of the run.
        pool: that searches and judges.
        seed: of the run.
        own: nets of the user.
        store: called with the frameworks of each batch.
        on_progress: called with how much of the budget is spent.
        on_notice: called with what became of a process.
    """
    batches = _SearchBatches(request, model, pool, _Clock(request.time_limit, journal), seed, own)

    def add(findings: Findings, batch: Batch) -> Findings:
        added = findings.add(batch)
        store([each for each in added if each.valid and within_limits(request, each)])
        batches.findings = findings
        batches.history = batches.history.with_batch(request, batch)
        return findings

    def tell(findings: Findings, doing: Mapping[str, int]) -> None:
        finished, total, text = progress_of(request, findings, batches.clock.spent())
        on_progress(finished, total, "; ".join(filter(None, [text, doing_text(doing)])))

    try:
        return run_batches(
            journal,
            pool,
            Findings(request),
            BatchPlan(
                wanted=batches.wanted,
                first=batches.first,
                add=add,
                enough=lambda findings: is_enough(request, findings),
                rest=batches.rest,
                whole=batches.whole,
                recall=batches.recall,
                on_change=tell,
                on_loss=on_notice,
            ),
        )
    finally:
        end_relaxing()


class _SearchBatches:
    """The parts of the batches of one run, and which nets earlier batches have met."""

    def __init__(
        self,
        request: SolveRequest | GenerateRequest,
        model: Model,
        pool: Pool,
        clock: _Clock,
        seed: int,
        own: OwnReference,
    ) -> None:
        self.clock = clock
        self._request, self._seed, self._pool, self._own = request, seed, pool, own
        self._where = (model.sha256, str(device_of_model(model)))
        self._alone = isinstance(pool, ThisProcess)
        self._met: dict[str, set[str]] = {}
        self._most = math.inf
        self.findings = Findings(request)
        self.history = history_before(request)
        self._solving = isinstance(request, SolveRequest)
        self._groups = {_group_of(each): each for each in search_parts(request)}
        self._group_of_batch: dict[int, int | None] = {}
        if isinstance(request, SolveRequest) and request.n is not None:
            sizes = [
                len(drawing_of(each, *self._where)(batch_generator(seed, 0), NO_GROWTH))
                for each in self._groups.values()
            ]
            self._most = math.ceil(request.n / min(sizes))
            self._groups = {
                group: each.model_copy(update={"batch": min(sizes)})
                for group, each in self._groups.items()
            }

    def wanted(self, index: int) -> bool:
        """Whether another batch is to be begun now."""
        return (
            index < self._most
            and (self._solving or self.history.allows(index))
            and self.clock.left() > 0.0
        )

    def first(self, index: int) -> Task:
        """To find the nets of a batch."""
        group, seconds = self._chosen_group(index)
        self._group_of_batch[index] = group
        given = FindingTask(
            self._groups[group],
            *self._where,
            self._seed,
            index,
            seconds,
            packed=not self._alone,
            growth=self.history.for_batch(index),
            measured=measured_for(self._groups[group]),
            longer=self._is_longer(group),
        )
        return Task("search", found_nets, given, self._limit())

    def _is_longer(self, group: int | None) -> bool:
        """Whether the batch begun last in a group is of few crystals that are annealed for long.

        With a guide every other one is, as different frameworks come from the two kinds.
        """
        request = self._groups[group]
        guided = isinstance(request, SolveRequest) and request.guided and request.n is None
        begun = Counter(self._group_of_batch.values()) | self.findings.batches
        return guided and begun[group] % 2 == 0

    def _chosen_group(self, index: int) -> tuple[int | None, float]:
        """The group that a batch is made in, and the seconds it may take.

        If a number of crystals decides, groups take turns, so that what is found does not depend on
        how many processes there are.
        """
        groups = list(self._groups)
        if self._most < math.inf:
            return groups[index % len(groups)], self.clock.left()
        begun = Counter(group for group in self._group_of_batch.values() if group is not None)
        group = next_group(groups, begun | self.findings.batches, self.findings.best_e2)
        untried = sum(each not in begun for each in groups if each != group)
        return group, self.clock.left() / (1 + untried * (len(groups) > 1))

    def rest(self, index: int, found: FoundNets) -> Sequence[Task]:
        """To judge those nets that no earlier batch has met, in parts for several processes.

        A net is judged again where it lies in the given cell in another way.
        """
        candidates = self._unknown(found)
        unknown = list(candidates)
        n_parts = math.ceil(len(unknown) / SMALLEST_PART)
        rounds = 2 if self.clock.left() > 0.0 else 1  # of parts, where several are better balanced
        n_parts = min(n_parts, 1 if self._alone else rounds * self._pool.count)
        starts = [len(unknown) * i // max(n_parts, 1) for i in range(n_parts + 1)]
        return [
            Task(
                "judge",
                judged_nets,
                NetsTask(
                    self._groups[self._group_of_batch[index]],
                    self._own,
                    {name: candidates[name] for name in unknown[start:end]},
                    self.clock.left(),
                    measured_for(self._groups[self._group_of_batch[index]]),
                ),
                self._limit(),
            )
            for start, end in itertools.pairwise(starts)
        ]

    def whole(self, index: int, found: FoundNets, parts: Sequence[Any]) -> Batch:
        """A batch with the judgements of its new nets."""
        judgements: dict[str, Any] = {}
        seconds = dict(found.counts["seconds"])
        for part in parts:
            judgements |= part["judgements"]
            for stage, spent in part["seconds"].items():
                seconds[stage] = seconds.get(stage, 0.0) + spent
        origins = found.counts["origins"]
        return {
            **found.counts,
            "index": index,
            "origins": {name: origins[name] for name in judgements},
            "group": self._group_of_batch[index],
            "judgements": judgements,
            "seconds": seconds,
            "elapsed": self.clock.spent(),
        }

    def recall(self, batch: Batch) -> None:
        """Take note of the nets of a batch that was made before an interruption."""
        for name in batch["judgements"]:
            self._met.setdefault(name, set()).update(batch.get("embeddings", {}).get(name, [""]))

    def _unknown(self, found: FoundNets) -> dict[str, Sequence[Any]]:
        """Of each net the candidates of embeddings that no earlier batch has met; notes them."""
        marks = found.counts.get("embeddings", {})
        unknown: dict[str, Sequence[Any]] = {}
        for name, candidates in found.best.items():
            met = self._met.setdefault(name, set())
            if len(met) >= MOST_MET:
                continue
            each = zip(marks.get(name, [""]), candidates, strict=True)
            fresh = {mark: candidate for mark, candidate in each if mark not in met}
            met.update(fresh)
            if fresh:
                unknown[name] = [*fresh.values()]
        return unknown

    def _limit(self) -> float:
        return min(max(self.clock.left() + OVERTIME, GRACE), LONGEST_PIECE)


def _group_of(request: SolveRequest | GenerateRequest) -> int | None:
    """Hall number of the only group of a part of `solve`; None for `generate`."""
    return request.hall_number if isinstance(request, SolveRequest) else None


class _Clock:
    """What is left of the time of a run, over all interruptions.

    Args:
        limit: seconds; None for any time.
        journal: of the run; its batches say how long it has run before.
    """

    def __init__(self, limit: float | None, journal: Journal) -> None:
        self._limit = math.inf if limit is None else limit
        self._began = time.monotonic()
        done = (journal.result(STEP, name) for name in journal.names(STEP))
        self._before = max((batch["elapsed"] for batch in done), default=0.0)

    def spent(self) -> float:
        """Seconds that the run has taken."""
        return self._before + time.monotonic() - self._began

    def left(self) -> float:
        """Seconds that are left."""
        return self._limit - self.spent()

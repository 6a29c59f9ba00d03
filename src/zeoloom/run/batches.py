"""Batches of a run, one after the other; each is kept with the state of the random numbers.

An interrupted run goes on as if it had never stopped.
"""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeoloom.run.journal import Journal

Batch = dict[str, Any]
"""The result of one batch: JSON values and arrays by name."""

STEP = "batch"
"""Name of the step in the journal."""


def run_batches(
    journal: Journal,
    wanted: Callable[[int], bool],
    make: Callable[[int], Batch],
    generator: torch.Generator,
    on_batch: Callable[[int, Batch], None],
) -> list[Batch]:
    """Make the batches that are not in the journal yet.

    Args:
        journal: of the run.
        wanted: whether a batch is to be made, by its index, once all before it are there.
        make: batch i; draws from `generator` alone.
        generator: its state is kept with every batch.
        on_batch: called with the index of each batch that is there, and with the batch.

    Returns:
        All batches.
    """
    batches: list[Batch] = []
    for i in count():
        entry = journal.result(STEP, str(i))
        if entry is None:
            if not wanted(i):
                return batches
            started = time.monotonic()
            entry = {"batch": make(i), "generator": generator.get_state().numpy()}
            journal.add(STEP, str(i), entry, time.monotonic() - started)
        generator.set_state(torch.from_numpy(entry["generator"]))
        batches.append(entry["batch"])
        on_batch(i, entry["batch"])
    raise AssertionError("there is no last number")

"""Batches of a run, one after the other; each is kept with the state of the random numbers.

An interrupted run goes on as if it had never stopped.
"""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeoloom.run.journal import Journal

State = TypeVar("State")

Batch = dict[str, Any]
"""The result of one batch: JSON values and arrays by name."""

STEP = "batch"
"""Name of the step in the journal."""


def run_batches(
    journal: Journal,
    generator: torch.Generator,
    state: State,
    *,
    wanted: Callable[[State], bool],
    make: Callable[[State], Batch],
    add: Callable[[State, Batch], State],
) -> State:
    """Make batches until there are enough; those in the journal are not made again.

    Args:
        journal: of the run.
        generator: its state is kept with every batch.
        state: what there is before the first batch.
        wanted: whether another batch is to be made, by what there is.
        make: another batch, by what there is; draws from `generator` alone.
        add: what there is with another batch.

    Returns:
        What there is with all batches.
    """
    for name in map(str, count()):
        entry = journal.result(STEP, name)
        if entry is None:
            if not wanted(state):
                break
            started = time.monotonic()
            entry = {"batch": make(state), "generator": generator.get_state().numpy()}
            journal.add(STEP, name, entry, time.monotonic() - started)
        generator.set_state(torch.from_numpy(entry["generator"]))
        state = add(state, entry["batch"])
    return state

"""Which pool a run works with: processes here, or the workers of a Dask scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.run.loaded_models import weights_digest
from zeoloom.silica.scheduler import Scheduler

if TYPE_CHECKING:
    from zeoloom.learn.checkpoint import Model
    from zeoloom.silica.pool import Pool


def scheduler_with(address: str, workers: int, name: str, model: Model) -> Pool:
    """The workers of a Dask scheduler, all of which have the same code and weights as this process.

    Args:
        address: of the scheduler.
        workers: processes that were asked for; 1 where nothing was said.
        name: by which the workers load the weights.
        model: that the run was started with.

    Raises:
        InputError: if it does not answer, has no workers, or they have something else; or if a
            number of processes was asked for too.
    """
    if workers != 1:
        raise InputError(
            "--workers and --scheduler: a cluster has as many workers as were started for it; "
            "give one of the two"
        )
    pool = Scheduler(address)
    try:
        pool.refuse_others(weights_digest, name, model.sha256, "weights")
    except BaseException:
        pool.close()
        raise
    return pool

"""Which pool a run works with: processes here, or the workers of a Dask scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.silica.processes import Workers
from zeoloom.silica.scheduler import Scheduler

if TYPE_CHECKING:
    from zeoloom.learn.checkpoint import Model
    from zeoloom.silica.pool import Pool


def pool_at(workers: int, scheduler: str | None) -> Workers | Scheduler:
    """Processes here, or the workers of a Dask scheduler, which have the same code.

    Args:
        workers: processes that were asked for; 1 where nothing was said.
        scheduler: address of the scheduler; None for processes here.

    Raises:
        InputError: if it does not answer, has no workers, or they have something else; or if a
            number of processes was asked for too.
    """
    if scheduler is None:
        return Workers(workers)
    if workers != 1:
        raise InputError(
            "--workers and --scheduler: a cluster has as many workers as were started for it; "
            "give one of the two"
        )
    return Scheduler(scheduler)


def pool_with_weights(workers: int, scheduler: str | None, name: str, model: Model) -> Pool:
    """The same, whose workers have the same weights as this process, too.

    Args:
        workers: as in `pool_at`.
        scheduler: as in `pool_at`.
        name: by which the workers load the weights.
        model: that the run was started with.

    Raises:
        InputError: as `pool_at`, or if they have other weights.
    """
    from zeoloom.run.loaded_models import weights_digest  # noqa: PLC0415 - brings torch with it

    pool = pool_at(workers, scheduler)
    if isinstance(pool, Scheduler):
        try:
            pool.refuse_others(weights_digest, name, model.sha256, "weights")
        except BaseException:
            pool.close()
            raise
    return pool

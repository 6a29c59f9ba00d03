"""Cases of a benchmark by several processes of one thread each; results in the order of the cases.

    for case, result in zip(cases, done_at_once(work, cases, workers)): ...

What a case gives must depend on nothing but the case, so that it is the same with any number of
processes, unless time decides. With one process everything is done in this one.
"""

from __future__ import annotations

import inspect
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from zeoloom.silica.processes import Workers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

Case = TypeVar("Case")
Result = TypeVar("Result")

FOLDER = Path(__file__).resolve().parent


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add the option --workers."""
    parser.add_argument(
        "--workers", type=int, default=1, help="processes at once, of one thread each"
    )


def done_at_once(
    work: Callable[[Case], Result], cases: Sequence[Case], workers: int
) -> Iterator[Result]:
    """What a function gives for each case, as soon as those before it are there.

    Args:
        work: a function of a benchmark; what it prints in another process is lost.
        cases: its argument, one by one.
        workers: processes at once.
    """
    if workers == 1:
        yield from map(work, cases)
        return
    if Path.cwd() == FOLDER:
        raise SystemExit("--workers: processes import nothing from the current folder; leave it")
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FOLDER), before]))
    name = Path(inspect.getfile(work)).stem, work.__name__
    with Workers(workers) as pool:
        for piece in [pool.submit(done_by_name, (*name, case)) for case in cases]:
            outcome = piece.result()
            if outcome.status != "done":
                raise SystemExit(f"{work.__name__}: {outcome.reason}")
            yield outcome.value


def done_by_name(given: tuple[str, str, Any]) -> Any:
    """What a function of another benchmark gives; runs in a process of its own."""
    module, function, case = given
    return getattr(import_module(module), function)(case)

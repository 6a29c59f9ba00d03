"""Options that concern the program and not the outcome: folder, resuming, device, processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from zeoloom.run.request import Flag, Request, Written


def count_of_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _process_count(value: Any) -> Any:
    return count_of_cores() if value == "auto" else value


ProcessCount = Annotated[int, BeforeValidator(_process_count), Written("N|auto", str)]
"""How many processes: a number, or auto."""

SchedulerAddress = Annotated[str | None, Flag(metavar="ADDRESS")]
"""Of a Dask scheduler; None for processes on this machine."""

DatabaseAddress = Annotated[str | None, Flag(metavar="URL")]
"""Of a database of frameworks; None for none."""


class FileOptions(Request):
    """Of a verb that writes one file."""

    panel: ClassVar[str] = "Run"

    output: Annotated[Path, Flag(("-o", "--output"))]
    """File to write."""


class ResultOptions(Request):
    """Of a verb that writes a folder at once."""

    panel: ClassVar[str] = "Run"

    output: Annotated[Path, Flag(("-o", "--output"))]
    """Folder to write, new or empty."""


class FolderOptions(Request):
    """Of a verb whose run has a folder of its own."""

    panel: ClassVar[str] = "Run"

    output: Annotated[Path, Flag(("-o", "--output"))]
    """Folder of the run."""

    resume: bool = False
    """Continue an interrupted run."""

    dry_run: bool = False
    """Show what would be done, and do nothing."""


class ComputeOptions(FolderOptions):
    """Of a verb that evaluates a network."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Device of the network."""

    threads: int = Field(1, ge=0)
    """CPU threads of the network. 0 leaves them to torch. Small clouds are no faster with more than
    one."""


class SearchOptions(ComputeOptions):
    """Of the verbs whose batches several processes can make."""

    workers: ProcessCount = Field(1, ge=1)
    """Processes at once, of one thread each; auto for as many as there are cores. Each makes
    batches of its own. What is made is the same whatever their number, unless time decides."""

    scheduler: SchedulerAddress = None
    """Dask scheduler, such as tcp://HOST:8786, whose workers do the same work instead."""


class ExportOptions(Request):
    """Of `database export`."""

    panel: ClassVar[str] = "Run"

    output: Annotated[Path, Flag(("-o", "--output"))]
    """Folder to write."""


class FrameworkOptions(SearchOptions):
    """Of `generate` and `solve`."""

    database: DatabaseAddress = None
    """Database that frameworks are written into as they come, beside those of other runs and
    people: a file ending in .db, or postgresql://USER@HOST/NAME."""


class SolveOptions(FrameworkOptions):
    """Of `solve`."""

    yes: bool = False
    """Go on though the cell has room for more than 1,000 T atoms."""


class PreparationOptions(Request):
    """Of `prepare`."""

    panel: ClassVar[str] = "Run"

    workers: ProcessCount = Field("auto", ge=1, validate_default=True)
    """Processes at once; auto for as many as there are cores."""


class TrainOptions(ComputeOptions):
    """Of `train`."""

    tensorboard: bool = False
    """Write TensorBoard events to the folder."""


class JudgeOptions(FolderOptions):
    """Of `judge`, which evaluates no network."""

    workers: ProcessCount = Field(1, ge=1)
    """Files judged at once, each in a process of its own; auto for as many as there are cores."""

    scheduler: SchedulerAddress = None
    """Dask scheduler, such as tcp://HOST:8786, whose workers do it instead; they read the files
    under the same paths."""

    database: DatabaseAddress = None
    """Database that the frameworks are written into in the end, beside those of other runs: a file
    ending in .db, or postgresql://USER@HOST/NAME."""

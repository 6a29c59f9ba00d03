"""Options that concern the program and not the outcome: folder, resuming, device, threads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from zeoloom.run.request import Flag, Request


class FileOptions(Request):
    """Of a verb that writes one file."""

    panel: ClassVar[str] = "Run"

    output: Annotated[Path, Flag(("-o", "--output"))]
    """File to write."""


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
    """CPU threads, and processes where frameworks are relaxed. 0 leaves the threads to torch.
    Small clouds are no faster with more than one."""


class SolveOptions(ComputeOptions):
    """Of `solve`."""

    yes: bool = False
    """Go on though the cell has room for more than 1,000 T atoms."""


class PreparationOptions(Request):
    """Of `prepare`."""

    panel: ClassVar[str] = "Run"

    threads: int = Field(0, ge=0)
    """Processes at once; 0 for as many as there are cores."""


class TrainOptions(ComputeOptions):
    """Of `train`."""

    tensorboard: bool = False
    """Write TensorBoard events to the folder."""


class JudgeOptions(FolderOptions):
    """Of `judge`, which evaluates no network."""

    threads: int = Field(1, ge=1)
    """Files judged at once, each in a process of its own."""

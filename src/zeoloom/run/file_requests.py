"""What is asked of the verbs that read files: `judge`, `view`, `reference` and `train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from zeoloom.judge.conditions import STAGE_OF
from zeoloom.run.condition_requests import ConditionOptions
from zeoloom.run.request import Flag, Request


class JudgeRequest(ConditionOptions):
    """What `judge` is asked for; frameworks that do not meet its conditions are left out."""

    panel: ClassVar[str] = "Judging"

    sources: Annotated[tuple[Path, ...], Flag(argument=True)]
    """CIF and other structure files, and folders of them."""

    against: tuple[Path, ...] = ()
    """Your own structures, files or folders: a net found among them is not new."""

    relax: Annotated[bool, Flag(("--relax/--no-energy",))] = True
    """Relax each framework, for its energy and local interatomic distances."""

    pores: bool = True
    """Measure the pores."""

    adsorption: bool = False
    """Henry coefficients and heats of adsorption of methane and carbon dioxide; takes some seconds
    for each framework. Conditions on them need no --adsorption."""

    seconds_each: float = Field(120.0, gt=0)
    """Time limit for a file in each step."""

    seed: int = Field(0, ge=0)
    """Seed of all random numbers."""

    @model_validator(mode="after")
    def _can_be_known(self) -> JudgeRequest:
        for stage, done, flag in (
            ("energy", self.relax, "--no-energy"),
            ("pores", self.pores, "--no-pores"),
        ):
            asked = [name for name in self.conditions.asked if STAGE_OF[name] == stage]
            if asked and not done:
                given = f"--{asked[0].replace('_', '-')}"
                raise ValueError(f"{given} cannot be known with {flag}; leave one of them out")
        return self


class ViewRequest(Request):
    """What `view` is asked for."""

    panel: ClassVar[str] = "View"

    file: Annotated[Path, Flag(argument=True)]
    """Clouds (.npz), atoms (.extxyz) or a crystal (CIF or another structure file)."""

    output: Annotated[Path | None, Flag(("-o", "--output"))] = None
    """Page to write; FILE.html if not given."""

    png: Path | None = None
    """Static figure to write (.png, .svg or .pdf)."""

    index: int = Field(1, ge=1)
    """Number of the cloud that the static figure shows."""

    limit: int = Field(100, ge=1)
    """Most clouds in the page."""


class ListRequest(Request):
    """What `reference list` is asked for."""

    kind: Literal["zeolite", "interrupted", "dense", "own"] | None = None
    """Only nets of this kind: zeolite types, interrupted types, dense silica and silicates, or
    your own."""


class ShowRequest(Request):
    """What `reference show` is asked for."""

    code: Annotated[str, Flag(argument=True)]
    """Framework type, such as CHA, or the name of another net of the list."""


class AddRequest(Request):
    """What `reference add` is asked for."""

    files: Annotated[tuple[Path, ...], Flag(argument=True)]
    """CIF and other structure files."""

    name: str | None = None
    """Name of the net, if there is one file; the name of the file if not given."""


class RemoveRequest(Request):
    """What `reference remove` is asked for."""

    name: Annotated[str, Flag(argument=True)]
    """Name of a net of your own."""


class TrainRequest(Request):
    """What `train` is asked for, beside the settings that it may change."""

    panel: ClassVar[str] = "Training data and start"

    sources: Annotated[tuple[Path, ...], Flag(argument=True)] = ()
    """A cluster file or, for crystals, CIF files and folders. The regular bundled types if none is
    given."""

    config: Path | None = None
    """Configuration: a TOML file, or the name of a shipped one (equivariant, pointnet, crystal,
    crystal-quick, pointnet-one-pool, pointnet-gpu, pointnet-weak, equivariant-weak)."""

    network: Annotated[
        Literal["equivariant", "pointnet", "plain-pointnet"] | None, Flag(metavar="NETWORK")
    ] = None
    """Network: equivariant, pointnet or plain-pointnet, in its default size unless the
    configuration describes it."""

    start: Path | None = None
    """Weights to start from, instead of random ones."""

    teacher: Path | None = None
    """Weights whose expectations are learned instead of the clouds themselves (distillation)."""

    own: tuple[Path, ...] = ()
    """Folder of a run of `generate` whose new frameworks are learned from too."""


class WatchRequest(Request):
    """What `watch` is asked for."""

    panel: ClassVar[str] = "Watch"

    source: Annotated[str, Flag(argument=True)]
    """Folder of a run of generate or solve, running or finished; or a database, a file ending in
    .db or the address of a server."""

    port: int = Field(0, ge=0, le=65_535)
    """Port to serve on; 0 for any that is free."""

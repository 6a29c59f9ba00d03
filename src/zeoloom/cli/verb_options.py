"""What each verb takes: the fields of its request, and of the options of the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command

from zeoloom.cli import database_verbs, file_verbs
from zeoloom.cli.parameters import Changes, with_options
from zeoloom.cli.program_options import (
    ExportOptions,
    FileOptions,
    FrameworkOptions,
    JudgeOptions,
    PreparationOptions,
    ResultOptions,
    SearchOptions,
    SolveOptions,
    TrainOptions,
)
from zeoloom.cli.spaced_values import SpacedCommand
from zeoloom.learn.settings import TrainingSettings
from zeoloom.run.cluster_requests import CutRequest, JoinRequest, SampleRequest
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.run.database_requests import ExportRequest, MergeRequest, QueryRequest
from zeoloom.run.file_requests import (
    AddRequest,
    JudgeRequest,
    ListRequest,
    RemoveRequest,
    ShowRequest,
    TrainRequest,
    ViewRequest,
    WatchRequest,
)
from zeoloom.run.pattern_requests import PatternRequest
from zeoloom.run.request import spaced_options

if TYPE_CHECKING:
    from collections.abc import Callable

OPTIONS: dict[str, tuple[Any, ...]] = {
    "generate": (GenerateRequest, FrameworkOptions),
    "solve": (SolveRequest, SolveOptions),
    "judge": (JudgeRequest, JudgeOptions),
    "pattern": (PatternRequest, ResultOptions),
    "cut": (CutRequest, FileOptions),
    "train": (TrainRequest, Changes(TrainingSettings), TrainOptions),
    "sample": (SampleRequest, SearchOptions),
    "join": (JoinRequest, SolveOptions),
    "view": (ViewRequest,),
    "watch": (WatchRequest,),
    "prepare": (PreparationOptions,),
}
"""Arguments of each verb: models, or changes to one."""

REFERENCE_VERBS: dict[str, tuple[Callable[..., None], Any]] = {
    "list": (file_verbs.list_reference, (ListRequest,)),
    "show": (file_verbs.show_reference, (ShowRequest,)),
    "add": (file_verbs.add_reference, (AddRequest,)),
    "remove": (file_verbs.remove_reference, (RemoveRequest,)),
}
"""The commands below `reference`, and what each takes."""

DATABASE_VERBS: dict[str, tuple[Callable[..., None], Any]] = {
    "query": (database_verbs.query_verb, (QueryRequest,)),
    "export": (database_verbs.export_verb, (ExportRequest, ExportOptions)),
    "merge": (database_verbs.merge_verb, (MergeRequest,)),
}
"""The commands below `database`, and what each takes."""

BELOW = {"reference": REFERENCE_VERBS, "database": DATABASE_VERBS}
"""The verbs that have others below them."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "cut": {"output": Path("clusters.npz")},
    "train": {"output": Path("training"), "threads": 0},
    "view": {},
    "watch": {},
    "prepare": {},
}
"""Of the options of the program; a folder has the name of its verb where nothing else is said."""


EXAMPLES = {
    "generate": "zeoloom generate -n 5 --window 12- --contains d4r -o wide",
    "solve": "zeoloom solve --cell 13.675 14.767 --space-group R-3m --atoms 36 -o solved",
    "judge": "zeoloom judge FOLDER -o verdicts",
    "pattern": "zeoloom pattern FILE --cell 13.7 13.7 14.8 90 90 120 --wavelength CuKa -o pattern",
    "cut": "zeoloom cut FOLDER -o clusters.npz",
    "train": "zeoloom train --config crystal-quick -o training",
    "sample": "zeoloom sample -n 100 -o sample",
    "join": "zeoloom join -n 10 -o join",
    "view": "zeoloom view join/clouds.npz -o page.html",
    "watch": "zeoloom watch new",
    "prepare": "zeoloom prepare",
    "reference list": "zeoloom reference list --kind dense",
    "reference show": "zeoloom reference show CHA",
    "reference add": "zeoloom reference add mine.cif",
    "reference remove": "zeoloom reference remove mine",
    "database query": "zeoloom database query 'density<15,channel_dim=3' nets.db",
    "database export": "zeoloom database export nets.db --query 'density<15' -o open",
    "database merge": "zeoloom database merge new solved nets.db",
}
"""One for each verb, below its help."""


def command_of(name: str, verb: Callable[..., None]) -> Any:
    """The command of a verb; `reference` and `database` have others below them."""
    if name in BELOW:
        return _group(name, verb.__doc__)
    defaults = DEFAULTS.get(name, {"output": Path(name)})
    command = _single(with_options(verb, OPTIONS[name], defaults), name)
    models = [each for each in OPTIONS[name] if not isinstance(each, Changes)]
    command.spaced = set().union(*map(spaced_options, models))
    return command


def _single(function: Callable[..., None], name: str) -> Any:
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(name, cls=SpacedCommand, epilog=f"Example: {EXAMPLES[name]}")(function)
    return get_command(app)


def _group(name: str, text: str | None) -> Any:
    app = typer.Typer(
        name=name,
        help=text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
    )
    for below, (verb, kinds) in BELOW[name].items():
        epilog = f"Example: {EXAMPLES[f'{name} {below}']}"
        app.command(below, cls=SpacedCommand, epilog=epilog)(with_options(verb, kinds, {}))
    return get_command(app)

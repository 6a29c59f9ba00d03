"""How the command line talks: consoles, progress bars, and errors as messages and exit codes.

Paths may hold [brackets] and :colons:, so nothing that is printed is read as markup.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from typer.core import TyperGroup

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID

out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)

RESUMED = {"train", "sample", "join", "judge", "solve", "generate"}
"""Commands that keep what is finished when they are interrupted."""


class Verbs(TyperGroup):
    """The commands of the program.

    Exit codes: 0 done, 1 a bug, 2 input that cannot be used, 130 interrupted.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command asked for; what the user can mend becomes a message."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            say("error", "bold red", str(error))
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            kept = ctx.invoked_subcommand in RESUMED
            err.print("interrupted" + ("; --resume goes on from what is finished" if kept else ""))
            raise typer.Exit(130) from None


def say(kind: str, style: str, message: str) -> None:
    """Print a message of some kind, in the style of its kind, on standard error."""
    err.print(Text.assemble((kind, style), f"  {message}"))


@contextmanager
def progress_bar(doing: str, total: int | None = None) -> Iterator[tuple[Progress, TaskID]]:
    """A progress bar on standard error; a spinner where the total is unknown."""
    columns = [SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    remaining = [TimeRemainingColumn()] if total else []
    text = TextColumn("{task.description}", markup=False)
    with Progress(*columns, *remaining, text, console=err) as progress:
        yield progress, progress.add_task(doing, total=total)

"""What the command line prints: consoles, messages, facts and progress bars.

Paths may hold [brackets] and :colons:, so nothing that is printed is read as markup.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.progress import Task, TaskID

out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)


def say(kind: str, style: str, message: str) -> None:
    """Print a message of some kind, in the style of its kind, on standard error."""
    err.print(Text.assemble((kind, style), f"  {message}"))


def say_note(message: str) -> None:
    """Print a note on standard error."""
    say("note", "yellow", message)


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, a line each."""
    width = max((len(name) for name in facts), default=0) + 2
    for name, value in facts.items():
        out.print(f"{name:<{width}}{value}")


class _Count(MofNCompleteColumn):
    """How many of how many, once the total is known."""

    def render(self, task: Task) -> Text:
        """As 3/20."""
        return Text() if task.total is None else super().render(task)


@contextmanager
def progress_bar(doing: str, total: int | None = None) -> Iterator[tuple[Progress, TaskID]]:
    """A progress bar on standard error, if that is a terminal; a spinner without a total."""
    columns = [SpinnerColumn(), BarColumn(), _Count(), TimeElapsedColumn()]
    remaining = [TimeRemainingColumn()] if total else []
    text = TextColumn("{task.description}", markup=False)
    silent = not err.is_terminal
    with Progress(*columns, *remaining, text, console=err, disable=silent) as progress:
        yield progress, progress.add_task(doing, total=total)

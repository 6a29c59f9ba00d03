"""The commands of the program, built when they are asked for: the list of them needs no options."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from zeoloom.cli import (
    cluster_verbs,
    database_verbs,
    file_verbs,
    framework_verbs,
    pattern_verb,
    preparation_verb,
    training_verb,
    watch_verb,
)
from zeoloom.cli.terminal import err, say
from zeoloom.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERBS: dict[str, Callable[..., None]] = {
    "reference": file_verbs.reference_verb,
    "generate": framework_verbs.generate_verb,
    "solve": framework_verbs.solve_verb,
    "judge": framework_verbs.judge_verb,
    "pattern": pattern_verb.pattern_verb,
    "cut": cluster_verbs.cut_verb,
    "train": training_verb.train_verb,
    "sample": cluster_verbs.sample_verb,
    "join": cluster_verbs.join_verb,
    "view": file_verbs.view_verb,
    "database": database_verbs.database_verb,
    "watch": watch_verb.watch_verb,
    "prepare": preparation_verb.prepare_verb,
}
"""By name, in the order of the help; their docstrings are their help."""


class Verbs(TyperGroup):
    """The commands of the program.

    Exit codes: 0 done, 1 nothing found, all processes died or a bug, 2 input that cannot be used,
    130 interrupted.
    """

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the class asks for it
        """Names of all commands."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the class asks for it
        """The command of a name; while all are listed, only its name and help."""
        if cmd_name not in VERBS:
            return None
        if self._listing:
            return TyperCommand(cmd_name, help=VERBS[cmd_name].__doc__)
        if cmd_name not in self.commands:
            from zeoloom.cli.verb_options import command_of

            self.commands[cmd_name] = command_of(cmd_name, VERBS[cmd_name])
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; of one that is not known, what is near."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = get_close_matches(args[0], VERBS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InputError(f"no command {args[0]!r}: {hint}`zeoloom --help` lists them all")
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with a line for each command."""
        with self._for_listing():
            super().format_help(ctx, formatter)

    @contextmanager
    def _for_listing(self) -> Iterator[None]:
        self._listing = True
        try:
            yield
        finally:
            self._listing = False

    def invoke(self, ctx: Any) -> Any:
        """Run the command asked for; what the user can mend becomes a message."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            say("error", "bold red", str(error))
            raise typer.Exit(2) from None
        except RunError as error:
            say("error", "bold red", str(error))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            command = self.commands.get(ctx.invoked_subcommand)
            kept = command is not None and any(each.name == "resume" for each in command.params)
            err.print("interrupted" + ("; --resume goes on from what is finished" if kept else ""))
            raise typer.Exit(130) from None

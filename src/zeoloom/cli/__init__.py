"""The command line: parse, call one function a verb, print."""

from __future__ import annotations

from typing import Annotated

import typer

from zeoloom.cli.terminal import out
from zeoloom.cli.verbs import Verbs

app = typer.Typer(
    cls=Verbs,
    help="New zeolite frameworks by reverse diffusion of symmetric point clouds.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        out.print(f"zeoloom {version('zeoloom')}")
        raise typer.Exit


@app.callback()
def program(
    _: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None:
    """Options of the program itself; the help text is the app's."""


def main() -> None:
    """Run the command line."""
    app(prog_name="zeoloom")

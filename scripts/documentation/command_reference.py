"""The reference of the command line, from what the commands are made of."""

from __future__ import annotations

import html
import inspect
import re
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from zeoloom.cli.parameters import with_options
from zeoloom.cli.verb_options import BELOW, DEFAULTS, OPTIONS
from zeoloom.cli.verbs import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VALUES = {str: "text", int: "whole number", float: "number", Path: "path"}
"""What stands for a value whose option does not say it."""


def command_pages() -> str:
    """Markdown: every command with its arguments, options, values, defaults and help."""
    parts = []
    for name, verb in VERBS.items():
        parts.append(f"## `zeoloom {name}`\n\n{_plain(verb.__doc__ or '')}\n")
        for below, (inner, kinds) in BELOW.get(name, {}).items():
            parts.append(f"### `zeoloom {name} {below}`\n\n{_plain(inner.__doc__ or '')}\n")
            parts += _tables(inner, kinds, {})
        if name in OPTIONS:
            parts += _tables(verb, OPTIONS[name], DEFAULTS.get(name, {"output": Path(name)}))
    return "\n".join(parts)


def _plain(text: str) -> str:
    """Help as Markdown in which nothing is read as HTML, as emphasis or as a column."""
    return re.sub(r"([*_|\[\]])", r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _tables(
    verb: Callable[..., None], kinds: Sequence[Any], defaults: Mapping[str, Any]
) -> list[str]:
    """A table for each panel of the command's help."""
    parameters = inspect.signature(with_options(verb, kinds, defaults)).parameters.values()
    tables: dict[str, list[str]] = {}
    for panel, members in groupby(parameters, key=lambda each: each.default.rich_help_panel):
        tables.setdefault(panel or "Options", []).extend(map(_row, members))
    return [
        f"**{_plain(panel)}**\n\n| option | value | default | what |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
        for panel, rows in tables.items()
    ]


def _row(parameter: inspect.Parameter) -> str:
    declared = parameter.default
    names = ", ".join(f"`{name}`" for name in _names(parameter))
    cells = (names, _value(parameter), _default(parameter), _plain(declared.help or ""))
    return "| " + " | ".join(cells) + " |"


def _names(parameter: inspect.Parameter) -> list[str]:
    """As they are written; an argument has its name in capitals."""
    declared = getattr(parameter.default, "param_decls", None)
    if not declared:
        return [parameter.name.upper() + ("..." if _listed(parameter) else "")]
    return [name for each in declared for name in each.split("/")]


def _listed(parameter: inspect.Parameter) -> bool:
    """Whether it may be given several times."""
    kinds = [parameter.annotation, *get_args(parameter.annotation)]
    return any(getattr(kind, "__origin__", None) is list for kind in kinds)


def _value(parameter: inspect.Parameter) -> str:
    """What stands for the value; nothing where an option is a switch."""
    if metavar := parameter.default.metavar:
        return ", ".join(f"`{each}`" for each in metavar.split("|"))
    kinds = {parameter.annotation, *get_args(parameter.annotation)} - {NoneType}
    inner = {kind for each in kinds for kind in get_args(each)} | kinds
    return next((said for kind, said in VALUES.items() if kind in inner), "")


def _default(parameter: inspect.Parameter) -> str:
    """The default as it would be written; nothing where there is none."""
    default = parameter.default.default
    if default is ...:
        return "required"
    if isinstance(default, bool):
        names = _names(parameter)
        return f"`{names[0] if default else names[-1]}`" if len(names) > 1 else ""
    if isinstance(default, list | tuple):
        default = " ".join(str(each) for each in default)
    return "" if default is None or default == "" else f"`{default}`"

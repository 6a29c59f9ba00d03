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
    parts: list[str] = []
    for name, verb in VERBS.items():
        parts.append(f"## `zeoloom {name}`\n\n{plain_markdown(verb.__doc__ or '')}\n")
        for below, (inner, kinds) in BELOW.get(name, {}).items():
            parts.append(f"### `zeoloom {name} {below}`\n\n{plain_markdown(inner.__doc__ or '')}\n")
            parts += _panels(inner, kinds, {})
        if name in OPTIONS:
            parts += _panels(verb, OPTIONS[name], DEFAULTS.get(name, {"output": Path(name)}))
    return "\n".join(parts)


def plain_markdown(text: str) -> str:
    """Help as Markdown in which nothing is read as HTML, as emphasis or as a column."""
    return re.sub(r"([*_|\[\]])", r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _panels(
    verb: Callable[..., None], kinds: Sequence[Any], defaults: Mapping[str, Any]
) -> list[str]:
    """A list for each panel of the command's help."""
    parameters = inspect.signature(with_options(verb, kinds, defaults)).parameters.values()
    panels: dict[str, list[str]] = {}
    for panel, members in groupby(parameters, key=lambda each: each.default.rich_help_panel):
        panels.setdefault(panel or "Options", []).extend(map(_entry, members))
    return [
        f"**{plain_markdown(panel)}**\n\n" + "\n\n".join(entries) + "\n"
        for panel, entries in panels.items()
    ]


def _entry(parameter: inspect.Parameter) -> str:
    """An entry of a definition list: names, value and default; then what it is."""
    names = ", ".join(f"`{name}`" for name in _names(parameter))
    default = _default(parameter)
    said = [each for each in (names, _value(parameter), default) if each]
    return f"{' · '.join(said)}\n:   {plain_markdown(parameter.default.help or '')}"


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
    metavar = parameter.default.metavar
    if metavar and metavar != parameter.name.upper():  # an argument has its name alone
        return " or ".join(f"`{each}`" for each in metavar.split("|"))
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
        return f"default `{names[0] if default else names[-1]}`" if len(names) > 1 else ""
    if isinstance(default, list | tuple):
        default = " ".join(str(each) for each in default)
    return "" if default is None or default == "" else f"default `{default}`"

"""Commands from requests: every field of a pydantic model becomes a parameter of a typer command.

Type, default, limits and help are those of the field (`run/request.py` says how they are declared).
The values given are validated by the model, all at once, before the verb is called.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel

from zeoloom.cli.offered_values import values_for
from zeoloom.run.request import flag_of, parse_request, written_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic.fields import FieldInfo


KIND_NAMES: Mapping[Any, str] = {
    bool: "",
    int: "INTEGER",
    float: "NUMBER",
    str: "TEXT",
    Path: "PATH",
}
"""How the help writes a value of a type."""

SEVERAL = " May be given several times."


@dataclass(frozen=True, slots=True)
class Changes:
    """Fields of a model, none of which has to be given: the verb gets those that were, by name."""

    kind: type[BaseModel]


def with_options(
    verb: Callable[..., None],
    kinds: Sequence[type[BaseModel] | Changes],
    defaults: Mapping[str, Any],
) -> Callable[..., None]:
    """A function that typer can make a command of.

    Args:
        verb: its docstring is the help of the command.
        kinds: of its arguments, in order: a model, or changes to one.
        defaults: by field name, where they are other than the model's.
    """

    def command(**given: Any) -> None:
        arguments: list[Any] = []
        for kind in kinds:
            model = kind.kind if isinstance(kind, Changes) else kind
            values = {name: given[name] for name in model.model_fields if given[name] is not None}
            arguments.append(values if isinstance(kind, Changes) else parse_request(kind, values))
        verb(*arguments)

    command.__doc__ = verb.__doc__
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # typer reads it
        [each for kind in kinds for each in _parameters(kind, defaults)]
    )
    return command


def _parameters(
    kind: type[BaseModel] | Changes, defaults: Mapping[str, Any]
) -> list[inspect.Parameter]:
    """Parameters for all fields, those of one class together, the kind's own first."""
    model = kind.kind if isinstance(kind, Changes) else kind
    homes = {name: _home(model, name) for name in model.model_fields}
    order = sorted(homes, key=lambda name: model.__mro__.index(homes[name]))
    parameters = []
    for name in order:
        field = model.model_fields[name]
        read_as, metavar, shown = _read_as(field)
        value = defaults.get(name, None if isinstance(kind, Changes) else shown)
        settings: dict[str, Any] = {
            "help": _help(model, name) + (SEVERAL if _repeated(model, name, read_as) else ""),
            "metavar": _metavar(model, name, read_as, metavar),
            "rich_help_panel": getattr(homes[name], "panel", None),
            "autocompletion": values_for(model, name),
        }
        declared = (
            typer.Argument(value, **settings)
            if flag_of(model, name).argument
            else typer.Option(value, *_names(model, name, value), **settings)
        )
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=declared,
                annotation=read_as | None if value is None else read_as,
            )
        )
    return parameters


def _home(model: type[BaseModel], name: str) -> type[BaseModel]:
    """The class that a field was first declared in."""
    bases = [base for base in reversed(model.__mro__) if issubclass(base, BaseModel)]
    return next(base for base in bases if name in base.model_fields)


def _repeated(model: type[BaseModel], name: str, read_as: Any) -> bool:
    """Whether an option takes one value each time it is given."""
    return get_origin(read_as) is list and not flag_of(model, name).argument


def _metavar(model: type[BaseModel], name: str, read_as: Any, written: str | None) -> str:
    """What stands for a value in the help; nothing for a switch."""
    flag = flag_of(model, name)
    several = get_origin(read_as) is list
    if flag.metavar is not None:
        return flag.metavar
    if flag.argument:
        return name.upper()
    return written or KIND_NAMES[get_args(read_as)[0] if several else read_as]


def _help(model: type[BaseModel], name: str) -> str:
    """The text below the field, in the class that says the last about it."""
    for base in model.__mro__:
        field = base.model_fields.get(name) if issubclass(base, BaseModel) else None
        if field is not None and field.description:
            return " ".join(field.description.split())
    raise AssertionError(f"{model.__name__}.{name} has no text below it")


def _names(model: type[BaseModel], name: str, default: Any) -> tuple[str, ...]:
    """Names of an option; one that is on, or left to a file, can be switched off."""
    flag, field = flag_of(model, name), model.model_fields[name]
    if flag.names:
        return flag.names
    plain = name.replace("_", "-")
    both = field.annotation is bool and default is not False
    return (f"--{plain}/--no-{plain}",) if both else (f"--{plain}",)


def _read_as(field: FieldInfo) -> tuple[Any, str | None, Any]:
    """How typer reads a value: its type and metavar; and the default as it is shown."""
    kind = field.annotation
    if NoneType in get_args(kind):
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    default = ... if field.is_required() else field.default
    written = written_form(field)
    if written is not None:
        known = default is not ... and default is not None
        return str, written.metavar, written.text(default) if known else default
    if get_origin(kind) is Literal:
        return str, "|".join(get_args(kind)), default
    if get_args(kind)[1:] == (...,):
        return list[get_args(kind)[0]], None, None if default == () else default  # type: ignore[misc]  # built at run time
    return kind, None, default

"""Requests: what is asked of a verb. Each option is declared once, as a field of a request.

A field gives an option its name, type, default and limits, and the text below it is its help. The
command line is made of these fields (`cli/parameters.py`); from Python the same records are passed.
Nothing heavy is imported here, so that help is quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from zeoloom.errors import InputError
from zeoloom.learn.settings import OPTION_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Flag:
    """How a field is spelled on the command line, where that is not `--its-name`.

    Attributes:
        names: of the option, the first of which is used in messages; none for `--its-name`.
        metavar: stands for the value in the help; None for the name of its type.
        argument: whether it is given by its place in the command, without a name.
    """

    names: tuple[str, ...] = ()
    metavar: str | None = None
    argument: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A value of several parts that is one text on the command line, such as 8-200.

    Attributes:
        metavar: stands for the text in the help.
        text: a value as the user would write it.
        spaced: whether its parts are words of their own, as in --cell 13.7 14.8.
    """

    metavar: str
    text: Callable[[Any], str]
    spaced: bool = False


COUNT_FLAG = Flag(("-n", "--number"))
"""The option that says how many are wanted."""


class Request(BaseModel):
    """What is asked of a verb.

    Attributes:
        panel: heading of the options of this class in the help.
    """

    model_config = OPTION_FIELDS
    panel: ClassVar[str] = "Options"


AnyRequest = TypeVar("AnyRequest", bound=BaseModel)


def parse_request(kind: type[AnyRequest], values: Mapping[str, Any]) -> AnyRequest:
    """A request from values as they were given.

    Args:
        kind: of request.
        values: by field name; None stands for the default.

    Raises:
        InputError: naming each wrong value.
    """
    try:
        return kind.model_validate({k: v for k, v in values.items() if v is not None})
    except ValidationError as error:
        raise InputError("; ".join(_message(kind, each) for each in error.errors())) from error


def flag_of(kind: type[BaseModel], field: str) -> Flag:
    """How a field is spelled on the command line."""
    for each in kind.model_fields[field].metadata:
        if isinstance(each, Flag):
            return each
    return Flag()


def spaced_options(kind: type[BaseModel]) -> set[str]:
    """Names of the options whose values are several words."""
    return {
        option_name(kind, name)
        for name, field in kind.model_fields.items()
        if any(isinstance(each, Written) and each.spaced for each in notes_of(field))
    }


def notes_of(field: FieldInfo) -> list[Any]:
    """What is noted beside the type of a field, which may be left out or not."""
    kinds = [field.annotation, *get_args(field.annotation)]
    inside = [
        note for kind in kinds if get_origin(kind) is Annotated for note in get_args(kind)[1:]
    ]
    return [*field.metadata, *inside]


def written_form(field: FieldInfo) -> Written | None:
    """How a value of a field is written, if it is one text of several parts."""
    return next((note for note in notes_of(field) if isinstance(note, Written)), None)


def in_words(request: BaseModel) -> dict[str, str]:
    """What a request says, by field, as its user would write it; nothing where nothing is given."""
    texts = {}
    for name, field in type(request).model_fields.items():
        value, form = getattr(request, name), written_form(field)
        if value is not None:
            plain = ("no", "yes")[value] if isinstance(value, bool) else str(value)
            texts[name] = plain if form is None else form.text(value)
    return texts


def option_name(kind: type[BaseModel], field: str) -> str:
    """The name by which messages call a field: `-n`, `--noise-factor`, or FILE of an argument."""
    flag = flag_of(kind, field)
    if flag.argument:
        return field.upper()
    return flag.names[0] if flag.names else f"--{field.replace('_', '-')}"


def _message(kind: type[BaseModel], error: ErrorDetails) -> str:
    """What is wrong with one value, or with several together."""
    text = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return text
    field = str(error["loc"][0])
    name = option_name(kind, field) if field in kind.model_fields else field
    given = repr(error["input"])
    return f"{name}: {text}" if given in text else f"{name}: {text}, got {given}"

"""Queries on a database of frameworks: conditions on the columns of the table."""

from __future__ import annotations

import re

from zeoloom.errors import InputError
from zeoloom.run.framework_table import COLUMNS, FILE_COLUMNS, GIVEN_COLUMNS

TEXTS = frozenset(
    (
        *("name", "framework_type", "kind", "key", "family", "space_group", "rings", "units"),
        *("nearest_type", "file", "reason", "notices", "energy_status", "known_as", "user"),
    )
)
"""Columns that hold texts, and the name of the one who has written a framework."""

ANSWERS = frozenset(("feasible", "lid", "valid"))
"""Columns that hold yes or no."""

ASKED = frozenset((*COLUMNS, *FILE_COLUMNS, *GIVEN_COLUMNS, "user")) - {"found"}
"""Everything that can be asked for."""

CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|!=|=|<|>)\s*([^<>=,]+?)\s*")


def checked_query(query: str) -> str:
    """A query as ASE takes it.

    Args:
        query: conditions on columns, separated by commas, such as "density<15,channel_dim=3".

    Raises:
        InputError: naming what cannot be read.
    """
    return ",".join(_condition(each) for each in query.split(",") if each.strip())


def checked_sort(sort: str | None) -> str | None:
    """A column to sort by, with or without - in front.

    Raises:
        InputError: if there is no such column.
    """
    if sort is not None:
        _known(sort.removeprefix("-"))
    return sort


def _condition(text: str) -> str:
    match = CONDITION.fullmatch(text)
    if match is None:
        raise InputError(f"'{text}' is no condition: expected one such as density<15")
    name, comparison, value = match.groups()
    _known(name)
    if name in ANSWERS:
        if value not in {"yes", "no"}:
            raise InputError(f"'{text}': {name} is yes or no")
        value = "True" if value == "yes" else "False"
    elif name not in TEXTS:
        try:
            float(value)
        except ValueError as error:
            raise InputError(f"'{text}': {name} is a number, got '{value}'") from error
    return f"{name}{comparison}{value}"


def _known(name: str) -> None:
    if name not in ASKED:
        raise InputError(f"there is no column '{name}'; there are {', '.join(sorted(ASKED))}")

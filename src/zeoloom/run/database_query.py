"""Queries on a database of frameworks: conditions on the columns of the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.run.framework_table import ADSORPTION_COLUMNS, COLUMNS, FILE_COLUMNS, GIVEN_COLUMNS
from zeoloom.structure.files.facts_table import Condition

if TYPE_CHECKING:
    from zeoloom.structure.files.facts_table import Kind

TEXTS = frozenset(
    (
        *("name", "framework_type", "kind", "key", "family", "space_group", "rings", "units"),
        *(
            "nearest_type",
            "windows",
            "pore_distribution",
            "file",
            "reason",
            "notices",
            "energy_status",
            "known_as",
            "user",
        ),
    )
)
"""Columns that hold texts, and the name of the one who has written a framework."""

ANSWERS = frozenset(("feasible", "lid", "valid"))
"""Columns that hold yes or no."""

ASKED = frozenset((*COLUMNS, *FILE_COLUMNS, *GIVEN_COLUMNS, *ADSORPTION_COLUMNS, "user")) - {
    "found"
}
"""Everything that can be asked for."""

LONG = frozenset(("key", "file", "reason", "notices", "windows", "pore_distribution"))
"""Texts too long to sort by."""

QUERY_COLUMNS: dict[str, Kind] = {
    name: "long text"
    if name in LONG
    else "text"
    if name in TEXTS
    else "answer"
    if name in ANSWERS
    else "number"
    for name in sorted(ASKED)
}
"""Kind of each of them."""

CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|!=|=|<|>)\s*([^<>=,]+?)\s*")


def parsed_query(query: str) -> tuple[Condition, ...]:
    """The conditions of a query.

    Args:
        query: conditions on columns, separated by commas, such as "density<15,channel_dim=3".

    Raises:
        InputError: naming what cannot be read.
    """
    return tuple(_condition(each) for each in query.split(",") if each.strip())


def checked_sort(sort: str | None) -> str | None:
    """A column to sort by, with or without - in front.

    Raises:
        InputError: if there is no such column.
    """
    if sort is not None:
        name = sort.removeprefix("-")
        _known(name)
        if name in LONG:
            raise InputError(f"--sort {sort}: texts as long as {name} are not sorted by")
    return sort


def _condition(text: str) -> Condition:
    match = CONDITION.fullmatch(text)
    if match is None:
        raise InputError(f"'{text}' is no condition: expected one such as density<15")
    name, comparison, value = match.groups()
    _known(name)
    if name in TEXTS:
        return Condition(name, comparison, value)
    if name in ANSWERS:
        if value not in {"yes", "no"}:
            raise InputError(f"'{text}': {name} is yes or no")
        return Condition(name, comparison, float(value == "yes"))
    try:
        return Condition(name, comparison, float(value))
    except ValueError as error:
        raise InputError(f"'{text}': {name} is a number, got '{value}'") from error


def _known(name: str) -> None:
    if name not in ASKED:
        raise InputError(f"there is no column '{name}'; there are {', '.join(sorted(ASKED))}")

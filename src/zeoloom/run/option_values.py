"""Values of options that are one text on the command line: ranges, groups, several numbers."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from zeoloom.errors import InputError
from zeoloom.run.request import Written
from zeoloom.search.limits import DENSITIES

MOST_UNIQUE = 32
"""Unique T atoms of the largest frameworks learned from."""


def _range(value: Any) -> Any:
    """Texts such as "8-200" or "36" as (least, most)."""
    if not isinstance(value, str):
        return value
    number = r"\s*(\d+(?:\.\d+)?)\s*"
    match = re.fullmatch(rf"{number}(?:-{number})?", value)
    if match is None:
        raise ValueError("expected a number, or two such as 8-200")
    return match[1], match[2] or match[1]


def _interval(value: Any) -> Any:
    """Texts such as "11.5-12.5" as (least, most), which differ: nothing is exactly 12."""
    given = _range(value)
    if isinstance(given, tuple | list) and len(given) == 2 and float(given[0]) == float(given[1]):
        number = float(given[0])
        raise ValueError(
            f"nothing has exactly {number:g}: expected a range such as "
            f"{number - 0.5:g}-{number + 0.5:g}"
        )
    return given


def _hall_number(value: Any) -> Any:
    """A space group as its Hall number."""
    if not isinstance(value, str):
        return value
    from zeoloom.geometry.space_groups import (  # noqa: PLC0415 - help needs no space groups
        hall_number_of,
    )

    try:
        return hall_number_of(value)
    except InputError as error:
        raise ValueError(str(error)) from error


def check_range(name: str, given: tuple[float, float]) -> None:
    """Raise ValueError unless a range is one of positive numbers."""
    low, high = given
    if not 0 < low <= high:
        raise ValueError(f"{name} {low:g}-{high:g}: expected a least above 0 and a most")


def check_unique(given: tuple[int, int]) -> None:
    """Raise ValueError if more unique T atoms are asked for than any framework has."""
    if given[1] > MOST_UNIQUE:
        raise ValueError(f"unique_atoms {given[0]}-{given[1]}: at most {MOST_UNIQUE}")


_RANGE = Written("LEAST-MOST", lambda given: f"{given[0]:g}-{given[1]:g}")


def check_density(given: tuple[float, float]) -> None:
    """Raise ValueError if a density is none of zeolites."""
    check_range("density", given)
    if given[0] < DENSITIES[0] or given[1] > DENSITIES[1]:
        raise ValueError(
            f"density {given[0]:g}-{given[1]:g}: zeolites have "
            f"{DENSITIES[0]:g} to {DENSITIES[1]:g} T atoms per 1000 Å^3"
        )


Whole = Annotated[tuple[int, int], BeforeValidator(_range), _RANGE]
"""Least and most, whole numbers."""

Real = Annotated[tuple[float, float], BeforeValidator(_interval), _RANGE]
"""Least and most."""


def _setting_text(hall_number: int) -> str:
    from zeoloom.geometry.space_groups import (  # noqa: PLC0415 - help needs no space groups
        name_of_setting,
    )

    return name_of_setting(hall_number)


Setting = Annotated[int, BeforeValidator(_hall_number), Written("GROUP", _setting_text)]
"""Hall number of a setting of a space group; as text also a number or a symbol."""


AUTO = "auto"
"""In place of space groups: those that the pattern allows."""


def _settings(value: Any) -> Any:
    """Space groups as their Hall numbers; none of them stands for those the pattern allows."""
    if isinstance(value, str):
        value = [] if value.strip().lower() == AUTO else value.split(",")
    given = (value,) if isinstance(value, int) else value
    return tuple(dict.fromkeys(_hall_number(each) for each in given))


Settings = Annotated[
    tuple[int, ...],
    BeforeValidator(_settings),
    Written("GROUP[,GROUP...]", lambda halls: ",".join(map(_setting_text, halls)) or AUTO),
]
"""Hall numbers of settings of space groups; as text also numbers or symbols, between commas."""


def numbers_of_text(value: Any) -> Any:
    """Texts such as "13.7 13.7 14.8 90 90 120" as numbers."""
    return re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value


def _spans(value: Any) -> Any:
    """Texts such as "26.2-27,35-37.5" as pairs."""
    if not isinstance(value, str):
        return value
    spans = [_range(each) for each in value.split(",")]
    if any(float(low) >= float(high) for low, high in spans):
        raise ValueError(f"{value}: expected ranges such as 26.2-27, several with commas between")
    return spans


Spans = Annotated[
    tuple[tuple[float, float], ...],
    BeforeValidator(_spans),
    Written("A-B[,C-D...]", lambda spans: ",".join(f"{low:g}-{high:g}" for low, high in spans)),
]
"""Several ranges of positive numbers."""

Numbers = Annotated[
    tuple[float, ...],
    BeforeValidator(numbers_of_text),
    Written("A [B C ALPHA BETA GAMMA]", lambda given: " ".join(map("{:g}".format, given)), True),
]
"""Several numbers, each a word of its own."""

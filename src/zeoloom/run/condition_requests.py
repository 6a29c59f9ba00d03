"""Conditions as options: those of the search, and filters of the judge's tables."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, model_validator

from zeoloom.errors import InputError
from zeoloom.judge.conditions import (
    CRYSTAL_SYSTEMS,
    POSSIBLE,
    WITHIN,
    Conditions,
    Likes,
    check_conditions,
)
from zeoloom.judge.ranges import UNSIGNED, Ranges, parse_ranges
from zeoloom.run.request import Flag, Request, Written
from zeoloom.structure.building_units import UNIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection


def _ranges(value: Any, info: ValidationInfo, *, whole: bool) -> Any:
    """Ranges from text, from a number, or from (least, most)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}"
    least, most = POSSIBLE[str(info.field_name)]
    if (
        isinstance(value, str)
        and re.fullmatch(UNSIGNED, value)
        and not least <= float(value) <= most
    ):
        raise ValueError(f"it is {least:g} to {most:g} in any framework")
    if isinstance(value, tuple | list) and len(value) == 2:
        value = f"{value[0]}-{value[1]}"
    return parse_ranges(value, whole=whole) if isinstance(value, str) else value


def _words(value: Any) -> Any:
    """The words of a text, or those given one by one, in lower case."""
    if isinstance(value, str):
        value = value.split(",")
    return [str(each).strip().lower() for each in value]


def _known(value: Any, known: Collection[str], what: str) -> frozenset[str]:
    words = _words(value)
    unknown = [each for each in words if each not in known]
    if unknown or not words:
        given = f"'{unknown[0]}' is no" if unknown else "expected a"
        raise ValueError(f"{given} {what}; there are {', '.join(known)}")
    return frozenset(words)


def _groups(value: Any) -> Any:
    """Numbers of space groups, from numbers and symbols."""
    from zeoloom.geometry.space_groups import (  # noqa: PLC0415 - help needs no space groups
        hall_number_of,
        number_of_hall_number,
    )

    if isinstance(value, int):
        value = str(value)
    listed = value.split(",") if isinstance(value, str) else [str(each) for each in value]
    try:
        return frozenset(number_of_hall_number(hall_number_of(each.strip())) for each in listed)
    except InputError as error:
        raise ValueError(str(error)) from error


def _likes(value: Any) -> Any:
    """Texts such as "CHA", "CHA,AEI" or "CHA:0.3"."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*([\w*,\s-]+?)\s*(?::\s*(\d+(?:\.\d*)?|\.\d+)\s*)?", value)
    if match is None:
        raise ValueError("expected framework types such as CHA or CHA,AEI, or with a distance in Å")
    from zeoloom.structure.reference import load_reference  # noqa: PLC0415 - help needs no types

    try:
        codes = [load_reference()[code].name for code in match[1].split(",")]
    except InputError as error:
        raise ValueError(str(error)) from error
    within = float(match[2] or WITHIN)
    if within == 0.0:
        raise ValueError("expected a distance above 0 Å, such as CHA:0.2")
    return Likes(tuple(codes), within)


def _listed(values: frozenset[Any]) -> str:
    return ",".join(map(str, sorted(values)))


RANGE, AS_TEXT = Written("RANGE", str), PlainSerializer(str)

Reals = Annotated[
    Ranges, BeforeValidator(lambda v, info: _ranges(v, info, whole=False)), AS_TEXT, RANGE
]
"""Ranges of a number."""

Wholes = Annotated[
    Ranges, BeforeValidator(lambda v, info: _ranges(v, info, whole=True)), AS_TEXT, RANGE
]
"""Ranges of a whole number."""

Groups = Annotated[
    frozenset[int],
    BeforeValidator(_groups),
    PlainSerializer(_listed),
    Written("GROUP,...", _listed),
]
"""Numbers of space groups; as text also symbols."""

Systems = Annotated[
    frozenset[str],
    BeforeValidator(lambda v: _known(v, CRYSTAL_SYSTEMS, "crystal system")),
    PlainSerializer(_listed),
    Written("SYSTEM,...", _listed),
]
"""Crystal systems."""

Units = Annotated[
    frozenset[str],
    BeforeValidator(lambda v: _known(v, UNIT_NAMES, "composite building unit known here")),
    PlainSerializer(_listed),
    Written("UNIT,...", _listed),
]
"""Composite building units."""

Types = Annotated[Likes, BeforeValidator(_likes), AS_TEXT, Written("CODE,...[:Å]", str)]
"""Framework types, and a distance."""


class YesNoConditions(Request):
    """Conditions that hold or not; in a panel of their own, as two names leave less room."""

    panel: ClassVar[str] = "Conditions, yes or no"

    chiral: Annotated[bool | None, Flag(("--chiral/--no-chiral",))] = None
    """Whether its space group has only proper rotations."""

    lid: Annotated[bool | None, Flag(("--lid/--no-lid",))] = None
    """Whether its local distances, relaxed, are those of real zeolites."""


class ConditionOptions(YesNoConditions):
    """Conditions on frameworks; ranges are written 12-, -20, 10-16 or 8,10,12."""

    panel: ClassVar[str] = "Conditions (a RANGE is 12-, -20, 10-16 or 8,10,12)"

    density: Reals | None = None
    """T atoms per 1000 Å³."""

    atoms: Wholes | None = None
    """Number of T atoms in the conventional cell."""

    unique_atoms: Wholes | None = None
    """Number of unique T atoms."""

    space_group: Groups | None = None
    """Space groups, one of which it truly has, by number or symbol."""

    crystal_system: Systems | None = None
    """Crystal systems: triclinic, monoclinic, orthorhombic, tetragonal, trigonal, hexagonal,
    cubic."""

    rings: Wholes | None = None
    """Sizes of smallest rings that all occur; of a range such as 12- at least one size."""

    no_rings: Wholes | None = None
    """Sizes of smallest rings that do not occur."""

    window: Wholes | None = None
    """T atoms of the largest ring that a channel runs through."""

    largest_included_sphere: Reals | None = None
    """Diameter of the largest sphere that fits, Å."""

    largest_free_sphere: Reals | None = None
    """Diameter of the largest sphere that can travel through, Å."""

    accessible_volume: Reals | None = None
    """Share of the volume that a sphere of 2.8 Å can get to, 0 to 1."""

    channels: Wholes | None = None
    """Dimensions of its channels, 0 to 3."""

    energy: Reals | None = None
    """Energy above quartz, kJ/mol SiO2."""

    contains: Units | None = None
    """Composite building units that all occur, such as d4r,sod."""

    like: Types | None = None
    """Framework types, one of which its T atoms are like by average minimum distances; with :Å how
    near (0.5 if not given)."""

    unlike: Types | None = None
    """Framework types, none of which its T atoms are like."""

    likeness: Reals | None = None
    """Likeness to zeolites that were made, 0 to 1."""

    henry_ch4: Reals | None = None
    """Henry coefficient of methane at 300 K, mol/(kg bar)."""

    heat_ch4: Reals | None = None
    """Heat of adsorption of methane at 300 K without loading, kJ/mol."""

    @model_validator(mode="after")
    def _can_be_met(self) -> ConditionOptions:
        try:
            check_conditions(self.conditions)
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def conditions(self) -> Conditions:
        """What is asked for."""
        return Conditions(**{each.name: getattr(self, each.name) for each in fields(Conditions)})

"""Space groups by number: the operations of their settings, and which group given operations are.

Tables asked of spglib; atoms are put before it in `structure/standard.py`. Its Hall numbers, 1 to
530, count the settings of the 230 groups.
"""

from __future__ import annotations

import difflib
import os
import re
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import spglib

from zeoloom.errors import InputError
from zeoloom.geometry.operations import SymmetryOperations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zeoloom.geometry.arrays import FloatArray

HALL_NUMBERS = range(1, 531)

MONOCLINIC = range(3, 16)
"""Numbers of these groups."""

LATTICE_SYSTEMS = (
    (2, "triclinic"),
    (15, "monoclinic"),
    (74, "orthorhombic"),
    (142, "tetragonal"),
    (194, "hexagonal"),
    (230, "cubic"),
)
"""The last group of each lattice system, in hexagonal axes where there is a choice."""

RENAMED = tuple(
    tuple(pair.split("="))
    for pair in [
        "Abm2=Aem2",
        "Bma2=Bme2",
        "B2cm=B2em",
        "C2mb=C2me",
        "Cm2a=Cm2e",
        "Ac2m=Ae2m",
        "Aba2=Aea2",
        "Bba2=Bbe2",
        "B2cb=B2eb",
        "C2cb=C2ce",
        "Cc2a=Cc2e",
        "Ac2a=Ae2a",
        "Cmca=Cmce",
        "Ccmb=Ccme",
        "Abma=Aema",
        "Acam=Aeam",
        "Bbcm=Bbem",
        "Bmab=Bmeb",
        "Cmma=Cmme",
        "Cmmb=Cmme",
        "Abmm=Aemm",
        "Acmm=Aemm",
        "Bmcm=Bmem",
        "Bmam=Bmem",
        "Ccca=Ccce",
        "Cccb=Ccce",
        "Abaa=Aeaa",
        "Acaa=Aeaa",
        "Bbcb=Bbeb",
        "Bbab=Bbeb",
    ]
)
"""Symbols of groups with double glide planes, before 1992 and after."""

METRIC_TOLERANCE = 0.01
"""Relative. How far an operation may change lengths in the cell before it does not fit it."""

USUAL_CHOICES = ("1", "2", "h", "r")
"""Choices of origin or axes that some programs write after symbols of all groups."""

OLD_CUBIC = re.compile(r"^([pfi][mnadc])3(.*)$")
"""Cubic symbols before 1983, as F d 3 m, without the bar of F d -3 m."""

SCREW_IN_BRACKETS = re.compile(r"(?<=[2346])\(([1-5])\)")
"""As in P2(1)/c."""


@cache
def operations_of_hall_number(hall_number: int) -> SymmetryOperations:
    """All operations of a setting, centring included."""
    if hall_number not in HALL_NUMBERS:
        raise InputError(f"Hall number {hall_number}: expected 1 to 530")
    with quiet_spglib():
        table = spglib.get_symmetry_from_database(hall_number)
    assert table is not None
    return SymmetryOperations(
        table["rotations"].astype(np.int64), table["translations"].astype(np.float64)
    )


@cache
def standard_hall_number(number: int) -> int:
    """The standard setting of a space group (1 to 230).

    Unique axis b, first cell choice, hexagonal axes, and the origin at the inversion centre where
    there is a choice of origin.
    """
    if number not in range(1, 231):
        raise InputError(f"space group number {number}: expected 1 to 230")
    settings = [hall for hall in HALL_NUMBERS if _setting(hall).number == number]
    second_origin = [hall for hall in settings if _setting(hall).choice == "2"]
    return second_origin[0] if second_origin else settings[0]


@cache
def settings_of_number(number: int) -> tuple[int, ...]:
    """Hall numbers of all settings of a space group (1 to 230), the standard setting first."""
    standard = standard_hall_number(number)
    others = [hall for hall in HALL_NUMBERS if _setting(hall).number == number]
    return (standard, *(hall for hall in others if hall != standard))


def settings_that_fit(number: int, cell: FloatArray) -> tuple[int, ...]:
    """Hall numbers of the settings of a space group that a cell (3, 3) Å allows."""
    return tuple(
        hall
        for hall in settings_of_number(number)
        if fits_cell(operations_of_hall_number(hall), cell)
    )


def fits_cell(operations: SymmetryOperations, cell: FloatArray) -> bool:
    """Whether R^T G R = G for the metric G = cell cell^T of a cell (3, 3) Å."""
    metric = cell @ cell.T
    turned = np.einsum("gji,jk,gkl->gil", operations.rotations, metric, operations.rotations)
    scale = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
    return bool((np.abs(turned - metric) / scale).max() <= METRIC_TOLERANCE)


def hall_number_of(text: str) -> int:
    """The setting meant by a group's number, its Hermann-Mauguin symbol or "hall:NUMBER".

    Symbols are read as by `settings_of_symbol`. Where several settings share one, or by number, the
    standard setting is meant.

    Raises:
        InputError: if there is no such group.
    """
    wanted = text.strip().replace("_", "").replace(" ", "")
    if wanted.isdecimal():
        return standard_hall_number(int(wanted))
    kind, _, number = wanted.partition(":")
    if kind.lower() == "hall":
        if not number.isdecimal() or int(number) not in HALL_NUMBERS:
            raise InputError(f"space group {text!r}: expected hall:1 to hall:530")
        return int(number)
    found = settings_of_symbol(text)
    if not found and "," in text:
        raise InputError(f"one space group is expected, got {text!r}")
    if not found:
        symbols = _settings_by_symbol()
        near = difflib.get_close_matches(wanted.lower(), symbols, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(symbols[name][0] for name in near)}?" if near else ""
        raise InputError(
            f"no space group {text!r}: give a number from 1 to 230, a Hermann-Mauguin symbol such "
            f"as R-3m, or hall:1 to hall:530{hint}"
        )
    return found[0]


def settings_of_symbol(text: str) -> tuple[int, ...]:
    """Hall numbers of the settings that a Hermann-Mauguin symbol may mean, the likeliest first.

    Short, full and older symbols are known (F d 3 m, C m c a, P2(1)/c), with spaces or underscores
    in any place. They may end in the choice of a setting: `:1` and `:2` or `S` and `Z` for an
    origin, `:H` and `:R` or `H` and `R` for axes, as "Fd-3m:1", "F d -3 m Z" or "R-3m:R". A choice
    that the group does not have is passed over.

    Returns:
        None, one or several: "Fd-3m" may mean either origin, "C2/m" any unique axis.
    """
    symbol, choice = _symbol_and_choice(text)
    symbols = _settings_by_symbol()
    for name in (symbol, OLD_CUBIC.sub(r"\1-3\2", symbol)):
        exact = symbols.get(f"{name}:{choice}") if choice else None
        if exact is not None:
            return exact[1]
        if name in symbols and (not choice or choice in USUAL_CHOICES):
            found = symbols[name][1]
            fitting = [
                hall
                for hall in found
                if choice and _setting(hall).choice.lower().startswith(choice)
            ]
            return tuple(fitting) or found
    return ()


def _symbol_and_choice(text: str) -> tuple[str, str]:
    """A symbol without spaces in lower case, and what follows it: "1", "2", "h", "r" or so."""
    plain = SCREW_IN_BRACKETS.sub(r"\1", text.strip().strip("'\"").lower())
    origin = re.search(r"origin\D*([12])", plain)
    plain = re.sub(r"\(.*|\[.*|origin.*", "", plain)
    symbol, _, choice = re.sub(r"[\s_']", "", plain).partition(":")
    if origin:
        choice = origin.group(1)
    elif not choice and len(symbol) > 2 and symbol[-1] in "hrsz":
        symbol, choice = symbol[:-1], symbol[-1]
    return symbol, {"s": "1", "z": "2"}.get(choice, choice)


@cache
def _settings_by_symbol() -> dict[str, tuple[str, tuple[int, ...]]]:
    """Symbol as written and Hall numbers, the standard setting first, by symbol in lower case."""
    symbols: dict[str, tuple[str, tuple[int, ...]]] = {}
    for hall_number in HALL_NUMBERS:
        is_standard = standard_hall_number(number_of_hall_number(hall_number)) == hall_number
        for plain in dict.fromkeys(_names_of_setting(hall_number)):
            written, known = symbols.get(plain.lower(), (plain, ()))
            both = (hall_number, *known) if is_standard else (*known, hall_number)
            symbols[plain.lower()] = (plain if is_standard else written, both)
    return symbols


def _names_of_setting(hall_number: int) -> list[str]:
    """All Hermann-Mauguin symbols of a setting, without spaces."""
    kind = _setting(hall_number)
    names = [kind.international_short, kind.international_full]
    if kind.number in MONOCLINIC:  # P 1 21/n 1 is P 21/n
        names.append("".join(part for part in kind.international_full.split() if part != "1"))
    names += [f"{name}:{kind.choice}" for name in names if kind.choice]
    names += kind.international.split("=")
    # versions of spglib differ in which of the two they give
    names += [
        other + name[4:]
        for name in names
        for pair in RENAMED
        for one, other in (pair, pair[::-1])
        if name.startswith(one)
    ]
    return [name.replace("_", "").replace(" ", "") for name in names]


def number_of_hall_number(hall_number: int) -> int:
    """Number of the group, 1 to 230, that a setting belongs to."""
    return int(_setting(hall_number).number)


def is_sohncke(number: int) -> bool:
    """Whether a group, by its number, has no improper rotation: its crystals may have a hand."""
    rotations = operations_of_hall_number(standard_hall_number(number)).rotations
    return bool((np.linalg.det(rotations) > 0).all())


def lattice_system(number: int) -> str:
    """Which cells a group has in its standard setting; trigonal groups have hexagonal ones."""
    for last, name in LATTICE_SYSTEMS:
        if number <= last:
            return name
    raise InputError(f"space group number {number}: expected 1 to 230")


def symbol_of_hall_number(hall_number: int) -> str:
    """Short Hermann-Mauguin symbol of a setting, such as 'R-3m'."""
    return str(_setting(hall_number).international_short).replace("_", "")


def full_symbol_of_hall_number(hall_number: int) -> str:
    """Full Hermann-Mauguin symbol of a setting, its parts by spaces, such as 'P 21/n 21/m 21/a'."""
    return str(_setting(hall_number).international_full).replace("_", "")


def name_of_setting(hall_number: int) -> str:
    """Symbol by which `hall_number_of` finds a setting, such as 'R-3m:R', 'A112/m' or 'Fd-3m:1'."""
    kind = _setting(hall_number)
    full = str(kind.international_full).replace("_", "").replace(" ", "")
    name = full if kind.number in MONOCLINIC else symbol_of_hall_number(hall_number)
    choices = (name, f"{name}:{kind.choice}", f"hall:{hall_number}")
    return next(each for each in choices if hall_number_of(each) == hall_number)


def space_group_of_operations(
    operations: SymmetryOperations, cell: FloatArray
) -> tuple[int, str] | None:
    """Number and short symbol of a group in any setting and cell, or None if spglib finds none.

    Args:
        operations: a complete group.
        cell: (3, 3) Å.
    """
    try:
        with quiet_spglib():
            kind = spglib.get_spacegroup_type_from_symmetry(
                operations.rotations, operations.translations, lattice=cell, symprec=1e-3
            )
    except Exception:  # noqa: BLE001 - versions of spglib raise different errors, or return None
        return None
    return (
        None if kind is None else (int(kind.number), str(kind.international_short).replace("_", ""))
    )


@cache
def _setting(hall_number: int) -> spglib.SpaceGroupType:
    """What spglib says of one of its settings."""
    with quiet_spglib():
        kind = spglib.get_spacegroup_type(hall_number)
    assert kind is not None
    return kind


@contextmanager
def quiet_spglib() -> Iterator[None]:
    """Without spglib's warning, on every call, that its way of telling errors will change.

    Nor does it write to standard error where it finds no symmetry, which it returns as well; a
    SPGLIB_WARNING of the user's own is left as it is.
    """
    os.environ.setdefault("SPGLIB_WARNING", "OFF")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield

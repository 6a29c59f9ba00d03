"""Space groups by number: the operations of their settings, and which group given operations are.

Tables asked of spglib; atoms are put before it in `structure/standard.py`. Its Hall numbers, 1 to
530, count the settings of the 230 groups.
"""

from __future__ import annotations

import difflib
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

RENAMED = (("Abm2", "Aem2"), ("Aba2", "Aea2"), ("Cmca", "Cmce"), ("Cmma", "Cmme"), ("Ccca", "Ccce"))
"""Symbols of groups with double glide planes, before 1992 and after."""


@cache
def operations_of_hall_number(hall_number: int) -> SymmetryOperations:
    """All operations of a setting, centring included."""
    if hall_number not in HALL_NUMBERS:
        raise InputError(f"Hall number {hall_number}: expected 1 to 530")
    with _quiet():
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
    with _quiet():
        types = {hall: spglib.get_spacegroup_type(hall) for hall in HALL_NUMBERS}
    settings = [
        (hall, kind.choice) for hall, kind in types.items() if kind and kind.number == number
    ]
    second_origin = [hall for hall, choice in settings if choice == "2"]
    return int(second_origin[0] if second_origin else settings[0][0])


def hall_number_of(text: str) -> int:
    """The setting meant by a group's number, its Hermann-Mauguin symbol or "hall:NUMBER".

    Symbols may have spaces or underscores, and end in the choice of a setting, as "Fd-3m:1" or
    "R-3m:R". Without one, or by number, the standard setting is meant.

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
    symbols = _settings_by_symbol()
    found = symbols.get(wanted.lower())
    if found is None:
        near = difflib.get_close_matches(wanted.lower(), symbols, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(symbols[name][1] for name in near)}?" if near else ""
        raise InputError(
            f"no space group {text!r}: give a number from 1 to 230, a Hermann-Mauguin symbol such "
            f"as R-3m, or hall:1 to hall:530{hint}"
        )
    return found[0]


@cache
def _settings_by_symbol() -> dict[str, tuple[int, str]]:
    """Hall number and symbol by symbol in lower case; the standard setting where several share."""
    symbols: dict[str, tuple[int, str]] = {}
    for hall_number in HALL_NUMBERS:
        with _quiet():
            kind = spglib.get_spacegroup_type(hall_number)
        assert kind is not None
        is_standard = standard_hall_number(int(kind.number)) == hall_number
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
        for name in names:
            plain = name.replace("_", "").replace(" ", "")
            if is_standard or plain.lower() not in symbols:
                symbols[plain.lower()] = (hall_number, plain)
    return symbols


def number_of_hall_number(hall_number: int) -> int:
    """Number of the group, 1 to 230, that a setting belongs to."""
    with _quiet():
        kind = spglib.get_spacegroup_type(hall_number)
    assert kind is not None
    return int(kind.number)


def lattice_system(number: int) -> str:
    """Which cells a group has in its standard setting; trigonal groups have hexagonal ones."""
    for last, name in LATTICE_SYSTEMS:
        if number <= last:
            return name
    raise InputError(f"space group number {number}: expected 1 to 230")


def symbol_of_hall_number(hall_number: int) -> str:
    """Short Hermann-Mauguin symbol of a setting, such as 'R-3m'."""
    with _quiet():
        kind = spglib.get_spacegroup_type(hall_number)
    assert kind is not None
    return str(kind.international_short).replace("_", "")


def identify(operations: SymmetryOperations, cell: FloatArray) -> tuple[int, str] | None:
    """Number and short symbol of a group in any setting and cell, or None if spglib finds none.

    Args:
        operations: a complete group.
        cell: (3, 3) Å.
    """
    try:
        with _quiet():
            kind = spglib.get_spacegroup_type_from_symmetry(
                operations.rotations, operations.translations, lattice=cell, symprec=1e-3
            )
    except Exception:  # noqa: BLE001 - versions of spglib raise different errors, or return None
        return None
    return (
        None if kind is None else (int(kind.number), str(kind.international_short).replace("_", ""))
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without spglib's warning, on every call, that its way of telling errors will change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield

"""Space groups by number: the operations of their settings, and which group given operations are.

Tables asked of spglib; atoms are put before it in `structure/standard.py`. Its Hall numbers, 1 to
530, count the settings of the 230 groups.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import spglib

from zeoloom.errors import InputError
from zeoloom.geometry.symmetry import SymmetryOperations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zeoloom.geometry.symmetry import FloatArray

HALL_NUMBERS = range(1, 531)


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

"""Extinction symbols: which groups of a crystal system make the same reflections absent.

The table is computed from the operations of all settings, not copied: groups with the same absences
share a symbol. Its name is made from the Hermann-Mauguin symbol of the group of highest order, in
which everything that causes no absence of its own becomes a dash, as in International Tables A.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.operations import SymmetryOperations
from zeoloom.geometry.space_groups import (
    HALL_NUMBERS,
    fits_cell,
    full_symbol_of_hall_number,
    lattice_system,
    name_of_setting,
    number_of_hall_number,
    operations_of_hall_number,
)

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray

TESTED = 8
"""Largest index of the reflections by which absences are compared; conditions go up to 6n."""

CELLS = {
    "monoclinic": (0, 1, 2),
    "orthorhombic": (0, 1, 2),
    "triclinic": (0, 1, 2),
}
"""Systems whose symbols name the directions a, b and c."""


@dataclass(frozen=True, slots=True)
class ExtinctionSymbol:
    """Groups that make the same reflections absent.

    Attributes:
        name: such as "P - - -" or "F d - -".
        halls: Hall numbers, one setting of each group, the highest order first.
    """

    name: str
    halls: tuple[int, ...]

    @property
    def operations(self) -> SymmetryOperations:
        """Those of the first group, which cause all absences of the symbol."""
        return operations_of_hall_number(self.halls[0])

    @property
    def groups(self) -> tuple[str, ...]:
        """Symbols of the settings, as `--space-group` takes them."""
        return tuple(name_of_setting(hall) for hall in self.halls)


def extinction_symbols(cell: FloatArray, holohedry: int) -> list[ExtinctionSymbol]:
    """The extinction symbols of the crystal system of a cell, in its own axes.

    Args:
        cell: Å, (3, 3).
        holohedry: Hall number of the highest group of the system, in these axes. Hexagonal cells
            have the trigonal groups too.
    """
    system = lattice_system(number_of_hall_number(holohedry))
    halls = tuple(
        hall
        for hall in HALL_NUMBERS
        if lattice_system(number_of_hall_number(hall)) == system
        and fits_cell(operations_of_hall_number(hall), cell)
    )
    return list(_symbols_of(halls, system))


@cache
def _symbols_of(halls: tuple[int, ...], system: str) -> tuple[ExtinctionSymbol, ...]:
    by_absences: dict[bytes, list[int]] = {}
    for hall in halls:
        absent = forbidden(_tested(), operations_of_hall_number(hall))
        by_absences.setdefault(absent.tobytes(), []).append(hall)
    found = []
    for settings in by_absences.values():
        # a group with a choice of origin comes once, with the origin at the inversion centre
        settings.sort(key=lambda hall: ":1" in name_of_setting(hall))
        groups = {_orientation(hall): hall for hall in reversed(settings)}
        ordered = tuple(sorted(groups.values(), key=lambda hall: (-_order(hall), hall)))
        found.append(ExtinctionSymbol(_name(ordered[0], system), ordered))
    return tuple(found)


@cache
def _tested() -> IntArray:
    axis = np.arange(-TESTED, TESTED + 1)
    hkl = np.stack(np.meshgrid(axis, axis, axis[TESTED:], indexing="ij"), axis=-1)
    return hkl.reshape(-1, 3)


def _order(hall: int) -> int:
    """Order of the point group."""
    return len(np.unique(operations_of_hall_number(hall).rotations, axis=0))


def _orientation(hall: int) -> tuple[int, bytes]:
    """Equal for settings of a group that differ in their origin alone."""
    rotations = np.unique(operations_of_hall_number(hall).rotations, axis=0)
    return number_of_hall_number(hall), rotations.tobytes()


def _name(hall: int, system: str) -> str:
    """The extinction symbol of a group."""
    centring, *directions = full_symbol_of_hall_number(hall).split()
    operations = operations_of_hall_number(hall)
    kinds = [_kind(rotation, system) for rotation in operations.rotations]
    known = _absences(operations, [kind in ("centring", "glide") for kind in kinds])
    parts = []
    for place, text in enumerate(directions):
        screw = re.match(r"[2346][1-5]", text)
        glide = re.search(r"[abcden]$", text)
        shown = [glide[0]] if glide else []
        if screw:
            own = [kind in ("centring", "glide", f"axis {place}") for kind in kinds]
            if (_absences(operations, own) & ~known).any():
                shown.insert(0, screw[0])
        parts.append("/".join(shown) or ("1" if text == "1" else "-"))
    named = 1 if system == "triclinic" else 3
    return " ".join([centring, *parts, *["-"] * (named - len(parts))])


def _absences(operations: SymmetryOperations, kept: list[bool]) -> BoolArray:
    """Which tested reflections some of the operations make absent."""
    mask = np.array(kept)
    part = SymmetryOperations(operations.rotations[mask], operations.translations[mask])
    return forbidden(_tested(), part)


def forbidden(hkl: IntArray, operations: SymmetryOperations) -> BoolArray:
    """(n,) which reflections (n, 3) any of some operations forbids, a group or a part of one.

    An operation that leaves h as it is, h R = h, adds the phase 2 pi h t; unless that is a multiple
    of 2 pi the structure factor is zero.
    """
    absent = np.zeros(len(hkl), dtype=bool)
    for rotation, translation in zip(operations.rotations, operations.translations, strict=True):
        if not translation.any():
            continue
        left = np.flatnonzero(~absent)
        phase = hkl[left] @ translation
        left = left[np.abs(phase - np.round(phase)) > 1e-3]
        absent[left] = (hkl[left] @ rotation == hkl[left]).all(axis=1)
    return absent


def _kind(rotation: IntArray, system: str) -> str:
    """What an operation is: centring, glide (or mirror), rotation about a direction, or other."""
    trace, proper = int(np.trace(rotation)), np.linalg.det(rotation) > 0
    if trace == 3:
        return "centring"
    if not proper:
        return "glide" if trace == 1 else "other"
    axis = _axis(rotation)
    zeros = int((axis == 0).sum())
    if system in CELLS:
        return f"axis {int(np.flatnonzero(axis)[0])}"
    if system == "cubic":
        return f"axis {2 - zeros if zeros else 1}" if zeros != 1 else "axis 2"
    if axis[2] != 0 and zeros == 2:
        return "axis 0"
    return "axis 1" if zeros == 2 else "axis 2"


def _axis(rotation: IntArray) -> IntArray:
    """The direction that a rotation leaves as it is, in whole numbers."""
    total = np.zeros((3, 3), dtype=np.int64)
    power = np.eye(3, dtype=np.int64)
    for _ in range(12):
        power = power @ rotation
        total += power
    # the sum of the powers projects onto the axis
    column = total[:, np.abs(total).sum(axis=0).argmax()]
    return np.asarray(column // max(int(np.gcd.reduce(column)), 1))

"""The reflections of a cell and a group as one record, and which of them overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.miller import equal_reflections, hkl_codes, unique_reflections
from zeoloom.errors import InputError

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

MOST_INDICES = 2_000_000
"""Miller indices looked through; a cell of 60,000 Å^3 has about as many down to 0.6 Å."""


@dataclass(frozen=True, slots=True)
class ReflectionList:
    """Reflections, one representative for all that the Laue group makes equal, in falling d.

    Attributes:
        hkl: (n, 3), the representative with the greatest h, then k, then l.
        d: Å, (n,).
        multiplicity: (n,) of each in a powder, Friedel mates counted.
    """

    hkl: IntArray
    d: FloatArray
    multiplicity: IntArray

    def __len__(self) -> int:
        return len(self.d)

    def only(self, kept: BoolArray | IntArray) -> ReflectionList:
        """Those that a mask or indices keep."""
        return ReflectionList(self.hkl[kept], self.d[kept], self.multiplicity[kept])


def possible_reflections(
    cell: FloatArray, operations: SymmetryOperations, d_min: float
) -> ReflectionList:
    """All reflections with spacings of at least `d_min` that a group does not forbid.

    Args:
        cell: Å, (3, 3).
        operations: the space group.
        d_min: Å.

    Raises:
        InputError: if there are far too many.
    """
    if np.prod(2.0 * np.floor(np.linalg.norm(cell, axis=1) / d_min) + 1.0) > MOST_INDICES:
        raise InputError(
            f"reflections down to d = {d_min:.2g} Å are too many for this cell; check the cell "
            "and the wavelength, both in Å, or give a smaller range with --two-theta"
        )
    return ReflectionList(*unique_reflections(cell, operations, d_min))


def representatives(hkl: IntArray, operations: SymmetryOperations) -> tuple[IntArray, IntArray]:
    """The representative (n, 3) of each reflection under the Laue group, and how many are equal.

    Args:
        hkl: (n, 3).
        operations: the space group; Friedel mates are equal too.

    Returns:
        (n, 3) that of the greatest code, as in `unique_reflections`; (n,) how many these are.
    """
    images = np.stack(equal_reflections(hkl, operations))
    codes = np.stack([hkl_codes(each) for each in images])
    first = images[codes.argmax(axis=0), np.arange(len(hkl))]
    return first, np.array([len(set(column)) for column in codes.T.tolist()], dtype=np.int64)


def plain_indices(hkl: IntArray, operations: SymmetryOperations) -> IntArray:
    """Of the reflections equal to each of (n, 3), the one with the fewest minus signs, (n, 3)."""
    images = np.stack(equal_reflections(hkl, operations))
    codes = np.stack([hkl_codes(each) for each in images]).astype(np.float64)
    worth = codes / codes.max(initial=1.0) - 10.0 * (images < 0).sum(axis=2)
    return np.asarray(images[worth.argmax(axis=0), np.arange(len(hkl))])


def groups_within(positions: FloatArray, reach: FloatArray) -> IntArray:
    """(n,) numbers of the groups of reflections that overlap with their neighbours.

    Args:
        positions: (n,) in any unit, rising or falling.
        reach: (n,) two neighbours closer than the mean of theirs are in one group.
    """
    apart = np.abs(np.diff(positions)) > 0.5 * (reach[1:] + reach[:-1])
    return np.concatenate([[0], np.cumsum(apart)])[: len(positions)].astype(np.int64)

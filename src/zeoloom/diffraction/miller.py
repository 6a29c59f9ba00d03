"""Miller indices of the reflections that a cell and a group have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

ABSENT = 1e-6
"""Length of a mean of phase factors below which it is none."""


def spacings(hkl: FloatArray | IntArray, cell: FloatArray) -> FloatArray:
    """(n,) d in Å of Miller indices (n, 3) in a cell (3, 3)."""
    return np.asarray(1.0 / np.linalg.norm(hkl @ np.linalg.inv(cell).T, axis=1))


def unique_reflections(
    cell: FloatArray, operations: SymmetryOperations, d_min: float, *, absent: bool = False
) -> tuple[IntArray, FloatArray, IntArray]:
    """The reflections of a cell down to a spacing, one of each set that the Laue group makes equal.

    Args:
        cell: (3, 3) Å.
        operations: of the space group.
        d_min: Å, the least spacing.
        absent: whether to list systematic absences too.

    Returns:
        (n, 3) indices, in order of falling d; (n,) d in Å; (n,) how many reflections each stands
        for, Friedel pairs included.
    """
    most = np.floor(np.linalg.norm(cell, axis=1) / d_min + 1e-9).astype(np.int64)
    axes = [np.arange(-n, n + 1) for n in most]
    hkl = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    hkl = hkl[(hkl != 0).any(axis=1)]
    hkl = hkl[spacings(hkl, cell) >= d_min * (1.0 - 1e-9)]
    codes = hkl_codes(hkl)
    images = equal_reflections(hkl, operations)
    # of equal reflections that of the greatest code represents all
    image_codes = np.stack([hkl_codes(each) for each in images])
    chosen = codes == image_codes.max(axis=0)
    kept = hkl[chosen]
    multiplicity = np.array(
        [len(set(column)) for column in image_codes[:, chosen].T.tolist()], dtype=np.int64
    )
    if not absent:
        present = ~is_absent(kept, operations)
        kept, multiplicity = kept[present], multiplicity[present]
    d = spacings(kept, cell)
    order = np.lexsort((-hkl_codes(kept), -np.round(d, 9)))
    return kept[order], d[order], multiplicity[order]


def hkl_codes(hkl: IntArray) -> IntArray:
    """(n,) one number for each of (n, 3) indices between -1000 and 1000."""
    return np.asarray((hkl + 1000) @ np.array([4_000_000, 2000, 1]))


def equal_reflections(hkl: IntArray, operations: SymmetryOperations) -> list[IntArray]:
    """Indices (n, 3) under each rotation of the Laue group: h R and -h R."""
    rotations = np.unique(operations.rotations, axis=0)
    return [sign * (hkl @ rotation) for rotation in rotations for sign in (1, -1)]


def is_absent(hkl: IntArray, operations: SymmetryOperations) -> BoolArray:
    """(n,) which reflections (n, 3) vanish for any structure of a group.

    A reflection vanishes if the phase factors exp(2 pi i h.t) of those operations that leave h as
    it is have the mean zero.
    """
    total = np.zeros(len(hkl), dtype=np.complex128)
    count = np.zeros(len(hkl))
    for rotation, shift in zip(operations.rotations, operations.translations, strict=True):
        fixed = (hkl @ rotation == hkl).all(axis=1)
        total += fixed * np.exp(2j * np.pi * (hkl @ shift))
        count += fixed
    return np.asarray(np.abs(total) < ABSENT * count)

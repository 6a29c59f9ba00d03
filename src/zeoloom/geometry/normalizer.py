"""Other settings of a group in the same cell: they keep the lattice and the group, not the crystal.

In a tetragonal cell a and b can be exchanged; if the Laue group is 4/m that gives another pattern.
Indexing does not tell which of such settings is the crystal's.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

SAME_METRIC = 2e-3
"""Relative difference of lengths and cosines by which a rotation may change the metric."""

SHIFTS = (0.0, 1 / 2, 1 / 4, 3 / 4, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1 / 3, 2 / 3, 1 / 6, 5 / 6)
"""Origin shifts that may go with a rotation, along each axis."""

SAME_SHIFT = 1e-4


@cache
def _unimodular() -> IntArray:
    """All integer matrices of determinant 1 or -1 with entries -1, 0 and 1."""
    entries = np.array(list(product((-1, 0, 1), repeat=9)), dtype=np.int64).reshape(-1, 3, 3)
    determinants = np.round(np.linalg.det(entries.astype(np.float64)))
    return np.asarray(entries[np.abs(determinants) == 1.0])


def lattice_rotations(cell: FloatArray, most: float = SAME_METRIC) -> IntArray:
    """(n, 3, 3) the integer matrices, acting on fractional columns, that keep a metric.

    Args:
        cell: (3, 3) Å.
        most: by which they may change its entries, relative to its lengths.
    """
    metric = cell @ cell.T
    matrices = _unimodular()
    turned = np.einsum("nji,jk,nkl->nil", matrices, metric, matrices)
    scale = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
    kept = (np.abs(turned - metric) / scale).max(axis=(1, 2)) <= most
    return np.asarray(matrices[kept])


def other_settings(
    operations: SymmetryOperations, cell: FloatArray, most: float = SAME_METRIC
) -> list[tuple[IntArray, FloatArray]]:
    """Changes of setting that keep cell and group, one of each set with the same pattern.

    Args:
        operations: of the space group, centring included.
        cell: (3, 3) Å.
        most: by which the metric may change, as in `lattice_rotations`.

    Returns:
        Rotations (3, 3) and shifts (3,) of x' = W x + p; the identity comes first.
    """
    laue = {m.tobytes() for r in operations.rotations for m in (r, -r)}
    found: list[tuple[IntArray, FloatArray]] = []
    met: set[bytes] = set()
    rotations = lattice_rotations(cell, most)
    # the identity and its like first
    for rotation in sorted(rotations, key=lambda each: each.tobytes() not in laue):
        if rotation.tobytes() in met:
            continue
        shift = np.zeros(3) if rotation.tobytes() in laue else _shift(rotation, operations)
        if shift is None:
            continue
        same = [rotation @ np.frombuffer(each, dtype=np.int64).reshape(3, 3) for each in laue]
        met.update(each.tobytes() for each in same)
        first = np.eye(3, dtype=np.int64) if rotation.tobytes() in laue else rotation
        found.append((first, shift))
    return found


def _shift(rotation: IntArray, operations: SymmetryOperations) -> FloatArray | None:
    """The origin shift with which a rotation keeps a group; None if there is none."""
    inverse = np.round(np.linalg.inv(rotation)).astype(np.int64)
    turned = rotation @ operations.rotations @ inverse
    where: dict[bytes, list[FloatArray]] = {}
    for each, translation in zip(operations.rotations, operations.translations, strict=True):
        where.setdefault(each.tobytes(), []).append(translation)
    if any(each.tobytes() not in where for each in turned):
        return None
    shifts = np.array(list(product(SHIFTS, repeat=3)))
    kept = np.ones(len(shifts), dtype=bool)
    for each, translation in zip(turned, operations.translations, strict=True):
        moved = rotation @ translation + shifts - shifts @ each.T
        off = moved[:, None] - np.array(where[each.tobytes()])[None]
        off -= np.round(off)
        kept &= (np.abs(off).max(axis=2) < SAME_SHIFT).any(axis=1)
    return shifts[np.argmax(kept)] if kept.any() else None

"""Random subgroups of a space group, in its own cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.operations import SymmetryOperations

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray

GRID = 48
"""Translations of space groups in their standard settings are multiples of 1/24 of the cell."""

MOST_GENERATORS = 3


def random_subgroups(
    group: SymmetryOperations, tries: int, rng: np.random.Generator
) -> list[SymmetryOperations]:
    """Distinct proper subgroups, each made by one to three operations drawn at random.

    Args:
        group: all operations, the identity among them.
        tries: how often operations are drawn; at most this many subgroups are found.
        rng: source of randomness.

    Returns:
        Subgroups in the order found, the identity first in each.
    """
    table = multiplication_table(group)
    identity = int(np.flatnonzero((table == np.arange(len(group))).all(axis=1))[0])
    found: dict[tuple[int, ...], None] = {}
    for _ in range(tries):
        generators = rng.integers(len(group), size=rng.integers(1, MOST_GENERATORS + 1))
        members = _closure(table, identity, generators)
        if len(members) < len(group):
            found[tuple(members)] = None
    return [
        SymmetryOperations(group.rotations[list(rows)], group.translations[list(rows)])
        for rows in found
    ]


def multiplication_table(group: SymmetryOperations) -> IntArray:
    """Which operation follows from two: (G, G), entry (a, b) is the index of a after b.

    Raises:
        ValueError: if the operations are no group.
    """
    rotations, shifts = group.rotations, group.translations
    names = {name: i for i, name in enumerate(_names(rotations, shifts))}
    products = np.einsum("aij,bjk->abik", rotations, rotations)
    moved = np.einsum("aij,bj->abi", rotations, shifts) + shifts[:, None]
    rows = [names.get(name) for name in _names(products.reshape(-1, 3, 3), moved.reshape(-1, 3))]
    if None in rows:
        raise ValueError("the operations are no group: a product of two is not among them")
    return np.array(rows, dtype=np.int64).reshape(len(group), len(group))


def _names(rotations: IntArray, translations: np.ndarray) -> list[bytes]:
    grid = np.round(translations * GRID).astype(np.int64) % GRID
    table = np.concatenate([rotations.reshape(-1, 9), grid], axis=1).astype(np.int8)
    return [row.tobytes() for row in table]


def _closure(table: IntArray, identity: int, generators: IntArray) -> list[int]:
    members = np.zeros(len(table), dtype=bool)
    members[identity] = True
    members[generators] = True
    while True:
        closed = members.copy()
        inside = np.flatnonzero(members)
        closed[table[np.ix_(inside, inside)].ravel()] = True
        if (closed == members).all():
            others = [int(i) for i in np.flatnonzero(members) if i != identity]
            return [identity, *others]
        members = closed

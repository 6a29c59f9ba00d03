"""Products of the operations of a space group, for code that follows bonds from image to image.

An operation with a lattice translation, (g, S), takes x to R_g x + t_g + S. Products are

    (a, A) (b, B) = (ab, carry(a, b) + R_a B + A),    where R_a t_b + t_a = t_ab + carry(a, b),

and all of it is in whole numbers: two images are the same if their operations are, with no
tolerance anywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

Cells = tuple[int, int, int]
"""A lattice translation, in whole cells."""

NO_CELLS = (0, 0, 0)

TRANSLATION_STEPS = 24
"""Translations of the 530 settings are multiples of a 24th."""


class GroupTable(NamedTuple):
    """A space group in a cell.

    Attributes:
        rotations: (G, 3, 3) fractional.
        translations: (G, 3) fractional.
        turns: (G, 3, 3) rotations, Cartesian.
        moves: (G, 3) Å, translations.
        cell: (3, 3) Å, rows a, b, c.
        inverse_cell: (3, 3) 1/Å, which takes rows of Cartesian coordinates to fractional ones.
        whole: (G, 3, 3) fractional rotations as integers.
        products: (G, G) which operation a b is.
        carries: (G, G, 3) whole cells that are added to it.
        inverses: (G,) the operation whose product with each is the identity, but for whole cells.
    """

    rotations: FloatArray
    translations: FloatArray
    turns: FloatArray
    moves: FloatArray
    cell: FloatArray
    inverse_cell: FloatArray
    whole: IntArray
    products: IntArray
    carries: IntArray
    inverses: IntArray


def group_table(operations: SymmetryOperations, cell: FloatArray) -> GroupTable:
    """The table of a group, the identity first, in a cell (3, 3) Å."""
    rotations, translations = operations.rotations, operations.translations
    return _table(rotations.tobytes(), translations.tobytes(), cell.tobytes())


@lru_cache(maxsize=512)  # a batch may have a cell for each of its crystals
def _table(turned: bytes, moved: bytes, sides: bytes) -> GroupTable:
    products, carries, inverses = _products(turned, moved)
    whole = np.frombuffer(turned, dtype=np.int64).reshape(-1, 3, 3).copy()
    translations = np.frombuffer(moved, dtype=np.float64).reshape(-1, 3).copy()
    cell = np.frombuffer(sides, dtype=np.float64).reshape(3, 3).copy()
    inverse = np.asarray(np.linalg.inv(cell))
    return GroupTable(
        rotations=whole.astype(np.float64),
        translations=translations,
        turns=np.ascontiguousarray(np.einsum("ca,gcd,bd->gab", cell, whole, inverse)),
        moves=translations @ cell,
        cell=cell,
        inverse_cell=inverse,
        whole=whole,
        products=products,
        carries=carries,
        inverses=inverses,
    )


@lru_cache(maxsize=64)
def _products(turned: bytes, moved: bytes) -> tuple[IntArray, IntArray, IntArray]:
    rotations = np.frombuffer(turned, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(moved, dtype=np.float64).reshape(-1, 3)
    order = len(rotations)
    turns = rotations[:, None] @ rotations[None, :]
    moves = np.einsum("axy,by->abx", rotations, translations) + translations[:, None]
    # one number for each operation: entries of rotations are -1, 0, 1, translations 24ths
    of_rotations = 3 ** np.arange(9, dtype=np.int64)
    of_translations = 3**9 * TRANSLATION_STEPS ** np.arange(3, dtype=np.int64)

    def code(rotation: IntArray, translation: FloatArray) -> IntArray:
        entries = rotation.reshape(*rotation.shape[:-2], 9) + 1
        steps = np.round(translation * TRANSLATION_STEPS).astype(np.int64) % TRANSLATION_STEPS
        return np.asarray(entries @ of_rotations + steps @ of_translations)

    codes = code(rotations, translations)
    order_of_codes = np.argsort(codes)
    found = np.searchsorted(codes[order_of_codes], code(turns, moves))
    products = order_of_codes[np.minimum(found, order - 1)]
    carries = np.round(moves - translations[products]).astype(np.int64)
    assert (codes[products] == code(turns, moves)).all(), "the operations are no group"
    return products, carries, np.argmax(products == 0, axis=1)


@compiled
def product(table: GroupTable, a: int, a_cells: Cells, b: int, b_cells: Cells) -> tuple[int, Cells]:
    """(a, A) (b, B)."""
    turn, carry = table.whole[a], table.carries[a, b]
    x, y, z = b_cells
    cells = (
        carry[0] + a_cells[0] + turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z,
        carry[1] + a_cells[1] + turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z,
        carry[2] + a_cells[2] + turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z,
    )
    return table.products[a, b], cells


@compiled
def inverse(table: GroupTable, a: int, a_cells: Cells) -> tuple[int, Cells]:
    """The inverse of (a, A)."""
    back = table.inverses[a]
    turn, carry = table.whole[back], table.carries[a, back]
    x, y, z = carry[0] + a_cells[0], carry[1] + a_cells[1], carry[2] + a_cells[2]
    cells = (
        -(turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z),
        -(turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z),
        -(turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z),
    )
    return back, cells

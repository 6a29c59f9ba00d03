"""A space group in a cell, with the products of its operations, which follow bonds between images.

An operation with a lattice translation, (g, S), takes x to R_g x + t_g + S. Products are

    (a, A) (b, B) = (ab, C(a, b) + R_a B + A),    where R_a t_b + t_a = t_ab + C(a, b),

and all of it is in whole numbers: two images are the same if their operations are, with no
tolerance anywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

Shift = tuple[int, int, int]
"""A lattice translation, in whole cells."""

NO_SHIFT: Shift = (0, 0, 0)

SAME_TRANSLATION = 1e-3
"""Fractional. Translations of files are rounded; centring translations differ by far more."""

NO_GROUP = "the symmetry operations are no group: a product of two is not among them"


class Group(NamedTuple):
    """A space group in a cell, the identity first.

    Attributes:
        rotations: (G, 3, 3) whole numbers, acting on fractional columns.
        translations: (G, 3) fractional.
        cart_rotations: (G, 3, 3) acting on Cartesian columns.
        cart_translations: (G, 3) Å.
        cell: (3, 3) Å, rows a, b, c.
        inverse_cell: (3, 3) 1/Å, which takes rows of Cartesian coordinates to fractional ones.
        products: (G, G) which operation a b is.
        product_shifts: (G, G, 3) whole cells that are added to it.
        inverses: (G,) the operation whose product with each is the identity, but for whole cells.
    """

    rotations: IntArray
    translations: FloatArray
    cart_rotations: FloatArray
    cart_translations: FloatArray
    cell: FloatArray
    inverse_cell: FloatArray
    products: IntArray
    product_shifts: IntArray
    inverses: IntArray


def group_in_cell(operations: SymmetryOperations, cell: FloatArray) -> Group:
    """A group, the identity first, in a cell (3, 3) Å.

    Raises:
        InputError: if the operations are no group.
    """
    rotations, translations = operations.rotations, operations.translations
    return _group(rotations.tobytes(), translations.tobytes(), cell.tobytes())


@lru_cache(maxsize=512)  # a batch may have a cell for each of its crystals
def _group(rotation_bytes: bytes, translation_bytes: bytes, cell_bytes: bytes) -> Group:
    products, product_shifts, inverses = _products(rotation_bytes, translation_bytes)
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3).copy()
    translations = np.frombuffer(translation_bytes, dtype=np.float64).reshape(-1, 3).copy()
    cell = np.frombuffer(cell_bytes, dtype=np.float64).reshape(3, 3).copy()
    inverse = np.asarray(np.linalg.inv(cell))
    return Group(
        rotations=rotations,
        translations=translations,
        cart_rotations=np.ascontiguousarray(np.einsum("ca,gcd,bd->gab", cell, rotations, inverse)),
        cart_translations=translations @ cell,
        cell=cell,
        inverse_cell=inverse,
        products=products,
        product_shifts=product_shifts,
        inverses=inverses,
    )


@lru_cache(maxsize=64)
def _products(
    rotation_bytes: bytes, translation_bytes: bytes
) -> tuple[IntArray, IntArray, IntArray]:
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(translation_bytes, dtype=np.float64).reshape(-1, 3)
    order = len(rotations)
    codes, kind = np.unique(_rotation_codes(rotations), return_inverse=True)
    # operations of one rotation differ by centring translations, of which there are equally many
    if len(set(np.bincount(kind).tolist())) > 1:
        raise InputError(NO_GROUP)
    members = np.argsort(kind, kind="stable").reshape(len(codes), -1)
    combined = _rotation_codes(rotations[:, None] @ rotations[None, :])
    found = np.minimum(np.searchsorted(codes, combined), len(codes) - 1)
    if (codes[found] != combined).any():
        raise InputError(NO_GROUP)
    shifted = np.einsum("axy,by->abx", rotations, translations) + translations[:, None]
    products = np.empty((order, order), dtype=np.int64)
    product_shifts = np.empty((order, order, 3), dtype=np.int64)
    each = np.arange(order)
    for a in range(order):
        candidates = members[found[a]]
        apart = shifted[a][:, None] - translations[candidates]
        off = np.abs(apart - np.round(apart)).max(axis=2)
        which = off.argmin(axis=1)
        if off[each, which].max() > SAME_TRANSLATION:
            raise InputError(NO_GROUP)
        products[a] = candidates[each, which]
        product_shifts[a] = np.round(apart[each, which])
    return products, product_shifts, np.argmax(products == 0, axis=1)


def _rotation_codes(rotations: IntArray) -> IntArray:
    """One number for each rotation (..., 3, 3), whose entries are -3 to 3."""
    entries = rotations.reshape(*rotations.shape[:-2], 9) + 3
    return np.asarray(entries @ 7 ** np.arange(9, dtype=np.int64))


@compiled
def product(group: Group, a: int, a_shift: Shift, b: int, b_shift: Shift) -> tuple[int, Shift]:
    """(a, A) (b, B)."""
    rotation, more = group.rotations[a], group.product_shifts[a, b]
    x, y, z = b_shift
    shift = (
        more[0] + a_shift[0] + rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z,
        more[1] + a_shift[1] + rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z,
        more[2] + a_shift[2] + rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z,
    )
    return group.products[a, b], shift


@compiled
def inverse(group: Group, a: int, a_shift: Shift) -> tuple[int, Shift]:
    """The inverse of (a, A)."""
    back = group.inverses[a]
    rotation, more = group.rotations[back], group.product_shifts[a, back]
    x, y, z = more[0] + a_shift[0], more[1] + a_shift[1], more[2] + a_shift[2]
    shift = (
        -(rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z),
        -(rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z),
        -(rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z),
    )
    return back, shift

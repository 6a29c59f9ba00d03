"""Slabs of a framework, stacked: as themselves, turned about the normal, or as mirror images.

In-plane vectors are rows, and what turns them stands on their right; heights are along z.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.slabs import Join, Layers

MOST_PIECES = 6
"""Slabs in one period."""


class _Piece(NamedTuple):
    """A slab of a stack: turned, moved, and upside down if `sign` is -1."""

    symmetry: FloatArray
    shift: FloatArray
    sign: int


def slab_between(layers: Layers, low: int, high: int) -> FloatArray | None:
    """The atoms between two cuts.

    Args:
        layers: of a framework.
        low: which cut is below.
        high: which is above, counted on through the periods.

    Returns:
        (n, 3) Å; None if a bond crosses both cuts.
    """
    period, m = layers.cell[2], len(layers.cuts)
    bottom, top = layers.cuts[low], layers.cuts[high % m] + (high // m) * period[2]
    if max(layers.above[low].reach, layers.below[high % m].reach) >= top - bottom:
        return None
    copies = np.arange(-1, high // m + 1)
    cart = (layers.cart[:, None] + copies[:, None] * period).reshape(-1, 3)
    return np.asarray(cart[(cart[:, 2] > bottom) & (cart[:, 2] < top)])


def turned_on(
    slab: FloatArray, lattice: FloatArray, join: Join, most_atoms: int
) -> tuple[FloatArray, FloatArray] | None:
    """A slab that goes on as itself, turned and moved.

    Args:
        slab: (n, 3) Å.
        lattice: (2, 2) Å.
        join: of its lower side on its upper one.
        most_atoms: of a period.

    Returns:
        (3, 3) Å the cell, (n, 3) Å its T atoms; None if that has no such period.
    """
    pieces = [_Piece(np.eye(2), np.zeros(2), 1)]
    while len(pieces) * len(slab) <= most_atoms:
        following = _after(pieces[-1], join, 1)
        if np.allclose(following.symmetry, np.eye(2), atol=1e-6):
            return _stack(slab, lattice, pieces, [join.gap], following.shift)
        if len(pieces) == MOST_PIECES:
            break
        pieces.append(following)
    return None


def mirrored(
    slab: FloatArray, lattice: FloatArray, joins: tuple[Join, Join], most_atoms: int
) -> tuple[FloatArray, FloatArray] | None:
    """A slab that goes on as its mirror image at both sides.

    Args:
        slab: (n, 3) Å.
        lattice: (2, 2) Å.
        joins: of its lower side on itself, and of its upper side on itself.
        most_atoms: of a period.

    Returns:
        As of `turned_on`.
    """
    below, above = joins
    pieces = [_Piece(np.eye(2), np.zeros(2), 1)]
    while (len(pieces) + 1) * len(slab) <= most_atoms and len(pieces) < MOST_PIECES:
        pieces.append(_after(pieces[-1], above, -1))
        following = _after(pieces[-1], below, -1)
        if np.allclose(following.symmetry, np.eye(2), atol=1e-6):
            return _stack(slab, lattice, pieces, [above.gap, below.gap], following.shift)
        pieces.append(following)
    return None


def _after(piece: _Piece, join: Join, sign: int) -> _Piece:
    """The next piece of a stack."""
    shift = join.shift @ piece.symmetry + piece.shift
    return _Piece(join.symmetry @ piece.symmetry, shift, sign * piece.sign)


def _stack(
    slab: FloatArray,
    lattice: FloatArray,
    pieces: list[_Piece],
    gaps: list[float],
    shift: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """The cell and the atoms of a period of pieces, the gaps one after the other."""
    low, high = slab[:, 2].min(), slab[:, 2].max()
    placed, height = [], 0.0
    for k, (symmetry, moved, sign) in enumerate(pieces):
        heights = slab[:, 2] - low if sign == 1 else high - slab[:, 2]
        placed.append(np.column_stack([slab[:, :2] @ symmetry + moved, heights + height]))
        height += high - low + gaps[k % len(gaps)]
    cell = np.zeros((3, 3))
    cell[:2, :2], cell[2] = lattice, (*shift, height)
    return cell, np.concatenate(placed)

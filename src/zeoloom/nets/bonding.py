"""The net of T atoms in open space: bonds, coordination, angles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import close_pairs

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

BOND_CUTOFF = 3.5
"""Å. In 237 reference frameworks every cutoff from 3.26 to 3.6 Å gives the same net."""

BOND_LENGTH = 3.1
"""Å, the mean over the reference frameworks."""

SHORT_BOND = 2.7
"""Å. A shorter T-T distance is too short (the poster's blue bonds); real ones start at 2.75 Å."""

OVERLAP = 2.3
"""Å. T atoms closer than this are alternatives of one site; bonds start at 2.75 Å."""


def bonds(cart_t: FloatArray, cutoff: float = BOND_CUTOFF) -> IntArray:
    """Pairs of T atoms closer than `cutoff`.

    Args:
        cart_t: (n, 3) Å, in open space.
        cutoff: Å.

    Returns:
        (b, 2) indices with the lower one first, sorted.
    """
    return close_pairs(cart_t, cutoff)


def coordination(cart_t: FloatArray, cutoff: float = BOND_CUTOFF) -> IntArray:
    """Number of bonded neighbours of each T atom.

    Args:
        cart_t: (n, 3) Å, in open space.
        cutoff: Å.

    Returns:
        (n,) counts.
    """
    return np.bincount(bonds(cart_t, cutoff).ravel(), minlength=len(cart_t))


def bond_lengths(cart_t: FloatArray, pairs: IntArray) -> FloatArray:
    """Lengths in Å of the bonds `pairs` (b, 2) between atoms `cart_t` (n, 3)."""
    return np.asarray(np.linalg.norm(cart_t[pairs[:, 0]] - cart_t[pairs[:, 1]], axis=1))


def angles_at(cart_t: FloatArray, pairs: IntArray, centre: int) -> FloatArray:
    """T-T-T angles at one atom, in degrees, over every pair of its bonded neighbours.

    Args:
        cart_t: (n, 3) Å, in open space.
        pairs: (b, 2) bonds.
        centre: index of the atom at the apex.

    Returns:
        (k * (k - 1) / 2,) angles for k neighbours.
    """
    mine = pairs[(pairs == centre).any(axis=1)]
    others = mine.sum(axis=1) - centre
    arms = cart_t[others] - cart_t[centre]
    arms = arms / np.linalg.norm(arms, axis=1, keepdims=True)
    upper = np.triu_indices(len(arms), k=1)
    cosines = np.clip((arms @ arms.T)[upper], -1.0, 1.0)
    return np.asarray(np.degrees(np.arccos(cosines)))

"""Compiled: points of a crystal that lie where none should be, and how they are moved out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled
from zeoloom.geometry.image_kernel import nearest_image

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.group import Group

PUSH_ROUNDS = 3
"""How often points are moved out: one tube may move a point into another."""

MOST_DEPTH = 0.5
"""Å that the unique atoms of a crystal may lie within hollows, all together, and leave them whole:
atoms give way a little when the framework is refined."""

NO_DIRECTION = 1e-6
"""Å from the middle, where no way out is shorter than any other."""


class Hollow(NamedTuple):
    """Parts of a crystal that no T atom is to be in: tubes for channels, balls for cages.

    Attributes:
        frac_centres: (h, 3) a point on the axis of each tube, the centre of each ball.
        cart_axes: (h, 3) unit vectors along tubes; 0 for balls.
        radii: (h,) Å, from the axis or the centre to the nearest T atoms.
    """

    frac_centres: FloatArray
    cart_axes: FloatArray
    radii: FloatArray


NO_HOLLOW = Hollow(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))
"""None at all."""


@compiled
def moved_out(frac: FloatArray, group: Group, hollow: Hollow) -> FloatArray:
    """Points (n, 3) brought to the surface of the hollows that they or their images lie in."""
    moved, push = frac.copy(), np.empty(3)
    for _ in range(PUSH_ROUNDS):
        any_within = False
        for i in range(len(moved)):
            if _depth(moved, i, group, hollow, push) > 0.0:
                any_within = True
                for x in range(3):
                    for y in range(3):
                        moved[i, x] += push[y] * group.inverse_cell[y, x]
        if not any_within:
            break
    return moved


@compiled
def depths(frac: FloatArray, group: Group, hollow: Hollow) -> FloatArray:
    """(n,) Å that points (n, 3), or the deepest of their images, lie within hollows; 0 outside."""
    within, push = np.empty(len(frac)), np.empty(3)
    for i in range(len(frac)):
        within[i] = _depth(frac, i, group, hollow, push)
    return within


@compiled
def total_depth(frac: FloatArray, group: Group, hollow: Hollow) -> float:
    """Å, the sum of `depths`."""
    total = 0.0
    if len(hollow.radii):
        within = depths(frac, group, hollow)
        for i in range(len(frac)):
            total += within[i]
    return total


@compiled
def _depth(frac: FloatArray, i: int, group: Group, hollow: Hollow, push: FloatArray) -> float:
    """Å that point i or an image lies within a hollow, 0 outside; the way out (3,) Å is written."""
    vector, shift = np.empty(3), np.empty(3, np.int64)
    place, apart, out = np.empty(3), np.empty(3), np.empty(3)
    deepest, operation = 0.0, 0
    for h in range(len(hollow.radii)):
        for g in range(len(group.rotations)):
            nearest_image(hollow.frac_centres, h, frac, i, group, g, vector, shift)
            for corner in range(8):  # the lattice may be skew, and tubes run through it
                for x in range(3):
                    place[x] = vector[x]
                    if corner >> x & 1:
                        place[x] -= 1.0 if vector[x] > 0.0 else -1.0
                along = 0.0
                for x in range(3):
                    apart[x] = 0.0
                    for y in range(3):
                        apart[x] += place[y] * group.cell[y, x]
                    along += apart[x] * hollow.cart_axes[h, x]
                squared = 0.0
                for x in range(3):
                    apart[x] -= along * hollow.cart_axes[h, x]
                    squared += apart[x] * apart[x]
                distance = math.sqrt(squared)
                if hollow.radii[h] - distance > deepest and distance > NO_DIRECTION:
                    deepest, operation = hollow.radii[h] - distance, g
                    for x in range(3):
                        out[x] = deepest / distance * apart[x]
    for x in range(3):  # as the point itself sees it
        push[x] = 0.0
        for y in range(3):
            push[x] += group.cart_rotations[operation, y, x] * out[y]
    return deepest

"""Compiled: structure factors of candidates, with oxygen beside the middles of their bonds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.scattering_kernel import add_image, phase_powers
from zeoloom.geometry.compiled import compiled
from zeoloom.search.strain import bond_vectors_of, image_translations
from zeoloom.silica.oxygen import T_O

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.nets.quotient_kernel import BondTable

LEAST_WISH = 0.1
"""Length below which a direction says little."""


@compiled
def bridging_oxygen(frac: FloatArray, bonds: BondTable, group: Group) -> FloatArray:
    """Where oxygen lies on the bonds of each atom: beside their middles, opposite to other bonds.

    Args:
        frac: (n, 3) asymmetric T atoms.
        bonds: of them.
        group: in its cell.

    Returns:
        (n, m, 3) fractional, of the bonds of each atom, in their order.
    """
    n, room = len(frac), bonds.partners.shape[1]
    cart = frac @ group.cell
    translations, vectors = np.empty((n, room, 3)), np.empty((n, room, 3))
    sums = np.zeros((n, 3))
    for i in range(n):
        image_translations(i, bonds, group, translations)
        bond_vectors_of(i, cart, bonds, group, translations, vectors[i])
        for m in range(bonds.counts[i]):
            length = _length(vectors[i, m])
            for a in range(3):
                sums[i, a] += vectors[i, m, a] / length
    oxygen = np.empty((n, room, 3))
    far = np.empty(3)
    for i in range(n):
        for m in range(bonds.counts[i]):
            j, g = bonds.partners[i, m], bonds.operations[i, m]
            for a in range(3):
                far[a] = 0.0
                for b in range(3):
                    far[a] += group.cart_rotations[g, a, b] * sums[j, b]
            _place_oxygen(cart[i], vectors[i, m], sums[i], far, oxygen[i, m])
        oxygen[i] = oxygen[i] @ group.inverse_cell
    return oxygen


@compiled
def _length(vector: FloatArray) -> float:
    return math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)


@compiled
def _place_oxygen(
    cart: FloatArray, vector: FloatArray, near: FloatArray, far: FloatArray, oxygen: FloatArray
) -> None:
    """Write where oxygen lies on a bond, (3,) Å.

    Args:
        cart: (3,) Å, of the atom at the near end.
        vector: (3,) Å to the far end.
        near: (3,) sum of the directions of all bonds of the near end.
        far: (3,) of the far end.
        oxygen: written.
    """
    length = _length(vector)
    near_wish, far_wish, bend = np.empty(3), np.empty(3), np.empty(3)
    for a in range(3):
        near_wish[a] = vector[a] / length - near[a]
        far_wish[a] = -vector[a] / length - far[a]
    along = 0.0
    near_length = max(_length(near_wish), LEAST_WISH)
    far_length = max(_length(far_wish), LEAST_WISH)
    for a in range(3):
        bend[a] = near_wish[a] / near_length + far_wish[a] / far_length
        along += bend[a] * vector[a] / length
    for a in range(3):
        bend[a] -= along * vector[a] / length
    off = math.sqrt(max(T_O**2 - (0.5 * length) ** 2, 0.0)) / max(_length(bend), LEAST_WISH)
    for a in range(3):
        oxygen[a] = cart[a] + 0.5 * vector[a] + off * bend[a]


@compiled
def candidate_factors(
    frac: FloatArray,
    bonds: BondTable,
    weights: FloatArray,
    group: Group,
    rotations: IntArray,
    translations: FloatArray,
    hkl: IntArray,
    most: IntArray,
    factor_t: FloatArray,
    factor_o: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Structure factors of T atoms and of the oxygen on their bonds.

    Args:
        frac: (n, 3) asymmetric T atoms, on their special positions.
        bonds: of them.
        weights: (n,) one, divided by the number of operations that leave each where it is.
        group: in its cell.
        rotations: (G, 3, 3) of the images that are summed.
        translations: (G, 3).
        hkl: (h, 3) indices.
        most: (3,) largest absolute value of each index.
        factor_t: (h,) scattering factors of T.
        factor_o: (h,) of oxygen.

    Returns:
        (h,) real and (h,) imaginary parts, of the images summed.
    """
    count = len(hkl)
    size = 2 * max(most[0], most[1], most[2]) + 1
    tables = np.zeros((6, size))
    real, imaginary = np.zeros(count), np.zeros(count)
    real_o, imaginary_o = np.zeros(count), np.zeros(count)
    oxygen = bridging_oxygen(frac, bonds, group)
    place = np.empty(3)
    for i in range(len(frac)):
        for m in range(-1, bonds.counts[i]):
            place[:] = frac[i] if m < 0 else oxygen[i, m]
            for g in range(len(rotations)):
                for a in range(3):
                    x = translations[g, a]
                    for b in range(3):
                        x += rotations[g, a, b] * place[b]
                    phase_powers(x, most[a], tables[2 * a], tables[2 * a + 1])
                if m < 0:
                    add_image(weights[i], hkl, most, tables, real, imaginary)
                else:  # every bond is met from both of its ends
                    add_image(0.5 * weights[i], hkl, most, tables, real_o, imaginary_o)
    for h in range(count):
        real[h] = factor_t[h] * real[h] + factor_o[h] * real_o[h]
        imaginary[h] = factor_t[h] * imaginary[h] + factor_o[h] * imaginary_o[h]
    return real, imaginary

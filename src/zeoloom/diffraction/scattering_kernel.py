"""Compiled: sums of phase factors of atoms and all their images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_with_reordered_sums

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

SAME_PLACE = 1e-3
"""Fractional. An operation that moves an atom by less leaves it where it is."""


@compiled
def phase_powers(x: float, most: int, real: FloatArray, imaginary: FloatArray) -> None:
    """exp(2 pi i k x) for k from -most to most, at k + most."""
    for k in range(most + 1):
        angle = 2.0 * math.pi * (x * k)
        c, s = math.cos(angle), math.sin(angle)
        real[most + k], imaginary[most + k] = c, s
        real[most - k], imaginary[most - k] = c, -s


@compiled
def _orbit_weight(frac: FloatArray, rotations: IntArray, translations: FloatArray) -> float:
    """One, divided by the number of operations that leave an atom (3,) where it is."""
    fixing = 0
    for g in range(len(rotations)):
        off = 0.0
        for i in range(3):
            moved = translations[g, i] - frac[i]
            for j in range(3):
                moved += rotations[g, i, j] * frac[j]
            off = max(off, abs(moved - round(moved)))
        if off < SAME_PLACE:
            fixing += 1
    return 1.0 / max(fixing, 1)


@compiled_with_reordered_sums
def add_image(
    weight: float,
    hkl: IntArray,
    most: IntArray,
    tables: FloatArray,
    real: FloatArray,
    imaginary: FloatArray,
) -> None:
    """Add the phase factors of one image, whose powers are in the tables."""
    a, b, c = most[0], most[1], most[2]
    for n in range(len(hkl)):
        h, k, l = hkl[n, 0] + a, hkl[n, 1] + b, hkl[n, 2] + c  # noqa: E741 - Miller indices
        x = tables[0, h] * tables[2, k] - tables[1, h] * tables[3, k]
        y = tables[0, h] * tables[3, k] + tables[1, h] * tables[2, k]
        real[n] += weight * (x * tables[4, l] - y * tables[5, l])
        imaginary[n] += weight * (x * tables[5, l] + y * tables[4, l])


@compiled
def phase_sums(
    frac: FloatArray,
    rotations: IntArray,
    translations: FloatArray,
    modulo: int,
    hkl: IntArray,
    most: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Sum of exp(2 pi i h.x) over all images of some atoms in the cell.

    Args:
        frac: (n, 3) asymmetric atoms, on their special positions.
        rotations: (G, 3, 3) of a group, one operation of each rotation first.
        translations: (G, 3).
        modulo: how many of the operations differ in their rotations; the others follow from them
            by centring, and only the images by the first ones are summed.
        hkl: (m, 3) indices.
        most: (3,) largest absolute value of each index.

    Returns:
        (m,) real and (m,) imaginary parts.
    """
    m = len(hkl)
    real, imaginary = np.zeros(m), np.zeros(m)
    tables = np.zeros((6, 2 * max(most[0], most[1], most[2]) + 1))
    for atom in range(len(frac)):
        weight = _orbit_weight(frac[atom], rotations, translations)
        for g in range(modulo):
            for i in range(3):
                x = translations[g, i]
                for j in range(3):
                    x += rotations[g, i, j] * frac[atom, j]
                phase_powers(x, most[i], tables[2 * i], tables[2 * i + 1])
            add_image(weight, hkl, most, tables, real, imaginary)
    return real, imaginary

"""Structure factors of frameworks, and the intensities of groups of reflections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.scattering_kernel import phase_sums
from zeoloom.structure.files.form_factors import atom_factors

if TYPE_CHECKING:
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.records import Framework

B_T, B_O = 1.0, 2.0
"""Å^2, usual displacement factors of T and O in zeolites."""


@dataclass(frozen=True, slots=True)
class Scattering:
    """What the structure factors of all frameworks in one cell and group have in common.

    Attributes:
        hkl: (n, 3) indices.
        s_squared: (n,) (sin theta / lambda)^2 in Å^-2.
        multiplicity: (n,) reflections that each stands for.
        factor_t: (n,) of a T atom, taken as Si, with its displacement factor.
        factor_o: (n,) of oxygen.
        rotations: (G, 3, 3) of the group, one operation of each rotation first.
        translations: (G, 3).
        modulo: operations that differ in their rotations.
        most: (3,) largest absolute value of each index.
    """

    hkl: IntArray
    s_squared: FloatArray
    multiplicity: IntArray
    factor_t: FloatArray
    factor_o: FloatArray
    rotations: IntArray
    translations: FloatArray
    modulo: int
    most: IntArray


def scattering_of(
    hkl: IntArray,
    d: FloatArray,
    multiplicity: IntArray,
    operations: SymmetryOperations,
    radiation: Radiation = "xray",
) -> Scattering:
    """Prepare structure factors.

    Args:
        hkl: (n, 3) indices, none of them absent by the centring.
        d: (n,) Å.
        multiplicity: (n,).
        operations: of the space group.
        radiation: what is scattered.
    """
    _, first = np.unique(operations.rotations, axis=0, return_index=True)
    order = np.concatenate([first, np.setdiff1d(np.arange(len(operations)), first)])
    s_squared = 0.25 / d**2
    return Scattering(
        np.ascontiguousarray(hkl, dtype=np.int64),
        s_squared,
        multiplicity,
        atom_factors("Si", s_squared, radiation) * np.exp(-B_T * s_squared),
        atom_factors("O", s_squared, radiation) * np.exp(-B_O * s_squared),
        np.ascontiguousarray(operations.rotations[order]),
        np.ascontiguousarray(operations.translations[order]),
        len(first),
        np.abs(hkl).max(axis=0).astype(np.int64),
    )


def structure_factors(
    framework: Framework, scattering: Scattering
) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    """F of a framework, (n,) complex, in the units of the scattering factors, per cell.

    Args:
        framework: in the cell and setting that `scattering` was made for, its atoms exactly on
            their special positions.
        scattering: of `scattering_of`.
    """
    total = np.zeros(len(scattering.hkl), dtype=np.complex128)
    for frac, factor in (
        (framework.frac_t, scattering.factor_t),
        (framework.frac_o, scattering.factor_o),
    ):
        if len(frac):
            real, imaginary = phase_sums(
                np.ascontiguousarray(frac),
                scattering.rotations,
                scattering.translations,
                scattering.modulo,
                scattering.hkl,
                scattering.most,
            )
            total += factor * (real + 1j * imaginary)
    centring = len(scattering.rotations) // scattering.modulo
    return np.asarray(centring * total)


def intensities(framework: Framework, scattering: Scattering) -> FloatArray:
    """(n,) m |F|^2 of a framework; see `structure_factors`."""
    return np.asarray(
        scattering.multiplicity * np.abs(structure_factors(framework, scattering)) ** 2
    )


def group_sums(values: FloatArray, group: IntArray, number: int = 0) -> FloatArray:
    """(g,) sums of values (n,) over the reflections of each group; `number` of them at least."""
    sums = np.bincount(group, weights=values, minlength=number)
    return np.asarray(sums, dtype=np.float64)

"""The atoms of one primitive cell of a framework, where they lie.

In three dimensions the shortest vectors of a lattice that are not in one plane are a basis of it
(van der Waerden, Acta Math. 96 (1956) 265), so the primitive cell is made of those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import volume
from zeoloom.geometry.operations import (
    expand_orbits,
    primitive_atoms,
    pure_translations,
    wrap,
)

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework


def primitive_sites(
    framework: Framework,
) -> tuple[FloatArray, tuple[FloatArray, FloatArray], IntArray]:
    """The primitive cell of a framework where it lies, whatever its bonds.

    Returns:
        (3, 3) Å, rows the shortest vectors of the lattice; T and O atoms in it, fractional, in
        [0, 1); the asymmetric T atom that each T atom is an image of.

    Raises:
        InputError: if the cell is so skewed that its shortest vectors are not found.
    """
    cell = _short_basis(framework)
    to_frac = framework.cell @ np.linalg.inv(cell)
    frac: list[FloatArray] = []
    owners: list[IntArray] = []
    for sites in (framework.frac_t, framework.frac_o):
        atoms, owner = expand_orbits(sites, framework.operations, framework.cell)
        kept = primitive_atoms(atoms, framework.operations, framework.cell)
        frac.append(wrap(atoms[kept] @ to_frac))
        owners.append(owner[kept])
    return cell, (frac[0], frac[1]), owners[0]


def _short_basis(framework: Framework) -> FloatArray:
    """(3, 3) Å: the shortest vectors of the lattice that are not in one plane, right-handed."""
    centring = pure_translations(framework.operations).translations
    steps = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = (steps + centring[:, None]).reshape(-1, 3) @ framework.cell
    lengths = np.linalg.norm(vectors, axis=1)
    ordered = vectors[np.argsort(np.round(lengths, 6), kind="stable")][1:]
    first = ordered[0]
    areas = np.linalg.norm(np.cross(first, ordered), axis=1)
    second = ordered[np.argmax(areas > 1e-3)]
    volumes = ordered @ np.cross(first, second)
    third = ordered[np.argmax(np.abs(volumes) > 1e-3)]
    basis = np.array([first, second, third])
    basis *= np.sign(np.linalg.det(basis))
    if not np.isclose(volume(basis) * len(centring), volume(framework.cell), rtol=1e-6):
        raise InputError(f"{framework.name}: its cell is too skewed; give it in a standard setting")
    return basis

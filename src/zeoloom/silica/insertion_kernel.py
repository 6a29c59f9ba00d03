"""Compiled: the energy of guest molecules in a rigid framework."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.compiled import compiled_with_reordered_sums

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray


class PairParameters(NamedTuple):
    """Between sites of a guest and kinds of framework atoms; each (sites, kinds).

    Attributes:
        depth: kJ/mol, of the Lennard-Jones well.
        size: Å, where that potential is zero.
        charge: kJ Å/mol, product of the charges.
    """

    depth: FloatArray
    size: FloatArray
    charge: FloatArray


@compiled_with_reordered_sums
def insertion_energies(
    guests: FloatArray,
    atoms: FloatArray,
    kinds: IntArray,
    pairs: PairParameters,
    cutoff: float,
    damping: float,
) -> FloatArray:
    """Energies of guests, each alone in the framework: Lennard-Jones and the near part of Ewald's.

    Args:
        guests: (g, sites, 3) Å.
        atoms: (m, 3) Å, all that are within the cutoff of any site.
        kinds: (m,) of the atoms.
        pairs: parameters.
        cutoff: Å.
        damping: 1/Å.

    Returns:
        (g,) kJ/mol.
    """
    energies = np.zeros(len(guests))
    square = cutoff * cutoff
    charged = False
    for value in pairs.charge.ravel():
        charged = charged or value != 0.0
    for g in range(len(guests)):
        total = 0.0
        for site in range(guests.shape[1]):
            x, y, z = guests[g, site, 0], guests[g, site, 1], guests[g, site, 2]
            for k in range(len(atoms)):
                dx, dy, dz = atoms[k, 0] - x, atoms[k, 1] - y, atoms[k, 2] - z
                apart = dx * dx + dy * dy + dz * dz
                if apart >= square:
                    continue
                kind = kinds[k]
                size = pairs.size[site, kind]
                sixth = (size * size / apart) ** 3
                total += 4.0 * pairs.depth[site, kind] * sixth * (sixth - 1.0)
                if charged:
                    r = math.sqrt(apart)
                    total += pairs.charge[site, kind] * math.erfc(damping * r) / r
        energies[g] = total
    return energies

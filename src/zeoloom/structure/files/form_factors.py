"""Scattering factors of atoms, from the tables of gemmi.

| radiation | source |
|---|---|
| X-rays | International Tables C (1992), four Gaussians and a constant |
| electrons | International Tables C (2011) 4.3.2.2, five Gaussians |
| neutrons | bound coherent scattering lengths, Neutron News 3, 26 (1992) |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gemmi
import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray


def atom_factors(element: str, s_squared: FloatArray, radiation: str = "xray") -> FloatArray:
    """Scattering factor of an atom at rest.

    Args:
        element: symbol.
        s_squared: (n,) (sin theta / lambda)^2 in Å^-2.
        radiation: "xray" (electrons), "electron" (Å) or "neutron" (fm).

    Returns:
        (n,).
    """
    atom = gemmi.Element(element)
    if radiation == "neutron":
        return np.full(len(s_squared), float(atom.neutron92.get_coefs()[0]))
    # amplitudes, as many widths, and perhaps a constant
    table = np.array((atom.c4322 if radiation == "electron" else atom.it92).get_coefs())
    n = len(table) // 2
    factors = np.exp(-np.outer(s_squared, table[n : 2 * n])) @ table[:n]
    return np.asarray(factors + table[2 * n :].sum())

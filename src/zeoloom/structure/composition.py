"""Which atoms of a crystal make up its framework, and which are water, guests and cations.

An atom is a T atom of the framework if its element can be one and it shares oxygen atoms with at
least two others; oxygen belongs to the framework if it is bonded to such a T atom. The rest goes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.bonding import BOND_CUTOFF

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations


FRAMEWORK_ELEMENTS = ("Si", "Al", "P", "Ge", "Ga", "B", "Be", "Ti", "Sn", "As", "T")
"""Elements that sit in frameworks wherever they are linked; T is a site of unnamed content."""

EITHER_ELEMENTS = (
    "Zn",
    "Mg",
    "Co",
    "Fe",
    "Mn",
    "Ni",
    "Cu",
    "Cr",
    "V",
    "Li",
    "Zr",
    "Hf",
    "In",
    "Sb",
    "Cd",
    "Sc",
    "Nb",
)
"""Elements that sit in frameworks or in pores: they need three bridges that are nobody else's."""

T_O_CUTOFF = 2.25
"""Å. B-O is 1.47, Si-O 1.61, Zn-O 1.95, In-O 2.1; water in a pore is farther away."""

MINIMUM_BRIDGES = 2
"""Interrupted frameworks have T atoms with two bridging oxygens (RON)."""


def framework_atoms(
    frac: FloatArray, elements: list[str], operations: SymmetryOperations, cell: FloatArray
) -> tuple[BoolArray, BoolArray, list[str]]:
    """Sort atoms into framework T, framework O and the rest.

    Args:
        frac: (n, 3) asymmetric atoms.
        elements: (n,) their symbols.
        operations: the space group.
        cell: (3, 3) Å.

    Returns:
        (n,) mask of T atoms; (n,) mask of framework oxygen; notices of what was left out.
    """
    kinds = np.array(elements)
    sure = np.isin(kinds, FRAMEWORK_ELEMENTS)
    candidate = sure | np.isin(kinds, EITHER_ELEMENTS)
    oxygen = kinds == "O"
    if not oxygen.any():
        return candidate, oxygen, _left_out(kinds, candidate)
    full_t, _ = expand_orbits(frac[candidate], operations, cell)
    full_o, _ = expand_orbits(frac[oxygen], operations, cell)
    # an oxygen with three candidates is a bridge of two T atoms with a cation beside it: it counts
    # for the elements that are certain, and not for those that may be cations
    shared_by = _count_near(full_o, full_t, cell, T_O_CUTOFF)
    found = neighbours_within(frac, full_o, cell, T_O_CUTOFF)
    is_bridge = shared_by[found.point] >= 2
    is_bridge &= sure[found.centre] | (shared_by[found.point] == 2)
    bridges = np.bincount(found.centre[is_bridge], minlength=len(frac))
    linked = bridges >= np.where(sure, MINIMUM_BRIDGES, MINIMUM_BRIDGES + 1)
    # where the file lacks oxygen, neighbouring T atoms (itself counted) tell a net from a guest
    linked |= sure & (_count_near(frac, full_t, cell, BOND_CUTOFF) > MINIMUM_BRIDGES)
    is_t = candidate & linked
    full_t, _ = expand_orbits(frac[is_t], operations, cell)
    is_o = oxygen & (_count_near(frac, full_t, cell, T_O_CUTOFF) > 0)
    return is_t, is_o, _left_out(kinds, is_t | is_o)


def _count_near(
    frac_centres: FloatArray, frac_points: FloatArray, cell: FloatArray, cutoff: float
) -> IntArray:
    """(n,) number of points (N, 3) of the full cell within `cutoff` Å of each centre (n, 3)."""
    found = neighbours_within(frac_centres, frac_points, cell, cutoff)
    return np.bincount(found.centre, minlength=len(frac_centres))


def _left_out(kinds: np.ndarray, kept: BoolArray) -> list[str]:
    """One notice that counts the asymmetric atoms left out, or none."""
    counts = Counter(kinds[~kept].tolist())
    if not counts:
        return []
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return [f"left out, not part of the framework: {listed} (asymmetric atoms)"]

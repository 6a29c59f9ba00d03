"""Which atoms of a crystal make up its framework, and which are water, guests and cations.

An atom is a T atom of the framework if its element can be one and it shares oxygen atoms with at least
two others; oxygen belongs to the framework if it is bonded to such a T atom. Everything else goes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.symmetry import expand_orbits
from zeoloom.structure.net import BOND_CUTOFF

if TYPE_CHECKING:
    from zeoloom.geometry.symmetry import SymmetryOperations
    from zeoloom.structure.records import FloatArray

FRAMEWORK_ELEMENTS = frozenset("Si Al P Ge Ga B Be Ti Sn As T".split())
"""Elements that sit in frameworks wherever they are linked; T is a site of unnamed content."""

EITHER_ELEMENTS = frozenset("Zn Mg Co Fe Mn Ni Cu Cr V Li Zr Hf In Sb Cd Sc Nb".split())
"""Elements that sit in frameworks or in pores: they need three bridges that are nobody else's."""

T_O_CUTOFF = 2.25
"""Å. B-O is 1.47, Si-O 1.61, Zn-O 1.95, In-O 2.1; water in a pore is farther away."""

MINIMUM_BRIDGES = 2
"""Interrupted frameworks have T atoms with two bridging oxygens (RON)."""


def framework_atoms(
    frac: FloatArray, elements: list[str], operations: SymmetryOperations, cell: FloatArray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Sort atoms into framework T, framework O and the rest.

    Args:
        frac: (n, 3) asymmetric atoms.
        elements: (n,) their symbols.
        operations: the space group.
        cell: (3, 3) Å.

    Returns:
        (n,) bool, T atoms; (n,) bool, framework oxygen; notices of what was left out.
    """
    kinds = np.array(elements)
    sure = np.isin(kinds, list(FRAMEWORK_ELEMENTS))
    either = np.isin(kinds, list(EITHER_ELEMENTS))
    oxygen = kinds == "O"
    is_t = sure | either
    if not oxygen.any():
        return is_t, oxygen, _left_out(kinds, is_t)
    bridges = _count_bridges(frac, sure, either, oxygen, operations, cell)
    linked = bridges >= np.where(sure, MINIMUM_BRIDGES, MINIMUM_BRIDGES + 1)
    # where oxygen is missing from the file, neighbouring T atoms still tell a net from a guest
    linked |= sure & (
        _count_near(frac, is_t, is_t, operations, cell, BOND_CUTOFF) > MINIMUM_BRIDGES
    )
    is_t &= linked
    is_o = oxygen & (_count_near(frac, oxygen, is_t, operations, cell, T_O_CUTOFF) > 0)
    return is_t, is_o, _left_out(kinds, is_t | is_o)


def _count_near(
    frac: FloatArray,
    centres: np.ndarray,
    points: np.ndarray,
    operations: SymmetryOperations,
    cell: FloatArray,
    cutoff: float,
) -> np.ndarray:
    """(n,) number of atoms of `points` (mask) within `cutoff` Å of each of `centres` (mask), itself too."""
    full, _ = expand_orbits(frac[points], operations, cell)
    counts = np.zeros(len(frac), dtype=np.int64)
    found = neighbours_within(frac[centres], full, cell, cutoff)
    counts[centres] = np.bincount(found.centre, minlength=int(centres.sum()))
    return counts


def _count_bridges(
    frac: FloatArray,
    sure: np.ndarray,
    either: np.ndarray,
    oxygen: np.ndarray,
    operations: SymmetryOperations,
    cell: FloatArray,
) -> np.ndarray:
    """(n,) number of oxygen atoms that each T candidate shares with another candidate.

    An oxygen with three candidates is a bridge of two T atoms with a cation beside it: it counts for the
    elements that are certain, and not for those that may be cations.
    """
    is_t = sure | either
    full_o, owner = expand_orbits(frac[oxygen], operations, cell)
    candidates = _count_near(frac, oxygen, is_t, operations, cell, T_O_CUTOFF)[oxygen][owner]
    found = neighbours_within(frac[is_t], full_o, cell, T_O_CUTOFF)
    shared_by = candidates[found.point]
    bridging = np.where(sure[is_t][found.centre], shared_by >= 2, shared_by == 2)
    counts = np.zeros(len(frac), dtype=np.int64)
    counts[is_t] = np.bincount(found.centre[bridging], minlength=int(is_t.sum()))
    return counts


def _left_out(kinds: np.ndarray, kept: np.ndarray) -> list[str]:
    """One notice that counts the asymmetric atoms left out, or none."""
    counts = Counter(kinds[~kept].tolist())
    if not counts:
        return []
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return [f"left out, not part of the framework: {listed} (asymmetric atoms)"]

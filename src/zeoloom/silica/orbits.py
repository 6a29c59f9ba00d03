"""Which bonds and angles of a T atom its own symmetry makes equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.operations import site_stabilisers

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.silica.site_bonds import Bonds
    from zeoloom.structure.records import Framework


def site_permutations(framework: Framework, bonds: Bonds, frac_ends: FloatArray) -> IntArray:
    """How the operations that fix a T atom permute its bonds.

    Args:
        framework: `frac_t` exactly on its sites.
        bonds: sorted by centre.
        frac_ends: (b, 3) what is at the end of each bond: its oxygen.

    Returns:
        (G, b) the bond that operation g makes of each; -1 where g moves the centre.
    """
    group, cell, centre = framework.operations, framework.cell, bonds.centre
    fixing, shifts = site_stabilisers(framework.frac_t, group, cell)
    operation, bond = np.nonzero(fixing[centre].T)
    turned = np.einsum("eij,ej->ei", group.rotations[operation], frac_ends[bond])
    turned += group.translations[operation] + shifts[centre[bond], operation]
    # the bonds of the same centre follow one another: compare with each of them
    start = np.searchsorted(centre, centre[bond])
    valence = np.bincount(centre)
    steps = np.arange(valence.max())
    candidates = np.minimum(start[:, None] + steps, len(bonds) - 1)
    apart = np.linalg.norm((frac_ends[candidates] - turned[:, None]) @ cell, axis=-1)
    apart[steps[None, :] >= valence[centre[bond]][:, None]] = np.inf
    permutations = np.full((len(group), len(bonds)), -1)
    permutations[operation, bond] = candidates[np.arange(len(bond)), apart.argmin(axis=1)]
    return permutations


def bond_orbits(permutations: IntArray) -> IntArray:
    """(b,) the first bond among those equal to each."""
    never = permutations.shape[1]
    return np.asarray(np.where(permutations < 0, never, permutations).min(axis=0))


def pair_orbits(permutations: IntArray, first: IntArray, second: IntArray) -> IntArray:
    """(m,) labels, equal for equal angles, of pairs of bonds (first, second) of one centre."""
    size = permutations.shape[1]
    one, other = permutations[:, first], permutations[:, second]
    codes = np.minimum(one, other) * size + np.maximum(one, other)
    return np.asarray(np.where(one < 0, size * size, codes).min(axis=0))

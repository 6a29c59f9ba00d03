"""Bonds between T atoms of a crystal, seen from the asymmetric unit.

Every bond of every asymmetric T atom is listed, so a bond between two asymmetric atoms comes twice,
once from each end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.operations import expand_orbits, separations
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.graph import net_of
from zeoloom.silica.images import Images, cell_images, images_near

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.nets.graph import Net
    from zeoloom.structure.records import Framework

T_O_REACH = 2.6
"""Å. Farther oxygen is not bonded, however distorted the framework; 1.61 Å is the rule."""

VALENCE = 4


@dataclass(frozen=True, slots=True)
class Bonds:
    """Bonds of the asymmetric T atoms, sorted by centre.

    Attributes:
        centre: (b,) asymmetric T atom.
        other: the b T images at the other ends.
    """

    centre: IntArray
    other: Images

    def __len__(self) -> int:
        return len(self.centre)


def t_bonds(framework: Framework, cutoff: float = BOND_CUTOFF) -> Bonds:
    """T-T bonds by distance, whether there is oxygen or not.

    Args:
        framework: with `frac_t` exactly on its sites.
        cutoff: Å.

    Raises:
        InputError: if a T atom has no neighbour, or more than four.
    """
    bare = replace(framework, frac_o=np.zeros((0, 3)))
    return bonds_of_net(bare, net_of(bare, cutoff))


def bonds_through_oxygen(
    framework: Framework, t_images: Images, o_images: Images
) -> tuple[Bonds, Images]:
    """T-O-T bonds of a framework that has its oxygen: each joins the two T nearest to it.

    Args:
        framework: `frac_t` and `frac_o` exactly on their sites.
        t_images: its T atoms, one cell of them.
        o_images: its oxygen atoms, one cell of them.

    Returns:
        The bonds, and the oxygen image on each.

    Raises:
        InputError: if a T atom has no such bond, or more than four.
    """
    group, cell = framework.operations, framework.cell
    near, oxygen = images_near(framework.frac_t, framework.frac_o, o_images, group, cell, T_O_REACH)
    frac_o = oxygen.frac(framework.frac_o, group)
    ends, t_at_end = images_near(frac_o, framework.frac_t, t_images, group, cell, T_O_REACH)
    # edges come by oxygen, then by distance: keep the nearest two of each
    rank = np.arange(len(ends.centre)) - np.searchsorted(ends.centre, ends.centre)
    nearest = np.flatnonzero(rank < 2)
    edge = ends.centre[nearest]
    end = t_at_end.take(nearest)
    back = end.frac(framework.frac_t, group) - framework.frac_t[near.centre[edge]]
    is_centre = np.linalg.norm(back @ cell, axis=1) < 1e-3
    bridged = np.bincount(edge[is_centre], minlength=len(oxygen)) == 1
    kept = np.flatnonzero(~is_centre & bridged[edge])
    bonds = Bonds(near.centre[edge[kept]], end.take(kept))
    _check_valence(framework, bonds, "T atoms across an oxygen atom")
    return bonds, oxygen.take(edge[kept])


def bonds_of_net(framework: Framework, net: Net) -> Bonds:
    """The bonds of a periodic net that was made from this framework.

    Args:
        framework: with `frac_t` exactly on its sites.
        net: vertices are the atoms that `expand_orbits` makes of `frac_t`, in its order.

    Raises:
        InputError: if the net has other atoms, or a T atom has no bond or more than four.
    """
    group, cell = framework.operations, framework.cell
    images = cell_images(framework.frac_t, group, cell)
    vertices, _ = expand_orbits(framework.frac_t, group, cell)
    if not np.array_equal(net.sites, images.site):
        raise InputError(f"{framework.name}: the net was made from other atoms than these")
    # atoms a rounding error below a cell's edge may have been wrapped differently
    off = np.round(vertices - images.frac(framework.frac_t, group)).astype(np.int64)
    # the vertex that is the asymmetric atom itself, whole cells away
    apart = separations(vertices, framework.frac_t[net.sites], cell)
    first = np.searchsorted(net.sites, np.arange(len(framework.frac_t)))
    own = np.array([rows.argmin() for rows in np.split(apart, first[1:])]) + first
    home = np.round(framework.frac_t - vertices[own]).astype(np.int64)
    tails = np.concatenate([net.tails, net.heads])
    heads = np.concatenate([net.heads, net.tails])
    shifts = np.concatenate([net.shifts, -net.shifts])
    rows = np.flatnonzero(own[net.sites[tails]] == tails)
    rows = rows[np.argsort(net.sites[tails[rows]], kind="stable")]
    centre = net.sites[tails[rows]]
    bonds = Bonds(centre, images.take(heads[rows], shifts[rows] + off[heads[rows]] + home[centre]))
    _check_valence(framework, bonds, "T neighbours")
    return bonds


def bond_vectors(framework: Framework, bonds: Bonds) -> FloatArray:
    """(b, 3) Å from the centre of each bond to its other end."""
    ends = bonds.other.frac(framework.frac_t, framework.operations)
    return np.asarray((ends - framework.frac_t[bonds.centre]) @ framework.cell)


def _check_valence(framework: Framework, bonds: Bonds, meaning: str) -> None:
    """Raise InputError unless each T atom has one to four bonds."""
    counts = np.bincount(bonds.centre, minlength=len(framework.frac_t))
    odd = np.flatnonzero((counts < 1) | (counts > VALENCE))
    if len(odd):
        first = framework.t_labels[odd[0]]
        raise InputError(
            f"{framework.name}: {first} has {counts[odd[0]]} {meaning}, expected 4 (or fewer where "
            "the framework is interrupted); refine only nets whose bonds are right"
        )

"""Bonds between T atoms of a crystal, seen from the asymmetric unit.

Every bond of every asymmetric T atom is listed, so a bond between two asymmetric atoms comes twice,
once from each end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.silica.images import Images, images_near
from zeoloom.structure.bonds import quotient_graph_of
from zeoloom.structure.bridges import VALENCE

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.nets.quotient_graph import QuotientGraph
    from zeoloom.structure.records import Framework

T_O_REACH = 2.6
"""Å. Farther oxygen is not bonded, however distorted the framework; 1.61 Å is the rule."""


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
        framework: with `frac_t` exactly on its sites, the identity first among its operations.
        cutoff: Å.

    Raises:
        InputError: if a T atom has no neighbour, or more than four.
    """
    bare = replace(framework, frac_o=np.zeros((0, 3)))
    return bonds_of_graph(bare, quotient_graph_of(bare, cutoff))


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


def bonds_of_graph(framework: Framework, graph: QuotientGraph) -> Bonds:
    """The bonds of a quotient graph that was made from this framework.

    Args:
        framework: with `frac_t` exactly on its sites, the identity first among its operations.
        graph: of its T atoms.

    Raises:
        InputError: if the graph has other atoms or operations, or if a T atom has no bond or more
            than four.
    """
    table, group = graph.bonds, framework.operations
    if len(graph) != len(framework.frac_t) or not (
        np.array_equal(graph.group.rotations, group.rotations)
        and np.allclose(graph.group.translations, group.translations)
    ):
        raise InputError(f"{framework.name}: the bonds are those of other atoms than these")
    centre, column = np.nonzero(np.arange(table.partners.shape[1]) < table.counts[:, None])
    site, operation = table.partners[centre, column], table.operations[centre, column]
    shift = table.shifts[centre, column]
    # in the order of the edges of the whole net, each listed at the end that comes first
    vertex = np.cumsum(graph.symmetry.representatives == np.arange(len(group))).reshape(
        len(graph), len(group)
    )
    own, end = vertex[centre, 0], vertex[site, operation]
    leading = np.take_along_axis(shift, (shift != 0).argmax(axis=1)[:, None], axis=1)[:, 0]
    from_end = (end < own) | ((end == own) & (leading > 0))
    along = np.where(from_end[:, None], -shift, shift)
    order = np.lexsort((*along.T[::-1], end, from_end, centre))
    images = Images(site[order], operation[order], shift[order])
    bonds = Bonds(centre[order], images)
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

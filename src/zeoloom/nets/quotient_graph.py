"""The bonds of a crystal as a symmetric quotient graph: its asymmetric atoms, its group, its bonds.

One convention: the bond (i, j, g, S) joins asymmetric atom i with the image R_g x_j + t_g + S of
asymmetric atom j. It is derived once from a crystal, and whole nets are expanded from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zeoloom.nets.periodic_net import PeriodicNet, net_from_edges
from zeoloom.nets.quotient_kernel import expanded

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.geometry.site_symmetry import SiteSymmetry
    from zeoloom.nets.quotient_kernel import BondTable


@dataclass(frozen=True, slots=True)
class QuotientGraph:
    """The bonds of n asymmetric atoms and of all their images.

    Attributes:
        group: of the crystal, in its cell.
        symmetry: of the sites of the atoms.
        bonds: of the atoms, in whole numbers.
    """

    group: Group
    symmetry: SiteSymmetry
    bonds: BondTable

    def __len__(self) -> int:
        return len(self.bonds.counts)

    def half_edges(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """All atoms of the cell and their bonds, from both ends.

        Atoms come one orbit after the other, each in the order of the first operations that make
        them, and are where these take the asymmetric atom, be that in another cell.

        Returns:
            (N,) the asymmetric atom of each atom; tails (E,), heads (E,) and cells gone on (E, 3)
            of each bond, sorted by tail.
        """
        return expanded(self.bonds, self.symmetry, self.group)

    def expand(self) -> PeriodicNet:
        """The whole net, its vertices as in `half_edges`."""
        sites, tails, heads, shifts = self.half_edges()
        return net_from_edges(tails, heads, shifts, sites)

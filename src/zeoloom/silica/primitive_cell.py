"""All atoms of one primitive cell without symmetry, and the bonds between T atoms and oxygen.

One convention: the bond (o, t, S) joins oxygen o with T atom t of the cell S further on,
`r = (x_t + S - x_o) @ cell`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.silica.site_bonds import T_O_REACH
from zeoloom.structure.bridges import VALENCE
from zeoloom.structure.primitive_sites import primitive_sites

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework


@dataclass(frozen=True, slots=True)
class PrimitiveCell:
    """A framework of SiO2 tetrahedra in P1.

    Attributes:
        cell: (3, 3) Å, the shortest vectors of the lattice, a along x and b in the xy plane.
        frac_t: (n, 3), in [0, 1).
        frac_o: (2 n, 3), in [0, 1).
        owners: (n,) the asymmetric T atom of the framework that each is an image of.
        oxygen: (4 n,) oxygen of each T-O bond, sorted: bonds 2 k and 2 k + 1 are those of oxygen k.
        t: (4 n,) T atom of each.
        shifts: (4 n, 3) whole cells.
    """

    cell: FloatArray
    frac_t: FloatArray
    frac_o: FloatArray
    owners: IntArray
    oxygen: IntArray
    t: IntArray
    shifts: IntArray

    def bond_vectors(self) -> FloatArray:
        """(4 n, 3) Å, from oxygen to T atom."""
        apart = self.frac_t[self.t] + self.shifts - self.frac_o[self.oxygen]
        return np.asarray(apart @ self.cell)

    def edges(self) -> IntArray:
        """(6 n, 2) the two bonds at either end of each tetrahedron's edge."""
        by_t = np.argsort(self.t, kind="stable").reshape(-1, VALENCE)
        return np.concatenate([by_t[:, pair] for pair in combinations(range(VALENCE), 2)])


def primitive_cell(framework: Framework) -> PrimitiveCell:
    """The primitive cell of a framework, and its bonds: oxygen is bonded to the two T nearest.

    Raises:
        InputError: if an oxygen atom has fewer than two T atoms within 2.6 Å, or a T atom not four
            oxygen.
    """
    cell, (frac_t, frac_o), owners = primitive_sites(framework)
    # a cell is described up to a rotation: Q R = cell.T leaves the lower triangle R.T
    upper = np.linalg.qr(cell.T)[1]
    lower = (upper * np.sign(np.diag(upper))[:, None]).T
    return _bonded(framework.name, lower, frac_t, frac_o, owners)


def in_p1(framework: Framework, atoms: PrimitiveCell) -> Framework:
    """A primitive cell as a framework, named and labelled as the one it was made from."""
    return replace(
        framework,
        cell=atoms.cell,
        space_group_number=1,
        space_group_symbol="P 1",
        operations=operations_of_hall_number(1),
        frac_t=atoms.frac_t,
        t_labels=tuple(framework.t_labels[owner] for owner in atoms.owners),
        frac_o=atoms.frac_o,
    )


def doubled(atoms: PrimitiveCell) -> PrimitiveCell:
    """Two cells along the shortest axis as one."""
    axis = int(np.argmin(np.linalg.norm(atoms.cell, axis=1)))
    step = np.eye(3)[axis]
    scale = 1.0 + step

    def twice(frac: FloatArray) -> FloatArray:
        return np.concatenate([frac / scale, (frac + step) / scale])

    return _bonded(
        "doubled cell",
        atoms.cell * scale[:, None],
        twice(atoms.frac_t),
        twice(atoms.frac_o),
        np.tile(atoms.owners, 2),
    )


def _bonded(
    name: str, cell: FloatArray, frac_t: FloatArray, frac_o: FloatArray, owners: IntArray
) -> PrimitiveCell:
    """Find the bonds of a cell."""
    near = neighbours_within(frac_o, frac_t, cell, T_O_REACH)
    # neighbours come by oxygen, then by distance: keep the nearest two of each
    rank = np.arange(len(near.centre)) - np.searchsorted(near.centre, near.centre)
    kept = np.flatnonzero(rank < 2)
    oxygen, t = near.centre[kept], near.point[kept]
    if (np.bincount(oxygen, minlength=len(frac_o)) != 2).any() or (
        np.bincount(t, minlength=len(frac_t)) != VALENCE
    ).any():
        raise InputError(
            f"{name}: expected SiO2 with four oxygen at every T atom and two T atoms at every "
            f"oxygen within {T_O_REACH:g} Å; refine the framework first"
        )
    return PrimitiveCell(cell, frac_t, frac_o, owners, oxygen, t, near.shift[kept])

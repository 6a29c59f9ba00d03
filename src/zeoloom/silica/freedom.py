"""What symmetry leaves free, as one vector of parameters, and the slopes of distances along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from zeoloom.silica.images import free_directions, free_strains

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.silica.restraints import Restraints


@dataclass(frozen=True, slots=True)
class Freedom:
    """The free parameters p of a framework: all zero where it starts, all in Å.

    Site k lies at `frac[k] + directions[k] @ p[columns[k]]`, the cell is
    `cell @ (1 + sum_s p_s strains[s])`. Both keep every operation of the group exactly, whatever p.

    Attributes:
        cell: (3, 3) Å at the start.
        frac: (n, 3) sites at the start, T atoms first.
        directions: (n, 3, 3) fractional displacements per Å, in columns; unused ones are zero.
        columns: (n, 3) the parameter of each direction; unused ones repeat parameter 0.
        strains: (s, 3, 3) strain per Å of the cell's mean edge; empty if the cell is held.
        positions: number of parameters of sites, which come before the strains.
    """

    cell: FloatArray
    frac: FloatArray
    directions: FloatArray
    columns: IntArray
    strains: FloatArray
    positions: int

    def __len__(self) -> int:
        return self.positions + len(self.strains)

    def sites(self, p: FloatArray) -> FloatArray:
        """(n, 3) fractional."""
        if self.positions == 0:
            return self.frac
        steps = np.einsum("nij,nj->ni", self.directions, p[self.columns])
        return np.asarray(self.frac + steps)

    def strained_cell(self, p: FloatArray) -> FloatArray:
        """(3, 3) Å."""
        strain = np.einsum("s,sij->ij", p[self.positions :], self.strains)
        return np.asarray(self.cell + self.cell @ strain)


def freedom_of(
    cell: FloatArray, frac: FloatArray, operations: SymmetryOperations, *, cell_free: bool
) -> Freedom:
    """The freedom symmetry leaves to sites (n, 3), exactly on their special positions, and cell."""
    directions, free = free_directions(frac, operations, cell)
    used = np.arange(3) < free[:, None]
    columns = np.where(used, np.cumsum(used).reshape(-1, 3) - 1, 0)
    strains = free_strains(operations, cell) if cell_free else np.zeros((0, 3, 3))
    edge = abs(np.linalg.det(cell)) ** (1 / 3)
    return Freedom(cell, frac, directions, columns, strains / edge, int(used.sum()))


@dataclass(frozen=True, slots=True)
class Slopes:
    """Where each distance depends on the parameters, prepared once for many evaluations.

    With e the unit vector of a distance and C the cell, `d distance / d x = C e` for its fractional
    vector x, and x is linear in the positions.

    Attributes:
        linear: (M, 3, 6) d x / d p of the two ends' parameters.
        columns: (M, 6) which parameters these are.
    """

    linear: FloatArray
    columns: IntArray


def slopes_of(restraints: Restraints, freedom: Freedom) -> Slopes:
    """Prepare the slopes of all distances."""
    a, b = restraints.site_a, restraints.site_b
    start = -(restraints.rotation_a @ freedom.directions[a])
    end = restraints.rotation_b @ freedom.directions[b]
    return Slopes(
        np.concatenate([start, end], axis=2),
        np.concatenate([freedom.columns[a], freedom.columns[b]], axis=1),
    )


def distances(
    restraints: Restraints, freedom: Freedom, p: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(M, 3) fractional vectors, (M, 3) vectors in Å, (M,) distances in Å."""
    frac = restraints.vectors(freedom.sites(p))
    cart = frac @ freedom.strained_cell(p)
    return frac, cart, np.linalg.norm(cart, axis=1)


def residuals(restraints: Restraints, freedom: Freedom, p: FloatArray) -> FloatArray:
    """(M,) `w (distance - target)`; repulsion counts below its target only."""
    _, _, length = distances(restraints, freedom, p)
    return _scale(restraints, length) * (length - restraints.target)


def jacobian(restraints: Restraints, freedom: Freedom, slopes: Slopes, p: FloatArray) -> csr_array:
    """(M, parameters) slopes of the residuals."""
    frac, cart, length = distances(restraints, freedom, p)
    scale = _scale(restraints, length)
    # two atoms in one place have no direction to part in: their slope is left zero
    unit = cart * (scale / np.maximum(length, 1e-6))[:, None]
    at_sites = np.einsum("mi,mij->mj", unit @ freedom.strained_cell(p).T, slopes.linear)
    started = frac @ freedom.cell
    at_strains = np.einsum("mi,sij,mj->ms", started, freedom.strains, unit)
    strain_columns = np.arange(freedom.positions, len(freedom))
    values = np.concatenate([at_sites, at_strains], axis=1)
    columns = np.concatenate(
        [slopes.columns, np.broadcast_to(strain_columns, at_strains.shape)], axis=1
    )
    rows = np.arange(0, values.size + 1, values.shape[1])
    return csr_array((values.ravel(), columns.ravel(), rows), shape=(len(restraints), len(freedom)))


def _scale(restraints: Restraints, length: FloatArray) -> FloatArray:
    """(M,) w, zero for repulsion that is not felt."""
    felt = ~restraints.repels | (length < restraints.target)
    return np.asarray(felt * restraints.weight)

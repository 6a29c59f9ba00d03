"""The T-T bonds of a framework: derived here, once, as a quotient graph or as a whole net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.group import group_in_cell
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits, identity_first, project_onto_sites, wrap
from zeoloom.geometry.site_symmetry import site_symmetry
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.periodic_net import PeriodicNet, net_from_edges
from zeoloom.nets.quotient_graph import QuotientGraph
from zeoloom.nets.quotient_kernel import BondTable
from zeoloom.structure.bridges import T_O_CUTOFF

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.geometry.site_symmetry import SiteSymmetry
    from zeoloom.structure.records import Framework


def quotient_graph_of(framework: Framework, cutoff: float = BOND_CUTOFF) -> QuotientGraph:
    """The bonds of a framework's asymmetric T atoms, each on its special position.

    Where the framework has oxygen, T atoms are bonded if an oxygen lies within `T_O_CUTOFF` of
    both; where it has none, if they are closer than `cutoff`. The group is that of the framework,
    the identity first.

    Args:
        framework: anything with at least one T atom.
        cutoff: Å, used without oxygen only.

    Raises:
        InputError: if there are no T atoms.
    """
    return _bonded(_sites_of(framework), framework, cutoff)


def net_of(framework: Framework, cutoff: float = BOND_CUTOFF) -> PeriodicNet:
    """The T-T graph of a framework, on all T atoms of its cell in the order of `expand_orbits`.

    Bonds are those of `quotient_graph_of`, between atoms where `expand_orbits` has them: in the
    cell.

    Raises:
        InputError: if there are no T atoms, or the bonds make no sense.
    """
    sites = _sites_of(framework)
    owners, tails, heads, shifts = _bonded(sites, framework, cutoff).half_edges()
    home = np.round(wrap(sites.images) - sites.images).astype(np.int64)
    return net_from_edges(tails, heads, shifts + home[tails] - home[heads], owners)


@dataclass(frozen=True, slots=True)
class _Sites:
    """The T atoms of a framework, none bonded yet.

    Attributes:
        group: of the framework, the identity first.
        symmetry: of the n asymmetric atoms.
        frac: (n, 3) of them, on their special positions.
        owner: (N,) the asymmetric atom of each atom of the cell.
        operation: (N,) the first operation that makes each of it.
        images: (N, 3) where that is, not wrapped.
    """

    group: Group
    symmetry: SiteSymmetry
    frac: FloatArray
    owner: IntArray
    operation: IntArray
    images: FloatArray


def _sites_of(framework: Framework) -> _Sites:
    if len(framework.frac_t) == 0:
        raise InputError("no T atoms")
    operations = identity_first(framework.operations)
    frac = project_onto_sites(framework.frac_t, operations, framework.cell)
    group = group_in_cell(operations, framework.cell)
    symmetry = site_symmetry(frac, group)
    owner, operation = np.nonzero(symmetry.representatives == np.arange(len(operations)))
    images = operations.images(frac)[operation, owner]
    return _Sites(group, symmetry, frac, owner, operation, images)


def _bonded(sites: _Sites, framework: Framework, cutoff: float) -> QuotientGraph:
    cell = framework.cell
    if len(framework.frac_o):
        frac_o, _ = expand_orbits(framework.frac_o, framework.operations, cell)
        # the oxygen around each T atom, then all T atoms around that
        near = neighbours_within(sites.frac, frac_o, cell, T_O_CUTOFF)
        ends = neighbours_within(frac_o[near.point] + near.shift, sites.images, cell, T_O_CUTOFF)
        centre, point, shift = near.centre[ends.centre], ends.point, ends.shift
    else:
        found = neighbours_within(sites.frac, sites.images, cell, cutoff)
        centre, point, shift = found.centre, found.point, found.shift
    rows = np.column_stack([centre, sites.owner[point], sites.operation[point], shift])
    itself = (rows[:, 0] == rows[:, 1]) & (rows[:, 2:] == 0).all(axis=1)
    rows = rows[~itself]
    rows = rows[np.lexsort(rows.T[::-1])]
    rows = rows[np.append(True, (rows[1:] != rows[:-1]).any(axis=1))[: len(rows)]]
    return QuotientGraph(sites.group, sites.symmetry, _table(rows, len(sites.frac)))


def _table(rows: IntArray, n: int) -> BondTable:
    """Rows (b, 6) of centre, partner, operation and shift, sorted by centre, as a table."""
    counts = np.bincount(rows[:, 0], minlength=n)
    column = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    partners = np.zeros((n, counts.max(initial=1)), dtype=np.int64)
    operations, shifts = np.zeros_like(partners), np.zeros((*partners.shape, 3), dtype=np.int64)
    partners[rows[:, 0], column] = rows[:, 1]
    operations[rows[:, 0], column] = rows[:, 2]
    shifts[rows[:, 0], column] = rows[:, 3:]
    return BondTable(counts, partners, operations, shifts)

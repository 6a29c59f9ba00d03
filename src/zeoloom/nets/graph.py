"""The periodic T-T graph of a framework, as a quotient graph.

One convention: the edge (i, j, S) joins atom i of every cell with atom j of the cell S further on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.integer_lattices import coordinates_in, lattice_basis
from zeoloom.structure.bridges import T_O_CUTOFF

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray
    from zeoloom.structure.records import Framework

MAX_SHIFT = 1 << 12
"""Cells. Bonds reach farther only in cells so skewed that no file holds them."""


@dataclass(frozen=True, slots=True)
class Net:
    """A d-periodic graph: vertices and edges of one cell, repeated by Z^d.

    Attributes:
        tails: (E,) vertex i of each edge; every edge is listed once, sorted.
        heads: (E,) vertex j.
        shifts: (E, d) whole cells S from i's cell to j's; d is 3 as made from a framework, and the
            periodicity of the component as made by `components`.
        sites: (n,) for each vertex, the asymmetric T atom of the framework it is an image of.
    """

    tails: IntArray
    heads: IntArray
    shifts: IntArray
    sites: IntArray

    def __len__(self) -> int:
        return len(self.sites)

    @property
    def dimension(self) -> int:
        """Number of lattice directions d."""
        return int(self.shifts.shape[1])

    @property
    def coordination(self) -> IntArray:
        """(n,) number of edges at each vertex; an edge to its own image counts twice."""
        ends = np.concatenate([self.tails, self.heads])
        return np.bincount(ends, minlength=len(self))


@dataclass(frozen=True, slots=True)
class HalfEdges:
    """The edges of a net seen from both ends, sorted by tail.

    Attributes:
        tails: (2E,) vertex it leaves.
        heads: (2E,) vertex it reaches.
        shifts: (2E, d) cells it goes on.
        first: (n + 1,) vertex i owns rows `first[i]:first[i + 1]`.
    """

    tails: IntArray
    heads: IntArray
    shifts: IntArray
    first: IntArray


@dataclass(frozen=True, slots=True)
class Component:
    """A connected part of a net, with the lattice that it has by itself.

    Attributes:
        net: its graph, d-periodic; tree edges have shift zero.
        vertices: (m,) its vertices in the whole net.
        periodicity: d: 3 a framework, 2 a layer, 1 a chain, 0 a molecule.
        copies: number of separate copies of it, related by lattice translations of the whole net;
            more than 1 for interpenetrating nets. None where the periodicity is below that of the
            whole net: the copies are countless.
    """

    net: Net
    vertices: IntArray
    periodicity: int
    copies: int | None


def net_from_edges(tails: IntArray, heads: IntArray, shifts: IntArray, sites: IntArray) -> Net:
    """A net from edges listed in any direction, any order, once or more often.

    Args:
        tails: (E,) vertices.
        heads: (E,) vertices.
        shifts: (E, d) cells.
        sites: (n,) asymmetric atoms.

    Raises:
        InputError: if an edge joins a vertex with itself in the same cell, or goes on more than
            `MAX_SHIFT` cells.
    """
    if (np.abs(shifts) > MAX_SHIFT).any():
        raise InputError(
            f"a bond goes on {int(np.abs(shifts).max())} cells, at most {MAX_SHIFT}: the cell is "
            "too skewed; give a reduced cell of the same structure"
        )
    if ((tails == heads) & (shifts == 0).all(axis=1)).any():
        raise InputError("an atom is bonded with itself")
    rows = np.column_stack([tails, heads, shifts]).astype(np.int64)
    back = np.column_stack([heads, tails, -shifts]).astype(np.int64)
    # of the two directions of an edge the lexicographically smaller one is kept
    differ = rows != back
    leading = differ.argmax(axis=1)
    each = np.arange(len(rows))
    smaller = rows[each, leading] <= back[each, leading]
    rows = np.where(smaller[:, None], rows, back)
    # np.unique of rows takes ten times as long
    rows = rows[np.lexsort(rows.T[::-1])]
    rows = rows[np.append(True, (rows[1:] != rows[:-1]).any(axis=1))[: len(rows)]]
    return Net(rows[:, 0], rows[:, 1], rows[:, 2:], np.asarray(sites, dtype=np.int64))


def net_of(framework: Framework, cutoff: float = BOND_CUTOFF) -> Net:
    """The T-T graph of a framework, on all T atoms of its cell in the order of `expand_orbits`.

    Where the framework has oxygen, T atoms are bonded if an oxygen lies within `T_O_CUTOFF` of
    both; where it has none, if they are closer than `cutoff`.

    Args:
        framework: anything with at least one T atom.
        cutoff: Å, used without oxygen only.

    Raises:
        InputError: if there are no T atoms, or the bonds make no sense.
    """
    if len(framework.frac_t) == 0:
        raise InputError("no T atoms")
    frac_t, sites = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    if len(framework.frac_o):
        frac_o, _ = expand_orbits(framework.frac_o, framework.operations, framework.cell)
        # every T around every oxygen, then every pair of T that share one
        found = neighbours_within(frac_o, frac_t, framework.cell, T_O_CUTOFF)
        one, two = _pairs_within_groups(found.centre)
        tails, heads = found.point[one], found.point[two]
        shifts = found.shift[two] - found.shift[one]
    else:
        found = neighbours_within(frac_t, frac_t, framework.cell, cutoff)
        bonded = (found.centre != found.point) | found.shift.any(axis=1)
        tails, heads, shifts = found.centre[bonded], found.point[bonded], found.shift[bonded]
    return net_from_edges(tails, heads, shifts, sites)


def _pairs_within_groups(groups: IntArray) -> tuple[IntArray, IntArray]:
    """All pairs of rows (k,), (k,) that are in the same group; `groups` is sorted."""
    sizes = np.bincount(groups)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ones, twos = [], []
    for size in np.unique(sizes[sizes > 1]):
        first, second = np.triu_indices(size, k=1)
        base = starts[sizes == size, None]
        ones.append((base + first).ravel())
        twos.append((base + second).ravel())
    nothing = np.zeros(0, dtype=np.int64)
    return np.concatenate([nothing, *ones]), np.concatenate([nothing, *twos])


def half_edges(net: Net) -> HalfEdges:
    """Both directions of every edge, sorted by tail, then head, then shift."""
    tails = np.concatenate([net.tails, net.heads])
    heads = np.concatenate([net.heads, net.tails])
    shifts = np.concatenate([net.shifts, -net.shifts])
    order = np.lexsort((*shifts.T[::-1], heads, tails))
    first = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=len(net)))])
    return HalfEdges(tails[order], heads[order], shifts[order], first)


def components(net: Net) -> tuple[Component, ...]:
    """The connected parts of a net, by their first vertex.

    The walks that lead from a vertex back to its images span the lattice of its component; if that
    has index k in the lattice of the net, k copies of the component interpenetrate.
    """
    from zeoloom.nets.spanning_tree import spanned  # noqa: PLC0415 - compiles

    half = half_edges(net)
    part_of, places = spanned(half.first, half.heads, half.shifts)
    cycles = net.shifts + places[net.tails] - places[net.heads]
    return tuple(
        _component(net, np.flatnonzero(part_of == part), cycles, part_of[net.tails] == part)
        for part in range(part_of.max(initial=-1) + 1)
    )


def _component(net: Net, vertices: IntArray, cycles: IntArray, mine: np.ndarray) -> Component:
    """The component of `vertices` (m,) whose edges are those of the mask `mine` (E,)."""
    basis = lattice_basis(cycles[mine])
    number = np.full(len(net), -1)
    number[vertices] = np.arange(len(vertices))
    part = net_from_edges(
        number[net.tails[mine]],
        number[net.heads[mine]],
        coordinates_in(cycles[mine], basis),
        net.sites[vertices],
    )
    whole = len(basis) == net.dimension
    # the basis is triangular: its determinant is the product of its diagonal
    copies = int(np.prod(np.diag(basis))) if whole else None
    return Component(part, vertices, len(basis), copies)

"""A periodic net without symmetry: the vertices and edges of one cell.

One convention: the edge (i, j, S) joins atom i of every cell with atom j of the cell S further on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.nets.integer_lattices import coordinates_in, lattice_basis

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray

MAX_SHIFT = 1 << 12
"""Cells. Bonds reach farther only in cells so skewed that no file holds them."""


@dataclass(frozen=True, slots=True)
class PeriodicNet:
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

    net: PeriodicNet
    vertices: IntArray
    periodicity: int
    copies: int | None


def net_from_edges(
    tails: IntArray, heads: IntArray, shifts: IntArray, sites: IntArray
) -> PeriodicNet:
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
    return PeriodicNet(rows[:, 0], rows[:, 1], rows[:, 2:], np.asarray(sites, dtype=np.int64))


def half_edges(net: PeriodicNet) -> HalfEdges:
    """Both directions of every edge, sorted by tail, then head, then shift."""
    tails = np.concatenate([net.tails, net.heads])
    heads = np.concatenate([net.heads, net.tails])
    shifts = np.concatenate([net.shifts, -net.shifts])
    order = np.lexsort((*shifts.T[::-1], heads, tails))
    first = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=len(net)))])
    return HalfEdges(tails[order], heads[order], shifts[order], first)


def components(net: PeriodicNet) -> tuple[Component, ...]:
    """The connected parts of a net, by their first vertex.

    The walks that lead from a vertex back to its images span the lattice of its component; if that
    has index k in the lattice of the net, k copies of the component interpenetrate.
    """
    from zeoloom.nets.spanning_tree import spanned  # noqa: PLC0415 - compiles

    half = half_edges(net)
    part_of, cells = spanned(half.first, half.heads, half.shifts)
    cycles = net.shifts + cells[net.tails] - cells[net.heads]
    return tuple(
        _component(net, np.flatnonzero(part_of == part), cycles, part_of[net.tails] == part)
        for part in range(part_of.max(initial=-1) + 1)
    )


def _component(
    net: PeriodicNet, vertices: IntArray, cycles: IntArray, mine: np.ndarray
) -> Component:
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

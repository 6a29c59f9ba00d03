"""The primitive net: the quotient by every translation that maps the net to itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.nets.integer_lattices import coordinates_in, lattice_basis
from zeoloom.nets.periodic_net import HalfEdges, PeriodicNet, half_edges, net_from_edges
from zeoloom.nets.placement import (
    SAME_COMPONENT,
    NoCanonicalFormError,
    edge_vectors,
    labels_of,
)
from zeoloom.nets.traversal import OrderedEdges, Traversal

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray


def primitive_net(net: PeriodicNet) -> tuple[PeriodicNet, IntArray]:
    """The net with the smallest possible cell.

    A translation is proposed by the barycentric placement in floating point and accepted only if it
    maps every edge to an edge, which is checked on the graph; so no wrong one is ever taken. (One
    would be missed if the placement were wrong by 1e-7, which is a million times its error.)

    Args:
        net: a connected net whose walks span its lattice, as `components` gives it.

    Returns:
        The primitive net, and the vertex of it (n,) that each vertex of the net became.

    Raises:
        NoCanonicalFormError: if two edges of a vertex have the same vector in the placement, or if
            a symmetry exchanges vertices that lie on one another in it.
    """
    half = half_edges(net)
    unchanged = (net, np.arange(len(net)))
    if len(net) == 1 or net.dimension == 0:
        return unchanged
    vectors = edge_vectors(half)
    labels = labels_of(vectors)
    edges = OrderedEdges(half, labels)
    if not edges.distinct:
        raise NoCanonicalFormError("two edges of a vertex coincide in the barycentric placement")
    candidates = _rarest_star(half, labels)
    group = _translations(edges, candidates, half, vectors)
    return unchanged if len(group) == 1 else _fold(net, group)


class _Translation(NamedTuple):
    """A translation that maps a net to itself.

    Attributes:
        vertices: (n,) the vertex that each vertex is moved onto.
        cells: (n, d) the cell that vertex is in, seen from the cell of the one moved.
        vector: (d,) fractional.
    """

    vertices: IntArray
    cells: IntArray
    vector: FloatArray

    def after(self, other: _Translation) -> _Translation:
        """This translation applied after another."""
        return _Translation(
            self.vertices[other.vertices],
            other.cells + self.cells[other.vertices],
            self.vector + other.vector,
        )


def _translations(
    edges: OrderedEdges, candidates: list[int], half: HalfEdges, vectors: FloatArray
) -> list[_Translation]:
    """All translations of the net modulo its lattice, the identity first.

    Each maps the first candidate to one of the others. The walks from both must agree; only those
    that are not yet decided by translations already known are compared.
    """
    n, d = len(half.first) - 1, vectors.shape[1]
    home = candidates[0]
    start = edges.traverse(home)
    assert start is not None
    positions = _positions(start, half, vectors)
    group = [_Translation(np.arange(n), np.zeros((n, d), dtype=np.int64), np.zeros(d))]
    decided = {home}
    for vertex in candidates[1:]:
        if vertex in decided:
            continue
        vector = positions[vertex] - positions[home]
        image = edges.traverse(vertex, limit=start.targets)
        if (
            image is None
            or (image.targets != start.targets).any()
            or (image.cycles != start.cycles).any()
        ):
            # what cannot be reached from home cannot be reached by a detour either
            decided.update(int(known.vertices[vertex]) for known in group)
            continue
        inverse = np.argsort(start.vertices)
        found = _Translation(image.vertices[inverse], (image.cells - start.cells)[inverse], vector)
        known, power = list(group), found
        while power.vertices[home] not in {other.vertices[home] for other in known}:
            group += [power.after(other) for other in known]
            power = found.after(power)
        decided.update(int(other.vertices[home]) for other in group)
    for _, _, moved in group[1:]:
        if np.abs(moved - np.round(moved)).max() < SAME_COMPONENT:
            raise NoCanonicalFormError(
                "a symmetry exchanges vertices that coincide in the barycentric placement"
            )
    return group


def _rarest_star(half: HalfEdges, labels: IntArray) -> list[int]:
    """The vertices with the same edge vectors as the vertex for which they are fewest."""
    order = np.lexsort((*labels.T[::-1], half.tails))
    starts = half.first[1:-1]
    stars = [star.tobytes() for star in np.split(labels[order], starts)]
    counts = Counter(stars)
    rarest = min(stars, key=lambda star: counts[star])
    return [vertex for vertex, star in enumerate(stars) if star == rarest]


def _positions(start: Traversal, half: HalfEdges, vectors: FloatArray) -> FloatArray:
    """(n, d) placement of the vertices in cell 0, by the walk from the start."""
    # along any edge x_j = x_i + vector - S; the vertices are taken in the order they were reached
    positions = np.full((len(half.first) - 1, vectors.shape[1]), np.nan)
    positions[start.vertices[0]] = 0.0
    for vertex in start.vertices:
        rows = slice(half.first[vertex], half.first[vertex + 1])
        heads = half.heads[rows]
        reached = positions[vertex] + vectors[rows] - half.shifts[rows]
        new = np.isnan(positions[heads, 0])
        positions[heads[new]] = reached[new]
    return positions


def _fold(net: PeriodicNet, group: list[_Translation]) -> tuple[PeriodicNet, IntArray]:
    """Identify the vertices that the m translations of a group map to one another.

    Translation t maps vertex r in cell 0 to vertex i in cell s; so i in cell 0 is r moved by t - s.
    As the m translations are a group, m t are whole cells: in units of 1 / m of a cell all is
    integer.
    """
    m = len(group)
    fractional = np.stack([translation.vector for translation in group])
    vectors = np.round(m * fractional).astype(np.int64)
    assert np.abs(m * fractional - vectors).max() < 1e-3
    images = np.stack([translation.vertices for translation in group])  # (m, n)
    representative, folded = np.unique(images.min(axis=0), return_inverse=True)
    offsets = np.zeros((len(net), net.dimension), dtype=np.int64)
    for translation, vector in zip(group, vectors, strict=True):
        cells = translation.cells[representative]
        offsets[translation.vertices[representative]] = vector - m * cells
    basis = lattice_basis(np.concatenate([vectors, m * np.eye(net.dimension, dtype=np.int64)]))
    shifts = coordinates_in(m * net.shifts + offsets[net.heads] - offsets[net.tails], basis)
    smaller = net_from_edges(
        folded[net.tails], folded[net.heads], shifts, net.sites[representative]
    )
    assert len(smaller.tails) * m == len(net.tails)
    return smaller, folded

"""The primitive net: the quotient by every translation that maps the net to itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.structure.nets.graph import HalfEdges, Net, half_edges, net_from_edges
from zeoloom.structure.nets.integer_lattices import coordinates_in, lattice_basis
from zeoloom.structure.nets.placement import (
    SAME_COMPONENT,
    UnstableNetError,
    edge_vectors,
    labels_of,
)
from zeoloom.structure.nets.traversal import OrderedEdges, Traversal

if TYPE_CHECKING:
    from zeoloom.structure.records import FloatArray, IntArray


def primitive_net(net: Net) -> tuple[Net, IntArray]:
    """The net with the smallest possible cell.

    A translation is proposed by the barycentric placement in floating point and accepted only if it
    maps every edge to an edge, which is checked on the graph; so no wrong one is ever taken. (One
    would be missed if the placement were wrong by 1e-7, which is a million times its error.)

    Args:
        net: a connected net whose walks span its lattice, as `components` gives it.

    Returns:
        The primitive net, and the vertex of it (n,) that each vertex of the net became.

    Raises:
        UnstableNetError: if two edges of a vertex have the same vector in the placement.
    """
    half = half_edges(net)
    unchanged = (net, np.arange(len(net)))
    if len(net) == 1 or net.dimension == 0:
        return unchanged
    vectors = edge_vectors(half)
    labels = labels_of(vectors)
    edges = OrderedEdges(half, labels)
    if not edges.distinct:
        raise UnstableNetError("two edges of a vertex coincide in the barycentric placement")
    candidates = _rarest_star(half, labels)
    start = edges.traverse(candidates[0])
    assert start is not None
    positions = _positions(start, half, vectors)
    images, translations = [start], [np.zeros(net.dimension)]
    for vertex in candidates[1:]:
        image = edges.traverse(vertex, limit=start.targets)
        if image is None or image.targets != start.targets or (image.cycles != start.cycles).any():
            continue
        translation = positions[vertex] - positions[candidates[0]]
        # a symmetry that leaves all positions where they are is no translation
        if np.abs(translation - np.round(translation)).max() > SAME_COMPONENT:
            images.append(image)
            translations.append(translation)
    if len(images) == 1:
        return unchanged
    return _fold(net, images, np.stack(translations))


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


def _fold(net: Net, images: list[Traversal], fractional: FloatArray) -> tuple[Net, IntArray]:
    """Identify the vertices that translations map to one another.

    Image k of the walk, moved by row k of `fractional` (m, d), maps vertex r at place P to vertex i
    at place P'; so it moves r in cell 0 by the translation t_k to i in cell s = P' - P. There are m
    translations, a group, so m t_k are whole cells: in units of 1 / m of a cell all is integer.
    """
    m = len(images)
    start = images[0]
    translations = np.round(m * fractional).astype(np.int64)
    assert np.abs(m * fractional - translations).max() < 1e-3
    vertices = np.stack([image.vertices for image in images])  # (m, n)
    representative = np.full(len(net), -1)
    offsets = np.zeros((len(net), net.dimension), dtype=np.int64)
    count = 0
    for column, vertex in enumerate(start.vertices):
        if representative[vertex] >= 0:
            continue
        orbit = vertices[:, column]
        representative[orbit] = count
        count += 1
        for image, move, other in zip(images, translations, orbit, strict=True):
            # vertex i in cell 0 is the representative moved by t_k - s
            offsets[other] = move - m * (image.places[column] - start.places[column])
    basis = lattice_basis(np.concatenate([translations, m * np.eye(net.dimension, dtype=np.int64)]))
    shifts = coordinates_in(m * net.shifts + offsets[net.heads] - offsets[net.tails], basis)
    _, kept = np.unique(representative, return_index=True)
    folded = net_from_edges(
        representative[net.tails], representative[net.heads], shifts, net.sites[kept]
    )
    assert len(folded.tails) * m == len(net.tails)
    return folded, representative

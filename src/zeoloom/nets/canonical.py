"""The canonical form of a periodic graph: equal exactly for equal nets.

After Delgado-Friedrichs & O'Keeffe (Acta Cryst. A59, 351, 2003; the program Systre): of the
primitive net in its barycentric placement, every vertex and three independent edge vectors at it
make a frame. Written in a frame, edges have an order that any isomorphism of nets carries along;
the numbering that follows it, and the cell shifts of the numbered edges in the lattice basis that
their order singles out, are the same for equal nets and equal frames. The form is the smallest over
all frames, and lists the whole graph: nets with equal forms are equal.

Only the frames of the rarest kind have to be tried. The kind of a frame with the edge vectors
E (rows) is its Gram matrix E M E^T in the metric that the net itself brings,
M = (sum of e^T e over all edges)^-1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise, permutations
from math import perm
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.nets.integer_lattices import canonical_coordinates
from zeoloom.nets.periodic_net import HalfEdges, PeriodicNet, components, half_edges, net_from_edges
from zeoloom.nets.placement import (
    PRIMES,
    NoCanonicalFormError,
    UnluckyPrimeError,
    determinant_modulo,
    edge_vectors_modulo,
    inverse_modulo,
    multiply_modulo,
)
from zeoloom.nets.primitive_net import primitive_net
from zeoloom.nets.traversal import OrderedEdges

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray

KEY_LENGTH = 20
"""Hexadecimal digits of a key: 80 bits, far beyond chance for the millions of nets there are."""

MAX_FRAMES = 300_000
"""Frames looked at. A net of T atoms has 24 for each vertex; only heaps of atoms have more."""


@dataclass(frozen=True, slots=True)
class CanonicalForm:
    """The canonical form of a connected net.

    Attributes:
        net: the primitive net, numbered canonically, in the canonical lattice basis; `sites` are
            the orbits of its vertices under all symmetries of the net, numbered from 0.
        vertices: (n,) for each vertex of the net given, its number in the canonical net.
        symmetry: order of the group of the net modulo its translations: 48 for diamond.
    """

    net: PeriodicNet
    vertices: IntArray
    symmetry: int

    @property
    def text(self) -> str:
        """The form itself: periodicity, then 'i j shift' of every edge, as Systre writes nets."""
        rows = np.column_stack([self.net.tails + 1, self.net.heads + 1, self.net.shifts])
        return " ".join(map(str, [self.net.dimension, *rows.ravel().tolist()]))

    @property
    def key(self) -> str:
        """A short key of the form."""
        return key_of_text(self.text)


def key_of_text(text: str) -> str:
    """The first `KEY_LENGTH` digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def canonical_form(net: PeriodicNet) -> CanonicalForm:
    """The canonical form of a connected net, whatever the cell it is given in.

    Args:
        net: connected, of periodicity 1 to 3; vertices may have any number of edges. Vertices may
            coincide in the barycentric placement, as long as the edges of each differ.

    Raises:
        NoCanonicalFormError: if two edges at a vertex have the same vector in the barycentric
            placement (as where two T atoms have the same four neighbours), a symmetry exchanges
            vertices that coincide in it, no frame is found, or there are too many.
        ValueError: if the net is not connected or not periodic.
    """
    parts = components(net)
    if len(parts) != 1 or parts[0].copies not in (1, None):
        raise ValueError("the net is not connected")
    if parts[0].periodicity == 0:
        raise ValueError("the net is not periodic")
    primitive, folded = primitive_net(parts[0].net)
    half = half_edges(primitive)
    problem = ""
    for prime in PRIMES:
        try:
            frames, vectors = _rarest_frames(half, prime)
            form, symmetry, number = _smallest_form(half, frames, vectors, prime)
        except UnluckyPrimeError:
            problem = "it is degenerate modulo every prime tried"
        except NoCanonicalFormError as error:
            # residues may coincide by chance, once in millions; then another prime tells
            problem = str(error)
        else:
            return CanonicalForm(form, number[folded], symmetry)
    raise NoCanonicalFormError(problem)


def _rarest_frames(half: HalfEdges, prime: int) -> tuple[IntArray, IntArray]:
    """The frames to try.

    Returns:
        (F, d) half-edges of each frame, the start vertex being the tail of the first; (2E, d)
        residues of all edge vectors.

    Raises:
        NoCanonicalFormError: as `canonical_form`.
        UnluckyPrimeError: if the prime does not do for this net.
    """
    vectors = edge_vectors_modulo(half, prime)
    if not OrderedEdges(half, vectors).distinct:
        raise NoCanonicalFormError("two edges of a vertex coincide in the barycentric placement")
    # metric = (sum of e^T e)^-1
    squares = vectors[:, :, None] * vectors[:, None, :] % prime
    metric = inverse_modulo(squares.sum(axis=0) % prime, prime)
    for make_frames in (_frames_at_vertices, _frames_at_neighbours, _frames_anywhere):
        frames = make_frames(half)
        rows = vectors[frames]
        independent = determinant_modulo(rows, prime) != 0
        if not independent.any():
            continue
        frames, rows = frames[independent], rows[independent]
        turned = np.ascontiguousarray(rows.transpose(0, 2, 1))
        gram = multiply_modulo(multiply_modulo(rows, metric, prime), turned, prime)
        upper = np.triu_indices(rows.shape[1])
        _, kind, counts = np.unique(
            gram[:, upper[0], upper[1]], axis=0, return_inverse=True, return_counts=True
        )
        # np.unique sorts: of kinds equally rare the smallest is taken
        return frames[kind.ravel() == counts.argmin()], vectors
    raise NoCanonicalFormError("no vertex and its neighbours span the space")


def _frames_at_vertices(half: HalfEdges) -> IntArray:
    """(F, d) all ordered choices of d half-edges at one vertex."""
    d = half.shifts.shape[1]
    degrees = np.diff(half.first)
    if sum(perm(degree, d) for degree in degrees.tolist()) > MAX_FRAMES:
        raise NoCanonicalFormError(
            f"it is too large or too crowded: {len(degrees)} T atoms with up to {degrees.max()} "
            "bonds"
        )
    frames = [np.zeros((0, d), dtype=np.int64)]
    for degree in np.unique(degrees):
        choices = np.array(list(permutations(range(degree), d)), dtype=np.int64).reshape(-1, d)
        firsts = half.first[:-1][degrees == degree]
        frames.append((firsts[:, None, None] + choices).reshape(-1, d))
    return np.concatenate(frames)


def _frames_at_neighbours(half: HalfEdges) -> IntArray:
    """(F, d) all but one half-edge at a vertex, the last at a neighbour: for flat vertices."""
    d = half.shifts.shape[1]
    firsts, heads = half.first.tolist(), half.heads.tolist()
    frames = []
    for start, stop in pairwise(firsts):
        mine = range(start, stop)
        near = sorted({row for way in mine for row in range(*firsts[heads[way] :][:2])})
        frames += [(*most, last) for most in permutations(mine, d - 1) for last in near]
    return np.array(frames, dtype=np.int64).reshape(-1, d)


def _frames_anywhere(half: HalfEdges) -> IntArray:
    """(F, d) any half-edges, for small nets only: their number grows with the power d."""
    d, m = half.shifts.shape[1], len(half.tails)
    if m**d > MAX_FRAMES:
        return np.zeros((0, d), dtype=np.int64)
    return np.stack(np.unravel_index(np.arange(m**d), (m,) * d), axis=1).astype(np.int64)


def _smallest_form(
    half: HalfEdges, frames: IntArray, vectors: IntArray, prime: int
) -> tuple[PeriodicNet, int, IntArray]:
    """The smallest numbered net over frames, how many give it, the number of each vertex."""
    best: tuple[list[int], list[int], list[list[int]]] | None = None
    numberings: list[IntArray] = []
    least: IntArray | None = None
    n = len(half.first) - 1
    degrees = np.diff(half.first)
    for frame, to_frame in zip(frames, inverse_modulo(vectors[frames], prime), strict=True):
        edges = OrderedEdges(half, multiply_modulo(vectors, to_frame, prime))
        traversal = edges.traverse(int(half.tails[frame[0]]), least)
        if traversal is None:
            continue
        start = traversal.vertices
        cycles = canonical_coordinates(traversal.cycles)
        # targets alone do not tell tails where vertices differ in their numbers of edges
        form = (traversal.targets.tolist(), degrees[start].tolist(), cycles.tolist())
        if best is None or form < best:
            best, numberings, least = form, [start], traversal.targets
        elif form == best:
            numberings.append(start)
    assert best is not None
    orders = np.stack(numberings)
    # the symmetries map equal numbers to one another
    _, orbits = np.unique(orders.min(axis=0), return_inverse=True)
    number = np.empty(n, dtype=np.int64)
    number[orders[0]] = np.arange(n)
    net = net_from_edges(
        np.repeat(np.arange(n), best[1]),
        np.array(best[0], dtype=np.int64),
        np.array(best[2], dtype=np.int64).reshape(-1, half.shifts.shape[1]),
        orbits.ravel(),
    )
    return net, len(numberings), number

"""Embeddings: the positions in which one net can lie in a given cell and group.

A fingerprint knows the net, not how it lies in the cell. With two axes exchanged, or cut out of the
net along other lattice vectors, the same net may fit a cell well or badly, and its cost, which is
that of T atoms alone, may not tell. In the equilibrium placement of a net, where each vertex is the
mean of its neighbours (Delgado-Friedrichs & O'Keeffe, Acta Cryst. A 59 (2003) 351), bonds as
coordinates of the cell depend on the net and on its lattice vectors alone; so does their second
moment, wherever atoms have been relaxed to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.nets.fingerprint import DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.search.candidates import Candidate

MOST_EMBEDDINGS = 3
"""Embeddings of a net that are refined of one batch."""

MOMENT_DIGITS = 5
"""Decimals of the moments that are compared."""

TETHER = 1e-9
"""Keeps atoms where nothing else does: along polar axes, and parts of a net that are not joined."""

OFF_ROUNDING = 3.1e-6
"""Added to moments, which are often simple fractions, so that none lies between two roundings."""


def embedding_of(candidate: Candidate) -> str:
    """What candidates of one net, cell and group share if the net lies alike in the cell.

    Args:
        candidate: every atom with four bonds.

    Returns:
        The second moments of the bonds of its equilibrium placement, and the sizes of its orbits.
    """
    graph, group = candidate.graph, candidate.graph.group
    bonds, n = graph.bonds, len(graph)
    partners, chosen = bonds.partners[:, :DEGREE], bonds.operations[:, :DEGREE]
    rotations = group.rotations[chosen].astype(np.float64)
    offsets = group.translations[chosen] + bonds.shifts[:, :DEGREE]
    # of atom i: the sum of R x_j + t over its neighbours is four times x_i
    matrix = np.zeros((n, 3, n, 3))
    atoms = np.arange(n)
    for k in range(DEGREE):
        matrix[atoms, :, partners[:, k]] -= rotations[:, k]
    matrix[atoms, :, atoms] += (DEGREE + TETHER) * np.eye(3)
    right = offsets.sum(axis=1).reshape(-1)
    frac = np.linalg.solve(matrix.reshape(3 * n, 3 * n), right).reshape(n, 3)
    vectors = np.einsum("nkij,nkj->nki", rotations, frac[partners]) + offsets - frac[:, None]
    sizes = len(group.rotations) // graph.symmetry.orders
    moments = np.einsum("n,nki,nkj->ij", sizes / sizes.sum(), vectors, vectors)
    images = group.rotations @ moments @ group.rotations.swapaxes(1, 2)
    upper = images.mean(axis=0)[np.triu_indices(3)] + OFF_ROUNDING
    texts = [f"{value + 0.0:.{MOMENT_DIGITS}f}" for value in upper]
    return " ".join([*texts, *(str(size) for size in sorted(sizes.tolist()))])


def different_embeddings(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    """The first candidate of each embedding of a net, by what `embedding_of` says."""
    found: dict[str, Candidate] = {}
    for each in candidates:
        found.setdefault(embedding_of(each), each)
    return found

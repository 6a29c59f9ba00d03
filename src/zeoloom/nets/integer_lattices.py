"""Exact arithmetic on integer lattices: canonical bases, coordinates in them. Arrays in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import IntArray


def lattice_basis(generators: IntArray) -> IntArray:
    """The one canonical basis of the lattice that integer vectors span: its Hermite normal form.

    Args:
        generators: (m, d) integers; m may be 0, rows may repeat or depend on one another.

    Returns:
        (r, d) rows in echelon form, r the rank: the first nonzero entry of each row is positive,
        and the entries above it are smaller than it and not negative. Two sets of generators span
        the same lattice exactly if their bases are equal (Cohen, A Course in Computational
        Algebraic Number Theory, 1993, section 2.4).
    """
    width = generators.shape[1]
    # Python integers: no overflow on the way
    pending = [list(row) for row in dict.fromkeys(map(tuple, generators.tolist()))]
    basis: list[list[int]] = []
    pivots: list[int] = []
    for column in range(width):
        # Euclid's algorithm on the column, until one row holds its greatest common divisor
        while True:
            live = sorted((row for row in pending if row[column]), key=lambda row: abs(row[column]))
            if len(live) < 2:
                break
            lead = live[0]
            for row in live[1:]:
                _subtract(row, row[column] // lead[column], lead)
        if not live:
            continue
        lead = live[0]
        # by identity: rows may have become equal
        pending = [row for row in pending if row is not lead and any(row)]
        if lead[column] < 0:
            lead[:] = [-entry for entry in lead]
        basis.append(lead)
        pivots.append(column)
    for k, (lead, column) in enumerate(zip(basis, pivots, strict=True)):
        for row in basis[:k]:
            _subtract(row, row[column] // lead[column], lead)
    return np.array(basis, dtype=np.int64).reshape(-1, width)


def _subtract(row: list[int], times: int, lead: list[int]) -> None:
    """Take `times * lead` from `row`, in place."""
    if times:
        row[:] = [a - times * b for a, b in zip(row, lead, strict=True)]


def coordinates_in(vectors: IntArray, basis: IntArray) -> IntArray:
    """Coordinates of vectors of a lattice in its basis.

    Args:
        vectors: (..., d) integers.
        basis: (r, d) as `lattice_basis` gives it.

    Returns:
        (..., r) integers c with `vectors = c @ basis`.

    Raises:
        ValueError: if a vector is not in the lattice.
    """
    rest = vectors.copy()
    found = np.zeros((*vectors.shape[:-1], len(basis)), dtype=np.int64)
    for k, row in enumerate(basis):
        column = int(np.flatnonzero(row)[0])
        found[..., k] = rest[..., column] // row[column]
        rest -= found[..., k, None] * row
    if rest.any():
        raise ValueError("a vector is not in the lattice of the basis")
    return found


def canonical_coordinates(vectors: IntArray) -> IntArray:
    """A list of integer vectors in the one basis of Z^d that its order singles out.

    The columns of the list are brought to Hermite normal form: for any unimodular U, the lists
    `vectors` and `vectors @ U` give the same result.

    Args:
        vectors: (m, d) that span Z^d.

    Returns:
        (m, d).
    """
    rows = _first_independent(vectors)
    # H = R U lower triangular <=> U^T R^T = H^T: row operations on the transpose
    hermite = lattice_basis(rows.T).T
    solution = np.linalg.solve(rows.astype(np.float64), hermite.astype(np.float64))
    unimodular = np.round(solution).astype(np.int64)
    assert (rows @ unimodular == hermite).all()
    return np.asarray(vectors @ unimodular)


def _first_independent(vectors: IntArray) -> IntArray:
    """(d, d): the first row that is not zero, the next one not parallel to it, and so on."""
    d = vectors.shape[1]
    chosen: list[list[int]] = []
    # the chosen rows, each without what those before it have in their first entries
    echelon: list[tuple[int, list[int]]] = []
    for row in vectors[vectors.any(axis=1)].tolist():
        rest = row
        for column, lead in echelon:
            rest = [lead[column] * a - rest[column] * b for a, b in zip(rest, lead, strict=True)]
        if any(rest):
            chosen.append(row)
            echelon.append((next(k for k, entry in enumerate(rest) if entry), rest))
            if len(chosen) == d:
                return np.array(chosen, dtype=np.int64)
    raise AssertionError("the vectors do not span the space")

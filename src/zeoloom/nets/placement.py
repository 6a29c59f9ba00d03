"""The barycentric placement of a net: every vertex at the mean of its neighbours.

It is unique up to affine maps, so whatever is built from it and keeps under affine maps belongs to
the net, not to the way it was given (Delgado-Friedrichs & O'Keeffe, Acta Cryst. A59, 351, 2003,
where the equation below is solved in rational numbers). With the n vertices at rational x_i in the
cell of the net, the edges i -> j + S give n equations,

    sum_S (x_j + S - x_i) = 0,    x_0 = 0.

Two solutions here: in floating point, for any size; and modulo a large prime p, where a rational
a / b becomes a * b^-1. The residues are exact images of the rational numbers and follow the same
rules of arithmetic: whatever is equal stays equal, whatever an affine map takes to one another
keeps its residues in the frame it carries along. So rules built on residues are as much a property
of the net as rules built on the rational numbers themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import splu

from zeoloom.geometry.compiled import compiled, compiled_in_place

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.nets.periodic_net import HalfEdges

PRIMES = (2147483647, 2147483629, 2147483587, 2147483579)
"""The largest below 2^31, so that a product of two residues fits in 63 bits."""

SAME_COMPONENT = 1e-7
"""Cells. Components of edge vectors closer than this are taken as equal in floating point."""


class UnluckyPrimeError(ArithmeticError):
    """The prime divides a determinant of the net: its residues cannot be used, another one's can.

    Determinants do not depend on the cell, so all descriptions of a net skip the same primes.
    """


class NoCanonicalFormError(ValueError):
    """A net has no canonical form that could be found; the message says why."""


def edge_vectors(half: HalfEdges) -> FloatArray:
    """Edge vectors x_j + S - x_i of the barycentric placement, in fractional coordinates.

    Args:
        half: half-edges of a connected net.

    Returns:
        (2E, d), accurate to about 1e-12.
    """
    laplacian, right = _equations(half)
    x = np.zeros(right.shape)
    if len(right) > 1:
        x[1:] = splu(laplacian[1:, 1:].tocsc()).solve(right[1:].astype(np.float64))
    return np.asarray(x[half.heads] + half.shifts - x[half.tails])


def edge_vectors_modulo(half: HalfEdges, prime: int) -> IntArray:
    """As `edge_vectors`, exactly, as residues.

    Args:
        half: half-edges of a connected net.
        prime: one of `PRIMES`.

    Returns:
        (2E, d) in [0, prime).

    Raises:
        UnluckyPrimeError: if the prime divides the determinant of the equations, which is the
            number of spanning trees of the quotient graph.
    """
    laplacian, right = _equations(half)
    x = np.zeros(right.shape, dtype=np.int64)
    if len(right) > 1:
        x[1:] = _solve_modulo(laplacian[1:, 1:], right[1:], prime)
    return np.asarray((x[half.heads] + half.shifts - x[half.tails]) % prime)


def _equations(half: HalfEdges) -> tuple[csr_array, IntArray]:
    """The Laplacian (n, n) and the right-hand side (n, d) of `laplacian @ x = right`."""
    n = len(half.first) - 1
    ones = np.ones(len(half.tails), dtype=np.int64)
    adjacency = csr_array((ones, (half.tails, half.heads)), shape=(n, n))
    degrees = csr_array((np.diff(half.first), (np.arange(n), np.arange(n))), shape=(n, n))
    right = np.zeros((n, half.shifts.shape[1]), dtype=np.int64)
    np.add.at(right, half.tails, half.shifts)
    return degrees - adjacency, right


def _solve_modulo(matrix: csr_array, right: IntArray, prime: int) -> IntArray:
    """Gauss elimination modulo a prime, of a sparse (m, m) matrix with (m, d) right-hand sides."""
    m, d = right.shape
    # within a narrow band around the diagonal the rows stay sparse, and only what is nonzero is met
    band = reverse_cuthill_mckee(matrix, symmetric_mode=True)
    work = np.concatenate([matrix.toarray()[band][:, band], right[band]], axis=1) % prime
    if not _eliminate(work, prime):
        raise UnluckyPrimeError(prime)
    solution = np.empty((m, d), dtype=np.int64)
    solution[band] = work[:, m:]
    return solution


@compiled
def _eliminate(work: IntArray, prime: int) -> bool:
    """Solve equations (m, m + d) modulo a prime, in place; False if it divides the determinant.

    The solutions end where the right-hand sides were.
    """
    m, width = work.shape
    for k in range(m):
        row = k
        while row < m and work[row, k] == 0:
            row += 1
        if row == m:
            return False
        for j in range(k, width):
            work[k, j], work[row, j] = work[row, j], work[k, j]
        inverse = _inverse(work[k, k], prime)
        for j in range(k, width):
            work[k, j] = work[k, j] * inverse % prime
        for i in range(row + 1, m):
            _subtract(work, i, work[i, k], k, k, prime)
    for k in range(m - 1, -1, -1):
        for i in range(k):
            _subtract(work, i, work[i, k], k, m, prime)
    return True


@compiled_in_place
def _inverse(number: int, prime: int) -> int:
    """Of a residue, by Fermat's little theorem."""
    inverse, power, left = 1, number, prime - 2
    while left > 0:
        if left % 2:
            inverse = inverse * power % prime
        power = power * power % prime
        left //= 2
    return inverse


@compiled
def _subtract(work: IntArray, row: int, times: int, lead: int, start: int, prime: int) -> None:
    """Take a multiple of one row from another, from a column on."""
    if times != 0:
        for j in range(start, work.shape[1]):
            if work[lead, j] != 0:
                work[row, j] = (work[row, j] - times * work[lead, j]) % prime


def multiply_modulo(a: IntArray, b: IntArray, prime: int) -> IntArray:
    """Matrix products modulo a prime: (..., i, k) and (..., k, j) to (..., i, j)."""
    products = a[..., :, :, None] * b[..., None, :, :] % prime
    return np.asarray(products.sum(axis=-2) % prime)


def determinant_modulo(matrices: IntArray, prime: int) -> IntArray:
    """Determinants (...,) of matrices (..., d, d), d at most 3, by expansion of the first row."""
    d = matrices.shape[-1]
    if d == 1:
        return np.asarray(matrices[..., 0, 0] % prime)
    total = np.zeros(matrices.shape[:-2], dtype=np.int64)
    for k in range(d):
        minor = np.delete(matrices[..., 1:, :], k, axis=-1)
        term = matrices[..., 0, k] * determinant_modulo(minor, prime) % prime
        total = (total + (term if k % 2 == 0 else prime - term)) % prime
    return total


def inverse_modulo(matrices: IntArray, prime: int) -> IntArray:
    """Inverses (..., d, d) of matrices, d at most 3, from their cofactors.

    Raises:
        UnluckyPrimeError: if the prime divides a determinant.
    """
    d = matrices.shape[-1]
    determinants = determinant_modulo(matrices, prime)
    if (determinants == 0).any():
        raise UnluckyPrimeError(prime)
    inverses = np.ones(matrices.shape, dtype=np.int64)
    if d > 1:
        for i in range(d):
            for j in range(d):
                minor = np.delete(np.delete(matrices, j, axis=-2), i, axis=-1)
                sign = (-1) ** (i + j)
                inverses[..., i, j] = sign * determinant_modulo(minor, prime) % prime
    reciprocals = [pow(int(value), -1, prime) for value in determinants.ravel()]
    scale = np.array(reciprocals, dtype=np.int64).reshape(determinants.shape)
    return np.asarray(inverses * scale[..., None, None] % prime)


def labels_of(vectors: FloatArray) -> IntArray:
    """Edge vectors as integers: components that agree within `SAME_COMPONENT` get the same one.

    Args:
        vectors: (m, d).

    Returns:
        (m, d) labels that rise with the components.
    """
    values = np.sort(vectors, axis=None)
    breaks = values[1:][np.diff(values) > SAME_COMPONENT]
    return np.asarray(np.searchsorted(breaks, vectors, side="right"))

"""What the equivariant network does within each point, compiled: on the CPU, without gradients.

Between the matrix products of a round lie some thirty operations on small arrays. Torch passes over
the arrays once for each; here they are four passes. The tests hold them to the network itself.
All arrays are contiguous, and of one kind of float.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled_with_reordered_sums

if TYPE_CHECKING:
    RealArray = np.ndarray[tuple[int, ...], np.dtype[np.floating]]

NORM_EPSILON = 1e-5
"""Of `torch.nn.LayerNorm`."""

LENGTH_EPSILON, SQUARE_EPSILON = 1e-6, 1e-4
"""Added to squared lengths of vectors, and to their mean over the channels of a point."""


@compiled_with_reordered_sums
def before_messages(
    scalars: RealArray,
    vectors: RealArray,
    weight: RealArray,
    bias: RealArray,
    modulation: RealArray,
    scale: float,
    scalars_out: RealArray,
    vectors_out: RealArray,
) -> None:
    """Norm the scalars, shifted and stretched by the noise level, and the vectors.

    Args:
        scalars: (B, N, F).
        vectors: (B, 3, N, V).
        weight: (F,) of the layer norm.
        bias: (F,) likewise.
        modulation: (B, 2F) shift and stretch.
        scale: of everything that is written.
        scalars_out: (B, N, F), written.
        vectors_out: (B, 3, N, V), written.
    """
    batch, n, width = scalars.shape
    factor = scalars.dtype.type(scale)
    one = scalars.dtype.type(1.0)
    for b in range(batch):
        for i in range(n):
            row, out = scalars[b, i], scalars_out[b, i]
            _layer_norm(row, weight, bias, out)
            for f in range(width):
                out[f] = factor * (out[f] * (one + modulation[b, width + f]) + modulation[b, f])
            _rms_norm(vectors[b, :, i], scale, vectors_out[b, :, i])


@compiled_with_reordered_sums
def take_messages(
    scalars: RealArray,
    vectors: RealArray,
    to_scalars: RealArray,
    to_vectors: RealArray,
    vectors_out: RealArray,
) -> None:
    """Add messages to scalars (B, N, F) and vectors (B, 3, N, V); write the normed vectors."""
    batch, n, width = scalars.shape
    for b in range(batch):
        for i in range(n):
            for f in range(width):
                scalars[b, i, f] += to_scalars[b, i, f]
            for c in range(3):
                for v in range(vectors.shape[3]):
                    vectors[b, c, i, v] += to_vectors[b, c, i, v]
            _rms_norm(vectors[b, :, i], 1.0, vectors_out[b, :, i])


@compiled_with_reordered_sums
def before_update(
    scalars: RealArray,
    mixed: RealArray,
    weight: RealArray,
    bias: RealArray,
    out: RealArray,
) -> None:
    """Normed scalars, lengths of the right vectors, products of the left and the right.

    Args:
        scalars: (B, N, F).
        mixed: (B, 3, N, 2V) left and right.
        weight: (F,) of the layer norm.
        bias: (F,) likewise.
        out: (B, N, F + 2V), written.
    """
    batch, n, width = scalars.shape
    vector_width = mixed.shape[3] // 2
    small = scalars.dtype.type(LENGTH_EPSILON)
    for b in range(batch):
        for i in range(n):
            _layer_norm(scalars[b, i], weight, bias, out[b, i, :width])
            lengths = out[b, i, width : width + vector_width]
            products = out[b, i, width + vector_width :]
            x, y, z = mixed[b, 0, i], mixed[b, 1, i], mixed[b, 2, i]
            for v in range(vector_width):
                w = vector_width + v
                lengths[v] = np.sqrt(x[w] * x[w] + y[w] * y[w] + z[w] * z[w] + small)
                products[v] = x[v] * x[w] + y[v] * y[w] + z[v] * z[w]


@compiled_with_reordered_sums
def take_update(
    scalars: RealArray, vectors: RealArray, mixed: RealArray, update: RealArray
) -> None:
    """Add an update (B, N, F + V) to scalars; to vectors, the left ones, each times its own."""
    batch, n, width = scalars.shape
    for b in range(batch):
        for i in range(n):
            for f in range(width):
                scalars[b, i, f] += update[b, i, f]
            for c in range(3):
                for v in range(vectors.shape[3]):
                    vectors[b, c, i, v] += mixed[b, c, i, v] * update[b, i, width + v]


@compiled_with_reordered_sums
def _layer_norm(row: RealArray, weight: RealArray, bias: RealArray, out: RealArray) -> None:
    kind = row.dtype.type
    total = kind(0.0)
    for f in range(len(row)):
        total += row[f]
    mean = total / kind(len(row))
    squares = kind(0.0)
    for f in range(len(row)):
        squares += (row[f] - mean) * (row[f] - mean)
    stretch = kind(1.0 / math.sqrt(squares / len(row) + NORM_EPSILON))
    for f in range(len(row)):
        out[f] = (row[f] - mean) * stretch * weight[f] + bias[f]


@compiled_with_reordered_sums
def _rms_norm(vectors: RealArray, factor: float, out: RealArray) -> None:
    """Scale the vectors (3, V) of a point to a mean square length of `factor` squared."""
    kind = vectors.dtype.type
    squares = kind(0.0)
    for c in range(3):
        for v in range(vectors.shape[1]):
            squares += vectors[c, v] * vectors[c, v]
    scale = kind(factor / math.sqrt(squares / vectors.shape[1] + SQUARE_EPSILON))
    for c in range(3):
        for v in range(vectors.shape[1]):
            out[c, v] = vectors[c, v] * scale

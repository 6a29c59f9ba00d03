"""Compiled: what NumPy has functions for, written as loops.

Within compiled code they do the same, but NumPy's assignment of an array to a slice, and its
reductions, take long to compile in every function that uses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.geometry.compiled import compiled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray


@compiled
def copy_rows(values: FloatArray, out: FloatArray) -> None:
    """Write values (n, m) to an array of the same shape."""
    for i in range(values.shape[0]):
        for k in range(values.shape[1]):
            out[i, k] = values[i, k]


@compiled
def largest(values: FloatArray | IntArray) -> float:
    """The largest of numbers (n,), none of them nan."""
    most = values[0]
    for k in range(1, len(values)):
        most = max(most, values[k])
    return float(most)

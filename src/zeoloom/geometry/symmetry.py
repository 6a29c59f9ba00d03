"""Symmetry operations of a space group: arrays in, arrays out.

One convention: an operation maps `frac -> R @ frac + t`, so rows of an (n, 3) array map as `frac @ R.T + t`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class SymmetryOperations:
    """The operations of a space group in one setting, centring included.

    Attributes:
        rotations: (G, 3, 3) integer matrices acting on fractional columns.
        translations: (G, 3) fractional, in [0, 1).
    """

    rotations: IntArray
    translations: FloatArray

    def __len__(self) -> int:
        return len(self.rotations)

    def images(self, frac: FloatArray) -> FloatArray:
        """All images of fractional positions.

        Args:
            frac: (n, 3).

        Returns:
            (G, n, 3) positions `R_g x + t_g`, not wrapped into the cell.
        """
        return np.einsum("gij,nj->gni", self.rotations, frac) + self.translations[:, None, :]

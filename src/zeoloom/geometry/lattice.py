"""The lattice: cell parameters, the 3x3 cell, its volume. Arrays in, arrays out.

A cell is a (3, 3) array in Å whose rows are a, b, c: `cart = frac @ cell`. In the cells made here a
lies along x and b in the xy plane, with positive y.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray


def cell_from_parameters(parameters: Sequence[float] | FloatArray) -> FloatArray:
    """The cell of given parameters.

    Args:
        parameters: a, b, c in Å, then alpha, beta, gamma in degrees.

    Returns:
        (3, 3) Å, rows a, b, c.

    Raises:
        InputError: if no parallelepiped has these edges and angles.
    """
    values = np.asarray(parameters, dtype=np.float64)
    given = f"cell parameters {', '.join(f'{value:g}' for value in values.ravel())}"
    if values.shape != (6,) or not np.isfinite(values).all():
        raise InputError(
            f"{given}: expected six numbers, a b c in Å and alpha beta gamma in degrees"
        )
    lengths, angles = values[:3], values[3:]
    if (lengths <= 0).any() or (angles <= 0).any() or (angles >= 180).any():
        raise InputError(f"{given}: lengths must be positive and angles between 0 and 180 degrees")
    # cosines of right and hexagonal angles are made exact, so that symmetry holds to the last bit
    cos_alpha, cos_beta, cos_gamma = np.round(np.cos(np.radians(angles)), 15)
    sin_gamma = np.sqrt(1.0 - cos_gamma**2)
    c_x = cos_beta
    c_y = (cos_alpha - cos_beta * cos_gamma) / max(sin_gamma, 1e-9)
    c_z_squared = 1.0 - c_x**2 - c_y**2
    if c_z_squared <= 1e-8 or sin_gamma <= 1e-4:
        raise InputError(f"{given}: these angles close no cell; check alpha, beta and gamma")
    unit = np.array(
        [[1.0, 0.0, 0.0], [cos_gamma, sin_gamma, 0.0], [c_x, c_y, np.sqrt(c_z_squared)]]
    )
    return np.asarray(lengths[:, None] * unit)


def parameters_from_cell(cell: FloatArray) -> FloatArray:
    """The six parameters of a cell.

    Args:
        cell: (3, 3) Å, rows a, b, c, in any orientation.

    Returns:
        (6,) a, b, c in Å, then alpha, beta, gamma in degrees.
    """
    lengths = np.linalg.norm(cell, axis=1)
    unit = cell / lengths[:, None]
    cosines = np.array([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]])
    return np.concatenate([lengths, np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))])


def volume(cell: FloatArray) -> float:
    """Volume in Å^3 of a (3, 3) cell."""
    return float(abs(np.linalg.det(cell)))


def plane_spacings(cell: FloatArray) -> FloatArray:
    """(3,) distances in Å between neighbouring (100), (010) and (001) planes of a (3, 3) cell."""
    # the columns of the inverse cell are the reciprocal vectors a*, b*, c*
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0))

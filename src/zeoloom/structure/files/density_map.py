"""Densities as maps in the format of CCP4, which viewers of structures read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.structure.files.atomic import write_atomically
from zeoloom.structure.files.operation_lists import tabulated_setting

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework

POINTS_PER_SPACING = 3.0
"""Points of a map for each of the least spacing."""


def density_of(
    framework: Framework,
    hkl: IntArray,
    factors: np.ndarray[tuple[int, ...], np.dtype[np.complex128]],
) -> FloatArray:
    """Density from structure factors, the rest of them by symmetry.

    Args:
        framework: whose cell and group they are of.
        hkl: (n, 3), one of each set of equal reflections.
        factors: (n,) per cell.

    Returns:
        (u, v, w) per Å^3, at the points (i / u, j / v, k / w) of the cell.

    Raises:
        InputError: if no table knows the setting.
    """
    return np.array(_grid(framework, hkl, factors).array, dtype=np.float64)


def write_density(
    path: Path,
    framework: Framework,
    hkl: IntArray,
    factors: np.ndarray[tuple[int, ...], np.dtype[np.complex128]],
) -> None:
    """Write a density as a map of the whole cell; see `density_of`.

    Raises:
        InputError: if the place cannot be written to, or no table knows the setting.
    """
    found = gemmi.Ccp4Map()
    found.grid = _grid(framework, hkl, factors)
    found.update_ccp4_header()
    write_atomically(path, lambda part: found.write_ccp4_map(str(part)))


def _grid(framework: Framework, hkl: IntArray, factors: Any) -> Any:
    setting = tabulated_setting(framework.operations)
    if setting is None:
        raise InputError(f"{framework.name}: no table knows its setting, so no map can be made")
    cell = gemmi.UnitCell(*parameters_from_cell(framework.cell))
    # gemmi sums F exp(-2 pi i h.x) / V, with the phases of International Tables
    data = gemmi.ComplexAsuData(cell, setting, hkl.astype(np.int32), factors.astype(np.complex64))
    data.ensure_asu()
    return data.transform_f_phi_to_map(sample_rate=POINTS_PER_SPACING)

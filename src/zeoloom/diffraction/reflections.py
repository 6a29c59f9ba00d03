"""Intensities of reflections, as a whole-pattern fit or a list gives them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from zeoloom.diffraction.miller import is_absent, spacings
from zeoloom.diffraction.possible_reflections import groups_within, representatives
from zeoloom.errors import InputError
from zeoloom.geometry.space_groups import (
    fits_cell,
    hall_number_of,
    name_of_setting,
    operations_of_hall_number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray

Radiation = Literal["xray", "neutron", "electron"]

MOST_FORBIDDEN = 0.2
"""Share of the intensity that may lie in reflections which the group forbids."""


@dataclass(frozen=True, slots=True)
class Reflections:
    """What was measured of a crystal: intensities of reflections, some of which overlap.

    One row stands for all reflections that the Laue group makes equal. Rows are in order of
    falling d.

    Attributes:
        cell: Å, (3, 3); rows are a, b, c: `cart = frac @ cell`.
        space_group: Hermann-Mauguin symbol with its setting, as gemmi reads it; None if unknown,
            and then systematic absences are not left out.
        hkl: Miller indices, (n, 3), one representative each.
        d: Å, spacings, (n,).
        multiplicity: how many reflections a row stands for, (n,).
        group: number of the group a row overlaps with, (n,), from 0 in order of falling d. Only
            the sum of the intensities of a group is known.
        intensity: m |F|^2, (n,), on an arbitrary scale; without Lorentz and polarisation factors.
            Within a group the sum is as measured, and how it is divided is a guess.
        esd: standard uncertainties of `intensity`, (n,); zeros if unknown.
        radiation: what was scattered.
        wavelength: Å; None for single crystals measured by several or by electrons.
    """

    cell: NDArray[np.float64]
    space_group: str | None
    hkl: NDArray[np.int64]
    d: NDArray[np.float64]
    multiplicity: NDArray[np.int64]
    group: NDArray[np.int64]
    intensity: NDArray[np.float64]
    esd: NDArray[np.float64]
    radiation: Radiation = "xray"
    wavelength: float | None = None


def without_ranges(reflections: Reflections, spans: Sequence[tuple[float, float]]) -> Reflections:
    """Reflections without the groups that reach into some ranges of angles.

    Args:
        reflections: as measured.
        spans: degrees two-theta.

    Raises:
        InputError: if no wavelength is known, or nothing lies in a range.
    """
    if not spans:
        return reflections
    if reflections.wavelength is None:
        raise InputError(
            "ranges of two-theta cannot be left out of data without a wavelength; leave --exclude "
            "out, or remove the reflections from the file"
        )
    angles = 2.0 * np.degrees(
        np.arcsin(np.minimum(0.5 * reflections.wavelength / reflections.d, 1))
    )
    gone = np.zeros(len(angles), dtype=bool)
    for low, high in spans:
        inside = (angles >= low) & (angles <= high)
        if not inside.any():
            raise InputError(
                f"no reflection lies in the range {low:g}-{high:g}° that is to be left out; the "
                f"data go from {angles.min():.2f} to {angles.max():.2f}°"
            )
        gone |= inside
    kept = ~np.isin(reflections.group, reflections.group[gone])
    columns = ("hkl", "d", "multiplicity", "group", "intensity", "esd")
    return replace(reflections, **{name: getattr(reflections, name)[kept] for name in columns})


def merged_reflections(
    cell: FloatArray,
    space_group: str | None,
    hkl: IntArray,
    squares: FloatArray,
    esd: FloatArray,
    *,
    times_multiplicity: bool,
    radiation: Radiation,
    wavelength: float | None,
    reach: FloatArray,
) -> Reflections:
    """Reflections from a list in which equivalent ones may stand apart.

    Args:
        cell: Å, (3, 3).
        space_group: symbol or number; None if unknown.
        hkl: (n, 3).
        squares: (n,) |F|^2, or m |F|^2 already.
        esd: (n,), 0 where unknown.
        times_multiplicity: whether m is still to be multiplied by.
        radiation: what was scattered.
        wavelength: Å, or None.
        reach: degrees, (n,): rows closer than this overlap. Without a wavelength none do.

    Raises:
        InputError: if the group forbids a good part of what was measured, or does not fit the cell.
    """
    hall = hall_number_of(space_group or "P1")
    operations = operations_of_hall_number(hall)
    if not fits_cell(operations, cell):
        raise InputError(f"the space group {space_group} does not fit the cell")
    kept = _allowed(hkl, squares, is_absent(hkl, operations), space_group)
    first, sizes = representatives(hkl[kept], operations)
    unique, at, row = np.unique(first, axis=0, return_index=True, return_inverse=True)
    value, uncertainty = _averages(squares[kept], esd[kept], row.ravel(), len(unique))
    spacing, multiplicity = spacings(unique, cell), sizes[at]
    order = np.argsort(-spacing, kind="stable")
    factor = multiplicity if times_multiplicity else np.ones(len(unique))
    group: IntArray = np.arange(len(unique))
    if wavelength is not None:
        sine = np.clip(wavelength / (2.0 * spacing[order]), 0.0, 1.0)
        group = groups_within(2.0 * np.degrees(np.arcsin(sine)), reach[kept][at][order])
    return Reflections(
        cell=cell,
        space_group=None if space_group is None else name_of_setting(hall),
        hkl=unique[order],
        d=spacing[order],
        multiplicity=multiplicity[order],
        group=group,
        intensity=(factor * value)[order],
        esd=(factor * uncertainty)[order],
        radiation=radiation,
        wavelength=wavelength,
    )


def _allowed(
    hkl: IntArray, squares: FloatArray, absent: BoolArray, space_group: str | None
) -> BoolArray:
    """(n,) the rows that a group does not forbid; InputError if the others hold too much."""
    kept = hkl.any(axis=1)
    share = float(np.abs(squares[absent & kept]).sum()) / max(
        float(np.abs(squares[kept]).sum()), 1e-300
    )
    if share > MOST_FORBIDDEN:
        raise InputError(
            f"{space_group} forbids {int((absent & kept).sum())} of {len(hkl)} reflections, which "
            f"hold {100 * share:.0f} % of the intensity; check the space group and its setting"
        )
    return kept & ~absent


def _averages(
    values: FloatArray, esd: FloatArray, row: IntArray, n: int
) -> tuple[FloatArray, FloatArray]:
    """Means (n,) of the values of each row, weighted by their uncertainties if all have one.

    The uncertainty of a mean is the larger of that from the single ones and that from the scatter.
    """
    known = bool((esd > 0.0).all())
    weight = 1.0 / esd**2 if known else np.ones(len(values))
    total = np.bincount(row, weight, n)
    mean = np.bincount(row, weight * values, n) / total
    count = np.bincount(row, minlength=n)
    spread = np.bincount(row, weight * (values - mean[row]) ** 2, n) / total
    scatter = np.sqrt(spread / np.maximum(count - 1, 1)) * (count > 1)
    return mean, np.maximum(scatter, 1.0 / np.sqrt(total)) if known else scatter

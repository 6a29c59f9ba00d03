"""Intensities of reflections, as a whole-pattern fit or a list gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Radiation = Literal["xray", "neutron", "electron"]


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

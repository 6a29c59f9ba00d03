"""The density beyond a framework as the page shows it: a map of few points, and a level."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.diffraction.difference import difference_factors
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import volume
from zeoloom.report.page_parts import number_or_none
from zeoloom.report.periodic import periodic_bonds
from zeoloom.report.report_data import net_data
from zeoloom.structure.files.density_map import POINTS_PER_SPACING, density_of

if TYPE_CHECKING:
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.judge.judgement import Judgement

LEAST_SPACING = 2.0
"""Å, of the reflections that the map of the page is made of; guests need no more."""

MOST_VOXELS = 12_000
"""About the most points of a map; of large cells fewer reflections are taken."""

FINER = 2
"""Times that the surface is finer than the map needs: the viewer does not interpolate."""

DRAWN_SIGMAS = 3.0
"""Standard deviations of a map above which a surface is drawn."""


def density_data(judgement: Judgement, measurement: Measurement) -> dict[str, Any] | None:
    """What is drawn of the density that a framework does not explain; None if it cannot be.

    Args:
        judgement: with the framework in the cell and setting of the data.
        measurement: of that cell and group.
    """
    given = judgement.given
    assert given is not None
    plan = measurement.scattering
    spacing = 0.5 / np.sqrt(plan.s_squared)
    coarse = POINTS_PER_SPACING * float(np.cbrt(volume(given.cell) / MOST_VOXELS))
    kept = spacing >= max(LEAST_SPACING, coarse)
    with suppress(InputError):
        factors = difference_factors(measurement, given)[kept]
        density = _finer(density_of(given, plan.hkl[kept], factors))
        net = net_data(replace(judgement, framework=given), periodic_bonds(given))
        level = DRAWN_SIGMAS * float(density.std())
        if density.max() > level:
            return {
                "net": net,
                "head": cube_head(given.cell, density.shape),
                "above": _above(density, level),
                "level": number_or_none(level, 3),
                "sigmas": DRAWN_SIGMAS,
                "highest": number_or_none(float(density.max()), 3),
            }
    return None


def cube_head(cell: FloatArray, sizes: tuple[int, ...]) -> str:
    """What a cube file has before its values: a grid of (u, v, w) over one cell (3, 3) Å.

    The grid has one point more along each axis, so that the cell is closed.
    """
    # by a negative number of points the vectors are in Å
    axes = [
        " ".join([str(-n - 1), *(f"{x:.5f}" for x in row / n)])
        for n, row in zip(sizes, cell, strict=True)
    ]
    return "\n".join(["density", "beyond the framework", "0 0 0 0", *axes])


def _finer(density: FloatArray) -> FloatArray:
    """A periodic density (u, v, w) at `FINER` times the points along each axis, as it is smooth."""
    for axis in range(3):
        n = FINER * density.shape[axis]
        density = FINER * np.fft.irfft(np.fft.rfft(density, axis=axis), n, axis=axis)
    return np.asarray(density)


def _above(density: FloatArray, level: float) -> str:
    """Where a density lies above a level, its ends closed, as base64 of bits, the first highest."""
    closed = np.pad(density, (0, 1), mode="wrap")
    return base64.b64encode(np.packbits(closed > level).tobytes()).decode("ascii")

"""Calculated intensities brought to the scale of measured ones, with what the pores may hold.

    I = s sum m |F + rho F_pores exp(-B_edge s^2)|^2 exp(-2 B s^2)

F is of the framework with usual displacements, F_pores of a flat density of one in its pores.
Fitted are a scale s, a further displacement factor B, and the density rho of the pores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares

from zeoloom.diffraction.structure_factors import group_sums, structure_factors
from zeoloom.geometry.lattice import volume
from zeoloom.geometry.neighbours import cart_images_around, nearest_points
from zeoloom.geometry.operations import expand_orbits

if TYPE_CHECKING:
    from zeoloom.diffraction.measurement import Measurement
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework

ComplexArray = np.ndarray[tuple[int, ...], np.dtype[np.complex128]]

PORE_DISTANCE = 2.6
"""Å from the nearest atom of the framework at which the pores begin."""

PORE_GRID = 0.5
"""Å between the points that the pores are counted with."""

EDGE_B = 40.0
"""Å^2, by which the edges of the pores are smeared."""

DENSITIES_TRIED = (0.0, 0.2, 0.5)
"""Electrons per Å^3 in the pores that the fit starts from; water has 0.33."""

MOST_B, MOST_DENSITY = 10.0, 1.5


@dataclass(frozen=True, slots=True)
class FittedIntensities:
    """Intensities of a framework at the scale of the measured ones.

    Attributes:
        calculated: (g,) of groups, at the scale of the observed ones.
        factors: (n,) complex structure factors on the scale of one cell, pores included.
        scale: s.
        b: Å^2, B.
        density: rho, in electrons per Å^3 for X-rays.
        r: sum |I_o - I_c| / sum I_o over the groups.
    """

    calculated: FloatArray
    factors: ComplexArray
    scale: float
    b: float
    density: float
    r: float


def fitted_intensities(measurement: Measurement, framework: Framework) -> FittedIntensities:
    """Fit scale, displacements and the density of the pores.

    Args:
        measurement: what was measured, of the framework's cell and group.
        framework: with oxygen.
    """
    plan = measurement.scattering
    bare = structure_factors(framework, plan)
    pores = pore_factors(framework, plan.hkl) * np.exp(-EDGE_B * plan.s_squared)
    observed = measurement.observed

    def total(b: float, density: float) -> ComplexArray:
        return np.asarray((bare + density * pores) * np.exp(-b * plan.s_squared))

    def sums(b: float, density: float) -> FloatArray:
        squares = plan.multiplicity * np.abs(total(b, density)) ** 2
        return group_sums(squares, measurement.group, len(observed))

    amplitude = np.sqrt(np.maximum(observed, 0.0))

    def off(p: FloatArray) -> FloatArray:
        return np.asarray(np.exp(p[0]) * np.sqrt(sums(p[1], p[2])) - amplitude)

    best = None
    for density in DENSITIES_TRIED:
        first = np.sqrt(sums(0.0, density))
        scale = float(first @ amplitude) / max(float(first @ first), 1e-300)
        start = np.array([np.log(max(scale, 1e-300)), 0.0, density])
        low, high = [-np.inf, -2.0, 0.0], [np.inf, MOST_B, MOST_DENSITY]
        found = least_squares(off, start, bounds=(low, high), max_nfev=40)
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    root, b, density = best.x
    scale = float(np.exp(2.0 * root))
    calculated = scale * sums(b, density)
    r = float(np.abs(observed - calculated).sum() / max(np.abs(observed).sum(), 1e-300))
    return FittedIntensities(calculated, total(b, density), scale, float(b), float(density), r)


def pore_factors(framework: Framework, hkl: IntArray) -> ComplexArray:
    """(n,) Fourier transform, at indices (n, 3), of a density of one in the pores."""
    most = 2 * np.abs(hkl).max(axis=0) + 1
    lengths = np.linalg.norm(framework.cell, axis=1)
    sizes = np.maximum(np.ceil(lengths / PORE_GRID).astype(np.int64), most)
    inside = in_pores(framework, sizes).astype(np.float64)
    # sum of exp(+2 pi i h.x) over the points: numpy's inverse transform, times their number
    table = np.fft.ifftn(inside)
    h, k, l = (hkl % sizes).T  # noqa: E741 - Miller indices
    return np.asarray(volume(framework.cell) * table[h, k, l])


def in_pores(
    framework: Framework, sizes: IntArray
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which points of a grid over the cell, of (3,) sizes, lie in the pores."""
    group, cell = framework.operations, framework.cell
    atoms = np.concatenate(
        [expand_orbits(each, group, cell)[0] for each in (framework.frac_t, framework.frac_o)]
    )
    images, _ = cart_images_around(atoms, cell, PORE_DISTANCE)
    axes = [np.arange(n) / n for n in sizes]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    near, _ = nearest_points(points @ cell, images, PORE_DISTANCE)
    return np.asarray(np.isinf(near).reshape(tuple(sizes)))

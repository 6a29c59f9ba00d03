"""Powder patterns made with gemmi and NumPy alone, to be fitted."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np

CU = (1.540593, 1.544427)


@dataclass(frozen=True)
class Simulated:
    two_theta: np.ndarray
    counts: np.ndarray
    hkl: np.ndarray
    areas: np.ndarray
    positions: np.ndarray


def simulated_pattern(
    parameters: tuple[float, ...],
    symbol: str,
    *,
    seed: int = 0,
    wavelengths: tuple[float, ...] = CU,
    fwhm: float = 0.12,
    zero: float = 0.0,
    span: tuple[float, float, float] = (5.0, 60.0, 0.02),
    scale: float = 300.0,
    foreign: tuple[float, ...] = (),
    squares: dict[tuple[int, ...], float] | None = None,
) -> Simulated:
    """A pattern with random |F|^2 (Wilson), Lorentz and polarisation factors, and noise."""
    rng = np.random.default_rng(seed)
    two_theta = np.arange(*span)
    cell, group = gemmi.UnitCell(*parameters), gemmi.SpaceGroup(symbol)
    d_min = 0.5 * wavelengths[0] / np.sin(np.radians(0.5 * (span[1] + 1.0)))
    hkl = gemmi.make_miller_array(cell, group, d_min)
    d = np.array([cell.calculate_d(each) for each in hkl.tolist()])
    operations = group.operations()
    many = np.array([multiplicity(operations, each) for each in hkl.tolist()])
    f2 = rng.exponential(size=len(hkl))
    if squares is not None:
        f2 = np.array([_of_equal(operations, each, squares) for each in hkl.tolist()])
    theta = np.arcsin(0.5 * wavelengths[0] / d)
    factor = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    areas = f2 * many * factor
    areas *= scale * len(two_theta) * span[2] / areas.sum()
    counts = 40.0 + 60.0 * np.exp(-two_theta / 20.0)
    for k, wavelength in enumerate(wavelengths):
        weight = (1.0, 0.5)[k] / (1.5 if len(wavelengths) > 1 else 1.0)
        for area, spacing in zip(areas, d, strict=True):
            angle = 2 * np.degrees(np.arcsin(min(0.5 * wavelength / spacing, 1.0))) + zero
            counts += weight * area * peak(two_theta - angle, fwhm * (1 + 0.005 * angle))
    for angle in foreign:
        counts += 0.05 * areas.sum() * peak(two_theta - angle, 0.1)
    return Simulated(
        two_theta, rng.poisson(counts).astype(float), hkl, areas, 2 * np.degrees(theta) + zero
    )


def _of_equal(
    operations: gemmi.GroupOps, hkl: list[int], squares: dict[tuple[int, ...], float]
) -> float:
    """The value of whichever equal reflection has one."""
    images = [tuple(each.apply_to_hkl(hkl)) for each in operations.sym_ops]
    images += [tuple(-x for x in image) for image in images]
    return next((squares[image] for image in images if image in squares), 0.0)


def multiplicity(operations: gemmi.GroupOps, hkl: list[int]) -> int:
    images = {tuple(each.apply_to_hkl(hkl)) for each in operations.sym_ops}
    return len(images | {tuple(-x for x in image) for image in images})


def peak(x: np.ndarray, fwhm: float, share: float = 0.5) -> np.ndarray:
    """A pseudo-Voigt of area 1."""
    lorentz = 2 / (np.pi * fwhm) / (1 + 4 * (x / fwhm) ** 2)
    gauss = 2 * np.sqrt(np.log(2) / np.pi) / fwhm * np.exp(-4 * np.log(2) * (x / fwhm) ** 2)
    return share * lorentz + (1 - share) * gauss

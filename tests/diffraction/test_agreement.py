"""Calculated intensities brought to the scale of measured ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import zeoloom
from zeoloom.diffraction.agreement import fitted_intensities, in_pores, pore_factors
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.geometry.lattice import volume


def test_a_framework_agrees_with_itself_on_any_scale() -> None:
    framework = zeoloom.load_reference()["CHA"]
    ideal = Difficulty(shift=0.0, aluminium=0.0, noise=0.0)
    data = simulated(framework, ideal, np.random.default_rng(0))
    damped = data.intensity * 7.0 * np.exp(-2 * 1.5 * 0.25 / data.d**2)
    measured = measurement_of(replace(data, intensity=damped), framework.operations)
    fitted = fitted_intensities(measured, framework)
    assert fitted.r < 0.001
    assert fitted.scale == pytest.approx(7.0, rel=0.02)
    assert fitted.b == pytest.approx(1.5, abs=0.05)
    assert fitted.density == pytest.approx(0.0, abs=0.01)


def test_what_lies_in_the_pores_is_found() -> None:
    """With guests R is far lower if the pores may hold something."""
    framework = zeoloom.load_reference()["FAU"]
    data = simulated(framework, Difficulty(guests=0.3, noise=0.0), np.random.default_rng(1))
    fitted = fitted_intensities(measurement_of(data, framework.operations), framework)
    empty = simulated(framework, Difficulty(noise=0.0), np.random.default_rng(1))
    without = fitted_intensities(measurement_of(empty, framework.operations), framework)
    assert without.density < fitted.density < 1.0
    assert without.r < fitted.r


def test_the_transform_of_the_pores_is_their_sum() -> None:
    framework = zeoloom.load_reference()["SOD"]
    hkl = np.array([[0, 0, 0], [1, 1, 0], [2, 0, 0], [2, 1, 1], [-2, -1, -1]])
    factors = pore_factors(framework, hkl)
    sizes = np.ceil(np.linalg.norm(framework.cell, axis=1) / 0.5).astype(int)
    inside = in_pores(framework, sizes)
    points = np.argwhere(inside) / sizes
    expected = np.exp(2j * np.pi * hkl @ points.T).sum(axis=1)
    assert np.allclose(factors, expected * volume(framework.cell) / inside.size)
    assert factors[3] == pytest.approx(np.conj(factors[4]))
    assert 0.05 < factors[0].real / volume(framework.cell) < 0.6

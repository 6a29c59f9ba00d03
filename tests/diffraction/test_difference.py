"""Difference maps show what lies in the pores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gemmi
import numpy as np
import pytest

import zeoloom
from guest_examples import guest_in_lta
from zeoloom.diffraction.difference import difference_factors
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.diffraction.structure_factors import scattering_of, structure_factors
from zeoloom.geometry.operations import expand_orbits, separations
from zeoloom.structure.files.density_map import density_of, write_density

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("code", ["CHA", "FER", "LTA"])
def test_a_density_has_its_peaks_at_the_atoms(code: str) -> None:
    framework = zeoloom.load_reference()[code]
    data = simulated(framework, Difficulty(last=90.0), np.random.default_rng(0))
    plan = scattering_of(data.hkl, data.d, data.multiplicity, framework.operations)
    density = density_of(framework, data.hkl, structure_factors(framework, plan))
    top = np.array(np.unravel_index(density.argmax(), density.shape)) / density.shape
    atoms, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    assert separations(top[None], atoms, framework.cell).min() < 0.4


def test_a_guest_is_seen(tmp_path: Path) -> None:
    framework, guest, data = guest_in_lta()
    measured = measurement_of(data, framework.operations)
    factors = difference_factors(measured, framework)
    hkl = measured.scattering.hkl
    density = density_of(framework, hkl, factors)
    write_density(tmp_path / "map.ccp4", framework, hkl, factors)
    stored = gemmi.read_ccp4_map(str(tmp_path / "map.ccp4"))
    assert np.allclose(stored.grid.array, density, atol=1e-4)
    top = np.array(np.unravel_index(density.argmax(), density.shape)) / density.shape
    images, _ = expand_orbits(guest, framework.operations, framework.cell)
    assert separations(top[None], images, framework.cell).min() < 1.0

"""A framework whose pores are not empty, and what would be measured of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.diffraction.structure_factors import scattering_of, structure_factors
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.diffraction.reflections import Reflections
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework


def guest_in_lta() -> tuple[Framework, FloatArray, Reflections]:
    """LTA, an atom (1, 3) at the centre of its cage that it lacks, and intensities of both."""
    framework = load_reference()["LTA"]
    ideal = Difficulty(shift=0.0, aluminium=0.0, noise=0.0, last=80.0)
    data = simulated(framework, ideal, np.random.default_rng(0))
    plan = scattering_of(data.hkl, data.d, data.multiplicity, framework.operations)
    guest = np.array([[0.5, 0.5, 0.5]])
    filled = replace(framework, frac_o=np.concatenate([framework.frac_o, guest]))
    squares = np.abs(structure_factors(filled, plan)) ** 2
    intensity = data.multiplicity * squares
    return framework, guest, replace(data, intensity=intensity, group=np.arange(len(data.d)))

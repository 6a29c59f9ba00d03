"""E2: what it depends on, and what not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import zeoloom
from zeoloom.diffraction.correlation import (
    certainties,
    e2,
    group_means,
    local_weights,
    reliability,
    two_theta_of,
)
from zeoloom.diffraction.simulation import Difficulty, overlap_groups, simulated
from zeoloom.diffraction.structure_factors import group_sums, intensities, scattering_of


def of_simulated(code: str, difficulty: Difficulty, seed: int) -> float:
    """E2 of a framework and its own simulated data."""
    framework = zeoloom.load_reference()[code]
    data = simulated(framework, difficulty, np.random.default_rng(seed))
    plan = scattering_of(data.hkl, data.d, data.multiplicity, framework.operations)
    calculated = group_sums(intensities(framework, plan), data.group)
    local = local_weights(group_means(two_theta_of(data.d), data.group, data.multiplicity))
    weights = reliability(group_means(data.d, data.group, data.multiplicity))
    return e2(group_sums(data.intensity, data.group), calculated, local, weights)


@pytest.mark.parametrize("code", ["CHA", "MFI", "FER", "LTA"])
def test_e2_of_the_framework_itself_is_one(code: str) -> None:
    ideal = Difficulty(shift=0.0, aluminium=0.0, noise=0.0)
    assert of_simulated(code, ideal, 0) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("code", ["CHA", "MFI", "FER", "LTA"])
def test_e2_survives_what_measurements_have(code: str) -> None:
    usual = np.mean([of_simulated(code, Difficulty(), seed) for seed in range(5)])
    assert usual > 0.93
    full = np.mean([of_simulated(code, Difficulty(guests=0.4), seed) for seed in range(5)])
    assert 0.4 < full < usual


def test_e2_does_not_feel_what_changes_smoothly() -> None:
    rng = np.random.default_rng(0)
    two_theta = np.sort(5.0 + 55.0 * rng.random(400))
    intensity = rng.exponential(size=400)
    local, weights = local_weights(two_theta), np.ones(400)
    damped = intensity * np.exp(-two_theta / 20.0)
    assert e2(intensity, 7.0 * damped, local, weights) > 0.98
    assert np.corrcoef(intensity, damped)[0, 1] < 0.9
    assert abs(e2(intensity, rng.exponential(size=400), local, weights)) < 0.2


def test_groups_that_are_hardly_known_hardly_count() -> None:
    rng = np.random.default_rng(1)
    two_theta = np.sort(5.0 + 55.0 * rng.random(120))
    true = rng.exponential(size=120)
    observed, esd = true.copy(), np.full(120, 0.02)
    under = rng.choice(120, 12, replace=False)  # lines of another phase
    observed[under] += 20.0
    plain = e2(observed, true, local_weights(two_theta), np.ones(120))
    esd[under] = 20.0
    certainty = certainties(observed, esd, two_theta)
    assert certainty[under].max() < 0.1
    assert np.delete(certainty, under).min() > 0.99
    known = e2(observed, true, local_weights(two_theta, certainty), certainty)
    assert known > 0.97
    assert known > plain + 0.2
    assert (certainties(observed, np.zeros(120), two_theta) == 1.0).all()


def test_foreign_lines_of_simulated_data_are_partly_recognised() -> None:
    framework = zeoloom.load_reference()["MFI"]
    ideal = Difficulty(shift=0.0, aluminium=0.0, noise=0.0)
    pure = simulated(framework, ideal, np.random.default_rng(3))
    mixed = simulated(framework, replace(ideal, foreign=30), np.random.default_rng(3))
    more = mixed.intensity - pure.intensity
    assert (more > -1e-6 * pure.intensity.max()).all()
    hidden = more > 1e-6 * pure.intensity.max()
    assert 3 <= hidden.sum() <= 30
    assert (mixed.esd[hidden] > 0.0).any()
    assert (mixed.esd[hidden] == 0.0).any()


def test_groups_of_overlapping_reflections() -> None:
    angles = np.array([5.0, 5.05, 5.09, 5.2, 7.0])
    assert overlap_groups(angles, 0.08).tolist() == [0, 0, 1, 2, 3]

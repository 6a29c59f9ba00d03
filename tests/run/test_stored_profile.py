"""The curve of a framework against the fit of the pattern that it was compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import zeoloom
from pattern_examples import simulated_pattern
from zeoloom.diffraction.agreement import FittedIntensities
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.reflection_files import read_reflections
from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.run.stored_profile import stored_profile

if TYPE_CHECKING:
    from pathlib import Path

CELL = (12.3, 12.3, 12.3, 90.0, 90.0, 90.0)


@pytest.mark.long
def test_intensities_as_fitted_give_the_fitted_curve(tmp_path: Path) -> None:
    made = simulated_pattern(CELL, "Ia-3d", seed=2, span=(8.0, 45.0, 0.03))
    np.savetxt(tmp_path / "x.xy", np.stack([made.two_theta, made.counts], axis=1), fmt="%.3f")
    request = {"file": tmp_path / "x.xy", "cell": "12.3", "space_group": "Ia-3d"}
    request["wavelength"] = "CuKa"
    zeoloom.fit_measured_pattern(
        zeoloom.parse_request(zeoloom.PatternRequest, request), tmp_path / "out"
    )
    profile = stored_profile(tmp_path / "out")
    assert profile is not None
    operations = identity_first(operations_of_hall_number(hall_number_of("Ia-3d")))
    measured = measurement_of(read_reflections(tmp_path / "out"), operations)
    each = measured.observed[measured.group] / np.bincount(measured.group)[measured.group]
    factors = np.sqrt(each / 7.0 / measured.scattering.multiplicity).astype(complex)
    found = FittedIntensities(measured.observed, factors, 7.0, 0.0, 0.0, 0.0)
    curve = profile.curve_of(measured, found)
    assert np.abs(curve - profile.fitted).max() < 0.02 * profile.fitted.max()
    assert profile.r_wp(curve) == pytest.approx(profile.r_wp(profile.fitted), rel=0.1)
    doubled = factors * (1.0 + np.arange(len(factors)) % 2)
    worse = FittedIntensities(measured.observed, doubled, 7.0, 0.0, 0.0, 0.0)
    assert profile.r_wp(profile.curve_of(measured, worse)) > 2.0 * profile.r_wp(curve)
    # ticks stand where the lines of the simulated pattern are
    ticks = np.sort(profile.positions(measured))
    for position in made.positions[(made.positions > 9.0) & (made.positions < 44.0)]:
        assert np.abs(ticks - position).min() < 0.03


def test_folders_without_a_pattern_have_none(tmp_path: Path) -> None:
    assert stored_profile(tmp_path) is None
    (tmp_path / "run.json").write_text('{"outcome": {"cell": [1]}}')
    (tmp_path / "pattern.csv").write_text("two_theta,counts\n1,2\n")
    assert stored_profile(tmp_path) is None

"""Lines of other phases, as peaks of their own in the fit of a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import zeoloom
from paths import SHARED
from pattern_examples import Simulated, simulated_pattern
from zeoloom.diffraction.beam import beam_of_text
from zeoloom.diffraction.fit_results import agreement, reflections_of_fit, unexplained_peaks
from zeoloom.diffraction.pattern import pattern_of_points
from zeoloom.diffraction.pattern_fit import PatternFit, fit_pattern, with_reflections
from zeoloom.diffraction.pattern_reader import read_pattern
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number

if TYPE_CHECKING:
    from pathlib import Path

PXRD = SHARED / "pxrd"

CELL, SYMBOL = (8.1, 10.4, 7.3, 90.0, 90.0, 90.0), "Cmcm"

SPAN = (8.0, 50.0, 0.02)


def fitted(made: Simulated, symbol: str = SYMBOL) -> PatternFit:
    pattern = pattern_of_points(made.two_theta, made.counts)
    operations = operations_of_hall_number(hall_number_of(symbol))
    return fit_pattern(
        pattern, beam_of_text("CuKa"), cell_from_parameters(CELL), operations, "xray"
    )


@pytest.mark.long
def test_a_line_beside_a_reflection_has_its_own_counts() -> None:
    clean = simulated_pattern(CELL, SYMBOL, seed=2, span=SPAN)
    inner = (clean.positions > 20.0) & (clean.positions < 45.0)
    alone = [
        k
        for k in np.flatnonzero(inner)
        if np.sort(np.abs(clean.positions - clean.positions[k]))[1] > 0.7
    ]
    beside = alone[int(np.argsort(clean.areas[alone])[len(alone) // 2])]
    place = float(clean.positions[beside]) + 0.16
    made = simulated_pattern(CELL, SYMBOL, seed=2, span=SPAN, foreign=(place, 30.03))
    fit = fitted(made)
    lines = fit.state.shape.foreign
    assert len(lines) == len(fit.line_heights) == len(fit.state.intensity) - len(fit.areas)
    k = int(np.argmin(np.abs(lines[:, 0] - place)))
    assert lines[k, 0] == pytest.approx(place, abs=0.03)
    area = fit.state.intensity[len(fit.areas) + k]
    assert area == pytest.approx(0.05 * made.areas.sum(), rel=0.1)
    own = int(np.argmin(np.abs(fit.positions - made.positions[beside])))
    line = 0.05 * made.areas.sum()
    assert abs(fit.areas[own] - made.areas[beside]) < 0.1 * line
    # what overlaps with a line is less certain than the same reflection without it
    doubts = []
    for each in (fit, fitted(clean)):
        found = reflections_of_fit(each, SYMBOL, "xray")
        near = np.argmin(np.abs(found.d - found.d[np.argsort(-found.d)][own]))
        doubts.append(float(found.esd[near] / found.intensity.sum()))
    assert doubts[0] > 1.2 * doubts[1]
    assert agreement(fit).r_wp < 1.6 * agreement(fit).r_exp
    assert {round(each.two_theta) for each in unexplained_peaks(fit)} == {round(place), 30}


@pytest.mark.long
def test_a_pattern_without_other_phases_has_no_lines_of_them() -> None:
    fit = fitted(simulated_pattern(CELL, SYMBOL, seed=2, span=SPAN))
    assert len(fit.state.shape.foreign) == 0
    assert not fit.foreign.any()
    assert not fit.hidden.any()
    # reflections of a group with fewer absences are offered, and hardly taken
    more = with_reflections(fit, operations_of_hall_number(hall_number_of("Pmmm")), "xray")
    assert len(more.areas) > 1.5 * len(fit.areas)
    apart = np.abs(more.positions[:, None] - fit.positions).min(axis=1) > 0.2
    assert more.areas[apart].sum() < 0.02 * more.areas.sum()
    np.testing.assert_allclose(more.state.shape.cell, fit.state.shape.cell, atol=1e-8)


@pytest.mark.long
@pytest.mark.skipif(not PXRD.exists(), reason="needs the measured patterns")
def test_mordenite_with_zinc_oxide() -> None:
    pattern = read_pattern(PXRD / "rockjock_mordenite.xy")
    cell = cell_from_parameters((18.05, 20.43, 7.51, 90, 90, 90))
    operations = operations_of_hall_number(hall_number_of("Cmcm"))
    fit = fit_pattern(pattern, beam_of_text("CuKa"), cell, operations, "xray")
    assert agreement(fit).r_wp < 0.08
    found = fit.state.shape.foreign[:, 0]
    # zinc oxide (a 3.2498, c 5.2066 A): 100, 002, 101, 102, 103, the zero of the scale unknown
    spacings = np.array([2.8144, 2.6033, 2.4759, 1.9111, 1.4772])
    angles = 2.0 * np.degrees(np.arcsin(0.5 * 1.540593 / spacings))
    off = [found[np.argmin(np.abs(found - angle))] - angle for angle in angles]
    assert np.ptp(off) < 0.06
    assert np.abs(off).max() < 0.1


@pytest.mark.slow
@pytest.mark.skipif(not PXRD.exists(), reason="needs the measured patterns")
def test_the_symbol_of_mordenite_comes_first_beside_zinc_oxide(tmp_path: Path) -> None:
    request = zeoloom.parse_request(
        zeoloom.PatternRequest,
        {
            "file": PXRD / "rockjock_mordenite.xy",
            "cell": "18.05 20.43 7.51",
            "wavelength": "CuKa",
        },
    )
    found = zeoloom.fit_measured_pattern(request, tmp_path / "pattern")
    assert found.ranked[0].symbol.name == "C - c -"
    assert found.ranked[1].log_probability < -3.0

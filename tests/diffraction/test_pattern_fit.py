"""Whole patterns fitted: simulated ones, whose cell and intensities are known, and real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from paths import SHARED
from pattern_examples import CU, Simulated, simulated_pattern
from zeoloom.diffraction.background import background_of
from zeoloom.diffraction.beam import Beam, beam_of_text, other_beam
from zeoloom.diffraction.fit_results import (
    agreement,
    cell_with_esd,
    reflections_of_fit,
    unexplained_peaks,
)
from zeoloom.diffraction.foreign_phases import likely_phases, lines_of_phases
from zeoloom.diffraction.pattern import pattern_of_points
from zeoloom.diffraction.pattern_fit import PatternFit, fit_pattern, fits_better
from zeoloom.diffraction.pattern_reader import read_pattern
from zeoloom.diffraction.peak_shape import line_layout, line_slopes, line_table, shape_of_cell
from zeoloom.diffraction.possible_reflections import plain_indices
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number

PXRD = SHARED / "pxrd"

needs_data = pytest.mark.skipif(not PXRD.exists(), reason="needs the measured patterns")

CASES = {
    "cubic": ((12.3, 12.3, 12.3, 90, 90, 90), "Ia-3d"),
    "tetragonal": ((13.1, 13.1, 7.4, 90, 90, 90), "P42/mnm"),
    "hexagonal": ((13.7, 13.7, 14.8, 90, 90, 120), "R-3m"),
    "orthorhombic": ((18.1, 10.4, 7.5, 90, 90, 90), "Cmcm"),
    "monoclinic": ((9.2, 12.1, 7.3, 90, 106.0, 90), "P21/c"),
    "triclinic": ((7.4, 8.1, 9.3, 85, 97, 105), "P-1"),
}


def fitted(
    made: Simulated, parameters: tuple[float, ...], symbol: str, beam: Beam | None = None
) -> PatternFit:
    pattern = pattern_of_points(made.two_theta, made.counts)
    operations = operations_of_hall_number(hall_number_of(symbol))
    beam = beam or beam_of_text("CuKa")
    return fit_pattern(pattern, beam, cell_from_parameters(parameters), operations, "xray")


@pytest.mark.long
@pytest.mark.parametrize("kind", CASES)
def test_cell_zero_and_intensities_of_a_simulated_pattern(kind: str) -> None:
    parameters, symbol = CASES[kind]
    made = simulated_pattern(parameters, symbol, seed=3, zero=0.06)
    off = tuple(x * (1.003 if k < 3 else 1.0) for k, x in enumerate(parameters))
    fit = fitted(made, off, symbol)
    figures = agreement(fit)
    assert figures.chi2 < 2.5
    cell, esd = cell_with_esd(fit)
    np.testing.assert_allclose(cell[:3], parameters[:3], rtol=4e-4)
    np.testing.assert_allclose(cell[3:], parameters[3:], atol=0.06)
    assert (esd[:3] > 0.0).all()
    assert (esd < 0.05).all()
    assert fit.state.shape.value("zero") == pytest.approx(0.06, abs=0.02)
    found = reflections_of_fit(fit, symbol, "xray")
    known = {tuple(sorted(map(abs, hkl))): 0.0 for hkl in made.hkl.tolist()}
    assert len(known) > 0
    # positions of gemmi
    near = np.abs(fit.positions[:, None] - made.positions).min(axis=1)
    inside = (fit.positions > 6) & (fit.positions < 59)
    assert near[inside].max() < 0.02
    # areas of groups, by where they lie
    position = np.sort(fit.positions)
    sums = [
        (
            fit.state.intensity[np.abs(fit.positions - x) < 0.5].sum(),
            made.areas[np.abs(made.positions - x) < 0.5].sum(),
        )
        for x in position[(position > 7) & (position < 58)]
    ]
    one, other = np.array(sums).T
    assert np.corrcoef(one, other)[0, 1] > 0.98
    assert found.group[-1] < len(found.d)


@pytest.mark.long
def test_uncertainties_of_intensities_are_those_of_repeated_measurements() -> None:
    parameters, symbol = CASES["tetragonal"]
    rng = np.random.default_rng(0)
    made = simulated_pattern(parameters, symbol, seed=1, span=(5.0, 35.0, 0.03))
    expected = made.counts.copy()
    values, esds = [], []
    for _ in range(12):
        pattern = pattern_of_points(made.two_theta, rng.poisson(expected).astype(float))
        operations = operations_of_hall_number(hall_number_of(symbol))
        cell = cell_from_parameters(parameters)
        fit = fit_pattern(pattern, beam_of_text("CuKa"), cell, operations, "xray")
        found = reflections_of_fit(fit, symbol, "xray")
        strong = np.bincount(found.group, found.intensity)
        values.append(strong / strong.sum())
        esds.append(np.sqrt(np.bincount(found.group, found.esd**2)) / strong.sum())
    scatter, given = np.std(values, axis=0, ddof=1), np.mean(esds, axis=0)
    assert 0.5 < float(np.median(scatter / given)) < 1.6


@pytest.mark.long
def test_lines_of_another_phase_are_found_and_do_not_pull() -> None:
    parameters, symbol = CASES["hexagonal"]
    foreign = (22.45, 34.9, 43.35)
    made = simulated_pattern(parameters, symbol, seed=5, foreign=foreign)
    fit = fitted(made, parameters, symbol)
    cell, _ = cell_with_esd(fit)
    np.testing.assert_allclose(cell[:3], parameters[:3], rtol=5e-4)
    found = [each.two_theta for each in unexplained_peaks(fit)]
    nearest = [min(abs(angle - each) for each in fit.positions) for angle in foreign]
    for angle, distance in zip(foreign, nearest, strict=True):
        if distance > 0.2:
            assert min(abs(angle - each) for each in found) < 0.06, angle
    assert agreement(fit).r_wp_explained < agreement(fit).r_wp


@pytest.mark.long
@pytest.mark.parametrize("wavelengths", [CU, CU[:1]])
def test_it_is_noticed_whether_k_alpha_2_is_there(wavelengths: tuple[float, ...]) -> None:
    parameters, symbol = CASES["cubic"]
    made = simulated_pattern(parameters, symbol, wavelengths=wavelengths, scale=2000.0)
    for name in ("CuKa", "CuKa1"):
        beam = beam_of_text(name)
        other = other_beam(beam)
        assert other is not None
        fit = fitted(made, parameters, symbol, beam)
        assert fits_better(fit, other) == (len(beam.wavelengths) != len(wavelengths))


def test_other_beams() -> None:
    assert other_beam(beam_of_text("CoKa")) == beam_of_text("CoKa1")
    assert other_beam(beam_of_text("1.5406")) is not None
    assert other_beam(beam_of_text("0.8")) is None


def test_phases_that_lines_may_belong_to() -> None:
    assert likely_phases([2.807, 2.598, 2.468, 3.335, 4.252, 9.96]) == [
        "zinc oxide",
        "quartz",
        "mica",
    ]
    assert likely_phases([3.0, 5.0]) == []
    assert likely_phases([2.285, 2.094]) == []  # of calcite, but none of its strongest


def test_phases_whose_strongest_line_is_missing_are_none() -> None:
    quartz = [4.255, 1.818]
    assert likely_phases(quartz, [20.0, 13.0], lambda _: 30.0) == ["quartz"]
    assert likely_phases(quartz, [20.0, 13.0], lambda d: 1.0 if d == 3.343 else 30.0) == []


def test_lines_of_phases_are_spacings_of_their_cells() -> None:
    cells = {
        "quartz": (4.9134, 4.9134, 5.4052, 90.0, 90.0, 120.0),
        "zinc oxide": (3.2498, 3.2498, 5.2066, 90.0, 90.0, 120.0),
        "calcite": (4.9896, 4.9896, 17.061, 90.0, 90.0, 120.0),
        "corundum": (4.7587, 4.7587, 12.9929, 90.0, 90.0, 120.0),
        "halite": (5.6402,) * 3 + (90.0,) * 3,
    }
    indices = np.stack(np.meshgrid(*[np.arange(-8, 9)] * 3), axis=-1).reshape(-1, 3)
    for name, parameters in cells.items():
        reciprocal = np.linalg.inv(cell_from_parameters(parameters)).T
        lengths = np.linalg.norm(indices @ reciprocal, axis=1)
        possible = 1.0 / lengths[lengths > 0.0]
        for line in lines_of_phases([name]):
            assert np.abs(possible / line - 1.0).min() < 1.5e-3, (name, line)


@pytest.mark.long
def test_ranges_left_out_take_their_reflections_with_them() -> None:
    parameters, symbol = CASES["hexagonal"]
    made = simulated_pattern(parameters, symbol, seed=5, foreign=(34.9,))
    whole = pattern_of_points(made.two_theta, made.counts)
    left = whole.without([(34.4, 35.4), (50.0, 52.0)])
    cut = replace(made, two_theta=left.two_theta, counts=left.counts)
    fit = fitted(cut, parameters, symbol)
    listed = reflections_of_fit(fit, symbol, "xray")
    angles = 2.0 * np.degrees(np.arcsin(0.5 * fit.problem.beam.first / listed.d))
    angles += fit.state.shape.value("zero")
    for low, high in ((34.5, 35.3), (50.1, 51.9)):
        assert not ((angles > low) & (angles < high)).any()
    assert len(unexplained_peaks(fit)) == 0
    np.testing.assert_allclose(cell_with_esd(fit)[0][:3], parameters[:3], rtol=5e-4)
    with pytest.raises(InputError, match="no point lies"):
        whole.without([(170.0, 175.0)])
    with pytest.raises(InputError, match="points are left"):
        whole.without([(0.0, 200.0)])


def test_indices_with_the_fewest_minus_signs() -> None:
    operations = operations_of_hall_number(hall_number_of("P6/mmm"))
    found = plain_indices(np.array([[2, -1, 0], [0, -1, -3], [-2, 0, 1]]), operations)
    assert found.tolist() == [[1, 1, 0], [1, 0, 3], [2, 0, 1]]


def test_slopes_of_lines_against_differences() -> None:
    parameters, symbol = CASES["monoclinic"]
    operations = operations_of_hall_number(hall_number_of(symbol))
    shape = shape_of_cell(cell_from_parameters(parameters), operations, 0.2)
    assert len(shape.metric) == 4
    values = shape.values + np.array([0.02, 0.01, 0.01, 0.01, -0.002, 0.002, 0.05, 0.02])
    shape = shape.with_vector(np.concatenate([shape.metric, values]))
    hkl = np.array([[1, 0, 0], [0, 1, 1], [2, -1, 3], [4, 4, 1]])
    layout = line_layout(shape, hkl, beam_of_text("CuKa"))
    slopes = line_slopes(shape, layout)
    for p in range(len(shape.vector)):
        step = 1e-4 * (np.linalg.norm(shape.metric) if p < 4 else 1.0)
        ends = []
        for sign in (1, -1):
            vector = shape.vector
            vector[p] += sign * step
            ends.append(line_table(shape.with_vector(vector), layout)[:, :3])
        central = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(slopes[:, :, p], central, rtol=0.02, atol=2e-3)


def test_a_cell_is_made_to_fit_its_group() -> None:
    operations = operations_of_hall_number(hall_number_of("R-3m"))
    shape = shape_of_cell(cell_from_parameters((10, 10.02, 14, 90, 90, 120)), operations, 0.1)
    np.testing.assert_allclose(np.linalg.norm(shape.cell, axis=1), [10.01, 10.01, 14.0], atol=0.01)


def test_the_background_keeps_below_the_peaks() -> None:
    made = simulated_pattern(*CASES["cubic"])
    background = background_of(pattern_of_points(made.two_theta, made.counts))
    true = 40.0 + 60.0 * np.exp(-made.two_theta / 20.0)
    assert np.abs(background.values(background.start) - true).max() < 0.02 * made.counts.max()
    fit = fitted(made, *CASES["cubic"])
    assert np.abs(fit.background - true).max() < 15.0


SPIKE = np.where(np.arange(1000) == 500, 1e6, 1.0)

RNG = np.random.default_rng(0)


@pytest.mark.long
@pytest.mark.parametrize(
    "counts",
    [
        RNG.poisson(100, 1000).astype(float),
        RNG.normal(0.0, 10.0, 1000),
        (RNG.random(1000) < 0.05).astype(float),
        1e12 * RNG.random(1000),
        1e-12 * RNG.random(1000),
        1e6 * np.exp(-np.arange(1000) / 100.0),
        SPIKE,
    ],
    ids=["noise", "negative", "mostly zero", "huge", "tiny", "steep", "spike"],
)
def test_whatever_the_counts_the_figures_are_finite(counts: np.ndarray) -> None:
    pattern = pattern_of_points(5.0 + 0.05 * np.arange(1000), counts)
    operations = operations_of_hall_number(hall_number_of("Ia-3d"))
    cell = cell_from_parameters(CASES["cubic"][0])
    fit = fit_pattern(pattern, beam_of_text("CuKa"), cell, operations, "xray")
    found = reflections_of_fit(fit, "Ia-3d", "xray")
    figures = agreement(fit)
    assert np.isfinite([figures.r_wp, figures.r_exp, figures.r_wp_peaks]).all()
    for values in (*cell_with_esd(fit), found.intensity, found.esd):
        assert np.isfinite(values).all()


def test_a_cell_with_more_reflections_than_points_is_refused() -> None:
    made = simulated_pattern(*CASES["cubic"])
    cell = cell_from_parameters((40, 41, 42, 80, 85, 95))
    operations = operations_of_hall_number(hall_number_of("P-1"))
    pattern = pattern_of_points(made.two_theta, made.counts)
    with pytest.raises(InputError, match="more than its 2,750 points"):
        fit_pattern(pattern, beam_of_text("CuKa"), cell, operations, "xray")


def test_a_range_without_reflections_is_refused() -> None:
    made = simulated_pattern(*CASES["cubic"])
    pattern = pattern_of_points(made.two_theta, made.counts).between(5.0, 8.0)
    operations = operations_of_hall_number(hall_number_of("Pm-3m"))
    cell = cell_from_parameters((5, 5, 5, 90, 90, 90))
    with pytest.raises(InputError, match="no reflection of this cell"):
        fit_pattern(pattern, Beam(CU[:1], (1.0,)), cell, operations, "xray")


@needs_data
@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "parameters", "symbol", "beam", "r_wp"),
    [
        ("rockjock_analcime.xy", (13.674, 13.674, 13.674, 90, 90, 90), "Ia-3d", "CuKa", 0.125),
        ("rockjock_chabazite.xy", (13.726, 13.726, 14.819, 90, 90, 120), "R-3m", "CuKa", 0.10),
        ("rockjock_mordenite.xy", (18.05, 20.43, 7.51, 90, 90, 90), "Cmcm", "CuKa", 0.12),
        ("nu3_lev_peakfind_scandata.dat", (13.247, 13.247, 22.331, 90, 90, 120), "R-3m", "CuKa1",
         0.13),
    ],
)  # fmt: skip
def test_measured_patterns(
    name: str, parameters: tuple[float, ...], symbol: str, beam: str, r_wp: float
) -> None:
    pattern = read_pattern(PXRD / name, (8.0, 0.01) if name.endswith(".dat") else None)
    operations = operations_of_hall_number(hall_number_of(symbol))
    off = tuple(x * (1.004 if k < 3 else 1.0) for k, x in enumerate(parameters))
    cell = cell_from_parameters(off)
    fit = fit_pattern(pattern, beam_of_text(beam), cell, operations, "xray")
    assert agreement(fit).r_wp_explained < r_wp
    np.testing.assert_allclose(cell_with_esd(fit)[0][:3], parameters[:3], rtol=3e-3)
    if "mordenite" in name:
        found = [each.two_theta for each in unexplained_peaks(fit)]
        for angle in (31.8, 34.4, 22.0):
            assert min(abs(angle - each) for each in found) < 0.1

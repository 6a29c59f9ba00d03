"""Extinction symbols: the table against gemmi and International Tables, the ranking on patterns."""

from __future__ import annotations

import gemmi
import numpy as np
import pytest

import zeoloom
from paths import SHARED
from pattern_examples import simulated_pattern
from zeoloom.diffraction.beam import beam_of_text
from zeoloom.diffraction.extinction_ranking import RankedSymbol, ranked_symbols
from zeoloom.diffraction.extinction_symbols import ExtinctionSymbol, extinction_symbols, forbidden
from zeoloom.diffraction.miller import is_absent
from zeoloom.diffraction.pattern import Pattern, pattern_of_points
from zeoloom.diffraction.pattern_fit import fit_pattern
from zeoloom.diffraction.pattern_reader import read_pattern
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.geometry.space_groups import (
    hall_number_of,
    number_of_hall_number,
    operations_of_hall_number,
)
from zeoloom.run.pattern_groups import holohedry_of

PXRD = SHARED / "pxrd"

SYSTEMS = {
    "P-1": ((5, 6, 7, 80, 85, 95), 1),
    "P12/m1": ((5, 6, 7, 90, 103, 90), 14),
    "Pmmm": ((5, 6, 7, 90, 90, 90), 111),
    "P4/mmm": ((5, 5, 7, 90, 90, 90), 31),
    "P6/mmm": ((5, 5, 7, 90, 90, 120), 9),
    "Pm-3m": ((6, 6, 6, 90, 90, 90), 17),
}
"""Cells, and how many symbols there are by chapter 3.1 of International Tables A (2002).
Of the hexagonal ones P 31 and P 62 are one, as powder lines of both coincide."""


def symbols_of(system: str) -> list[ExtinctionSymbol]:
    return extinction_symbols(cell_from_parameters(SYSTEMS[system][0]), hall_number_of(system))


@pytest.mark.long
@pytest.mark.parametrize("system", SYSTEMS)
def test_groups_of_a_symbol_have_the_same_absences_by_gemmi(system: str) -> None:
    axis = np.arange(-6, 7)
    hkl = np.stack(np.meshgrid(axis, axis, axis[6:], indexing="ij"), axis=-1).reshape(-1, 3)
    found = symbols_of(system)
    assert len(found) == SYSTEMS[system][1]
    assert len({each.name for each in found}) == len(found)
    seen = set()
    for symbol in found:
        groups = [_gemmi_operations(hall) for hall in symbol.halls]
        tables = [np.asarray(each.systematic_absences(hkl)) for each in groups]
        assert all((table == tables[0]).all() for table in tables), symbol.name
        assert tables[0].tobytes() not in seen, symbol.name
        seen.add(tables[0].tobytes())
        np.testing.assert_array_equal(forbidden(hkl, symbol.operations), tables[0])
        np.testing.assert_array_equal(is_absent(hkl, symbol.operations), tables[0])


def _gemmi_operations(hall: int) -> gemmi.GroupOps:
    operations = operations_of_hall_number(hall)
    made = []
    for rotation, translation in zip(operations.rotations, operations.translations, strict=True):
        op = gemmi.Op()
        op.rot = (rotation * op.DEN).tolist()
        op.tran = np.rint(translation * op.DEN).astype(int).tolist()
        made.append(op)
    return gemmi.GroupOps(made)


@pytest.mark.long
def test_every_group_has_a_symbol() -> None:
    numbers = {
        number_of_hall_number(hall)
        for system in SYSTEMS
        for symbol in symbols_of(system)
        for hall in symbol.halls
    }
    assert numbers == set(range(1, 231))


@pytest.mark.parametrize(
    ("system", "name", "groups"),
    [
        ("Pmmm", "P n - a", ("Pnma", "Pn21a")),
        ("Pmmm", "C - c -", ("Cmcm", "Cmc21", "C2cm")),
        ("Pmmm", "F d d d", ("Fddd",)),
        ("P4/mmm", "P 41 21 -", ("P41212", "P43212")),
        ("P4/mmm", "I a - d", ("I41/amd",)),
        ("P6/mmm", "R - - -", ("R-3m", "R-3", "R32", "R3m", "R3")),
        ("Pm-3m", "F d - -", ("Fd-3m", "Fd-3")),
        ("Pm-3m", "I - - -", ("Im-3m", "Im-3", "I432", "I-43m", "I23", "I213")),
        ("P12/m1", "P 1 21/c 1", ("P121/c1",)),
    ],
)
def test_names_of_international_tables(system: str, name: str, groups: tuple[str, ...]) -> None:
    found = {each.name: each.groups for each in symbols_of(system)}
    assert found[name] == groups


def ranking(
    pattern: Pattern, parameters: tuple[float, ...], beam: str = "CuKa"
) -> list[RankedSymbol]:
    hall = holohedry_of(parameters)
    operations = operations_of_hall_number(hall)
    cell = cell_from_parameters(parameters)
    fit = fit_pattern(pattern, beam_of_text(beam), cell, operations, "xray")
    return ranked_symbols(fit, extinction_symbols(cell, hall), operations, "xray")


@pytest.mark.long
@pytest.mark.parametrize(
    ("parameters", "symbol", "name"),
    [
        ((12.3, 12.3, 12.3, 90, 90, 90), "Ia-3d", "I a - d"),
        ((8.1, 10.4, 7.3, 90, 90, 90), "Pnma", "P n - a"),
        ((9.2, 10.1, 7.3, 90, 106, 90), "P121/c1", "P 1 21/c 1"),
        ((9.1, 9.1, 7.4, 90, 90, 90), "P42/mnm", "P - n -"),
    ],
)
def test_the_symbol_of_a_simulated_pattern_comes_first(
    parameters: tuple[float, ...], symbol: str, name: str
) -> None:
    made = simulated_pattern(parameters, symbol, seed=4, span=(5.0, 50.0, 0.03))
    found = ranking(pattern_of_points(made.two_theta, made.counts), parameters)
    assert found[0].symbol.name == name
    total = np.exp([each.log_probability for each in found]).sum()
    assert total == pytest.approx(1.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("CHA", "R - - -"),
        ("LTA", "P - - -"),
        ("TON", "C - c -"),
        ("EMT", "P - - c"),
        ("FER", "I - - -"),
        ("MTW", "C 1 - 1"),
        ("ESV", "P n - a"),
    ],
)
def test_the_symbol_of_a_framework_comes_first(code: str, name: str) -> None:
    framework = zeoloom.load_reference()[code]
    rng = np.random.default_rng(0)
    difficulty = Difficulty(shift=0.05, noise=0.0, fwhm=0.001, last=51.0)
    data = simulated(framework, difficulty, rng)
    parameters = tuple(parameters_from_cell(framework.cell).tolist())
    each_square = (data.intensity / data.multiplicity).tolist()
    squares = dict(zip(map(tuple, data.hkl.tolist()), each_square, strict=True))
    made = simulated_pattern(
        parameters,
        framework.space_group_symbol,
        span=(5.0, 50.0, 0.02),
        squares=squares,
    )
    assert (
        ranking(pattern_of_points(made.two_theta, made.counts), parameters)[0].symbol.name == name
    )


@pytest.mark.slow
@pytest.mark.skipif(not PXRD.exists(), reason="needs the measured patterns")
@pytest.mark.parametrize(
    ("file", "parameters", "name"),
    [
        ("rockjock_analcime.xy", (13.674, 13.674, 13.674, 90, 90, 90), "I a - d"),
        ("rockjock_chabazite.xy", (13.726, 13.726, 14.819, 90, 90, 120), "R - - -"),
        ("nu3_lev_peakfind_scandata.dat", (13.247, 13.247, 22.331, 90, 90, 120), "R - - -"),
    ],
)
def test_measured_patterns_have_their_symbols_first(
    file: str, parameters: tuple[float, ...], name: str
) -> None:
    scanned = file.endswith(".dat")
    pattern = read_pattern(PXRD / file, (8.0, 0.01) if scanned else None)
    found = ranking(pattern, parameters, "CuKa1" if scanned else "CuKa")
    assert found[0].symbol.name == name

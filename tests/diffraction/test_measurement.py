"""Measured reflections compared with frameworks: settings, groups that differ from the list's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import zeoloom
from zeoloom.diffraction.measurement import in_setting, measurement_of
from zeoloom.diffraction.miller import unique_reflections
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.errors import InputError
from zeoloom.geometry.normalizer import other_settings
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number

IDEAL = Difficulty(shift=0.0, aluminium=0.0, noise=0.0)


def operations_of(symbol: str):  # noqa: ANN201 - a test's shorthand
    return operations_of_hall_number(hall_number_of(symbol))


@pytest.mark.parametrize(
    ("symbol", "cell", "number"),
    [
        ("P4/m", (9.0, 9.0, 5.0), 2),  # a and b may be exchanged
        ("P4/mmm", (9.0, 9.0, 5.0), 1),
        ("Pmmm", (9.0, 8.0, 5.0), 1),
        ("Pmmm", (9.0, 9.0, 5.0), 2),  # a metric that is higher than the group
        ("Pmmm", (9.0, 9.0, 9.0), 6),
        ("Pm-3", (9.0, 9.0, 9.0), 2),
        ("Pa-3", (9.0, 9.0, 9.0), 1),
        ("Fd-3m", (9.0, 9.0, 9.0), 1),
        ("Pbcm", (9.0, 9.0, 5.0), 1),  # exchanged, b and c glide planes are another group
    ],
)
def test_settings_that_keep_cell_and_group(
    symbol: str, cell: tuple[float, float, float], number: int
) -> None:
    operations = operations_of(symbol)
    settings = other_settings(operations, np.diag(cell))
    assert len(settings) == number
    assert (settings[0][0] == np.eye(3)).all()


def test_a_crystal_in_the_other_setting_is_recognised() -> None:
    """GIS in its subgroup I41/a, with a and b exchanged."""
    framework = zeoloom.load_reference()["GIS"]
    operations = operations_of("I41/a")
    low = replace(framework, operations=operations)
    rng = np.random.default_rng(0)
    low = replace(
        low, frac_t=low.frac_t + 0.01 * rng.random(low.frac_t.shape), frac_o=np.zeros((0, 3))
    )
    settings = other_settings(operations, framework.cell)
    assert len(settings) == 2
    data = simulated(low, replace(IDEAL, fwhm=-1.0), rng)  # nothing overlaps, as in a crystal
    exchanged = in_setting(low, *settings[1])
    measured = measurement_of(data, operations)
    assert measured.e2_of(low) == pytest.approx(1.0)
    assert measured.e2_of(exchanged) < 0.999
    back, value = measured.in_best_setting(exchanged)
    assert value == pytest.approx(1.0)
    assert measured.e2_of(back) == value


@pytest.mark.parametrize("symbol", ["P4/mmm", "P1", "P-4", "Pmmm"])
def test_a_list_may_be_of_another_group(symbol: str) -> None:
    """Reflections of MER (I4/mmm), compared in groups of lower and of equal Laue symmetry."""
    framework = zeoloom.load_reference()["MER"]
    data = simulated(framework, IDEAL, np.random.default_rng(0))
    usual = measurement_of(data, framework.operations)
    other = measurement_of(data, operations_of(symbol))
    assert np.allclose(usual.observed, other.observed)
    assert other.scattering.multiplicity.sum() == usual.scattering.multiplicity.sum()


def test_reflections_that_a_group_makes_equal_are_joined() -> None:
    framework = zeoloom.load_reference()["MER"]
    low = operations_of("P1")
    _, _, multiplicity = unique_reflections(framework.cell, framework.operations, 2.0)
    data = simulated(framework, IDEAL, np.random.default_rng(0))
    everything, d_all, ones = unique_reflections(framework.cell, low, float(data.d.min()))
    alone = np.arange(len(everything))
    data = replace(
        data,
        hkl=everything,
        d=d_all,
        multiplicity=ones,
        group=alone,
        intensity=np.ones(len(alone)),
        esd=np.zeros(len(alone)),
    )
    joined = measurement_of(data, framework.operations)
    # of absent ones none stays alone
    assert joined.scattering.multiplicity.sum() > multiplicity.sum()
    assert len(joined.observed) < len(everything) / 4
    assert len(measurement_of(data, low).observed) == len(everything)


def test_too_few_reflections_are_refused() -> None:
    framework = zeoloom.load_reference()["SOD"]
    data = simulated(framework, replace(IDEAL, last=25.0), np.random.default_rng(0))
    with pytest.raises(InputError, match="at least"):
        measurement_of(data, framework.operations)

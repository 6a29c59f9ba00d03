"""Simulated powder patterns have the lines and the intensities that gemmi calculates."""

from __future__ import annotations

from dataclasses import replace

import gemmi
import numpy as np
import pytest

import zeoloom
from pattern_examples import CU, multiplicity
from zeoloom.diffraction.simulation import Difficulty
from zeoloom.diffraction.structure_factors import B_O, B_T
from zeoloom.structure.files.cif_out import cif_text
from zeoloom.structure.reference import load_reference

IDEAL = Difficulty(shift=0.0, aluminium=0.0, guests=0.0, noise=0.0, fwhm=0.1, last=45.0)


def test_lines_and_intensities() -> None:
    framework = load_reference()["SOD"]
    pattern = zeoloom.simulate_pattern(
        framework, np.random.default_rng(0), IDEAL, step=0.01, strongest=1e7
    )
    block = gemmi.cif.read_string(cif_text(framework)).sole_block()
    structure = gemmi.make_small_structure_from_block(block)
    whole = gemmi.SmallStructure()  # all atoms of the cell: special positions are counted once
    whole.cell = gemmi.UnitCell(*structure.cell.parameters)
    for site in structure.get_all_unit_cell_sites():
        site.u_iso = (B_T if site.element.name == "Si" else B_O) / (8.0 * np.pi**2)
        whole.add_site(site)
    calculator = gemmi.StructureFactorCalculatorX(structure.cell)
    group = gemmi.SpaceGroup("I m -3 m")
    hkl = gemmi.make_miller_array(structure.cell, group, 2.1).tolist()
    angles, areas = [], []
    for each in hkl:
        theta = np.arcsin(0.5 * CU[0] / structure.cell.calculate_d(each))
        factor = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
        f = calculator.calculate_sf_from_small_structure(whole, each)
        angles.append(2 * np.degrees(theta))
        areas.append(abs(f) ** 2 * multiplicity(group.operations(), each) * factor)
    order = np.argsort(angles)
    angles, areas = np.array(angles)[order], np.array(areas)[order]
    alone = (np.diff(angles, prepend=0) > 1.5) & (np.diff(angles, append=99) > 1.5)
    strong = alone & (areas > 0.02 * areas.max())
    assert strong.sum() >= 5
    found = []
    for angle in angles[strong]:
        near = np.abs(pattern.two_theta - angle - 0.03) < 0.6
        found.append(pattern.counts[near].sum() - near.sum() * pattern.counts[near].min())
        peak = pattern.two_theta[near][pattern.counts[near].argmax()]
        assert peak == pytest.approx(angle, abs=0.03)
    ratio = np.array(found) / areas[strong]
    np.testing.assert_allclose(ratio / ratio.mean(), 1.0, atol=0.05)


def test_noise_is_that_of_counting_and_of_the_seed() -> None:
    framework = load_reference()["SOD"]
    one, same, other = (
        zeoloom.simulate_pattern(framework, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.counts, same.counts)
    assert (one.counts != other.counts).any()
    assert (one.counts == np.round(one.counts)).all()


def test_what_cannot_be_simulated() -> None:
    framework = load_reference()["SOD"]
    rng = np.random.default_rng(0)
    with pytest.raises(zeoloom.InputError, match="has no oxygen"):
        zeoloom.simulate_pattern(replace(framework, frac_o=np.zeros((0, 3))), rng)
    with pytest.raises(zeoloom.InputError, match="no reflection between 5 and 6"):
        zeoloom.simulate_pattern(framework, rng, Difficulty(first=5.0, last=6.0))

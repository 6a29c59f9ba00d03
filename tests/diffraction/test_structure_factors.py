"""Structure factors, against gemmi."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import gemmi
import numpy as np
import pytest

import zeoloom
from zeoloom.diffraction.miller import spacings, unique_reflections
from zeoloom.diffraction.structure_factors import (
    B_O,
    B_T,
    group_sums,
    intensities,
    scattering_of,
    structure_factors,
)
from zeoloom.geometry.operations import SymmetryOperations
from zeoloom.structure.files.cif_out import write_cif
from zeoloom.structure.files.operation_lists import gemmi_operations
from zeoloom.structure.records import Framework

if TYPE_CHECKING:
    from pathlib import Path

CODES = ("CHA", "FAU", "FER", "GIS", "ABW", "BEA", "ITG", "WEI")
"""Of all crystal systems but the triclinic, centred and not, with and without a centre."""


def in_gemmi(framework: Framework, folder: Path) -> gemmi.SmallStructure:
    write_cif(folder / "framework.cif", framework)
    small = gemmi.read_small_structure(str(folder / "framework.cif"))
    small.change_occupancies_to_crystallographic()
    displacements = {"Si": B_T, "O": B_O}
    for site in small.sites:
        site.u_iso = displacements[site.element.name] / (8 * np.pi**2)
    return small


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("radiation", ["xray", "electron", "neutron"])
def test_structure_factors_are_those_of_gemmi(code: str, radiation: str, tmp_path: Path) -> None:
    framework = zeoloom.load_reference()[code]
    hkl, d, multiplicity = unique_reflections(framework.cell, framework.operations, 2.0)
    ours = structure_factors(
        framework, scattering_of(hkl, d, multiplicity, framework.operations, radiation)
    )
    small = in_gemmi(framework, tmp_path)
    kinds = {"xray": "X", "electron": "E", "neutron": "N"}
    calculator = getattr(gemmi, f"StructureFactorCalculator{kinds[radiation]}")(small.cell)
    theirs = np.array(
        [calculator.calculate_sf_from_small_structure(small, h) for h in hkl.tolist()]
    )
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("code", CODES)
def test_reflections_are_those_of_gemmi(code: str, tmp_path: Path) -> None:
    framework = zeoloom.load_reference()[code]
    hkl, d, multiplicity = unique_reflections(framework.cell, framework.operations, 1.5)
    small = in_gemmi(framework, tmp_path)
    theirs = gemmi.make_miller_array(small.cell, small.spacegroup, 1.5)
    unit = gemmi.ReciprocalAsu(small.spacegroup)
    group = gemmi_operations(framework.operations)
    operations = gemmi.GroupOps(group)
    ours = {tuple(unit.to_asu(h, operations)[0]) for h in hkl.tolist()}
    assert ours == {tuple(h) for h in theirs.tolist()}
    assert len(hkl) == len(theirs)
    axes = [range(-n, n + 1) for n in (np.linalg.norm(framework.cell, axis=1) / 1.5).astype(int)]
    every = np.array([h for h in product(*axes) if h != (0, 0, 0)])
    every = every[spacings(every, framework.cell) >= 1.5]
    full = sum(not operations.is_systematically_absent(h) for h in every.tolist())
    assert multiplicity.sum() == full
    assert (np.diff(d) <= 1e-9).all()


def test_intensities_do_not_depend_on_the_origin_or_the_hand() -> None:
    seed = np.random.SeedSequence().entropy
    rng = np.random.default_rng(seed)
    framework = zeoloom.load_reference()["MFI"]
    hkl, d, multiplicity = unique_reflections(framework.cell, framework.operations, 2.5)
    before = intensities(framework, scattering_of(hkl, d, multiplicity, framework.operations))
    shift = rng.random(3)
    old = framework.operations
    moved = SymmetryOperations(
        old.rotations, np.mod(old.translations + shift - old.rotations @ shift, 1.0)
    )
    frac_t, frac_o = framework.frac_t + shift, framework.frac_o + shift
    for sign in (1, -1):
        group = SymmetryOperations(moved.rotations, np.mod(sign * moved.translations, 1.0))
        other = Framework(
            "moved",
            framework.cell,
            framework.space_group_number,
            framework.space_group_symbol,
            group,
            sign * frac_t,
            framework.t_labels,
            sign * frac_o,
        )
        after = intensities(other, scattering_of(hkl, d, multiplicity, group))
        assert np.allclose(after, before, rtol=1e-6, atol=1e-6 * before.max()), (seed, sign)


def test_sums_over_groups() -> None:
    sums = group_sums(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 1]))
    assert sums.tolist() == [1.0, 6.0]

"""Frameworks to and from ase.Atoms, and pymatgen by way of it."""

from __future__ import annotations

import ase.build
import numpy as np
import pytest
import spglib
from ase import Atoms

import zeoloom
from silica_examples import with_origin_at
from zeoloom.structure.reference import load_reference

pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")

CODES = ("ABW", "CHA", "LTA", "MFI", "SOD", "TON")


def number_by_spglib(atoms: Atoms) -> int:
    cell = (atoms.cell[:], atoms.get_scaled_positions(), atoms.numbers)
    found = spglib.get_spacegroup(cell, symprec=0.01)
    return int(found.split("(")[1].rstrip(")"))


@pytest.mark.parametrize("code", CODES)
def test_the_way_there_and_back(code: str) -> None:
    framework = load_reference()[code]
    conventional = zeoloom.framework_to_ase(framework)
    primitive = zeoloom.framework_to_ase(framework, primitive=True)
    cells = len(conventional) / len(primitive)
    assert conventional.cell.volume == pytest.approx(cells * primitive.cell.volume)
    assert conventional.get_chemical_formula(empirical=True) == "O2Si"
    for atoms in (conventional, primitive):
        assert number_by_spglib(atoms) == framework.space_group_number
        back, notices = zeoloom.framework_from_ase(atoms)
        assert back.name == code
        assert back.space_group_number == framework.space_group_number
        assert (len(back.frac_t), len(back.frac_o)) == (
            len(framework.frac_t),
            len(framework.frac_o),
        )
        assert notices == ()


def test_t_atoms_alone() -> None:
    framework = load_reference()["CHA"]
    atoms = zeoloom.framework_to_ase(framework, oxygen=False, primitive=True)
    assert atoms.get_chemical_formula() == "Si12"
    back, _ = zeoloom.framework_from_ase(atoms)
    assert (back.space_group_symbol, len(back.frac_t), len(back.frac_o)) == ("R-3m", 1, 0)
    with pytest.raises(zeoloom.InputError, match=r"has no oxygen; .* zeoloom\.refine"):
        zeoloom.framework_to_ase(back)
    refined = zeoloom.refine(back).framework
    assert len(zeoloom.framework_to_ase(refined)) == 108


def test_ase_knows_the_group_and_the_orbits() -> None:
    for code in CODES:
        atoms = zeoloom.framework_to_ase(load_reference()[code])
        group = atoms.info["spacegroup"]
        assert group.no == atoms.info["space_group_number"]
        kinds = atoms.arrays["spacegroup_kinds"]
        places = atoms.get_scaled_positions()
        for kind in np.unique(kinds):
            sites, _ = group.equivalent_sites(places[kinds == kind][:1], symprec=0.05)
            assert len(sites) == (kinds == kind).sum(), code


def test_a_setting_that_ase_has_no_table_of() -> None:
    moved = with_origin_at(load_reference()["CHA"], np.array([0.0, 0.0, 0.25]))
    atoms = zeoloom.framework_to_ase(moved)
    assert "spacegroup" not in atoms.info
    assert atoms.info["space_group_number"] == 166
    assert number_by_spglib(atoms) == 166


def test_supercells_turned_and_shuffled_with_a_guest() -> None:
    atoms = zeoloom.framework_to_ase(load_reference()["SOD"]).repeat((2, 1, 1))
    atoms.rotate(40.0, (1, 2, 3), rotate_cell=True)
    atoms = atoms[np.random.default_rng(0).permutation(len(atoms))]
    centre = np.array([0.5, 0.5, 0.5]) @ atoms.cell[:]
    atoms += Atoms("Ar", positions=[centre])
    framework, notices = zeoloom.framework_from_ase(atoms, "mine")
    assert framework.name == "mine"
    assert (framework.space_group_symbol, len(framework.frac_t)) == ("Im-3m", 1)
    assert notices == ("left out, not part of the framework: 1 Ar (asymmetric atoms)",)


def test_displaced_atoms_need_a_wider_tolerance() -> None:
    atoms = zeoloom.framework_to_ase(load_reference()["CHA"], primitive=True)
    atoms.positions += np.random.default_rng(0).normal(0.0, 0.01, atoms.positions.shape)
    assert zeoloom.framework_from_ase(atoms)[0].space_group_number < 166
    assert zeoloom.framework_from_ase(atoms, symprec=0.15)[0].space_group_number == 166


def test_what_is_no_framework() -> None:
    molecule = ase.build.molecule("H2O")
    with pytest.raises(zeoloom.InputError, match="not periodic in all directions"):
        zeoloom.framework_from_ase(molecule)
    molecule.pbc = True
    with pytest.raises(zeoloom.InputError, match="no volume"):
        zeoloom.framework_from_ase(molecule)
    with pytest.raises(
        zeoloom.InputError, match="no framework: no oxygen, and of 4 T atoms none has four"
    ):
        zeoloom.framework_from_ase(ase.build.bulk("Cu", cubic=True))
    with pytest.raises(zeoloom.InputError, match="no atoms"):
        zeoloom.framework_from_ase(Atoms(cell=[10, 10, 10], pbc=True))
    with pytest.raises(zeoloom.InputError, match=r"expected ase\.Atoms, got str"):
        zeoloom.framework_from_ase("CHA.cif")  # type: ignore[arg-type]


def test_pymatgen_by_way_of_ase() -> None:
    pytest.importorskip("pymatgen.core")
    from pymatgen.io.ase import AseAtomsAdaptor  # noqa: PLC0415 - optional
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer  # noqa: PLC0415 - optional

    for code in ("CHA", "MFI"):
        framework = load_reference()[code]
        structure = AseAtomsAdaptor.get_structure(zeoloom.framework_to_ase(framework))
        assert SpacegroupAnalyzer(structure).get_space_group_number() == (
            framework.space_group_number
        )
        back, _ = zeoloom.framework_from_ase(AseAtomsAdaptor.get_atoms(structure))
        assert len(back.frac_t) == len(framework.frac_t)

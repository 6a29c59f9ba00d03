"""CIF files written here, read back by gemmi, ASE, spglib and zeoloom."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import ase.io
import gemmi
import numpy as np
import pytest
import spglib

from silica_examples import bare, in_p1, known, shaken, with_axes, with_origin_at
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import expand_orbits, separations
from zeoloom.geometry.space_groups import operations_of_hall_number, symbol_of_hall_number
from zeoloom.silica.dls import r_dls, refine
from zeoloom.structure.files.cif_out import cif_text, write_cif
from zeoloom.structure.files.reader import read_framework

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import Framework

# every lattice system; origin choices (MTN, FAU, DFT, RHO), hexagonal axes (CHA), enantiomorphs
# (CZP, STW), unique axis b (MTW, UOE) and no symmetry to speak of (ETV)
CODES = ["ABW", "CHA", "MTN", "FAU", "DFT", "RHO", "CZP", "STW", "MTW", "UOE", "ETV", "MFI"]


def full_cell(framework: Framework) -> tuple[np.ndarray, np.ndarray]:
    group, cell = framework.operations, framework.cell
    full_t, _ = expand_orbits(framework.frac_t, group, cell)
    full_o, _ = expand_orbits(framework.frac_o, group, cell)
    return full_t, full_o


@pytest.mark.parametrize("code", CODES)
def test_all_readers_find_the_same_framework(code: str, tmp_path: Path) -> None:
    framework = refine(shaken(known(code), 0.02, 0.01, 0)).framework
    path = tmp_path / f"{code}.cif"
    write_cif(path, framework)
    full_t, full_o = full_cell(framework)

    own, notices = read_framework(path)
    assert notices == ()
    assert (own.name, own.space_group_number) == (code, framework.space_group_number)
    assert own.t_labels == framework.t_labels
    np.testing.assert_allclose(own.frac_t, framework.frac_t, atol=1e-7)
    np.testing.assert_allclose(own.frac_o, framework.frac_o, atol=1e-7)
    assert r_dls(own) == pytest.approx(r_dls(framework), abs=1e-7)

    small = gemmi.read_small_structure(str(path))
    assert small.spacegroup is not None
    assert small.spacegroup.number == framework.space_group_number
    sites = small.get_all_unit_cell_sites()
    assert [sum(site.element.name == e for site in sites) for e in ("Si", "O")] == [
        len(full_t),
        len(full_o),
    ]
    # gemmi may choose by the symbol alone: it must mean the operations that are listed
    by_symbol = gemmi.find_spacegroup_by_name(
        gemmi.cif.read(str(path))[0].find_value("_space_group_name_H-M_alt").strip("'")
    )
    assert by_symbol is not None
    assert len(by_symbol.operations()) == len(framework.operations)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        atoms = ase.io.read(path)
    np.testing.assert_allclose(
        atoms.cell.cellpar(), parameters_from_cell(framework.cell), atol=1e-5
    )
    for number, expected in ((14, full_t), (8, full_o)):
        found = atoms.get_scaled_positions()[atoms.numbers == number]
        assert len(found) == len(expected)
        apart = separations(found[:, None], expected[None], framework.cell)
        assert apart.min(axis=1).max() < 1e-4

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        seen = spglib.get_symmetry_dataset(
            (atoms.cell[:], atoms.get_scaled_positions(), atoms.numbers), symprec=0.01
        )
    assert seen.number == framework.space_group_number


@pytest.mark.parametrize("hall_number", [1, 2, 3, 81, 90, 227, 228, 434, 460, 525, 526])
def test_every_kind_of_setting_keeps_its_operations(hall_number: int, tmp_path: Path) -> None:
    group = operations_of_hall_number(hall_number)
    framework = replace(
        in_p1(bare(known("CHA"))),
        name="any setting",
        space_group_number=1,
        space_group_symbol=symbol_of_hall_number(hall_number),
        operations=group,
    )
    block = gemmi.cif.read_string(cif_text(framework))[0]
    assert block.name == "any_setting"
    listed = gemmi.GroupOps(
        [
            gemmi.Op(gemmi.cif.as_string(x))
            for x in block.find_values("_space_group_symop_operation_xyz")
        ]
    )
    expected = {
        (tuple(r.ravel()), tuple(np.round(24 * t).astype(int) % 24))
        for r, t in zip(group.rotations, group.translations, strict=True)
    }
    found = {
        (tuple(np.array(op.rot).ravel() // 24), tuple(np.array(op.tran) % 24)) for op in listed
    }
    assert found == expected
    assert not list(tmp_path.iterdir())


def test_a_framework_at_no_tabulated_origin_is_moved_to_one(tmp_path: Path) -> None:
    framework = with_origin_at(known("CHA"), np.array([0.137, 0.291, 0.411]))
    path = tmp_path / "moved.cif"
    write_cif(path, framework)
    own, _ = read_framework(path)
    assert own.space_group_number == 166
    assert r_dls(own) == pytest.approx(r_dls(framework), abs=1e-6)


def test_axes_no_table_has_are_given_by_the_operations(tmp_path: Path) -> None:
    framework = with_axes(known("MFI"), np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))
    path = tmp_path / "skewed.cif"
    write_cif(path, framework)
    own, _ = read_framework(path)
    assert own.space_group_number == 62
    assert r_dls(own) == pytest.approx(r_dls(framework), abs=1e-6)


def test_more_tags_odd_names_and_a_place_that_cannot_be(tmp_path: Path) -> None:
    framework = replace(known("SOD"), name="my net/1 #2", t_labels=("T 1",))
    path = tmp_path / "new" / "net.cif"
    write_cif(path, framework, {"_zeoloom_r_dls": "0.0058", "_zeoloom_note": "it's new"})
    block = gemmi.cif.read(str(path))[0]
    assert block.name == "my_net_1__2"
    assert gemmi.cif.as_string(block.find_value("_zeoloom_note")) == "it's new"
    assert [each.name for each in path.parent.iterdir()] == ["net.cif"]
    with pytest.raises(InputError, match="cannot write"):
        write_cif(path / "below-a-file.cif", framework)

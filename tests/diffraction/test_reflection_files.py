"""Intensities out of files: every format gives the same reflections; merging of equal ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gemmi
import numpy as np
import pytest

from paths import SHARED
from zeoloom.diffraction.possible_reflections import possible_reflections, representatives
from zeoloom.diffraction.reflection_files import holds_reflections, read_reflections
from zeoloom.diffraction.reflection_records import load_reflections, save_reflections
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import (
    hall_number_of,
    lattice_system,
    name_of_setting,
    operations_of_hall_number,
    standard_hall_number,
)

if TYPE_CHECKING:
    from pathlib import Path

FOCUS = SHARED / "pxrd" / "focus_doh.inp"

CELL = cell_from_parameters((10.0, 10.0, 12.0, 90, 90, 90))
SYMBOL = "P42/mmc"
OPERATIONS = operations_of_hall_number(hall_number_of(SYMBOL))
LIST = possible_reflections(CELL, OPERATIONS, 3.01)
F2 = 100.0 + 10.0 * np.arange(len(LIST))

PARAMETERS = {
    "triclinic": (5, 6, 7, 80, 95, 100),
    "monoclinic": (5, 6, 7, 90, 103, 90),
    "orthorhombic": (5, 6, 7, 90, 90, 90),
    "tetragonal": (5, 5, 7, 90, 90, 90),
    "hexagonal": (5, 5, 7, 90, 90, 120),
    "cubic": (6, 6, 6, 90, 90, 90),
}


def rows(form: str, values: np.ndarray) -> str:
    return "".join(
        form.format(*hkl, value, 0.1 * value)
        for hkl, value in zip(LIST.hkl.tolist(), values.tolist(), strict=True)
    )


CIF = """data_x
_cell_length_a 10.0(1)
_cell_length_b 10.0
_cell_length_c 12.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 42/m m c'
"""

LOOP = """loop_
_refln_index_h
_refln_index_k
_refln_index_l
_refln_F_squared_meas
_refln_F_squared_sigma
"""

HKLF = "{:4d}{:4d}{:4d}{:8.2f}{:8.2f}\n"

FREE = "{} {} {} {:.4f} {:.4f}\n"

FILES = {
    "data.hkl": rows(HKLF, F2) + "   0   0   0    0.00    0.00\n",
    "squares.txt": "# h k l F2 sigma\n" + rows(FREE, F2),
    "amplitudes.txt": "h k l F\n" + rows(FREE, np.sqrt(F2)),
    "commas.csv": "h,k,l,F^2,sigma\n" + rows("{},{},{},{:.4f},{:.4f}\n", F2),
    "powder.txt": "h k l I sigma\n" + rows(FREE, F2 * LIST.multiplicity),
    "loop.cif": CIF + LOOP + rows(FREE, F2),
    "inside.cif": CIF
    + "_shelx_hkl_file\n;\n"
    + rows(HKLF, F2)
    + "   0   0   0    0.00    0.00\n;\n",
    "focus.inp": f"SpaceGroup {SYMBOL}\nUnitCell 10 12\nLambda CuA1\n" + rows(FREE, np.sqrt(F2)),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_reflections(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(FILES[name])
    assert holds_reflections(path)
    found = read_reflections(path, cell=CELL, space_group=SYMBOL)
    np.testing.assert_array_equal(found.hkl, LIST.hkl)
    np.testing.assert_allclose(found.intensity, F2 * LIST.multiplicity, rtol=1e-3)
    if name.endswith((".cif", ".inp")):  # they say cell and group themselves
        np.testing.assert_allclose(read_reflections(path).intensity, found.intensity)


def test_the_reflections_of_a_folder_come_back(tmp_path: Path) -> None:
    path = tmp_path / "squares.txt"
    path.write_text(FILES["squares.txt"])
    found = read_reflections(path, cell=CELL, space_group=SYMBOL, wavelength=1.54)
    save_reflections(tmp_path / "out", found)
    again = load_reflections(tmp_path / "out")
    for name in ("cell", "d", "intensity", "esd", "hkl", "multiplicity", "group"):
        np.testing.assert_allclose(getattr(again, name), getattr(found, name), rtol=1e-3, atol=1e-9)
    assert (again.space_group, again.radiation, again.wavelength) == (SYMBOL, "xray", 1.54)
    assert holds_reflections(tmp_path / "out")
    (tmp_path / "out" / "reflections.json").unlink()
    with pytest.raises(InputError, match=r"reflections\.json"):
        read_reflections(tmp_path / "out")


def test_equal_reflections_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "all.txt"
    lines = [f"{h} {k} {m} {10 + h * h + k * k + sign} 2" for h in (-2, 2) for k in (-1, 1)
             for m in (0, 1, 3, 4, 5) for sign in (-1, 1)]  # fmt: skip
    path.write_text("h k l F2 s\n" + "\n".join(lines))
    found = read_reflections(path, cell=CELL, space_group="P4/mmm")
    assert len(found.d) == 5
    np.testing.assert_allclose(found.intensity, 15.0 * found.multiplicity)
    np.testing.assert_allclose(found.esd / found.multiplicity, 2.0 / np.sqrt(8.0))


@pytest.mark.parametrize(
    ("name", "about", "reason"),
    [
        ("squares.txt", {}, "without a cell"),
        ("squares.txt", {"cell": CELL, "space_group": "Fd-3m"}, "does not fit"),
        ("squares.txt", {"cell": CELL, "space_group": "I4/mmm"}, "forbids .* of the intensity"),
    ],
)
def test_what_does_not_fit_is_refused(
    name: str, about: dict[str, object], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(FILES[name])
    with pytest.raises(InputError, match=reason):
        read_reflections(path, **about)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (rows(FREE, F2), "F, F2 .* or I .*say which"),
        ("a letter", "0 reflections"),
        ("data_x\n_cell_length_a 5\n", "without measured reflections"),
    ],
)
def test_what_holds_no_reflections_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=reason):
        read_reflections(path, cell=CELL)


@pytest.mark.skipif(not FOCUS.exists(), reason="needs the measured data")
def test_the_example_of_focus() -> None:
    found = read_reflections(FOCUS)
    assert len(found.d) == 276
    assert found.space_group == "P6/mmm"
    # (100), the first row of the file: F = 817.68
    assert found.intensity[0] == pytest.approx(6 * 817.68**2)
    assert found.group.max() < 275  # some rows overlap


@pytest.mark.long
def test_reflections_of_all_groups_against_gemmi() -> None:
    for number in range(1, 231):
        hall = standard_hall_number(number)
        operations = operations_of_hall_number(hall)
        parameters = PARAMETERS[lattice_system(number)]
        group = gemmi.SpaceGroup(name_of_setting(hall))
        gemmi_operations, asu = group.operations(), gemmi.ReciprocalAsu(group)
        cell = gemmi.UnitCell(*parameters)
        listed = possible_reflections(cell_from_parameters(parameters), operations, 1.01)
        expected = {tuple(hkl) for hkl in gemmi.make_miller_array(cell, group, 1.01).tolist()}
        found = {tuple(asu.to_asu(hkl, gemmi_operations)[0]) for hkl in listed.hkl.tolist()}
        assert found == expected, number
        assert len(found) == len(listed), number
        np.testing.assert_allclose(listed.d, [cell.calculate_d(h) for h in listed.hkl.tolist()])
        for hkl, many in zip(listed.hkl.tolist(), listed.multiplicity.tolist(), strict=True):
            images = {tuple(each.apply_to_hkl(hkl)) for each in gemmi_operations.sym_ops}
            assert len(images | {tuple(-x for x in image) for image in images}) == many, (
                number,
                hkl,
            )
        first, sizes = representatives(-listed.hkl, operations)
        np.testing.assert_array_equal(first, listed.hkl)
        np.testing.assert_array_equal(sizes, listed.multiplicity)

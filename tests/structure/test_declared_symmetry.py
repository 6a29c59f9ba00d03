"""A space group by operations, Hall symbol, symbol, number, or none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cif_dialects import all_atoms_of, atoms_of, other_axes, triplets, written
from silica_examples import with_axes, with_origin_at
from zeoloom.errors import InputError
from zeoloom.geometry.space_groups import (
    hall_number_of,
    number_of_hall_number,
    operations_of_hall_number,
    settings_of_symbol,
)
from zeoloom.judge.verdict import judge_net
from zeoloom.structure.files.operation_lists import code_of_group, tabulated_setting
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import Framework

REFERENCE = load_reference()


def read(text: str, folder: Path) -> tuple[str, tuple[str, ...]]:
    """The framework type of a CIF, and the reader's notices."""
    path = folder / "x.cif"
    path.write_text(text, encoding="utf-8")
    framework, notices = read_framework(path)
    return judge_net(framework).framework_type, notices


def at_origin_one(code: str) -> Framework:
    """A type of a group with two origins, at the first of them."""
    for eighths in np.ndindex(8, 8, 8):
        moved = with_origin_at(REFERENCE[code], np.array(eighths) / 8)
        setting = tabulated_setting(moved.operations)
        if setting is not None and setting.ext == "1":
            return moved
    raise AssertionError(code)


FAU_1 = at_origin_one("FAU")

ORIGIN_1 = ["F d -3 m:1", "F d -3 m S", "Fd-3mS", "F d 3 m :1", "F d -3 m (origin choice 1)"]
ORIGIN_2 = ["F d -3 m:2", "F d -3 m Z", "Fd-3mZ", "F 41/d -3 2/m:2", "F d 3 m", "F4_1/d-32/m"]


@pytest.mark.parametrize("symbol", ORIGIN_1)
def test_the_first_origin_by_symbol(symbol: str, tmp_path: Path) -> None:
    code, notices = read(written(FAU_1.cell, atoms_of(FAU_1), symbol=symbol), tmp_path)
    assert code == "FAU"
    assert notices == (
        f"no symmetry operations in the file; took those of the symbol '{symbol}', F d -3 m:1",
    )


@pytest.mark.parametrize("symbol", ORIGIN_2)
def test_the_second_origin_by_symbol(symbol: str, tmp_path: Path) -> None:
    fau = REFERENCE["FAU"]
    code, notices = read(written(fau.cell, atoms_of(fau), symbol=symbol), tmp_path)
    assert code == "FAU"
    assert notices[0].endswith("F d -3 m:2")


@pytest.mark.parametrize("symbol", ["F d -3 m:2", "F d -3 m", "Fd3m", "F d -3 m Z"])
def test_an_origin_that_makes_atoms_overlap_is_given_up(symbol: str, tmp_path: Path) -> None:
    for declared in ({"symbol": symbol}, {"number": "227"}, {"hall": "-F 4vw 2vw 3"}):
        code, notices = read(written(FAU_1.cell, atoms_of(FAU_1), **declared), tmp_path)
        assert code == "FAU"
        assert len(notices) == 1
        assert "F d -3 m:2" in notices[0]
        assert "(F d -3 m:1), with which the atoms make a framework" in notices[0]


@pytest.mark.parametrize("code", ["MFI", "GIS", "CHA", "AEN", "MTN", "RHO", "BOG"])
def test_a_number_alone(code: str, tmp_path: Path) -> None:
    given = REFERENCE[code]
    found, _ = read(
        written(given.cell, atoms_of(given), number=str(given.space_group_number)), tmp_path
    )
    assert found == code


@pytest.mark.parametrize("symbol", ["R -3 m:R", "R -3 m R", "R-3mR", "R -3 m", "R -3 2/m"])
def test_rhombohedral_axes(symbol: str, tmp_path: Path) -> None:
    cha = other_axes(REFERENCE["CHA"])
    code, notices = read(written(cha.cell, atoms_of(cha), symbol=symbol), tmp_path)
    assert code == "CHA"
    assert notices


@pytest.mark.parametrize("symbol", ["R -3 m:H", "R -3 m H", "R-3mH", "H -3 m", "R-3m (166)"])
def test_hexagonal_axes(symbol: str, tmp_path: Path) -> None:
    cha = REFERENCE["CHA"]
    assert read(written(cha.cell, atoms_of(cha), symbol=symbol), tmp_path)[0] == "CHA"


@pytest.mark.parametrize("turns", [0, 1, 2])
@pytest.mark.parametrize("code", ["MTT", "AFO", "IFR", "GON", "SFO", "HEU"])
def test_other_axes_by_the_short_symbol(code: str, turns: int, tmp_path: Path) -> None:
    given = REFERENCE[code]
    for _ in range(turns):
        given = with_axes(given, np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]))
    # the symbol of the standard setting, on axes that are not those of that setting
    found, notices = read(
        written(given.cell, atoms_of(given), symbol=REFERENCE[code].space_group_symbol), tmp_path
    )
    assert found == code
    assert notices


def test_operations_are_taken_before_symbols_that_contradict_them(tmp_path: Path) -> None:
    gis = REFERENCE["GIS"]
    listed = triplets(gis.operations)
    atoms = atoms_of(gis)
    for declared, said in (
        ({"symbol": "C 2/c"}, "the symbol 'C 2/c'"),
        ({"number": "15"}, "space group 15"),
        ({"hall": "-C 2yc"}, "the Hall symbol '-C 2yc'"),
        ({"symbol": "I 41/a m d:1"}, "the symbol 'I 41/a m d:1'"),
        ({"symbol": "C 2/c", "number": "15"}, "space group 15, the symbol 'C 2/c'"),
    ):
        text = written(gis.cell, atoms, operations=listed, **declared)
        code, notices = read(text, tmp_path)
        assert code == "GIS"
        expected = f"the file says {said}, its operations are those of 141 (I 41/a m d:2); "
        assert notices == (expected + "took its operations",)
    for declared in ({"symbol": "I 41/a m d"}, {"symbol": "I41/amd:2", "number": "141"}):
        text = written(gis.cell, atoms, operations=listed, **declared)
        assert read(text, tmp_path) == ("GIS", ())


def test_a_list_without_its_centring_gives_way_to_the_symbol(tmp_path: Path) -> None:
    fau = REFERENCE["FAU"]
    # without it 48 of 192 operations are no group, those of C 2/m are
    listed = triplets(fau.operations)[:48]
    text = written(fau.cell, atoms_of(fau), operations=listed, symbol="F d -3 m")
    assert read(text, tmp_path) == ("FAU", ())
    mtt = REFERENCE["MTF"]
    listed = triplets(mtt.operations)[:4]
    text = written(mtt.cell, atoms_of(mtt), operations=listed, symbol="C 2/m")
    code, notices = read(text, tmp_path)
    assert code == "MTF"
    assert "took the symbol 'C 2/m' (C 1 2/m 1)" in notices[0]


def test_a_whole_cell_under_the_symbol_of_its_group(tmp_path: Path) -> None:
    cha = REFERENCE["CHA"]
    for declared in ({"operations": ["x,y,z"]}, {}):
        text = written(cha.cell, all_atoms_of(cha), symbol="R -3 m", **declared)
        assert read(text, tmp_path)[0] == "CHA"
    text = written(cha.cell, all_atoms_of(cha), symbol="R -3 m", operations=["x,y,z"])
    notice = "the file says the symbol 'R -3 m', its operations are those of 1 (P 1); took its"
    assert read(text, tmp_path)[1] == (f"{notice} operations",)


def test_a_whole_cell_under_a_symbol_of_another_origin(tmp_path: Path) -> None:
    moved = with_origin_at(REFERENCE["CHA"], np.array([0.1, 0.2, 0.3]))
    code, notices = read(written(moved.cell, all_atoms_of(moved), symbol="R -3 m"), tmp_path)
    assert code == "CHA"
    assert "took the atoms as listed (P 1)" in notices[0]


@pytest.mark.parametrize(
    "hall",
    ['-R 3 2"', '-r 3 2"', '-R_3_2"', '-R 3 2" (x,y,z)', '-R 3 2" (x+1/3,y-1/3,z-1/3)'],
)
def test_hall_symbols(hall: str, tmp_path: Path) -> None:
    cha = REFERENCE["CHA"]
    assert read(written(cha.cell, atoms_of(cha), hall=hall), tmp_path)[0] == "CHA"


def test_a_hall_symbol_with_a_shift_of_the_origin(tmp_path: Path) -> None:
    gis = with_origin_at(REFERENCE["GIS"], np.array([0.0, 0.25, 0.125]))
    for hall in ("-I 4bd 2 (x,y+1/4,z+1/8)", "-I 4bd 2 (x,y-1/4,z-1/8)"):
        if read(written(gis.cell, atoms_of(gis), hall=hall), tmp_path)[0] == "GIS":
            return
    raise AssertionError


def test_a_setting_that_does_not_fit_the_cell(tmp_path: Path) -> None:
    cha = other_axes(REFERENCE["CHA"])
    for symbol in ("R -3 m:H", "R -3 m H"):
        code, notices = read(written(cha.cell, atoms_of(cha), symbol=symbol), tmp_path)
        assert code == "CHA"
        assert notices[0].startswith(f"the symbol '{symbol}' does not fit the cell 9.3")
        assert notices[1:] == ("took another setting, R -3 m:R",)
    # nonsense over a whole cell
    for symbol in ("F d -3 m", "zeolite"):
        code, notices = read(written(cha.cell, all_atoms_of(cha), symbol=symbol), tmp_path)
        assert code == "CHA"
        assert notices[1:] == ("took the atoms as listed, P 1",)


def test_broken_symbols_beside_others(tmp_path: Path) -> None:
    cha = REFERENCE["CHA"]
    for declared in (
        {"hall": "-R 3 2x", "symbol": "R -3 m"},
        {"symbol": "zeolite", "number": "166"},
        {"hall": "nonsense", "symbol": "nonsense", "number": "166"},
        {"symbol": "F d -3 m", "number": "166"},
    ):
        code, notices = read(written(cha.cell, atoms_of(cha), **declared), tmp_path)
        assert code == "CHA"
        assert len(notices) >= 2
    for declared, reason in (
        ({"hall": "-R 3 2x"}, "Hall symbol '-R 3 2x' cannot be read"),
        ({"symbol": "zeolite"}, "space group 'zeolite' is unknown and no operations are listed"),
        ({"symbol": "F d -3 m"}, "'F d -3 m' does not fit the cell 13.68 13.67 14.77 90 90 120"),
        ({"number": "231"}, "space group number '231': expected 1 to 230"),
    ):
        with pytest.raises(InputError, match=reason):
            read(written(cha.cell, atoms_of(cha), **declared), tmp_path)


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda t: t.replace(",", ", "), lambda t: t.replace("1/4", "0.25"),
     lambda t: t.replace("+1/2", "+.5"), lambda t: t.replace("x", "1*x")],
)  # fmt: skip
def test_operations_in_all_spellings(change: object, tmp_path: Path) -> None:
    gis = REFERENCE["GIS"]
    listed = [change(text) for text in triplets(gis.operations)]
    text = written(gis.cell, atoms_of(gis), operations=listed)
    assert read(text, tmp_path) == ("GIS", ())
    assert read(text.replace("'", ""), tmp_path)[0] == "GIS"


def test_tags_of_all_dictionaries(tmp_path: Path) -> None:
    gis = REFERENCE["GIS"]
    text = written(gis.cell, atoms_of(gis), operations=triplets(gis.operations), number="141")
    newer = text.replace("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
    newer = newer.replace("_symmetry_Int_Tables_number", "_space_group_IT_number")
    dotted = newer.replace("_space_group_symop_", "_space_group_symop.")
    dotted = dotted.replace("_space_group_IT", "_space_group.IT").replace("_cell_", "_cell.")
    dotted = dotted.replace("_atom_site_", "_atom_site.")
    numbered = newer.replace(
        "_space_group_symop_operation_xyz\n",
        "_space_group_symop_id\n_space_group_symop_operation_xyz\n",
    )
    for n, each in enumerate(triplets(gis.operations), start=1):
        numbered = numbered.replace(f"\n'{each}'", f"\n{n} '{each}'", 1)
    for variant in (newer, dotted, numbered):
        assert read(variant, tmp_path) == ("GIS", ())


def test_operations_of_a_magnetic_cif(tmp_path: Path) -> None:
    gis = REFERENCE["GIS"]
    listed = triplets(gis.operations)
    head = "loop_\n_space_group_symop_magn_operation.xyz\n"
    for count, centring in ((32, ["x,y,z"]), (16, ["x,y,z", "x+1/2,y+1/2,z+1/2"])):
        text = written(gis.cell, atoms_of(gis))
        text += head + "".join(f"{each},{'+-'[n % 2]}1\n" for n, each in enumerate(listed[:count]))
        text += "loop_\n_space_group_symop_magn_centering.xyz\n"
        text += "".join(f"{each},+1\n" for each in centring)
        assert read(text, tmp_path) == ("GIS", ())


SYMBOLS = {
    "P2(1)/c": 14, "P 1 21/c 1": 14, "P21/n": 14, "P 21/a": 14, "C 1 2/c 1": 15, "I2/a": 15,
    "Cmca": 64, "Cmce": 64, "P m c n": 62, "Pbnm": 62, "I4_1/amd": 141, "I 41/a 2/m 2/d": 141,
    "P6(3)/mmc": 194, "P 63/m 2/m 2/c": 194, "Pm3n": 223, "Ia3d": 230, "I m -3 m": 229,
    "Im3m": 229, "Fd3c": 228, "Pa3": 205, "P n -3 n:2": 222, "R 3 2 H": 155, "P 1": 1, "P-1": 2,
    "A b a 2": 41, "A e a 2": 41, "B 2/b": 15, "P n m a:1": 62, "p n m a": 62, "'Pnma'": 62,
}  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_symbols_old_and_new(symbol: str) -> None:
    found = settings_of_symbol(symbol)
    assert found
    assert {number_of_hall_number(hall) for hall in found} == {SYMBOLS[symbol]}
    assert found[0] == hall_number_of(symbol)


@pytest.mark.parametrize("symbol", ["", "x", "R-3n", "P 7", "F41/ddm", "R-3m:Q", ":1", "H", "S"])
def test_what_is_no_symbol(symbol: str) -> None:
    assert settings_of_symbol(symbol) == ()


def test_every_setting_is_found_by_its_own_symbol() -> None:
    # what the table of gemmi calls a setting is that setting here
    for hall_number in range(1, 531):
        setting = tabulated_setting(operations_of_hall_number(hall_number))
        assert setting is not None
        if setting.number == 68:  # old and new symbols of its settings are the same
            continue
        found = [operations_of_hall_number(each) for each in settings_of_symbol(setting.xhm())]
        code = code_of_group(operations_of_hall_number(hall_number))
        assert code in [code_of_group(each) for each in found], setting.xhm()

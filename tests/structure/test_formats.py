"""Structure files of all formats that are read, by their content and by their name."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cif_examples import GIS, cif_of
from file_examples import FILES, as_written, shelx_of_gis
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.structure.bonds import net_of
from zeoloom.structure.files.formats import FORMATS, format_of_name, format_of_text
from zeoloom.structure.files.reader import read_framework, read_frameworks
from zeoloom.structure.known_nets import framework_type_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("code", ["CHA", "GIS", "MTN"])
def test_files_of_other_formats_are_read(code: str, name: str, tmp_path: Path) -> None:
    text = FILES[name](load_reference()[code])
    (tmp_path / name).write_text(text)
    framework, notices = read_framework(tmp_path / name)
    assert framework_type_of(net_of(framework)) == code
    assert framework.name == name.partition(".")[0]
    assert notices == ()
    # the name may mislead: the content decides
    (tmp_path / "x.cif").write_text(text)
    assert framework_type_of(net_of(read_framework(tmp_path / "x.cif")[0])) == code
    # packed, and in a folder
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    read = read_frameworks([tmp_path / "deep"])
    assert [each.name for each in read.frameworks] == [framework.name]
    assert framework_type_of(net_of(read.frameworks[0])) == code


def test_shelx_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text(shelx_of_gis())
    framework, notices = read_framework(tmp_path / "a.res")
    assert framework_type_of(net_of(framework)) == "GIS"
    assert framework.space_group_number == 141
    assert notices == ()
    assert (len(framework.frac_t), len(framework.frac_o)) == (1, 2)


@pytest.mark.parametrize("name", ["CHA.cif.gz", "CHA.CIF.GZ", "CHA.gz"])
def test_packed_cifs_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(gzip.compress(cif_of(load_reference()["CHA"]).encode()))
    framework, _ = read_framework(tmp_path / name)
    assert framework.name == "CHA"


def test_what_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(GIS.encode())
    for content, reason in ((packed[:-20], "cut short"), (packed[:200] + b"x" * 99, "damaged")):
        (tmp_path / "a.cif.gz").write_bytes(content)
        with pytest.raises(InputError, match=reason):
            read_framework(tmp_path / "a.cif.gz")
    (tmp_path / "a.cif.gz").write_bytes(gzip.compress(b"#" * 100_000_001))
    with pytest.raises(InputError, match="more than the 100 MB"):
        read_framework(tmp_path / "a.cif.gz")


def test_poscars_of_all_ages(tmp_path: Path) -> None:
    lines = as_written(load_reference()["SOD"], "vasp", direct=True).split("\n")
    old = ["Si O", *lines[1:5], *lines[6:]]
    dynamic = [*lines[:7], "Selective dynamics", *(f"{x} T T F" if x else x for x in lines[7:])]
    dynamic[8] = "Direct"
    volume = [lines[0], f"-{abs(np.linalg.det(np.loadtxt(lines[2:5])))}", *lines[2:]]
    suffixed = [*lines[:5], "Si_pv O_s/4f7e", *lines[6:]]
    for variant in (old, dynamic, volume, suffixed):
        (tmp_path / "POSCAR").write_text("\n".join(variant))
        assert framework_type_of(net_of(read_framework(tmp_path / "POSCAR")[0])) == "SOD"


def test_xyz_with_the_parameters_of_its_cell(tmp_path: Path) -> None:
    sod = load_reference()["SOD"]
    lines = as_written(sod, "extxyz").split("\n")
    cell = " ".join(f"{value:.5f}" for value in parameters_from_cell(sod.cell))
    lines[1] = f"CELL:  {cell}"
    (tmp_path / "a.xyz").write_text("\n".join(lines))
    assert framework_type_of(net_of(read_framework(tmp_path / "a.xyz")[0])) == "SOD"
    assert len(read_frameworks([tmp_path]).frameworks) == 1


BAD = {
    "a.xyz": ("3\ncomment\nSi 0 0 0\nO 1 0 0\nO 0 1 0\n", "no cell"),
    "b.extxyz": ('9\nLattice="5 0 0 0 5 0 0 0 5"\nSi 0 0 0\n', "cut short"),
    "c.extxyz": ('1\nLattice="5 0 0 0 5 0 0 0 5" pbc="T T F"\nSi 0 0 0\n', "not periodic"),
    "d.extxyz": ('1\nLattice="5 0 0 5 0 0 0 0 5"\nSi 0 0 0\n', "no volume"),
    "e.vasp": ("x\n1\n5 0 0\n0 5 0\n0 0 5\nSi\n99999999999\nDirect\n0 0 0\n", "how many atoms"),
    "f.vasp": ("x\n1\n5 0 0\n0 5 0\n0 0 5\nSi\n9\nDirect\n0 0 0\n", "cut short"),
    "g.cssr": ("nothing\n" * 9, "cell of a CSSR"),
    "h.res": ("TITL x\nCELL 1 5 5 5 90 90 90\nLATT 9\n", "LATT 9"),
    "i.res": ("TITL x\nLATT 1\n", "no cell"),
    "j.res": ("CELL 1 5 5 5 90 90 90\nLATT 1\nSYMM x,y,q\n", "SYMM"),
    "k.pdb": ("REMARK 1\nEND\n", "no cell"),
    "l.txt": ("nothing\n", "no structure file by its content or its name"),
    "m": ("nothing\n", "those read are CIF, PDB, SHELX, extended XYZ, CSSR, POSCAR"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_of_other_formats_are_refused(name: str, tmp_path: Path) -> None:
    content, reason = BAD[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=reason):
        read_framework(tmp_path / name)


def test_of_a_folder_only_crystals_are_read(tmp_path: Path) -> None:
    frame = as_written(load_reference()["SOD"], "extxyz")
    (tmp_path / "one.extxyz").write_text(frame)
    (tmp_path / "many.extxyz").write_text(frame * 3)
    (tmp_path / "cloud.xyz").write_text("1\n\nSi 0 0 0\n")
    read = read_frameworks([tmp_path])
    assert [each.name for each in read.frameworks] == ["one"]
    reasons = {path.rpartition("/")[2]: reason for path, reason in read.problems}
    assert reasons == {
        "many.extxyz": "XYZ of several structures, skipped",
        "cloud.xyz": "XYZ without a cell, skipped",
    }
    _, notices = read_framework(tmp_path / "many.extxyz")
    assert notices == ("more structures in the file; read the first",)


def test_every_format_knows_its_own(tmp_path: Path) -> None:
    known = {name: make(load_reference()["SOD"]) for name, make in FILES.items()}
    known |= {"a.cif": GIS, "a.res": shelx_of_gis()}
    for name, text in known.items():
        by_text, by_name = format_of_text(text), format_of_name(tmp_path / name)
        assert by_text is by_name is not None, name
    assert {format_of_text(text) for text in known.values()} == set(FORMATS)

"""The text of files: odd characters, reflections, tags without values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from cif_dialects import atoms_of, triplets, written
from zeoloom.errors import InputError
from zeoloom.judge.verdict import judge_net
from zeoloom.structure.files.cif_tags import mended_cif
from zeoloom.structure.files.file_text import without_reflections
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

GIS = load_reference()["GIS"]
TEXT = written(GIS.cell, atoms_of(GIS), operations=triplets(GIS.operations), number="141")

REFLECTIONS = "loop_\n" + "".join(f"_refln_{n}\n" for n in ("index_h", "index_k", "F_squared_meas"))
ROWS = "".join(f" {n % 30} {n % 7} {n * 3 % 1013}.55\n" for n in range(400_000))
HKL = "_shelx_hkl_file\n;\n" + "   1   0   0 1234.50   12.30   1\n" * 200_000 + ";\n"


def read(content: str | bytes, folder: Path) -> tuple[str, tuple[str, ...]]:
    path = folder / "x.cif"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    framework, notices = read_framework(path)
    return judge_net(framework).framework_type, notices


@pytest.mark.parametrize(
    "content",
    [
        TEXT + "\x1a",
        TEXT + "\x1a" + "\0" * 400,
        TEXT + "\0\0\n",
        "\ufeff" + TEXT,
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.replace("-", "\u2212"),
        TEXT.replace(" ", "\u00a0"),
        TEXT.replace("'", "\u2019"),
        TEXT.replace("\n", "\x0c\n", 3),
        "# 13.5 \xc5\n".encode("latin-1") + TEXT.encode(),
        TEXT.removeprefix("data_x\n"),
        TEXT.replace("data_x", "data_"),
        TEXT.replace("data_x", "DATA_x").replace("loop_", "LOOP_"),
        TEXT + "\n\n#END\n",
        TEXT.replace("_cell_length_a", "_cell_length_a  "),
    ],
)
def test_odd_characters(content: str | bytes, tmp_path: Path) -> None:
    assert read(content, tmp_path) == ("GIS", ())


@pytest.mark.parametrize(
    "content",
    [
        TEXT + REFLECTIONS + ROWS,
        TEXT.replace("loop_", REFLECTIONS + ROWS + "\nloop_", 1),
        TEXT + HKL,
        TEXT.replace("_cell_length_a", HKL + "_cell_length_a"),
        TEXT.replace("loop_", REFLECTIONS + ROWS + HKL + "loop_", 1) + HKL,
    ],
)
def test_only_the_atoms_of_a_large_file_count(content: str, tmp_path: Path) -> None:
    assert len(content) > 5_000_000
    start = time.monotonic()
    assert read(content, tmp_path) == ("GIS", ())
    assert time.monotonic() - start < 10.0


def test_a_large_file_without_reflections_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than the 5 MB a framework's file may have besides"):
        read(TEXT + "#" * 5_000_000, tmp_path)


def test_what_is_short_stays() -> None:
    assert without_reflections(TEXT) == TEXT
    text = "_title\n;\nshort\n;\n" + TEXT
    assert without_reflections(text) == text


def test_tags_without_values(tmp_path: Path) -> None:
    for tag in ("_journal_year", "_cell_volume", "_symmetry_cell_setting"):
        for place in ("_cell_length_a", "loop_"):
            code, notices = read(TEXT.replace(place, f"{tag}\n{place}", 1), tmp_path)
            assert code == "GIS"
            assert notices == (f"tags without a value: {tag}",)
    code, notices = read(TEXT + "_exptl_crystal_colour\n", tmp_path)
    assert (code, notices) == ("GIS", ("tags without a value: _exptl_crystal_colour",))
    text = "\n".join("_cell_length_b" if "length_b" in x else x for x in TEXT.split("\n"))
    with pytest.raises(InputError, match="no cell: _cell_length_b missing"):
        read(text, tmp_path)


def test_values_of_several_words_and_lost_quotes(tmp_path: Path) -> None:
    for value in ("P 1 ?", "'lost its end", "two words # comment", '"other', "a 'b' c"):
        text = TEXT.replace("loop_", f"_chemical_name_common {value}\nloop_", 1)
        assert read(text, tmp_path)[0] == "GIS"
    assert mended_cif("data_x\n_a b c\n") == ("data_x\n_a 'b c'\n", [])


def test_a_tag_given_twice(tmp_path: Path) -> None:
    same = next(line for line in TEXT.split("\n") if line.startswith("_cell_length_a"))
    assert read(TEXT.replace("loop_", f"{same}\nloop_", 1), tmp_path) == ("GIS", ())
    text = TEXT.replace("_cell_length_a", "_cell_length_a 9.0\n_cell_length_a")
    code, notices = read(text, tmp_path)
    assert code == "GIS"
    assert notices == ("tags with two values, of which the last counts: _cell_length_a",)

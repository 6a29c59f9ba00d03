"""The files that hold judged frameworks: table, structures, database, counts, journal."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import ase.db
import ase.io
import gemmi
import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st

from silica_examples import known, shaken
from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.judgement import Judgement, best_first
from zeoloom.judge.verdict import judge_net, refined
from zeoloom.run.crystal_requests import GenerateRequest
from zeoloom.run.framework_table import (
    ADSORPTION_COLUMNS,
    COLUMNS,
    FILE_COLUMNS,
    counts_of,
    write_frameworks,
)
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json
from zeoloom.run.request import parse_request
from zeoloom.run.searching import columns_of
from zeoloom.structure.files.ase_frameworks import save_database
from zeoloom.structure.files.reader import read_framework

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def judged() -> list[Judgement]:
    found = [refined(judge_net(known(code))) for code in ("ABW", "ETV", "FAU", "STW", "NPO")]
    # a name, and a key, that look like numbers
    found[0] = replace(found[0], name="4106", energy_kj_mol=11.6, energy_status="relaxed")
    return [*found, replace(found[1], name="again"), Judgement("bad", "x/bad.cif", reason="why")]


@pytest.fixture(scope="module")
def written(judged: list[Judgement], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    found = {each.key: 1 + (each.framework_type == "ETV") for each in judged if each.valid}
    write_frameworks(folder, judged, found, columns=COLUMNS + FILE_COLUMNS)
    return folder


def test_the_table(judged: list[Judgement], written: Path) -> None:
    with (written / "frameworks.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == [*COLUMNS, *FILE_COLUMNS]
    assert [row["name"] for row in rows] == [each.name for each in best_first(judged)]
    first, last = rows[0], rows[-1]
    assert (first["name"], first["framework_type"], first["feasible"]) == ("4106", "ABW", "yes")
    assert (first["space_group"], first["space_group_number"]) == ("Imma", "74")
    assert (first["energy_kj_mol"], first["rings"], first["found"]) == ("11.60", "4 6 8", "1")
    assert (last["valid"], last["reason"], last["key"], last["a"]) == ("no", "why", "", "")
    assert {row["name"]: row["found"] for row in rows}["ETV"] == "2"


def test_what_is_asked_of_adsorption_is_in_the_table() -> None:
    plain = parse_request(GenerateRequest, {"window": "8"})
    asked = parse_request(GenerateRequest, {"heat_ch4": "22-"})
    assert columns_of(plain) == COLUMNS
    assert columns_of(asked) == COLUMNS + ADSORPTION_COLUMNS


def test_each_net_has_one_file(written: Path) -> None:
    names = sorted(path.name for path in written.rglob("*") if path.is_file())
    assert names == sorted(
        ["frameworks.csv", "frameworks.db", "frameworks.extxyz"]
        + [f"{name}.cif" for name in ("4106", "ETV", "FAU", "STW", "NPO")]
    )


@pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING")
def test_other_programs_read_the_same_framework(judged: list[Judgement], written: Path) -> None:
    for each in judged[:5]:
        framework = each.framework
        assert framework is not None
        path = written / "frameworks" / f"{each.name}.cif"
        atoms = sum(
            len(expand_orbits(sites, framework.operations, framework.cell)[0])
            for sites in (framework.frac_t, framework.frac_o)
        )
        small = gemmi.read_small_structure(str(path))
        assert small.spacegroup is not None
        assert small.spacegroup.number == framework.space_group_number
        assert len(small.get_all_unit_cell_sites()) == atoms == 3 * each.n_t
        read = ase.io.read(path)
        assert read.get_chemical_formula("reduce").count("Si") > 0
        assert len(read) == atoms
        cell = (read.cell[:], read.get_scaled_positions(), read.numbers)
        assert spglib.get_symmetry_dataset(cell, symprec=0.01).number == (
            framework.space_group_number
        )
        again = judge_net(read_framework(path)[0])
        assert (again.valid, again.key, again.n_t) == (True, each.key, each.n_t)


def test_all_in_one_file(judged: list[Judgement], written: Path) -> None:
    frames = ase.io.read(written / "frameworks.extxyz", ":")
    names = [str(frame.info["name"]) for frame in frames]
    assert names == [each.name for each in best_first(judged[:5])]
    assert frames[0].info["energy_kj_mol"] == 11.6
    assert "lid" not in frames[0].info
    with ase.db.connect(written / "frameworks.db") as database:
        (row,) = database.select("energy_kj_mol<16")
        assert (row.framework_type, row.natoms, row.data["name"]) == ("ABW", 24, "4106")
        assert len(list(database.select(framework_type="FAU"))) == 1
        assert database.count() == 5
    write = {"name": "b"}
    save_database(written / "frameworks.db", [known("SOD")], [write])
    with ase.db.connect(written / "frameworks.db") as database:
        assert database.count() == 1


def test_counts() -> None:
    def net(key: str, kind: str, energy: float | None = None) -> Judgement:
        return Judgement(key, valid=True, key=key, framework_type=kind, energy_kj_mol=energy)

    judgements = [
        net("a", "CHA", 16.0),
        net("q", "quartz", 0.0),
        net("b", "new", 20.0),
        net("c", "new", 40.0),
        replace(net("d", "new", 20.0), known_as="mine"),
        net("e", "new"),
        Judgement("bad"),
    ]
    found = {"a": 5, "q": 2, "b": 2, "c": 1, "d": 1, "e": 1}
    counts = counts_of(judgements, found, 40)
    assert counts == {
        "tried": 40,
        "valid": 12,
        "unique": 6,
        "known_types": 1,
        "known_dense": 1,
        "known_own": 1,
        "new": 3,
        "feasible": 4,
        "new_feasible": 1,
        "families": 0,
        "new_feasible_share": 1 / 40,
    }


@pytest.mark.long
@settings(max_examples=20, deadline=None)
@given(st.floats(allow_nan=False), st.text(), st.integers(0, 2**32))
def test_judgements_come_back_to_the_last_bit(number: float, text: str, seed: int) -> None:
    framework = shaken(known("ABW"), 0.1, 0.01, seed)
    given_one = Judgement(text, reason=text, density=number, rings=(4, 6), framework=framework)
    again = judgement_from_json(json.loads(json.dumps(judgement_to_json(given_one))))
    assert replace(again, framework=None) == replace(given_one, framework=None)
    assert again.framework is not None
    assert again.framework.t_labels == framework.t_labels
    for name in ("cell", "frac_t", "frac_o"):
        np.testing.assert_array_equal(getattr(again.framework, name), getattr(framework, name))
    np.testing.assert_array_equal(
        again.framework.operations.rotations, framework.operations.rotations
    )

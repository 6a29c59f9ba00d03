"""`reference add` and `remove`: what the user has added is known from then on."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import zeoloom
from net_examples import diamond, redescribed, stacked
from silica_examples import known
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.judge import verdict
from zeoloom.judge.verdict import judge_net, quick_check
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.structure import known_nets
from zeoloom.structure.bonds import net_of
from zeoloom.structure.files.cif_out import cif_text
from zeoloom.structure.own_nets import load_own_nets, own_folder, own_reference

if TYPE_CHECKING:
    from conftest import Run


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A structure that is no known net, and a folder of data of its own."""
    monkeypatch.setenv("ZEOLOOM_DATA", str(tmp_path / "data"))
    (tmp_path / "mine.cif").write_text(cif_text(stacked()))
    return tmp_path / "mine.cif"


def test_what_is_added_is_listed_and_shown_until_it_is_removed(run: Run, file: Path) -> None:
    done = run("reference", "add", file)
    assert done.code == 0
    where = file.parent / "data" / "reference" / "mine.json"
    assert where.exists()
    assert f"mine -> {where}" in done.out.replace("\n", "")
    listed = run("reference", "list", "--kind", "own").out.splitlines()
    assert listed[1].split()[:2] == ["mine", "own"]
    assert listed[1].endswith("from mine.cif")
    assert run("reference", "list").out.splitlines()[-2].startswith("mine ")
    shown = run("reference", "show", "mine").out
    assert "mine.cif (" in shown
    assert "T18" in shown
    removed = run("reference", "remove", "mine")
    assert removed.code == 0
    assert not where.exists()
    assert run("reference", "list", "--kind", "own").out.splitlines()[-1] == "0 nets"
    again = run("reference", "remove", "mine")
    assert again.code == 2
    assert "'mine' is no net of your own; there are: none" in again.message


def test_what_cannot_be_added_says_why_and_nothing_is(run: Run, file: Path) -> None:
    folder = file.parent
    (folder / "quartz.cif").write_text(cif_text(diamond()))
    (folder / "SOD.cif").write_text(cif_text(known("SOD")))
    (folder / "CLO.cif").write_text(cif_text(known("CLO")))
    (folder / "two.cif").write_text(cif_text(diamond(2)))
    (folder / "torn.cif").write_text("data_")
    (folder / "CHA.cif").write_text(cif_text(stacked()))
    (folder / "new-1.cif").write_text(cif_text(stacked()))
    (folder / "a b.cif").write_text(cif_text(stacked()))
    for names, complaint in (
        (("quartz.cif",), "quartz.cif: its net is known already, as cristobalite"),
        (("SOD.cif",), "SOD.cif: its net is known already, as SOD"),
        (("CLO.cif",), "CLO.cif: its net is known already, as CLO"),
        (("two.cif",), "no 4-connected framework: 2 frameworks interpenetrate"),
        (("torn.cif",), "torn.cif:"),
        (("nowhere.cif",), "nowhere.cif: no such file"),
        ((".",), "is a folder: give files"),
        (("CHA.cif",), "the bundled reference has a net named CHA; give another by --name"),
        (("new-1.cif",), "'new-1' can be no name"),
        (("a b.cif",), "'a b' can be no name"),
        (("mine.cif", "torn.cif"), "torn.cif:"),
        (("mine.cif", "mine.cif"), "mine.cif: its net is known already, as mine"),
    ):
        done = run("reference", "add", *(folder / name for name in names))
        assert done.code == 2, names
        assert complaint in done.message, done.message
        assert load_own_nets() == {}
    both = run("reference", "add", file, folder / "SOD.cif", "--name", "x")
    assert (both.code, "--name x is for one file, 2 were given" in both.message) == (2, True)
    assert run("reference", "add").code == 2
    assert run("reference", "add", folder / "CHA.cif", "--name", "Mine").code == 0
    (folder / "other.cif").write_text(cif_text(stacked("ABABCBCACABCB")))
    taken = run("reference", "add", folder / "other.cif", "--name", "mine")
    assert taken.code == 2
    assert "your reference has a net named mine" in taken.message


def test_a_damaged_entry_is_named(run: Run, file: Path) -> None:
    assert run("reference", "add", file).code == 0
    (own_folder() / "mine.json").write_text("{}")
    for command in (("reference", "list"), ("judge", file, "-o", file.parent / "out")):
        done = run(*command)
        assert done.code == 2
        assert "mine.json is no net that `zeoloom reference add` has written" in done.message
    assert not (file.parent / "out").exists()


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEOLOOM_DATA", "here")
    assert own_folder() == Path("here/reference")
    monkeypatch.delenv("ZEOLOOM_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", os.path.abspath("shared"))  # noqa: PTH100 - as a user does
    assert own_folder() == Path.cwd() / "shared" / "zeoloom" / "reference"
    monkeypatch.setenv("HOME", "/home/me")
    for relative in ("", "shared"):  # what is relative does not count
        monkeypatch.setenv("XDG_DATA_HOME", relative)
        assert own_folder() == Path("/home/me/.local/share/zeoloom/reference")


def test_a_search_knows_the_users_own(file: Path) -> None:
    zeoloom.add_to_reference(zeoloom.AddRequest(files=(file,)))
    framework = redescribed(stacked(), np.random.default_rng(0), 0.0)
    net = net_of(framework)
    assert quick_check(framework, fingerprint_of(net), net).new
    found = quick_check(framework, fingerprint_of(net), net, own_reference())
    assert (found.known_as, found.kind, found.new) == ("mine", "own", False)


@pytest.mark.long
def test_judge_knows_the_users_own(run: Run, file: Path) -> None:
    out = file.parent / "out"
    quick = ("--no-energy", "--no-pores", "-o")
    assert run("judge", file, *quick, out / "before").code == 0
    assert run("reference", "add", file, "--name", "ours").code == 0
    done = run("judge", file, *quick, out / "after")
    assert done.code == 0
    rows = {}
    for name in ("before", "after"):
        with (out / name / "frameworks.csv").open(newline="") as stream:
            (rows[name],) = csv.DictReader(stream)
    assert (rows["before"]["framework_type"], rows["before"]["kind"]) == ("new", "new")
    assert (rows["after"]["framework_type"], rows["after"]["kind"]) == ("ours", "own")
    assert rows["after"]["known_as"] == "ours"
    records = [json.loads((out / name / "run.json").read_text()) for name in rows]
    assert "own" not in records[0]["request"]
    assert records[1]["request"]["own"] == {"ours": judge_net(stacked()).key}
    assert records[1]["outcome"]["counts"]["known_own"] == 1


@pytest.mark.long
def test_solve_knows_the_users_own(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A known type, hidden from the reference, is the user's own."""
    cell = parameters_from_cell(known("ABW").cell)
    asked = ("solve", "--cell", *cell, "--space-group", "Imma", "--atoms", 8, "-n", 8)
    asked += ("--steps", 12, "--repair", 4, "--relax", 0, "-o")
    nets = zeoloom.reference_entries()
    hidden = {each.net.name: each.net for each in nets if each.net.name != "ABW"}
    for module in ("structure.known_nets", "judge.judgement"):
        monkeypatch.setattr(f"zeoloom.{module}.known_nets", lambda: hidden)
    codes = {each.key: each.name for each in hidden.values()}
    fingerprints = frozenset(each.fingerprint for each in hidden.values()) - {""}
    monkeypatch.setattr(known_nets, "reference_codes", lambda: codes)
    monkeypatch.setattr(verdict, "reference_fingerprints", lambda: fingerprints)
    (file.parent / "abw.cif").write_text(cif_text(known("ABW")))
    assert run("reference", "add", file.parent / "abw.cif", "--name", "ours").code == 0
    done = run(*asked, file.parent / "out")
    assert done.code == 0
    with (file.parent / "out" / "frameworks.csv").open(newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    assert (rows["ours"]["framework_type"], rows["ours"]["kind"]) == ("ours", "own")
    assert (file.parent / "out" / "frameworks" / "ours.cif").exists()
    record = json.loads((file.parent / "out" / "run.json").read_text())
    assert record["request"]["own"] == {"ours": rows["ours"]["key"]}

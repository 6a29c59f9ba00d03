"""What is framework and what is not: shared sites, OH and water, labels, missing oxygen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cif_dialects import Atom, all_atoms_of, atoms_of, with_operations
from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.verdict import judge_net
from zeoloom.structure.bridges import missing_oxygen
from zeoloom.structure.files.element_labels import element_of, element_of_site
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import Framework

REFERENCE = load_reference()
CHA = REFERENCE["CHA"]


def read(text: str, folder: Path) -> tuple[Framework, tuple[str, ...]]:
    path = folder / "x.cif"
    path.write_text(text, encoding="utf-8")
    return read_framework(path)


def code_of(framework: Framework) -> str:
    return judge_net(framework).framework_type


def shared(parts: list[tuple[str, str]], apart: float = 0.0) -> list[Atom]:
    """CHA with elements by their shares on its T site, each so many Å from the first."""
    site, *rest = atoms_of(CHA)
    mixed = []
    for n, (kind, share) in enumerate(parts):
        step = np.array([0.0, 0.0, apart * n]) @ np.linalg.inv(CHA.cell)
        mixed.append(Atom(f"{kind}{n}", kind, site.place + step, share))
    return mixed + rest


@pytest.mark.parametrize(
    "parts",
    [
        *([("Al", "0.85"), (metal, "0.15")] for metal in ("Mg", "Co", "Zn", "Fe", "Li", "Zr")),
        *([(metal, "0.15"), ("Si", "0.85")] for metal in ("Co", "Zn", "Ti", "Na", "K", "Ca")),
        [("Si", "0.5"), ("Al", "0.25"), ("Ga", "0.15"), ("B", "0.10")],
        [("Zn", "0.5"), ("Co", "0.5")],
        [("P", "0.92")],
    ],
)
def test_what_shares_a_site_adds_up(parts: list[tuple[str, str]], tmp_path: Path) -> None:
    framework, notices = read(with_operations(CHA, shared(parts)), tmp_path)
    assert code_of(framework) == "CHA"
    assert (len(framework.frac_t), len(framework.frac_o)) == (1, 4)
    merged = len(parts) - 1
    assert notices == (
        (f"{merged} T atoms listed on the site of another, merged",) if merged else ()
    )


@pytest.mark.parametrize("apart", [0.1, 0.2, 0.4, 0.7])
def test_shares_refined_apart_are_one_site(apart: float, tmp_path: Path) -> None:
    atoms = shared([("Si", "0.7"), ("Al", "0.3")], apart)
    framework, _ = read(with_operations(CHA, atoms), tmp_path)
    assert code_of(framework) == "CHA"
    assert len(framework.frac_t) == 1


def test_full_sites_too_near_are_an_error(tmp_path: Path) -> None:
    for parts, apart, reason in (
        ([("Si", "1"), ("Al", "1")], 0.5, "disordered or overlapping: T atoms Si0 and Al1"),
        ([("Si", "0.5"), ("Al", "0.5")], 1.2, "disordered or overlapping"),
        ([("Si", "0.5"), ("Al", "0.2")], 0.0, "T atom Si0 is on 70% of its sites only"),
    ):
        with pytest.raises(InputError, match=reason):
            read(with_operations(CHA, shared(parts, apart)), tmp_path)


def between(framework: Framework, one: int, two: int, height: float) -> np.ndarray:
    """A place beside the middle of the nearest images of two T atoms, in fractions."""
    cell = framework.cell
    full, owner = expand_orbits(framework.frac_t, framework.operations, cell)
    near = neighbours_within(framework.frac_t[one][None], full[owner == two], cell, 6.5)
    apart = near.vector[near.distance > 3.6]
    step = apart[0]
    across = np.cross(step, [0.3, 0.5, 0.8])
    middle = step / 2 + height * across / np.linalg.norm(across)
    return framework.frac_t[one] + middle @ np.linalg.inv(cell)


def aluminophosphate(code: str) -> tuple[Framework, list[Atom]]:
    """A type with Al and P in turn on its T sites, in its given order."""
    framework = REFERENCE[code]
    atoms = []
    for n, atom in enumerate(atoms_of(framework)):
        atoms.append(replace(atom, kind=("Al", "P")[n % 2]) if atom.kind == "Si" else atom)
    return framework, atoms


def test_terminal_water_is_no_oxygen_of_the_framework(tmp_path: Path) -> None:
    # as in VPI-5: two waters make one aluminium six-coordinated
    framework, atoms = aluminophosphate("CHA")
    cell = framework.cell
    site = framework.frac_t[0]
    full, _ = expand_orbits(framework.frac_o, framework.operations, cell)
    bonded = neighbours_within(site[None], full, cell, 2.0)
    assert len(bonded.centre) == 4
    arms = bonded.vector
    for pair in ((0, 1), (2, 3)):
        away = -(arms[pair[0]] + arms[pair[1]])
        place = site + 1.95 * away / np.linalg.norm(away) @ np.linalg.inv(cell)
        atoms.append(Atom(f"OW{pair[0]}", "O", place))
    read_one, notices = read(with_operations(framework, atoms), tmp_path)
    assert code_of(read_one) == "CHA"
    assert len(read_one.frac_o) == 4
    assert notices == ("left out, not part of the framework: 2 O (asymmetric atoms)",)


@pytest.mark.parametrize("kind", ["F", "O", "Cl"])
def test_a_bridge_that_makes_five_bonds_is_left_out(kind: str, tmp_path: Path) -> None:
    lines = (read_pon() + "\nH1 H 0.27 0.69 0.30\n").replace("O13 O ", f"O13 {kind} ")
    framework, notices = read(lines, tmp_path)
    assert code_of(framework) == "PON"
    assert len(framework.frac_o) == 12
    assert notices


def read_pon() -> str:
    from test_cases import CASES  # noqa: PLC0415

    return (CASES / "PON_al_oh_al.cif").read_text().rstrip()


def test_oxygen_of_other_polyhedra_is_kept(tmp_path: Path) -> None:
    # the octahedra of titanosilicates are meant; five bonds of silicon are an error
    for kind in ("Ti", "Si"):
        text = read_pon().replace("Al", kind)
        framework, _ = read(text, tmp_path)
        assert not judge_net(framework).valid
        assert len(framework.frac_o) == 13


@pytest.mark.parametrize("code", ["MFI", "FAU", "GIS", "AEN"])
def test_missing_oxygen_is_counted(code: str, tmp_path: Path) -> None:
    framework = REFERENCE[code]
    assert missing_oxygen(framework) == ""
    atoms = atoms_of(framework)
    lost = framework.frac_o[-1:]
    full, _ = expand_orbits(lost, framework.operations, framework.cell)
    read_one, notices = read(with_operations(framework, atoms[:-1]), tmp_path)
    reason = missing_oxygen(read_one)
    assert reason.startswith(f"oxygen is missing: {len(full)} of ")
    assert reason in notices
    assert judge_net(read_one).reason.startswith(reason)


def test_interrupted_frameworks_lack_no_oxygen() -> None:
    for code in ("CLO", "RON", "LIT", "ITV", "SVR"):
        if code in REFERENCE:
            assert missing_oxygen(REFERENCE[code]) == ""


def test_a_framework_whose_oxygen_is_all_water(tmp_path: Path) -> None:
    atoms = [*atoms_of(CHA)[:1], Atom("OW", "O", np.array([0.0, 0.0, 0.5]))]
    framework, notices = read(with_operations(CHA, atoms), tmp_path)
    assert code_of(framework) == "CHA"
    assert len(framework.frac_o) == 0
    assert notices == ("left out, not part of the framework: 1 O (asymmetric atoms)",)


def test_dummy_atoms_and_those_without_coordinates_are_left_out(tmp_path: Path) -> None:
    text = with_operations(CHA, atoms_of(CHA)).rstrip()
    for rows in ("H1 H ? ? ?", "H1 H . . .", "H1 H 0.1 0.2 ?", "\n".join(["H1 H ? ? ?"] * 3)):
        framework, notices = read(f"{text}\n{rows}\n", tmp_path)
        assert code_of(framework) == "CHA"
        assert notices[0].startswith(f"left out: {rows.count('H1')} atoms without coordinates")
    flagged = text.replace("fract_z\n", "fract_z\n_atom_site_calc_flag\n")
    rows = [line + " d" if line[:2] in ("T1", "O1", "O2", "O3", "O4") else line
            for line in flagged.split("\n")]  # fmt: skip
    framework, notices = read("\n".join([*rows, "Cen Si 0 0 0.5 dum"]), tmp_path)
    assert code_of(framework) == "CHA"
    assert "1 atoms without coordinates or occupancy (Cen)" in notices[0]


SITES = """
? T1 T, . TAl1 T, ? Si1 Si, Si4+ X1 Si, M Al1 Al, T x T, TSi x T, Tl T1 Tl, Ta T1 Ta, Al+Si T1 Al,
O2- W1 O, Wat OW1 O, Si O1 Si, ? ? ?, 1 Si1 Si, SI ? Si, D D1 H, (SiAl) T1 T, (Si/Al) T1 Si,
Sixx ? Si, 0.75Si+0.25Al M1 Si
"""


@pytest.mark.parametrize("site", [each.split() for each in SITES.split(",")])
def test_the_label_tells_where_the_type_does_not(site: list[str]) -> None:
    kind, label, element = site
    assert element_of_site(kind, label) == element


LABELS = """
T T, T1 T, TAl T, TAl1 T, TAL2 T, TSI1 T, Al2A Al, SiM Si, T1A T, T(1) T, TA T, TO T, TP1 T, t1 T,
Ti1 Ti, TI1 Ti, Tl1 Tl, TL1 Tl, Ta1 Ta, Te Te, OS1 O, Os1 Os, OW1 O, SI(1A) Si, P1 P, NA1 Na
"""


@pytest.mark.parametrize("label", [each.split() for each in LABELS.split(",")])
def test_labels_of_t_sites(label: list[str]) -> None:
    assert element_of(label[0]) == label[1]


def test_a_cell_that_is_much_too_small_is_refused(tmp_path: Path) -> None:
    tiny = replace(CHA, cell=CHA.cell / 4)
    with pytest.raises(InputError, match="in a cubic Å, where quartz has"):
        read(with_operations(tiny, atoms_of(tiny)), tmp_path)


def test_all_atoms_under_all_operations_are_merged(tmp_path: Path) -> None:
    framework, notices = read(with_operations(CHA, all_atoms_of(CHA)), tmp_path)
    assert code_of(framework) == "CHA"
    assert (len(framework.frac_t), len(framework.frac_o)) == (1, 4)
    assert notices == ("35 T atoms listed on the site of another, merged",)

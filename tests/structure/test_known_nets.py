"""What is known: dense nets by structures other than those they were made from, keys alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from net_examples import stacked
from paths import CASES, ORACLE
from zeoloom.judge.verdict import judge_net, quick_check
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.nets.identity import describe, net_key
from zeoloom.structure.bonds import net_of
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.known_nets import known_net, known_nets
from zeoloom.structure.reference import load_dense_nets, load_reference
from zeoloom.structure.reference_list import reference_entries, reference_entry

if TYPE_CHECKING:
    from pathlib import Path

LATER = ORACLE.with_name("later-types.json")

OTHERS: dict[str, tuple[str, str, str, str]] = {
    # Kihara 1990, Eur. J. Mineral. 2, 63
    "beta-quartz": (
        "quartz",
        "4.9965 4.9965 5.4570 90 90 120",
        "P 62 2 2",
        "Si 0.5 0 0; O 0.4152 0.2076 0.166667",
    ),
    # the textbook structure
    "silicon": ("cristobalite", "5.4309 5.4309 5.4309 90 90 90", "F d -3 m:1", "Si 0 0 0"),
    # Buerger, Klein & Donnay 1954, Am. Mineral. 39, 805
    "nepheline": (
        "tridymite",
        "10.01 10.01 8.405 90 90 120",
        "P 63",
        (
            "K 0 0 0; Na 0.008 0.432 0; Si 0.333333 0.666667 0.82; Al 0.333333 0.666667 0.18;"
            "Si 0.092 0.33 0.33333; Al 0.092 0.33 0.66667; O 0.333333 0.666667 0; O 0.02 0.33 0.5;"
            "O 0.18 0.5 0.75; O 0.17 0.53 0.25; O 0.23 0.28 0.25; O 0.23 0.28 0.75"
        ),
    ),
    # Kasper & Richards 1964, Acta Cryst. 17, 752, with the cell of silica
    "germanium-III": (
        "keatite",
        "7.464 7.464 8.62 90 90 90",
        "P 43 21 2",
        "Ge 0.0912 0.0912 0; Ge 0.1730 0.3784 0.2486",
    ),
    # Tseng, Heaney & Onstott 1995, Phys. Chem. Miner. 22, 399
    "orthoclase": (
        "feldspar",
        "8.59122 13.00089 7.19192 90 116.009 90",
        "C 1 2/m 1",
        (
            "K 0.2848 0 0.1397; Al 0.0105 0.18666 0.2252; Si 0.0105 0.18666 0.2252;"
            "Si 0.7083 0.11871 0.3444; O 0 0.1475 0; O 0.6343 0 0.2824; O 0.829 0.1484 0.2249;"
            "O 0.0353 0.3131 0.2527; O 0.1814 0.124 0.412"
        ),
    ),
    # Morosin 1972, Acta Cryst. B28, 1899: aluminium is octahedral, beside the framework
    "beryl": (
        "cordierite",
        "9.21 9.21 9.19 90 90 120",
        "P 6/m c c",
        (
            "Si 0.3875 0.1158 0; Be 0.5 0 0.25; Al 0.666667 0.333333 0.25; O 0.3100 0.2366 0;"
            "O 0.4988 0.1455 0.1453"
        ),
    ),
}
"""By name: the net that another mineral has, its cell, group and atoms."""


def cif(cell: str, group: str, atoms: str) -> str:
    tags = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [f"_cell_{tag} {value}" for tag, value in zip(tags, cell.split(), strict=True)]
    rows = [f"{row.split()[0]}{n} {row.strip()}" for n, row in enumerate(atoms.split(";"))]
    columns = ["label", "type_symbol", "fract_x", "fract_y", "fract_z"]
    heads = ["loop_", *(f"_atom_site_{column}" for column in columns)]
    symbol = f"_symmetry_space_group_name_H-M '{group}'"
    return "\n".join(["data_x", *lines, symbol, *heads, *rows, ""])


@pytest.mark.parametrize("name", OTHERS)
def test_minerals_with_the_net_of_another(name: str, tmp_path: Path) -> None:
    net, *described = OTHERS[name]
    (tmp_path / "x.cif").write_text(cif(*described))
    framework, _ = read_framework(tmp_path / "x.cif")
    found = judge_net(framework)
    assert (found.valid, found.framework_type, found.kind, found.new) == (True, net, "dense", False)
    assert name in {*found.other_names, "beta-quartz"}
    # as a search meets it
    graph = net_of(framework)
    assert quick_check(framework, fingerprint_of(graph), graph).framework_type == net


def test_dense_nets_have_the_keys_of_their_structures() -> None:
    dense = load_dense_nets()
    assert list(dense) == [each.name for each in known_nets().values() if each.kind == "dense"]
    for name, framework in dense.items():
        net = net_of(framework)
        known = known_nets()[name]
        assert (known.key, known.fingerprint) == (net_key(net).text, fingerprint_of(net)), name
        assert judge_net(framework).valid


@pytest.mark.parametrize(
    ("name", "sequence", "symbol"),
    [
        # O'Keeffe & Hyde, Crystal Structures I (1996); RCSR qtz, dia, lon
        ("quartz", (4, 12, 30, 52, 80, 116, 156, 204, 258, 318), "6·6·6_2·6_2·8_7·8_7"),
        ("cristobalite", (4, 12, 24, 42, 64, 92, 124, 162, 204, 252), "6_2·6_2·6_2·6_2·6_2·6_2"),
        ("tridymite", (4, 12, 25, 44, 67, 96, 130, 170, 214, 264), "6_2·6_2·6_2·6_2·6_2·6_2"),
    ],
)
def test_dense_nets_are_those_of_the_literature(
    name: str, sequence: tuple[int, ...], symbol: str
) -> None:
    description = describe(net_of(load_dense_nets()[name]))
    assert description.coordination_sequences[:, :10].tolist() == [list(sequence)]
    assert [str(each) for each in description.vertex_symbols] == [symbol]


def test_the_case_of_quartz() -> None:
    framework, _ = read_framework(CASES / "alpha_quartz.cif")
    assert judge_net(framework).label == "dense: quartz"


def test_nothing_dense_is_learned_from() -> None:
    assert not set(load_reference()) & set(load_dense_nets())
    assert not any(known_nets()[code].kind == "dense" for code in load_reference())


@pytest.mark.skipif(not LATER.exists(), reason="needs ../shared/oracle/later-types.json")
def test_types_that_are_known_by_their_keys() -> None:
    listed = json.loads(LATER.read_text())
    assert not set(listed) & set(load_reference())
    for code, each in listed.items():
        known = known_nets()[code]
        assert (known.key, known.fingerprint) == (each["key"], each["fingerprint"])
        assert known.kind == ("zeolite" if each["four_connected"] else "interrupted")
        assert known.date == "2026-11-28"


def test_a_net_of_two_codes_has_both() -> None:
    for code, other in (("MRE", "RFE"), ("UOE", "EOS")):
        found = judge_net(load_reference()[code])
        assert (found.framework_type, found.other_names) == (code, (other,))
        known = known_net(other)
        assert known is not None
        assert known.name == code


def test_every_entry_has_a_source_and_a_date() -> None:
    entries = reference_entries()
    assert [each.net.name for each in entries] == list(known_nets())
    for each in entries:
        assert each.net.source
        assert each.net.date[:4].isdecimal()
        assert (each.framework is None) == ("key alone" in each.remark)
    cell = reference_entry("sanidine").framework
    assert cell is not None
    np.testing.assert_allclose(np.linalg.norm(cell.cell, axis=1), [8.544, 13.010, 7.194])


def test_a_stacking_that_nobody_has_listed_is_new() -> None:
    assert judge_net(stacked()).new
    assert judge_net(stacked("ABAC")).framework_type == "silicon-carbide-4H"
    assert judge_net(stacked("ABC")).framework_type == "cristobalite"
    assert judge_net(stacked("AB")).framework_type == "tridymite"

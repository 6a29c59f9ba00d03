"""Families: the set of vertex symbols, whatever the cell; checked against what IZA lists."""

from __future__ import annotations

from zeoloom.nets.family import family_name
from zeoloom.nets.identity import describe
from zeoloom.nets.rings import AngleRings, VertexSymbol
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference


def family_of_type(code: str) -> str:
    return family_name(describe(net_of(load_reference()[code])).vertex_symbols)


def test_stackings_of_six_rings_are_families() -> None:
    # the single T atom of each has one vertex symbol: IZA lists 4·4·4·8·6·8 for these
    assert len({family_of_type(code) for code in ("CHA", "GME", "KFI", "AEI")}) == 1
    assert family_of_type("CHA").startswith("4.6.8-")
    # sodalite has no double six-rings, and cancrinite and sodalite differ by one kind of vertex
    assert len({family_of_type(code) for code in ("CHA", "SOD", "CAN", "LTA", "FAU")}) == 5
    assert family_of_type("FAU") == family_of_type("EMT")


def test_a_name_stands_for_a_set() -> None:
    small, large = (VertexSymbol((AngleRings(size, 1),) * 6) for size in (4, 6))
    name = family_name([small, large])
    assert name == family_name([large, small, large])
    assert name != family_name([small])
    rings, _, letters = name.partition("-")
    assert rings == "4.6"
    assert letters.isalpha()
    assert len(letters) == 8
    assert family_name([]) == ""

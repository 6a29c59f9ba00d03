"""Composite building units, against those that the IZA Structure Commission lists for its types."""

from __future__ import annotations

import json

import numpy as np
import pytest

from net_examples import diamond, redescribed
from paths import ROOT
from zeoloom.nets.identity import describe
from zeoloom.structure.bonds import net_of
from zeoloom.structure.building_units import (
    SMALL_UNITS,
    UNIT_FACES,
    UNIT_NAMES,
    in_search_order,
    sure_rings,
    units_in,
)
from zeoloom.structure.reference import load_reference

LISTED = {
    "LTA": "d4r sod lta",
    "FAU": "d6r sod",
    "EMT": "d6r sod",
    "SOD": "sod",
    "CHA": "d6r cha",
    "GME": "d6r gme",
    "AFX": "d6r gme aft",
    "AFT": "d6r gme cha aft",
    "LEV": "d6r lev",
    "ERI": "d6r can",
    "OFF": "d6r can gme",
    "CAN": "can",
    "LOS": "can los",
    "RHO": "d8r lta",
    "KFI": "d6r pau lta",
    "PAU": "d8r pau lta",
    "MER": "d8r pau",
    "TSC": "d6r d8r sod lta",
    "AST": "d4r ast",
    "MTN": "mtn",
    "NAT": "nat",
    "EDI": "nat",
    "LOV": "lov",
}
"""As far as the units are among those known here; in the order of `UNIT_NAMES`. Composite building
units of the Atlas of Zeolite Framework Types (Baerlocher, McCusker & Olson, 6th ed., 2007)."""


@pytest.mark.long
@pytest.mark.parametrize("code", LISTED)
def test_units_of_known_types(code: str) -> None:
    found = units_in(net_of(load_reference()[code]))
    assert set(found) == set(LISTED[code].split())
    sizes = set(describe(net_of(load_reference()[code])).ring_sizes)
    assert {size for unit in found for size in sure_rings(unit)} <= sizes


def test_units_do_not_depend_on_the_description() -> None:
    for code in ("CHA", "SOD"):
        other = net_of(redescribed(load_reference()[code], np.random.default_rng(1), 0.0))
        assert set(units_in(other)) == set(LISTED[code].split())
        description = describe(other)
        _, roots = np.unique(description.orbits, return_index=True)
        assert units_in(other, roots=roots) == units_in(other)
    assert units_in(net_of(load_reference()["CHA"]), ["lta", "cha"]) == ("cha",)
    assert units_in(net_of(diamond())) == ()


def test_the_graphs_are_polyhedra_with_their_faces() -> None:
    file = ROOT / "src" / "zeoloom" / "structure" / "building_units.json"
    edges = json.loads(file.read_text())["edges"]
    assert set(edges) == set(UNIT_NAMES)
    assert set(UNIT_NAMES) == {*UNIT_FACES, *SMALL_UNITS}
    for name, faces in UNIT_FACES.items():
        pairs = np.array(edges[name])
        count = np.bincount(pairs.ravel())
        assert set(count.tolist()) == {3}, name
        # Euler, and each edge between two faces
        assert len(count) - len(pairs) + sum(faces.values()) == 2, name
        assert sum(size * number for size, number in faces.items()) == 2 * len(pairs), name


def test_an_order_for_the_search() -> None:
    cube = [(i, j) for i in range(8) for j in range(i) if (i ^ j).bit_count() == 1]
    ordered = in_search_order([(7 - i, 7 - j) for i, j in cube])
    assert len(set(ordered)) == 12
    # vertices 0 to 3 are a ring
    assert sum(max(pair) < 4 for pair in ordered) == 4
    for vertex in range(1, 8):
        assert any(max(pair) == vertex for pair in ordered)

"""Conditions that nets decide, on known types."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from zeoloom.judge.conditions import Conditions
from zeoloom.judge.net_conditions import net_distance, ring_conditions
from zeoloom.judge.ranges import parse_ranges
from zeoloom.nets.periodic_net import net_from_edges
from zeoloom.nets.rings import MAX_RING, ring_sizes, vertex_symbols
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference

LARGE = Conditions(rings=parse_ranges("12-", whole=True))
NO_4 = Conditions(no_rings=parse_ranges("4", whole=True))
D4R = Conditions(contains=frozenset({"d4r"}))


@pytest.mark.parametrize(
    ("code", "conditions", "distance"),
    [
        ("FAU", LARGE, 0.0),
        ("CHA", LARGE, 2.0),  # its largest ring has 8
        ("SOD", LARGE, 3.0),
        ("MTT", NO_4, 0.0),
        ("CHA", NO_4, 1.0),
        ("LTA", D4R, 0.0),
        ("CHA", D4R, 1.0),
    ],
)
def test_distance_of_known_types(code: str, conditions: Conditions, distance: float) -> None:
    assert net_distance(net_of(load_reference()[code]), conditions) == pytest.approx(distance)


def test_rings_and_units_are_asked_of_nets() -> None:
    asked = replace(LARGE, window=parse_ranges("12-", whole=True), energy=parse_ranges("-20"))
    assert ring_conditions(asked) == LARGE
    assert ring_conditions(replace(asked, contains=D4R.contains)).contains == D4R.contains


def test_a_net_that_is_not_4_connected_is_as_far_as_can_be() -> None:
    none, steps = np.zeros(3, dtype=np.int64), np.eye(3, dtype=np.int64)
    cubic = net_from_edges(none, none, steps, np.zeros(1, dtype=np.int64))
    assert cubic.coordination.tolist() == [6]
    assert net_distance(cubic, LARGE) == math.inf


@pytest.mark.parametrize("code", ["CHA", "MTT", "FAU", "CFI"])
def test_larger_rings_than_those_that_matter_are_left_out_only(code: str) -> None:
    net = net_of(load_reference()[code])
    whole = vertex_symbols(net)
    for largest in (3, 8, 12, MAX_RING):
        few = vertex_symbols(net, largest=largest)
        sizes = [size for size in ring_sizes(whole) if size <= largest]
        assert [size for size in ring_sizes(few) if size <= largest] == sizes
        assert set(ring_sizes(few)) <= set(ring_sizes(whole))

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from net_examples import Walker, diamond
from report_examples import chain
from zeoloom.nets import ring_list
from zeoloom.nets.periodic_net import PeriodicNet, half_edges
from zeoloom.nets.ring_list import list_rings
from zeoloom.nets.rings import NO_RING, AngleRings, ring_sizes, vertex_symbols
from zeoloom.report.periodic import periodic_bonds
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference


def rings_by_definition(net: PeriodicNet, size: int) -> int:
    """Closed paths of a net without shortcuts in a cell: all paths, all pairs of their nodes."""
    walker = Walker(net)

    def apart(one: int, other: int, most: int) -> int:
        return next(d for d in range(most + 1) if walker.at_distance(one, other, d))

    def closed(path: list[int]) -> int:
        if len(path) == size:
            pairs = combinations(range(size), 2)
            lengths = ((i, j, min(j - i, size - j + i)) for i, j in pairs)
            return all(apart(path[i], path[j], d) == d for i, j, d in lengths)
        left = size - len(path)
        steps = [x for x in walker.neighbours(path[-1]) if x not in path]
        near = [x for x in steps if any(walker.at_distance(path[0], x, d) for d in range(left + 1))]
        return sum(closed([*path, x]) for x in near)

    # each ring is met from each of its nodes, in both directions
    return sum(closed([vertex]) for vertex in range(len(net))) // (2 * size)


def rings_at_angles(net: PeriodicNet, largest: int) -> list[list[AngleRings]]:
    """The smallest rings at every angle of every vertex, counted in the list of rings, sorted."""
    half = half_edges(net)
    rows = np.column_stack([half.tails, half.heads, half.shifts]).tolist()
    edge = {tuple(row): number for number, row in enumerate(rows)}
    found: dict[tuple[int, int], Counter[int]] = {}
    for rings in list_rings(net, range(3, largest + 1)):
        steps = np.roll(rings.vertices, -1, 1), np.roll(rings.cells, -1, 1) - rings.cells
        onwards = np.concatenate([rings.vertices[..., None], steps[0][..., None], steps[1]], -1)
        for ring in onwards.tolist():
            for (i, j, *shift), (tail, *rest) in zip([ring[-1], *ring], ring, strict=False):
                assert j == tail
                one, other = edge[j, i, *(-s for s in shift)], edge[tail, *rest]
                angle = min(one, other), max(one, other)
                found.setdefault(angle, Counter())[rings.size] += 1
    angles: list[list[AngleRings]] = [[] for _ in range(len(net))]
    for (one, _), sizes in found.items():
        angles[half.tails[one]].append(AngleRings(min(sizes), sizes[min(sizes)]))
    return [sorted(each) for each in angles]


@pytest.mark.parametrize(
    "code", ["ABW", "SOD", "CHA", "MEL", "BEA", "RSN", "CFI", "FAU", "IFO", "SSO"]
)
def test_rings_at_angles_are_those_of_vertex_symbols(code: str) -> None:
    net = net_of(load_reference()[code])
    symbols = vertex_symbols(net)
    sizes = ring_sizes(symbols)
    expected = [sorted(a for a in symbol.angles if a != NO_RING) for symbol in symbols]
    assert rings_at_angles(net, sizes[-1]) == expected
    smallest = [
        rings.size for rings in list_rings(net, range(3, sizes[-1] + 1)) if rings.smallest.any()
    ]
    assert tuple(smallest) == sizes


@pytest.mark.parametrize("code", ["SOD", "ABW"])
def test_rings_are_those_of_the_definition(code: str) -> None:
    net = net_of(load_reference()[code])
    counts = {rings.size: len(rings.vertices) for rings in list_rings(net, range(3, 9))}
    for size in range(3, 9):
        assert counts.get(size, 0) == rings_by_definition(net, size)


def test_smallest_rings_are_faces_of_cages() -> None:
    """Half of the faces of the cages of a cell are in it, each between two cages.

    Of 4, 6 and 8 T atoms: two [4^6 6^8]; three [4^6 6^2] and three [4^12 6^2 8^6].
    """
    faces = {"SOD": {4: 6, 6: 8}, "CHA": {4: 27, 6: 6, 8: 9}, "LTA": {4: 18, 6: 8, 8: 3}}
    for code, expected in faces.items():
        rings = list_rings(net_of(load_reference()[code]), range(3, 9))
        assert {each.size: int(each.smallest.sum()) for each in rings} == expected


def test_rings_are_listed_once_and_closed() -> None:
    framework = load_reference()["MER"]
    bonds = periodic_bonds(framework)
    for rings in list_rings(net_of(framework), range(3, 13)):
        corners = (bonds.frac_t[rings.vertices] + rings.cells) @ framework.cell
        edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1)
        assert edges.min() > 2.9
        assert edges.max() < 3.3
        middles = corners.mean(axis=1) @ np.linalg.inv(framework.cell)
        names = np.column_stack([np.sort(rings.vertices, axis=1), np.round(middles % 1.0, 4) % 1.0])
        assert len(np.unique(names, axis=0)) == len(names)


def test_where_rings_are_countless_the_list_ends() -> None:
    # each of the 30-rings of ITV can lead through its corners in many sequences: 248,832 rings
    found = list_rings(net_of(load_reference()["ITV"]), [30, 6, 4])
    assert [each.size for each in found] == [4, 6]


def test_nets_without_rings() -> None:
    assert list_rings(net_of(chain()), range(3, 13)) == ()
    # two nets that interpenetrate have the rings of both
    one, two = (list_rings(net_of(diamond(copies)), [6, 5, 4, 3]) for copies in (1, 2))
    assert [(each.size, len(each.vertices)) for each in one] == [(6, 16)]
    assert [(each.size, len(each.vertices)) for each in two] == [(6, 32)]


def test_nets_that_are_too_large_or_no_zeolites(monkeypatch: pytest.MonkeyPatch) -> None:
    crowded = replace(load_reference()["SOD"], frac_o=np.zeros((0, 3)))
    with pytest.raises(ValueError, match="more than 4 edges"):
        list_rings(net_of(crowded, cutoff=4.6), [6])
    monkeypatch.setattr(ring_list, "MOST_DISTANCES", 1000)
    assert list_rings(net_of(load_reference()["SOD"]), [6]) == ()

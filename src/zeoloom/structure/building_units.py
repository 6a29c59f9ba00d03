"""Composite building units: cages, double rings and the like that many framework types are made of.

Names are those of the IZA Structure Commission. Most units are polyhedra whose vertices are T atoms
with three edges, known by the number of their faces of each size, as [4^6.6^8] of the sodalite
cage; there is one such polyhedron in the framework types that are known to hold it. Their graphs
and the places of their T atoms are in `building_units.json` beside this file, made by
`scripts/build_building_units.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.nets.periodic_net import PeriodicNet

UNIT_FACES: dict[str, Mapping[int, int]] = {
    "d3r": {3: 2, 4: 3},
    "d4r": {4: 6},
    "d6r": {4: 6, 6: 2},
    "d8r": {4: 8, 8: 2},
    "can": {4: 6, 6: 5},
    "sod": {4: 6, 6: 8},
    "gme": {4: 9, 6: 2, 8: 3},
    "lev": {4: 9, 6: 5, 8: 3},
    "los": {4: 6, 6: 11},
    "lio": {4: 6, 6: 17},
    "cha": {4: 12, 6: 2, 8: 6},
    "aft": {4: 15, 6: 2, 8: 9},
    "pau": {4: 12, 8: 6},
    "lta": {4: 12, 6: 8, 8: 6},
    "ast": {4: 6, 6: 12},
    "mtn": {5: 12},
}
"""Polyhedra: their faces by size."""

SMALL_UNITS: dict[str, tuple[tuple[int, int], ...]] = {
    "lov": ((0, 1), (0, 2), (1, 2), (0, 3), (0, 4), (3, 4)),
    "nat": ((0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4)),
}
"""Edges of the others: two 3-rings that share a T atom (spiro-5), and a T atom across a 4-ring."""

UNIT_NAMES = (*UNIT_FACES, *SMALL_UNITS)

MOST_STEPS = 2_000_000
"""Of the search for one unit, half a second; it takes some thousands in a net of 100 T atoms."""


def units_in(
    net: PeriodicNet, names: Iterable[str] = UNIT_NAMES, roots: IntArray | None = None
) -> tuple[str, ...]:
    """Composite building units that a net of T atoms holds.

    A unit is there if some T atoms have the bonds of its graph among them, and no others.

    Args:
        net: of T atoms.
        names: of the units that are looked for.
        roots: (r,) vertices to begin from, one of each kind; all by default.

    Returns:
        Their names, in the order given.
    """
    import numpy as np  # noqa: PLC0415 - the names alone are needed by --help

    from zeoloom.nets.shells import edge_steps  # noqa: PLC0415 - compiles
    from zeoloom.nets.subgraph_kernel import holds_subgraph  # noqa: PLC0415 - compiles

    edges, graphs = edge_steps(net), _graphs()
    roots = np.arange(len(net)) if roots is None else roots
    return tuple(
        name for name in names if holds_subgraph(edges, roots, *graphs[name], MOST_STEPS) == 1
    )


def sure_rings(name: str) -> tuple[int, ...]:
    """Sizes of smallest rings that every net with a unit has.

    No ring at an angle of a 3-ring, or of a 4-ring without a bond across it, is smaller.
    """
    faces = UNIT_FACES.get(name) or {"lov": {3: 2}, "nat": {4: 3}}[name]
    return tuple(size for size in faces if size <= 4)


def in_search_order(edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The edges (i, j) of a graph with its vertices numbered anew, for a quick search.

    Ears are added one by one: of all paths between two vertices numbered already the shortest, and
    of these the one that closes the smallest ring. So a wrong turn is seen after few steps.
    """
    neighbours: dict[int, list[int]] = {}
    for one, other in edges:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    order = [min(neighbours)]
    while len(order) < len(neighbours):
        order += _next_ear(neighbours, order)
    number = {vertex: k for k, vertex in enumerate(order)}
    return sorted((min(pair), max(pair)) for pair in ((number[i], number[j]) for i, j in edges))


def _next_ear(neighbours: Mapping[int, Sequence[int]], order: Sequence[int]) -> list[int]:
    """The vertices of the shortest ear; just one vertex where no path comes back."""
    within = {each: [other for other in neighbours[each] if other in order] for each in order}
    best: tuple[int, int, list[int]] | None = None
    for start in order:
        apart = _distances(within, start)
        for first in (each for each in neighbours[start] if each not in order):
            paths, seen = [[first]], {start, first}
            while paths and (best is None or len(paths[0]) <= best[0]):
                ends = [
                    (p, v) for p in paths for v in neighbours[p[-1]] if v in apart and v != start
                ]
                if ends:
                    path, end = min(ends, key=lambda pair: apart[pair[1]])
                    ear = (len(path), len(path) + 1 + apart[end], path)
                    best = ear if best is None else min(best, ear)
                    break
                paths = [[*p, v] for p in paths for v in neighbours[p[-1]] if v not in seen]
                seen.update(p[-1] for p in paths)
    if best is not None:
        return best[2]
    return [next(v for each in order for v in neighbours[each] if v not in order)]


def _distances(neighbours: Mapping[int, Sequence[int]], start: int) -> dict[int, int]:
    """Edges from a vertex to every other."""
    apart, shell = {start: 0}, [start]
    while shell:
        shell = [v for each in shell for v in neighbours[each] if v not in apart]
        apart |= {v: max(apart.values()) + 1 for v in shell}
    return apart


@dataclass(frozen=True, slots=True)
class UnitShape:
    """A building unit in space, as symmetrical as its graph.

    Attributes:
        cart: (k, 3) Å, its T atoms about their middle.
        edges: (e, 2) which of them are bonded.
        isometries: (m, 3, 3) orthogonal matrices that bring it to itself, acting on columns.
    """

    cart: FloatArray
    edges: IntArray
    isometries: FloatArray


SAME_VERTEX = 0.05
"""Å between the T atoms of a unit and those of its images that are taken for the same."""


@cache
def unit_shape(name: str) -> UnitShape:
    """The shape of a composite building unit, as framework types have it."""
    import numpy as np  # noqa: PLC0415 - the names alone are needed by --help

    listed = _listed()
    cart, edges = np.array(listed["places"][name]), np.array(listed["edges"][name])
    # three T atoms that are not in a plane with the middle decide where all others come to
    basis = next(
        list(three)
        for three in combinations(range(len(cart)), 3)
        if abs(np.linalg.det(cart[list(three)])) > 1.0
    )
    products, wanted = cart @ cart.T, cart[basis] @ cart[basis].T
    found = []
    for first in _alike(np.diag(products), wanted[0, 0]):
        for second in _alike(products[first], wanted[0, 1]):
            for third in _alike(products[first], wanted[0, 2]):
                turned = cart[[first, second, third]]
                if np.abs(turned @ turned.T - wanted).max() > SAME_VERTEX:
                    continue
                matrix = np.linalg.solve(cart[basis], turned).T
                apart = np.linalg.norm((cart @ matrix.T)[:, None] - cart[None], axis=-1)
                if (apart.min(axis=1) < SAME_VERTEX).all():
                    left, _, right = np.linalg.svd(matrix)
                    found.append(left @ right)
    return UnitShape(cart, edges, np.array(found))


def _alike(values: FloatArray, wanted: float) -> list[int]:
    """Where values are about as wanted."""
    return [k for k, value in enumerate(values.tolist()) if abs(value - wanted) < SAME_VERTEX]


@cache
def _listed() -> dict[str, Any]:
    file = resources.files("zeoloom.structure").joinpath("building_units.json")
    listed: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return listed


@cache
def _graphs() -> dict[str, tuple[BoolArray, IntArray]]:
    """Of each unit which vertices are bonded (k, k), and the parent of each vertex (k,)."""
    import numpy as np  # noqa: PLC0415 - the names alone are needed by --help

    graphs = {}
    for name in UNIT_NAMES:
        edges = np.array(_listed()["edges"][name])
        bonded = np.zeros((edges.max() + 1,) * 2, dtype=np.bool_)
        bonded[edges[:, 0], edges[:, 1]] = bonded[edges[:, 1], edges[:, 0]] = True
        parents = np.tril(bonded).argmax(axis=1).astype(np.int64)
        graphs[name] = bonded, parents
    return graphs

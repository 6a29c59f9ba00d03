"""Make the composite building units, `src/zeoloom/structure/building_units.json`: graphs, places.

    python scripts/build_building_units.py

A polyhedron is taken from a framework type that is known to hold it: the T atoms nearest to a node
of the void, where their bonds make one planar graph with three edges at every vertex and the faces
that it has. Other units are found in their type by their graph. The places of its atoms are those
of the type, averaged over the symmetry of the graph. Needs networkx, which torch comes with.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import networkx as nx
import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.silica.voids import voids
from zeoloom.structure.building_units import SMALL_UNITS, UNIT_FACES, UNIT_NAMES, in_search_order
from zeoloom.structure.reference import load_reference

STRUCTURE = Path(__file__).parents[1] / "src/zeoloom/structure"

HOLDERS = {
    "d3r": "IRR",
    "d4r": "LTA",
    "d6r": "FAU",
    "d8r": "RHO",
    "can": "CAN",
    "sod": "SOD",
    "gme": "GME",
    "lev": "LEV",
    "los": "LOS",
    "lio": "LIO",
    "cha": "CHA",
    "aft": "AFX",
    "pau": "KFI",
    "lta": "LTA",
    "ast": "AST",
    "mtn": "MTN",
    "lov": "LOV",
    "nat": "NAT",
}
"""Framework types to take the units from."""

BOND = 3.6
"""Å, T-T. The next T atoms are farther apart."""

REACH = 16.0
"""Å from the middle of a cage."""

SMALL_REACH = 8.0
"""Å from a T atom, for units that are no polyhedra."""

SHAPES = (1.0, 0.9, 1.1, 0.8, 1.2, 0.7, 1.3, 0.6, 1.5)
"""Factors on c: cages may be longer along c than across."""


DIGITS, AVERAGINGS = 4, 20
"""Decimals of places, Å; and how often they are averaged over the symmetry of the graph."""


def main() -> None:
    """Find every unit, write the graphs and the places."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=STRUCTURE / "building_units.json")
    arguments = parser.parse_args()
    edges, places = {}, {}
    for name in UNIT_NAMES:
        if name in UNIT_FACES:
            graph = cage(HOLDERS[name], UNIT_FACES[name])
            if faces_of(graph) != UNIT_FACES[name]:
                raise SystemExit(f"{name}: no polyhedron with its faces was found")
        else:
            graph = small_unit(HOLDERS[name], SMALL_UNITS[name])
        edges[name] = in_search_order(list(graph.edges))
        places[name] = symmetrical(graph, edges[name]).round(DIGITS).tolist()
    provenance = {
        "made_by": "scripts/build_building_units.py",
        "taken_from": HOLDERS,
        "edges": "pairs of vertices; each vertex is bonded to one before it",
        "places": "of the T atoms about their middle, in Å; as symmetrical as the graph",
    }
    text = json.dumps({"provenance": provenance, "edges": edges, "places": places})
    arguments.output.write_text(text + "\n", encoding="utf-8")
    print(f"{len(edges)} units in {arguments.output}")


def symmetrical(graph: nx.Graph, edges: list[tuple[int, int]]) -> np.ndarray:
    """Places (k, 3) of the vertices, numbered as edges have them, averaged over their symmetry."""
    numbered = nx.Graph(edges)
    matcher = nx.isomorphism.GraphMatcher(numbered, graph)
    found = next(matcher.isomorphisms_iter())
    cart = np.array([graph.nodes[found[k]]["cart"] for k in range(len(found))])
    cart -= cart.mean(axis=0)
    own = nx.isomorphism.GraphMatcher(numbered, numbered)
    orders = [[each[k] for k in range(len(cart))] for each in own.isomorphisms_iter()]
    for _ in range(AVERAGINGS):
        mean = np.zeros_like(cart)
        for order in orders:
            left, _, right = np.linalg.svd(cart[order].T @ cart)
            mean += cart[order] @ left @ right
        cart = mean / len(orders)
    return cart


def small_unit(code: str, edges: tuple[tuple[int, int], ...]) -> nx.Graph:
    """A unit that is no polyhedron in a framework type: atoms with just these bonds among them."""
    known = load_reference()[code]
    t = expand_orbits(known.frac_t, known.operations, known.cell)[0]
    near = neighbours_within(t[:1], t, known.cell, SMALL_REACH)
    around = bonded(near.vector)
    matcher = nx.isomorphism.GraphMatcher(around, nx.Graph(edges))
    found = next(matcher.subgraph_isomorphisms_iter())
    return around.subgraph(found).copy()


def bonded(cart: np.ndarray) -> nx.Graph:
    """Atoms (n, 3) Å with their bonds; each knows its place as `cart`."""
    apart = np.linalg.norm(cart[:, None] - cart[None], axis=-1)
    graph = nx.from_numpy_array(((apart < BOND) & (apart > 0)).astype(int))
    nx.set_node_attributes(graph, dict(enumerate(cart)), "cart")
    return graph


def cage(code: str, faces: dict[int, int]) -> nx.Graph:
    """The cage of a framework type that has these faces; an empty graph if there is none."""
    known = load_reference()[code]
    t, o = (
        expand_orbits(sites, known.operations, known.cell)[0]
        for sites in (known.frac_t, known.frac_o)
    )
    nodes = voids(np.concatenate([t, o]), known.cell).frac_nodes
    near = neighbours_within(nodes, t, known.cell, REACH)
    size = 2 * (sum(faces.values()) - 2)  # Euler, with three edges at every vertex
    for shape in SHAPES:
        for node in range(len(nodes)):
            vectors = near.vector[near.centre == node]
            nearest = np.argsort(np.linalg.norm(vectors * [1.0, 1.0, shape], axis=1))[:size]
            chosen = vectors[nearest]
            graph = bonded(chosen)
            if faces_of(graph) == faces:
                return graph
    return nx.Graph()


def faces_of(graph: nx.Graph) -> dict[int, int]:
    """Faces by their size of a connected planar graph with three edges at every vertex, or none."""
    if not graph or {degree for _, degree in graph.degree} != {3} or not nx.is_connected(graph):
        return {}
    planar, embedding = nx.check_planarity(graph)
    if not planar:
        return {}
    seen: set[tuple[int, int]] = set()
    found = Counter[int]()
    for edge in embedding.edges:
        if edge not in seen:
            found[len(embedding.traverse_face(*edge, mark_half_edges=seen))] += 1
    return dict(found)


if __name__ == "__main__":
    main()

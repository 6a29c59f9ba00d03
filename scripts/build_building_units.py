"""Make the graphs of the polyhedral building units, `src/zeoloom/structure/building_units.json`.

    python scripts/build_building_units.py

Double rings are prisms. A cage is taken from a framework type that is known to hold it: the T atoms
nearest to a node of the void, where their bonds make one planar graph with three edges at every
vertex and the faces that the cage has. Needs networkx, which torch comes with.
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
from zeoloom.structure.building_units import UNIT_FACES, in_search_order
from zeoloom.structure.reference import load_reference

STRUCTURE = Path(__file__).parents[1] / "src/zeoloom/structure"

HOLDERS = {
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
}
"""Framework types to take the cages from."""

BOND = 3.6
"""Å, T-T. The next T atoms are farther apart."""

REACH = 16.0
"""Å from the middle of a cage."""

SHAPES = (1.0, 0.9, 1.1, 0.8, 1.2, 0.7, 1.3, 0.6, 1.5)
"""Factors on c: cages may be longer along c than across."""


def main() -> None:
    """Find every unit, write the graphs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=STRUCTURE / "building_units.json")
    arguments = parser.parse_args()
    edges = {}
    for name, faces in UNIT_FACES.items():
        graph = cage(HOLDERS[name], faces) if name in HOLDERS else prism(int(name[1]))
        if faces_of(graph) != faces:
            raise SystemExit(f"{name}: no polyhedron with faces {faces} was found")
        edges[name] = in_search_order(list(graph.edges))
    provenance = {
        "made_by": "scripts/build_building_units.py",
        "taken_from": HOLDERS,
        "edges": "pairs of vertices; each vertex is bonded to one before it",
    }
    text = json.dumps({"provenance": provenance, "edges": edges})
    arguments.output.write_text(text + "\n", encoding="utf-8")
    print(f"{len(edges)} units in {arguments.output}")


def prism(size: int) -> nx.Graph:
    """Two rings, one above the other."""
    return nx.circular_ladder_graph(size)


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
            apart = np.linalg.norm(chosen[:, None] - chosen[None], axis=-1)
            graph = nx.from_numpy_array(((apart < BOND) & (apart > 0)).astype(int))
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

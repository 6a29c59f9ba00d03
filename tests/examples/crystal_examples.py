"""Groups, cells, points and a trained network for the tests of crystals."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.geometry.image_kernel import lattice_shifts
from zeoloom.geometry.operations import (
    SAME_SITE,
    SymmetryOperations,
    identity_first,
    symmetrised_metric,
)
from zeoloom.geometry.site_symmetry import site_symmetry
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.learn.checkpoint import load_model
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.quotient_graph import QuotientGraph
from zeoloom.nets.quotient_kernel import empty_bonds, find_bonds
from zeoloom.search.relax import MOST_NEIGHBOURS
from zeoloom.search.strain import atom_costs

if TYPE_CHECKING:
    from zeoloom.geometry.group import Group
    from zeoloom.learn.checkpoint import Model

CPU = torch.device("cpu")


def group_of(hall_number: int) -> SymmetryOperations:
    return identity_first(operations_of_hall_number(hall_number))


def random_cell(
    operations: SymmetryOperations, edges: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """A cell that the group allows, its edges about as long as given (Å), turned at random."""
    skew = np.eye(3) + 0.15 * rng.normal(size=(3, 3))
    metric = symmetrised_metric(rng.uniform(*edges, 3)[:, None] * skew, operations)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return np.asarray(np.linalg.cholesky(metric) @ turn)


def random_points(
    n: int, operations: SymmetryOperations, rng: np.random.Generator, exact: bool = True
) -> np.ndarray:
    """Fractional points; some doubled, some of them fixed by an operation as far as it can."""
    frac = rng.uniform(-1, 2, (n, 3))
    for i in range(0, n, 3):
        g = rng.integers(len(operations))
        move = operations.rotations[g] @ frac[i] + operations.translations[g] - frac[i]
        frac[i] += 0.5 * (move - np.round(move))
    if n > 3 and exact:
        frac[1] = frac[0]
    return frac


@cache
def shipped_crystal() -> Model:
    return load_model("crystal", CPU)


def graph_by_distance(frac: np.ndarray, group: Group) -> tuple[QuotientGraph, np.ndarray]:
    """The bonds of atoms on their special positions, and the vectors to their ends."""
    symmetry, bonds = site_symmetry(frac, group), empty_bonds(len(frac), MOST_NEIGHBOURS)
    vectors = np.empty((len(frac), MOST_NEIGHBOURS, 3))
    lattice = lattice_shifts(group.cell, BOND_CUTOFF)
    find_bonds(frac, group, symmetry, lattice, SAME_SITE, bonds, vectors)
    return QuotientGraph(group, symmetry, bonds), vectors


def judged_atoms(frac: np.ndarray, group: Group) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bonds and cost of each atom, and where a missing neighbour would be."""
    graph, vectors = graph_by_distance(frac, group)
    return (graph.bonds.counts, *atom_costs(graph.bonds.counts, vectors))

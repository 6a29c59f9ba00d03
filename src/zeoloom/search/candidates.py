"""Candidates: the asymmetric T atoms that the points of one crystal have formed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.nets.bonding import BOND_LENGTH
from zeoloom.nets.fingerprint import DEGREE, fingerprint_of
from zeoloom.nets.quotient_graph import QuotientGraph
from zeoloom.search.point_kernel import MEETING_DISTANCE, atoms_of_points
from zeoloom.search.relax import relax_atoms
from zeoloom.search.strain import LENGTH_COST
from zeoloom.structure.records import Framework

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.nets.periodic_net import PeriodicNet
    from zeoloom.search.relax import RelaxedAtoms
    from zeoloom.search.target import Target

WRONG_NUMBER_COST, MISSING_ATOMS_COST = 2.0, 4.0
"""Cost of a number of atoms that is not asked for; and of the share of atoms that is missing or too
many, for each point."""

WRONG_ORBITS_COST = 3.0
"""Cost of each orbit of atoms that is missing or too many."""

COLLAPSED_COST = LENGTH_COST * (BOND_LENGTH - MEETING_DISTANCE) ** 2
"""Least cost of an atom so near to another one that points there would become one atom."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The atoms that the points of one crystal have formed.

    Attributes:
        target: what the crystal is to be.
        frac_t: (k, 3) asymmetric T atoms, on their special positions.
        n_t: T atoms of the cell.
        bonds: (k,) number of bonds of each atom.
        costs: (k,) of each atom: bonds missing or too many, and strain.
        cart_vacancies: (k, 3) Å, from each atom to where a further neighbour would be.
        cost: sum of the costs, with that of a wrong number of atoms.
        atom_of_point: (n,) index of the atom that each point belongs to.
        graph: the bonds between the atoms, derived once; its net comes from them.
    """

    target: Target
    frac_t: FloatArray
    n_t: int
    bonds: IntArray
    costs: FloatArray
    cart_vacancies: FloatArray
    cost: float
    atom_of_point: IntArray
    graph: QuotientGraph

    @property
    def frac_points(self) -> FloatArray:
        """(n, 3) positions of the points, each that of its atom."""
        return self.frac_t[self.atom_of_point]

    @property
    def has_too_many(self) -> bool:
        """Whether there are more atoms or orbits than asked for."""
        return self.n_t > self.target.n_t[1] or len(self.frac_t) > self.target.n_t_unique[1]

    @property
    def counts_match(self) -> bool:
        """Whether there are as many atoms and orbits as asked for."""
        target = self.target
        return not (_excess(self.n_t, target.n_t) or _excess(len(self.frac_t), target.n_t_unique))

    @property
    def valid(self) -> bool:
        """Whether every atom has four neighbours, and there are as many atoms as asked for."""
        return bool((self.bonds == DEGREE).all()) and self.counts_match


def _excess(number: int, allowed: tuple[int, int]) -> int:
    """By how much a number is too low or too high."""
    return max(allowed[0] - number, number - allowed[1], 0)


def candidates_from(points: Tensor, present: Tensor, targets: Sequence[Target]) -> list[Candidate]:
    """The candidates that the points of a batch have formed.

    Args:
        points: (B, N, 3) Å.
        present: (B, N) False for padding.
        targets: one for each crystal.
    """
    return [
        points_to_atoms(cloud[mask] @ target.group.inverse_cell, target)
        for cloud, mask, target in zip(
            points.double().numpy(), present.numpy(), targets, strict=True
        )
    ]


def points_to_atoms(frac_points: FloatArray, target: Target) -> Candidate:
    """The atoms that points (n, 3) form in the cell and group of a target, relaxed."""
    atoms, n_t, atom_of_point = atoms_of_points(frac_points, target.group)
    cost = float(atoms.costs.sum())
    if excess := _excess(n_t, target.n_t):
        cost += WRONG_NUMBER_COST + MISSING_ATOMS_COST * target.n_points * excess / target.n_t[1]
    cost += WRONG_ORBITS_COST * _excess(len(atoms.frac), target.n_t_unique)
    return _candidate(target, atoms, n_t, cost, atom_of_point)


def _candidate(
    target: Target, atoms: RelaxedAtoms, n_t: int, cost: float, atom_of_point: IntArray
) -> Candidate:
    return Candidate(
        target,
        atoms.frac,
        n_t,
        atoms.bonds.counts,
        atoms.costs,
        atoms.vacancies,
        cost,
        atom_of_point,
        QuotientGraph(target.group, atoms.symmetry, atoms.bonds),
    )


def with_positions(candidate: Candidate, frac_t: FloatArray) -> Candidate:
    """The candidate with its atoms (k, 3) at other positions, relaxed.

    The result is that of `points_to_atoms` and takes less time. The candidate has the numbers of
    atoms that are asked for, and each atom stays on its special position.
    """
    atoms = relax_atoms(frac_t, candidate.target.group)
    if not (atoms.bonds.counts == DEGREE).all() or atoms.costs.max() > COLLAPSED_COST:
        return points_to_atoms(frac_t, candidate.target)
    cost, atom_of_point = float(atoms.costs.sum()), np.arange(len(frac_t))
    return _candidate(candidate.target, atoms, candidate.n_t, cost, atom_of_point)


def candidate_fingerprint(candidate: Candidate) -> str:
    """Fingerprint of the net of a valid candidate."""
    return fingerprint_of(candidate.graph)


def candidate_net(candidate: Candidate) -> PeriodicNet:
    """Net of a candidate; its vertices are in another order than those of its framework's net."""
    return candidate.graph.expand()


def candidate_framework(candidate: Candidate, name: str) -> Framework:
    """The candidate as a framework of T atoms."""
    target = candidate.target
    return Framework(
        name=name,
        cell=target.cell,
        space_group_number=target.space_group_number,
        space_group_symbol=target.space_group_symbol,
        operations=target.operations,
        frac_t=candidate.frac_t,
        t_labels=tuple(f"T{i + 1}" for i in range(len(candidate.frac_t))),
        frac_o=np.zeros((0, 3)),
    )

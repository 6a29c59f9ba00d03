"""Nets and frameworks for the tests of nets, and other descriptions of the same one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np

from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.nets.integer_lattices import lattice_basis
from zeoloom.nets.periodic_net import PeriodicNet, half_edges, net_from_edges
from zeoloom.structure.records import Framework

TRIVIAL = SymmetryOperations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))


def framework_of(cell: np.ndarray, frac_t: np.ndarray, name: str = "made") -> Framework:
    """A framework of T atoms only, without symmetry."""
    labels = tuple(f"T{k}" for k in range(1, len(frac_t) + 1))
    return Framework(
        name, np.asarray(cell, float), 1, "P1", TRIVIAL, frac_t, labels, np.zeros((0, 3))
    )


def diamond(copies: int = 1) -> Framework:
    """Diamond as ideal cristobalite; a second copy half a cell from the first, not bonded to it.

    T atoms of the copies are as near as those of one, so it is oxygen that tells the bonds.
    """
    cell = np.eye(3) * 3.1 * 4 / np.sqrt(3)
    centring = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    bonds = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 4
    frac_t = np.concatenate([centring, centring + 0.25])
    frac_o = (centring[:, None] + bonds / 2).reshape(-1, 3)
    shifts = 0.5 * np.arange(copies)[:, None, None]
    one = framework_of(cell, ((frac_t + shifts) % 1.0).reshape(-1, 3))
    return replace(one, frac_o=((frac_o + shifts) % 1.0).reshape(-1, 3))


def stacked(layers: str = "ABABCBCAC") -> Framework:
    """Layers of diamond in a stacking of their own: a valid net that nobody has made of silica."""
    height, above = 3.08 * 4 / 3, {"A": (0, 0), "B": (1 / 3, 2 / 3), "C": (2 / 3, 1 / 3)}
    frac_t = [
        (*above[letter], (number + part) / len(layers))
        for number, letter in enumerate(layers)
        for part in (1 / 8, 7 / 8)
    ]
    side = 3.08 * np.sqrt(8 / 3)
    cell = [[side, 0, 0], [-side / 2, side * np.sqrt(3) / 2, 0], [0, 0, len(layers) * height]]
    return framework_of(np.array(cell), np.array(frac_t))


def net(*edges: tuple[int, ...]) -> PeriodicNet:
    """A net from (i, j, S...) with vertices counted from 0."""
    rows = np.array(edges)
    return net_from_edges(
        rows[:, 0], rows[:, 1], rows[:, 2:], np.arange(1 + int(rows[:, :2].max()))
    )


def random_basis(rng: np.random.Generator, steps: int = 4) -> np.ndarray:
    """A random unimodular matrix, of determinant 1 or -1."""
    matrix = np.eye(3, dtype=np.int64)[rng.permutation(3)]
    for _ in range(steps):
        i, j = rng.choice(3, size=2, replace=False)
        matrix[i] += rng.integers(-1, 2) * matrix[j]
    return matrix


def random_supercell(rng: np.random.Generator, largest: int = 2) -> np.ndarray:
    """A random basis of a random sublattice of index at most `largest`^3."""
    triangle = np.diag(rng.integers(1, largest + 1, size=3))
    triangle[np.triu_indices(3, 1)] = rng.integers(0, 2, size=3)
    return random_basis(rng) @ triangle @ random_basis(rng, 1)


def cosets(matrix: np.ndarray) -> np.ndarray:
    """One lattice vector for each translation lost when the rows of `matrix` become the cell."""
    sizes = np.diag(lattice_basis(matrix)).tolist()
    return np.array(list(product(*map(range, sizes))))


def supercell(
    framework: Framework, times: tuple[int, int, int], noise: float, rng: np.random.Generator
) -> Framework:
    """Several cells without symmetry, every atom displaced by noise Å (standard deviation)."""
    shifts = np.array(list(product(*map(range, times))))
    cell = np.diag(times) @ framework.cell
    moved = []
    for frac in (framework.frac_t, framework.frac_o):
        full, _ = expand_orbits(frac, framework.operations, framework.cell)
        copies = ((full[:, None] + shifts[None]) / times).reshape(-1, 3)
        moved.append(copies + noise * rng.normal(size=copies.shape) @ np.linalg.inv(cell))
    return replace(framework_of(cell, moved[0], framework.name), frac_o=moved[1])


def redescribed(framework: Framework, rng: np.random.Generator, noise: float = 0.02) -> Framework:
    """The same framework in P1: another cell, origin, hand and order of atoms, atoms displaced.

    Args:
        framework: any.
        rng: makes the changes.
        noise: Å, standard deviation of the displacements.
    """
    matrix = random_supercell(rng)
    cell = matrix @ framework.cell
    lost = cosets(matrix)
    origin = rng.random(3)
    moved = []
    for frac in (framework.frac_t, framework.frac_o):
        full, _ = expand_orbits(frac, framework.operations, framework.cell)
        copies = (full[:, None] + lost[None]).reshape(-1, 3) @ np.linalg.inv(matrix)
        copies += noise * rng.normal(size=copies.shape) @ np.linalg.inv(cell)
        moved.append(((copies + origin) % 1.0)[rng.permutation(len(copies))])
    mirror = np.diag([1.0, 1.0, rng.choice([-1.0, 1.0])])
    return replace(
        framework_of(cell @ mirror, moved[0], framework.name), frac_o=moved[1].reshape(-1, 3)
    )


def redescribed_net(given: PeriodicNet, rng: np.random.Generator) -> PeriodicNet:
    """The same net: another cell, basis and order, and every vertex from another cell."""
    matrix = random_supercell(rng)
    lost = cosets(matrix)
    inverse = np.linalg.inv(matrix)
    n, m = len(given), len(lost)
    tails, heads, shifts = [], [], []
    for tail, head, shift in zip(given.tails, given.heads, given.shifts, strict=True):
        for k, start in enumerate(lost):
            # the end is one of the kept vectors plus a vector of the new lattice
            whole = (start + shift - lost) @ inverse
            (end,) = np.flatnonzero(np.abs(whole - np.round(whole)).max(axis=1) < 1e-9)
            tails.append(tail * m + k)
            heads.append(head * m + end)
            shifts.append(np.round(whole[end]))
    order = rng.permutation(n * m)
    places = rng.integers(-3, 4, size=(n * m, 3))
    old_tails, old_heads = np.array(tails), np.array(heads)
    moved = np.array(shifts, dtype=np.int64) + places[old_tails] - places[old_heads]
    return net_from_edges(
        order[old_tails], order[old_heads], moved @ random_basis(rng), np.arange(n * m)
    )


class Walker:
    """Distances in the infinite net, by Python's whole numbers and dictionaries."""

    def __init__(self, net: PeriodicNet) -> None:
        half = half_edges(net)
        self.size = len(net)
        powers = self.size * np.array([1 << 20 * k for k in range(net.dimension)], dtype=object)
        packed = (half.heads - half.tails).astype(object) + half.shifts.astype(object) @ powers
        self.steps = [packed[start:stop].tolist() for start, stop in pairwise(half.first.tolist())]
        self.balls = [{i: 0} for i in range(self.size)]
        self.shells = [[[i]] for i in range(self.size)]

    def neighbours(self, node: int) -> list[int]:
        return [node + step for step in self.steps[node % self.size]]

    def shell(self, vertex: int, distance: int) -> list[int]:
        shells, ball = self.shells[vertex], self.balls[vertex]
        while len(shells) <= distance:
            around = (other for node in shells[-1] for other in self.neighbours(node))
            shells.append(list(dict.fromkeys(other for other in around if other not in ball)))
            ball.update(dict.fromkeys(shells[-1], len(shells) - 1))
        return shells[distance]

    def at_distance(self, node: int, other: int, distance: int) -> bool:
        vertex = node % self.size
        self.shell(vertex, distance)
        # moved into cell zero together
        return self.balls[vertex].get(other - node + vertex) == distance

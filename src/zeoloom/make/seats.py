"""Seats: special positions that points are kept on, so that a crystal has the atoms asked for.

Which special positions are taken decides how many atoms a cell holds. Points that are free to meet
their images seldom end with the number asked for; points whose positions are drawn beforehand, so
that the sizes of the orbits add up, nearly always do. A T atom sits where the symmetry of its site
is one that a tetrahedron has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.geometry.symmetry import ORBIT_GRID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from zeoloom.geometry.symmetry import SymmetryOperations
    from zeoloom.make.crystals import Site
    from zeoloom.structure.records import FloatArray, IntArray

OF_A_TETRAHEDRON = ((3, 1), (0, 1), (-1, 1), (1, -1), (-1, -1))
"""Trace and determinant of its symmetry operations: 1, 3, 2, m, -4."""

WEIGHTS = (0.05, 0.3, 1.0, 1.0)
"""How often an atom takes a point, a line, a plane, a general position, all else being equal."""

GENERAL = np.array([1.23, 4.71, 15.19], dtype=np.float32)
"""In steps of the grid: on no special position, which all places of the grid may be."""

ALIKE = 0.6
"""Chance of an orbit to take the plane or line of another of its size. Of two orbits of one size on
special positions, 77 % are on the same one in the types learned from."""

SEATED, SEATED_IF_KNOWN = 0.5, 0.95
"""Share of the crystals whose positions are drawn, and where exact numbers of atoms and orbits are
asked for; the points of the others are free to meet."""


@dataclass(frozen=True, slots=True)
class Seats:
    """Where points may be.

    Attributes:
        directions: (B, N, 3, 3) projections on the ways each point may go.
        anchors: (B, N, 3) Å, a place of each seat.
    """

    directions: Tensor
    anchors: Tensor

    def keep(self, cart_points: Tensor) -> Tensor:
        """Points (B, N, 3) Å brought to the nearest places of their seats."""
        away = (cart_points - self.anchors)[..., None]
        return self.anchors + (self.directions @ away)[..., 0]

    def to(self, device: torch.device) -> Seats:
        """The same seats on another device."""
        return Seats(self.directions.to(device), self.anchors.to(device))


def free_seats(shape: Sequence[int]) -> Seats:
    """Points (B, N) that may go anywhere."""
    return Seats(torch.eye(3).repeat(*shape, 1, 1), torch.zeros(*shape, 3))


def take_seats(
    sites: Sequence[Site], generator: torch.Generator, seated: float | None = None
) -> tuple[list[Site], Seats]:
    """Seats for the points of some sites, so that their orbits add up to what is asked for.

    Args:
        sites: where crystals are to grow.
        generator: source of randomness, on the CPU.
        seated: chance of each to have its seats drawn, if there are any that add up; None for the
            usual one.

    Returns:
        The sites, those with seats drawn having no more points than orbits are asked for;
        their seats, padded to the most points.
    """
    chances = torch.rand(len(sites), generator=generator).tolist()
    taken, drawn = list(sites), {}
    for row, (site, chance) in enumerate(zip(sites, chances, strict=True)):
        n = min(site.n_points, site.n_t_unique[1])
        known = site.n_t[0] == site.n_t[1] and site.n_t_unique[0] == site.n_t_unique[1]
        usual = SEATED_IF_KNOWN if known else SEATED
        wanted = chance < (usual if seated is None else seated)
        chosen = _draw(site, n, generator) if wanted else None
        if chosen is not None:
            taken[row], drawn[row] = replace(site, n_points=n), chosen
    seats = free_seats((len(sites), max(site.n_points for site in taken)))
    for row, chosen in drawn.items():
        cell, positions = taken[row].cell, special_positions(taken[row].operations)
        # a fractional projection P reads A P A^-1 in Cartesian columns, where A = cell^T
        directions = cell.T @ positions.directions[chosen] @ np.linalg.inv(cell.T)
        seats.directions[row, : len(chosen)] = torch.from_numpy(directions)
        seats.anchors[row, : len(chosen)] = torch.from_numpy(positions.places[chosen] @ cell)
    return taken, seats


@dataclass(frozen=True, slots=True)
class SpecialPositions:
    """Places of a grid where a T atom may sit, general ones among them.

    Attributes:
        places: (m, 3) fractional.
        sizes: (m,) atoms of the orbit of each.
        directions: (m, 3, 3) fractional projections on the ways an atom may go from there.
        freedoms: (m,) how many ways these are.
        of_size: the places of each size, by index.
    """

    places: FloatArray
    sizes: IntArray
    directions: FloatArray
    freedoms: IntArray
    of_size: Mapping[int, IntArray]


def special_positions(operations: SymmetryOperations) -> SpecialPositions:
    """The positions of a group, in one of the 530 settings, that have a tetrahedron's symmetry."""
    turns, shifts = operations.rotations, operations.translations
    return _special_positions(turns.tobytes(), shifts.tobytes())


@lru_cache(maxsize=64)
def _special_positions(turns: bytes, shifts: bytes) -> SpecialPositions:
    rotations = np.frombuffer(turns, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(shifts, dtype=np.float64).reshape(-1, 3)
    axis = np.arange(ORBIT_GRID, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    grid = np.concatenate([grid, [GENERAL]])
    steps = np.round(translations * ORBIT_GRID).astype(np.float32)
    moves = (rotations - np.eye(3, dtype=np.int64)).astype(np.float32)
    fixed = np.stack(
        [
            ((grid @ move.T + step) % ORBIT_GRID == 0).all(axis=1)
            for move, step in zip(moves, steps, strict=True)
        ],
        axis=1,
    )  # (grid, G)
    traces = np.trace(rotations, axis1=1, axis2=2).tolist()
    signs = np.round(np.linalg.det(rotations)).astype(int).tolist()
    kinds = list(zip(traces, signs, strict=True))
    strange = np.array([kind not in OF_A_TETRAHEDRON for kind in kinds])
    orders = fixed.sum(axis=1)
    # 32 has a tetrahedron's operations, but not as a tetrahedron has them
    twofold = np.array([kind == (-1, 1) for kind in kinds])
    strange_as_a_whole = (orders == 6) & ((fixed & twofold).sum(axis=1) == 3)
    possible = np.flatnonzero(~(fixed & strange).any(axis=1) & ~strange_as_a_whole)
    fixed, orders = fixed[possible], orders[possible]
    means = fixed.astype(np.float64) @ rotations.reshape(-1, 9) / orders[:, None]
    sizes = len(rotations) // orders
    directions = means.reshape(-1, 3, 3)
    return SpecialPositions(
        grid[possible].astype(np.float64) / ORBIT_GRID,
        sizes,
        directions,
        np.round(np.trace(directions, axis1=1, axis2=2)).astype(np.int64),
        {size: np.flatnonzero(sizes == size) for size in np.unique(sizes).tolist()},
    )


def _draw(site: Site, n: int, generator: torch.Generator) -> IntArray | None:
    """Positions for n points whose orbits add up to the atoms asked for; None if none do.

    Every sequence of n sizes is as likely as the product of their weights.
    """
    positions = special_positions(site.operations)
    weights = {
        size: WEIGHTS[positions.freedoms[places].max()]
        for size, places in positions.of_size.items()
    }
    low, high = site.n_t[0], min(site.n_t[1], n * max(weights))
    if high < low:
        return None
    ways = np.zeros((n + 1, high + 1))  # of so many orbits to have so many atoms
    ways[0, 0] = 1.0
    for k in range(1, n + 1):
        for size, weight in weights.items():
            ways[k, size:] += weight * ways[k - 1, : max(0, high + 1 - size)]
        ways[k] /= max(1.0, ways[k].max())
    if not ways[n, low:].any():
        return None
    left = low + _choose(ways[n, low:], generator)
    chosen: list[int] = []
    for k in range(n, 0, -1):
        chances = [
            weight * ways[k - 1, left - size] if size <= left else 0.0
            for size, weight in weights.items()
        ]
        size = list(weights)[_choose(chances, generator)]
        left -= size
        shared: Sequence[int] | IntArray = [
            c for c in chosen if positions.sizes[c] == size and positions.freedoms[c] > 0
        ]
        if not shared or float(torch.rand(1, generator=generator)) >= ALIKE:
            shared = positions.of_size[size]
        chosen.append(int(shared[_choose(np.ones(len(shared)), generator)]))
    return np.array(chosen)


def _choose(weights: Sequence[float] | FloatArray, generator: torch.Generator) -> int:
    chances = torch.as_tensor(weights, dtype=torch.float64)
    return int(torch.multinomial(chances, 1, generator=generator))

"""Seats: special positions that points are kept on, so that a crystal has the atoms asked for.

Which special positions are taken decides how many atoms a cell holds. Points that are free to meet
their images seldom end with the number asked for. So at each noise level every point is given a
seat near to where the network expects it, drawn such that the sizes of all orbits add up; from the
lowest such level on it keeps its seat. What is expected of a point lies on its seat, its noise need
not. Nor may seated points meet: as many as are asked for are to become as many atoms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.search.special_positions import special_positions
from zeoloom.search.wyckoff_kernel import chances_of, choose, offers, onto_seats, part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.geometry.arrays import BoolArray, FloatArray
    from zeoloom.search.candidates import Site

Keep = Callable[["Tensor", float], "Tensor"]
"""Brings what is expected of points (B, N, 3) Å at a level, Å, to where they may be."""

WEIGHTS = (0.013, 0.094, 0.295, 0.597)
"""How often an atom takes a point, a line, a plane, a general position: shares of the orbits of the
types learned from, in groups that have lines and planes."""

SPREAD, LEAST_SPREAD = 0.3, 0.2
"""Of points around where they are expected: times the noise level; and Å."""

LOWEST = 0.29
"""Å, noise level below which seats are kept."""

PARTED = 1.0
"""Å, noise level below which points on seats are kept apart."""

SEATED, SEATED_IF_KNOWN = 0.5, 0.95
"""Share of the crystals that are seated, and where exact numbers of atoms and orbits are asked for;
the points of the others are free to meet."""


def keep_free(cart_points: Tensor, level: float) -> Tensor:  # noqa: ARG001 - a `Keep`
    """Points that may be anywhere."""
    return cart_points


def take_seats(
    sites: Sequence[Site], generator: torch.Generator, seated: float | None = None
) -> tuple[list[Site], BoolArray]:
    """Which crystals are to be seated.

    Args:
        sites: where crystals are to grow.
        generator: source of randomness, on the CPU.
        seated: chance of each; None for the usual one.

    Returns:
        The sites, those that are seated having no more points than orbits are asked for;
        (B,) which of them are.
    """
    chances = torch.rand(len(sites), generator=generator).tolist()
    taken, which = list(sites), np.zeros(len(sites), dtype=np.bool_)
    for row, (site, chance) in enumerate(zip(sites, chances, strict=True)):
        known = site.n_t[0] == site.n_t[1] and site.n_t_unique[0] == site.n_t_unique[1]
        usual = SEATED_IF_KNOWN if known else SEATED
        if chance < (usual if seated is None else seated):
            taken[row] = replace(site, n_points=min(site.n_points, site.n_t_unique[1]))
            which[row] = True
    return taken, which


def keep_seated(
    sites: Sequence[Site],
    seated: BoolArray,
    rng: np.random.Generator,
    held: BoolArray | None = None,
) -> Keep:
    """Points on seats, chosen anew at each level of one descent that is high enough.

    Args:
        sites: of the crystals of a batch, with the points that each has.
        seated: (B,) which of them; the points of the others are free, as are those of crystals
            whose orbits cannot add up to what is asked for.
        rng: source of randomness.
        held: (B, N) True for points that stay where they are, which is what they are given as.
    """
    rows = np.flatnonzero(seated).tolist()
    cells = {id(sites[row].cell): sites[row] for row in rows}  # mostly one
    groups = {key: site.group for key, site in cells.items()}
    densities = {key: densities_at(site) for key, site in cells.items()}
    most = max(site.n_points for site in sites)
    still = np.zeros((len(sites), most), dtype=np.bool_) if held is None else held
    seats: dict[int, tuple[FloatArray, FloatArray]] = {}

    def keep(cart_points: Tensor, level: float) -> Tensor:
        points = cart_points.double().cpu().numpy()
        spread = max(SPREAD * level, LEAST_SPREAD)
        for row in rows:
            site, n = sites[row], sites[row].n_points
            key = id(site.cell)
            group = groups[key]
            expected = points[row, :n] @ group.inverse_cell
            if level >= LOWEST:
                chosen = seats_near(site, densities[key], expected, still[row, :n], spread, rng)
                if chosen is not None:
                    seats[row] = chosen
            if row not in seats:
                continue
            places, directions = seats[row]
            on_seats = onto_seats(expected, places, directions)
            if level < PARTED:
                on_seats = part(on_seats, directions, still[row, :n], group)
            points[row, :n] = on_seats @ site.cell
        return torch.from_numpy(points).to(cart_points)

    return keep


def densities_at(site: Site) -> FloatArray:
    """Points per Å, Å², Å³ of each special position (m,) of a site."""
    positions = special_positions(site.operations)
    extents = positions.extents(site.cell)
    of_kind = np.bincount(positions.freedoms, extents, minlength=len(WEIGHTS))
    return np.asarray(np.array(WEIGHTS)[positions.freedoms] / of_kind[positions.freedoms])


def seats_near(
    site: Site,
    densities: FloatArray,
    frac: FloatArray,
    held: BoolArray,
    spread: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray] | None:
    """Draw seats near points, so that their orbits add up to the atoms asked for.

    Args:
        site: where; its number of T atoms.
        densities: (m,) of `densities_at`.
        frac: (n, 3) where points are expected.
        held: (n,) those that stay on the special positions they are on.
        spread: Å, of points around where they are expected.
        rng: source of randomness.

    Returns:
        (n, 3) fractional, a place of each seat, and (n, 3, 3) fractional projections on the ways
        that a point may go there; None if nothing adds up.
    """
    positions = special_positions(site.operations)
    squares, nearest = offers(frac, positions.places, positions.directions, site.cell)
    chances = chances_of(squares, positions.freedoms, densities, spread, held)
    chosen = choose(chances, positions.sizes, *site.n_t, rng.random(len(frac) + 1))
    if not len(chosen):
        return None
    return nearest[np.arange(len(frac)), chosen], positions.directions[chosen]

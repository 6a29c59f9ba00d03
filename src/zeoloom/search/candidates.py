"""Crystals from noise: asymmetric points of a space group, denoised until they meet as atoms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.diffusion.samplers import final
from zeoloom.geometry.crystal import Crystal, crystal_batch
from zeoloom.geometry.group import group_in_cell
from zeoloom.geometry.operations import identity_first
from zeoloom.nets.bonding import BOND_LENGTH
from zeoloom.nets.fingerprint import DEGREE, fingerprint
from zeoloom.nets.graph import net_from_edges
from zeoloom.search.limits import ANY_NUMBER
from zeoloom.search.relax import at_rest, atoms_of
from zeoloom.search.strain import LENGTH_COST, MEETING_DISTANCE
from zeoloom.search.whole_net import whole_net
from zeoloom.search.wyckoff import keep_free
from zeoloom.structure.records import Framework

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.nets.graph import Net
    from zeoloom.search.wyckoff import Keep

SIGMA_MAX = 1.8
"""Å, where clouds start: above, next to nothing is decided."""

SIGMA_MIN = 0.05
"""Å, the last level before zero."""

RHO = 1.5
"""Spacing of levels: nearly even, since the net is decided between 0.3 and 1.2 Å."""

WRONG_TOTAL, WRONG_COUNT = 2.0, 4.0
"""Cost of not having the atoms asked for; and of having none of them, for each point."""

WRONG_ORBITS = 3.0
"""Cost of each orbit of atoms that is missing or too many."""

MET = LENGTH_COST * (BOND_LENGTH - MEETING_DISTANCE) ** 2
"""Least cost of an atom that is so near to another that points there would meet."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a crystal is to grow.

    Attributes:
        cell: (3, 3) Å, rows a, b, c.
        operations: of the space group in this cell, the identity first.
        space_group_number: 1 to 230.
        space_group_symbol: of the setting.
        n_points: asymmetric points.
        n_t: fewest and most T atoms the cell is to hold.
        n_t_unique: fewest and most orbits they are to form.
    """

    cell: FloatArray
    operations: SymmetryOperations
    space_group_number: int
    space_group_symbol: str
    n_points: int
    n_t: tuple[int, int] = ANY_NUMBER
    n_t_unique: tuple[int, int] = ANY_NUMBER

    @property
    def group(self) -> Group:
        """The group in this cell."""
        return group_in_cell(self.operations, self.cell)


@dataclass(frozen=True, slots=True)
class Grown:
    """The atoms that the points of one cloud have formed.

    Attributes:
        site: where.
        frac_t: (k, 3) asymmetric T atoms, on their special positions.
        n_t: T atoms of the cell.
        bonds: (k,) of each.
        costs: (k,) what is wrong with each: bonds missing or too many, and strain.
        cart_holes: (k, 3) Å, where a further neighbour of each would be.
        cost: all of it, a wrong number of atoms included.
        points_of: (n,) index of the atom each point belongs to.
    """

    site: Site
    frac_t: FloatArray
    n_t: int
    bonds: IntArray
    costs: FloatArray
    cart_holes: FloatArray
    cost: float
    points_of: IntArray

    @property
    def frac_points(self) -> FloatArray:
        """(n, 3) the points, each where its atom is."""
        return self.frac_t[self.points_of]

    @property
    def too_many(self) -> bool:
        """Whether there are more atoms or orbits than asked for."""
        return self.n_t > self.site.n_t[1] or len(self.frac_t) > self.site.n_t_unique[1]

    @property
    def as_many(self) -> bool:
        """Whether there are as many atoms and orbits as asked for."""
        off = _outside(self.n_t, self.site.n_t), _outside(len(self.frac_t), self.site.n_t_unique)
        return off == (0, 0)

    @property
    def valid(self) -> bool:
        """Whether every atom has four neighbours, and there are as many atoms as asked for."""
        return bool((self.bonds == DEGREE).all()) and self.as_many


def _outside(number: int, allowed: tuple[int, int]) -> int:
    """By how many a number is too low or too high."""
    return max(allowed[0] - number, number - allowed[1], 0)


def site_of(
    framework: Framework,
    n_points: int,
    *,
    n_t: tuple[int, int] = ANY_NUMBER,
    n_t_unique: tuple[int, int] = ANY_NUMBER,
) -> Site:
    """The cell and group of a framework as a place for others; its atoms are not looked at."""
    return Site(
        framework.cell,
        identity_first(framework.operations),
        framework.space_group_number,
        framework.space_group_symbol,
        n_points,
        n_t,
        n_t_unique,
    )


def crystals_of(sites: Sequence[Site]) -> Crystal:
    """Cells and groups of sites as a batch; points beyond `n_points` are padding."""
    keys = [(id(site.cell), id(site.operations)) for site in sites]
    distinct = dict(zip(keys, sites, strict=True))
    rows = {key: row for row, key in enumerate(distinct)}
    cells, groups = zip(*((each.cell, each.operations) for each in distinct.values()), strict=True)
    crystal = crystal_batch(cells, groups).take(torch.tensor([rows[key] for key in keys]))
    counts = torch.tensor([site.n_points for site in sites])
    present = torch.arange(int(counts.max())) < counts[:, None]
    return replace(crystal, present=present)


def grow(
    network: nn.Module,
    sampler: Sampler,
    crystal: Crystal,
    *,
    steps: int,
    generator: torch.Generator,
    device: torch.device,
    keep: Keep = keep_free,
) -> Tensor:
    """Clouds from noise alone.

    Args:
        network: F, learned on whole frameworks.
        sampler: which way down.
        crystal: B cells with their groups and numbers of points.
        steps: noise levels.
        generator: source of randomness, on the CPU.
        device: where to compute.
        keep: where points may be.

    Returns:
        (B, N, 3) Å, on the CPU.
    """
    assert crystal.present is not None
    frac = torch.rand(*crystal.present.shape, 3, generator=generator)
    start = frac @ crystal.cells
    start = start + SIGMA_MAX * standard_noise(start, generator)
    there = crystal.to(device)
    expect = denoiser(lambda points, level: network(points, level, there))

    def denoise(points: Tensor, level: Tensor) -> Tensor:
        return keep(expect(points, level), float(level[0]))

    levels = noise_levels(steps, SIGMA_MAX, SIGMA_MIN, RHO)
    with torch.inference_mode():
        return final(sampler(denoise, start.to(device), levels, generator)).cpu()


def denoise_once(
    network: nn.Module,
    crystal: Crystal,
    places: Tensor,
    held: Tensor,
    sigma: float,
    generator: torch.Generator,
    device: torch.device,
    keep: Keep = keep_free,
) -> Tensor:
    """Give noise to clouds, and bring those of their points that are not held to where it expects.

    Args:
        network: F, learned on whole frameworks.
        crystal: B cells with their groups and numbers of points.
        places: (B, N, 3) Å.
        held: (B, N) True for points that are given noise and stay where they were.
        sigma: Å, of the noise.
        generator: source of randomness, on the CPU.
        device: where to compute.
        keep: where points may be; held ones are given to it where they stay.

    Returns:
        (B, N, 3) Å, on the CPU.
    """
    noisy = places + sigma * standard_noise(places, generator)
    levels = torch.full((len(places),), sigma)
    there = crystal.to(device)
    expect = denoiser(lambda points, level: network(points, level, there))
    with torch.inference_mode():
        expected = expect(noisy.to(device), levels.to(device)).cpu()
    stays = held[..., None]
    return torch.where(stays, places, keep(torch.where(stays, places, expected), sigma))


def harvest(x: Tensor, present: Tensor, sites: Sequence[Site]) -> list[Grown]:
    """The atoms that clouds (B, N, 3) Å with points (B, N) have formed at their sites."""
    clouds, there = x.double().numpy(), present.numpy()
    return [
        gathered(cloud[mask] @ site.group.inverse_cell, site)
        for cloud, mask, site in zip(clouds, there, sites, strict=True)
    ]


def gathered(frac_points: FloatArray, site: Site) -> Grown:
    """The atoms that points (n, 3) have formed at a site."""
    frac_t, bonds, costs, holes, n_t, points_of = atoms_of(frac_points, site.group)
    cost = float(costs.sum())
    if off := _outside(n_t, site.n_t):
        cost += WRONG_TOTAL + WRONG_COUNT * site.n_points * off / site.n_t[1]
    cost += WRONG_ORBITS * _outside(len(frac_t), site.n_t_unique)
    return Grown(site, frac_t, n_t, bonds, costs, holes, cost, points_of)


def moved(crystal: Grown, frac_t: FloatArray) -> Grown:
    """What becomes of a crystal that has the atoms asked for, if these (k, 3) are elsewhere.

    Each is on the special position it had. The same as what is `gathered` there, but quicker.
    """
    group = crystal.site.group
    eased, bonds, costs, holes = at_rest(frac_t, group)
    if not (bonds == DEGREE).all() or costs.max() > MET:
        return gathered(frac_t, crystal.site)
    points_of = np.arange(len(eased))
    return Grown(
        crystal.site, eased, crystal.n_t, bonds, costs, holes, float(costs.sum()), points_of
    )


def fingerprint_of(grown: Grown) -> str:
    """Fingerprint of the net of a valid crystal."""
    sites, tails, heads, shifts = whole_net(grown.frac_t, grown.site.group)
    if len(tails) != DEGREE * len(sites) or not len(sites):
        return ""  # some atom has not four bonds: atoms of the full cell lie on one another
    return fingerprint(heads, shifts, sites)


def grown_net(grown: Grown) -> Net:
    """Net of a crystal; its vertices are in another order than those of its framework's net."""
    sites, tails, heads, shifts = whole_net(grown.frac_t, grown.site.group)
    return net_from_edges(tails, heads, shifts, sites)


def framework_of(grown: Grown, name: str) -> Framework:
    """What has grown as a framework of T atoms."""
    site = grown.site
    return Framework(
        name=name,
        cell=site.cell,
        space_group_number=site.space_group_number,
        space_group_symbol=site.space_group_symbol,
        operations=site.operations,
        frac_t=grown.frac_t,
        t_labels=tuple(f"T{i + 1}" for i in range(len(grown.frac_t))),
        frac_o=np.zeros((0, 3)),
    )

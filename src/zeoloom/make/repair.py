"""Repair: re-noise what is wrong in a finished cloud, denoise again, keep it if it is better.

Only points near wrong atoms are let loose; the others are held at the running noise level, so that what is
right stays and guides (design, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.make.clusters import SIGMA_MIN
from zeoloom.structure.atoms import MEETING_DISTANCE, points_to_atoms
from zeoloom.structure.net import SHORT_BOND, bond_lengths, bonds

if TYPE_CHECKING:
    from torch import Tensor

    from zeoloom.diffusion.denoiser import Denoise
    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.structure.records import FloatArray, IntArray

BOND_LENGTH = 3.1
"""Å, where an absent neighbour is expected."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the atoms of one cloud, where its neighbourhoods are complete.

    Attributes:
        cost: 0 if nothing is wrong; |coordination - 4| over the judged atoms, 1 per short bond, 4 per centre
            without an atom.
        cart_places: (f, 3) Å, where it is wrong.
        cart_holes: (h, 3) Å, where an atom seems to be missing.
    """

    cost: float
    cart_places: FloatArray
    cart_holes: FloatArray


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """How repair goes about it.

    Attributes:
        rounds: at most this many per cloud.
        sigmas: Å, noise levels to choose from.
        steps: noise levels of a round, from the chosen one down.
        reach: Å, points this near to a fault are let loose.
        temperature: of the Metropolis acceptance, in units of cost.
        judged_within: Å of a centre; atoms there have all their neighbours inside the cloud.
    """

    rounds: int = 24
    sigmas: tuple[float, ...] = (0.5, 0.8, 1.2)
    steps: int = 15
    reach: float = 4.0
    temperature: float = 0.3
    judged_within: float = 4.0


@dataclass(frozen=True, slots=True)
class Population:
    """Clouds under repair.

    Attributes:
        x: (n, N, 3) Å.
        best: (n, N, 3) Å, the least faulty state of each so far.
        faults: of `x`.
        best_cost: (n,) of `best`.
        passes: network evaluations spent, in single clouds.
    """

    x: Tensor
    best: Tensor
    faults: tuple[Faults, ...]
    best_cost: FloatArray
    passes: int = 0


def find_faults(cart_points: FloatArray, cart_centres: FloatArray, judged_within: float) -> Faults:
    """Judge the atoms of a cloud near its centres.

    Args:
        cart_points: (N, 3) Å.
        cart_centres: (c, 3) Å, where atoms are to be.
        judged_within: Å of a centre.
    """
    cart_t = points_to_atoms(cart_points).cart_t
    pairs = bonds(cart_t)
    counts = np.bincount(pairs.ravel(), minlength=len(cart_t))
    from_centres = np.linalg.norm(cart_t[:, None] - cart_centres[None], axis=-1)  # (n, c)
    judged = from_centres.min(axis=1) <= judged_within
    wrong = np.flatnonzero(judged & (counts != 4))
    short = pairs[bond_lengths(cart_t, pairs) < SHORT_BOND]
    vacant = cart_centres[from_centres.min(axis=0) > MEETING_DISTANCE]
    cost = np.abs(counts[wrong] - 4).sum() + len(short) + 4 * len(vacant)
    holes = [_opposite(cart_t, pairs, int(i)) for i in wrong if 0 < counts[i] < 4]
    return Faults(
        float(cost),
        np.concatenate([cart_t[wrong], cart_t[short].mean(axis=1), vacant]),
        np.concatenate([np.reshape(holes, (-1, 3)), vacant]),
    )


def _opposite(cart_t: FloatArray, pairs: IntArray, atom: int) -> FloatArray:
    """Where one more neighbour of an atom would sit: a bond away, opposite to those it has."""
    mine = pairs[(pairs == atom).any(axis=1)]
    arms = cart_t[mine.sum(axis=1) - atom] - cart_t[atom]
    away = -arms.sum(axis=0)
    return np.asarray(cart_t[atom] + BOND_LENGTH * away / max(float(np.linalg.norm(away)), 1e-6))


FindFaults = Callable[["FloatArray", int], Faults]
"""Faults of a cloud given its points and its index in the population."""


def begin_repair(x: Tensor, find: FindFaults) -> Population:
    """Judge finished clouds (n, N, 3)."""
    faults = tuple(find(points, i) for i, points in enumerate(x.cpu().numpy()))
    return Population(x, x.clone(), faults, np.array([f.cost for f in faults]))


def repair(
    denoise: Callable[[Tensor], Denoise],
    sampler: Sampler,
    population: Population,
    find: FindFaults,
    plan: RepairPlan,
    generator: torch.Generator,
) -> Iterator[Population]:
    """Rounds of repair on the clouds that still have faults.

    Args:
        denoise: gives D for the clouds of the indices asked for, (m,).
        sampler: which way down.
        population: from `begin_repair`.
        find: judges a cloud.
        plan: how.
        generator: source of randomness, on the CPU.

    Yields:
        The population after each round; ends early when no faults are left.
    """
    for _ in range(plan.rounds):
        faulty = torch.from_numpy(np.flatnonzero(population.best_cost > 0))
        if not len(faulty):
            return
        proposed, passes = _propose(denoise(faulty), sampler, population, faulty, plan, generator)
        chances = torch.rand(len(faulty), generator=generator).tolist()
        x, best, faults = population.x.clone(), population.best.clone(), list(population.faults)
        best_cost = population.best_cost.copy()
        for row, (i, chance) in enumerate(zip(faulty.tolist(), chances, strict=True)):
            found = find(proposed[row].cpu().numpy(), i)
            if chance < np.exp(min(0.0, (faults[i].cost - found.cost) / plan.temperature)):
                x[i], faults[i] = proposed[row], found
            if found.cost < best_cost[i]:
                best[i], best_cost[i] = proposed[row], found.cost
        population = replace(
            population,
            x=x,
            best=best,
            faults=tuple(faults),
            best_cost=best_cost,
            passes=population.passes + passes,
        )
        yield population


def _propose(
    denoise: Denoise,
    sampler: Sampler,
    population: Population,
    faulty: Tensor,
    plan: RepairPlan,
    generator: torch.Generator,
) -> tuple[Tensor, int]:
    """One new state for each faulty cloud, and the network evaluations it took."""
    device = population.x.device
    x = population.x[faulty].cpu()
    for row, i in enumerate(faulty.tolist()):
        x[row] = _fill_hole(x[row], population.faults[i], generator)
    loose = torch.stack(
        [
            _near(x[row], torch.from_numpy(population.faults[i].cart_places), plan.reach)
            for row, i in enumerate(faulty.tolist())
        ]
    )[..., None]
    sigma = plan.sigmas[int(torch.randint(len(plan.sigmas), (1,), generator=generator))]
    levels = noise_levels(plan.steps, sigma, SIGMA_MIN)
    held = x.to(device)
    loose = loose.to(device)
    start = held + sigma * standard_noise(held, generator)

    def denoise_loose(points: Tensor, level: Tensor) -> Tensor:
        """D, with the held points at the running level whatever the sampler did to them."""
        noise = level[:, None, None] * standard_noise(held, generator)
        points = torch.where(loose, points, held + noise)
        return torch.where(loose, denoise(points, level), held)

    with torch.no_grad():
        for step in sampler(denoise_loose, start, levels, generator):
            x = step.x
    return torch.where(loose, x, held), plan.steps * len(faulty)


def _near(cart_points: Tensor, cart_places: Tensor, reach: float) -> Tensor:
    """(N,) True for points within reach of any place."""
    return torch.cdist(cart_points.double(), cart_places).amin(dim=1) < reach


def _fill_hole(cart_points: Tensor, faults: Faults, generator: torch.Generator) -> Tensor:
    """Move one point that shares its atom with others to a place where an atom is missing."""
    if not len(faults.cart_holes):
        return cart_points
    hole = int(torch.randint(len(faults.cart_holes), (1,), generator=generator))
    distances = torch.cdist(cart_points.double(), cart_points.double())
    shared = torch.nonzero((distances < MEETING_DISTANCE / 2).sum(dim=1) > 1)[:, 0]
    if not len(shared):
        return cart_points
    moved = shared[int(torch.randint(len(shared), (1,), generator=generator))]
    cart_points = cart_points.clone()
    cart_points[moved] = torch.from_numpy(faults.cart_holes[hole]).to(cart_points)
    return cart_points

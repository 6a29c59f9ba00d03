"""Repair: re-noise what is wrong in a finished cloud, denoise again, keep it if it is better.

A round takes one fault of each faulty cloud and the sphere whose centre is nearest to it. Points
near the fault are let loose; the others of that sphere are held at the running noise level, so that
what is right stays and guides (design, section 3). A joined cloud is repaired sphere by sphere at
the cost of a single cluster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.clusters.atoms import MERGING_DISTANCE, merge_points
from zeoloom.clusters.sample import CLUSTER_SIGMA_MIN
from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.geometry.space import OpenSpace
from zeoloom.nets.bonding import BOND_CUTOFF, BOND_LENGTH, SHORT_BOND, bond_lengths, bonds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from zeoloom.clusters.sample import ClusterNetwork
    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray

VACANT_COST = 4.0
"""Cost of a centre without an atom: four bonds are missing."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the atoms of one cloud, where its neighbourhoods are complete.

    Attributes:
        cost: sum of |coordination - 4| over the judged atoms, 1 per short bond, `VACANT_COST` per
            centre
            without an atom; 0 if nothing is wrong.
        cart_faults: (f, 3) Å, where it is wrong.
        cart_holes: (f, 3) Å, where an atom is missing there; nan where none is.
        crowded: (f,) True where there are too many atoms.
    """

    cost: float
    cart_faults: FloatArray
    cart_holes: FloatArray
    crowded: BoolArray


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """How repair goes about it.

    Attributes:
        rounds: at most this many per cloud; 0 repairs nothing.
        sigmas: Å, noise levels to choose from.
        steps: noise levels of a round, from the chosen one down.
        reaches: Å, to choose from: points this near to the fault are let loose.
        edits: chance that first an atom is put where one is missing, or taken where there are too
            many.
        temperature: of the Metropolis acceptance, in units of cost.
        radius: Å, of the spheres.
        batch: clouds denoised at once.
    """

    rounds: int = 40
    sigmas: tuple[float, ...] = (0.5, 0.8, 1.2)
    steps: int = 15
    reaches: tuple[float, ...] = (3.0, 4.0, 5.0)
    edits: float = 0.5
    temperature: float = 0.3
    radius: float = 7.0
    batch: int = 64

    @property
    def judged_within(self) -> float:
        """Å of a centre; atoms there have all their neighbours inside the sphere."""
        return self.radius - 3.0


@dataclass(frozen=True, slots=True)
class Population:
    """Clouds under repair.

    Attributes:
        x: (n, N, 3) Å, current states, on the CPU.
        centres: (n, c, 3) Å.
        faults: of `x`.
        best: (n, N, 3) Å, the least faulty state of each so far.
        best_cost: (n,) of `best`.
        passes: (n,) network evaluations spent on each.
    """

    x: Tensor
    centres: Tensor
    faults: tuple[Faults, ...]
    best: Tensor
    best_cost: FloatArray
    passes: IntArray


def find_faults(cart_points: FloatArray, cart_centres: FloatArray, judged_within: float) -> Faults:
    """Judge the atoms of a cloud near its centres.

    Args:
        cart_points: (N, 3) Å.
        cart_centres: (c, 3) Å, where atoms are to be.
        judged_within: Å of a centre.
    """
    cart_t = merge_points(cart_points).cart_t
    pairs = bonds(cart_t)
    counts = np.bincount(pairs.ravel(), minlength=len(cart_t))
    from_centres = np.linalg.norm(cart_t[:, None] - cart_centres[None], axis=-1)  # (n, c)
    judged = from_centres.min(axis=1) <= judged_within
    wrong = np.flatnonzero(judged & (counts != 4))
    short = pairs[bond_lengths(cart_t, pairs) < SHORT_BOND]
    vacant = cart_centres[from_centres.min(axis=0) > MERGING_DISTANCE]
    cost = np.abs(counts[wrong] - 4).sum() + len(short) + VACANT_COST * len(vacant)
    holes = np.full((len(wrong) + len(short), 3), np.nan)
    for row, atom in enumerate(wrong):
        if 0 < counts[atom] < 4:
            holes[row] = _opposite(cart_t, pairs, int(atom))
    return Faults(
        cost=float(cost),
        cart_faults=np.concatenate([cart_t[wrong], cart_t[short].mean(axis=1), vacant]),
        cart_holes=np.concatenate([holes, vacant]),
        crowded=np.concatenate(
            [counts[wrong] > 4, np.ones(len(short), bool), np.zeros(len(vacant), bool)]
        ),
    )


def _opposite(cart_t: FloatArray, pairs: IntArray, atom: int) -> FloatArray:
    """Where one more neighbour of an atom would sit: a bond away, opposite to those it has."""
    mine = pairs[(pairs == atom).any(axis=1)]
    away = (cart_t[atom] - cart_t[mine.sum(axis=1) - atom]).sum(axis=0)
    return np.asarray(cart_t[atom] + BOND_LENGTH * away / max(float(np.linalg.norm(away)), 1e-6))


def begin_repair(x: Tensor, centres: Tensor, plan: RepairPlan) -> Population:
    """Judge finished clouds (n, N, 3) with their centres (n, c, 3), both in Å."""
    x, centres = x.cpu(), centres.cpu()
    faults = tuple(
        find_faults(points, middle, plan.judged_within)
        for points, middle in zip(x.numpy(), centres.numpy(), strict=True)
    )
    cost = np.array([f.cost for f in faults])
    return Population(x, centres, faults, x, cost, np.zeros(len(x), dtype=np.int64))


def repair(
    network: ClusterNetwork,
    sampler: Sampler,
    population: Population,
    plan: RepairPlan,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[Population]:
    """Rounds of repair on the clouds whose best state still has faults.

    Args:
        network: of single clusters.
        sampler: which way down.
        population: from `begin_repair`.
        plan: how.
        generator: source of randomness, on the CPU.
        device: where to compute.

    Yields:
        The population after each round; ends early when no faults are left.
    """
    for _ in range(plan.rounds):
        faulty = np.flatnonzero(population.best_cost > 0)
        if not len(faulty):
            return
        x, best, faults = population.x.clone(), population.best.clone(), list(population.faults)
        best_cost, passes = population.best_cost.copy(), population.passes.copy()
        for start in range(0, len(faulty), plan.batch):
            rows = faulty[start : start + plan.batch]
            proposals = _propose(network, sampler, population, rows, plan, generator, device)
            chances = torch.rand(len(rows), generator=generator).tolist()
            for i, proposal, chance in zip(rows, proposals, chances, strict=True):
                found = find_faults(
                    proposal.numpy(), population.centres[i].numpy(), plan.judged_within
                )
                worse = found.cost - faults[i].cost
                if chance < math.exp(-max(worse, 0.0) / plan.temperature):
                    x[i], faults[i] = proposal, found
                if found.cost < best_cost[i]:
                    best[i], best_cost[i] = proposal, found.cost
            passes[rows] += plan.steps
        population = Population(x, population.centres, tuple(faults), best, best_cost, passes)
        yield population


@dataclass(frozen=True, slots=True)
class _View:
    """The points of one sphere of one cloud, with a fault in it.

    Attributes:
        members: (M,) rows of the cloud.
        cart_points: (M, 3) Å about the sphere's centre, a hole perhaps filled.
        loose: (M,) True for points to be denoised again.
        centre: (3,) Å.
    """

    members: Tensor
    cart_points: Tensor
    loose: Tensor
    centre: Tensor


def _propose(
    network: ClusterNetwork,
    sampler: Sampler,
    population: Population,
    rows: IntArray,
    plan: RepairPlan,
    generator: torch.Generator,
    device: torch.device,
) -> list[Tensor]:
    """A new state (N, 3) for each of some faulty clouds."""
    views = [
        _view(population.x[i], population.centres[i], population.faults[i], plan, generator)
        for i in rows
    ]
    pad = torch.nn.utils.rnn.pad_sequence
    held = pad([view.cart_points for view in views], batch_first=True).to(device)
    loose = pad([view.loose for view in views], batch_first=True)[..., None].to(device)
    present = pad([torch.ones_like(view.loose) for view in views], batch_first=True).to(device)
    space = OpenSpace(None if bool(present.all()) else present)
    denoise = denoiser(lambda points, level: network(points, level, space))

    def denoise_loose(points: Tensor, level: Tensor) -> Tensor:
        """D, with the held points at the running level whatever the sampler did to them."""
        noisy = held + level[:, None, None] * standard_noise(held, generator)
        return torch.where(loose, denoise(torch.where(loose, points, noisy), level), held)

    sigma = plan.sigmas[int(torch.randint(len(plan.sigmas), (1,), generator=generator))]
    x = held + sigma * standard_noise(held, generator)
    with torch.no_grad():
        for step in sampler(
            denoise_loose, x, noise_levels(plan.steps, sigma, CLUSTER_SIGMA_MIN), generator
        ):
            x = step.x
    x = torch.where(loose, x, held).cpu()
    proposals = []
    for row, (i, view) in enumerate(zip(rows, views, strict=True)):
        proposal = population.x[i].clone()
        proposal[view.members] = x[row, : len(view.members)] + view.centre
        proposals.append(proposal)
    return proposals


def _view(
    cart_points: Tensor,
    centres: Tensor,
    faults: Faults,
    plan: RepairPlan,
    generator: torch.Generator,
) -> _View:
    """One fault drawn at random, seen from the centre nearest to it."""
    positions = faults.cart_faults if len(faults.cart_faults) else centres[:1].numpy()
    drawn = _choose(len(positions), generator)
    position = torch.from_numpy(positions[drawn]).to(cart_points)
    if len(faults.cart_faults) and float(torch.rand(1, generator=generator)) < plan.edits:
        if faults.crowded[drawn]:
            cart_points = _take_atom(cart_points, position, generator)
        elif np.isfinite(faults.cart_holes[drawn]).all():
            hole = torch.from_numpy(faults.cart_holes[drawn]).to(cart_points)
            cart_points = _put_atom(cart_points, hole, generator)
    apart = (cart_points[:, None] - centres[None]).norm(dim=-1)  # (N, c)
    k = int((centres - position).norm(dim=-1).argmin())
    members = torch.nonzero((apart[:, k] <= plan.radius) | (apart.argmin(dim=1) == k))[:, 0]
    reach = plan.reaches[_choose(len(plan.reaches), generator)]
    loose = (cart_points[members] - position).norm(dim=-1) < reach
    return _View(members, cart_points[members] - centres[k], loose, centres[k])


def _choose(n: int, generator: torch.Generator) -> int:
    return int(torch.randint(n, (1,), generator=generator))


def _put_atom(cart_points: Tensor, hole: Tensor, generator: torch.Generator) -> Tensor:
    """Move one point that shares its atom with others into a hole."""
    distances = (cart_points[:, None] - cart_points[None]).norm(dim=-1)
    shared = torch.nonzero((distances < MERGING_DISTANCE / 2).sum(dim=1) > 1)[:, 0]
    if not len(shared):
        return cart_points
    moved = cart_points.clone()
    moved[shared[_choose(len(shared), generator)]] = hole
    return moved


def _take_atom(cart_points: Tensor, position: Tensor, generator: torch.Generator) -> Tensor:
    """Give all points of one neighbour of a position to other atoms."""
    distances = (cart_points - position).norm(dim=-1)
    near = torch.nonzero((distances > MERGING_DISTANCE) & (distances <= BOND_CUTOFF))[:, 0]
    if not len(near):
        return cart_points
    taken = near[_choose(len(near), generator)]
    gone = (cart_points - cart_points[taken]).norm(dim=-1) < MERGING_DISTANCE
    left = torch.nonzero(~gone)[:, 0]
    moved = cart_points.clone()
    for i in torch.nonzero(gone)[:, 0].tolist():
        moved[i] = cart_points[left[_choose(len(left), generator)]]
    return moved

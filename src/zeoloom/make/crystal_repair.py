"""Repair of crystals: re-noise what is wrong, perhaps with a point more or fewer, denoise again.

As for clusters (`make/repair.py`), with the periodic images: a round takes one faulty atom of each
crystal, lets loose the points near it or near its images, holds the others at the running noise
level, and keeps the outcome by Metropolis' rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.make.crystal_kernel import distances_to_images
from zeoloom.make.crystals import SIGMA_MIN, Grown, crystals_of, descend, gathered, group_of
from zeoloom.structure.net import BOND_CUTOFF, BOND_LENGTH
from zeoloom.structure.nets.fingerprint import DEGREE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor, nn

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.make.crystals import Site
    from zeoloom.structure.records import BoolArray, FloatArray


STRAINED = 0.1
"""Weight of the cost of an atom with four bonds, when a fault is chosen."""


@dataclass(frozen=True, slots=True)
class CrystalRepair:
    """How repair goes about it.

    Attributes:
        rounds: at most this many for each crystal.
        sigmas: Å, noise levels to choose from.
        steps: noise levels of a round, from the chosen one down.
        reaches: Å, to choose from: points this near to the fault are let loose.
        edits: chance that first a point is put where a neighbour is missing, or an atom taken where
            there are too many.
        temperature: of the Metropolis acceptance, in units of cost.
        spare: points a crystal may gain at most.
    """

    rounds: int = 12
    sigmas: tuple[float, ...] = (0.5, 0.8, 1.2)
    steps: int = 15
    reaches: tuple[float, ...] = (3.5, 5.0, math.inf)
    edits: float = 0.3
    temperature: float = 0.3
    spare: int = 2


@dataclass(frozen=True, slots=True)
class Chain:
    """A crystal under repair.

    Attributes:
        frac_points: (n, 3) its points.
        grown: the atoms they form.
    """

    frac_points: FloatArray
    grown: Grown


def chains_of(x: Tensor, present: Tensor, sites: Sequence[Site]) -> list[Chain]:
    """Clouds (B, N, 3) Å with points (B, N) at their sites, judged."""
    chains = []
    for cloud, mask, site in zip(x.double().numpy(), present.numpy(), sites, strict=True):
        frac = cloud[mask] @ np.linalg.inv(site.cell)
        chains.append(Chain(frac, gathered(frac, site)))
    return chains


def repair_crystals(
    network: nn.Module,
    sampler: Sampler,
    chains: Sequence[Chain],
    plan: CrystalRepair,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[list[Chain]]:
    """Rounds of repair; a crystal leaves as soon as it is valid.

    Args:
        network: F.
        sampler: which way down.
        chains: crystals that are not valid.
        plan: how.
        generator: source of randomness, on the CPU.
        device: where to compute.

    Yields:
        After each round, the crystals that it made valid.
    """
    faulty = list(chains)
    for _ in range(plan.rounds):
        if not faulty:
            return
        proposals = _propose(network, sampler, faulty, plan, generator, device)
        chances = torch.rand(len(faulty), generator=generator).tolist()
        mended, left = [], []
        for chain, proposal, chance in zip(faulty, proposals, chances, strict=True):
            worse = proposal.grown.cost - chain.grown.cost
            if proposal.grown.valid:
                mended.append(proposal)
            elif chance < math.exp(-max(worse, 0.0) / plan.temperature):
                left.append(proposal)
            else:
                left.append(chain)
        faulty = left
        yield mended


def _propose(
    network: nn.Module,
    sampler: Sampler,
    chains: Sequence[Chain],
    plan: CrystalRepair,
    generator: torch.Generator,
    device: torch.device,
) -> list[Chain]:
    drafts = [_draft(chain, plan, generator) for chain in chains]
    sites = [
        replace(chain.grown.site, n_points=len(frac))
        for chain, (frac, _) in zip(chains, drafts, strict=True)
    ]
    crystal = crystals_of(sites)
    assert crystal.present is not None
    batch, most = crystal.present.shape
    places = torch.zeros(batch, most, 3)
    held = torch.zeros(batch, most, dtype=torch.bool)
    for row, (site, (frac, fixed)) in enumerate(zip(sites, drafts, strict=True)):
        places[row, : len(frac)] = torch.from_numpy(frac @ site.cell)
        held[row, : len(frac)] = torch.from_numpy(fixed)
    sigma = plan.sigmas[_choose(len(plan.sigmas), generator)]
    start = places + sigma * standard_noise(places, generator)
    levels = noise_levels(plan.steps, sigma, SIGMA_MIN)
    x = descend(network, sampler, crystal, start, levels, generator, device, (places, held))
    first_asked = [chain.grown.site for chain in chains]
    return chains_of(x, crystal.present, first_asked)


def _draft(
    chain: Chain, plan: CrystalRepair, generator: torch.Generator
) -> tuple[FloatArray, BoolArray]:
    """Points (n, 3) to start from, and which of them (n,) are to be held."""
    grown = chain.grown
    blame = np.where(grown.bonds == DEGREE, STRAINED, 1.0) * grown.costs + 1e-6
    atom = int(torch.multinomial(torch.from_numpy(blame), 1, generator=generator))
    frac = chain.frac_points
    if float(torch.rand(1, generator=generator)) < plan.edits:
        if grown.bonds[atom] > DEGREE:
            frac = _with_fewer(chain, atom, generator)
        elif len(frac) < grown.site.n_points + plan.spare:
            frac = _with_more(chain, atom, generator)
    reach = plan.reaches[_choose(len(plan.reaches), generator)]
    loose = distances_to_images(grown.frac_t[atom], frac, *group_of(grown.site)) < reach
    return frac, ~loose


def _with_fewer(chain: Chain, atom: int, generator: torch.Generator) -> FloatArray:
    """The points without those of a crowded atom or of one of its neighbours."""
    grown = chain.grown
    if len(grown.frac_t) == 1:
        return chain.frac_points
    near = distances_to_images(grown.frac_t[atom], grown.frac_t, *group_of(grown.site))
    candidates = np.flatnonzero(near < BOND_CUTOFF)  # the atom itself is one of them
    gone = candidates[_choose(len(candidates), generator)]
    return np.asarray(chain.frac_points[grown.points_of != gone])


def _with_more(chain: Chain, atom: int, generator: torch.Generator) -> FloatArray:
    """The points and one more, where a neighbour of an atom is missing."""
    grown = chain.grown
    hole = grown.cart_holes[atom]
    if np.isnan(hole).any():  # it has no neighbour to tell the way
        hole = BOND_LENGTH * torch.randn(3, generator=generator).double().numpy()
    place = grown.frac_t[atom] + hole @ np.linalg.inv(grown.site.cell)
    return np.concatenate([chain.frac_points, [place]])


def _choose(n: int, generator: torch.Generator) -> int:
    return int(torch.randint(n, (1,), generator=generator))

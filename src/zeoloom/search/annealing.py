"""Repair of crystals: re-noise what is wrong, perhaps with a point more or fewer, denoise again.

As for clusters (`clusters/repair.py`), with the periodic images: a round takes one faulty or
strained atom of each crystal, lets loose the points near it or near its images, holds the others at
the same noise level. What comes of it walks a little from net to net without the network, and is
kept by Metropolis' rule. Crystals that are valid go on: from one net to the next of lower cost is a
shorter way than from noise. The rounds are an annealing. The worse half of the crystals is given up
now and then, and copies of the best take the place of the worst. So that they do not all end in one
net, a net costs more with every round that a crystal has spent there (energy landscape paving,
Hansmann & Wille, PRL 88, 068105 (2002)).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.nets.bonding import BOND_CUTOFF, BOND_LENGTH
from zeoloom.nets.fingerprint import DEGREE
from zeoloom.search.candidates import crystals_of, denoise_once, harvest
from zeoloom.search.context import numpy_generator
from zeoloom.search.strain import distances_to_images
from zeoloom.search.walk import wander
from zeoloom.search.walk_kernel import first_patience
from zeoloom.search.wyckoff import keep_seated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

    from zeoloom.geometry.arrays import BoolArray, FloatArray
    from zeoloom.search.candidates import Grown


STRAINED = 0.1
"""Weight of the cost of an atom with four bonds, when a fault is chosen."""

COST_DIGITS, PAVED_DIGITS = 3, 2
"""Decimals of the cost: crystals of one cell that agree so far have one net, or are paved alike."""


@dataclass(frozen=True, slots=True)
class CrystalRepair:
    """How repair goes about it.

    Attributes:
        rounds: of each batch.
        sigmas: Å, noise levels to choose from.
        reaches: Å, to choose from: points this near to the fault are let loose.
        edits: chance that first, unless the crystal is valid, a point is put where a neighbour is
            missing, or an atom taken where there are too many.
        hot: temperature of the Metropolis acceptance in the first round, in units of cost.
        cold: in the last one; it falls geometrically.
        halvings: shares of the rounds after which the worse half of the crystals is given up.
        fewest: crystals that are never given up.
        paving: cost that a net gains with each round that a crystal has spent there.
        renewal: rounds after which the worst quarter gives way to copies of the best; 0 for never.
        seated: chance that a crystal with as many points as orbits are asked for has them seated.
        spare: points a crystal may gain at most.
        walk: moves from net to net that are tried after each round, times the square of the atoms
            of the crystal; 0 for none.
        calm: temperature of these walks, times that of the rounds.
        told: valid nets of each walk that are told of.
    """

    rounds: int = 12
    sigmas: tuple[float, ...] = (0.3, 0.4, 0.6)
    reaches: tuple[float, ...] = (5.0, math.inf)
    edits: float = 0.3
    hot: float = 2.0
    cold: float = 0.2
    halvings: tuple[float, ...] = (0.125, 0.25, 0.5)
    fewest: int = 8
    paving: float = 0.1
    renewal: int = 5
    seated: float = 0.8
    spare: int = 2
    walk: int = 2
    calm: float = 0.1
    told: int = 8

    def temperature(self, done: int) -> float:
        """After so many rounds."""
        return self.hot * math.pow(self.cold / self.hot, done / max(1, self.rounds - 1))

    def kept(self, done: int, before: int) -> int:
        """How many crystals of so many go on after so many rounds."""
        if done not in {round(share * self.rounds) for share in self.halvings}:
            return before
        return max(min(self.fewest, before), before // 2)

    def renewed(self, done: int, before: int) -> int:
        """How many crystals of so many give way to copies after so many rounds."""
        due = self.renewal and done and done % self.renewal == 0
        return before // 4 if due else 0


def repair_crystals(
    network: nn.Module,
    crystals: Sequence[Grown],
    plan: CrystalRepair,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[list[Grown]]:
    """Rounds of repair.

    Args:
        network: F, learned on whole frameworks.
        crystals: valid or not.
        plan: how.
        generator: source of randomness, on the CPU.
        device: where to compute.

    Yields:
        After each round, the valid crystals that it came by, kept or not; of those at one place and
        of one cost only the first.
    """
    now = list(crystals)
    patience, rng = first_patience(), numpy_generator(generator)
    seen: set[tuple[int, float]] = set()
    visits = Counter[tuple[int, float]]()

    def paved(crystal: Grown) -> float:
        return crystal.cost + plan.paving * visits[_mark(crystal, PAVED_DIGITS)]

    for done in range(plan.rounds if now else 0):
        now = sorted(now, key=paved)[: plan.kept(done, len(now))]
        copied = plan.renewed(done, len(now))
        now[len(now) - copied :] = now[:copied]
        temperature = plan.temperature(done)
        made, found = one_round(network, now, plan, temperature, patience, rng, generator, device)
        chances = torch.rand(len(now), generator=generator).tolist()
        now = [
            after
            if chance < math.exp(min(paved(before) - paved(after), 0.0) / temperature)
            else before
            for before, after, chance in zip(now, made, chances, strict=True)
        ]
        visits.update(_mark(crystal, PAVED_DIGITS) for crystal in now)
        yield _unseen(found, seen)


def one_round(
    network: nn.Module,
    crystals: Sequence[Grown],
    plan: CrystalRepair,
    temperature: float,
    patience: FloatArray,
    rng: np.random.Generator,
    generator: torch.Generator,
    device: torch.device,
) -> tuple[list[Grown], list[Grown]]:
    """Re-noise and denoise each crystal once, and let it walk.

    Args:
        network: F, learned on whole frameworks.
        crystals: valid or not.
        plan: how.
        temperature: of the round, in units of cost.
        patience: what walks have learned; changed.
        rng: source of randomness.
        generator: of the noise, on the CPU.
        device: where to compute.

    Returns:
        What has become of each; and the valid crystals that were met, repeats included.
    """
    made = _propose(network, crystals, plan, rng, generator, device)
    found = [crystal for crystal in made if crystal.valid]
    for row, crystal in enumerate(made):
        tries = plan.walk * len(crystal.frac_t) ** 2
        if tries and crystal.as_many:
            made[row], met = wander(
                crystal, tries, plan.calm * temperature, plan.told, patience, rng
            )
            found += met
    return made, found


def _mark(crystal: Grown, digits: int) -> tuple[int, float]:
    """What crystals of one place and one cost share."""
    return id(crystal.site.cell), round(crystal.cost, digits)


def _unseen(crystals: Sequence[Grown], seen: set[tuple[int, float]]) -> list[Grown]:
    """Those whose place and cost have not been seen, which are put down as seen."""
    fresh = []
    for crystal in crystals:
        mark = _mark(crystal, COST_DIGITS)
        if mark not in seen:
            seen.add(mark)
            fresh.append(crystal)
    return fresh


def _propose(
    network: nn.Module,
    crystals: Sequence[Grown],
    plan: CrystalRepair,
    rng: np.random.Generator,
    generator: torch.Generator,
    device: torch.device,
) -> list[Grown]:
    drafts = [_draft(crystal, plan, rng) for crystal in crystals]
    asked = [crystal.site for crystal in crystals]
    sites = [
        replace(site, n_points=len(frac)) for site, (frac, _) in zip(asked, drafts, strict=True)
    ]
    batch = crystals_of(sites)
    assert batch.present is not None
    places = np.zeros((*batch.present.shape, 3), dtype=np.float32)
    held = np.zeros(batch.present.shape, dtype=np.bool_)
    seated = np.zeros(len(sites), dtype=np.bool_)
    for row, (site, (frac, fixed)) in enumerate(zip(sites, drafts, strict=True)):
        places[row, : len(frac)] = frac @ site.cell
        held[row, : len(frac)] = fixed
        fitting = site.n_t_unique[0] <= len(frac) <= site.n_t_unique[1]
        seated[row] = fitting and rng.random() < plan.seated
    sigma = plan.sigmas[rng.integers(len(plan.sigmas))]
    keep = keep_seated(sites, seated, rng, held)
    start, stays = torch.from_numpy(places), torch.from_numpy(held)
    x = denoise_once(network, batch, start, stays, sigma, generator, device, keep)
    return harvest(x, batch.present, asked)


def _draft(
    crystal: Grown, plan: CrystalRepair, rng: np.random.Generator
) -> tuple[FloatArray, BoolArray]:
    """Points (n, 3) to start from, and which of them (n,) are to be held."""
    blame = np.where(crystal.bonds == DEGREE, STRAINED, 1.0) * crystal.costs + 1e-6
    shares = blame.cumsum()
    atom = int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))
    frac = crystal.frac_points
    if not crystal.valid and rng.random() < plan.edits:
        if crystal.bonds[atom] > DEGREE or crystal.too_many:
            frac = _with_fewer(crystal, atom, rng)
        elif len(frac) < crystal.site.n_points + plan.spare:
            frac = _with_more(crystal, atom, rng)
    reach = plan.reaches[rng.integers(len(plan.reaches))]
    loose = distances_to_images(crystal.frac_t[atom], frac, crystal.site.group) < reach
    return frac, ~loose


def _with_fewer(crystal: Grown, atom: int, rng: np.random.Generator) -> FloatArray:
    """The points without those of a crowded atom or of one of its neighbours."""
    if len(crystal.frac_t) == 1:
        return crystal.frac_points
    near = distances_to_images(crystal.frac_t[atom], crystal.frac_t, crystal.site.group)
    candidates = np.flatnonzero(near < BOND_CUTOFF)  # the atom itself is one of them
    gone = candidates[rng.integers(len(candidates))]
    return np.asarray(crystal.frac_points[crystal.points_of != gone])


def _with_more(crystal: Grown, atom: int, rng: np.random.Generator) -> FloatArray:
    """The points and one more, where a neighbour of an atom is missing."""
    hole = crystal.cart_holes[atom]
    if np.isnan(hole).any():  # it has no neighbour to tell the way
        hole = BOND_LENGTH * rng.standard_normal(3)
    place = crystal.frac_t[atom] + hole @ crystal.site.group.inverse_cell
    return np.concatenate([crystal.frac_points, [place]])

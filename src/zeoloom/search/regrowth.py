"""Generations of crystals: those that agree best with what was measured are denoised anew.

What denoising under a guide makes of noise alone agrees in parts. Noise of half an Ångström to one
leaves the reflections of low angles as they are, and lets the network and the guide find the rest
again: a longer way than a round of annealing goes. A child takes the place of its parent if it
costs less, so that the crystals of a batch stay different from one another.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.diffusion.noise import noise_levels
from zeoloom.search.candidates import candidates_from
from zeoloom.search.context import numpy_generator
from zeoloom.search.denoising import (
    CRYSTAL_SIGMA_MIN,
    RHO,
    crystals_at,
    denoise_from_points,
    padded_positions,
)
from zeoloom.search.guided_denoising import GROWING, guided_constraint
from zeoloom.search.wyckoff import wyckoff_constraint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.search.candidates import Candidate
    from zeoloom.search.context import Search
    from zeoloom.search.guide import Guide


class RegrowthPlan(NamedTuple):
    """Settings of regrowth.

    Attributes:
        generations: at most, one after the other.
        standstill: generations in which a leader does not become better, after which none follows.
        progress: cost by which it would have to.
        lead: cost by which a leader is below the middle one.
        children_per_point: of each generation, times the mean number of points of a crystal.
        most_children: of each generation.
        sigmas: Å, first noise levels to choose from, one for each generation.
        levels_per_sigma: noise levels, for each Å of the first one.
        fewest_levels: noise levels.
        preference: power of the draws from 0 to 1 which choose parents by their rank; 1 prefers
            none.
        constrained_share: chance that points are kept on assigned Wyckoff positions.
    """

    generations: int = 16
    standstill: int = 2
    progress: float = 0.3
    lead: float = 12.0
    children_per_point: float = 4.0
    most_children: int = 48
    sigmas: tuple[float, ...] = (0.4, 0.6, 0.8, 1.0)
    levels_per_sigma: float = 6.0
    fewest_levels: int = 3
    preference: float = 1.5
    constrained_share: float = 0.8


REGROWTH = RegrowthPlan()
"""What a guided search does."""


def regrown(
    candidates: Sequence[Candidate],
    cost: Callable[[Candidate], float],
    guide: Guide,
    sampler: Sampler,
    search: Search,
    ends: float,
    plan: RegrowthPlan = REGROWTH,
) -> list[Candidate]:
    """Candidates after some generations, the one of least cost first.

    Args:
        candidates: the first generation.
        cost: of a candidate.
        guide: what was measured.
        sampler: that carries points down the noise levels.
        search: network, device and source of randomness.
        ends: on the clock of `time.monotonic`, after which no generation is begun.
        plan: settings.
    """
    rng = numpy_generator(search.rng)
    alive = sorted(((cost(each), k, each) for k, each in enumerate(candidates)), key=_by_cost)
    number = len(alive)
    best, since = math.inf, 0
    for _ in range(plan.generations if alive else 0):
        first, middle = alive[0][0], alive[len(alive) // 2][0]
        since = 0 if first < best - plan.progress else since + 1
        best = min(best, first)
        led = first < middle - plan.lead or len(alive) == 1
        if (led and since >= plan.standstill) or time.monotonic() > ends:
            break
        points = np.mean([len(each.frac_points) for _, _, each in alive])
        n = min(plan.most_children, max(1, round(plan.children_per_point * points)))
        ranks = (len(alive) * rng.random(n) ** plan.preference).astype(int)
        children = _children([alive[k][2] for k in ranks], guide, sampler, search, rng, plan)
        for rank, child in zip(ranks.tolist(), children, strict=True):
            number += 1
            alive[rank] = min(alive[rank], (cost(child), number, child), key=_by_cost)
        alive.sort(key=_by_cost)
    return [each for _, _, each in alive]


def _by_cost(member: tuple[float, int, Candidate]) -> tuple[float, int]:
    """What members are compared by: their cost, the older one first."""
    return member[:2]


def _children(
    parents: Sequence[Candidate],
    guide: Guide,
    sampler: Sampler,
    search: Search,
    rng: np.random.Generator,
    plan: RegrowthPlan,
) -> list[Candidate]:
    """A child of each parent: its points with noise, denoised under the guide."""
    sigma = plan.sigmas[rng.integers(len(plan.sigmas))]
    clouds = [each.frac_points for each in parents]
    targets = [
        replace(each.target, n_points=len(frac)) for each, frac in zip(parents, clouds, strict=True)
    ]
    drawn = rng.random(len(targets)) < plan.constrained_share
    fitting = [each.fits_orbits(each.n_points) for each in targets]
    assigned = wyckoff_constraint(targets, drawn & np.array(fitting), rng)
    constraint = guided_constraint(targets, assigned, guide, GROWING)
    batch, steps = crystals_at(targets), round(plan.levels_per_sigma * sigma)
    levels = noise_levels(max(plan.fewest_levels, steps), sigma, CRYSTAL_SIGMA_MIN, RHO)
    positions = padded_positions(clouds, targets)
    points = denoise_from_points(batch, positions, levels, sampler, search, constraint)
    assert batch.present is not None
    return candidates_from(points, batch.present, [each.target for each in parents])

"""Annealing of candidates: noise added and removed around what is wrong, then bond switch walks.

A round takes one faulty or strained atom of each candidate, frees the points near it or near its
images, and keeps the others where they are; all get noise of one level. A point may be added or
removed first. After one evaluation of the network the candidate walks from net to net without it,
and the result is accepted by Metropolis' rule at a temperature that falls from round to round
(Kirkpatrick, Gelatt & Vecchi, Science 220, 671 (1983)). Valid candidates go on: the next net of
lower cost is nearer to them than to noise. Candidates of high cost are dropped by successive
halving (Jamieson & Talwalkar, AISTATS 2016), and resampling replaces the worst by copies of the
best. So that they do not all end in one net, a net costs more with every round that a candidate has
spent there (energy landscape paving, Hansmann & Wille, Phys. Rev. Lett. 88, 068105 (2002)). If
something was measured, a candidate costs the more the less it agrees with that: in acceptance,
halving and resampling; walks know nothing of it.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from zeoloom.errors import InputError
from zeoloom.geometry.image_kernel import distances_to_images
from zeoloom.judge.conditions import NO_CONDITIONS
from zeoloom.judge.net_conditions import net_distance
from zeoloom.nets.bonding import BOND_CUTOFF, BOND_LENGTH
from zeoloom.nets.fingerprint import DEGREE
from zeoloom.search.candidates import candidate_net, candidates_from
from zeoloom.search.context import numpy_generator
from zeoloom.search.denoising import crystals_at, denoise_once, padded_positions
from zeoloom.search.guide import guide_cost
from zeoloom.search.guided_denoising import REPAIRING, guided_constraint
from zeoloom.search.hollows import hollow_cost, hollows_whole, keeping_hollows, within_hollow
from zeoloom.search.walk import bond_switch_walk
from zeoloom.search.walk_kernel import initial_walk_state
from zeoloom.search.wyckoff import wyckoff_constraint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zeoloom.geometry.arrays import BoolArray, FloatArray
    from zeoloom.judge.conditions import Conditions
    from zeoloom.search.candidates import Candidate
    from zeoloom.search.context import Search
    from zeoloom.search.guide import Guide
    from zeoloom.search.walk_kernel import WalkState


STRAIN_WEIGHT = 0.1
"""Weight of the cost of an atom with four bonds, when the atom to start from is drawn."""

TRIES_AT_ONCE = 65_536
"""Moves of a walk, times the atoms of the candidate, between two looks at the clock."""

CONDITION_COST, MOST_DISTANCE = 0.5, 4.0
"""Cost of a step away from the conditions on nets (`judge.fulfilment`), and steps that count."""

FAULTY_COST = 0.5 * CONDITION_COST * MOST_DISTANCE
"""That of a candidate that is not valid yet, and may become anything."""

COST_DIGITS, PAVING_DIGITS = 3, 2
"""Decimals of the cost: candidates of one cell whose costs agree so far are taken for one net, or
for one in paving."""


@dataclass(frozen=True, slots=True)
class AnnealingPlan:
    """Settings of an annealing.

    Attributes:
        rounds: of each batch.
        sigmas: Å, noise levels to choose from.
        radii: Å, to choose from: points this near to the chosen atom are free.
        edit_chance: that first, unless the candidate is valid, a point is added where a neighbour
            is missing, or an atom removed where there are too many.
        hot: temperature of the Metropolis acceptance in the first round, in units of cost.
        cold: in the last one; it falls geometrically.
        halving_shares: shares of the rounds after which the worse half is dropped.
        min_candidates: that are never dropped.
        paving: cost that a net gains with each round that a candidate has spent there.
        resampling_interval: rounds after which the worst quarter is replaced by copies of the best;
            0 for never.
        constrained_share: chance that a candidate with as many points as orbits are asked for has
            them kept on assigned Wyckoff positions.
        max_extra_points: that a candidate may gain.
        walk: moves that are tried after each round, times the square of the atoms of the
            candidate; 0 for none.
        walk_temperature: of these walks, times that of the rounds.
        max_reported: valid nets of each walk that are reported at most.
        conditions: on nets; a valid candidate costs more, the farther its net is from them.
        guide: what was measured; None without.
        guide_cost: of a candidate that agrees with it in nothing.
    """

    rounds: int = 12
    sigmas: tuple[float, ...] = (0.3, 0.4, 0.6)
    radii: tuple[float, ...] = (5.0, math.inf)
    edit_chance: float = 0.3
    hot: float = 2.0
    cold: float = 0.2
    halving_shares: tuple[float, ...] = (0.125, 0.25, 0.5)
    min_candidates: int = 8
    paving: float = 0.1
    resampling_interval: int = 5
    constrained_share: float = 0.8
    max_extra_points: int = 2
    walk: int = 2
    walk_temperature: float = 0.1
    max_reported: int = 8
    conditions: Conditions = NO_CONDITIONS
    guide: Guide | None = None
    guide_cost: float = 30.0

    def temperature(self, done: int) -> float:
        """After so many rounds."""
        return self.hot * math.pow(self.cold / self.hot, done / max(1, self.rounds - 1))

    def n_kept(self, done: int, before: int) -> int:
        """How many candidates of so many go on after so many rounds."""
        if done not in {round(share * self.rounds) for share in self.halving_shares}:
            return before
        return max(min(self.min_candidates, before), before // 2)

    def n_resampled(self, done: int, before: int) -> int:
        """How many candidates of so many are replaced by copies after so many rounds."""
        due = self.resampling_interval and done and done % self.resampling_interval == 0
        return before // 4 if due else 0


class Round(NamedTuple):
    """The result of one round.

    Attributes:
        proposed: what has become of each candidate.
        valid: the valid candidates that were met, repeats included.
        state: what the walks have learned.
    """

    proposed: list[Candidate]
    valid: list[Candidate]
    state: WalkState


class Draft(NamedTuple):
    """Points that a round starts from.

    Attributes:
        frac: (n, 3) positions.
        fixed: (n,) True for those that stay.
    """

    frac: FloatArray
    fixed: BoolArray


def annealing_rounds(
    candidates: Sequence[Candidate],
    plan: AnnealingPlan,
    search: Search,
    ends: float = math.inf,
) -> Iterator[list[Candidate]]:
    """Anneal candidates, round by round.

    Args:
        candidates: valid or not.
        plan: settings.
        search: network, device and source of randomness.
        ends: on the clock of `time.monotonic`, after which no walk goes on.

    Yields:
        After each round the valid candidates that were met, accepted or not; of those with one
        target index and one cost only the first.
    """
    current = list(candidates)
    state, rng = initial_walk_state(), numpy_generator(search.rng)
    seen: set[tuple[int, float]] = set()
    visits = Counter[tuple[int, float]]()
    distances: dict[tuple[int, float], float] = {}
    agreements: dict[bytes, float] = {}

    def paved(candidate: Candidate) -> float:
        spent = plan.paving * visits[_net_key(candidate, PAVING_DIGITS)]
        asked = _cost_of_conditions(candidate, plan, distances) + hollow_cost(candidate)
        measured = guide_cost(candidate, plan.guide, plan.guide_cost, agreements)
        return candidate.cost + spent + asked + measured

    for done in range(plan.rounds if current else 0):
        current = sorted(current, key=paved)[: plan.n_kept(done, len(current))]
        copied = plan.n_resampled(done, len(current))
        current[len(current) - copied :] = current[:copied]
        temperature = plan.temperature(done)
        proposed, valid, state = one_round(current, plan, temperature, state, rng, search, ends)
        draws = torch.rand(len(current), generator=search.rng).tolist()
        current = [
            after
            if draw < math.exp(min(paved(before) - paved(after), 0.0) / temperature)
            else before
            for before, after, draw in zip(current, proposed, draws, strict=True)
        ]
        visits.update(_net_key(candidate, PAVING_DIGITS) for candidate in current)
        fresh: dict[tuple[int, float], Candidate] = {}
        for each in filter(hollows_whole, valid):
            fresh.setdefault(_net_key(each, COST_DIGITS), each)
        yield [each for key, each in fresh.items() if key not in seen]
        seen |= fresh.keys()


def one_round(
    candidates: Sequence[Candidate],
    plan: AnnealingPlan,
    temperature: float,
    state: WalkState,
    rng: np.random.Generator,
    search: Search,
    ends: float = math.inf,
) -> Round:
    """Add noise to each candidate and denoise it once, and let it walk.

    Args:
        candidates: valid or not.
        plan: settings.
        temperature: of the round, in units of cost.
        state: what walks have learned so far.
        rng: source of randomness of compiled functions.
        search: network, device and source of all other randomness.
        ends: on the clock of `time.monotonic`, after which no walk goes on.
    """
    proposed = _denoise_drafts(candidates, plan, rng, search)
    valid = [candidate for candidate in proposed if candidate.valid]
    for row, candidate in enumerate(proposed):
        left = plan.walk * len(candidate.frac_t) ** 2
        while left > 0 and candidate.counts_match and time.monotonic() < ends:
            tries = min(left, max(1, TRIES_AT_ONCE // len(candidate.frac_t)))
            candidate, met, state = bond_switch_walk(  # noqa: PLW2901 - it goes on from its end
                candidate,
                tries,
                plan.walk_temperature * temperature,
                plan.max_reported,
                state,
                rng,
            )
            valid += met
            left -= tries
        proposed[row] = candidate
    return Round(proposed, valid, state)


def _cost_of_conditions(
    candidate: Candidate, plan: AnnealingPlan, distances: dict[tuple[int, float], float]
) -> float:
    """Cost of how far a candidate's net is from the conditions; `distances` are those known."""
    if plan.conditions == NO_CONDITIONS:
        return 0.0
    if not candidate.valid:
        return FAULTY_COST
    key = _net_key(candidate, COST_DIGITS)
    if key not in distances:
        try:
            distances[key] = net_distance(candidate_net(candidate), plan.conditions)
        except InputError:  # its cell is too skewed for a net
            distances[key] = math.inf
    return CONDITION_COST * min(distances[key], MOST_DISTANCE)


def _net_key(candidate: Candidate, digits: int) -> tuple[int, float]:
    """What candidates of one cell and one cost share."""
    return candidate.target.index, round(candidate.cost, digits)


def _denoise_drafts(
    candidates: Sequence[Candidate],
    plan: AnnealingPlan,
    rng: np.random.Generator,
    search: Search,
) -> list[Candidate]:
    """Candidates made of drafts of given ones, after one evaluation of the network."""
    drafts = [_draft(candidate, plan, rng) for candidate in candidates]
    asked = [candidate.target for candidate in candidates]
    targets = [
        replace(target, n_points=len(draft.frac))
        for target, draft in zip(asked, drafts, strict=True)
    ]
    batch = crystals_at(targets)
    assert batch.present is not None
    positions = padded_positions([draft.frac for draft in drafts], targets)
    fixed = np.zeros(batch.present.shape, dtype=np.bool_)
    constrained = np.zeros(len(targets), dtype=np.bool_)
    for row, (target, draft) in enumerate(zip(targets, drafts, strict=True)):
        n = len(draft.frac)
        fixed[row, :n] = draft.fixed
        constrained[row] = target.fits_orbits(n) and rng.random() < plan.constrained_share
    sigma = plan.sigmas[rng.integers(len(plan.sigmas))]
    stays = torch.from_numpy(fixed)
    assigned = wyckoff_constraint(targets, constrained, rng, fixed)
    whole = keeping_hollows(targets, assigned, stays)
    constraint = guided_constraint(targets, whole, plan.guide, REPAIRING, stays)
    points = denoise_once(batch, positions, stays, sigma, search, constraint)
    return candidates_from(points, batch.present, asked)


def _draft(candidate: Candidate, plan: AnnealingPlan, rng: np.random.Generator) -> Draft:
    """Points to start from: those near to a faulty or strained atom are free."""
    weights = np.where(candidate.bonds == DEGREE, STRAIN_WEIGHT, 1.0) * candidate.costs + 1e-6
    shares = weights.cumsum()
    atom = int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))
    frac = candidate.frac_points
    if not candidate.valid and rng.random() < plan.edit_chance:
        if candidate.bonds[atom] > DEGREE or candidate.has_too_many:
            frac = _without_an_atom(candidate, atom, rng)
        elif len(frac) < candidate.target.n_points + plan.max_extra_points:
            frac = _with_a_neighbour(candidate, atom, rng)
    radius = plan.radii[rng.integers(len(plan.radii))]
    free = distances_to_images(candidate.frac_t[atom], frac, candidate.target.group) < radius
    free |= within_hollow(frac, candidate.target)
    return Draft(frac, ~free | (np.arange(len(frac)) < candidate.target.n_planted))


def _without_an_atom(candidate: Candidate, atom: int, rng: np.random.Generator) -> FloatArray:
    """The points without those of an atom or of one of its neighbours."""
    if len(candidate.frac_t) == 1:
        return candidate.frac_points
    group = candidate.target.group
    distances = distances_to_images(candidate.frac_t[atom], candidate.frac_t, group)
    near = np.flatnonzero(distances < BOND_CUTOFF)  # the atom itself is one of them
    near = near[near >= candidate.target.n_planted]
    if not len(near):
        return candidate.frac_points
    removed = near[rng.integers(len(near))]
    return np.asarray(candidate.frac_points[candidate.atom_of_point != removed])


def _with_a_neighbour(candidate: Candidate, atom: int, rng: np.random.Generator) -> FloatArray:
    """The points and one more, where a neighbour of an atom is missing."""
    vector = candidate.cart_vacancies[atom]
    if np.isnan(vector).any():  # it has no neighbour that tells the direction
        vector = BOND_LENGTH * rng.standard_normal(3)
    added = candidate.frac_t[atom] + vector @ candidate.target.group.inverse_cell
    return np.concatenate([candidate.frac_points, [added]])

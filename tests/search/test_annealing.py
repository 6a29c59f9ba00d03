"""Annealing of candidates with the shipped weights."""

from __future__ import annotations

import numpy as np
import pytest

from target_examples import search_from
from zeoloom.search.annealing import AnnealingPlan, annealing_rounds
from zeoloom.search.candidates import Candidate, candidate_fingerprint, points_to_atoms
from zeoloom.search.target import target_of
from zeoloom.structure.reference import load_reference


def faulty(code: str, n: int) -> list[Candidate]:
    """Some of a type's atoms put elsewhere; none of these crystals is valid."""
    framework = load_reference()[code]
    crystals = []
    for seed in range(n):
        rng = np.random.default_rng(seed)
        frac = framework.frac_t.copy()
        frac[rng.integers(len(frac))] = rng.uniform(size=3)
        counts = (len(frac), len(frac))
        target = target_of(framework, len(frac), n_t_unique=counts, index=seed)
        crystals.append(points_to_atoms(frac, target))
    return [crystal for crystal in crystals if not crystal.valid]


def test_annealing_mends_what_is_wrong() -> None:
    chains = faulty("AEI", 12)
    assert len(chains) > 6
    plan = AnnealingPlan(rounds=8, hot=0.3, cold=0.3, halving_shares=())
    rounds = list(annealing_rounds(chains, plan, search_from(1)))
    assert len(rounds) == 8
    made = [candidate for each in rounds for candidate in each]
    assert len({each.target.index for each in made}) >= 3
    assert all(each.valid for each in made)
    nothing = annealing_rounds([], plan, search_from(1))
    assert list(nothing) == []


def test_an_annealing_cools_and_drops_the_worse() -> None:
    plan = AnnealingPlan(rounds=160)
    assert plan.temperature(0) == plan.hot
    assert plan.temperature(159) == pytest.approx(plan.cold)
    left = [40]
    for done in range(160):
        left.append(plan.n_kept(done, left[-1]))
    assert left[1] == 40
    assert (left[21], left[41], left[81], left[-1]) == (20, 10, 8, 8)
    assert plan.n_kept(20, 5) == 5
    assert AnnealingPlan(resampling_interval=0).n_resampled(10, 9) == 0
    assert [plan.n_resampled(done, 9) for done in (0, 4, 5, 10)] == [0, 0, 2, 2]
    assert AnnealingPlan(rounds=1).temperature(0) == plan.hot


def test_a_valid_crystal_goes_on_to_others() -> None:
    framework = load_reference()["AEI"]
    target = target_of(framework, 3, n_t=(48, 48), n_t_unique=(3, 3))
    start = [points_to_atoms(framework.frac_t, target)] * 8
    known = candidate_fingerprint(start[0])
    plan = AnnealingPlan(rounds=12, hot=5.0, cold=5.0, halving_shares=(), constrained_share=0.0)
    rounds = annealing_rounds(start, plan, search_from(2))
    made = [candidate for each in rounds for candidate in each]
    assert {candidate_fingerprint(each) for each in made} > {known}


def test_paved_nets_are_left_however_cold_it_is() -> None:
    framework = load_reference()["AEI"]
    target = target_of(framework, 3, n_t=(48, 48), n_t_unique=(3, 3))
    start = [points_to_atoms(framework.frac_t, target)] * 6
    met = {}
    for paving in (0.0, 2.0):
        plan = AnnealingPlan(
            rounds=60,
            hot=1e-3,
            cold=1e-3,
            halving_shares=(),
            resampling_interval=0,
            walk=0,
            paving=paving,
        )
        rounds = list(annealing_rounds(start, plan, search_from(2)))
        met[paving] = {candidate_fingerprint(one) for each in rounds for one in each}
    assert len(met[2.0]) > len(met[0.0]) >= 1

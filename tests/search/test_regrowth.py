"""Generations of crystals: what lives on, and that what is nearly right becomes right."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

import zeoloom
from target_examples import search_from
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.operations import identity_first
from zeoloom.search.candidates import Candidate, candidate_fingerprint, points_to_atoms
from zeoloom.search.guide import Guide, guide_from
from zeoloom.search.regrowth import RegrowthPlan, regrown
from zeoloom.search.target import target_of


def guide_of(code: str) -> Guide:
    framework = zeoloom.load_reference()[code]
    data = simulated(framework, Difficulty(), np.random.default_rng(0))
    return guide_from(measurement_of(data, identity_first(framework.operations)))


def candidate_at(code: str, shift: float, seed: int = 0) -> Candidate:
    """The T atoms of a framework as a candidate, moved about by so many Å."""
    framework = zeoloom.load_reference()[code]
    noise = shift * np.random.default_rng(seed).standard_normal(framework.frac_t.shape)
    moved = framework.frac_t + noise @ np.linalg.inv(framework.cell)
    return points_to_atoms(moved, target_of(framework, len(framework.frac_t)))


def test_no_crystal_is_replaced_by_one_that_costs_more() -> None:
    guide = guide_of("FER")
    first = [candidate_at("FER", 1.0, seed) for seed in range(4)]

    def cost(each: Candidate) -> float:
        return each.cost + 30.0 * (1.0 - guide.agreement(each))

    plan = RegrowthPlan(generations=3)
    found = regrown(first, cost, guide, ancestral, search_from(0), math.inf, plan)
    assert len(found) == len(first)
    costs = [cost(each) for each in found]
    assert costs == sorted(costs)
    before = sorted(cost(each) for each in first)
    assert all(now <= then for now, then in zip(costs, before, strict=True))
    assert sum(costs) < sum(before)


def test_generations_end_when_the_best_one_becomes_no_better() -> None:
    guide, first = guide_of("FER"), [candidate_at("FER", 1.0)]
    plan = RegrowthPlan(generations=6, standstill=2, children_per_point=0.5)
    judged: list[Candidate] = []

    def generations(falling: float) -> int:
        """How many are made if each crystal costs so much less than the one before."""
        judged.clear()

        def cost(each: Candidate) -> float:
            judged.append(each)
            return 100.0 - falling * len(judged)

        regrown(first, cost, guide, ancestral, search_from(0), math.inf, plan)
        assert (len(judged) - 1) % 2 == 0
        return (len(judged) - 1) // 2

    assert generations(0.0) == 2
    assert generations(1.0) == 6


def test_without_time_or_crystals_nothing_is_done() -> None:
    guide, first = guide_of("FER"), [candidate_at("FER", 1.0, seed) for seed in range(2)]
    over = time.monotonic() - 1.0
    same = regrown(first, lambda each: each.cost, guide, ancestral, search_from(0), over)
    assert {id(each) for each in same} == {id(each) for each in first}
    assert regrown([], lambda each: each.cost, guide, ancestral, search_from(0), math.inf) == []


@pytest.mark.slow
def test_crystals_off_by_an_angstrom_become_the_type() -> None:
    """MFI has 12 unique T atoms; annealing alone takes hundreds of rounds from so far."""
    guide = guide_of("MFI")
    first = [candidate_at("MFI", 0.5, seed) for seed in range(3)]
    wanted = candidate_fingerprint(candidate_at("MFI", 0.0))
    assert wanted not in {candidate_fingerprint(each) for each in first if each.valid}
    found = regrown(
        first,
        lambda each: each.cost + 30.0 * (1.0 - guide.agreement(each)),
        guide,
        ancestral,
        search_from(0),
        math.inf,
    )
    assert wanted in {candidate_fingerprint(each) for each in found if each.valid}

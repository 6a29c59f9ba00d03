"""A batch of crystals, from noise to judged frameworks, with the shipped weights."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from target_examples import CHA_CELL, search_from
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.space_groups import hall_number_of
from zeoloom.nets import fingerprint as fingerprints
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.batch_state import SearchPlan
from zeoloom.search.candidates import candidate_fingerprint, points_to_atoms
from zeoloom.search.limits import Limits
from zeoloom.search.pipeline import STAGES, search_batch
from zeoloom.search.target import fitting_cell, targets_in_cell
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.search.target import Target

pytestmark = pytest.mark.long

SAMPLER = partial(ancestral, noise_factor=0.9)


def cha_targets(number: int) -> list[Target]:
    hall_number = hall_number_of("R-3m")
    cell = fitting_cell(CHA_CELL, hall_number)
    return targets_in_cell(cell, hall_number, Limits((7.0, 22.0), (36, 36), (1, 1)))[:1] * number


def test_the_cell_of_cha_gives_cha() -> None:
    plan = SearchPlan(SAMPLER, steps=40, annealing=AnnealingPlan(rounds=3))
    batch = search_batch(cha_targets(16), search_from(0), plan)
    assert 1 <= batch.valid_at_once <= 16
    assert all(each.valid and each.n_t == 36 for each in batch.valid)
    wanted = fingerprints.fingerprint_of(net_of(load_reference()["CHA"]))
    assert wanted in {candidate_fingerprint(each) for each in batch.valid}
    assert sum(batch.times_met.values()) == len(batch.valid)
    assert batch.judgements[wanted].name == "CHA"
    assert set(batch.judgements) == set(batch.best) == set(batch.times_met)
    assert set(batch.seconds) == set(STAGES)


def test_a_known_net_is_counted_but_not_judged_again() -> None:
    plan = SearchPlan(SAMPLER, steps=9, annealing=AnnealingPlan(rounds=1))
    search = search_from(0)
    wanted = fingerprints.fingerprint_of(net_of(load_reference()["CHA"]))
    batch = search_batch(cha_targets(16), search, plan, known={wanted})
    assert batch.times_met[wanted] > 0
    assert wanted not in batch.judgements


def test_a_candidate_is_what_was_asked_for() -> None:
    candidate = points_to_atoms(load_reference()["CHA"].frac_t, cha_targets(1)[0])
    assert candidate.valid
    assert (candidate.n_t, len(candidate.frac_t)) == (36, 1)

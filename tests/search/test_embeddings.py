"""Nets that lie in a cell in more than one way: the reference, as it is and with axes exchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from target_examples import search_from
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.operations import identity_first
from zeoloom.search import pipeline
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.batch_state import BatchState, SearchPlan
from zeoloom.search.candidates import candidate_fingerprint, points_to_atoms
from zeoloom.search.embeddings import different_embeddings, embedding_of, on_other_axes
from zeoloom.search.guide import guide_from
from zeoloom.search.pipeline import compare_nets, drop_duplicates, judge_nets
from zeoloom.search.target import target_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.search.candidates import Candidate

EXCHANGED = {"WEI": [1, 0, 2], "STI": [0, 2, 1]}
"""Types, and the order of axes in which the same net lies in nearly the same cell."""

PLAN = SearchPlan(ancestral, steps=9, annealing=AnnealingPlan(), in_given_cell=True)


def embedded(code: str) -> tuple[Candidate, Candidate]:
    """The T atoms of a type in its cell, and with two axes exchanged in the same cell."""
    framework = load_reference()[code]
    target = target_of(framework, len(framework.frac_t))
    return (
        points_to_atoms(framework.frac_t, target),
        points_to_atoms(framework.frac_t[:, EXCHANGED[code]], target),
    )


@pytest.mark.parametrize("code", EXCHANGED)
def test_one_net_that_lies_otherwise_is_another_embedding(code: str) -> None:
    right, other = embedded(code)
    assert candidate_fingerprint(right) == candidate_fingerprint(other) != ""
    assert embedding_of(right) != embedding_of(other)
    rng = np.random.default_rng(0)
    rotations, translations = right.target.group.rotations, right.target.group.translations
    for _ in range(4):  # other atoms of the orbits, at other places, in another order
        chosen = rng.integers(len(rotations), size=len(right.frac_t))
        images = np.einsum("nij,nj->ni", rotations[chosen], right.frac_t) + translations[chosen]
        moved = points_to_atoms(images[::-1], right.target)
        assert candidate_fingerprint(moved) == candidate_fingerprint(right)
        assert embedding_of(moved) == embedding_of(right)
    assert list(different_embeddings([right, other, right]).values()) == [right, other]


@pytest.mark.parametrize("code", EXCHANGED)
def test_an_embedding_follows_from_the_other_one(code: str) -> None:
    right, other = embedded(code)
    (found,) = on_other_axes(right)
    assert embedding_of(found) == embedding_of(other)
    assert found.cost == pytest.approx(other.cost, abs=0.05)
    (back,) = on_other_axes(other)
    assert embedding_of(back) == embedding_of(right)
    assert back.cost == pytest.approx(right.cost, abs=0.01)


def test_a_cell_is_deformed_step_by_step_where_axes_differ_much() -> None:
    framework = load_reference()["SOR"]
    lengths = np.linalg.norm(framework.cell, axis=1)
    assert lengths[1] / lengths[0] > 1.18
    right = points_to_atoms(framework.frac_t, target_of(framework, len(framework.frac_t)))
    # its axes simply exchanged leave no net
    assert not points_to_atoms(framework.frac_t[:, [1, 0, 2]], right.target).valid
    (other,) = on_other_axes(right)
    assert other.valid
    assert candidate_fingerprint(other) == candidate_fingerprint(right)
    assert embedding_of(other) != embedding_of(right)
    (back,) = on_other_axes(other)
    assert embedding_of(back) == embedding_of(right)
    # met in the wrong embedding alone, it is compared in the right one
    data = simulated(framework, Difficulty(shift=0.05, first=10.0), np.random.default_rng(0))
    guide = guide_from(measurement_of(data, identity_first(framework.operations)))
    plan = replace(PLAN, annealing=replace(PLAN.annealing, guide=guide))
    batch = replace(BatchState(valid=(other,)), ends=np.inf)
    batch = compare_nets(drop_duplicates(batch, search_from(0), plan), search_from(0), plan)
    (kept,) = batch.best.values()
    assert embedding_of(kept) == embedding_of(right)
    assert guide.agreement(kept) > guide.agreement(other) + 0.2


def test_with_a_guide_only_nets_of_least_cost_are_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    right, other = embedded("STI")
    data = simulated(load_reference()["STI"], Difficulty(), np.random.default_rng(0))
    measurement = measurement_of(data, right.target.operations)
    guided = replace(PLAN.annealing, guide=guide_from(measurement))
    batch = drop_duplicates(BatchState(valid=(other,)), search_from(0), PLAN)

    def kept(annealing: AnnealingPlan) -> str:
        plan = replace(PLAN, measurement=measurement, annealing=annealing)
        (found,) = compare_nets(batch, search_from(0), plan).best.values()
        return embedding_of(found)

    assert kept(guided) == embedding_of(right)
    monkeypatch.setattr(pipeline, "MOST_TURNED", 0)
    assert kept(guided) == embedding_of(other)
    plan = replace(PLAN, measurement=measurement)
    assert [len(each) for each in compare_nets(batch, search_from(0), plan).others.values()] == [1]


def test_where_no_axes_are_alike_there_is_nothing_to_exchange() -> None:
    framework = load_reference()["FER"]
    assert not on_other_axes(points_to_atoms(framework.frac_t, target_of(framework, 4)))


@pytest.mark.parametrize("code", EXCHANGED)
@pytest.mark.parametrize("measured", [False, True])
def test_the_embedding_that_fits_the_cell_is_kept(code: str, measured: bool) -> None:
    framework = load_reference()[code]
    right, other = embedded(code)
    plan = PLAN
    if measured:
        operations = identity_first(framework.operations)
        data = simulated(framework, Difficulty(shift=0.05, first=10.0), np.random.default_rng(0))
        measurement = measurement_of(data, operations)
        plan = replace(
            plan,
            measurement=measurement,
            annealing=replace(plan.annealing, guide=guide_from(measurement)),
        )
    # the wrong one costs less, as it may: in the cell of WEI it does
    batch = BatchState(valid=(right, replace(other, cost=0.5 * right.cost)))
    batch = compare_nets(drop_duplicates(batch, search_from(0), plan), search_from(0), plan)
    (name,) = batch.best
    assert [len(each) for each in batch.others.values()] == [1]
    assert batch.best[name].frac_t is (right if measured else other).frac_t
    alone = judge_nets({name: other}, plan).judgements[name]
    both = judge_nets(batch.best, plan, batch.others).judgements[name]
    first = judge_nets({name: right}, plan).judgements[name]
    assert both.r_dls_cell == first.r_dls_cell
    assert both.r_dls_cell is not None
    assert alone.r_dls_cell is not None
    assert both.r_dls_cell < 0.9 * alone.r_dls_cell
    assert both.e2 == first.e2
    assert both.e2 is None or both.e2 > (alone.e2 or 0.0) + 0.3


def test_embeddings_are_kept_only_where_a_cell_is_given() -> None:
    batch = BatchState(valid=embedded("WEI"))
    free = drop_duplicates(batch, search_from(0), replace(PLAN, in_given_cell=False))
    assert len(free.best) == 1
    assert not free.others

"""What was measured as a guide: intensities of candidates, against gemmi, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import gemmi
import numpy as np
import pytest

import zeoloom
from target_examples import search_from
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.diffraction.structure_factors import B_O, B_T
from zeoloom.geometry.operations import identity_first, project_onto_sites
from zeoloom.search.annealing import AnnealingPlan, annealing_rounds
from zeoloom.search.candidates import (
    candidate_fingerprint,
    candidate_framework,
    points_to_atoms,
)
from zeoloom.search.guide import (
    MOST_REFINED,
    Guide,
    agreeing_best,
    guide_cost,
    guide_from,
)
from zeoloom.search.target import target_of
from zeoloom.silica.oxygen import add_oxygen
from zeoloom.structure.files.cif_out import write_cif

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.search.candidates import Candidate
    from zeoloom.structure.records import Framework


def guide_of(framework: Framework, difficulty: Difficulty) -> Guide:
    data = simulated(framework, difficulty, np.random.default_rng(0))
    return guide_from(measurement_of(data, identity_first(framework.operations)))


def candidate_at(framework: Framework, shift: float = 0.0, seed: int = 0) -> Candidate:
    """The T atoms of a framework as a candidate, moved about by a distance in Å."""
    noise = shift * np.random.default_rng(seed).standard_normal(framework.frac_t.shape)
    moved = framework.frac_t + noise @ np.linalg.inv(framework.cell)
    on_sites = project_onto_sites(moved, framework.operations, framework.cell)
    return points_to_atoms(on_sites, target_of(framework, len(framework.frac_t)))


@pytest.mark.parametrize("code", ["CHA", "FAU", "ABW", "BEA", "ITG", "GOO"])
def test_intensities_of_candidates_are_those_of_gemmi(code: str, tmp_path: Path) -> None:
    framework = zeoloom.load_reference()[code]
    guide, candidate = guide_of(framework, Difficulty()), candidate_at(framework)
    built = add_oxygen(candidate_framework(candidate, code))
    write_cif(tmp_path / "framework.cif", built)
    small = gemmi.read_small_structure(str(tmp_path / "framework.cif"))
    small.change_occupancies_to_crystallographic()
    for site in small.sites:
        site.u_iso = {"Si": B_T, "O": B_O}[site.element.name] / (8 * np.pi**2)
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    plan = guide.measurement.scattering
    factors = [
        calculator.calculate_sf_from_small_structure(small, each) for each in plan.hkl.tolist()
    ]
    theirs = plan.multiplicity * np.abs(np.array(factors)) ** 2
    ours = guide.intensities(candidate)
    scale = (ours @ theirs) / (ours @ ours)
    # oxygen that no bond asks to leave its line is bent more by one of the two
    assert np.abs(scale * ours - theirs).max() < 1e-2 * theirs.max()


@pytest.mark.parametrize("code", ["FER", "MFI", "ITG"])
def test_the_true_net_agrees_best_however_hard_the_measurement(code: str) -> None:
    framework = zeoloom.load_reference()[code]
    guide = guide_of(framework, Difficulty(guests=0.2, texture=0.8))
    own = guide.agreement(candidate_at(framework))
    others = [guide.agreement(candidate_at(framework, 1.5, seed)) for seed in range(8)]
    assert own > 0.6
    assert max(others) < own - 0.1


def test_what_is_nearly_right_agrees_better_than_what_is_not() -> None:
    framework = zeoloom.load_reference()["MFI"]
    guide = guide_of(framework, Difficulty())
    values = [
        np.mean([guide.agreement(candidate_at(framework, shift, seed)) for seed in range(6)])
        for shift in (0.2, 0.8, 2.0)
    ]
    assert values == sorted(values, reverse=True)


def test_a_guide_has_the_groups_of_low_angles_only() -> None:
    framework = zeoloom.load_reference()["MFI"]
    whole = measurement_of(
        simulated(framework, Difficulty(), np.random.default_rng(0)),
        identity_first(framework.operations),
    )
    guide = guide_from(whole)
    number = len(guide.measurement.observed)
    assert 30 <= number < len(whole.observed)
    assert (guide.measurement.observed == whole.observed[:number]).all()
    assert guide.measurement.group.max() == number - 1
    spacings = 0.5 / np.sqrt(guide.measurement.scattering.s_squared)
    assert spacings.min() >= 1.8
    np.testing.assert_allclose(guide.measurement.local.sum(axis=1), 1.0)


def test_the_few_that_agree_best_are_kept() -> None:
    framework = zeoloom.load_reference()["FER"]
    guide = guide_of(framework, Difficulty())
    made = {f"wrong {seed}": candidate_at(framework, 1.5, seed) for seed in range(MOST_REFINED)}
    kept = agreeing_best(guide, made | {"right": candidate_at(framework)})
    assert next(iter(kept)) == "right"
    assert len(kept) == MOST_REFINED
    values = [guide.agreement(each) for each in kept.values()]
    assert values == sorted(values, reverse=True)
    assert min(guide.agreement(each) for each in made.values()) < values[-1]
    assert agreeing_best(guide, {}) == {}


def test_what_agrees_less_costs_more() -> None:
    framework = zeoloom.load_reference()["FER"]
    guide = guide_of(framework, Difficulty())
    right, wrong = candidate_at(framework), candidate_at(framework, 1.5)
    known: dict[bytes, float] = {}
    costs = [guide_cost(each, guide, 10.0, known) for each in (right, wrong)]
    assert costs[0] == pytest.approx(10.0 * (1.0 - guide.agreement(right)))
    assert costs[1] > costs[0] + 1.0
    assert guide_cost(wrong, None, 10.0, known) == 0.0


@pytest.mark.long
def test_with_a_guide_an_annealing_drops_what_does_not_agree() -> None:
    """Of a right crystal and a cheaper one that agrees in nothing, only the right one goes on."""
    framework = zeoloom.load_reference()["FER"]
    guide, right = guide_of(framework, Difficulty()), candidate_at(framework)
    wrong = replace(candidate_at(framework, 1.5), cost=right.cost - 0.5)
    plan = AnnealingPlan(rounds=1, halving_shares=(0.0,), min_candidates=1)
    wanted = candidate_fingerprint(right)

    def found(plan: AnnealingPlan) -> set[str]:
        (made,) = annealing_rounds([right, wrong], plan, search_from(0))
        return {candidate_fingerprint(each) for each in made}

    assert wanted in found(replace(plan, guide=guide))
    assert wanted not in found(plan)

"""Denoising guided by intensities: slopes against differences, and where points are moved."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import zeoloom
from target_examples import search_from
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.operations import expand_orbits, identity_first
from zeoloom.geometry.site_symmetry import site_symmetry
from zeoloom.search.agreement_kernel import (
    LEAST_INTENSITY,
    agreement_slope,
    climb,
    images_shared,
)
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.batch_state import BatchState, SearchPlan
from zeoloom.search.candidates import candidates_from
from zeoloom.search.denoising import points_present
from zeoloom.search.guide import SPACINGS, Guide, guide_from
from zeoloom.search.guided_denoising import GROWING, REPAIRING, guided_constraint
from zeoloom.search.pipeline import (
    ANNEALED_SHARE,
    MOST_REGROWN,
    assign_positions,
    denoise_points,
    gather_atoms,
)
from zeoloom.search.target import Target, target_of
from zeoloom.search.wyckoff import WyckoffAssignment, unconstrained

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray


@cache
def guide_of(code: str) -> Guide:
    framework = zeoloom.load_reference()[code]
    data = simulated(framework, Difficulty(), np.random.default_rng(0))
    return guide_from(measurement_of(data, identity_first(framework.operations)))


def target_at(code: str) -> Target:
    framework = zeoloom.load_reference()[code]
    return target_of(framework, len(framework.frac_t))


def moved_about(code: str, shift: float) -> FloatArray:
    """T atoms moved by so many Å, off their special positions."""
    framework = zeoloom.load_reference()[code]
    noise = np.random.default_rng(0).standard_normal(framework.frac_t.shape) / np.sqrt(3.0)
    return np.asarray(framework.frac_t + shift * noise @ np.linalg.inv(framework.cell))


@pytest.mark.parametrize(("code", "with_oxygen"), [("MFI", True), ("BEA", True), ("CHA", False)])
def test_the_slope_is_that_of_differences(code: str, with_oxygen: bool) -> None:
    group, data = target_at(code).group, guide_of(code).intensities_to(2.0)
    frac = moved_about(code, 0.3)
    sharing = np.linspace(1.0, 2.0, len(frac))
    slope, unused = np.empty_like(frac), np.empty_like(frac)
    agreement_slope(frac, sharing, group, with_oxygen, data, slope)
    tiny = 1e-6
    for i, a in ((0, 0), (len(frac) - 1, 1), (len(frac) // 2, 2)):
        aside = np.zeros_like(frac)
        aside[i, a] = tiny
        above, below = (
            agreement_slope(frac + side * aside, sharing, group, with_oxygen, data, unused)
            for side in (1.0, -1.0)
        )
        assert slope[i, a] == pytest.approx((above - below) / (2.0 * tiny), rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("code", ["MFI", "BEA", "FAU"])
def test_the_agreement_is_the_correlation_of_sums_over_the_whole_cell(code: str) -> None:
    framework, guide = zeoloom.load_reference()[code], guide_of(code)
    data = guide.intensities_to(3.6)
    atoms, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    factors = data.factor_t * np.exp(2j * np.pi * data.hkl @ atoms.T).sum(axis=1)
    sums = np.bincount(data.group, data.multiplicity * np.abs(factors) ** 2)
    roots = np.sqrt(sums / (data.local @ sums) + LEAST_INTENSITY)
    covariance = np.cov(roots, data.observed, aweights=data.weights)
    expected = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    group = target_at(code).group
    sharing = site_symmetry(framework.frac_t, group).orders.astype(float)
    slope = np.empty_like(framework.frac_t)
    found = agreement_slope(framework.frac_t, sharing, group, False, data, slope)
    assert found == pytest.approx(expected, abs=1e-6)


def test_points_climb_back_to_where_atoms_are() -> None:
    framework, group = zeoloom.load_reference()["MFI"], target_at("MFI").group
    n, data = len(framework.frac_t), guide_of("MFI").intensities_to(1.8)
    start = moved_about("MFI", 0.8)
    free = np.arange(n) > 0
    everywhere, alone = np.tile(np.eye(3), (n, 1, 1)), np.ones(n)
    after = climb(start, free, everywhere, alone, group, True, data, 30, 0.2)
    assert (after[0] == start[0]).all()
    off = [
        np.linalg.norm((frac - framework.frac_t)[1:] @ framework.cell, axis=1).mean()
        for frac in (start, after)
    ]
    assert off[1] < 0.75 * off[0]


def test_images_that_will_meet_share_an_atom() -> None:
    group = target_at("MFI").group
    near = images_shared(np.array([[0.3, 0.25, 0.1], [0.3, 0.26, 0.1], [0.1, 0.05, 0.1]]), group)
    assert near[0] == pytest.approx(2.0, abs=0.01)
    assert 1.8 < near[1] < 2.0
    assert near[2] == pytest.approx(1.0, abs=0.2)


def test_a_guide_has_more_reflections_the_smaller_the_spacing() -> None:
    guide = guide_of("MFI")
    numbers = [len(guide.intensities_to(spacing).observed) for spacing in SPACINGS]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[-1] >= 12
    assert guide.intensities_to(100.0) is guide.resolved[-1]
    assert guide.intensities_to(0.1) is guide.resolved[0]


def test_guided_points_stay_where_they_have_to() -> None:
    target, guide = target_at("MFI"), guide_of("MFI")
    frac = moved_about("MFI", 0.5)
    frac[0, 1] = 0.25
    points = torch.from_numpy(frac @ target.cell).float()[None]
    in_mirror = np.diag([1.0, 0.0, 1.0])
    directions = np.stack([in_mirror] + [np.eye(3)] * (len(frac) - 1))
    assignments = {0: WyckoffAssignment(frac, directions)}
    fixed = torch.arange(len(frac))[None] == 3
    guided = guided_constraint([target], unconstrained, guide, REPAIRING, fixed)
    moved, following = guided(points, 0.4, assignments)
    assert following is assignments
    after = moved[0].double().numpy() @ target.group.inverse_cell
    assert after[0, 1] == pytest.approx(0.25, abs=1e-6)
    assert (moved[0, 3] == points[0, 3]).all()
    apart = torch.linalg.norm(moved - points, dim=2)[0]
    assert 0.05 < apart.max() < 1.0
    for level in (GROWING.highest + 0.1, GROWING.lowest - 0.1):
        assert (guided(points, level, {})[0] == points).all()
    assert guided_constraint([target], unconstrained, None, GROWING) is unconstrained


def test_guided_denoising_agrees_better_and_few_crystals_are_kept() -> None:
    targets, guide = [target_at("FER")] * 32, guide_of("FER")

    def denoised(annealing: AnnealingPlan) -> tuple[float, int]:
        """Mean agreement of all crystals, and how many are kept."""
        batch, plan = BatchState(tuple(targets)), SearchPlan(ancestral, 9, annealing)
        for stage in (assign_positions, denoise_points, gather_atoms):
            batch = stage(batch, search_from(0), plan)
        assert batch.points is not None
        made = candidates_from(batch.points, points_present(batch.targets), batch.targets)
        return float(np.mean([guide.agreement(each) for each in made])), len(batch.candidates)

    alone, guided = denoised(AnnealingPlan()), denoised(AnnealingPlan(guide=guide))
    assert guided[0] > alone[0] + 0.05
    assert (alone[1], guided[1]) == (round(ANNEALED_SHARE * 32), MOST_REGROWN)

"""Special positions that are assigned to points, near to where they are expected."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from target_examples import orbit_sizes_of, search_from, targets_like
from training_examples import seeded
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.group import group_in_cell
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.geometry.special_positions import special_positions
from zeoloom.search.candidates import candidates_from
from zeoloom.search.denoising import crystals_at, denoise_from_noise, points_present
from zeoloom.search.target import target_of
from zeoloom.search.wyckoff import (
    CONSTRAINED_SHARE,
    CONSTRAINED_SHARE_IF_KNOWN,
    choose_constrained,
    draw_assignment,
    position_densities,
    wyckoff_constraint,
)
from zeoloom.search.wyckoff_kernel import (
    LEAST_SEPARATION,
    draw_positions,
    nearest_on_positions,
    separate_points,
)
from zeoloom.structure.reference import load_reference

ALL = np.ones(1000, dtype=np.bool_)


@pytest.mark.parametrize("code", ["SOD", "FAU", "MWW", "TER", "UTL"])
def test_orbits_add_up(code: str) -> None:
    """Points on their assigned positions form as many atoms as were asked for."""
    targets = targets_like(code, 20)
    unique = len(load_reference()[code].frac_t)
    constraint = wyckoff_constraint(targets, ALL[:20], np.random.default_rng(0))
    start = 10.0 * torch.randn(20, unique, 3, generator=seeded(1))
    points, assignments = constraint(start, 2.0, {})
    parted, kept = constraint(points, 0.1, assignments)
    assert kept == assignments
    for target, cloud in zip(
        2 * targets, torch.cat([points, parted]).double().numpy(), strict=True
    ):
        frac = cloud @ np.linalg.inv(target.cell)
        atoms, _ = expand_orbits(frac, target.operations, target.cell, tolerance=1e-3)
        assert len(atoms) == sum(orbit_sizes_of(code))


@pytest.mark.parametrize("code", ["MWW", "TER", "EUO", "IHW", "RHO", "STW"])
def test_points_near_the_atoms_of_a_type_get_their_positions(code: str) -> None:
    target = targets_like(code, 1)[0]
    frac_t = load_reference()[code].frac_t
    rng = np.random.default_rng(0)
    shaken = frac_t + rng.normal(0.0, 0.1, frac_t.shape) @ np.linalg.inv(target.cell)
    sizes = Counter(orbit_sizes_of(code))
    for _ in range(5):
        loose = np.zeros(len(frac_t), dtype=np.bool_)
        drawn = draw_assignment(target, position_densities(target), shaken, loose, 0.1, rng)
        assert drawn is not None
        places, directions = drawn.frac, drawn.directions
        projected = places + np.einsum("nij,nj->ni", directions, shaken - places)
        assert np.linalg.norm((projected - frac_t) @ target.cell, axis=1).max() < 0.6
        orbits = (
            expand_orbits(each[None], target.operations, target.cell)[0] for each in projected
        )
        assert Counter(map(len, orbits)) == sizes


def test_held_points_keep_the_positions_they_are_on() -> None:
    """Though others near by would do; the rest make up for the atoms."""
    target = targets_like("TER", 1)[0]
    frac_t = load_reference()["TER"].frac_t
    on_mirrors = np.flatnonzero(np.array(orbit_sizes_of("TER")) == 8)
    held = np.zeros(len(frac_t), dtype=np.bool_)
    held[on_mirrors[:3]] = True
    rng = np.random.default_rng(0)
    for _ in range(10):
        drawn = draw_assignment(target, position_densities(target), frac_t, held, 3.0, rng)
        assert drawn is not None
        places, directions = drawn.frac, drawn.directions
        assert np.allclose(places[held], frac_t[held], atol=1e-3)
        assert np.allclose(np.trace(directions[held], axis1=1, axis2=2), 2.0)


def test_choices_are_as_likely_as_the_product_of_their_chances() -> None:
    """Against all of them, counted one by one."""
    rng = np.random.default_rng(0)
    chances, sizes = rng.random((3, 3)), np.array([1, 2, 4])
    exact = {
        way: float(np.prod(chances[range(3), way]))
        for way in product(range(3), repeat=3)
        if 5 <= sizes[list(way)].sum() <= 7
    }
    total = sum(exact.values())
    tries = 20_000
    counted = Counter(
        tuple(draw_positions(chances, sizes, 5, 7, rng.random(4))) for _ in range(tries)
    )
    assert set(counted) == set(exact)
    for way, chance in exact.items():
        spread = (tries * chance / total) ** 0.5
        assert abs(counted[way] - tries * chance / total) < 5 * spread, way


def test_the_nearest_places_on_positions() -> None:
    """Against places gone along each position, in a skew cell."""
    target = targets_like("UTL", 1)[0]
    positions = special_positions(target.operations)
    rng = np.random.default_rng(0)
    frac = rng.random((4, 3))
    squares, nearest = nearest_on_positions(
        frac, positions.frac_points, positions.directions, target.cell
    )
    apart = (frac[:, None] - nearest) @ target.cell
    np.testing.assert_allclose((apart**2).sum(axis=2), squares, atol=1e-9)
    cells = np.array(list(product(range(-3, 4), repeat=3)))
    for k, (place, direction) in enumerate(
        zip(positions.frac_points, positions.directions, strict=True)
    ):
        away = frac[:, None] - place - cells
        across = (away - away @ direction.T) @ target.cell
        least = (across**2).sum(axis=2).min(axis=1)
        np.testing.assert_allclose(squares[:, k], least, atol=1e-9)


def test_points_part() -> None:
    """From each other, from those held, from images in a mirror; all stay on their positions."""
    cell = 20.0 * np.eye(3)
    rotations = np.array([np.eye(3), np.diag([-1.0, 1.0, 1.0])]).astype(np.int64)
    mirror = group_in_cell(SymmetryOperations(rotations, np.zeros((2, 3))), cell)
    free, on_mirror = np.eye(3), np.diag([0.0, 1.0, 1.0])
    near = np.array([[5.0, 5.0, 5.0], [5.0, 5.0, 6.0]]) / 20.0
    loose = np.zeros(2, dtype=np.bool_)
    both = 20.0 * separate_points(near, np.array([free, free]), loose, mirror)
    np.testing.assert_allclose(both[:, 2], [5.5 - LEAST_SEPARATION / 2, 5.5 + LEAST_SEPARATION / 2])
    one = 20.0 * separate_points(near, np.array([free, free]), np.array([True, False]), mirror)
    np.testing.assert_allclose(one, [[5.0, 5.0, 5.0], [5.0, 5.0, 5.0 + LEAST_SEPARATION]])
    beside = np.array([[0.01, 0.0, 0.0], [0.0, 0.5, 0.5]])
    away = 20.0 * separate_points(beside, np.array([free, on_mirror]), loose, mirror)
    np.testing.assert_allclose(away, [[LEAST_SEPARATION / 2, 0.0, 0.0], [0.0, 10.0, 10.0]])


def test_constrained_points_become_as_many_atoms() -> None:
    targets = targets_like("TER", 16)
    constraint = wyckoff_constraint(targets, ALL[:16], np.random.default_rng(0))
    search = search_from(6)
    points = denoise_from_noise(crystals_at(targets), ancestral, 16, search, constraint)
    candidates = candidates_from(points, points_present(targets), targets)
    assert sum(each.counts_match for each in candidates) >= 15  # 6 if they may meet


def test_most_are_constrained_where_numbers_are_known() -> None:
    for known, share in ((True, CONSTRAINED_SHARE_IF_KNOWN), (False, CONSTRAINED_SHARE)):
        asked = targets_like("MFI", 200, spare=2)
        if not known:
            asked = [replace(target, n_t=(90, 100)) for target in asked]
        chosen, constrained = choose_constrained(asked, seeded(5))
        assert abs(constrained.mean() - share) < 0.1
        fewer = [
            after.n_points < before.n_points for before, after in zip(asked, chosen, strict=True)
        ]
        assert fewer == constrained.tolist()


def test_free_points_stay_free() -> None:
    targets = targets_like("MFI", 3, spare=1)
    chosen, constrained = choose_constrained(targets, seeded(0), share=0.0)
    assert chosen == targets
    points = torch.randn(3, 13, 3, generator=seeded(1))
    constraint = wyckoff_constraint(chosen, constrained, np.random.default_rng(0))
    after, assignments = constraint(points, 2.0, {})
    assert torch.equal(after, points)
    assert not assignments


@pytest.mark.parametrize("n_t", [(7, 7), (1000, 1000)])
def test_what_does_not_add_up_is_left_free(n_t: tuple[int, int]) -> None:
    target = target_of(load_reference()["SOD"], 1, n_t=n_t)
    points = torch.randn(1, 1, 3, generator=seeded(1))
    constraint = wyckoff_constraint([target], ALL[:1], np.random.default_rng(0))
    assert torch.equal(constraint(points, 2.0, {})[0], points)


def test_points_end_on_the_positions_of_the_last_assignment() -> None:
    """Wherever the network wants them, and though their noise goes anywhere."""
    targets = targets_like("TER", 4)
    constraint = wyckoff_constraint(targets, ALL[:4], np.random.default_rng(0))
    search = search_from(5)
    points = denoise_from_noise(crystals_at(targets), ancestral, 4, search, constraint)
    for target, cloud in zip(targets, points.double().numpy(), strict=True):
        frac = cloud @ np.linalg.inv(target.cell)
        atoms, _ = expand_orbits(frac, target.operations, target.cell, tolerance=1e-3)
        assert len(atoms) == target.n_t[0]

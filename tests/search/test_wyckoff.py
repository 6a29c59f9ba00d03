"""Seats that points are given near to where they are expected."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from crystal_examples import CPU, shipped_crystal
from seat_examples import sites_for, sizes_of
from training_examples import seeded
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.group import group_in_cell
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.search.candidates import crystals_of, grow, harvest, site_of
from zeoloom.search.special_positions import special_positions
from zeoloom.search.wyckoff import (
    SEATED,
    SEATED_IF_KNOWN,
    densities_at,
    keep_seated,
    seats_near,
    take_seats,
)
from zeoloom.search.wyckoff_kernel import APART, choose, offers, part
from zeoloom.structure.reference import load_reference

ALL = np.ones(1000, dtype=np.bool_)


@pytest.mark.parametrize("code", ["SOD", "FAU", "MWW", "TER", "UTL"])
def test_orbits_add_up(code: str) -> None:
    """Points kept on their seats form as many atoms as were asked for."""
    sites = sites_for(code, 20)
    unique = len(load_reference()[code].frac_t)
    keep = keep_seated(sites, ALL[:20], np.random.default_rng(0))
    points = keep(10.0 * torch.randn(20, unique, 3, generator=seeded(1)), 2.0)
    parted = keep(points, 0.1)
    for site, cloud in zip(2 * sites, torch.cat([points, parted]).double().numpy(), strict=True):
        frac = cloud @ np.linalg.inv(site.cell)
        atoms, _ = expand_orbits(frac, site.operations, site.cell, tolerance=1e-3)
        assert len(atoms) == sum(sizes_of(code))


@pytest.mark.parametrize("code", ["MWW", "TER", "EUO", "IHW", "RHO", "STW"])
def test_points_near_the_atoms_of_a_type_get_their_seats(code: str) -> None:
    site = sites_for(code, 1)[0]
    frac_t = load_reference()[code].frac_t
    rng = np.random.default_rng(0)
    shaken = frac_t + rng.normal(0.0, 0.1, frac_t.shape) @ np.linalg.inv(site.cell)
    sizes = Counter(sizes_of(code))
    for _ in range(5):
        loose = np.zeros(len(frac_t), dtype=np.bool_)
        seats = seats_near(site, densities_at(site), shaken, loose, 0.1, rng)
        assert seats is not None
        places, directions = seats
        on_seats = places + np.einsum("nij,nj->ni", directions, shaken - places)
        assert np.linalg.norm((on_seats - frac_t) @ site.cell, axis=1).max() < 0.6
        orbits = (expand_orbits(each[None], site.operations, site.cell)[0] for each in on_seats)
        assert Counter(map(len, orbits)) == sizes


def test_held_points_keep_the_positions_they_are_on() -> None:
    """Though others near by would do; the rest make up for the atoms."""
    site = sites_for("TER", 1)[0]
    frac_t = load_reference()["TER"].frac_t
    on_mirrors = np.flatnonzero(np.array(sizes_of("TER")) == 8)
    held = np.zeros(len(frac_t), dtype=np.bool_)
    held[on_mirrors[:3]] = True
    rng = np.random.default_rng(0)
    for _ in range(10):
        seats = seats_near(site, densities_at(site), frac_t, held, 3.0, rng)
        assert seats is not None
        places, directions = seats
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
    told = Counter(tuple(choose(chances, sizes, 5, 7, rng.random(4))) for _ in range(tries))
    assert set(told) == set(exact)
    for way, chance in exact.items():
        spread = (tries * chance / total) ** 0.5
        assert abs(told[way] - tries * chance / total) < 5 * spread, way


def test_offers_are_the_nearest_places() -> None:
    """Against places gone along each position, in a skew cell."""
    site = sites_for("UTL", 1)[0]
    positions = special_positions(site.operations)
    rng = np.random.default_rng(0)
    frac = rng.random((4, 3))
    squares, nearest = offers(frac, positions.places, positions.directions, site.cell)
    apart = (frac[:, None] - nearest) @ site.cell
    np.testing.assert_allclose((apart**2).sum(axis=2), squares, atol=1e-9)
    cells = np.array(list(product(range(-3, 4), repeat=3)))
    for k, (place, direction) in enumerate(
        zip(positions.places, positions.directions, strict=True)
    ):
        away = frac[:, None] - place - cells
        across = (away - away @ direction.T) @ site.cell
        least = (across**2).sum(axis=2).min(axis=1)
        np.testing.assert_allclose(squares[:, k], least, atol=1e-9)


def test_points_part() -> None:
    """From each other, from those held, from images in a mirror; all stay on their seats."""
    cell = 20.0 * np.eye(3)
    rotations = np.array([np.eye(3), np.diag([-1.0, 1.0, 1.0])]).astype(np.int64)
    mirror = group_in_cell(SymmetryOperations(rotations, np.zeros((2, 3))), cell)
    free, on_mirror = np.eye(3), np.diag([0.0, 1.0, 1.0])
    near = np.array([[5.0, 5.0, 5.0], [5.0, 5.0, 6.0]]) / 20.0
    loose = np.zeros(2, dtype=np.bool_)
    both = 20.0 * part(near, np.array([free, free]), loose, mirror)
    np.testing.assert_allclose(both[:, 2], [5.5 - APART / 2, 5.5 + APART / 2])
    one = 20.0 * part(near, np.array([free, free]), np.array([True, False]), mirror)
    np.testing.assert_allclose(one, [[5.0, 5.0, 5.0], [5.0, 5.0, 5.0 + APART]])
    beside = np.array([[0.01, 0.0, 0.0], [0.0, 0.5, 0.5]])
    away = 20.0 * part(beside, np.array([free, on_mirror]), loose, mirror)
    np.testing.assert_allclose(away, [[APART / 2, 0.0, 0.0], [0.0, 10.0, 10.0]])


def test_seated_points_become_as_many_atoms() -> None:
    sites = sites_for("TER", 16)
    crystals, keep = crystals_of(sites), keep_seated(sites, ALL[:16], np.random.default_rng(0))
    network = shipped_crystal().network
    x = grow(network, ancestral, crystals, steps=16, generator=seeded(6), device=CPU, keep=keep)
    assert crystals.present is not None
    grown = harvest(x, crystals.present, sites)
    assert sum(each.as_many for each in grown) >= 15  # 6 if they may meet


def test_most_are_seated_where_numbers_are_known() -> None:
    for known, share in ((True, SEATED_IF_KNOWN), (False, SEATED)):
        asked = sites_for("MFI", 200, spare=2)
        if not known:
            asked = [replace(site, n_t=(90, 100)) for site in asked]
        taken, seated = take_seats(asked, seeded(5))
        assert abs(seated.mean() - share) < 0.1
        fewer = [
            after.n_points < before.n_points for before, after in zip(asked, taken, strict=True)
        ]
        assert fewer == seated.tolist()


def test_free_points_stay_free() -> None:
    sites = sites_for("MFI", 3, spare=1)
    taken, seated = take_seats(sites, seeded(0), seated=0.0)
    assert taken == sites
    points = torch.randn(3, 13, 3, generator=seeded(1))
    assert torch.equal(keep_seated(taken, seated, np.random.default_rng(0))(points, 2.0), points)


@pytest.mark.parametrize("n_t", [(7, 7), (1000, 1000)])
def test_what_does_not_add_up_is_left_free(n_t: tuple[int, int]) -> None:
    site = site_of(load_reference()["SOD"], 1, n_t=n_t)
    points = torch.randn(1, 1, 3, generator=seeded(1))
    assert torch.equal(keep_seated([site], ALL[:1], np.random.default_rng(0))(points, 2.0), points)


def test_clouds_end_on_the_seats_of_the_lowest_level() -> None:
    """Wherever the network wants them, and though their noise goes anywhere."""
    sites = sites_for("TER", 4)
    keep = keep_seated(sites, ALL[:4], np.random.default_rng(0))
    x = grow(
        shipped_crystal().network,
        ancestral,
        crystals_of(sites),
        steps=4,
        generator=seeded(5),
        device=CPU,
        keep=keep,
    )
    for site, cloud in zip(sites, x.double().numpy(), strict=True):
        frac = cloud @ np.linalg.inv(site.cell)
        atoms, _ = expand_orbits(frac, site.operations, site.cell, tolerance=1e-3)
        assert len(atoms) == site.n_t[0]

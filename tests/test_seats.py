"""Seats against the special positions of the International Tables and of the known types."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from crystal_examples import CPU, shipped_crystal
from training_examples import seeded
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.geometry.symmetry import expand_orbits
from zeoloom.make.crystal_kernel import gather
from zeoloom.make.crystals import Site, crystals_of, descend, group_of, site_of
from zeoloom.make.seats import SEATED, SEATED_IF_KNOWN, free_seats, special_positions, take_seats
from zeoloom.structure.reference import load_reference


def sizes_of(code: str) -> list[int]:
    """Atoms of each orbit of a known type."""
    framework = load_reference()[code]
    multiplicity = gather(framework.frac_t, *group_of(site_of(framework, 1)))[2]
    return [int(size) for size in multiplicity]


@pytest.mark.parametrize(
    ("symbol", "sizes"),
    [
        ("P1", {1}),
        ("P-1", {2}),  # no tetrahedron has a centre
        ("P312", {2, 3, 6}),  # not 1a: 32 is not of a tetrahedron
        ("P6/mmm", {4, 6, 12, 24}),
        ("Fm-3m", {8, 32, 48, 96, 192}),  # not 4a, 4b, 24d, 24e
    ],
)
def test_as_in_the_international_tables(symbol: str, sizes: set[int]) -> None:
    positions = special_positions(operations_of_hall_number(hall_number_of(symbol)))
    assert set(positions.sizes.tolist()) == sizes
    freedoms = np.trace(positions.directions, axis1=1, axis2=2)
    assert set(freedoms[positions.sizes == max(sizes)]) == {3.0}


def test_each_known_atom_has_a_seat() -> None:
    for code, framework in load_reference().items():
        offered = special_positions(site_of(framework, 1).operations).sizes
        assert set(sizes_of(code)) <= set(offered.tolist()), code


def sites_for(code: str, n: int, spare: int = 0) -> list[Site]:
    framework = load_reference()[code]
    n_t, unique = sum(sizes_of(code)), len(framework.frac_t)
    site = site_of(framework, unique + spare, n_t=(n_t, n_t), n_t_unique=(unique, unique))
    return [site] * n


@pytest.mark.parametrize("code", ["SOD", "FAU", "MWW", "TER", "UTL"])
def test_orbits_add_up(code: str) -> None:
    """Points kept on their seats form as many atoms as were asked for."""
    sites, seats = take_seats(sites_for(code, 20, spare=2), seeded(0), seated=1.0)
    unique = len(load_reference()[code].frac_t)
    assert [site.n_points for site in sites] == [unique] * 20
    points = seats.keep(10.0 * torch.randn(20, unique, 3, generator=seeded(1)))
    torch.testing.assert_close(seats.keep(points), points, atol=1e-4, rtol=1e-5)
    for site, cloud in zip(sites, points.double().numpy(), strict=True):
        frac = cloud @ np.linalg.inv(site.cell)
        atoms, _ = expand_orbits(frac, site.operations, site.cell, tolerance=1e-3)
        assert len(atoms) == sum(sizes_of(code))


def test_the_way_of_mww_is_among_those_drawn() -> None:
    sites, seats = take_seats(sites_for("MWW", 60), seeded(2), seated=1.0)
    positions = special_positions(sites[0].operations)
    freedoms = torch.linalg.matrix_rank(seats.directions, atol=1e-4).sum(1)
    wanted = 5 * 2 + 3 * 1  # five atoms on mirrors, three on threefold axes
    assert (freedoms == wanted).sum() > 5
    assert len(positions.sizes) > 100


def test_most_are_seated_where_numbers_are_known() -> None:
    for known, share in ((True, SEATED_IF_KNOWN), (False, SEATED)):
        asked = sites_for("MFI", 200, spare=2)
        if not known:
            asked = [replace(site, n_t=(90, 100)) for site in asked]
        taken, _ = take_seats(asked, seeded(5))
        seated = sum(
            after.n_points < before.n_points for before, after in zip(asked, taken, strict=True)
        )
        assert abs(seated / 200 - share) < 0.1


def test_free_points_stay_free() -> None:
    sites = sites_for("MFI", 3, spare=1)
    taken, seats = take_seats(sites, seeded(0), seated=0.0)
    assert taken == sites
    points = torch.randn(3, 13, 3, generator=seeded(1))
    assert torch.equal(seats.keep(points), points)


@pytest.mark.parametrize("n_t", [(7, 7), (1000, 1000)])
def test_what_does_not_add_up_is_left_free(n_t: tuple[int, int]) -> None:
    site = site_of(load_reference()["SOD"], 1, n_t=n_t)
    taken, seats = take_seats([site], seeded(0), seated=1.0)
    assert taken == [site]
    assert torch.equal(seats.directions, free_seats((1, 1)).directions)


def test_clouds_end_on_their_seats() -> None:
    """Wherever the network wants them, and though their noise goes anywhere."""
    sites, seats = take_seats(sites_for("TER", 4), seeded(3), seated=1.0)
    start = 2.0 * torch.randn(4, 8, 3, generator=seeded(4))
    x = descend(
        shipped_crystal().network,
        ancestral,
        crystals_of(sites),
        start,
        [1.0, 0.5, 0.2, 0.0],
        seeded(5),
        CPU,
        seats,
    )
    assert (x - start).norm(dim=-1).min() > 0.1
    torch.testing.assert_close(seats.keep(x), x, atol=1e-4, rtol=1e-5)

"""Places for crystals, and growing and repairing them with the shipped weights."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from crystal_examples import CPU, shipped_crystal
from training_examples import seeded
from zeoloom.diffusion.samplers import ancestral
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell, volume
from zeoloom.geometry.operations import expand_orbits
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.nets import fingerprint as fingerprints
from zeoloom.nets.graph import net_of
from zeoloom.run.crystal_sites import batch_size
from zeoloom.search.annealing import CrystalRepair, repair_crystals
from zeoloom.search.candidates import (
    Grown,
    crystals_of,
    denoise_once,
    fingerprint_of,
    gathered,
    site_of,
)
from zeoloom.search.context import Search
from zeoloom.search.limits import ANY_NUMBER, Limits
from zeoloom.search.pipeline import STAGES, SearchPlan, search_batch
from zeoloom.search.task import (
    draw_site,
    fitting_cell,
    given_sites,
    possible_numbers,
    prior_of,
)
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.search.candidates import Site
    from zeoloom.structure.records import Framework

CHA_CELL = (13.675, 13.675, 14.767, 90.0, 90.0, 120.0)
SAMPLER = partial(ancestral, noise_factor=0.9)


def regular() -> list[Framework]:
    return [each for each in load_reference().values() if not each.flag]


# ---- cells -------------------------------------------------------------------------------------


def test_cells_of_the_reference_fit_their_groups() -> None:
    for framework in regular():
        parameters = np.round(parameters_from_cell(framework.cell), 2)
        hall_number = hall_number_of(str(framework.space_group_number))
        cell = fitting_cell(parameters.tolist(), hall_number)
        np.testing.assert_allclose(parameters_from_cell(cell), parameters, atol=0.02)
        metric = cell @ cell.T
        for turn in operations_of_hall_number(hall_number).rotations:
            np.testing.assert_allclose(turn.T @ metric @ turn, metric, atol=1e-9)


@pytest.mark.parametrize(
    ("parameters", "group", "complaint"),
    [
        (CHA_CELL, "Pm-3m", r"contradicts the space group Pm-3m .* allows is 14\.048 14\.048"),
        ((10, 10.05, 10, 90, 90, 90), "225", r"10 10\.05 10 90 90 90 contradicts"),
        ((10, 11, 12, 90, 91, 90), "Pnma", r"the nearest that it allows is .* 90\.000 90\.000"),
        ((13.7, 13.7, 14.8, 90, 90, 90), "R-3m", "R-3m"),
        ((9.4, 9.4, 9.4, 94.2, 94.2, 94.2), "R-3m", r"Hall number 458"),
        ((0, 3, 3, 90, 90, 90), "1", "lengths must be positive"),
        ((5, 5, 5, 150, 150, 150), "1", "close no cell"),
        ((5, 5, 5, 90, 90, math.nan), "1", "expected six numbers"),
    ],
)
def test_cells_that_contradict_their_group(
    parameters: Sequence[float], group: str, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        fitting_cell(parameters, hall_number_of(group))


def test_a_batch_has_each_site_in_its_own_cell() -> None:
    """Cells and groups that several sites share are looked up once."""
    cha, mfi = (load_reference()[code] for code in ("CHA", "MFI"))
    sites = [site_of(cha, 1), site_of(mfi, 12), site_of(cha, 2), site_of(mfi, 12)]
    batch = crystals_of(sites)
    alone = [crystals_of([site]) for site in sites]
    for row, one in enumerate(alone):
        order = one.rotations.shape[1]
        torch.testing.assert_close(batch.cells[row], one.cells[0])
        torch.testing.assert_close(batch.rotations[row, :order], one.rotations[0])
        torch.testing.assert_close(batch.translations[row, :order], one.translations[0])
        assert int(batch.operation_present[row].sum()) == order
        assert int(batch.present[row].sum()) == sites[row].n_points


# ---- numbers of atoms --------------------------------------------------------------------------


def test_possible_numbers_are_sums_of_orbits() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sizes = sorted(set(rng.integers(2, 20, 3).tolist()))
        most = int(rng.integers(0, 60))
        sums = {
            sum(n * size for n, size in zip(numbers, sizes, strict=True))
            for numbers in product(range(most // min(sizes) + 1), repeat=len(sizes))
        }
        wanted = sorted(n for n in sums if 0 < n <= most)
        assert possible_numbers(sizes, most) == wanted, f"seed {seed}"
    assert possible_numbers([3], -5) == []


def test_given_sites_leave_room_for_what_is_known() -> None:
    """In the cell and group of known types, as many points as they have are tried."""
    found, tried = 0, regular()[::12]
    for framework in tried:
        hall_number = hall_number_of(str(framework.space_group_number))
        cell = fitting_cell(parameters_from_cell(framework.cell).tolist(), hall_number)
        n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
        n_unique = len(framework.frac_t)
        exact = Limits((7.0, 22.0), (n_t, n_t), (n_unique, n_unique))
        sites = given_sites(cell, hall_number, exact)
        assert all(site.n_t == (n_t, n_t) for site in sites)
        assert n_unique in {site.n_points for site in sites}, framework.name
        numbers = [site.n_points for site in given_sites(cell, hall_number, Limits((7.0, 22.0)))]
        assert all(b == a + 1 for a, b in pairwise(numbers)), framework.name
        found += n_unique in numbers
    assert found > 0.95 * len(tried)


@pytest.mark.parametrize(
    ("parameters", "group", "limits", "complaint"),
    [
        (
            CHA_CELL,
            "R-3m",
            Limits((7.0, 22.0), (37, 37)),
            r"orbits of 3, 6, 9, 18, 36 atoms, which cannot give 37 T .*can give 33, 36, 39$",
        ),
        ((3, 3, 3, 90, 90, 90), "1", Limits(), r"12 to 20 .* in a cell of 27 Å\^3"),
        (CHA_CELL, "R-3m", Limits((7.0, 22.0), (100, 100)), "zeolites have 7 to 22"),
        (CHA_CELL, "R-3m", Limits((7.0, 22.0), (3, 3)), "zeolites have 7 to 22"),
        (
            (6, 6, 6, 90, 90, 90),
            "Fm-3m",
            Limits((7.0, 22.0), (3, 3)),
            "orbits of 4, 8, 24, .* cannot give 3 T atoms .* can give 4, 8",
        ),
    ],
)
def test_what_does_not_fit_into_a_cell(
    parameters: Sequence[float], group: str, limits: Limits, complaint: str
) -> None:
    hall_number = hall_number_of(group)
    cell = fitting_cell(parameters, hall_number)
    with pytest.raises(InputError, match=complaint):
        given_sites(cell, hall_number, limits)


# ---- places of known types ---------------------------------------------------------------------


def test_drawn_places_are_like_known_ones() -> None:
    limits = Limits((12.0, 20.0), (8, 120), (1, 6))
    prior = prior_of(regular(), limits)
    kinds = {(each.space_group_number, len(each.frac_t)) for each in regular()}
    groups, numbers = set(), []
    for seed in range(150):
        site = draw_site(prior, seeded(seed))
        told = f"seed {seed}"
        metric = site.cell @ site.cell.T
        for turn in site.operations.rotations:
            np.testing.assert_allclose(turn.T @ metric @ turn, metric, atol=1e-6, err_msg=told)
        near = {(site.space_group_number, site.n_points + more) for more in (-1, 0, 1)}
        assert near & kinds, told
        assert 1 <= site.n_points <= 7, told
        assert (site.operations.rotations[0] == np.eye(3)).all(), told
        assert not site.operations.translations[0].any(), told
        density = np.array(site.n_t) / volume(site.cell) * 1000
        assert density[0] >= 12.0 - 1e-3, told
        assert 8 <= site.n_t[0] <= site.n_t[1] <= 120, told
        assert site.n_t_unique == (1, 6), told
        groups.add(site.space_group_number)
        numbers.append(site.n_points)
    assert len(groups) > 25
    assert len(set(numbers)) > 4
    one, again, other = (draw_site(prior, seeded(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one.cell, again.cell)
    assert one.n_points == again.n_points
    assert not np.array_equal(one.cell, other.cell)


def test_places_in_one_group() -> None:
    number = 166
    limits = Limits()
    prior = prior_of(regular(), limits, hall_number_of(str(number)))
    codes = [each for each in regular() if each.space_group_number == number]
    assert 1 < len(prior.sites) <= len(codes)
    assert {draw_site(prior, seeded(s)).space_group_number for s in range(8)} == {number}
    # a group that no type has, in cells of its lattice system
    unknown = next(
        n for n in range(75, 140) if n not in {each.space_group_number for each in regular()}
    )
    prior = prior_of(regular(), limits, hall_number_of(str(unknown)))
    for seed in range(5):
        site = draw_site(prior, seeded(seed))
        assert site.space_group_number == unknown
        a, b, _, *angles = parameters_from_cell(site.cell)
        assert a == pytest.approx(b)
        assert angles == pytest.approx([90, 90, 90])


@pytest.mark.parametrize(
    "limits",
    [
        Limits((12.0, 20.0), (2, 3)),
        Limits((12.0, 20.0), ANY_NUMBER, (31, 32)),
        Limits((12.0, 20.0), (8, 10), (9, 9)),
    ],
)
def test_places_that_nothing_known_has(limits: Limits) -> None:
    with pytest.raises(InputError, match=r"no known framework type has .* widen these, or give"):
        prior_of(regular(), limits)


@pytest.mark.parametrize(("n_points", "size"), [(1, 64), (8, 64), (12, 42), (24, 21), (400, 4)])
def test_sizes_of_batches(n_points: int, size: int) -> None:
    assert batch_size(n_points) == size


# ---- growing and repairing ---------------------------------------------------------------------


def cha_sites(number: int) -> list[Site]:
    hall_number = hall_number_of("R-3m")
    cell = fitting_cell(CHA_CELL, hall_number)
    return given_sites(cell, hall_number, Limits((7.0, 22.0), (36, 36), (1, 1)))[:1] * number


def test_the_cell_of_cha_gives_cha() -> None:
    plan = SearchPlan(SAMPLER, steps=40, annealing=CrystalRepair(rounds=3))
    batch = search_batch(cha_sites(16), Search(shipped_crystal().network, CPU, seeded(0)), plan)
    assert 1 <= batch.valid_at_once <= 16
    assert all(grown.valid and grown.n_t == 36 for grown in batch.valid)
    wanted = fingerprints.fingerprint_of(net_of(load_reference()["CHA"]))
    assert wanted in {fingerprint_of(grown) for grown in batch.valid}
    assert sum(batch.times_met.values()) == len(batch.valid)
    assert batch.judgements[wanted].name == "CHA"
    assert set(batch.judgements) == set(batch.best) == set(batch.times_met)
    assert set(batch.seconds) == set(STAGES)


def test_a_known_net_is_counted_but_not_judged_again() -> None:
    plan = SearchPlan(SAMPLER, steps=9, annealing=CrystalRepair(rounds=1))
    search = Search(shipped_crystal().network, CPU, seeded(0))
    wanted = fingerprints.fingerprint_of(net_of(load_reference()["CHA"]))
    batch = search_batch(cha_sites(16), search, plan, known={wanted})
    assert batch.times_met[wanted] > 0
    assert wanted not in batch.judgements


def faulty(code: str, n: int) -> list[Grown]:
    """Some of a type's atoms put elsewhere; none of these crystals is valid."""
    framework = load_reference()[code]
    crystals = []
    for seed in range(n):
        rng = np.random.default_rng(seed)
        frac = framework.frac_t.copy()
        frac[rng.integers(len(frac))] = rng.uniform(size=3)
        site = site_of(framework, len(frac), n_t_unique=(len(frac), len(frac)))
        crystals.append(gathered(frac, site))
    return [crystal for crystal in crystals if not crystal.valid]


def test_repair_mends_what_is_wrong() -> None:
    chains = faulty("AEI", 12)
    assert len(chains) > 6
    plan = CrystalRepair(rounds=8, hot=0.3, cold=0.3, halvings=())
    rounds = list(repair_crystals(shipped_crystal().network, chains, plan, seeded(1), CPU))
    assert len(rounds) == 8
    made = [grown for each in rounds for grown in each]
    assert len({id(grown.site) for grown in made}) >= 3
    assert all(grown.valid for grown in made)
    nothing = repair_crystals(shipped_crystal().network, [], plan, seeded(1), CPU)
    assert list(nothing) == []


def test_an_annealing_cools_and_gives_up_the_worse() -> None:
    plan = CrystalRepair(rounds=160)
    assert plan.temperature(0) == plan.hot
    assert plan.temperature(159) == pytest.approx(plan.cold)
    left = [40]
    for done in range(160):
        left.append(plan.kept(done, left[-1]))
    assert left[1] == 40
    assert (left[21], left[41], left[81], left[-1]) == (20, 10, 8, 8)
    assert plan.kept(20, 5) == 5
    assert CrystalRepair(renewal=0).renewed(10, 9) == 0
    assert [plan.renewed(done, 9) for done in (0, 4, 5, 10)] == [0, 0, 2, 2]
    assert CrystalRepair(rounds=1).temperature(0) == plan.hot


def test_a_valid_crystal_goes_on_to_others() -> None:
    framework = load_reference()["AEI"]
    site = site_of(framework, 3, n_t=(48, 48), n_t_unique=(3, 3))
    start = [gathered(framework.frac_t, site)] * 8
    known = fingerprint_of(start[0])
    plan = CrystalRepair(rounds=12, hot=5.0, cold=5.0, halvings=(), seated=0.0)
    rounds = repair_crystals(shipped_crystal().network, start, plan, seeded(2), CPU)
    made = [grown for each in rounds for grown in each]
    assert {fingerprint_of(grown) for grown in made} > {known}


def test_paved_nets_are_left_however_cold_it_is() -> None:
    framework = load_reference()["AEI"]
    site = site_of(framework, 3, n_t=(48, 48), n_t_unique=(3, 3))
    start = [gathered(framework.frac_t, site)] * 6
    network = shipped_crystal().network
    met = {}
    for paving in (0.0, 2.0):
        plan = CrystalRepair(
            rounds=60, hot=1e-3, cold=1e-3, halvings=(), renewal=0, walk=0, paving=paving
        )
        rounds = list(repair_crystals(network, start, plan, seeded(2), CPU))
        met[paving] = {fingerprint_of(grown) for each in rounds for grown in each}
    assert len(met[2.0]) > len(met[0.0]) >= 1


def test_held_points_stay() -> None:
    framework = load_reference()["MFI"]
    n = len(framework.frac_t)
    crystal = crystals_of([site_of(framework, n)] * 3)
    assert crystal.present is not None
    places = torch.from_numpy(framework.frac_t @ framework.cell).float().repeat(3, 1, 1)
    held = torch.zeros(3, n, dtype=torch.bool)
    held[0, 2:], held[1, :] = True, True
    given = []

    def keep(points: torch.Tensor, level: float) -> torch.Tensor:
        given.append(points.clone())
        assert level == 0.5
        return points + 0.01

    network = shipped_crystal().network
    x = denoise_once(network, crystal, places, held, 0.5, seeded(4), CPU, keep)
    assert torch.equal(given[0][held], places[held]), "seats are chosen beside where they stay"
    assert torch.equal(x[held], places[held])
    moved = (x - places)[~held].norm(dim=-1)
    assert (moved > 0).all()
    assert float((x - places)[0, :2].norm(dim=-1).max()) < 0.6, "held neighbours show the way"


def test_padding_changes_nothing() -> None:
    """Crystals of different sizes in one batch, and each alone: the same displacements."""
    reference = load_reference()
    frameworks = [reference[code] for code in ("CHA", "MFI", "SOD")]
    sites = [site_of(each, len(each.frac_t)) for each in frameworks]
    together = crystals_of(sites)
    assert together.present is not None
    assert together.present.sum(1).tolist() == [site.n_points for site in sites]
    network = shipped_crystal().network
    points = torch.randn(3, 12, 3, generator=seeded(2))
    for b, (site, framework) in enumerate(zip(sites, frameworks, strict=True)):
        points[b, : site.n_points] += torch.from_numpy(framework.frac_t @ framework.cell).float()
    moved = network(points, torch.full((3,), 0.5), together)
    for b, site in enumerate(sites):
        n = site.n_points
        alone = network(points[b : b + 1, :n], torch.tensor([0.5]), crystals_of([site]))
        torch.testing.assert_close(moved[b, :n], alone[0], atol=1e-4, rtol=1e-3)


def test_cells_may_differ_where_groups_are_one() -> None:
    hall_number = hall_number_of("R-3m")
    cells = [cell_from_parameters((a, a, 15.0, 90, 90, 120)) for a in (13.0, 14.0)]
    one = given_sites(cells[0], hall_number, Limits())[0]
    crystal = crystals_of([one, replace(one, cell=cells[1])])
    np.testing.assert_allclose(crystal.cells.numpy(), np.array(cells), atol=1e-5)


def test_grown_is_what_was_asked_for() -> None:
    grown: Grown = gathered(load_reference()["CHA"].frac_t, cha_sites(1)[0])
    assert grown.valid
    assert (grown.n_t, len(grown.frac_t)) == (36, 1)

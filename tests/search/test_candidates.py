"""Atoms that points form, their bonds and the whole net: against the full cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from crystal_examples import graph_by_distance, group_of, judged_atoms, random_cell
from net_examples import redescribed, redescribed_net, supercell
from silica_examples import bare, in_p1, with_axes, with_origin_at
from zeoloom.geometry.group import group_in_cell
from zeoloom.geometry.image_kernel import distances_to_images
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import SAME_SITE, expand_orbits, identity_first, separations
from zeoloom.nets import fingerprint as fingerprints
from zeoloom.nets.bonding import BOND_CUTOFF, BOND_LENGTH
from zeoloom.nets.periodic_net import half_edges
from zeoloom.search.candidates import candidate_fingerprint, candidate_framework, points_to_atoms
from zeoloom.search.limits import ANY_NUMBER
from zeoloom.search.point_kernel import meet
from zeoloom.search.relax import MOST_NEIGHBOURS
from zeoloom.search.strain import LENGTH_COST, NEXT_COST, NEXT_DISTANCE
from zeoloom.search.target import Target, target_of
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

# every crystal system; T atoms in general positions, on axes, planes and points
CODES = (
    *("CHA", "FAU", "AEI", "TON", "SOD", "LTA", "ABW", "MFI", "STW", "JBW", "CZP", "RHO"),
    *("MEL", "BIK", "PAU"),
)


def disturbed(framework: Framework, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Its T atoms moved by 0.02 Å, some doubled, each seen elsewhere; the atom each came from."""
    group = framework.operations
    n = len(framework.frac_t)
    atom = rng.permutation(np.concatenate([np.arange(n), rng.integers(n, size=1 + n // 2)]))
    frac = framework.frac_t[atom]
    frac = frac + 0.02 * rng.normal(size=frac.shape) @ np.linalg.inv(framework.cell)
    g = rng.integers(len(group), size=len(atom))
    frac = group.images(frac)[g, np.arange(len(atom))]
    return frac + rng.integers(-3, 4, size=frac.shape), atom


@pytest.mark.parametrize("code", CODES)
def test_points_meet_in_the_atoms_of_the_framework(code: str) -> None:
    framework = bare(load_reference()[code])
    cell, group = framework.cell, identity_first(framework.operations)
    wanted, owner = expand_orbits(framework.frac_t, group, cell)
    for seed in range(3):
        which = f"{code}, seed {seed}"
        points, atom = disturbed(framework, np.random.default_rng(seed))
        frac, first, multiplicity = meet(points, group_in_cell(group, cell))
        # points of one atom, and only they, say so
        assert ((first[:, None] == first) == (atom[:, None] == atom)).all(), which
        assert (first <= np.arange(len(first))).all(), which
        np.testing.assert_array_equal(multiplicity, np.bincount(owner)[atom], err_msg=which)
        # near where they came from, and exactly on the special position
        assert separations(wanted[:, None], frac, cell).min(axis=0).max() < 0.1, which
        images = separations(group.images(frac), frac, cell)
        assert ((images < 1e-9) | (images > 1.2)).all(), which
        np.testing.assert_array_equal((images < 1e-9).sum(axis=0), len(group) / multiplicity)

        lead = first == np.arange(len(first))
        bonds, costs, holes = judged_atoms(frac[lead], group_in_cell(group, cell))
        assert (bonds == 4).all(), which
        assert (costs < 2.5).all(), which
        assert np.isfinite(holes).all(), which

        candidate = points_to_atoms(points, target_of(framework, len(points)))
        assert candidate.valid, which
        assert candidate.n_t == len(wanted), which
        assert len(candidate.frac_t) == len(framework.frac_t), which
        assert candidate.cost <= costs.sum() + 1e-9, which
        for k, point in zip(candidate.atom_of_point, points, strict=True):
            images = group.images(point[None])[:, 0]
            assert separations(candidate.frac_t[k], images, cell).min() < 1.0, which
        assert candidate_fingerprint(candidate) == fingerprints.fingerprint_of(net_of(framework)), (
            which
        )
        made = candidate_framework(candidate, "made")
        assert len(expand_orbits(made.frac_t, made.operations, cell)[0]) == len(wanted), which


@pytest.mark.parametrize("code", ["CHA", "MFI", "SOD", "FAU", "JBW", "CZP"])
def test_the_whole_net_is_that_of_the_structure(code: str) -> None:
    framework = bare(load_reference()[code])
    group, cell = identity_first(framework.operations), framework.cell
    exact, _, _ = meet(framework.frac_t, group_in_cell(group, cell))
    graph = graph_by_distance(exact, group_in_cell(group, cell))[0]
    sites, tails, heads, shifts = graph.half_edges()
    net = net_of(replace(framework, operations=group, frac_t=exact))
    _, owner = expand_orbits(exact, group, cell)
    np.testing.assert_array_equal(sites, owner)
    one, two = net.tails.tolist(), net.heads.tolist()
    both_directions = [*zip(one, two, strict=True), *zip(two, one, strict=True)]
    assert sorted(zip(tails.tolist(), heads.tolist(), strict=True)) == sorted(both_directions)
    assert (np.diff(tails) >= 0).all()
    there = {tuple(row) for row in np.column_stack([tails, heads, shifts]).tolist()}
    back = {(h, t, *(-x for x in s)) for t, h, *s in there}
    assert there == back
    assert len(there) == len(tails) == 4 * len(sites)


def bonds_and_cost(
    atom: np.ndarray, full: np.ndarray, cell: np.ndarray
) -> tuple[int, float, np.ndarray]:
    """Of an atom among all atoms of its cell, each place counted once."""
    near = neighbours_within(atom[None], full, cell, BOND_CUTOFF)
    vectors = (full[near.point] + near.shift - atom) @ cell
    vectors = vectors[np.linalg.norm(vectors, axis=1) >= SAME_SITE]
    distinct: list[np.ndarray] = []
    for vector in vectors:
        if all(np.abs(vector - other).sum() >= SAME_SITE for other in distinct):
            distinct.append(vector)
    around = np.array(distinct).reshape(-1, 3)
    lengths = np.linalg.norm(around, axis=1)
    cost = abs(len(around) - 4) + LENGTH_COST * ((lengths - BOND_LENGTH) ** 2).sum()
    next_ones = np.linalg.norm(around[:, None] - around, axis=2)[np.triu_indices(len(around), 1)]
    cost += NEXT_COST * ((next_ones - NEXT_DISTANCE) ** 2).sum()
    return len(around), float(cost), -(around / lengths[:, None]).sum(axis=0)


def test_heaps_of_points_are_judged_as_in_the_full_cell() -> None:
    seen: set[int] = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        group = group_of(int(rng.integers(1, 531)))
        cell = random_cell(group, (6.0, 12.0), rng)
        points = rng.uniform(-1, 2, (int(rng.integers(1, 7)), 3))
        frac, first, multiplicity = meet(points, group_in_cell(group, cell))
        lead = np.flatnonzero(first == np.arange(len(first)))
        frac = frac[lead]
        bonds, costs, holes = judged_atoms(frac, group_in_cell(group, cell))
        full, _ = expand_orbits(frac, group, cell, SAME_SITE)
        apart = separations(frac[:, None, None], group.images(frac)[None], cell)
        not_met = ((apart > 1e-6) & (apart < 2 * SAME_SITE)).any()
        if not_met or (bonds == MOST_NEIGHBOURS).any():
            continue
        assert len(full) == multiplicity[lead].sum()
        for i in range(len(frac)):
            which = f"seed {seed}, atom {i}"
            number, cost, away = bonds_and_cost(frac[i], full, cell)
            assert bonds[i] == number, which
            assert costs[i] == pytest.approx(cost, abs=1e-6), which
            if number == 0:
                assert np.isnan(holes[i]).all(), which
            elif np.linalg.norm(away) > 0.1:
                hole = BOND_LENGTH * away / np.linalg.norm(away)
                np.testing.assert_allclose(holes[i], hole, atol=1e-5, err_msg=which)
            seen.add(number)
    assert seen >= {0, 1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("code", ["CHA", "MFI", "JBW"])
def test_an_atom_left_out_is_missed_where_it_was(code: str) -> None:
    framework = in_p1(bare(load_reference()[code]))
    cell = framework.cell
    gone, left = framework.frac_t[0], framework.frac_t[1:]
    candidate = points_to_atoms(left, target_of(framework, len(left)))
    assert not candidate.valid
    assert candidate.n_t == len(left)
    bonds, _, holes = judged_atoms(left, group_in_cell(identity_first(framework.operations), cell))
    bonded = neighbours_within(gone[None], left, cell, BOND_CUTOFF).point
    np.testing.assert_array_equal(bonds, 4 - np.bincount(bonded, minlength=len(left)))
    for atom in np.flatnonzero(bonds == 3):
        place = left[atom] + holes[atom] @ np.linalg.inv(cell)
        to_others = separations(place, np.delete(left, atom, axis=0), cell).min()
        assert separations(place, gone, cell) < min(2.5, to_others)


def test_distances_to_images() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        group = group_of(int(rng.integers(1, 531)))
        cell = random_cell(group, (9.0, 12.0), rng)
        place, points = rng.uniform(-1, 2, 3), rng.uniform(-1, 2, (5, 3))
        found = distances_to_images(place, points, group_in_cell(group, cell))
        for j, point in enumerate(points):
            images = group.images(point[None])[:, 0]
            near = neighbours_within(place[None], images, cell, 3.0)
            if len(near.distance):
                assert found[j] == pytest.approx(near.distance.min()), f"seed {seed}"
            else:
                assert found[j] >= 3.0 - 1e-9, f"seed {seed}"


# ---- what is valid, and what it costs ----------------------------------------------------------


def cha_site(n_points: int = 1, **limits: tuple[int, int]) -> Target:
    return target_of(load_reference()["CHA"], n_points, **limits)


@pytest.mark.parametrize(
    ("limits", "valid", "extra"),
    [
        ({}, True, 0.0),
        ({"n_t": (36, 36), "n_t_unique": (1, 1)}, True, 0.0),
        ({"n_t": (30, 40)}, True, 0.0),
        ({"n_t": (37, 40)}, False, 2.0 + 4.0 * 1 / 40),
        ({"n_t": (18, 30)}, False, 2.0 + 4.0 * 6 / 30),
        ({"n_t_unique": (2, 3)}, False, 3.0),
        ({"n_t_unique": (4, 5)}, False, 9.0),
        ({"n_t": (40, 44), "n_t_unique": (2, 2)}, False, 2.0 + 4.0 * 4 / 44 + 3.0),
    ],
    ids=str,
)
def test_limits_decide_what_is_valid(
    limits: dict[str, tuple[int, int]], valid: bool, extra: float
) -> None:
    place = load_reference()["CHA"].frac_t
    plain = points_to_atoms(place, cha_site())
    assert plain.target.n_t == plain.target.n_t_unique == ANY_NUMBER
    candidate = points_to_atoms(place, cha_site(**limits))
    assert candidate.valid == valid
    assert candidate.cost == pytest.approx(plain.cost + extra)


def test_a_better_crystal_costs_less() -> None:
    """Points further and further from where they belong."""
    framework = bare(load_reference()["MFI"])
    rng = np.random.default_rng(4)
    way = rng.normal(size=framework.frac_t.shape) @ np.linalg.inv(framework.cell)
    site = target_of(framework, len(framework.frac_t))
    costs = [points_to_atoms(framework.frac_t + x * way, site).cost for x in (0, 0.15, 0.4, 1.0)]
    assert costs == sorted(costs)
    assert costs[-1] > 5 * costs[0]


# ---- fingerprints ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known_fingerprints() -> dict[str, str]:
    prints = {}
    for code, framework in load_reference().items():
        if not framework.flag:
            net = net_of(framework)
            half = half_edges(net)  # one vertex of each site does; `fingerprint_of` takes all
            prints[code] = fingerprints.fingerprint(half.heads, half.shifts, net.sites)
    return prints


def test_every_known_type_has_its_own_fingerprint(known_fingerprints: dict[str, str]) -> None:
    assert len(known_fingerprints) == 237
    assert len(set(known_fingerprints.values())) == 237
    assert "" not in known_fingerprints.values()


@pytest.mark.parametrize("code", ["ABW", "CHA", "SOD", "TON", "CZP", "MEL", "RHO", "JBW"])
def test_the_fingerprint_knows_no_description(
    code: str, known_fingerprints: dict[str, str]
) -> None:
    framework = load_reference()[code]
    wanted = known_fingerprints[code]
    rng = np.random.default_rng(7)
    others = {
        "without oxygen": bare(framework),
        "P1": in_p1(framework),
        "supercell": supercell(framework, (1, 2, 1), 0.0, rng),
        "another origin": with_origin_at(framework, np.array([0.25, 0.5, 0.75])),
        "other axes": with_axes(framework, np.array([[1, 1, 0], [0, 1, 0], [0, 2, 1]])),
        "redescribed": redescribed(framework, rng),
    }
    for name, other in others.items():
        assert fingerprints.fingerprint_of(net_of(other)) == wanted, name
    net = net_of(framework)
    for seed in range(3):
        again = redescribed_net(net, np.random.default_rng(seed))
        assert fingerprints.fingerprint_of(again) == wanted, f"seed {seed}"


def test_interrupted_nets_have_no_fingerprint() -> None:
    flagged = [each for each in load_reference().values() if each.flag]
    prints = {each.name: fingerprints.fingerprint_of(net_of(each)) for each in flagged}
    assert prints["CLO"] == prints["WEN"] == ""

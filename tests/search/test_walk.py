"""Walks from net to net: what they meet is valid, and they find the true net again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from crystal_examples import graph_by_distance, judged_atoms
from zeoloom.errors import InputError
from zeoloom.geometry.group import Group, group_in_cell, inverse, product
from zeoloom.geometry.image_kernel import lattice_shifts
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.geometry.site_symmetry import SiteSymmetry, site_symmetry
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.quotient_kernel import (
    BondTable,
    balanced,
    bond_at,
    change_bond,
    copy_bonds,
    empty_bonds,
)
from zeoloom.search.bond_switch import MAX_NEAR_IMAGES, chain, only_renamed, switch
from zeoloom.search.candidates import (
    Candidate,
    candidate_framework,
    candidate_net,
    points_to_atoms,
    with_positions,
)
from zeoloom.search.context import numpy_generator
from zeoloom.search.hollow_kernel import NO_HOLLOW
from zeoloom.search.strain import IMPOSSIBLE, find_bonds_and_cost, image_translations
from zeoloom.search.target import target_of
from zeoloom.search.walk import bond_switch_walk
from zeoloom.search.walk_descent import MOST_BONDS, centre_middle_atoms
from zeoloom.search.walk_kernel import INITIAL_LIMITS, initial_walk_state, walk
from zeoloom.structure.bonds import net_of
from zeoloom.structure.known_nets import framework_type_of
from zeoloom.structure.reference import load_reference

pytestmark = pytest.mark.long

CODES = ("FER", "MFI", "BEC", "EUO", "LTL", "FAU", "BEA")


def crystal_of(code: str) -> Candidate:
    framework = load_reference()[code]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    unique = len(framework.frac_t)
    site = target_of(framework, unique, n_t=(n_t, n_t), n_t_unique=(unique, unique))
    return points_to_atoms(framework.frac_t, site)


def group_of(crystal: Candidate) -> Group:
    return group_in_cell(crystal.target.operations, crystal.target.cell)


def looked_at(crystal: Candidate) -> tuple[float, SiteSymmetry, BondTable]:
    group = group_of(crystal)
    graph, vectors = graph_by_distance(crystal.frac_t, group)
    lattice, symmetry = lattice_shifts(group.cell, BOND_CUTOFF), graph.symmetry
    net = empty_bonds(len(crystal.frac_t), MOST_BONDS)
    cost = find_bonds_and_cost(crystal.frac_t, group, symmetry, lattice, net, vectors)
    return cost, symmetry, net


def ends(crystal: Candidate, net: BondTable, i: int) -> set[tuple[float, ...]]:
    """Where the bonds of an atom end, fractional."""
    group, found = group_of(crystal), set()
    for m in range(net.counts[i]):
        g = net.operations[i, m]
        image = group.rotations[g] @ crystal.frac_t[net.partners[i, m]] + group.translations[g]
        found.add(tuple(np.round(image + net.shifts[i, m], 4) + 0.0))
    return found


def longest_bond(crystal: Candidate, net: BondTable, i: int, cart_t: np.ndarray) -> float:
    """Å, of an atom, with all atoms (n, 3) at other places."""
    moved = replace(crystal, frac_t=cart_t @ np.linalg.inv(crystal.target.cell))
    vectors = np.array(sorted(ends(moved, net, i))) - moved.frac_t[i]
    return float(np.linalg.norm(vectors @ crystal.target.cell, axis=1).max())


# ---- groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_products_and_inverses_act_as_they_should(code: str) -> None:
    group = group_of(crystal_of(code))
    rng = np.random.default_rng(0)
    positions = rng.random(3)

    def acted(g: int, cells: tuple[int, int, int], on: np.ndarray) -> np.ndarray:
        return group.rotations[g] @ on + group.translations[g] + cells

    for _ in range(50):
        a, b = rng.integers(len(group.products), size=2)
        of_a, of_b = (tuple(of) for of in rng.integers(-3, 4, (2, 3)).tolist())
        ab, cells = product(group, a, of_a, b, of_b)
        assert acted(ab, cells, positions) == pytest.approx(
            acted(a, of_a, acted(b, of_b, positions))
        )
        back, cells = inverse(group, a, of_a)
        assert acted(back, cells, acted(a, of_a, positions)) == pytest.approx(positions)


def test_what_is_no_group_is_refused() -> None:
    operations = load_reference()["MFI"].operations
    some = SymmetryOperations(operations.rotations[:3].copy(), operations.translations[:3].copy())
    with pytest.raises(InputError, match="no group"):
        group_in_cell(some, np.eye(3))


# ---- nets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_bonds_and_cost_are_those_of_the_judge(code: str) -> None:
    crystal = crystal_of(code)
    cost, sites, net = looked_at(crystal)
    bonds, costs, _ = judged_atoms(crystal.frac_t, crystal.target.group)
    assert cost == pytest.approx(costs.sum())
    assert net.counts.tolist() == bonds.tolist()
    assert balanced(net)
    whole = candidate_net(crystal)
    assert (len(crystal.target.operations) // sites.orders).sum() == len(whole)
    assert framework_type_of(whole) == code


@pytest.mark.parametrize("code", CODES)
def test_a_bond_broken_and_made_again_is_the_same(code: str) -> None:
    crystal = crystal_of(code)
    group = group_of(crystal)
    _, sites, net = looked_at(crystal)
    for i in range(len(crystal.frac_t)):
        for m in range(net.counts[i]):
            new = empty_bonds(len(crystal.frac_t), MOST_BONDS)
            copy_bonds(net, new)
            bond = (i, *bond_at(net, i, m))
            assert change_bond(new, *bond, False, sites, group)
            assert new.counts[i] < net.counts[i]
            assert new.counts.sum() < net.counts.sum()
            assert change_bond(new, *bond, True, sites, group)
            for atom in range(len(crystal.frac_t)):
                assert ends(crystal, new, atom) == ends(crystal, net, atom)


@pytest.mark.parametrize("code", CODES)
def test_bonds_after_a_move_are_the_same_from_both_ends(code: str) -> None:
    crystal = crystal_of(code)
    group, n = group_of(crystal), len(crystal.frac_t)
    _, sites, net = looked_at(crystal)
    rng = np.random.default_rng(3)
    moved = 0
    near, n_near = np.zeros((n, MAX_NEAR_IMAGES, 5), np.int64), np.full(n, -1)
    for attempt in range(200):
        new = empty_bonds(n, MOST_BONDS)
        copy_bonds(net, new)
        i = int(rng.integers(n))
        if attempt % 2:
            done = switch(i, net, new, sites, group, rng)[0] >= 0
        else:
            done = chain(i, crystal.frac_t, near, n_near, net, new, sites, group, rng)
            assert balanced(new) == done
        if not done:
            continue
        moved += 1
        for j in range(n):
            for m in range(new.counts[j]):
                partner, image, cells = bond_at(new, j, m)
                back, back_cells = inverse(group, image, cells)
                seen = group.rotations[back] @ crystal.frac_t[j] + group.translations[back]
                end = tuple(np.round(seen + back_cells, 4) + 0.0)
                found = end in ends(crystal, new, partner)
                assert found, (attempt, j, m)
    assert moved > 10


@pytest.mark.parametrize("code", ["MFI", "EUO", "BEA"])
def test_after_a_switch_the_middle_atoms_begin_among_their_new_neighbours(code: str) -> None:
    crystal = crystal_of(code)
    group, n = group_of(crystal), len(crystal.frac_t)
    _, sites, net = looked_at(crystal)
    rng = np.random.default_rng(4)
    before, after = [], []
    translations = np.zeros((n, MOST_BONDS, 3))
    for _ in range(200):
        new = empty_bonds(n, MOST_BONDS)
        copy_bonds(net, new)
        i = int(rng.integers(n))
        other = switch(i, net, new, sites, group, rng)[0]
        if other < 0:
            continue
        positions = crystal.frac_t @ group.cell
        for j in range(n):
            image_translations(j, new, group, translations)
        before.append(longest_bond(crystal, new, i, positions))
        centre_middle_atoms(positions, (i, other), new, group, translations, sites.projectors)
        after.append(longest_bond(crystal, new, i, positions))
        still = np.setdiff1d(np.arange(n), [i, other])
        assert positions[still] == pytest.approx((crystal.frac_t @ group.cell)[still])
        moved = replace(crystal, frac_t=positions @ np.linalg.inv(group.cell))
        orders = site_symmetry(moved.frac_t, group).orders
        assert (orders >= sites.orders).all(), "off its special position"
    assert len(after) > 50
    assert np.median(before) > 4.8, "neighbours of neighbours are 5 Å away"
    assert np.median(after) < np.median(before) - 0.7


@pytest.mark.parametrize("code", ["EUO", "IRN", "PAU", "MFI"])
def test_a_switch_that_only_renames_atoms_is_the_net_with_these_exchanged(code: str) -> None:
    crystal = crystal_of(code)
    group, n = group_of(crystal), len(crystal.frac_t)
    _, sites, net = looked_at(crystal)
    rng = np.random.default_rng(6)
    counted = {True: 0, False: 0}
    for _ in range(1000):
        new = empty_bonds(n, MOST_BONDS)
        copy_bonds(net, new)
        i = int(rng.integers(n))
        c, image, cells = switch(i, net, new, sites, group, rng)
        if c < 0:
            continue
        back, back_cells = inverse(group, image, cells)
        frac = crystal.frac_t.copy()
        for atom, g, of, more in ((c, back, i, back_cells), (i, image, c, cells)):
            frac[atom] = group.rotations[g] @ crystal.frac_t[of] + group.translations[g] + more
        exchanged = replace(crystal, frac_t=frac)
        seen = looked_at(exchanged)[2]
        same = all(ends(exchanged, new, j) == ends(exchanged, seen, j) for j in range(n))
        assert only_renamed(i, c, image, cells, net, new, sites, group) == same
        counted[same] += 1
    assert counted[False] > 50
    assert (counted[True] > 0) == (code != "MFI")


def test_atoms_on_top_of_one_another_are_seen() -> None:
    crystal = crystal_of("MFI")
    group = group_of(crystal)
    frac = crystal.frac_t.copy()
    frac[1:] = frac[0] + 1e-3 * np.arange(1, len(frac))[:, None]
    net = empty_bonds(len(frac), MOST_BONDS)
    lattice = lattice_shifts(group.cell, BOND_CUTOFF)
    symmetry, vectors = site_symmetry(frac, group), np.empty((len(frac), MOST_BONDS, 3))
    assert find_bonds_and_cost(frac, group, symmetry, lattice, net, vectors) == IMPOSSIBLE
    rng = np.random.default_rng(0)
    end, states, *_ = walk(frac, group, NO_HOLLOW, 0, 50, 1.0, 4, initial_walk_state(), rng)
    assert len(states) == 0
    assert (end == frac).all()


# ---- walks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_every_net_met_is_valid_and_costs_what_is_said(code: str) -> None:
    crystal = crystal_of(code)
    rng = np.random.default_rng(1)
    state = initial_walk_state()
    walked = walk(crystal.frac_t, group_of(crystal), NO_HOLLOW, 0, 3000, 2.0, 16, state, rng)
    _, states, costs, learned = walked
    assert len(states) > 0
    for positions, cost in zip(states, costs, strict=True):
        bonds, judged, _ = judged_atoms(positions, crystal.target.group)
        assert (bonds == 4).all()
        assert judged.sum() == pytest.approx(cost)
    best = points_to_atoms(
        states[np.argmin(costs)], crystal.target
    )  # hot ones may have atoms that meet
    assert best.valid
    assert best.cost <= costs.min() + 1e-9
    assert learned.limits.shape == np.shape(INITIAL_LIMITS)
    assert (learned.limits != state.limits).any()
    assert (state.limits == np.array(INITIAL_LIMITS)).all(), "state in, state out"


def test_bonds_among_held_atoms_stay() -> None:
    crystal = crystal_of("MFI")
    group, held = group_of(crystal), 5
    before = looked_at(crystal)[2]
    kept = []
    for n_held in (0, held):
        state, rng = initial_walk_state(), np.random.default_rng(1)
        walked = walk(crystal.frac_t, group, NO_HOLLOW, n_held, 3000, 2.0, 16, state, rng)
        assert len(walked[1]) > 4
        met = (points_to_atoms(frac, crystal.target) for frac in walked[1])
        nets = [looked_at(each)[2] for each in met if each.valid]
        kept.append([_bonds_among(net, held) >= _bonds_among(before, held) for net in nets])
    assert all(kept[1])
    assert not all(kept[0])


def _bonds_among(net: BondTable, n: int) -> set[tuple[int, ...]]:
    """The bonds among the first n atoms."""
    return {
        (i, net.partners[i, m], net.operations[i, m], *net.shifts[i, m].tolist())
        for i in range(n)
        for m in range(net.counts[i])
        if net.partners[i, m] < n
    }


@pytest.mark.parametrize("code", ["STF", "TER"])
def test_the_true_net_is_found_again_from_a_strained_one(code: str) -> None:
    true = crystal_of(code)
    group, rng, state = group_of(true), np.random.default_rng(0), initial_walk_state()
    found: list[str] = []
    strained = 0
    for _ in range(20):
        _, states, costs, state = walk(true.frac_t, group, NO_HOLLOW, 0, 300, 1.5, 300, state, rng)
        positions = states[np.argmax(costs)]
        if costs.max() < true.cost + 1.0:
            continue
        strained += 1
        for temperature in (0.8, 0.4, 0.2, 0.1):
            positions, states, costs, state = walk(
                positions, group, NO_HOLLOW, 0, 3000, temperature, 4, state, rng
            )
            for k in np.flatnonzero(costs < true.cost + 0.1):
                met = points_to_atoms(states[k], true.target)
                found.append(framework_type_of(net_of(candidate_framework(met, code))))
    assert strained > 1
    assert code in found


def test_an_origin_shift_changes_nothing() -> None:
    true = crystal_of("EUO")
    operations = true.target.operations
    # a shift after which all translations are still multiples of a 24th
    half = np.array([0.5, 0.5, 0.0])
    there = operations.translations + half - half @ np.swapaxes(operations.rotations, 1, 2)
    whole = SymmetryOperations(operations.rotations, there % 1.0)
    group, shifted = group_of(true), group_in_cell(whole, true.target.cell)
    for seed in range(3):
        outcome = [
            walk(
                positions,
                each,
                NO_HOLLOW,
                0,
                300,
                1.0,
                8,
                initial_walk_state(),
                np.random.default_rng(seed),
            )[2]
            for positions, each in ((true.frac_t, group), (true.frac_t + half, shifted))
        ]
        assert np.sort(outcome[0])[:1] == pytest.approx(np.sort(outcome[1])[:1], abs=0.2), seed


def test_a_walk_keeps_atoms_and_the_same_seed_gives_the_same() -> None:
    true = crystal_of("FER")
    counted = []
    for _ in range(2):
        rng = numpy_generator(torch.Generator().manual_seed(5))
        end, met, _ = bond_switch_walk(true, 2000, 0.5, 8, initial_walk_state(), rng)
        assert end.counts_match
        assert all(each.valid for each in met)
        counted.append([each.cost for each in met])
    assert counted[0] == counted[1]
    assert counted[0][0] == pytest.approx(min(counted[0]))
    assert min(counted[0]) <= true.cost + 1e-6


@pytest.mark.parametrize("code", ["EUO", "BEC", "FAU"])
def test_a_candidate_moved_is_what_points_there_would_form(code: str) -> None:
    true = crystal_of(code)
    rng, state = np.random.default_rng(3), initial_walk_state()
    kinds = set()
    for _ in range(60):
        end, states, _, state = walk(
            true.frac_t, group_of(true), NO_HOLLOW, 0, 100, 8.0, 4, state, rng
        )
        for positions in (end, *states):
            found, wanted = with_positions(true, positions), points_to_atoms(positions, true.target)
            kinds.add((found.valid, found.counts_match))
            assert found.n_t == wanted.n_t
            assert found.bonds.tolist() == wanted.bonds.tolist()
            assert found.atom_of_point.tolist() == wanted.atom_of_point.tolist()
            assert found.cost == pytest.approx(wanted.cost, abs=1e-6)
            assert found.frac_t == pytest.approx(wanted.frac_t, abs=1e-4)
    assert (True, True) in kinds
    assert len(kinds) > 1, "some walks should end where atoms meet or miss bonds"


def test_no_tries_lead_nowhere() -> None:
    true = crystal_of("FER")
    rng = np.random.default_rng(0)
    end, met, _ = bond_switch_walk(true, 0, 0.5, 8, initial_walk_state(), rng)
    assert end.cost == pytest.approx(true.cost, abs=0.01)  # relaxed once more
    assert [each.cost for each in met] == pytest.approx([true.cost], abs=0.01)

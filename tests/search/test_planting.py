"""Building units that are planted: where they fit, and that they stay."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from target_examples import search_from
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.conditions import NO_CONDITIONS, Conditions
from zeoloom.judge.ranges import parse_ranges
from zeoloom.search.annealing import AnnealingPlan
from zeoloom.search.batch_state import BatchState, SearchPlan
from zeoloom.search.candidates import candidate_net
from zeoloom.search.denoising import held_points
from zeoloom.search.hollow_kernel import Hollow
from zeoloom.search.pipeline import assign_positions, denoise_points, find_nets
from zeoloom.search.planting import plant, turned_to, units_to_plant, with_units
from zeoloom.search.target import Target, target_of
from zeoloom.structure.building_units import UNIT_NAMES, unit_shape, units_in
from zeoloom.structure.reference import load_reference


def room_of(code: str, spare: int = 4) -> Target:
    """The cell and group of a type, with about its numbers of atoms and orbits asked for."""
    framework = load_reference()[code]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    return replace(target_of(framework, len(framework.frac_t) + 1), n_t=(1, n_t + spare))


def all_atoms(target: Target, frac: np.ndarray) -> np.ndarray:
    """(n, 3) Å, the images of asymmetric atoms in three cells along each axis."""
    orbits = expand_orbits(frac, target.operations, target.cell)[0]
    cells = np.stack(np.meshgrid(*[np.arange(-1, 2)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray((orbits[:, None] + cells).reshape(-1, 3) @ target.cell)


def copies_of(atoms: np.ndarray, name: str, centre: np.ndarray) -> bool:
    """Whether atoms (n, 3) Å hold a unit about a centre (3,): distances as in the unit."""
    shape = unit_shape(name)
    radii = np.sort(np.linalg.norm(shape.cart, axis=1))
    found = np.sort(np.linalg.norm(atoms - centre, axis=1))[: len(radii)]
    return bool(np.abs(found - radii).max() < 0.5)


@pytest.mark.parametrize("name", UNIT_NAMES)
def test_units_have_the_bonds_and_the_symmetry_of_their_graph(name: str) -> None:
    shape = unit_shape(name)
    lengths = np.linalg.norm(shape.cart[shape.edges[:, 0]] - shape.cart[shape.edges[:, 1]], axis=1)
    assert 2.9 < lengths.min() < lengths.max() < 3.3
    for matrix in shape.isometries:
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)
        apart = np.linalg.norm((shape.cart @ matrix.T)[:, None] - shape.cart, axis=-1)
        assert sorted(apart.argmin(axis=1)) == list(range(len(shape.cart)))
        assert apart.min(axis=1).max() < 0.05


def test_point_groups_of_well_known_units() -> None:
    orders = {
        "d4r": 48,
        "d6r": 24,
        "d8r": 32,
        "d3r": 12,
        "sod": 48,
        "lta": 48,
        "can": 12,
        "cha": 12,
    }
    assert {name: len(unit_shape(name).isometries) for name in orders} == orders


@pytest.mark.parametrize(("code", "name"), [("LTA", "d4r"), ("LTA", "sod"), ("CHA", "cha")])
def test_a_unit_finds_a_place_in_the_cell_of_a_type_that_holds_it(code: str, name: str) -> None:
    target, rng = room_of(code), np.random.default_rng(1)
    planted = plant(target, [name], rng)
    assert planted is not None
    assert len(planted) <= target.n_points
    atoms = all_atoms(target, planted)
    own = planted @ target.cell
    apart = np.linalg.norm(own[:, None] - atoms, axis=-1)
    assert apart[apart > 0.01].min() > 2.6
    # somewhere in the cell is the middle of a whole unit
    grid = np.stack(np.meshgrid(*[np.arange(12) / 12] * 3, indexing="ij"), axis=-1)
    near = (copies_of(atoms, name, place) for place in grid.reshape(-1, 3) @ target.cell)
    assert any(near)


def test_a_unit_is_turned_as_the_site_wants_it() -> None:
    rng = np.random.default_rng(2)
    group = room_of("LTA").group
    fixing = np.abs(group.translations).max(axis=1) < 1e-9  # m-3m about the origin
    site = group.cart_rotations[fixing]
    turn = turned_to(site, unit_shape("d4r").isometries, rng)
    assert turn is not None
    atoms = unit_shape("d4r").cart @ turn.T
    for matrix in site:
        apart = np.linalg.norm((atoms @ matrix.T)[:, None] - atoms, axis=-1)
        assert apart.min(axis=1).max() < 0.05
    # a hexagonal prism has no threefold axis along which a cube has one, and no fourfold at all
    assert turned_to(site, unit_shape("d6r").isometries, rng) is None


def test_where_there_is_no_room_nothing_is_planted() -> None:
    target, rng = room_of("LTA"), np.random.default_rng(3)
    few = replace(target, n_t=(1, 4))
    assert plant(few, ["d4r"], rng) is None
    assert with_units([few], ["d4r"], rng) == []
    assert with_units([target], [], rng) == [target]
    full = Hollow(np.zeros((1, 3)), np.zeros((1, 3)), np.array([30.0]))
    assert plant(replace(target, hollow=full), ["d4r"], rng) is None
    mixed = with_units([few, target], ["d4r"], rng)
    assert [each.n_planted for each in mixed] == [1]


def test_what_is_asked_for_decides_the_units() -> None:
    rng = np.random.default_rng(4)
    drawn = {units_to_plant(Conditions(contains=frozenset({"sod", "d4r"})), rng) for _ in range(60)}
    assert drawn == {("d4r", "sod"), ()}
    assert {units_to_plant(NO_CONDITIONS, rng) for _ in range(20)} == {()}
    dense = Conditions(density=parse_ranges("10-13"))
    assert {units_to_plant(dense, rng) for _ in range(20)} == {()}


@pytest.mark.long
def test_points_grow_around_what_is_planted() -> None:
    """The unit is still there when all points are atoms, and most of the nets that grow hold it."""
    targets = with_units([room_of("AST")] * 6, ["d4r"], np.random.default_rng(5))
    search = search_from(0)
    plan = SearchPlan(partial(ancestral, noise_factor=1.0), 6, AnnealingPlan(rounds=3))
    held = held_points(targets)
    batch = denoise_points(assign_positions(BatchState(tuple(targets)), search, plan), search, plan)
    assert batch.points is not None
    torch.testing.assert_close(batch.points[held.mask], held.points[held.mask], atol=1e-3, rtol=0)
    found = find_nets(targets, search, plan)
    assert len(found.valid) > 2
    holding = [bool(units_in(candidate_net(each), ["d4r"])) for each in found.valid]
    assert np.mean(holding) > 0.8

"""Slabs stacked in another way: relations between framework types that the literature knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zeoloom.geometry.lattice import cell_from_parameters, volume
from zeoloom.geometry.operations import expand_orbits, separations
from zeoloom.nets.bonding import BOND_LENGTH
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.search.limits import Limits
from zeoloom.search.restacking import restacked
from zeoloom.search.slabs import LONGEST_BOND, Face, joins_of, layers_of, plane_operations
from zeoloom.search.stacks import mirrored, slab_between, turned_on
from zeoloom.search.target import Target, target_of
from zeoloom.structure.bonds import net_of, quotient_graph_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

LIMITS = Limits(n_t_unique=(1, 16))


def parent(code: str) -> Target:
    framework = load_reference()[code]
    return replace(target_of(framework, len(framework.frac_t)), parent=framework.frac_t)


def framework_of(target: Target) -> Framework:
    assert target.parent is not None
    return replace(
        load_reference()["CHA"],
        cell=target.cell,
        operations=target.operations,
        frac_t=target.parent,
        frac_o=np.zeros((0, 3)),
    )


@pytest.mark.parametrize(
    ("code", "made"),
    [
        # Kokotailo, Chu, Lawton & Meier, Nature 275, 119 (1978)
        ("MFI", "MEL"),
        # Newsam, Treacy, Vaughan, Strohmaier & Mortier, Chem. Commun. 493 (1989)
        ("FAU", "EMT"),
        # Simmen, McCusker, Baerlocher & Meier, Zeolites 11, 654 (1991)
        ("CHA", "AEI"),
        # Camblor et al., Angew. Chem. Int. Ed. 36, 2659 (1997)
        ("RTH", "ITE"),
    ],
)
def test_slabs_of_a_type_make_the_type_that_shares_its_layers(code: str, made: str) -> None:
    wanted = fingerprint_of(net_of(load_reference()[made]))
    found: list[str] = []
    for number in range(40):
        target = restacked(parent(code), LIMITS, number)
        if target is not None:
            found.append(fingerprint_of(quotient_graph_of(framework_of(target))))
        if wanted in found:
            break
    assert wanted in found


@pytest.mark.parametrize("code", ["CHA", "MTW", "LTA", "FER", "GIS"])
def test_what_is_stacked_obeys_its_group_and_the_limits(code: str) -> None:
    made = 0
    limits = Limits(n_t_unique=(1, 8), n_t=(1, 80), density=(14.0, 20.0))
    for number in range(12):
        target = restacked(parent(code), limits, number)
        if target is None:
            continue
        made += 1
        assert target.parent is not None
        assert target.n_points == len(target.parent) <= 8
        whole, _ = expand_orbits(target.parent, target.operations, target.cell)
        assert len(whole) <= 80
        assert 14.0 <= 1000.0 * len(whole) / volume(target.cell) <= 20.0
        images = target.operations.images(whole).reshape(-1, 3)
        nearest = separations(images[:, None], whole[None], target.cell).min(axis=1)
        assert nearest.max() < 1e-3
        # bonds where slabs meet are rough, others are those of the parent
        apart = separations(whole[:, None], whole[None], target.cell)
        np.fill_diagonal(apart, np.inf)
        assert apart.min(axis=1).max() <= LONGEST_BOND
        assert fingerprint_of(quotient_graph_of(framework_of(target))) != fingerprint_of(
            net_of(load_reference()[code])
        )
    assert made


def test_too_few_atoms_asked_for_leave_nothing() -> None:
    assert restacked(parent("MFI"), Limits(n_t_unique=(1, 1), n_t=(1, 12)), 0) is None


@pytest.mark.parametrize(
    ("parameters", "order"),
    [((8, 8, 90), 8), ((8, 8, 120), 12), ((8, 11, 90), 4), ((8, 8, 100), 4), ((8, 11, 100), 2)],
)
def test_plane_lattices_have_as_many_turns_as_their_system(
    parameters: tuple[float, float, float], order: int
) -> None:
    a, b, angle = parameters
    lattice = cell_from_parameters([a, b, 10, 90, 90, angle])[:2, :2]
    operations = plane_operations(lattice)
    assert len(operations) == order
    for symmetry in operations:
        steps = lattice @ symmetry @ np.linalg.inv(lattice)
        assert np.allclose(steps, np.round(steps), atol=1e-9)
        assert np.allclose(symmetry @ symmetry.T, np.eye(2), atol=1e-9)


def face_of(points: FloatArray) -> Face:
    """Bonds along the normal, all atoms at one height."""
    return Face(points, points, np.zeros(len(points)), 1.5)


def test_a_pattern_that_was_turned_and_moved_is_found_again() -> None:
    lattice = cell_from_parameters([9, 9, 10, 90, 90, 120])[:2, :2]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        points = rng.random((5, 2)) @ lattice
        symmetry, shift = plane_operations(lattice)[rng.integers(12)], rng.normal(size=2) * 20.0
        meshes = rng.integers(-2, 3, (5, 2)) @ lattice
        moved = rng.permutation(points @ symmetry + shift + meshes)
        off = [
            (each.shift - shift) @ np.linalg.inv(lattice)
            for each in joins_of(face_of(points), face_of(moved), symmetry, lattice)
        ]
        assert any(np.allclose(each, np.round(each), atol=1e-6) for each in off), f"seed {seed}"
        # a pattern of another size, and atoms of which one is too deep for its bond
        assert joins_of(face_of(points), face_of(moved[:4]), symmetry, lattice) == []
        deep = face_of(points)._replace(depths=np.array([4.0, 0.0, 0.0, 0.0, 0.0]))
        assert joins_of(deep, face_of(moved), symmetry, lattice) == []


def test_a_slab_of_one_period_goes_on_as_the_framework_itself() -> None:
    layers = layers_of(load_reference()["CHA"], (1, 0, 0))
    assert layers is not None
    high = len(layers.cuts)
    slab = slab_between(layers, 0, high)
    assert slab is not None
    assert len(slab) == len(layers.cart)
    joins = joins_of(layers.above[0], layers.below[0], np.eye(2), layers.lattice)
    on = layers.cell[2, :2]
    made = [
        turned_on(slab, layers.lattice, each._replace(shift=each.shift + on), 100) for each in joins
    ]
    off = [np.abs(each[0] - layers.cell).max() for each in made if each is not None]
    assert min(off) < 0.1


def test_a_slab_with_mirrors_at_both_sides_is_twice_as_thick() -> None:
    layers = layers_of(load_reference()["SOD"], (1, 0, 0))
    assert layers is not None
    high, period = len(layers.cuts), layers.cell[2, 2]
    slab = slab_between(layers, 0, high)
    assert slab is not None
    lattice, unit = layers.lattice, np.eye(2)
    below = joins_of(layers.above[0], layers.above[0], unit, lattice)[0]
    above = joins_of(layers.below[0], layers.below[0], unit, lattice)[0]
    made = mirrored(slab, lattice, (below, above), 1000)
    assert made is not None
    cell, cart = made
    assert len(cart) == 2 * len(slab)
    # the bonds that were cut become normal to the plane
    assert period < cell[2, 2] / 2.0 < period + BOND_LENGTH
    assert mirrored(slab, lattice, (below, above), len(slab)) is None


def test_a_slab_thinner_than_a_bond_is_none() -> None:
    layers = layers_of(load_reference()["MFI"], (1, 0, 0))
    assert layers is not None
    thin = [slab_between(layers, low, low + 1) for low in range(len(layers.cuts))]
    assert any(each is None for each in thin)
    assert slab_between(layers, 0, len(layers.cuts)) is not None


def test_near_planes_and_atoms_without_four_bonds_have_no_layers() -> None:
    framework = load_reference()["MFI"]
    assert layers_of(framework, (1, 0, 0)) is not None
    assert layers_of(framework, (3, 2, 2)) is None
    fewer = replace(framework, frac_t=framework.frac_t[1:])
    assert layers_of(fewer, (1, 0, 0)) is None

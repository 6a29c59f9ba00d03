"""Slabs stacked in another way: relations between framework types that the literature knows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from zeoloom.geometry.lattice import cell_from_parameters, volume
from zeoloom.geometry.operations import expand_orbits, separations
from zeoloom.nets.bonding import BOND_LENGTH
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.search.limits import Limits
from zeoloom.search.restacking import restacked
from zeoloom.search.slabs import (
    LONGEST_BOND,
    Face,
    fits_of,
    layers_of,
    mirrored,
    slab_between,
    turned_on,
    turns_of,
)
from zeoloom.search.target import Target, target_of
from zeoloom.structure.bonds import net_of, quotient_graph_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
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
    turns = turns_of(lattice)
    assert len(turns) == order
    for turn in turns:
        steps = lattice @ turn @ np.linalg.inv(lattice)
        assert np.allclose(steps, np.round(steps), atol=1e-9)
        assert np.allclose(turn @ turn.T, np.eye(2), atol=1e-9)


def test_a_pattern_that_was_turned_and_moved_is_found_again() -> None:
    lattice = cell_from_parameters([9, 9, 10, 90, 90, 120])[:2, :2]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        points = rng.random((5, 2)) @ lattice
        rows, turn = np.arange(5), turns_of(lattice)[rng.integers(12)]
        order = rng.permutation(5)
        shift = rng.normal(size=2) * 20.0
        moved = (points @ turn + shift + rng.integers(-2, 3, (5, 2)) @ lattice)[order]
        face, other = Face(rows, points, np.zeros(5)), Face(rows, moved, np.zeros(5))
        fits = fits_of(face, other, turn, lattice)
        assert any((order[fit.partners] == rows).all() for fit in fits), f"seed {seed}"
        # one point elsewhere, and a pattern of another size, are other patterns
        moved[0] += 0.5 * lattice.sum(axis=0) / 2.0
        assert not any(
            (order[fit.partners] == rows).all()
            for fit in fits_of(face, Face(rows, moved, np.zeros(5)), turn, lattice)
        ), f"seed {seed}"
        assert fits_of(face, Face(rows[:4], moved[:4], np.zeros(4)), turn, lattice) == []


def test_a_slab_of_one_period_goes_on_as_the_framework_itself() -> None:
    framework = load_reference()["CHA"]
    layers = layers_of(framework, (1, 0, 0))
    assert layers is not None
    low, period = float(layers.cuts[0]), layers.cell[2, 2]
    slab = slab_between(layers, low, low + period)
    assert slab is not None
    assert len(slab.cart) == len(layers.cart)
    made = [
        turned_on(slab, fit, 100)
        for fit in fits_of(slab.below, slab.above, np.eye(2), slab.lattice)
    ]
    volumes = [abs(np.linalg.det(each[0])) for each in made if each is not None]
    assert min(np.abs(np.array(volumes) / abs(np.linalg.det(layers.cell)) - 1.0)) < 0.05


def test_a_slab_with_mirrors_at_both_sides_is_twice_as_thick() -> None:
    layers = layers_of(load_reference()["SOD"], (1, 0, 0))
    assert layers is not None
    low, period = float(layers.cuts[0]), layers.cell[2, 2]
    slab = slab_between(layers, low, low + period)
    assert slab is not None
    lattice, unit = slab.lattice, np.eye(2)
    below = fits_of(slab.below, slab.below, unit, lattice)[0]
    above = fits_of(slab.above, slab.above, unit, lattice)[0]
    made = mirrored(slab, below, above, 1000)
    assert made is not None
    cell, cart = made
    assert len(cart) == 2 * len(slab.cart)
    # the bonds that were cut become normal to the plane
    assert period < cell[2, 2] / 2.0 < period + BOND_LENGTH
    assert mirrored(slab, below, above, len(slab.cart)) is None


def test_a_slab_thinner_than_a_bond_is_none() -> None:
    layers = layers_of(load_reference()["MFI"], (1, 0, 0))
    assert layers is not None
    cuts = np.append(layers.cuts, layers.cuts[0] + layers.cell[2, 2])
    thin = [slab_between(layers, low, high) for low, high in pairwise(cuts)]
    assert None in thin

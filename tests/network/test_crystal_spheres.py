"""Crystals by networks of clusters: spheres against the full cell and against a plain loop."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from zeoloom.geometry.crystal import crystal_batch
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import SymmetryOperations, project_onto_sites
from zeoloom.geometry.space import OpenSpace
from zeoloom.geometry.spheres import covering, spheres_about_points
from zeoloom.network import EquivariantConfig, PointNetConfig, build_network
from zeoloom.network.crystal_spheres import (
    CENTRAL,
    COVER,
    LEAST_WEIGHT,
    MOST_MEMBERS,
    CrystalSpheres,
)
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

P1 = SymmetryOperations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
RADIUS = 5.0
"""Å; small spheres are quick, and few of their points are left out."""

SIGMA = 0.4


@cache
def clusters() -> torch.nn.Module:
    config = EquivariantConfig(layers=2, width=16, vector_width=8, message_width=8)
    return build_network(config, torch.Generator().manual_seed(3)).eval()


def noisy_points(framework: Framework, rng: np.random.Generator) -> np.ndarray:
    cart = framework.frac_t @ framework.cell
    return np.asarray(cart + rng.normal(0, SIGMA, cart.shape))


def displacements(
    cell: np.ndarray, group: SymmetryOperations, points: np.ndarray, cover: float = 0.0
) -> np.ndarray:
    network = CrystalSpheres(clusters(), RADIUS, cover)
    x = torch.from_numpy(points).float()[None]
    with torch.no_grad():
        return network(x, torch.tensor([SIGMA]), crystal_batch([cell], [group]))[0].double().numpy()


def images_of(framework: Framework, points: np.ndarray) -> np.ndarray:
    """(G, n, 3) Å."""
    frac = points @ np.linalg.inv(framework.cell)
    return framework.operations.images(frac) @ framework.cell


@pytest.mark.parametrize("code", ["ABW", "JBW", "GIS", "CZP"])
def test_asymmetric_points_move_as_in_the_full_cell(code: str) -> None:
    framework = load_reference()[code]
    points = noisy_points(framework, np.random.default_rng(sum(map(ord, code))))
    images = images_of(framework, points)
    here = displacements(framework.cell, framework.operations, points)
    full = displacements(framework.cell, P1, images.reshape(-1, 3)).reshape(images.shape)
    turns = framework.cell.T @ framework.operations.rotations @ np.linalg.inv(framework.cell.T)
    np.testing.assert_allclose(full, np.einsum("gab,nb->gna", turns, here), atol=2e-4)
    assert np.abs(here).max() > 0.01


@pytest.mark.parametrize("cover", [0.0, COVER])
@pytest.mark.parametrize("code", ["CHA", "AEI"])
def test_turning_and_choosing_other_asymmetric_points(code: str, cover: float) -> None:
    rng = np.random.default_rng(len(code) + int(cover))
    framework = load_reference()[code]
    points = noisy_points(framework, rng)
    here = displacements(framework.cell, framework.operations, points, cover)
    turn = Rotation.random(rng=rng).as_matrix()
    turned = displacements(framework.cell @ turn.T, framework.operations, points @ turn.T, cover)
    np.testing.assert_allclose(turned, here @ turn.T, atol=2e-4, err_msg=f"turn {turn}")

    g = rng.integers(len(framework.operations), size=len(points))
    lattice = rng.integers(-2, 3, (len(points), 3)) @ framework.cell
    other = images_of(framework, points)[g, np.arange(len(points))] + lattice
    moved = displacements(framework.cell, framework.operations, other, cover)
    turns = framework.cell.T @ framework.operations.rotations[g] @ np.linalg.inv(framework.cell.T)
    expected = np.einsum("nab,nb->na", turns, here)
    np.testing.assert_allclose(moved, expected, atol=2e-4, err_msg=f"operations {g}")


@pytest.mark.parametrize("code", ["AEI", "BIK"])
def test_shifted_origin(code: str) -> None:
    rng = np.random.default_rng(len(code))
    framework = load_reference()[code]
    points, group, shift = noisy_points(framework, rng), framework.operations, rng.uniform(-1, 1, 3)
    moved_group = replace(group, translations=group.translations + shift - group.rotations @ shift)
    here = displacements(framework.cell, group, points, COVER)
    there = displacements(framework.cell, moved_group, points + shift @ framework.cell, COVER)
    np.testing.assert_allclose(there, here, atol=2e-4, err_msg=f"shift {shift}")


def test_against_a_plain_loop() -> None:
    framework = load_reference()["JBW"]
    rng = np.random.default_rng(5)
    points = images_of(framework, noisy_points(framework, rng)).reshape(-1, 3)
    frac = points @ np.linalg.inv(framework.cell)
    said, weights = np.zeros_like(points), np.zeros((len(points), 1))
    found = neighbours_within(frac, frac, framework.cell, RADIUS)
    for i in range(len(points)):
        mine = found.centre == i
        members = torch.from_numpy(found.vector[mine]).float()[None]
        with torch.no_grad():
            moved = clusters()(members, torch.tensor([SIGMA]), OpenSpace())[0].numpy()
        apart = np.linalg.norm(found.vector[mine], axis=1, keepdims=True)
        weight = np.where(apart < CENTRAL, 0.0, (1 - (apart / RADIUS) ** 2) ** 2) + LEAST_WEIGHT
        np.add.at(said, found.point[mine], weight * moved)
        np.add.at(weights, found.point[mine], weight)
    np.testing.assert_allclose(displacements(framework.cell, P1, points), said / weights, atol=2e-4)


@pytest.mark.parametrize("code", ["SOD", "FAU", "MOR", "MFI"])
def test_points_on_special_positions_stay_on_them(code: str) -> None:
    framework = load_reference()[code]
    points = framework.frac_t @ framework.cell
    # squeezed, so that there is something to move; whatever the group leaves free may change
    moved = points + 0.3 * displacements(framework.cell, framework.operations, points, COVER)
    frac = moved @ np.linalg.inv(framework.cell)
    before = framework.frac_t
    sites = project_onto_sites(before, framework.operations, framework.cell)
    np.testing.assert_allclose(before, sites, atol=1e-3)
    group = framework.operations
    images, at = group.images(frac), group.images(before)
    for g in range(len(group)):
        apart = at[g] - before
        fixed = np.abs((apart - np.round(apart)) @ framework.cell).max(axis=1) < 0.01
        drift = images[g] - frac - np.round(apart)
        assert np.abs(drift[fixed] @ framework.cell).max(initial=0.0) < 0.02, g


@pytest.mark.parametrize("code", ["CHA", "MFI", "MOR", "STW"])
def test_every_point_lies_near_the_centre_of_a_sphere_that_is_taken(code: str) -> None:
    framework = load_reference()[code]
    points = noisy_points(framework, np.random.default_rng(1))
    x = torch.from_numpy(points).float()[None]
    crystal = crystal_batch([framework.cell], [framework.operations])
    spheres = spheres_about_points(crystal, x, 7.0, MOST_MEMBERS)
    taken = covering(spheres, (1, len(points)), (CENTRAL, COVER))
    few = spheres.take(taken)
    apart = few.members.norm(dim=-1)
    near = few.present & (apart >= CENTRAL) & (apart <= COVER)
    seen = {*few.owners[near].tolist()}
    alone = np.flatnonzero(taken.numpy() & ~np.isin(np.arange(len(points)), [*seen])).tolist()
    assert seen | {*alone} == {*range(len(points))}
    if len(points) > 5:
        assert taken.sum() < 0.7 * len(points)


def test_padding_and_a_point_that_is_alone() -> None:
    cell = 30.0 * np.eye(3)
    crystal = crystal_batch([cell, cell], [P1, P1])
    points = torch.tensor([[[1.0, 2, 3], [4, 2, 3]], [[5.0, 5, 5], [0, 0, 0]]])
    present = torch.tensor([[True, True], [True, False]])
    network = CrystalSpheres(clusters(), RADIUS)
    moved = network(points, torch.tensor([SIGMA, SIGMA]), replace(crystal, present=present))
    assert torch.isfinite(moved).all()
    pair = network(points[:1], torch.tensor([SIGMA]), crystal_batch([cell], [P1]))
    torch.testing.assert_close(moved[:1], pair)
    assert not moved[1, 1].any()


def test_the_posters_network_too() -> None:
    config = PointNetConfig(latent=200, shells=3, width=16, depth=1)
    network = build_network(config, torch.Generator().manual_seed(0)).eval()
    framework = load_reference()["CHA"]
    x = torch.from_numpy(noisy_points(framework, np.random.default_rng(0))).float()[None]
    crystal = crystal_batch([framework.cell], [framework.operations])
    with torch.no_grad():
        moved = CrystalSpheres(network, 7.0)(x, torch.tensor([SIGMA]), crystal)
    assert moved.shape == x.shape
    assert 0 < float(moved.abs().max()) < 10

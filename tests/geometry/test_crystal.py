"""The space of crystals: the same network on asymmetric points and on the full cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from zeoloom.geometry.crystal import Crystal, crystal_batch
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import SymmetryOperations
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.network import EquivariantConfig, build_network
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

P1 = SymmetryOperations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))
# one of each crystal system, one to twelve unique T, and cells thinner than the cutoff
CODES = ["CHA", "FAU", "ABW", "JBW", "MFI", "PAU", "AEI", "SOD", "BIK", "CZP", "STW", "RWY"]


def network() -> torch.nn.Module:
    config = EquivariantConfig(layers=2, width=16, vector_width=8, message_width=8)
    return build_network(config, torch.Generator().manual_seed(3)).double().eval()


def noisy_points(framework: Framework, rng: np.random.Generator) -> np.ndarray:
    """Asymmetric points near the T sites, one of them doubled, Å."""
    frac = np.concatenate([framework.frac_t, framework.frac_t[:1]])
    return frac @ framework.cell + rng.normal(0, 0.3, (len(frac), 3))


def displacements(cell: np.ndarray, group: SymmetryOperations, points: np.ndarray) -> np.ndarray:
    space = crystal_batch([cell], [group], dtype=torch.float64)
    with torch.no_grad():
        moved = network()(torch.from_numpy(points)[None], torch.tensor([0.4]).double(), space)
    return moved[0].numpy()


def in_full_cell(framework: Framework, points: np.ndarray) -> np.ndarray:
    """(G, n, 3) Å, the images of the points under every operation."""
    frac = points @ np.linalg.inv(framework.cell)
    return framework.operations.images(frac) @ framework.cell


@pytest.mark.long
@pytest.mark.parametrize("code", CODES)
def test_asymmetric_points_move_as_in_the_full_cell(code: str) -> None:
    framework = load_reference()[code]
    rng = np.random.default_rng(sum(map(ord, code)))
    points = noisy_points(framework, rng)
    images = in_full_cell(framework, points)
    if images.size > 3 * 500:
        pytest.skip("the full cell is large; others of this system are tried")
    symmetric = displacements(framework.cell, framework.operations, points)
    full = displacements(framework.cell, P1, images.reshape(-1, 3)).reshape(images.shape)
    identity = [
        g
        for g in range(len(framework.operations))
        if (framework.operations.rotations[g] == np.eye(3)).all()
        and not framework.operations.translations[g].any()
    ]
    np.testing.assert_allclose(symmetric, full[identity[0]], atol=1e-9)
    assert np.abs(symmetric).max() > 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_turning_and_choosing_other_asymmetric_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    framework = load_reference()[["CHA", "JBW", "CZP", "PAU"][seed]]
    points = noisy_points(framework, rng)
    here = displacements(framework.cell, framework.operations, points)
    turn = Rotation.random(rng=rng).as_matrix()
    turned = displacements(framework.cell @ turn.T, framework.operations, points @ turn.T)
    np.testing.assert_allclose(turned, here @ turn.T, atol=1e-9, err_msg=f"turn {turn}")

    # another image of each point, and another cell of the lattice: it moves along with its image
    g = rng.integers(len(framework.operations), size=len(points))
    lattice = rng.integers(-2, 3, (len(points), 3)) @ framework.cell
    other = in_full_cell(framework, points)[g, np.arange(len(points))] + lattice
    operations = crystal_batch([framework.cell], [framework.operations], dtype=torch.float64)
    moved = displacements(framework.cell, framework.operations, other)
    inverse = np.linalg.inv(framework.cell.T)
    turns = framework.cell.T @ framework.operations.rotations[g] @ inverse
    np.testing.assert_allclose(
        moved, np.einsum("nab,nb->na", turns, here), atol=1e-9, err_msg=f"operations {g}"
    )
    assert operations.operation_present.all()


@pytest.mark.parametrize("seed", range(4))
def test_shifted_origin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    framework = load_reference()[["AEI", "BIK", "SOD", "STW"][seed]]
    points = noisy_points(framework, rng)
    shift = rng.uniform(-1, 1, 3)
    group = framework.operations
    # R (x - s) + t + s = R x + t + (s - R s)
    moved_group = replace(group, translations=group.translations + shift - group.rotations @ shift)
    here = displacements(framework.cell, group, points)
    there = displacements(framework.cell, moved_group, points + shift @ framework.cell)
    np.testing.assert_allclose(there, here, atol=1e-9, err_msg=f"shift {shift}")


@pytest.mark.parametrize("seed", range(4))
def test_another_choice_of_cell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    framework = load_reference()[["AEI", "CHA", "SOD", "STW"][seed]]
    points = noisy_points(framework, rng)
    here = displacements(framework.cell, framework.operations, points)
    # rows of the new cell are whole combinations of the old ones, and the other way round
    change = np.eye(3, dtype=np.int64)
    for _ in range(3):
        row, other = rng.permutation(3)[:2]
        change[row] += rng.integers(-1, 2) * change[other]
    back = np.linalg.inv(change.T)
    group = framework.operations
    turned = SymmetryOperations(
        np.round(back @ group.rotations @ change.T).astype(np.int64), group.translations @ back.T
    )
    there = displacements(change @ framework.cell, turned, points)
    np.testing.assert_allclose(there, here, atol=1e-9, err_msg=f"rows {change.tolist()}")


@pytest.mark.long
def test_hexagonal_and_rhombohedral_axes() -> None:
    framework = load_reference()["CHA"]
    points = noisy_points(framework, np.random.default_rng(7))
    hexagonal, rhombohedral = (
        operations_of_hall_number(hall_number_of(f"R-3m:{axes}")) for axes in "HR"
    )
    obverse = np.array([[2, 1, 1], [-1, 1, 1], [-1, -2, 1]]) / 3
    here = displacements(framework.cell, hexagonal, points)
    there = displacements(obverse @ framework.cell, rhombohedral, points)
    assert len(hexagonal) == 3 * len(rhombohedral)
    np.testing.assert_allclose(there, here, atol=1e-9)


@pytest.mark.parametrize("code", ["ABW", "JBW", "RWY"])
@pytest.mark.parametrize("cutoff", [2.0, 6.0, 14.0])
def test_edges_against_neighbours(code: str, cutoff: float) -> None:
    framework = load_reference()[code]
    space = crystal_batch([framework.cell], [P1], dtype=torch.float64)
    points = torch.from_numpy(framework.frac_t @ framework.cell)[None]
    *_, edges = space.edges(points, cutoff)
    expected = neighbours_within(framework.frac_t, framework.frac_t, framework.cell, cutoff)
    lengths = expected.distance[expected.distance > 1e-9]
    np.testing.assert_allclose(np.sort(edges.norm(dim=1)), np.sort(lengths), atol=1e-9)


def test_a_batch_is_its_clouds() -> None:
    rng = np.random.default_rng(0)
    frameworks = [load_reference()[code] for code in ("CHA", "JBW", "FAU")]
    clouds = [noisy_points(framework, rng) for framework in frameworks]
    most = max(map(len, clouds))
    space = crystal_batch(
        [f.cell for f in frameworks], [f.operations for f in frameworks], dtype=torch.float64
    )
    present = torch.tensor([[i < len(cloud) for i in range(most)] for cloud in clouds])
    padded = torch.zeros(3, most, 3, dtype=torch.float64)
    for b, cloud in enumerate(clouds):
        padded[b, : len(cloud)] = torch.from_numpy(cloud)
    space = Crystal(
        space.cells, space.rotations, space.translations, space.operation_present, present
    )
    with torch.no_grad():
        moved = network()(padded, torch.full((3,), 0.4, dtype=torch.float64), space)
    for b, (framework, cloud) in enumerate(zip(frameworks, clouds, strict=True)):
        alone = displacements(framework.cell, framework.operations, cloud)
        np.testing.assert_allclose(moved[b, : len(cloud)].numpy(), alone, atol=1e-9)

"""The compiled sums over edges: against torch's list of edges and against every image there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from crystal_examples import group_of, random_cell, random_points
from zeoloom.geometry.crystal import crystal_batch
from zeoloom.geometry.image_kernel import lattice_shifts
from zeoloom.geometry.space import DIRECTION_SOFTENING

if TYPE_CHECKING:
    from zeoloom.geometry.crystal import Crystal
    from zeoloom.geometry.operations import SymmetryOperations

SUMS = ("scalar", "vector", "vector_by_sender", "rotation")


def random_batch(
    rng: np.random.Generator, edges: tuple[float, float], clouds: int, dtype: torch.dtype
) -> tuple[Crystal, torch.Tensor]:
    """Clouds of different sizes in groups of different orders, padding filled with rubbish."""
    halls = rng.integers(1, 531, clouds)
    groups = [group_of(int(hall)) for hall in halls]
    cells = [random_cell(group, edges, rng) for group in groups]
    counts = rng.integers(1, 7, clouds)
    points = rng.normal(size=(clouds, counts.max(), 3))
    for cloud, n, group, cell in zip(points, counts, groups, cells, strict=True):
        cloud[:n] = random_points(int(n), group, rng) @ cell
    present = torch.from_numpy(np.arange(counts.max()) < counts[:, None])
    space = crystal_batch(cells, groups, dtype=dtype)
    return replace(space, present=present), torch.from_numpy(points).to(dtype)


@pytest.mark.parametrize("edges", [(2.0, 5.0), (5.0, 9.0), (9.0, 20.0)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_as_torch_sums_them(edges: tuple[float, float], dtype: torch.dtype) -> None:
    tolerance = 1e-9 if dtype == torch.float64 else 2e-3
    for seed in range(3):
        rng = np.random.default_rng(seed)
        space, points = random_batch(rng, edges, 4, dtype)
        compiled = space.pair_sums(points, 7, 6.0)
        listed = space._summed_edges(points, 7, 6.0)
        for name in SUMS:
            ours, wanted = getattr(compiled, name), getattr(listed, name)
            assert ours.dtype == dtype
            assert wanted.abs().max() > 0.1
            np.testing.assert_allclose(
                ours, wanted, atol=tolerance, rtol=tolerance, err_msg=f"seed {seed}, {name}"
            )


def sums_over_all_images(
    cell: np.ndarray, group: SymmetryOperations, points: np.ndarray, n_radial: int, cutoff: float
) -> dict[str, np.ndarray]:
    """By the definition in `PairSums`, for points (n, 3) Å: every image of many cells is tried."""
    n, inverse = len(points), np.linalg.inv(cell)
    frac = points @ inverse
    reach = int(np.ceil(cutoff * np.linalg.norm(inverse, axis=0).max())) + 3
    cells = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    turns = cell.T @ group.rotations @ np.linalg.inv(cell.T)
    sums = {
        "scalar": np.zeros((n, n_radial, n)),
        "vector": np.zeros((3, n, n_radial, n)),
        "vector_by_sender": np.zeros((n, n_radial, 3, n)),
        "rotation": np.zeros((3, n, n_radial, 3, n)),
    }
    orders = np.arange(n_radial)[:, None] * np.pi / cutoff
    for i, j in product(range(n), repeat=2):
        for g, turn in enumerate(turns):
            image = group.rotations[g] @ frac[j] + group.translations[g]
            r = (image - frac[i] - np.round(image - frac[i]) + cells) @ cell
            d = np.linalg.norm(r, axis=1)
            itself = (d < 1e-9) & (g == 0) & (i == j)
            r, d = r[(d < cutoff) & ~itself], d[(d < cutoff) & ~itself]
            f = np.cos(orders * d) * 0.5 * (1 + np.cos(np.pi * d / cutoff))  # (K, E)
            way = r / np.sqrt(d**2 + DIRECTION_SOFTENING**2)[:, None]
            sums["scalar"][i, :, j] += f.sum(axis=1)
            sums["vector"][:, i, :, j] += (f @ way).T
            sums["vector_by_sender"][i, :, :, j] += f @ way @ turn
            sums["rotation"][:, i, :, :, j] += turn[:, None] * f.sum(axis=1)[None, :, None]
    return sums


@pytest.mark.parametrize("seed", range(6))
def test_as_all_images_give_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = group_of(int(rng.integers(1, 350)))
    cell = random_cell(group, (3.0, 8.0), rng)
    points = random_points(4, group, rng) @ cell
    space = crystal_batch([cell], [group], dtype=torch.float64)
    cutoff = rng.uniform(3.0, 6.0)
    found = space.pair_sums(torch.from_numpy(points)[None], 5, cutoff)
    for name, wanted in sums_over_all_images(cell, group, points, 5, cutoff).items():
        np.testing.assert_allclose(
            getattr(found, name)[0].numpy(), wanted, atol=1e-8, err_msg=f"seed {seed}, {name}"
        )


def test_the_fewest_radial_functions() -> None:
    n_radial = 2
    space, points = random_batch(np.random.default_rng(0), (4.0, 9.0), 2, torch.float64)
    found, many = space.pair_sums(points, n_radial, 5.0), space.pair_sums(points, 4, 5.0)
    torch.testing.assert_close(found.scalar, many.scalar[:, :, :n_radial])
    assert found.rotation is not None
    assert many.rotation is not None
    torch.testing.assert_close(found.rotation, many.rotation[:, :, :, :n_radial])


def test_no_shift_is_missed_or_tried_in_vain() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        cell = random_cell(group_of(1), (2.0, 12.0), rng)
        shifts, reach = lattice_shifts(cell, 6.0)
        cells = np.array(list(product(range(-6, 7), repeat=3)))
        near = rng.uniform(-0.5, 0.5, (200, 3))
        apart = np.linalg.norm((near[:, None] + cells) @ cell, axis=2) < 6.0
        needed = {tuple(c) for c in cells[apart.any(axis=0)].tolist()}
        assert needed <= {tuple(s) for s in shifts.astype(int).tolist()}, f"seed {seed}"
        frac = near[np.nonzero(apart)[0]] + cells[np.nonzero(apart)[1]]
        assert (np.abs(frac) < reach).all(), f"seed {seed}"
        assert np.abs(shifts).max(axis=0).tolist() == np.floor(reach + 0.5).tolist()

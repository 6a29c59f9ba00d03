"""Denoising of a batch of crystals: from noise alone, or from given points with noise added.

The points are those of the asymmetric unit; their images follow. A `Constraint` may bring what the
network expects of them to where points are allowed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.diffusion.samplers import final
from zeoloom.geometry.crystal import Crystal, crystal_batch
from zeoloom.search.wyckoff import unconstrained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.context import Search
    from zeoloom.search.target import Target
    from zeoloom.search.wyckoff import Assignments, Constraint

CRYSTAL_SIGMA_MAX = 1.8
"""Å, first noise level: above, next to nothing is decided."""

CRYSTAL_SIGMA_MIN = 0.05
"""Å, the last noise level before zero."""

RHO = 1.5
"""Spacing of levels: nearly even, since the net is decided between 0.3 and 1.2 Å."""


def crystals_at(targets: Sequence[Target]) -> Crystal:
    """Cells and groups of targets as a batch; points beyond `n_points` are padding.

    Raises:
        ValueError: if targets of one index differ in their cell or group.
    """
    distinct: dict[int, Target] = {}
    for target in targets:
        first = distinct.setdefault(target.index, target)
        same_group = len(first.operations) == len(target.operations)
        if not same_group or (first.cell != target.cell).any():
            raise ValueError(f"targets of index {target.index} differ in their cell or group")
    rows = {index: row for row, index in enumerate(distinct)}
    crystal = crystal_batch(
        [each.cell for each in distinct.values()], [each.operations for each in distinct.values()]
    ).take(torch.tensor([rows[target.index] for target in targets]))
    return replace(crystal, present=points_present(targets))


def points_present(targets: Sequence[Target]) -> Tensor:
    """(B, N) True for the points of each target, False for padding."""
    counts = torch.tensor([target.n_points for target in targets])
    return torch.arange(int(counts.max())) < counts[:, None]


class Held(NamedTuple):
    """Points that are known: they have the noise of each level, but stay where they are.

    Attributes:
        points: (B, N, 3) Å.
        mask: (B, N) which of them are held.
    """

    points: Tensor
    mask: Tensor

    def put_into(self, points: Tensor) -> Tensor:
        """Points (B, N, 3) Å with those that are held in their places."""
        return torch.where(self.mask[..., None], self.points.to(points), points)


def held_points(targets: Sequence[Target]) -> Held:
    """The points that are planted in targets."""
    present = points_present(targets)
    points, mask = torch.zeros(*present.shape, 3), torch.zeros_like(present)
    for row, target in enumerate(targets):
        if target.planted is not None:
            points[row, : target.n_planted] = torch.from_numpy(target.planted @ target.cell)
            mask[row, : target.n_planted] = True
    return Held(points, mask)


def denoise_from_noise(
    crystal: Crystal,
    sampler: Sampler,
    steps: int,
    search: Search,
    constraint: Constraint = unconstrained,
    held: Held | None = None,
) -> Tensor:
    """Draw points from noise alone and denoise them.

    Args:
        crystal: B cells with their groups and numbers of points.
        sampler: that carries points down the noise levels.
        steps: noise levels.
        search: network, device and source of randomness.
        constraint: where points may be.
        held: points that are known, which the others grow around.

    Returns:
        (B, N, 3) Å, on the CPU.
    """
    assert crystal.present is not None
    frac = torch.rand(*crystal.present.shape, 3, generator=search.rng)
    cart = frac @ crystal.cells
    cart = cart if held is None else held.put_into(cart)
    levels = noise_levels(steps, CRYSTAL_SIGMA_MAX, CRYSTAL_SIGMA_MIN, RHO)
    return denoise_from_points(crystal, cart, levels, sampler, search, constraint, held)


def denoise_from_points(
    crystal: Crystal,
    positions: Tensor,
    levels: Sequence[float],
    sampler: Sampler,
    search: Search,
    constraint: Constraint = unconstrained,
    held: Held | None = None,
) -> Tensor:
    """Add noise of the first level to points, and denoise them level by level.

    Args:
        crystal: B cells with their groups and numbers of points.
        positions: (B, N, 3) Å.
        levels: Å, falling, the last may be 0.
        sampler: that carries points down the noise levels.
        search: network, device and source of randomness.
        constraint: where points may be.
        held: points that are known, which the others grow around.

    Returns:
        (B, N, 3) Å, on the CPU.
    """
    start = positions + levels[0] * standard_noise(positions, search.rng)
    on_device = crystal.to(search.device)
    expect = denoiser(lambda points, level: search.network(points, level, on_device))
    assignments: Assignments = {}

    def denoise(points: Tensor, level: Tensor) -> Tensor:
        nonlocal assignments  # samplers pass points only
        expected = expect(points, level)
        expected = expected if held is None else held.put_into(expected)
        expected, assignments = constraint(expected, float(level[0]), assignments)
        return expected if held is None else held.put_into(expected)

    with torch.inference_mode():
        return final(sampler(denoise, start.to(search.device), levels, search.rng)).cpu()


def padded_positions(clouds: Sequence[FloatArray], targets: Sequence[Target]) -> Tensor:
    """(B, N, 3) Å of fractional points (n, 3) of each target; padding lies at the origin."""
    positions = np.zeros((len(targets), max(map(len, clouds)), 3), dtype=np.float32)
    for row, (frac, target) in enumerate(zip(clouds, targets, strict=True)):
        positions[row, : len(frac)] = frac @ target.cell
    return torch.from_numpy(positions)


def denoise_once(
    crystal: Crystal,
    positions: Tensor,
    fixed: Tensor,
    sigma: float,
    search: Search,
    constraint: Constraint = unconstrained,
) -> Tensor:
    """Add noise to points, and bring those that are not fixed to where the network expects them.

    Args:
        crystal: B cells with their groups and numbers of points.
        positions: (B, N, 3) Å.
        fixed: (B, N) True for points that the network sees with noise, but that stay.
        sigma: Å, of the noise.
        search: network, device and source of randomness.
        constraint: where points may be; fixed ones are given to it where they stay.

    Returns:
        (B, N, 3) Å, on the CPU.
    """
    noisy = positions + sigma * standard_noise(positions, search.rng)
    levels = torch.full((len(positions),), sigma)
    on_device = crystal.to(search.device)
    expect = denoiser(lambda points, level: search.network(points, level, on_device))
    with torch.inference_mode():
        expected = expect(noisy.to(search.device), levels.to(search.device)).cpu()
    stays = fixed[..., None]
    allowed, _ = constraint(torch.where(stays, positions, expected), sigma, {})
    return torch.where(stays, positions, allowed)

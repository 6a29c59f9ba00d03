"""Denoising guided by what was measured: expected points moved the way they agree better.

Diffusion posterior sampling (Chung et al., arXiv:2209.14687) adds the slope of the misfit to each
step of the sampler. Here it moves what the network expects, before the next noise is added (as in
manifold preserving guidance, He et al., arXiv:2311.16424), so that nothing is differentiated
through the network. Only intensities of spacings that the noise leaves a meaning are used: those
of low angles at first, and more as the noise falls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from zeoloom.geometry.site_symmetry import site_symmetry
from zeoloom.search.agreement_kernel import climb, images_shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.geometry.arrays import BoolArray, FloatArray
    from zeoloom.search.guide import Guide
    from zeoloom.search.target import Target
    from zeoloom.search.wyckoff import Assignments, Constraint, WyckoffAssignment

OXYGEN_LEVEL = 0.7
"""Å, noise level below which near points have oxygen between them."""


class Climbing(NamedTuple):
    """How far expected points are moved.

    Attributes:
        highest: Å, noise level above which they are left alone.
        lowest: Å, below which they are.
        spacing: least spacing of the reflections that are used, times the noise level.
        step: the longest first move, times the noise level.
        steps: that are tried.
    """

    highest: float = 1.5
    lowest: float = 0.25
    spacing: float = 3.0
    step: float = 1.0
    steps: int = 6


GROWING = Climbing()
"""From noise alone."""

REPAIRING = Climbing(spacing=4.0, step=0.25, steps=2)
"""Around what is wrong."""


def guided_constraint(
    targets: Sequence[Target],
    constraint: Constraint,
    guide: Guide | None,
    how: Climbing,
    fixed: Tensor | None = None,
) -> Constraint:
    """A constraint that then moves points the way they agree better.

    Args:
        targets: of the crystals of a batch.
        constraint: that comes first.
        guide: what was measured; None for nothing more than the constraint.
        how: far they are moved.
        fixed: (B, N) True for points that stay; None for none.
    """
    if guide is None:
        return constraint

    def guided(
        cart_points: Tensor, level: float, assignments: Assignments
    ) -> tuple[Tensor, Assignments]:
        allowed, following = constraint(cart_points, level, assignments)
        if not how.lowest <= level <= how.highest:
            return allowed, following
        points = allowed.double().cpu().numpy()
        for row, target in enumerate(targets):
            n = target.n_points
            stays = np.zeros(n, np.bool_) if fixed is None else fixed[row, :n].numpy()
            frac = points[row, :n] @ target.group.inverse_cell
            moved = _moved(frac, ~stays, target, following.get(row), guide, how, level)
            points[row, :n] = moved @ target.cell
        return torch.from_numpy(points).to(allowed), following

    return guided


def _moved(
    frac: FloatArray,
    free: BoolArray,
    target: Target,
    assignment: WyckoffAssignment | None,
    guide: Guide,
    how: Climbing,
    level: float,
) -> FloatArray:
    """Points (n, 3) of one crystal, those moved that are free (n,)."""
    group = target.group
    if assignment is None:  # they may yet meet their images
        projectors, sharing = np.tile(np.eye(3), (len(frac), 1, 1)), images_shared(frac, group)
    else:
        symmetry = site_symmetry(frac, group)
        projectors, sharing = symmetry.projectors, symmetry.orders.astype(np.float64)
    return climb(
        frac,
        free,
        projectors,
        sharing,
        group,
        level < OXYGEN_LEVEL,
        guide.intensities_to(how.spacing * level),
        how.steps,
        how.step * level,
    )

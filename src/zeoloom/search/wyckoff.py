"""Wyckoff assignment: points are kept on special positions whose orbits add up to a given number.

The special positions that are occupied decide how many atoms a cell holds. Points that are free to
meet their images seldom end with the number that is asked for. So at each noise level every point
is assigned a special position near to where the network expects it, drawn such that the sizes of
all orbits add up; the assignment of the lowest such level is kept. What the network expects of a
point is projected onto its position; its noise is not. Assigned points are also kept apart, as each
is to become an atom of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.geometry.special_positions import special_positions
from zeoloom.search.wyckoff_kernel import (
    draw_positions,
    nearest_on_positions,
    position_chances,
    project_points,
    separate_points,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.geometry.arrays import BoolArray, FloatArray
    from zeoloom.search.target import Target

ORBIT_SHARES = (0.013, 0.094, 0.295, 0.597)
"""Shares of the orbits on points, lines, planes and general positions, in the types learned from
whose groups have lines and planes."""

RELATIVE_SPREAD, LEAST_SPREAD = 0.3, 0.2
"""Standard deviation of points around where they are expected: times the noise level; and Å."""

LAST_ASSIGNMENT_LEVEL = 0.29
"""Å, noise level below which an assignment is kept."""

SEPARATION_LEVEL = 1.0
"""Å, noise level below which assigned points are kept apart."""

CONSTRAINED_SHARE, CONSTRAINED_SHARE_IF_KNOWN = 0.5, 0.95
"""Share of the crystals whose points are constrained; and where exact numbers of atoms and orbits
are asked for. The points of the others are free to meet."""


@dataclass(frozen=True, slots=True)
class WyckoffAssignment:
    """The special positions that the n points of a crystal are kept on.

    Attributes:
        frac: (n, 3) fractional, a place on the position of each point.
        directions: (n, 3, 3) fractional projectors on the directions in which a point may move.
    """

    frac: FloatArray
    directions: FloatArray


Assignments = Mapping[int, WyckoffAssignment]
"""Assignments so far, by the row of the crystal in its batch."""

Constraint = Callable[["Tensor", float, Assignments], tuple["Tensor", Assignments]]
"""Brings what is expected of points (B, N, 3) Å at a noise level, Å, to where they may be. The
assignments so far are passed in, the next ones are returned."""


def unconstrained(
    cart_points: Tensor,
    level: float,  # noqa: ARG001 - a `Constraint`
    assignments: Assignments,
) -> tuple[Tensor, Assignments]:
    """Points may be anywhere."""
    return cart_points, assignments


@dataclass(frozen=True, slots=True)
class WyckoffConstraint:
    """A `Constraint`: the points of some crystals are kept on special positions.

    A crystal whose orbits cannot add up to what is asked for stays free.

    Attributes:
        targets: of the crystals of a batch.
        constrained: (B,) which of them are.
        fixed: (B, N) True for points that stay where they are, which is where they are given.
        densities: (m,) of `position_densities`, by the index of the target.
        rng: source of randomness.
    """

    targets: Sequence[Target]
    constrained: BoolArray
    fixed: BoolArray
    densities: Mapping[int, FloatArray]
    rng: np.random.Generator

    def __call__(
        self, cart_points: Tensor, level: float, assignments: Assignments
    ) -> tuple[Tensor, Assignments]:
        """Assign anew if the level is high enough, and project the points."""
        points = cart_points.double().cpu().numpy()
        spread = max(RELATIVE_SPREAD * level, LEAST_SPREAD)
        following = dict(assignments)
        for row in np.flatnonzero(self.constrained).tolist():
            target, n = self.targets[row], self.targets[row].n_points
            group, fixed = target.group, self.fixed[row, :n]
            frac = points[row, :n] @ group.inverse_cell
            if level >= LAST_ASSIGNMENT_LEVEL:
                densities = self.densities[target.index]
                drawn = draw_assignment(target, densities, frac, fixed, spread, self.rng)
                if drawn is not None:
                    following[row] = drawn
            if row not in following:
                continue
            assignment = following[row]
            frac = project_points(frac, assignment.frac, assignment.directions)
            if level < SEPARATION_LEVEL:
                frac = separate_points(frac, assignment.directions, fixed, group)
            points[row, :n] = frac @ target.cell
        return torch.from_numpy(points).to(cart_points), following


def wyckoff_constraint(
    targets: Sequence[Target],
    constrained: BoolArray,
    rng: np.random.Generator,
    fixed: BoolArray | None = None,
) -> WyckoffConstraint:
    """A `WyckoffConstraint`; without `fixed` all points may move."""
    if fixed is None:
        most = max(target.n_points for target in targets)
        fixed = np.zeros((len(targets), most), dtype=np.bool_)
    cells = {targets[row].index: targets[row] for row in np.flatnonzero(constrained).tolist()}
    densities = {index: position_densities(target) for index, target in cells.items()}
    return WyckoffConstraint(targets, constrained, fixed, densities, rng)


def choose_constrained(
    targets: Sequence[Target], rng: torch.Generator, share: float | None = None
) -> tuple[list[Target], BoolArray]:
    """Choose the crystals whose points are constrained.

    Args:
        targets: of the crystals of a batch.
        rng: source of randomness, on the CPU.
        share: chance of each; None for the usual one.

    Returns:
        The targets, those of constrained crystals with no more points than orbits are asked for;
        (B,) which crystals are constrained.
    """
    draws = torch.rand(len(targets), generator=rng).tolist()
    chosen, constrained = list(targets), np.zeros(len(targets), dtype=np.bool_)
    for row, (target, draw) in enumerate(zip(targets, draws, strict=True)):
        usual = CONSTRAINED_SHARE_IF_KNOWN if target.counts_known else CONSTRAINED_SHARE
        if draw < (usual if share is None else share):
            chosen[row] = replace(target, n_points=min(target.n_points, target.n_t_unique[1]))
            constrained[row] = True
    return chosen, constrained


def position_densities(target: Target) -> FloatArray:
    """Points per Å, Å², Å³ of each special position (m,) in the cell of a target."""
    positions = special_positions(target.operations)
    extents = positions.extents(target.cell)
    of_kind = np.bincount(positions.freedoms, extents, minlength=len(ORBIT_SHARES))
    return np.asarray(np.array(ORBIT_SHARES)[positions.freedoms] / of_kind[positions.freedoms])


def draw_assignment(
    target: Target,
    densities: FloatArray,
    frac: FloatArray,
    fixed: BoolArray,
    spread: float,
    rng: np.random.Generator,
) -> WyckoffAssignment | None:
    """Draw special positions near points, so that their orbits add up to the atoms asked for.

    Args:
        target: cell, group and number of T atoms.
        densities: (m,) of `position_densities`.
        frac: (n, 3) where points are expected.
        fixed: (n,) those that stay on the special positions they are on.
        spread: Å, standard deviation of points around where they are expected.
        rng: source of randomness.

    Returns:
        The assignment; None if no orbits add up.
    """
    positions = special_positions(target.operations)
    squares, nearest = nearest_on_positions(
        frac, positions.frac_points, positions.directions, target.cell
    )
    chances = position_chances(squares, positions.freedoms, densities, spread, fixed)
    drawn = draw_positions(chances, positions.sizes, *target.n_t, rng.random(len(frac) + 1))
    if not len(drawn):
        return None
    return WyckoffAssignment(nearest[np.arange(len(frac)), drawn], positions.directions[drawn])

"""Room for channels and cages, drawn before the atoms: tubes and balls that T atoms keep out of.

Whether a net has wide windows is seen only when it is finished, and hardly any net has them by
chance. But a channel is a tube without atoms along an axis of the cell, and a cage a ball about a
place of high symmetry. So a crystal that is to have them is given such hollows. What the network
expects of points is moved out of them at every noise level (a projection onto what is asked for, as
in inpainting: Lugmayr et al., arXiv:2201.09865), and while crystals are annealed an atom in a
hollow costs the more, the deeper it lies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.judge.conditions import POSSIBLE
from zeoloom.nets.bonding import BOND_LENGTH
from zeoloom.search.hollow_kernel import MOST_DEPTH, Hollow, depths, moved_out, total_depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.judge.conditions import Conditions
    from zeoloom.judge.ranges import Ranges
    from zeoloom.search.candidates import Candidate
    from zeoloom.search.target import Target
    from zeoloom.search.wyckoff import Assignments, Constraint

OXYGEN_RADIUS, BEHIND_OXYGEN = 1.35, 0.45
"""Å. Spheres touch oxygen atoms of this radius; T atoms lie so much farther from a channel's axis
or a cage's centre than the oxygen atoms (0.3 to 0.6 Å in LTA, CHA, FAU, MOR, VFI)."""

FEWER_IN_RING = 2
"""A tube through a ring is wider than a regular ring of so many T atoms fewer."""

LEAST_TUBE, CHANNEL_RADIUS, WIDE_TUBE = 3.0, 3.7, 4.8
"""Å, of tubes that let water through, from the least to an 8-ring's, for further channels; and of
the least that is worth planning by itself: a quarter of all frameworks has windows of 10 rings and
more, and where crystals grew around such tubes fewer of them became valid."""

TIGHT_HEAT = 20.5
"""kJ/mol, heat of adsorption of methane from which channels are to be as narrow as it just fits, so
that narrow tubes are worth planning."""

HOLLOW_SPREAD = 0.6
"""Å, by which hollows may be wider than asked for."""

AXIS_SHARE = 0.75
"""Share of the tubes that lie on an axis of rotation or screw; others lie anywhere."""

LEAST_SINE = 0.1
"""Of the angle between directions that are different."""

MEETING_SHARE = 0.7
"""Share of the further tubes that meet the first one, or the middle of a ball."""

PLAIN_DIRECTIONS = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, -1, 0))
"""Directions of tubes that lie on no axis."""

BALL_GRIDS = (8, 12)
"""Places of balls lie on grids of so many steps along each axis of the cell."""

HOLLOW_TRIES, AXIS_TRIES, HOLLOW_SAMPLES = 3, 6, 40
"""Hollows that are drawn before a crystal is left without; axes for each direction of tubes; random
points that judge hollows."""

MOST_CROWDED, MOST_CROWDED_AT_BALLS = 32.0, 80.0
"""T atoms per 1000 Å^3 of what hollows leave. It is 28 around a tube of 4.5 Å in AFI, a 12-ring,
and 65 around balls of 7 Å in LTA and RHO, where all atoms lie on the walls of cages."""

DEPTH_COST, COUNTED_DEPTH = 0.5, 6.0
"""Cost for each Å that atoms lie within hollows, summed over unique atoms; and Å that count."""


@dataclass(frozen=True, slots=True)
class HollowPlan:
    """What hollows are to be like.

    Attributes:
        tube: Å, least and largest radius; None for no tubes.
        ball: likewise.
        dimension: directions, 1 to 3, that tubes and their images have to span.
    """

    tube: tuple[float, float] | None
    ball: tuple[float, float] | None
    dimension: int = 1


def ring_radius(n: float) -> float:
    """Å, from the middle of a flat regular ring of n T atoms to these."""
    return 0.5 * BOND_LENGTH / math.sin(math.pi / n)


def hollow_plan(conditions: Conditions) -> HollowPlan | None:
    """The hollows that conditions ask for; None if they ask for none."""
    least, most = 0.0, math.inf
    if conditions.window is not None:
        low, high = conditions.window.within(*POSSIBLE["window"])
        least, most = ring_radius(max(low, 6.0) - FEWER_IN_RING), ring_radius(high)
    if conditions.largest_free_sphere is not None:
        spheres = conditions.largest_free_sphere.within(*POSSIBLE["largest_free_sphere"])
        low, high = map(_t_radius, spheres)
        least, most = max(least, low), min(most, high)
    dimension = 0
    if conditions.channels is not None:
        dimension = int(conditions.channels.within(*POSSIBLE["channels"])[0])
    ball = _ball(conditions.largest_included_sphere, least)
    if ball and dimension:
        least = max(least, LEAST_TUBE)
    tube = None
    heat = conditions.heat_ch4
    tight = heat is not None and heat.within(*POSSIBLE["heat_ch4"])[0] >= TIGHT_HEAT
    if least >= WIDE_TUBE or (least >= LEAST_TUBE and (ball or tight)):
        tube = least, max(least, min(least + HOLLOW_SPREAD, most))
    return HollowPlan(tube, ball, max(1, dimension)) if tube or ball else None


def clearance(conditions: Conditions) -> float | None:
    """Å from T atoms, of the places of a framework that stay empty in its descendants.

    None if no condition is on pores.
    """
    if not (conditions.asks("pores") or conditions.asks("adsorption")):
        return None
    least = CHANNEL_RADIUS
    if conditions.window is not None:
        low, _ = conditions.window.within(*POSSIBLE["window"])
        least = max(least, ring_radius(max(low, 6.0) - FEWER_IN_RING))
    plan = hollow_plan(conditions)
    return CHANNEL_RADIUS if plan is not None and plan.dimension > 1 else least


def _t_radius(diameter: float) -> float:
    """Å, from the middle of a sphere between oxygen atoms to the T atoms about it."""
    return 0.5 * diameter + OXYGEN_RADIUS + BEHIND_OXYGEN


def _ball(asked: Ranges | None, tube: float) -> tuple[float, float] | None:
    if asked is None:
        return None
    low, high = map(_t_radius, asked.within(*POSSIBLE["largest_included_sphere"]))
    return (low, min(high, low + HOLLOW_SPREAD)) if low > max(tube, WIDE_TUBE) else None


def with_hollows(
    targets: Sequence[Target], plan: HollowPlan | None, rng: np.random.Generator
) -> list[Target]:
    """Targets with hollows, without those that have no room for any.

    If nothing is planned all stay as they are.
    """
    if plan is None:
        return list(targets)
    drawn = [replace(each, hollow=draw_hollow(each, plan, rng)) for each in targets]
    return [each for each in drawn if each.hollow is not None]


def draw_hollow(target: Target, plan: HollowPlan, rng: np.random.Generator) -> Hollow | None:
    """Hollows in the cell of a target; None if they would leave too little room."""
    density = 0.5 * sum(target.n_t) * 1000.0 / abs(float(np.linalg.det(target.cell)))
    samples = rng.random((HOLLOW_SAMPLES, 3))
    for _ in range(HOLLOW_TRIES):
        parts = [_draw_ball(target.group, plan.ball, rng)] if plan.ball else []
        if plan.tube:
            centre = parts[0][0] if parts else None
            parts += _draw_tubes(target.group, plan.tube, plan.dimension, centre, rng)
        hollow = Hollow(*(np.array(each) for each in zip(*parts, strict=True)))
        left = float((depths(samples, target.group, hollow) == 0.0).mean())
        if density < (MOST_CROWDED_AT_BALLS if plan.ball else MOST_CROWDED) * left:
            return hollow
    return None


Part = tuple["FloatArray", "FloatArray", float]
"""A place, an axis and a radius, as in `Hollow`."""


def _draw_ball(group: Group, radii: tuple[float, float], rng: np.random.Generator) -> Part:
    """A ball about a place, the likelier the higher its symmetry."""
    spots, chances = _symmetric_spots(group.rotations.tobytes(), group.translations.tobytes())
    return spots[rng.choice(len(spots), p=chances)], np.zeros(3), float(rng.uniform(*radii))


@lru_cache(maxsize=256)
def _symmetric_spots(
    rotation_bytes: bytes, translation_bytes: bytes
) -> tuple[FloatArray, FloatArray]:
    """Places (k, 3) of a cell, fractional, and chances (k,): the square of their site's order."""
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(translation_bytes, dtype=np.float64).reshape(-1, 3)
    spots = np.concatenate([np.indices((n,) * 3).reshape(3, -1).T / n for n in BALL_GRIDS])
    orders = np.zeros(len(spots))
    for rotation, translation in zip(rotations, translations, strict=True):
        apart = spots @ (rotation - np.eye(3)).T + translation
        orders += np.abs(apart - np.round(apart)).max(axis=1) < 1e-6
    chances = np.where(orders > 1, orders, 0.0) ** 2 + 1e-9
    return spots, np.asarray(chances / chances.sum())


def _draw_tubes(
    group: Group,
    radii: tuple[float, float],
    dimension: int,
    centre: FloatArray | None,
    rng: np.random.Generator,
) -> list[Part]:
    """Tubes that together with their images run in as many directions as asked for.

    The first is as wide as asked for, the others let water pass. They mostly meet in the centre of
    a ball or on the axis of the first, as channels have to be of one network.
    """
    parts: list[Part] = []
    axes, rank = np.zeros((0, 3)), 0
    for _ in range(AXIS_TRIES * dimension):
        place, axis = _draw_axis(group, rng)
        more = np.concatenate([axes, group.cart_rotations @ axis])
        more_rank = _rank(more)
        if more_rank > rank:
            axes, rank = more, more_rank
            if centre is not None and rng.random() < MEETING_SHARE:
                place = centre
            centre = place if centre is None else centre
            wide = rng.uniform(*radii)
            narrow = min(wide, rng.uniform(LEAST_TUBE, CHANNEL_RADIUS))
            parts.append((place, axis, float(narrow if parts else wide)))
        if rank >= dimension:
            break
    return parts


def _rank(axes: FloatArray) -> int:
    """How many directions unit vectors (k, 3) span."""
    if not len(axes):
        return 0
    normals = axes[:, [1, 2, 0]] * axes[0, [2, 0, 1]] - axes[:, [2, 0, 1]] * axes[0, [1, 2, 0]]
    squared = (normals**2).sum(axis=1)
    widest = int(squared.argmax())
    if squared[widest] < LEAST_SINE**2:
        return 1
    out_of_plane = np.abs(axes @ normals[widest]).max() / np.sqrt(squared[widest])
    return 2 if out_of_plane < LEAST_SINE else 3


def _draw_axis(group: Group, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """A point (3,) on an axis, fractional, and its direction (3,), a unit vector."""
    turning = _turning(group.rotations.tobytes())
    if not len(turning) or rng.random() > AXIS_SHARE:
        axis = np.array(PLAIN_DIRECTIONS[rng.integers(len(PLAIN_DIRECTIONS))]) @ group.cell
        return rng.random(3), axis / np.linalg.norm(axis)
    g = int(turning[rng.integers(len(turning))])
    step = group.cart_translations[g] + rng.integers(-1, 2, 3) @ group.cell
    axis, solved = _fixed_line(group.cart_rotations[g].tobytes())
    across = step - (step @ axis) * axis
    return solved @ across @ group.inverse_cell, axis


@lru_cache(maxsize=256)
def _turning(rotation_bytes: bytes) -> IntArray:
    """Which of some rotations (g, 3, 3) are proper, and turn."""
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    traces = np.trace(rotations, axis1=1, axis2=2)
    return np.flatnonzero((np.linalg.det(rotations) > 0.0) & (traces < 3))


@lru_cache(maxsize=4096)
def _fixed_line(rotation_bytes: bytes) -> tuple[FloatArray, FloatArray]:
    """Axis (3,) of a rotation, and (3, 3) that gives a point of it by the step across it."""
    rotation = np.frombuffer(rotation_bytes).reshape(3, 3)
    values, vectors = np.linalg.eig(rotation)
    axis = np.real(vectors[:, np.abs(values - 1.0).argmin()])
    return np.asarray(axis), np.asarray(np.linalg.pinv(np.eye(3) - rotation, rcond=1e-6))


def keeping_hollows(
    targets: Sequence[Target], constraint: Constraint, fixed: Tensor | None = None
) -> Constraint:
    """A constraint that first moves points, but for fixed ones, out of the hollows."""
    rows = [(k, each, each.hollow) for k, each in enumerate(targets) if each.hollow is not None]
    if not rows:
        return constraint

    def kept_out(
        cart_points: Tensor, level: float, assignments: Assignments
    ) -> tuple[Tensor, Assignments]:
        points = cart_points.clone()
        for k, target, hollow in rows:
            n = target.n_points
            frac = points[k, :n].double().cpu().numpy() @ target.group.inverse_cell
            moved = moved_out(frac, target.group, hollow) @ target.cell
            points[k, :n] = points.new_tensor(moved)
        if fixed is not None:
            points = torch.where(fixed[..., None], cart_points, points)
        return constraint(points, level, assignments)

    return kept_out


def hollow_cost(candidate: Candidate) -> float:
    """Cost of the atoms of a candidate that lie within its hollows."""
    return DEPTH_COST * min(_depth_of(candidate), COUNTED_DEPTH)


def hollows_whole(candidate: Candidate) -> bool:
    """Whether the atoms of a candidate leave it the hollows that it was to have."""
    return _depth_of(candidate) <= MOST_DEPTH


def _depth_of(candidate: Candidate) -> float:
    target = candidate.target
    if target.hollow is None:
        return 0.0
    return float(total_depth(candidate.frac_t, target.group, target.hollow))


def within_hollow(frac: FloatArray, target: Target) -> BoolArray:
    """(n,) which of some points (n, 3), or an image, lie in a hollow of a target."""
    if target.hollow is None:
        return np.zeros(len(frac), dtype=np.bool_)
    return np.asarray(depths(frac, target.group, target.hollow) > 0.0)

"""Composite building units that are put into a crystal before it grows, and held while it does.

Hardly any net holds a double ring or a cage by chance. So the T atoms of a unit are put where the
symmetry of the crystal allows it: at a place whose site symmetry is part of the symmetry of the
unit, turned such that both agree, or at a general position. These points are held: at every noise
level they are where they are known to be, with noise of that level (inpainting: Lugmayr et al.,
arXiv:2201.09865), and the others grow around them. Neither rounds nor walks break their bonds.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.lattice import volume
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.nets.fingerprint import DEGREE
from zeoloom.search.hollow_kernel import MOST_DEPTH, depths
from zeoloom.search.point_kernel import meet
from zeoloom.structure.building_units import unit_shape

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.group import Group
    from zeoloom.judge.conditions import Conditions
    from zeoloom.search.target import Target
    from zeoloom.structure.building_units import UnitShape

SPOT_GRIDS = (8, 12)
"""Places are those of grids with so many steps along each axis of the cell, moved along what
symmetry leaves free."""

PLANTED_SHARE = 0.9
"""Share of the batches with units planted, where units are asked for; in the others they have to
come by themselves, wherever that is."""

COMMON_DENSITY = 17.0
"""T atoms per 1000 Å^3 that a crystal is to have in the end, if that is among those asked for: the
fewer of these are planted, the more points are left to grow."""

PLACE_TRIES, TURN_TRIES = 12, 6
"""Places that are tried in a crystal for each unit, and turns there."""

FEWEST_OF_CAGE, CAGES_OF_ATOM, RINGS_OF_ATOM = 20, 4, 2
"""Atoms of a cage; and cages, as in SOD, or other units, as in RHO, that a T atom is part of."""

LEAST_APART, LONGEST_BOND = 2.6, 3.5
"""Å, between T atoms of units; and bonds within a unit whose images have been brought together."""

AGREES = 0.02
"""By which elements of two rotation matrices may differ, and cosines."""


class Sites(NamedTuple):
    """Places of a cell and their symmetry.

    Attributes:
        frac: (s, 3) places.
        fixing: (s, G) operations that leave each where it is, but for whole cells.
        orders: (s,) how many.
    """

    frac: FloatArray
    fixing: BoolArray
    orders: IntArray


def units_to_plant(conditions: Conditions, rng: np.random.Generator) -> tuple[str, ...]:
    """The units that are planted in a batch: those asked for, in most batches."""
    asked = tuple(sorted(conditions.contains or ()))
    return asked if asked and rng.random() < PLANTED_SHARE else ()


def with_units(
    targets: Sequence[Target], names: Collection[str], rng: np.random.Generator
) -> list[Target]:
    """Targets with units planted, without those where they find no place.

    Of several units as many as find a place are planted, the largest first. If there are none all
    stay as they are.
    """
    if not names:
        return list(targets)
    ordered = sorted(names, key=lambda name: (-len(unit_shape(name).cart), name))
    planted = [_planted(each, ordered, rng) for each in targets]
    return [each for each in planted if each.n_planted]


def plant(target: Target, names: Sequence[str], rng: np.random.Generator) -> FloatArray | None:
    """Places (k, 3), fractional, of the asymmetric atoms of units; None if there is no room."""
    placed: FloatArray = np.zeros((0, 3))
    for name in names:
        shape = unit_shape(name)
        sites, chances = _possible_sites(target, shape, len(placed))
        for _ in range(PLACE_TRIES if len(chances) else 0):
            spot = int(rng.choice(len(chances), p=chances))
            atoms = _at_site(target, shape, sites, spot, rng)
            more = None if atoms is None else _joined(target, placed, atoms, shape)
            if more is not None:
                placed = more
                break
    return placed if len(placed) else None


def _planted(target: Target, names: Sequence[str], rng: np.random.Generator) -> Target:
    """A target with units planted, and as many points around them as make up the crystal."""
    planted = plant(target, names, rng)
    if planted is None:
        return target
    *_, multiplicity = meet(planted, target.group)
    left = 1.0 - multiplicity.sum() / _final_atoms(target)
    n_points = len(planted) + max(0, round(target.n_points * left))
    n_points = max(n_points, min(target.n_t_unique[0], n_points + 1))
    return replace(target, planted=planted, n_points=n_points)


def _final_atoms(target: Target) -> float:
    """T atoms that a crystal is to have in the end."""
    usual = COMMON_DENSITY * volume(target.cell) / 1000.0
    return float(min(max(usual, target.n_t[0]), target.n_t[1]))


def _possible_sites(target: Target, shape: UnitShape, before: int) -> tuple[Sites, FloatArray]:
    """Sites, and the chance of each: those where a unit is not too many points, or atoms."""
    group = target.group
    sites = _sites(group.rotations.tobytes(), group.translations.tobytes())
    size = len(shape.cart)
    shared = CAGES_OF_ATOM if size >= FEWEST_OF_CAGE else RINGS_OF_ATOM
    points = size / (sites.orders * shared)
    atoms = points * len(group.rotations)
    possible = (np.ceil(points) + before <= target.n_points) & (atoms <= _final_atoms(target))
    possible &= sites.orders <= len(shape.isometries)
    if not possible.any():
        return sites, np.zeros(0)
    # each order of site symmetry is as likely as any other
    alike = np.bincount(sites.orders[possible], minlength=sites.orders.max() + 1)
    chances = np.where(possible, 1.0 / np.maximum(alike[sites.orders], 1), 0.0)
    return sites, np.asarray(chances / chances.sum())


@lru_cache(maxsize=256)
def _sites(rotation_bytes: bytes, translation_bytes: bytes) -> Sites:
    """The places of the grids, and a general one."""
    rotations = np.frombuffer(rotation_bytes, dtype=np.int64).reshape(-1, 3, 3)
    translations = np.frombuffer(translation_bytes, dtype=np.float64).reshape(-1, 3)
    grids = [np.indices((n,) * 3).reshape(3, -1).T / n for n in SPOT_GRIDS]
    frac = np.concatenate([*grids, [[0.0417, 0.1733, 0.3891]]])
    fixing = np.empty((len(frac), len(rotations)), dtype=np.bool_)
    for g, (rotation, translation) in enumerate(zip(rotations, translations, strict=True)):
        apart = frac @ (rotation - np.eye(3)).T + translation
        fixing[:, g] = np.abs(apart - np.round(apart)).max(axis=1) < 1e-6
    orders = fixing.sum(axis=1)
    worth = orders > 1
    worth[-1] = True  # the general position once
    return Sites(frac[worth], fixing[worth], orders[worth])


def _at_site(
    target: Target, shape: UnitShape, sites: Sites, spot: int, rng: np.random.Generator
) -> FloatArray | None:
    """Atoms (k, 3) of a unit at a site, fractional; None if their symmetries do not agree."""
    group, fixing = target.group, sites.fixing[spot]
    turn = turned_to(group.cart_rotations[fixing], shape.isometries, rng)
    if turn is None:
        return None
    free = group.rotations[fixing].mean(axis=0)
    middle = sites.frac[spot] + free @ rng.random(3)
    return np.asarray(middle + shape.cart @ turn.T @ group.inverse_cell)


def turned_to(
    site: FloatArray, isometries: FloatArray, rng: np.random.Generator
) -> FloatArray | None:
    """How a unit is to be turned so that it has the symmetry of a site, drawn at random.

    Args:
        site: (s, 3, 3) the operations of the site, Cartesian.
        isometries: (m, 3, 3) those of the unit.
        rng: source of randomness.

    Returns:
        (3, 3) that acts on columns; None if the unit has not that symmetry, or no way was found.
    """
    axes, kinds = _axes(site), _kinds(site)
    own_axes, own_kinds = _own_axes(isometries.tobytes())
    turning = np.flatnonzero(np.abs(np.abs(kinds[:, 0]) - 3.0) > AGREES)  # neither 1 nor -1
    for _ in range(TURN_TRIES):
        turn = _frame(*rng.standard_normal((2, 3)))
        if len(turning):
            first = turning[0]
            alike = np.flatnonzero((np.abs(own_kinds - kinds[first]) < AGREES).all(axis=1))
            if not len(alike):
                return None
            own = own_axes[rng.choice(alike)] * rng.choice([-1.0, 1.0])
            across = [g for g in turning if abs(axes[g] @ axes[first]) < 1.0 - AGREES]
            other, own_other = rng.standard_normal((2, 3))
            if across:
                other, cosine = axes[across[0]], axes[first] @ axes[across[0]]
                fitting = (np.abs(own_kinds - kinds[across[0]]) < AGREES).all(axis=1)
                partner = _partner(own, cosine, own_axes[fitting], rng)
                if partner is None:
                    continue
                own_other = partner
            turn = _frame(axes[first], other) @ _frame(own, own_other).T
        within = turn.T @ site @ turn
        apart = np.abs(within[:, None] - isometries[None]).max(axis=(2, 3)).min(axis=1)
        if apart.max() < AGREES:
            return turn
    return None


def _partner(
    own: FloatArray, cosine: float, axes: FloatArray, rng: np.random.Generator
) -> FloatArray | None:
    """One of some axes (m, 3) at an angle to another, or its opposite; None if there is none."""
    along = axes @ own
    fitting = np.flatnonzero(np.abs(np.abs(along) - abs(cosine)) < AGREES)
    if not len(fitting):
        return None
    chosen = rng.choice(fitting)
    sign = np.sign(along[chosen] * cosine) if abs(cosine) > AGREES else rng.choice([-1.0, 1.0])
    return np.asarray(sign * axes[chosen])


@lru_cache(maxsize=64)
def _own_axes(isometry_bytes: bytes) -> tuple[FloatArray, FloatArray]:
    """Axes and kinds of the isometries of a unit."""
    isometries = np.frombuffer(isometry_bytes).reshape(-1, 3, 3)
    return _axes(isometries), _kinds(isometries)


def _kinds(rotations: FloatArray) -> FloatArray:
    """(s, 2) trace and determinant of orthogonal matrices."""
    return np.column_stack([np.trace(rotations, axis1=1, axis2=2), np.linalg.det(rotations)])


def _axes(rotations: FloatArray) -> FloatArray:
    """(s, 3) unit vectors that orthogonal matrices leave, or turn round; of 1 and -1 any."""
    proper = rotations * np.sign(np.linalg.det(rotations))[:, None, None]
    # a rotation and its inverse, their traces taken away, leave twice the axis's projector
    both = proper + proper.transpose(0, 2, 1)
    both -= (np.trace(proper, axis1=1, axis2=2) - 1.0)[:, None, None] * np.eye(3)
    longest = np.abs(both).sum(axis=1).argmax(axis=1)
    vectors = both[np.arange(len(both)), :, longest]
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)[:, None])


def _frame(first: FloatArray, second: FloatArray) -> FloatArray:
    """(3, 3) columns of a right-handed frame: along the first vector, in the plane of both."""
    along = first / np.linalg.norm(first)
    normal = _cross(along, second)
    normal /= np.linalg.norm(normal)
    return np.array([along, _cross(normal, along), normal]).T


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    """The vector product; NumPy's takes ten times as long for single vectors."""
    (a, b, c), (x, y, z) = one.tolist(), other.tolist()
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])


def _joined(
    target: Target, placed: FloatArray, atoms: FloatArray, shape: UnitShape
) -> FloatArray | None:
    """Asymmetric atoms placed so far with those of another unit; None if they are in one's way.

    Args:
        target: where they are to be.
        placed: (p, 3) asymmetric atoms of other units.
        atoms: (k, 3) all atoms of the unit.
        shape: of the unit.
    """
    group = target.group
    met, first, multiplicity = meet(np.concatenate([placed, atoms]), group)
    unique = np.flatnonzero(first == np.arange(len(first)))
    n_t = multiplicity[unique].sum()
    if len(unique) > target.n_points or n_t > _final_atoms(target) + 0.5:
        return None
    bonds = met[len(placed) :][shape.edges]
    lengths = np.linalg.norm((bonds[:, 0] - bonds[:, 1]) @ group.cell, axis=1)
    if lengths.min() < LEAST_APART or lengths.max() > LONGEST_BOND:
        return None
    kept = met[unique]
    if target.hollow is not None and depths(kept, group, target.hollow).sum() > MOST_DEPTH:
        return None
    return kept if _apart(kept, group) else None


def _apart(frac: FloatArray, group: Group) -> bool:
    """Whether no image of atoms (k, 3) is too near to another, and none has too many bonds."""
    images = np.einsum("gxy,ky->gkx", group.rotations, frac) + group.translations[:, None]
    away = images.reshape(1, -1, 3) - frac[:, None]
    away -= np.round(away)
    cells = np.array(list(product((-1, 0, 1), repeat=3)))  # the neighbouring ones too
    distances = np.linalg.norm((away[:, :, None] + cells) @ group.cell, axis=-1)
    several = distances > 0.05  # images that coincide are one atom
    if (distances[several] < LEAST_APART).any():
        return False
    for k in range(len(frac)):
        near = distances[k] < BOND_CUTOFF
        vectors = (away[k][:, None] + cells)[near & several[k]]
        if len(np.unique(np.round(vectors @ group.cell, 1), axis=0)) > DEGREE:
            return False
    return True

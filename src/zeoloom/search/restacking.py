"""New frameworks from the slabs of others, drawn at random.

A net plane of a framework is drawn, two cuts parallel to it, and a way in which the slab between
them may go on as itself or as its mirror image (`search.slabs`). What comes out is seldom built
well, but it is a 4-connected net in a cell of about the right size, with layers that exist: a place
to begin at, in cells that neither types nor frameworks found before have.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.lattice import volume
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.search.growth import Find, arm_of
from zeoloom.search.slabs import (
    MOST_CROSSINGS,
    fits_of,
    layers_of,
    mirrored,
    slab_between,
    turned_on,
    turns_of,
)
from zeoloom.search.target import target_of
from zeoloom.structure.bonds import quotient_graph_of
from zeoloom.structure.records import Framework
from zeoloom.structure.standard import standardised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.limits import Limits
    from zeoloom.search.slabs import Layers
    from zeoloom.search.target import Target

PLANES: tuple[tuple[int, int, int], ...] = tuple(
    (h, k, m) for h, k, m in product((-1, 0, 1), repeat=3) if (h, k, m) > (0, 0, 0)
)
"""Net planes of the primitive cell whose slabs are taken."""

TRIES_PER_PLANE, PLANES_TRIED = 12, 3
"""Slabs that are tried of a net plane, and net planes of a framework."""

FEW_CROSSINGS = 3.0
"""Power of the number of bonds that cross a cut, with whose inverse it is drawn: layers are where
few bonds are between them."""

THICKEST, PERIODS = 22.0, 3
"""Å, of slabs; and periods in which their upper cut may be."""

AS_ITSELF, UNTURNED = 0.4, 0.5
"""Share of slabs that go on as themselves, others as their mirror images; and of those that are not
turned about the normal."""

ONLY_IDENTITY = SymmetryOperations(np.eye(3, dtype=np.int64)[None], np.zeros((1, 3)))

SAME_ATOMS = 0.05
"""Å by which atoms may miss the symmetry that a stack is found to have."""


def types_as_parents(frameworks: Sequence[Framework], limits: Limits) -> dict[str, Find]:
    """Known types of so few atoms as are asked for, as parents of frameworks of their slabs."""
    parents = {}
    for each in frameworks:
        target = target_of(each, len(each.frac_t))
        n_t = len(expand_orbits(each.frac_t, each.operations, each.cell)[0])
        if target.n_points <= limits.n_t_unique[1] and n_t <= limits.n_t[1]:
            group, niche = each.space_group_number, (0, 0)
            parents[each.name] = Find(
                arm_of(target), each.name, group, niche, target, 0.0, 1.0, each.frac_t
            )
    return parents


def restacked(parent: Target, limits: Limits, number: int) -> Target | None:
    """A target that begins at slabs of its parent, stacked otherwise; None if none was found.

    Args:
        parent: with atoms.
        limits: on the frameworks that are searched for.
        number: which; always the same one.
    """
    assert parent.parent is not None
    arrays = (
        parent.cell,
        parent.operations.rotations,
        parent.operations.translations,
        parent.parent,
    )
    return _restacked(*(np.ascontiguousarray(each).tobytes() for each in arrays), limits, number)


@lru_cache(maxsize=4096)
def _restacked(
    cell: bytes, rotations: bytes, translations: bytes, frac_t: bytes, limits: Limits, number: int
) -> Target | None:
    operations = SymmetryOperations(
        np.frombuffer(rotations, dtype=np.int64).reshape(-1, 3, 3),
        np.frombuffer(translations).reshape(-1, 3),
    )
    framework = _framework(
        np.frombuffer(cell).reshape(3, 3), operations, np.frombuffer(frac_t).reshape(-1, 3)
    )
    rng = np.random.default_rng(number)
    for _ in range(PLANES_TRIED):
        layers = layers_of(framework, PLANES[int(rng.integers(len(PLANES)))])
        if layers is None:
            continue
        turns = turns_of(layers.cell[:2, :2])
        for _ in range(TRIES_PER_PLANE):
            stack = _draw_stack(layers, turns, limits.n_t[1], rng)
            made = None if stack is None else _within_limits(*stack, limits)
            if made is not None and _fingerprint(made) != _fingerprint(framework):
                return replace(target_of(made, len(made.frac_t)), parent=made.frac_t)
    return None


def _draw_stack(
    layers: Layers, turns: FloatArray, most_atoms: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray] | None:
    """A slab at random, and what it may go on as: the cell and its atoms."""
    crossings = np.tile(layers.crossings, PERIODS)
    heights = np.concatenate([layers.cuts + k * layers.cell[2, 2] for k in range(PERIODS)])
    chances = np.where(crossings <= MOST_CROSSINGS, 1.0 / crossings**FEW_CROSSINGS, 0.0)
    first = _drawn(np.where(np.arange(len(heights)) < len(layers.cuts), chances, 0.0), rng)
    if first is None:
        return None
    above = heights - heights[first]
    chances = np.where((above > 0.0) & (above <= THICKEST), chances, 0.0)
    as_itself = rng.random() < AS_ITSELF
    second = _drawn(
        np.where(crossings == crossings[first], chances, 0.0) if as_itself else chances, rng
    )
    slab = None if second is None else slab_between(layers, heights[first], heights[second])
    if slab is None or len(slab.cart) > most_atoms:
        return None
    turn = np.eye(2) if rng.random() < UNTURNED else turns[int(rng.integers(len(turns)))]
    if as_itself:
        fits = fits_of(slab.below, slab.above, turn, slab.lattice)
        return turned_on(slab, fits[rng.integers(len(fits))], most_atoms) if fits else None
    # turned back at the other side two slabs are a period
    upper = fits_of(slab.above, slab.above, turn, slab.lattice)
    lower = fits_of(slab.below, slab.below, np.asarray(np.linalg.inv(turn)), slab.lattice)
    if not upper or not lower:
        return None
    chosen = lower[rng.integers(len(lower))], upper[rng.integers(len(upper))]
    return mirrored(slab, *chosen, most_atoms)


def _drawn(chances: FloatArray, rng: np.random.Generator) -> int | None:
    """An index drawn with chances that need not sum to one; None if all are 0."""
    sums = np.cumsum(chances)
    return int(np.searchsorted(sums, rng.random() * sums[-1], side="right")) if sums[-1] else None


def _within_limits(cell: FloatArray, cart: FloatArray, limits: Limits) -> Framework | None:
    """A stack in the group that its atoms have; None if it is beyond the limits."""
    stack = _framework(cell, ONLY_IDENTITY, np.mod(cart @ np.linalg.inv(cell), 1.0))
    found = standardised(stack, SAME_ATOMS)
    size = volume(found.cell)
    n = round(len(cart) * size / volume(cell))
    fits = (
        limits.n_t_unique[0] <= len(found.frac_t) <= limits.n_t_unique[1]
        and limits.n_t[0] <= n <= limits.n_t[1]
        and limits.density[0] <= 1000.0 * n / size <= limits.density[1]
    )
    return found if fits else None


def _fingerprint(framework: Framework) -> str:
    return fingerprint_of(quotient_graph_of(framework))


def _framework(cell: FloatArray, operations: SymmetryOperations, frac_t: FloatArray) -> Framework:
    """T atoms as a framework; its group has no name."""
    labels = tuple(f"T{i}" for i in range(1, len(frac_t) + 1))
    return Framework("", cell, 0, "", operations, frac_t, labels, np.zeros((0, 3)))

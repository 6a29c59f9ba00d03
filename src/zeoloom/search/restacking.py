"""New frameworks from the slabs of others, drawn at random.

A net plane of a framework is drawn, two cuts parallel to it, and a way in which the slab between
them may go on as itself or as its mirror image (`search.slabs`). What comes out is seldom built
well, but it is a 4-connected net in a cell of about the right size, with layers that exist: a place
to begin at, in cells that neither types nor frameworks found before have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.geometry.lattice import volume
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.search.growth import Find, arm_of
from zeoloom.search.slabs import joins_of, layers_of, plane_operations
from zeoloom.search.stacks import mirrored, slab_between, turned_on
from zeoloom.search.target import target_of
from zeoloom.structure.bonds import quotient_graph_of
from zeoloom.structure.records import Framework
from zeoloom.structure.standard import standardised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.limits import Limits
    from zeoloom.search.slabs import Join, Layers
    from zeoloom.search.target import Target

PLANES: tuple[tuple[int, int, int], ...] = tuple(
    (h, k, m) for h, k, m in product((-1, 0, 1), repeat=3) if (h, k, m) > (0, 0, 0)
)
"""Net planes of the primitive cell whose slabs are taken."""

TRIES_PER_PLANE, PLANES_TRIED = 24, 3
"""Slabs that are tried of a net plane, and net planes of a framework."""

FEW_CROSSINGS = 3.0
"""Power of the number of bonds that cross a cut, with whose inverse it is drawn."""

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
    group = parent.operations
    arrays = (parent.cell, group.rotations, group.translations, parent.parent)
    return _restacked(*(np.ascontiguousarray(each).tobytes() for each in arrays), limits, number)


@lru_cache(maxsize=1024)
def _restacked(
    cell: bytes, rotations: bytes, translations: bytes, frac_t: bytes, limits: Limits, number: int
) -> Target | None:
    draws = _drawing_stacks(cell, rotations, translations, frac_t)
    rng = np.random.default_rng(number)
    for _ in range(PLANES_TRIED):
        draw = draws.of_plane(int(rng.integers(len(PLANES))))
        if draw is None:
            continue
        for _ in range(TRIES_PER_PLANE):
            stack = draw(limits.n_t[1], rng)
            made = None if stack is None else _within_limits(*stack, limits)
            if made is not None and _fingerprint(made) != draws.fingerprint:
                return replace(target_of(made, len(made.frac_t)), parent=made.frac_t)
    return None


DrawStack = Callable[[int, np.random.Generator], "tuple[FloatArray, FloatArray] | None"]
"""Draws a stack of at most so many atoms: the cell (3, 3) and its T atoms (n, 3), both in Å."""


class _Draws(NamedTuple):
    """What draws stacks of the slabs of a framework.

    Attributes:
        fingerprint: of its net.
        of_plane: by the number of the net plane; None for planes without layers.
    """

    fingerprint: str
    of_plane: Callable[[int], DrawStack | None]


@lru_cache(maxsize=256)
def _drawing_stacks(cell: bytes, rotations: bytes, translations: bytes, frac_t: bytes) -> _Draws:
    """Of a framework, by the bytes of its cell, its operations and its asymmetric T atoms."""
    operations = SymmetryOperations(
        np.frombuffer(rotations, dtype=np.int64).reshape(-1, 3, 3),
        np.frombuffer(translations).reshape(-1, 3),
    )
    framework = _framework(
        np.frombuffer(cell).reshape(3, 3), operations, np.frombuffer(frac_t).reshape(-1, 3)
    )

    @cache
    def of_plane(plane: int) -> DrawStack | None:
        layers = layers_of(framework, PLANES[plane])
        return None if layers is None else _drawing_from(layers)

    return _Draws(_fingerprint(framework), of_plane)


def _drawing_from(layers: Layers) -> DrawStack:
    """What draws stacks of the slabs between cuts of one net plane; joins are worked out once."""
    lattice, m = layers.lattice, len(layers.cuts)
    symmetries = plane_operations(lattice)
    off = np.abs(symmetries[:, None] @ symmetries - np.eye(2)).sum(axis=(2, 3))
    back, unturned = off.argmin(axis=1), int(np.abs(symmetries - np.eye(2)).sum((1, 2)).argmin())
    chances = 1.0 / np.array([len(each.points) for each in layers.above]) ** FEW_CROSSINGS
    heights = (layers.cuts + layers.cell[2, 2] * np.arange(PERIODS)[:, None]).ravel()

    @cache
    def going_on(symmetry: int, low: int, high: int) -> list[Join]:
        return joins_of(layers.above[low], layers.below[high], symmetries[symmetry], lattice)

    @cache
    def mirrored_below(symmetry: int, low: int) -> list[Join]:
        return joins_of(layers.above[low], layers.above[low], symmetries[symmetry], lattice)

    @cache
    def mirrored_above(symmetry: int, high: int) -> list[Join]:
        return joins_of(
            layers.below[high], layers.below[high], symmetries[symmetry], layers.lattice
        )

    def draw(most_atoms: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray] | None:
        low = _drawn(chances, rng)
        thickness = heights - heights[low]
        within = (thickness > 0.0) & (thickness <= THICKEST)
        if not within.any():
            return None
        high = _drawn(np.where(within, np.tile(chances, PERIODS), 0.0), rng)
        moved = (high // m) * layers.cell[2, :2]
        symmetry = unturned if rng.random() < UNTURNED else int(rng.integers(len(symmetries)))
        if rng.random() < AS_ITSELF:
            found = going_on(symmetry, low, high % m)
            slab = slab_between(layers, low, high) if found else None
            if slab is None:
                return None
            join = found[rng.integers(len(found))]
            join = join._replace(shift=join.shift + moved)
            return turned_on(slab, lattice, join, most_atoms)
        # turned back at the other side two slabs are a period
        below, above = mirrored_below(symmetry, low), mirrored_above(int(back[symmetry]), high % m)
        slab = slab_between(layers, low, high) if below and above else None
        if slab is None:
            return None
        upper = above[rng.integers(len(above))]
        upper = upper._replace(shift=upper.shift + moved - moved @ upper.symmetry)
        pair = below[rng.integers(len(below))], upper
        return mirrored(slab, lattice, pair, most_atoms)

    return draw


def _drawn(chances: FloatArray, rng: np.random.Generator) -> int:
    """An index drawn with chances that need not sum to one."""
    sums = np.cumsum(chances)
    return int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))


def _within_limits(cell: FloatArray, cart: FloatArray, limits: Limits) -> Framework | None:
    """A stack in the group that its atoms have; None if that is not found, or beyond the limits."""
    if not limits.density[0] <= 1000.0 * len(cart) / volume(cell) <= limits.density[1]:
        return None
    stack = _framework(cell, ONLY_IDENTITY, np.mod(cart @ np.linalg.inv(cell), 1.0))
    found = standardised(stack, SAME_ATOMS)
    if found.space_group_number == 0:
        return None
    n = round(len(cart) * volume(found.cell) / volume(cell))
    fits = (
        limits.n_t_unique[0] <= len(found.frac_t) <= limits.n_t_unique[1]
        and limits.n_t[0] <= n <= limits.n_t[1]
    )
    return found if fits else None


def _fingerprint(framework: Framework) -> str:
    return fingerprint_of(quotient_graph_of(framework))


def _framework(cell: FloatArray, operations: SymmetryOperations, frac_t: FloatArray) -> Framework:
    """T atoms as a framework; its group has no name."""
    labels = tuple(f"T{i}" for i in range(1, len(frac_t) + 1))
    return Framework("", cell, 0, "", operations, frac_t, labels, np.zeros((0, 3)))

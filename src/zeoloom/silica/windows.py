"""Windows: the rings that channels run through, and the directions of channels.

Where a sphere's way through the void closes, at its narrowest place, the window is the smallest
ring of T atoms beside that place that goes around the way. Such a ring has no shortcut: one of the
two parts would go around it, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.silica.window_kernel import shortest_around, wall_crossings
from zeoloom.structure.bridges import VALENCE

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.silica.passages import Opening
    from zeoloom.silica.primitive_cell import PrimitiveCell
    from zeoloom.silica.voids import Voids

MOST_T = 36
"""T atoms of the largest window looked for."""

BESIDE = 2.3
"""Å farther from a narrow place than its nearest oxygen, a T atom of its ring is at most."""

AROUND = 8.0
"""Å farther than that, no atom of the ring is."""

ASIDE = np.array([0.5377, 0.3711, -0.7569])
"""A direction of no symmetry, so that no bond lies in the wall."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way through a framework.

    Attributes:
        window: T atoms of the ring that it runs through.
        direction: whole numbers, along the cell vectors of the framework.
        free: Å, diameter of the largest sphere that passes.
    """

    window: int
    direction: tuple[int, int, int]
    free: float

    def __str__(self) -> str:
        return f"{self.window} [{' '.join(map(str, self.direction))}]"


def channels_of(
    void: Voids,
    openings: tuple[Opening, ...],
    atoms: PrimitiveCell,
    axes: FloatArray,
    bare: float,
) -> tuple[Channel, ...]:
    """The channels of a framework, the widest first; of equivalent ones with one direction one.

    Args:
        void: of the primitive cell.
        openings: the edges that open them.
        atoms: of the primitive cell.
        axes: (3, 3) rows are the cell vectors of the framework in terms of the primitive ones.
        bare: Å, radius of the atoms.
    """
    found: dict[tuple[int, tuple[int, int, int]], Channel] = {}
    for each in openings:
        path = _way_around(void, each, atoms.cell)
        width = float(void.narrowest[each.edge])
        steps = np.linalg.solve(atoms.cell.T, path[-1] - path[0])
        direction = _whole(np.asarray(np.linalg.solve(axes.T, np.round(steps))))
        window = _window(path, width, atoms)
        found.setdefault((window, direction), Channel(window, direction, 2.0 * (width - bare)))
    return tuple(found.values())


def _way_around(void: Voids, opening: Opening, cell: FloatArray) -> FloatArray:
    """(p, 3) Å: along the edge that opens a channel, and the shortest way on to where it began.

    Only edges that are opened before are used; the last point is an image of the first.
    """
    tail, head = int(void.tails[opening.edge]), int(void.heads[opening.edge])
    start = void.frac_nodes[tail]
    ahead = void.shifts[opening.edge]
    # as `passages_of` opens them: else a path could come back to where it began
    opened = np.argsort(-void.narrowest, kind="stable")
    wide = opened[: np.flatnonzero(opened == opening.edge)[0]]
    tails = np.concatenate([void.tails[wide], void.heads[wide]])
    heads = np.concatenate([void.heads[wide], void.tails[wide]])
    shifts = np.concatenate([void.shifts[wide], -void.shifts[wide]])
    order = np.argsort(tails, kind="stable")
    tails, heads, shifts = tails[order], heads[order], shifts[order]
    lengths = np.linalg.norm(
        (void.frac_nodes[heads] + shifts - void.frac_nodes[tails]) @ cell, axis=1
    )
    first = np.searchsorted(tails, np.arange(len(void.distance) + 1))
    before = _shortest_tree(first, heads, lengths, head)
    steps = []
    node = tail
    while node != head:
        steps.append(before[node])
        node = int(tails[before[node]])
    corners = [start, void.frac_nodes[head] + ahead]
    for edge in reversed(steps):
        ahead = ahead + shifts[edge]
        corners.append(void.frac_nodes[heads[edge]] + ahead)
    return np.asarray(np.array(corners) @ cell)


def _shortest_tree(
    first: IntArray, heads: IntArray, lengths: FloatArray, root: int
) -> dict[int, int]:
    """The edge by which each node is reached on the shortest way from a root."""
    far = {root: 0.0}
    before: dict[int, int] = {}
    waiting = [(0.0, root)]
    done = set()
    while waiting:
        length, node = heappop(waiting)
        if node in done:
            continue
        done.add(node)
        for edge in range(first[node], first[node + 1]):
            other, longer = int(heads[edge]), length + float(lengths[edge])
            if longer < far.get(other, np.inf):
                far[other], before[other] = longer, edge
                heappush(waiting, (longer, other))
    return before


def _window(path: FloatArray, width: float, atoms: PrimitiveCell) -> int:
    """T atoms of the ring around a path where it is narrow; 0 if none has at most `MOST_T`.

    Args:
        path: (p, 3) Å; its first piece is the narrow one.
        width: Å from there to the nearest atoms.
        atoms: of the primitive cell.
    """
    period = path[-1] - path[0]
    narrow = np.array([path[0], 0.5 * (path[0] + path[1]), path[1]])
    near = neighbours_within(
        narrow @ np.linalg.inv(atoms.cell), atoms.frac_t, atoms.cell, width + BESIDE + AROUND
    )
    images, first = np.unique(
        np.column_stack([near.point, near.shift]), axis=0, return_inverse=True
    )
    cart = (atoms.frac_t[images[:, 0]] + images[:, 1:]) @ atoms.cell
    apart = np.full(len(images), np.inf)
    np.minimum.at(apart, first.ravel(), near.distance)
    bonded, oxygen = _bonds_among(images, atoms)
    # as many periods as the atoms reach
    reach = sum(float(np.linalg.norm(each - path[0], axis=1).max()) for each in (cart, path))
    most = 1.5 * reach / np.linalg.norm(period)
    times = np.arange(-int(most) - 2, int(most) + 3)
    line = (path[None, :-1] + times[:, None, None] * period).reshape(-1, 3)
    rows, columns = np.nonzero(bonded >= 0)
    middle = oxygen[rows, columns]
    # along the way its ends would come into play; across, mirrors hold bonds in one plane with it
    across = np.cross(period, ASIDE)
    wall = across / np.linalg.norm(across) + 0.37 * period / np.linalg.norm(period)
    crossings = np.zeros(bonded.shape, dtype=np.int64)
    crossings[rows, columns] = wall_crossings(cart[rows], middle, line, wall)
    crossings[rows, columns] += wall_crossings(middle, cart[bonded[rows, columns]], line, wall)
    return shortest_around(bonded, crossings, np.flatnonzero(apart <= width + BESIDE), MOST_T)


def _bonds_among(images: IntArray, atoms: PrimitiveCell) -> tuple[IntArray, FloatArray]:
    """Which of some T atoms are bonded.

    Args:
        images: (m, 4) T atom and cell of each.
        atoms: of the primitive cell.

    Returns:
        (m, 4) the other T atom of each bond, -1 if it is not among them; (m, 4, 3) Å the oxygen.
    """
    n = len(atoms.frac_t)
    # bonds 2 k and 2 k + 1 are those of oxygen k: from either T atom to oxygen and other T atom
    one, two = np.arange(0, len(atoms.t), 2), np.arange(1, len(atoms.t), 2)
    here, there = np.concatenate([one, two]), np.concatenate([two, one])
    by_t = here[np.argsort(atoms.t[here], kind="stable")].reshape(n, VALENCE)
    back = np.empty(len(atoms.t), dtype=np.int64)
    back[here] = there
    number = {tuple(image): k for k, image in enumerate(images.tolist())}
    mine = by_t[images[:, 0]]
    other = back[mine]
    cells = images[:, None, 1:] - atoms.shifts[mine]
    ends = np.concatenate([atoms.t[other][..., None], cells + atoms.shifts[other]], axis=-1)
    bonded = np.array([number.get(tuple(end), -1) for end in ends.reshape(-1, 4).tolist()])
    oxygen = (atoms.frac_o[atoms.oxygen[mine]] + cells) @ atoms.cell
    return bonded.reshape(-1, VALENCE), np.asarray(oxygen)


def _whole(direction: FloatArray) -> tuple[int, int, int]:
    """A direction in whole numbers without a common factor, the first of them above zero."""
    # centred cells have vectors of halves and thirds
    scaled = np.round(6.0 * direction).astype(np.int64)
    scaled //= max(gcd(*scaled.tolist()), 1)
    signs = np.sign(scaled[np.flatnonzero(scaled)])
    whole = scaled * (signs[0] if len(signs) else 1)
    return int(whole[0]), int(whole[1]), int(whole[2])

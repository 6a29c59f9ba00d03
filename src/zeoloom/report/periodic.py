"""The bonds of a crystal over its periodic boundaries, as they are drawn and measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.structure.bonds import net_of
from zeoloom.structure.bridges import T_O_CUTOFF

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework


@dataclass(frozen=True, slots=True)
class PeriodicBonds:
    """Every T-T bond of one cell, once, with the oxygen on it.

    One convention, as in the whole package: the bond (i, j, S) joins T atom i with T atom j of the
    cell S further on.

    Attributes:
        cell: (3, 3) Å, rows are a, b, c.
        frac_t: (n, 3) T atoms of the cell, in [0, 1).
        sites: (n,) the asymmetric T atom each is an image of.
        tails: (E,) T atom i.
        heads: (E,) T atom j.
        shifts: (E, 3) whole cells S.
        frac_o: (E, 3) the oxygen between i and j, seen from i, not wrapped; (0, 3) in a framework
            without oxygen.
    """

    cell: FloatArray
    frac_t: FloatArray
    sites: IntArray
    tails: IntArray
    heads: IntArray
    shifts: IntArray
    frac_o: FloatArray


def periodic_bonds(framework: Framework) -> PeriodicBonds:
    """The bonds of a framework: through its oxygen, or by distance where it has none.

    Raises:
        InputError: if there are no T atoms, or the bonds make no sense.
    """
    cell = framework.cell
    frac_t, sites = expand_orbits(framework.frac_t, framework.operations, cell)
    if len(framework.frac_o) == 0:
        net = net_of(framework)
        nothing = np.zeros((0, 3))
        return PeriodicBonds(cell, frac_t, sites, net.tails, net.heads, net.shifts, nothing)
    frac_o, _ = expand_orbits(framework.frac_o, framework.operations, cell)
    near = neighbours_within(frac_o, frac_t, cell, T_O_CUTOFF)
    # the two T atoms nearest to each oxygen; oxygen that bridges nothing is not drawn
    rank = np.arange(len(near.centre)) - np.searchsorted(near.centre, near.centre)
    bridging = np.bincount(near.centre, minlength=len(frac_o)) >= 2
    first = np.flatnonzero((rank == 0) & bridging[near.centre])
    tail, head = near.point[first], near.point[first + 1]
    home = near.shift[first]
    seen_from_tail = frac_o[near.centre[first]] - home
    return PeriodicBonds(
        cell, frac_t, sites, tail, head, near.shift[first + 1] - home, seen_from_tail
    )


LOCAL_KINDS = ("T-O", "O-O", "T-T", "T-O-T", "O-T-O", "T-T-T")
"""Distances in Å between T and O bonded, O of one tetrahedron, T across one O; then angles in °."""


def local_geometry(bonds: PeriodicBonds) -> dict[str, FloatArray]:
    """All distances and angles of a cell, by the names of `LOCAL_KINDS`.

    Returns:
        Each (m,), in Å or degrees; kinds that need oxygen are left out where there is none.
    """
    tail, head = bonds.frac_t[bonds.tails], bonds.frac_t[bonds.heads] + bonds.shifts
    across = (head - tail) @ bonds.cell
    ends = np.concatenate([bonds.tails, bonds.heads])
    found = {"T-T": _lengths(across)}
    _, found["T-T-T"] = _within_vertices(ends, np.concatenate([across, -across]))
    if len(bonds.frac_o):
        from_tail = (bonds.frac_o - tail) @ bonds.cell
        from_head = (bonds.frac_o - head) @ bonds.cell
        arms = np.concatenate([from_tail, from_head])
        found["T-O"] = _lengths(arms)
        found["T-O-T"] = _angles(from_tail, from_head)
        found["O-O"], found["O-T-O"] = _within_vertices(ends, arms)
    return found


def _within_vertices(vertices: IntArray, arms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distances between the ends of every two arms (m, 3) of one vertex, and angles at it."""
    order = np.argsort(vertices, kind="stable")
    arms = arms[order]
    degrees = np.bincount(vertices)
    starts = np.cumsum(degrees) - degrees
    ones, others = [], []
    for degree in np.unique(degrees[degrees > 1]):
        one, other = np.triu_indices(degree, k=1)
        base = starts[degrees == degree, None]
        ones.append(arms[(base + one).ravel()])
        others.append(arms[(base + other).ravel()])
    nothing = np.zeros((0, 3))
    a, b = np.concatenate([nothing, *ones]), np.concatenate([nothing, *others])
    return _lengths(a - b), _angles(a, b)


def _lengths(vectors: FloatArray) -> FloatArray:
    """(m,) lengths of vectors (m, 3)."""
    return np.asarray(np.linalg.norm(vectors, axis=-1))


def _angles(a: FloatArray, b: FloatArray) -> FloatArray:
    """(m,) degrees between vectors (m, 3) and (m, 3)."""
    cosines = (a * b).sum(-1) / np.maximum(_lengths(a) * _lengths(b), 1e-12)
    return np.asarray(np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0))))


def axes_by_length(cell: FloatArray) -> tuple[int, int, int]:
    """The axes of a cell (3, 3): the longest, the middle one, the shortest."""
    short, middle, long = np.argsort(np.linalg.norm(cell, axis=1), kind="stable")
    return int(long), int(middle), int(short)


def view_along_shortest(cell: FloatArray) -> FloatArray:
    """(3, 3), rows point right, up and towards the eye, along the shortest axis of a cell.

    The longest axis lies across: nothing of it points up.
    """
    across, _, along = axes_by_length(cell)
    z = cell[along] / np.linalg.norm(cell[along])
    x = cell[across] - (cell[across] @ z) * z
    x = x / np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])

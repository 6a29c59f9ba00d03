"""The rings of a framework as the report draws them.

A ring is sent as its first T atom, in cell zero, and the bond by which it goes on from each of its
atoms to the next. An atom has at most four bonds, so a step takes two bits. They are numbered in
the order in which they stand in the list of bonds; a bond of an atom with its own image stands for
two, the one that goes out by S first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.nets.periodic_net import net_from_edges
from zeoloom.nets.ring_list import list_rings
from zeoloom.nets.rings import MAX_COORDINATION
from zeoloom.report.page_parts import packed, packed_pairs_of_bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.geometry.arrays import IntArray
    from zeoloom.nets.ring_list import RingsOfSize
    from zeoloom.report.periodic import PeriodicBonds

ALL_SIZES = 12
"""Rings of every size up to this are looked for; larger ones only if they are the smallest."""


def rings_data(bonds: PeriodicBonds, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """One record for each size of ring, in increasing order.

    Where some rings of a size are the smallest at an angle, as vertex symbols count them, only
    those are sent: the windows of pores. Of other sizes all are sent: they lead around cages.

    Args:
        bonds: of the framework.
        sizes: of the smallest rings at its angles; nothing is sent if they are not known.
    """
    degrees = np.bincount(np.concatenate([bonds.tails, bonds.heads]))
    if not sizes or degrees.max(initial=0) > MAX_COORDINATION:
        return []
    net = net_from_edges(bonds.tails, bonds.heads, bonds.shifts, bonds.sites)
    return [
        _ring_data(bonds, rings) for rings in list_rings(net, {*range(3, ALL_SIZES + 1), *sizes})
    ]


def _ring_data(bonds: PeriodicBonds, rings: RingsOfSize) -> dict[str, Any]:
    """The rings of one size."""
    smallest = bool(rings.smallest.any())
    drawn = rings.smallest if smallest else np.ones(len(rings.smallest), dtype=np.bool_)
    steps = _numbers_of_bonds(bonds, rings.vertices[drawn], rings.cells[drawn])
    return {
        "size": rings.size,
        "smallest": smallest,
        "count": int(drawn.sum()),
        "starts": packed(rings.vertices[drawn, 0]),
        "steps": packed_pairs_of_bits(steps.ravel()),
    }


def _numbers_of_bonds(bonds: PeriodicBonds, vertices: IntArray, cells: IntArray) -> IntArray:
    """(k, size) which bond of each atom of a ring leads to the next.

    Args:
        bonds: of the framework.
        vertices: (k, size) T atoms around each ring.
        cells: (k, size, 3) their cells.
    """
    # both ends of every bond, as the page reads them: bond after bond, the tail first
    ends = np.stack([bonds.tails, bonds.heads], axis=1).ravel()
    others = np.stack([bonds.heads, bonds.tails], axis=1).ravel()
    shifts = np.stack([bonds.shifts, -bonds.shifts], axis=1).reshape(-1, 3)
    order = np.argsort(ends, kind="stable")
    degrees = np.bincount(ends, minlength=len(bonds.frac_t))
    column = np.arange(len(ends)) - np.repeat(np.cumsum(degrees) - degrees, degrees)
    table = np.full((len(degrees), degrees.max(), 4), -1)
    table[ends[order], column] = np.column_stack([others, shifts])[order]
    following = np.roll(vertices, -1, axis=1)[..., None]
    step = np.concatenate([following, np.roll(cells, -1, axis=1) - cells], axis=-1)
    return np.asarray((table[vertices] == step[:, :, None]).all(axis=-1).argmax(axis=-1))

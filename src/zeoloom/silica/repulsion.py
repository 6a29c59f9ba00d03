"""What keeps atoms apart that are not bonded, so that strained nets do not collapse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.silica.images import Images, cell_images, identity_images, images_near
from zeoloom.silica.restraints import Kind, Restraints, between, joined

if TYPE_CHECKING:
    from zeoloom.silica.bonds import Bonds
    from zeoloom.structure.records import BoolArray, FloatArray, Framework, IntArray

LIMITS: dict[Kind, tuple[float, float]] = {
    "T-O": (2.9, 0.5),
    "O-O": (2.0, 0.5),
    "T-T": (3.5, 0.5),
}
"""Å and weight: atoms not bonded to one another that come closer than this are pushed apart.

In the reference the closest are T-O 3.00 (SOS), O-O 2.11 (ISV) and T-T 3.66 Å (EWS), so no real
framework feels it.
"""


def repulsion(
    framework: Framework, bonds: Bonds, oxygen: Images | None, margin: float
) -> Restraints:
    """Pairs that are not bonded and closer than their limit plus `margin` Å.

    O-O pairs of one tetrahedron are not told from others: their 2.63 Å is far above the limit.

    Args:
        framework: atoms exactly on their sites.
        bonds: T-T bonds.
        oxygen: the oxygen image on each bond; without it only T-T pairs are listed.
        margin: Å.
    """
    group, cell, n_t = framework.operations, framework.cell, len(framework.frac_t)
    frac_t, frac_o = framework.frac_t, framework.frac_o
    radius = {kind: limit + margin for kind, (limit, _) in LIMITS.items()}

    t_images = cell_images(frac_t, group, cell)
    near, ends = images_near(frac_t, frac_t, t_images, group, cell, radius["T-T"])
    bonded = _listed(
        near.centre, ends.frac(frac_t, group), bonds.centre, bonds.other.frac(frac_t, group)
    )
    rows = np.flatnonzero(~bonded & (near.distance > 1e-3))
    starts = identity_images(near.centre[rows], group)
    # pairs of one kind are found from both ends
    halves = np.full(len(rows), 0.5)
    found = [between(starts, ends.take(rows), group, LIMITS["T-T"], halves, repels=True)]
    if oxygen is None:
        return found[0]

    o_images = cell_images(frac_o, group, cell)
    near, ends = images_near(frac_t, frac_o, o_images, group, cell, radius["T-O"])
    bonded = _listed(
        near.centre, ends.frac(frac_o, group), bonds.centre, oxygen.frac(frac_o, group)
    )
    rows = np.flatnonzero(~bonded)
    starts = identity_images(near.centre[rows], group)
    ends = ends.take(rows).numbered_from(n_t)
    ones = np.ones(len(rows))
    found.append(between(starts, ends, group, LIMITS["T-O"], ones, repels=True))

    near, ends = images_near(frac_o, frac_o, o_images, group, cell, radius["O-O"])
    rows = np.flatnonzero(near.distance > 1e-3)
    starts = identity_images(near.centre[rows], group).numbered_from(n_t)
    ends = ends.take(rows).numbered_from(n_t)
    halves = np.full(len(rows), 0.5)
    found.append(between(starts, ends, group, LIMITS["O-O"], halves, repels=True))
    return joined(*found)


def _listed(
    centre: IntArray, frac: FloatArray, listed_centre: IntArray, listed_frac: FloatArray
) -> BoolArray:
    """Which neighbours (E, 3) of their centres are among the listed ones (b, 3)."""
    same_centre = centre[:, None] == listed_centre[None, :]
    apart = np.abs(frac[:, None, :] - listed_frac[None, :, :]).max(axis=2)
    return np.asarray((same_centre & (apart < 1e-5)).any(axis=1))

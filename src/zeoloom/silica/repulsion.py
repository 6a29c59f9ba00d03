"""What keeps atoms apart that are not bonded, so that strained nets do not collapse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.silica.images import Images, cell_images, identity_images, images_near
from zeoloom.silica.restraints import Kind, Restraints, between

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.silica.site_bonds import Bonds
    from zeoloom.structure.records import Framework

LIMITS: dict[Kind, tuple[float, float]] = {
    "T-O": (2.9, 0.5),
    "O-O": (2.0, 0.5),
    "T-T": (3.5, 0.5),
}
"""Å and weight: atoms not bonded to one another that come closer than this are pushed apart.

In the reference the closest are T-O 3.00 (SOS), O-O 2.11 (ISV) and T-T 3.66 Å (EWS), so no real
framework feels it.
"""


KINDS: tuple[Kind, ...] = ("T-T", "T-O", "O-O")
"""By the number of oxygen atoms in a pair."""


def repulsion(
    framework: Framework, bonds: Bonds, oxygen: Images | None, margin: float
) -> Restraints:
    """Pairs that are not bonded and closer than their limit plus `margin` Å.

    O-O pairs of one tetrahedron are not treated apart: their 2.63 Å is far above the limit.

    Args:
        framework: atoms exactly on their sites.
        bonds: T-T bonds.
        oxygen: the oxygen image on each bond; without it only T-T pairs are listed.
        margin: Å.
    """
    group, cell, n_t = framework.operations, framework.cell, len(framework.frac_t)
    sites, bonded_ends = framework.frac_t, [bonds.other.frac(framework.frac_t, group)]
    if oxygen is not None:
        sites = np.concatenate([sites, framework.frac_o])
        bonded_ends.append(oxygen.frac(framework.frac_o, group))
    limits, weights = np.array([LIMITS[kind] for kind in KINDS]).T
    images = cell_images(sites, group, cell)
    near, ends = images_near(sites, sites, images, group, cell, limits.max() + margin)
    kind = (near.centre >= n_t).astype(np.int64) + (ends.site >= n_t)
    mixed = kind == KINDS.index("T-O")
    # mixed pairs are listed from T, pairs of one kind are found from both ends, or from themselves
    listed = np.where(mixed, near.centre < n_t, near.distance > 1e-3)
    rows = np.flatnonzero(listed & (near.distance <= limits[kind] + margin))
    bonded = _listed(
        near.centre[rows],
        ends.take(rows).frac(sites, group),
        np.tile(bonds.centre, len(bonded_ends)),
        np.concatenate(bonded_ends),
    )
    rows = rows[~bonded]
    return between(
        identity_images(near.centre[rows], group),
        ends.take(rows),
        group,
        (limits[kind[rows]], weights[kind[rows]]),
        np.where(mixed[rows], 1.0, 0.5),
        repels=True,
    )


def _listed(
    centre: IntArray, frac: FloatArray, listed_centre: IntArray, listed_frac: FloatArray
) -> BoolArray:
    """Which neighbours (E, 3) of their centres are among the listed ones (b, 3)."""
    same_centre = centre[:, None] == listed_centre[None, :]
    apart = np.abs(frac[:, None, :] - listed_frac[None, :, :]).max(axis=2)
    return np.asarray((same_centre & (apart < 1e-5)).any(axis=1))

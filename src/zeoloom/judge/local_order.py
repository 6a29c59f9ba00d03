"""How T atoms lie around T atoms: the quantities that published criteria for zeolites speak of."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.lattice import volume
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

NEAREST = 5
"""T neighbours of a T atom that are looked at: the four bonded ones, and one that is not."""


def local_order(framework: Framework) -> dict[str, float]:
    """Figures of the T atoms of a framework, over all of them.

    Args:
        framework: refined SiO2; only its T atoms count.

    Returns:
        `t_t_spread` and `angle_spread`: standard deviations of the T-T distances (Å) and of the
        T-T-T angles (degrees); `least_angle` and `largest_angle` of the latter; `tetrahedrality`:
        the least orientational order of four neighbours, 1 in a tetrahedron (Errington &
        Debenedetti, Nature 409 (2001) 318); `fifth_neighbour`: Å, the least distance of a T
        atom that is not bonded; `density`: T atoms per 1000 Å^3.
    """
    points, owner = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    share = np.bincount(owner, minlength=len(framework.frac_t)).astype(np.float64)
    radius = 5.0
    while True:
        near = neighbours_within(framework.frac_t, points, framework.cell, radius)
        starts = np.searchsorted(near.centre, np.arange(len(framework.frac_t) + 1))
        if np.diff(starts).min() > NEAREST:
            break
        radius *= 1.3
    # the first neighbour listed is the atom itself
    rows = starts[:-1, None] + np.arange(1, NEAREST + 1)
    distance, vector = near.distance[rows], near.vector[rows[:, :4]]
    unit = vector / np.linalg.norm(vector, axis=-1, keepdims=True)
    one, two = np.array(list(combinations(range(4), 2))).T
    cosines = np.clip((unit[:, one] * unit[:, two]).sum(axis=-1), -1.0, 1.0)
    angles = np.degrees(np.arccos(cosines))
    order = 1.0 - 0.375 * ((cosines + 1.0 / 3.0) ** 2).sum(axis=1)
    bonds, weights = distance[:, :4], np.repeat(share[:, None], 6, axis=1)
    return {
        "t_t_spread": _spread(bonds, weights[:, :4]),
        "angle_spread": _spread(angles, weights),
        "least_angle": float(angles.min()),
        "largest_angle": float(angles.max()),
        "tetrahedrality": float(order.min()),
        "fifth_neighbour": float(distance[:, 4].min()),
        "density": 1000.0 * len(points) / volume(framework.cell),
    }


def _spread(values: np.ndarray, weights: np.ndarray) -> float:
    """Standard deviation of values with weights."""
    mean = float(np.average(values, weights=weights))
    return float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))

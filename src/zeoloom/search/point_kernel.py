"""Compiled: which atoms the points of a crystal form.

Points of its asymmetric unit, (n, 3) fractional, meet each other and their own images; nothing is
expanded to the full cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.compiled import compiled, compiled_in_place
from zeoloom.geometry.image_kernel import length_of, nearest_image
from zeoloom.geometry.operations import SAME_SITE
from zeoloom.search.relax import RelaxedAtoms, relax_atoms

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.group import Group

MEETING_DISTANCE = 1.2
"""Å. Images this near to a point belong to its atom."""

MEETING_RADII = (MEETING_DISTANCE,) * 3 + (SAME_SITE,) * 4
"""Å, of one pass after the other. The last ones bring atoms exactly onto special positions."""

AT_REST = 1e-9
"""Fractional, that points move when they have met."""


@compiled_in_place
def meet(frac: FloatArray, group: Group) -> tuple[FloatArray, IntArray, FloatArray]:
    """Move points (n, 3) to the mean of what lies near them, until they have met.

    Returns:
        (n, 3) points where their atoms are;
        (n,) for each the first point of the same atom or of an image of it;
        (n,) atoms of the cell that are images of that atom.
    """
    n, order = len(frac), len(group.rotations)
    vector, shift = np.empty(3), np.empty(3, np.int64)
    here = frac.copy()
    at_rest = False
    for radius in MEETING_RADII:
        if at_rest:  # all that were to meet have met
            break
        moved = _means(here, group, radius)
        at_rest = True
        for i in range(n):
            for x in range(3):
                at_rest = at_rest and abs(moved[i, x] - here[i, x]) < AT_REST
        here = moved
    first = np.arange(n)
    multiplicity = np.empty(n)
    for i in range(n):
        stabiliser = 0
        for j in range(i + 1):
            for g in range(order):
                nearest_image(here, i, here, j, group, g, vector, shift)
                if length_of(vector, group.cell) < SAME_SITE:
                    if j == i:
                        stabiliser += 1
                    elif first[i] == i:
                        first[i] = first[j]
        multiplicity[i] = order / stabiliser
    return here, first, multiplicity


@compiled_in_place
def _means(frac: FloatArray, group: Group, radius: float) -> FloatArray:
    """The means (n, 3) of the images of points within a radius, Å, of each."""
    moved, vector, mean = frac.copy(), np.empty(3), np.empty(3)
    shift = np.empty(3, np.int64)
    for i in range(len(frac)):
        count = 0
        mean[:] = 0.0
        for j in range(len(frac)):
            for g in range(len(group.rotations)):
                nearest_image(frac, i, frac, j, group, g, vector, shift)
                if length_of(vector, group.cell) < radius:
                    count += 1
                    for x in range(3):
                        mean[x] += vector[x]
        for x in range(3):
            moved[i, x] += mean[x] / count
    return moved


@compiled
def atoms_of_points(frac: FloatArray, group: Group) -> tuple[RelaxedAtoms, int, IntArray]:
    """The atoms that points (n, 3) form, relaxed.

    Returns:
        The k asymmetric atoms; the atoms of the cell; (n,) which of the k each point belongs to.
    """
    met, first, multiplicity = meet(frac, group)
    points_of, n_atoms, count = np.empty_like(first), 0.0, 0
    for i in range(len(first)):
        if first[i] < i:
            points_of[i] = points_of[first[i]]
            continue
        points_of[i] = count
        met[count] = met[i]
        n_atoms += multiplicity[i]
        count += 1
    return relax_atoms(met[:count].copy(), group), round(n_atoms), points_of

"""Compiled: how well points agree with intensities, and which way they would agree better.

Points of the asymmetric unit scatter as T atoms, and below some noise level with oxygen in the
middle between near ones. The agreement is E2, of which the slope with respect to the points is
worked out by the chain rule: through structure factors, sums over groups, local means and roots.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.diffraction.scattering_kernel import add_image, phase_powers
from zeoloom.geometry.compiled import compiled, compiled_in_place, compiled_with_reordered_sums
from zeoloom.geometry.image_kernel import length_of, nearest_image

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.group import Group

NEAREST, FARTHEST = 1.6, 4.2
"""Å between two points that an oxygen atom may lie between."""

OXYGEN_OF_POINT = 4
"""Oxygen atoms beside each point at most."""

SAME_IMAGE = 0.01
"""Å between two images that are one."""

MEETING_SPREAD = 1.0
"""Å, spread of the Gaussian by which images of one point that lie near each other share its
weight, as they are to become one atom."""

LEAST_INTENSITY = 0.02
"""Added to intensities over their local means, so that their roots have a slope everywhere."""

LONGER, SHORTER = 1.2, 0.5
"""Factors on the length of a step after one that has brought something, and after one that has
not."""


class Intensities(NamedTuple):
    """Measured intensities to some resolution, of h reflections in g groups.

    Attributes:
        rotations: (G, 3, 3) of the images that are summed, as in `Guide`.
        translations: (G, 3).
        centric: whether phases are 0 or 180 degrees.
        hkl: (h, 3).
        most: (3,) largest absolute value of each index.
        multiplicity: (h,).
        factor_t: (h,) scattering factors of T.
        factor_o: (h,) of oxygen.
        group: (h,) the group of overlapping reflections that each belongs to.
        observed: (g,) roots of observed intensities over their local means.
        local: (g, g) weights of local means.
        weights: (g,) of the groups.
    """

    rotations: IntArray
    translations: FloatArray
    centric: bool
    hkl: IntArray
    most: IntArray
    multiplicity: IntArray
    factor_t: FloatArray
    factor_o: FloatArray
    group: IntArray
    observed: FloatArray
    local: FloatArray
    weights: FloatArray


@compiled
def climb(
    frac: FloatArray,
    free: BoolArray,
    projectors: FloatArray,
    sharing: FloatArray,
    group: Group,
    with_oxygen: bool,
    intensities: Intensities,
    steps: int,
    longest: float,
) -> FloatArray:
    """Move points a few steps the way they agree better.

    Args:
        frac: (n, 3) asymmetric points.
        free: (n,) those that may move.
        projectors: (n, 3, 3) Cartesian, onto the directions in which each may move.
        sharing: (n,) images that are one atom, or are to become one.
        group: in its cell.
        with_oxygen: whether oxygen scatters between near points.
        intensities: that were measured.
        steps: that are tried.
        longest: Å, that the point moves in the first step which moves farthest.

    Returns:
        (n, 3) fractional, the points that agree best of those met.
    """
    tried, best, most = frac.copy(), frac.copy(), -np.inf
    slope, uphill = np.zeros(frac.shape), np.zeros(frac.shape)
    for step in range(steps + 1):
        above = np.inf if step == steps else most
        agreement = agreement_slope(tried, sharing, group, with_oxygen, intensities, slope, above)
        longest *= LONGER if agreement > most else SHORTER
        if agreement > most:
            most, best = agreement, tried.copy()
            uphill = slope @ group.inverse_cell.T
            for i in range(len(frac)):
                uphill[i] = projectors[i] @ uphill[i] * (sharing[i] if free[i] else 0.0)
        farthest = math.sqrt((uphill**2).sum(axis=1).max())
        if farthest == 0.0 or step == steps:
            break
        tried = best + (uphill * (longest / farthest)) @ group.inverse_cell
    return best


@compiled
def agreement_slope(
    frac: FloatArray,
    sharing: FloatArray,
    group: Group,
    with_oxygen: bool,
    intensities: Intensities,
    slope: FloatArray,
    above: float = -np.inf,
) -> float:
    """E2 of points, and its slope.

    Args:
        frac: (n, 3) asymmetric points.
        sharing: (n,) images of each that are one atom.
        group: in its cell.
        with_oxygen: whether oxygen scatters between near points.
        intensities: that were measured.
        slope: (n, 3) per fractional coordinate; written.
        above: if E2 is not above this, the slope is not worked out.
    """
    n, data = len(frac), intensities
    room = n * OXYGEN_OF_POINT if with_oxygen else 0
    near, image = np.zeros((n, OXYGEN_OF_POINT), np.int64), np.zeros((n, OXYGEN_OF_POINT), np.int64)
    counts, vectors = np.zeros(n, np.int64), np.zeros((n, OXYGEN_OF_POINT, 3))
    oxygen, weights, k = np.zeros((room, 3)), np.zeros(room), 0
    if with_oxygen:
        _find_near(frac, group, counts, near, image, vectors)
        for i in range(n):
            for m in range(counts[i]):
                oxygen[k] = frac[i] + 0.5 * vectors[i, m]
                weights[k] = 0.5 / sharing[i]
                k += 1
    oxygen, weights = oxygen[:k], weights[:k]
    real, imaginary = np.zeros(len(data.hkl)), np.zeros(len(data.hkl))
    real_o, imaginary_o = np.zeros(len(data.hkl)), np.zeros(len(data.hkl))
    add_scatterers(frac, 1.0 / sharing, data, real, imaginary)
    add_scatterers(oxygen, weights, data, real_o, imaginary_o)
    real = data.factor_t * real + data.factor_o * real_o
    imaginary = data.factor_t * imaginary + data.factor_o * imaginary_o
    if data.centric:
        imaginary[:] = 0.0
    agreement, of_intensity = _correlation_slope(data.multiplicity * (real**2 + imaginary**2), data)
    if agreement <= above:
        return agreement
    real *= 2.0 * data.multiplicity * of_intensity
    imaginary *= 2.0 * data.multiplicity * of_intensity
    slope[:] = scatterer_slope(frac, 1.0 / sharing, data.factor_t, real, imaginary, data)
    of_oxygen = scatterer_slope(oxygen, weights, data.factor_o, real, imaginary, data)
    k = 0
    for i in range(n):
        for m in range(counts[i]):
            slope[i] += 0.5 * of_oxygen[k]
            for a in range(3):
                for b in range(3):
                    rotation = group.rotations[image[i, m], b, a]
                    slope[near[i, m], a] += 0.5 * rotation * of_oxygen[k, b]
            k += 1
    return agreement


@compiled
def images_shared(frac: FloatArray, group: Group) -> FloatArray:
    """(n,) how many images of each point (n, 3) are near enough to become one atom, softly."""
    sharing, vector, cells = np.ones(len(frac)), np.empty(3), np.empty(3, np.int64)
    for i in range(len(frac)):
        for g in range(1, len(group.rotations)):
            nearest_image(frac, i, frac, i, group, g, vector, cells)
            sharing[i] += math.exp(-0.5 * (length_of(vector, group.cell) / MEETING_SPREAD) ** 2)
    return sharing


@compiled_in_place
def _find_near(
    frac: FloatArray,
    group: Group,
    counts: IntArray,
    near: IntArray,
    image: IntArray,
    vectors: FloatArray,
) -> None:
    """Write the nearest images to each point, as many as it has oxygen atoms.

    Args:
        frac: (n, 3).
        group: in its cell.
        counts: (n,) how many; written.
        near: (n, m) the points that they are images of, the nearest first; written.
        image: (n, m) by which operations; written.
        vectors: (n, m, 3) fractional, to each; written.
    """
    vector, cells, distances = np.empty(3), np.empty(3, np.int64), np.empty(OXYGEN_OF_POINT)
    for i in range(len(frac)):
        counts[i] = 0
        for j in range(len(frac)):
            for g in range(len(group.rotations)):
                nearest_image(frac, i, frac, j, group, g, vector, cells)
                distance = length_of(vector, group.cell)
                if not NEAREST < distance < FARTHEST:
                    continue
                place, known = counts[i], False
                for m in range(counts[i] - 1, -1, -1):
                    known = known or length_of(vectors[i, m] - vector, group.cell) < SAME_IMAGE
                    if distances[m] > distance:
                        place = m
                if known or place == OXYGEN_OF_POINT:
                    continue
                counts[i] = min(counts[i] + 1, OXYGEN_OF_POINT)
                for m in range(counts[i] - 1, place, -1):
                    near[i, m], image[i, m] = near[i, m - 1], image[i, m - 1]
                    vectors[i, m], distances[m] = vectors[i, m - 1], distances[m - 1]
                near[i, place], image[i, place] = j, g
                vectors[i, place], distances[place] = vector, distance


@compiled_in_place
def _fill_tables(
    place: FloatArray,
    rotation: IntArray,
    translation: FloatArray,
    most: IntArray,
    tables: FloatArray,
) -> None:
    """Write the phase powers of the image of a place (3,) by an operation."""
    for a in range(3):
        x = translation[a]
        for b in range(3):
            x += rotation[a, b] * place[b]
        phase_powers(x, most[a], tables[2 * a], tables[2 * a + 1])


@compiled
def add_scatterers(
    frac: FloatArray,
    weights: FloatArray,
    data: Intensities,
    real: FloatArray,
    imaginary: FloatArray,
) -> None:
    """Add the phase factors of all images of places (n, 3) with weights (n,) to sums (h,)."""
    tables = np.zeros((6, 2 * data.most.max() + 1))
    for i in range(len(frac)):
        for g in range(len(data.rotations)):
            _fill_tables(frac[i], data.rotations[g], data.translations[g], data.most, tables)
            add_image(weights[i], data.hkl, data.most, tables, real, imaginary)


@compiled
def scatterer_slope(
    frac: FloatArray,
    weights: FloatArray,
    factor: FloatArray,
    real: FloatArray,
    imaginary: FloatArray,
    data: Intensities,
) -> FloatArray:
    """Slope with respect to places.

    Args:
        frac: (n, 3).
        weights: (n,).
        factor: (h,) that they scatter with.
        real: (h,) slope with respect to the real parts of structure factors.
        imaginary: (h,) to the imaginary ones.
        data: what was measured.

    Returns:
        (n, 3) per fractional coordinate.
    """
    slope, vector = np.zeros(frac.shape), np.empty(3)
    tables = np.zeros((6, 2 * data.most.max() + 1))
    one, other = factor * imaginary, factor * real
    for i in range(len(frac)):
        for g in range(len(data.rotations)):
            _fill_tables(frac[i], data.rotations[g], data.translations[g], data.most, tables)
            _image_slope(data.hkl, data.most, tables, one, other, vector)
            slope[i] += 2.0 * math.pi * weights[i] * (vector @ data.rotations[g].astype(np.float64))
    return slope


@compiled_with_reordered_sums
def _image_slope(
    hkl: IntArray,
    most: IntArray,
    tables: FloatArray,
    one: FloatArray,
    other: FloatArray,
    vector: FloatArray,
) -> None:
    """Write the sum over reflections of h (one cos - other sin), (3,), of one image."""
    a, b, c = most[0], most[1], most[2]
    u = v = w = 0.0
    for n in range(len(hkl)):
        h, k, l = hkl[n, 0] + a, hkl[n, 1] + b, hkl[n, 2] + c  # noqa: E741 - Miller indices
        x = tables[0, h] * tables[2, k] - tables[1, h] * tables[3, k]
        y = tables[0, h] * tables[3, k] + tables[1, h] * tables[2, k]
        cosine = x * tables[4, l] - y * tables[5, l]
        sine = x * tables[5, l] + y * tables[4, l]
        along = one[n] * cosine - other[n] * sine
        u += along * hkl[n, 0]
        v += along * hkl[n, 1]
        w += along * hkl[n, 2]
    vector[0], vector[1], vector[2] = u, v, w


@compiled_in_place
def _correlation_slope(calculated: FloatArray, data: Intensities) -> tuple[float, FloatArray]:
    """E2 of calculated intensities (h,), and its slope (h,) with respect to them."""
    sums = np.zeros(len(data.observed))
    for h in range(len(calculated)):
        sums[data.group[h]] += calculated[h]
    means = data.local @ sums
    means = np.where(means > 0.0, means, np.inf)
    roots = np.sqrt(sums / means + LEAST_INTENSITY)
    total = data.weights.sum()
    one = data.observed - (data.weights * data.observed).sum() / total
    other = roots - (data.weights * roots).sum() / total
    squares = (data.weights * one**2).sum(), (data.weights * other**2).sum()
    norm = math.sqrt(squares[0] * squares[1])
    if norm == 0.0:
        return 0.0, np.zeros(len(calculated))
    agreement = (data.weights * one * other).sum() / norm
    of_root = data.weights * (one / norm - agreement * other / squares[1])
    of_ratio = 0.5 * of_root / roots
    of_sum = of_ratio / means - (of_ratio * sums / means**2) @ data.local
    return agreement, of_sum[data.group]

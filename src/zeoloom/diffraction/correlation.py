"""E2: how well intensities that were calculated agree with those that were measured.

Intensities of groups of overlapping reflections, observed and calculated, are each divided by their
local mean over 2theta, so that what changes them smoothly has no part in it: displacements,
absorption, guests without order, aluminium in place of silicon. E2 is the correlation of the roots
of the two, which single strong reflections do not rule. A group of spacing d has a weight of
exp(-(2 pi u / d)^2), as a framework idealised as SiO2 is off by about u. Two groups in a
hundred may hold lines of another phase and are left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

LOCAL = 8.0
"""Degrees 2theta, standard deviation of the Gaussian that local means are taken with."""

MODEL_ERROR = 0.25
"""Å, u. Of 0 to 0.5 it sets the true net of four measured patterns apart best."""

FOREIGN_SHARE = 0.02
"""Share of the groups, those in which most is observed beyond what is calculated, that are left
out, for they may hold lines of another phase."""

LEAST_R_DLS, LARGEST_R_DLS = 0.002, 0.1
"""R_DLS beyond which a difference says nothing."""

WEIGHT_OF_STRAIN = 0.15
"""Of the logarithm of R_DLS beside the inverse hyperbolic tangent of E2, which scatters alike for
small correlations and for great ones. Of 0 to 0.3 it brought the true net first most often, in
simulated patterns."""

CERTAINTY_ROUNDS = 3
"""Of local means and uncertainties relative to them."""

CU_K_ALPHA_1 = 1.540593
"""Å. Local means are taken on its 2theta scale, whatever the wavelength of the experiment was, so
that E2 depends on the reflections alone."""


def two_theta_of(d: FloatArray, wavelength: float = CU_K_ALPHA_1) -> FloatArray:
    """(n,) 2theta in degrees of spacings (n,) in Å; 180 where they cannot be reached."""
    sines = np.minimum(0.5 * wavelength / d, 1.0)
    return np.asarray(2.0 * np.degrees(np.arcsin(sines)))


def group_means(values: FloatArray, group: IntArray, weight: FloatArray | IntArray) -> FloatArray:
    """(g,) weighted means of values (n,) over the reflections of each group."""
    sums = np.bincount(group, weights=values * weight)
    return np.asarray(sums / np.bincount(group, weights=weight))


def local_weights(two_theta: FloatArray, certainty: FloatArray | None = None) -> FloatArray:
    """(g, g) weights of all groups in the local mean at each; rows add up to one.

    Args:
        two_theta: (g,) degrees.
        certainty: (g,) how much each group counts; None for all alike.
    """
    apart = (two_theta[:, None] - two_theta[None, :]) / LOCAL
    weights = np.exp(-0.5 * apart**2)
    if certainty is not None:
        weights = weights * certainty
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def certainties(observed: FloatArray, esd: FloatArray, two_theta: FloatArray) -> FloatArray:
    """(g,) how much each group is known, from 1 down to 0.

    Intensities over their local means scatter by about 1 (Wilson); a group whose intensity is
    uncertain by as much, as under a line of another phase, counts half.

    Args:
        observed: (g,) intensities.
        esd: (g,) their uncertainties; zeros if unknown.
        two_theta: (g,) degrees.
    """
    certainty = np.ones(len(observed))
    for _ in range(CERTAINTY_ROUNDS):
        mean = local_weights(two_theta, certainty) @ np.maximum(observed, 0.0)
        certainty = 1.0 / (1.0 + (esd / np.where(mean > 0.0, mean, np.inf)) ** 2)
    return certainty


def normalised(intensity: FloatArray, weights: FloatArray) -> FloatArray:
    """Intensities (..., g) divided by their local means; zeros where there is no intensity."""
    means = intensity @ weights.T
    return np.asarray(intensity / np.where(means > 0.0, means, 1.0))


def merit_of(e2: float, r_dls_cell: float) -> float:
    """The figure by which frameworks are ranked: E2, and how little strain there is in the cell.

    Args:
        e2: of a framework.
        r_dls_cell: residual of its distances with the cell held.
    """
    strain = min(max(r_dls_cell, LEAST_R_DLS), LARGEST_R_DLS)
    return math.atanh(min(max(e2, -0.99), 0.995)) - WEIGHT_OF_STRAIN * math.log(strain / 0.01)


def reliability(d: FloatArray) -> FloatArray:
    """(g,) weights of groups of spacings (g,) in Å."""
    return np.asarray(np.exp(-((2.0 * np.pi * MODEL_ERROR / d) ** 2)))


def e2(
    observed: FloatArray, calculated: FloatArray, local: FloatArray, weights: FloatArray
) -> float:
    """E2 of group intensities (g,); 0 if one of the two is constant.

    Args:
        observed: (g,); those below zero count as zero.
        calculated: (g,).
        local: (g, g) of `local_weights`.
        weights: (g,) of `reliability`.
    """
    one = np.sqrt(normalised(np.maximum(observed, 0.0), local))
    other = np.sqrt(normalised(calculated, local))
    # lines of another phase add to what is observed, and never take from it
    excess = np.sqrt(weights) * (one - other)
    kept = np.argsort(excess)[: len(excess) - round(FOREIGN_SHARE * len(excess))]
    one, other, weights = one[kept], other[kept], weights[kept]
    one, other = (each - np.average(each, weights=weights) for each in (one, other))
    norm = float(np.sqrt((weights * one) @ one * ((weights * other) @ other)))
    return float((weights * one) @ other) / norm if norm > 0.0 else 0.0

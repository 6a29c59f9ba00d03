"""E2: how well intensities that were calculated agree with those that were measured.

Intensities of groups of overlapping reflections, observed and calculated, are each divided by their
local mean over 2theta, so that what changes them smoothly has no part in it: displacements,
absorption, guests without order, aluminium in place of silicon. E2 is the correlation of the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray

LOCAL = 8.0
"""Degrees 2theta, standard deviation of the Gaussian that local means are taken with."""

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


def local_weights(two_theta: FloatArray) -> FloatArray:
    """(g, g) weights of all groups in the local mean at each; rows add up to one."""
    apart = (two_theta[:, None] - two_theta[None, :]) / LOCAL
    weights = np.exp(-0.5 * apart**2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def normalised(intensity: FloatArray, weights: FloatArray) -> FloatArray:
    """Intensities (..., g) divided by their local means; zeros where there is no intensity."""
    means = intensity @ weights.T
    return np.asarray(intensity / np.where(means > 0.0, means, 1.0))


def e2(observed: FloatArray, calculated: FloatArray, weights: FloatArray) -> float:
    """E2 of group intensities (g,), with the weights of `local_weights`; 0 if one is constant."""
    one, other = normalised(observed, weights), normalised(calculated, weights)
    one, other = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / norm if norm > 0.0 else 0.0

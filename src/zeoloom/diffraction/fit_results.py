"""What a fit of a pattern says: agreement, cell, reflections, and what is unexplained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from zeoloom.diffraction.foreign_lines import SHAPE_ERROR
from zeoloom.diffraction.peak_shape import SHAPE_NAMES, lorentz_polarisation
from zeoloom.diffraction.possible_reflections import groups_within, plain_indices
from zeoloom.diffraction.reflections import Reflections
from zeoloom.diffraction.unexplained import near_points, seen_lines, spacings_at
from zeoloom.diffraction.whole_pattern import calculate, jacobian_of, shape_prior
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number

if TYPE_CHECKING:
    from zeoloom.diffraction.pattern_fit import PatternFit
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.diffraction.whole_pattern import Profiles
    from zeoloom.geometry.arrays import FloatArray, IntArray

OVERLAP_WIDTHS = 0.5
"""Widths; neighbours that are closer are one group."""

GAP_WIDTHS = 0.5
"""Widths from the nearest point of the pattern from which a reflection is not measured."""

MOST_INVERTED = 1_500
"""Groups up to which their uncertainties take account of one another."""

MOST_UNEXPLAINED = 12
"""Peaks that are listed."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well a pattern is fitted.

    Attributes:
        r_wp: weighted profile R factor.
        r_exp: the one that counting statistics let expect.
        chi2: (r_wp / r_exp)^2.
        r_wp_peaks: r_wp with the background subtracted from the counts.
        r_wp_explained: r_wp without the unexplained peaks.
    """

    r_wp: float
    r_exp: float
    chi2: float
    r_wp_peaks: float
    r_wp_explained: float


@dataclass(frozen=True, slots=True)
class UnexplainedPeak:
    """A peak that no reflection of the cell accounts for.

    Attributes:
        two_theta: degrees, as measured.
        d: Å, by the first wavelength and the zero of the fit.
        height: relative to the highest peak of the pattern.
    """

    two_theta: float
    d: float
    height: float


def agreement(fit: PatternFit) -> Agreement:
    """The figures of agreement of a fit."""
    pattern = fit.problem.pattern
    weights = 1.0 / pattern.esd**2
    squares = weights * fit.residual**2
    total = weights * pattern.counts**2
    above = weights * (pattern.counts - fit.background) ** 2
    parameters = len(fit.state.intensity) + len(fit.state.shape.vector) + len(fit.state.background)
    free = max(len(pattern) - parameters, 1)
    explained = ~near_points(fit, seen_lines(fit)[0])
    r_wp, r_exp = np.sqrt(squares.sum() / total.sum()), np.sqrt(free / total.sum())
    return Agreement(
        r_wp=float(r_wp),
        r_exp=float(r_exp),
        chi2=float((r_wp / r_exp) ** 2),
        r_wp_peaks=float(np.sqrt(squares.sum() / above.sum())),
        r_wp_explained=float(np.sqrt(squares[explained].sum() / total[explained].sum())),
    )


def unexplained_peaks(fit: PatternFit) -> list[UnexplainedPeak]:
    """The largest peaks that no reflection explains, in order of their heights."""
    angles, height = seen_lines(fit)
    spacing = spacings_at(fit, angles)
    height = height / float((fit.problem.pattern.counts - fit.background).max())
    order = np.argsort(-height)[:MOST_UNEXPLAINED]
    return [UnexplainedPeak(float(angles[k]), float(spacing[k]), float(height[k])) for k in order]


def cell_with_esd(fit: PatternFit) -> tuple[FloatArray, FloatArray]:
    """a, b, c, alpha, beta, gamma (6,), and their standard uncertainties (6,)."""
    shape = fit.state.shape
    covariance = _covariance(fit)[: len(shape.metric), : len(shape.metric)]
    parameters = parameters_from_cell(shape.cell)
    slopes = np.zeros((6, len(shape.metric)))
    for k in range(len(shape.metric)):
        vector = shape.vector
        step = 1e-6 * float(np.linalg.norm(shape.metric))
        vector[k] += step
        slopes[:, k] = (parameters_from_cell(shape.with_vector(vector).cell) - parameters) / step
    variance = np.einsum("ik,kl,il->i", slopes, covariance, slopes)
    return parameters, np.sqrt(np.maximum(variance, 0.0))


def zero_esd(fit: PatternFit) -> float:
    """Degrees, the standard uncertainty of the zero shift."""
    place = len(fit.state.shape.metric) + SHAPE_NAMES.index("zero")
    return float(np.sqrt(_covariance(fit)[place, place]))


def _covariance(fit: PatternFit) -> FloatArray:
    """(p, p) of the parameters of the shape, those of intensities and background left free."""
    found = calculate(fit.problem, fit.state, fit.profiles.layout)
    error = SHAPE_ERROR * fit.foreign
    weights = 1.0 / (fit.problem.pattern.esd**2 + error**2)
    jacobian = jacobian_of(fit.problem, found)
    p = len(fit.state.shape.vector)
    used = np.concatenate([fit.state.shape.vector != 0.0, np.ones(jacobian.shape[1] - p, bool)])
    jacobian *= used
    profiles = profile_matrix(fit.profiles, len(weights))
    own = profiles.T @ profiles.multiply(weights[:, None]).tocsr()
    cross = np.asarray(profiles.T @ (jacobian * weights[:, None]))
    size = own.diagonal()
    matrix = own.toarray() + np.diag(1e-6 * size + 1e-12 * size.max())
    normal = jacobian.T @ (jacobian * weights[:, None]) - cross.T @ np.linalg.solve(matrix, cross)
    pull, _ = shape_prior(fit.problem)
    chi2 = max(agreement(fit).chi2, 1.0)
    normal = normal / chi2
    normal[np.arange(p), np.arange(p)] += pull
    scale = np.sqrt(np.maximum(np.diag(normal), 1e-300))
    inverse = np.linalg.pinv(normal / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return np.asarray(inverse / np.outer(scale, scale))[:p, :p]


def profile_matrix(profiles: Profiles, n: int) -> csr_matrix:
    """(n, k) the profiles of all reflections."""
    counts = profiles.last - profiles.first
    points = np.concatenate(
        [np.arange(a, b) for a, b in zip(profiles.first, profiles.last, strict=True)]
    )
    columns = np.repeat(np.arange(len(counts)), counts)
    return csr_matrix((profiles.values, (points, columns)), shape=(n, len(counts)))


def reflections_of_fit(
    fit: PatternFit, space_group: str | None, radiation: Radiation
) -> Reflections:
    """Intensities m |F|^2 of the reflections in the range of the pattern.

    Uncertainties are those of the sums of groups from counting, times the root of chi2 without
    unexplained peaks, and from what lines of other phases may add; divided within a group so that
    their squares add up.
    """
    pattern, listed, beam = fit.problem.pattern, fit.problem.reflections, fit.problem.beam
    positions = fit.positions
    operations = operations_of_hall_number(hall_number_of(space_group or "P1"))
    seen = (positions >= pattern.two_theta[0]) & (positions <= pattern.two_theta[-1])
    seen &= ~pattern.far_from_points(positions, GAP_WIDTHS * fit.widths)
    order = np.flatnonzero(seen)
    order = order[np.argsort(positions[order], kind="stable")]
    group = groups_within(positions[order], OVERLAP_WIDTHS * fit.widths[order])
    intensity = fit.areas[order]
    esd = _group_esd(fit, order, group)
    spacing = 1.0 / np.linalg.norm(listed.hkl @ np.linalg.inv(fit.state.shape.cell).T, axis=1)
    theta = np.arcsin(np.minimum(0.5 * beam.first / spacing[order], 1.0))
    factor = 1.0 / lorentz_polarisation(theta, radiation)
    scale = 1000.0 / max(float((intensity * factor).max(initial=0.0)), 1e-300)
    return Reflections(
        cell=fit.state.shape.cell,
        space_group=space_group,
        hkl=plain_indices(listed.hkl[order], operations),
        d=spacing[order],
        multiplicity=listed.multiplicity[order],
        group=group,
        intensity=scale * factor * intensity,
        esd=scale * factor * esd,
        radiation=radiation,
        wavelength=beam.first,
    )


def _group_esd(fit: PatternFit, order: IntArray, group: IntArray) -> FloatArray:
    """(k,) uncertainties of the areas of reflections in some order, by their groups (k,)."""
    n_groups = int(group[-1]) + 1 if len(group) else 0
    figures, pattern = agreement(fit), fit.problem.pattern
    chi2 = max((figures.r_wp_explained / figures.r_exp) ** 2, 1.0)
    # what a line of another phase adds is of one sign, so that it does not average out over a peak
    points = float(np.median(fit.widths) / np.median(np.diff(pattern.two_theta)))
    error2 = (SHAPE_ERROR * fit.foreign) ** 2 + fit.hidden**2
    weights = 1.0 / (chi2 * pattern.esd**2 + max(points, 1.0) * error2)
    area = fit.areas[order]
    total = np.bincount(group, area, n_groups)
    size = np.bincount(group, minlength=n_groups)
    share = np.where(total[group] > 0.0, area / np.maximum(total[group], 1e-300), 1.0 / size[group])
    # lines of other phases share the counts, each as a group of its own
    k, total_columns = len(fit.areas), n_groups + len(fit.state.shape.foreign)
    rows = np.concatenate([order, np.arange(k, len(fit.state.intensity))])
    columns = np.concatenate([group, np.arange(n_groups, total_columns)])
    values = np.concatenate([share, np.ones(total_columns - n_groups)])
    gather = csr_matrix((values, (rows, columns)), shape=(len(fit.state.intensity), total_columns))
    profiles = profile_matrix(fit.profiles, len(weights)) @ gather
    matrix = (profiles.T @ profiles.multiply(weights[:, None])).tocsr()
    diagonal = np.maximum(matrix.diagonal(), 1e-300)
    if total_columns <= MOST_INVERTED:
        dense = matrix.toarray() / np.sqrt(np.outer(diagonal, diagonal))
        variance = np.diag(np.linalg.inv(dense + 1e-6 * np.eye(total_columns))) / diagonal
    else:
        variance = 1.0 / diagonal
    return np.asarray(np.sqrt(variance[group] * share))

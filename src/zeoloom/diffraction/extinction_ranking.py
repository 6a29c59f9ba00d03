"""Extinction symbols ranked by a pattern.

The pattern is fitted once with all reflections that the crystal system has. For each symbol the
probability of the counts follows: reflections that it forbids have no intensity, and those that it
allows have intensities spread about their local mean (Wilson). That is taken as a Gaussian with the
mean and the variance of Wilson's distribution, so that overlap of reflections, which counts see
only as sums, is integrated exactly: a symbol that allows reflections which are not there pays for
each, and one that forbids what is there pays more. After Markvardsen, David, Johnson & Shankland,
Acta Cryst. A57 (2001) 47, who integrate over Wilson's distribution itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.ndimage import gaussian_filter1d

from zeoloom.diffraction.extinction_symbols import forbidden
from zeoloom.diffraction.fit_results import OVERLAP_WIDTHS, profile_matrix
from zeoloom.diffraction.miller import equal_reflections
from zeoloom.diffraction.peak_shape import lorentz_polarisation
from zeoloom.diffraction.possible_reflections import groups_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.diffraction.extinction_symbols import ExtinctionSymbol
    from zeoloom.diffraction.pattern_fit import PatternFit
    from zeoloom.diffraction.reflections import Radiation
    from zeoloom.geometry.arrays import BoolArray, FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations

MOST_RANKED = 500
"""Reflections, from low angles up, by which symbols are ranked; beyond, most overlap."""

LOCAL_MEAN = 8.0
"""Degrees, standard deviation of the window in which intensities are averaged."""

MISFIT_WINDOW = 0.5
"""Degrees, standard deviation of the window in which the misfit of the fit is averaged."""

SHAPE_MISFIT = 0.03
"""Share of the peaks by which their shapes may be wrong."""

MOST_FOREIGN, FOREIGN_COST = 3, 10.0
"""Lines of another phase that may lie where a symbol forbids reflections, and what each costs the
logarithm of its probability."""

FOREIGN_AREA = 0.003
"""Standard deviation of their areas, relative to the greatest area of all reflections."""

LEAST_MEAN = 1e-3
"""Of the greatest local mean: the least that one is taken for."""


SYMBOL_COLUMNS = ("symbol", "log_probability", "forbidden", "strongest", "groups")
"""Of tables of ranked symbols."""


@dataclass(frozen=True, slots=True)
class RankedSymbol:
    """An extinction symbol and what a pattern says of it.

    Attributes:
        symbol: with its groups.
        log_probability: natural logarithm of the probability, all symbols together having 1, and
            each the same before the pattern is seen.
        forbidden: reflections in the range that it forbids and P - - - does not.
        strongest: the largest intensity of a forbidden reflection that overlaps with no allowed
            one, over its uncertainty; 0 if there is none.
    """

    symbol: ExtinctionSymbol
    log_probability: float
    forbidden: int
    strongest: float

    @property
    def texts(self) -> tuple[str, ...]:
        """A row of a table with `SYMBOL_COLUMNS`."""
        return (
            self.symbol.name,
            f"{round(self.log_probability, 1) + 0.0:.1f}",  # no -0.0
            str(self.forbidden),
            f"{self.strongest:.1f}",
            " ".join(self.symbol.groups),
        )


@dataclass(frozen=True, slots=True)
class _Data:
    """What the counts say of the intensities of all reflections, and of lines of other phases.

    Attributes:
        matrix: (k + f, k + f) of the least squares for the areas of reflections and lines of other
            phases, profiles' T W profiles.
        side: (k + f,) its right side.
        area: (k,) as fitted by Le Bail's method.
        position: (k,) degrees.
        group: (k,) of those that overlap.
        factor: (k,) Lorentz and polarisation.
        members: (m, 3) equal reflections, each once.
        owner: (m,) which of the k they are equal to.
        lines: (f,) areas of the lines of other phases, as fitted.
    """

    matrix: FloatArray
    side: FloatArray
    area: FloatArray
    position: FloatArray
    group: IntArray
    factor: FloatArray
    members: IntArray
    owner: IntArray
    lines: FloatArray


def ranked_symbols(
    fit: PatternFit,
    symbols: Sequence[ExtinctionSymbol],
    holohedry: SymmetryOperations,
    radiation: Radiation,
) -> list[RankedSymbol]:
    """Extinction symbols, the most probable first.

    Args:
        fit: of the pattern with all reflections of the holohedry.
        symbols: of the crystal system.
        holohedry: its operations, without any absences.
        radiation: what was scattered.
    """
    data = _data(fit, holohedry, radiation)
    found = []
    for symbol in symbols:
        allowed = _allowed_members(data, symbol.operations)
        evidence = _log_evidence(data, allowed)
        found.append((evidence, symbol, allowed))
    logs = np.array([evidence for evidence, _, _ in found])
    logs -= logs.max() + np.log(np.exp(logs - logs.max()).sum())
    ranked = [
        RankedSymbol(symbol, float(log), int((allowed == 0).sum()), _strongest(data, allowed))
        for log, (_, symbol, allowed) in zip(logs, found, strict=True)
    ]
    return sorted(ranked, key=lambda each: -each.log_probability)


def _data(fit: PatternFit, holohedry: SymmetryOperations, radiation: Radiation) -> _Data:
    """What is needed of a fit."""
    pattern, listed = fit.problem.pattern, fit.problem.reflections
    order = np.argsort(fit.positions, kind="stable")
    inside = (fit.positions > pattern.two_theta[0]) & (fit.positions < pattern.two_theta[-1])
    order = order[inside[order]][:MOST_RANKED]
    last = float(fit.positions[order[-1]])
    weights = np.where(pattern.two_theta < last, 1.0 / _variance(fit), 0.0)
    everything = profile_matrix(fit.profiles, len(pattern))
    others = np.setdiff1d(np.arange(len(listed)), order)
    known = everything[:, others] @ fit.state.intensity[others]
    # lines of other phases are there whatever the symbol
    own = np.concatenate([order, np.arange(len(listed), len(fit.state.intensity))])
    profiles = everything[:, own]
    counts = pattern.counts - fit.background - known
    images = np.stack(equal_reflections(listed.hkl[order], holohedry), axis=1)
    owners = np.repeat(np.arange(len(order)), images.shape[1])
    members, first = np.unique(images.reshape(-1, 3), axis=0, return_index=True)
    theta = np.arcsin(np.minimum(0.5 * fit.problem.beam.first / listed.d[order], 1.0))
    return _Data(
        matrix=(profiles.T @ profiles.multiply(weights[:, None])).toarray(),
        side=np.asarray(profiles.T @ (weights * counts)),
        area=fit.state.intensity[order],
        position=fit.positions[order],
        group=groups_within(fit.positions[order], OVERLAP_WIDTHS * fit.widths[order]),
        factor=lorentz_polarisation(theta, radiation),
        members=members,
        owner=owners[first],
        lines=fit.state.intensity[len(listed) :],
    )


def _variance(fit: PatternFit) -> FloatArray:
    """(n,) of the counts: of counting, and of what the fit cannot describe.

    The misfit at neighbouring points is of one sign, so that it does not average out over a peak.
    """
    pattern = fit.problem.pattern
    step = float(np.median(np.diff(pattern.two_theta)))
    points = max(float(np.median(fit.widths)) / step, 1.0)
    excess = np.maximum(fit.residual**2 - pattern.esd**2, 0.0)
    misfit = gaussian_filter1d(excess, MISFIT_WINDOW / step)
    return np.asarray(pattern.esd**2 + points * (misfit + (SHAPE_MISFIT * fit.peaks) ** 2))


def _allowed_members(data: _Data, operations: SymmetryOperations) -> IntArray:
    """(k,) how many of the equal reflections of each a group allows."""
    allowed = ~forbidden(data.members, operations)
    return np.bincount(data.owner[allowed], minlength=len(data.area)).astype(np.int64)


def _log_evidence(data: _Data, allowed: IntArray) -> float:
    """Logarithm of the probability of the counts, but for a constant.

    Lines of other phases have areas about those fitted. With areas I of mean m and variance m^2, A
    the matrix and b the right side of the least squares, and S = diag(m):
    -1/2 chi2(m) - 1/2 log det(1 + S A S) + 1/2 h' (1 + S A S)^-1 h with h = S (b - A m).
    """
    kept = np.concatenate([allowed > 0, np.ones(len(data.lines), dtype=bool)])
    mean = np.concatenate([_local_means(data, allowed), data.lines])[kept]
    matrix, side = data.matrix[np.ix_(kept, kept)], data.side[kept]
    chi2 = float(mean @ (matrix @ mean) - 2.0 * mean @ side)
    scaled = mean * (side - matrix @ mean)
    factor = cho_factor(np.eye(len(mean)) + mean[:, None] * matrix * mean)
    log_det = 2.0 * float(np.log(np.diag(factor[0])).sum())
    evidence = -0.5 * chi2 - 0.5 * log_det + 0.5 * float(scaled @ cho_solve(factor, scaled))
    if kept.all():
        return evidence
    return evidence + _foreign_gain(data, kept, mean, factor, scaled)


def _foreign_gain(
    data: _Data, kept: BoolArray, mean: FloatArray, factor: Any, scaled: FloatArray
) -> float:
    """What the logarithm gains if a few lines of another phase lie where none is allowed.

    At most `MOST_FOREIGN`, weak ones, each at a cost.
    """
    gone = ~kept
    coupling = data.matrix[np.ix_(gone, kept)] * mean
    left = data.side[gone] - data.matrix[np.ix_(gone, kept)] @ mean
    left -= coupling @ cho_solve(factor, scaled)
    own = np.diag(data.matrix)[gone] - np.einsum(
        "ij,ji->i", coupling, cho_solve(factor, coupling.T)
    )
    size = (FOREIGN_AREA * float(data.area.max())) ** 2
    stretch = 1.0 + size * np.maximum(own, 0.0)
    gain = 0.5 * size * left**2 / stretch - 0.5 * np.log(stretch)
    best = np.zeros(int(data.group[-1]) + 1)
    np.maximum.at(best, data.group[gone[: len(data.group)]], gain)
    worthwhile = np.sort(best - FOREIGN_COST)[::-1][:MOST_FOREIGN]
    return float(np.maximum(worthwhile, 0.0).sum())


def _local_means(data: _Data, allowed: IntArray) -> FloatArray:
    """(k,) mean areas of reflections, if those nearby are shared by what a symbol allows."""
    apart = data.position[:, None] - data.position
    window = np.exp(-0.5 * (apart / LOCAL_MEAN) ** 2)
    share = allowed * data.factor
    # what lies under a forbidden reflection is left out here, and pays elsewhere
    mean = (window @ data.area) / np.maximum(window @ share, 1e-300)
    return np.asarray(np.maximum(mean, LEAST_MEAN * mean.max()) * share)


def _strongest(data: _Data, allowed: IntArray) -> float:
    """The clearest sign against a symbol."""
    gone, k = allowed == 0, len(allowed)
    if not gone.any():
        return 0.0
    matrix = data.matrix[:k, :k]
    size = np.diag(matrix)
    coupling = np.abs(matrix) / np.sqrt(np.outer(size, size) + 1e-300)
    alone = gone & ~(coupling[:, ~gone] > 0.5).any(axis=1) & (size > 0.0)
    return float((data.area * np.sqrt(size))[alone].max(initial=0.0))

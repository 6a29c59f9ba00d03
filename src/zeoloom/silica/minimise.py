"""Making the weighted deviations of distances small, from one start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares

from zeoloom.geometry.lattice import plane_spacings
from zeoloom.silica.distance_kernel import Distances, fitted
from zeoloom.silica.freedom import freedom_of, jacobian, residuals, slopes_of
from zeoloom.silica.repulsion import repulsion
from zeoloom.silica.restraints import joined, silica_restraints

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.silica.freedom import Freedom
    from zeoloom.silica.oxygen import Bridged
    from zeoloom.silica.restraints import Kind, Restraints
    from zeoloom.structure.records import Framework

MARGIN = 0.3
"""Å. Pairs this far beyond the reach of repulsion are listed, for they may come closer."""

THINNEST = 2.0
"""Å between lattice planes; below, a strained net has collapsed into itself."""

MAX_ROUNDS = 4
"""How often the pairs that repel may be listed anew."""

SCREENING = 15
"""Evaluations after which a start is left if it is hopeless. Of 282 nets out of `generate` the 90
that ended at an R_DLS of 0.006 or less were all below 0.006 by then, the others above."""

DENSE = 600
"""Parameters up to which each step is solved densely; a sparse solver is faster above."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One start, refined.

    Attributes:
        bridged: what became of it.
        wanted: its distances of each kind.
        felt: its pairs that are not bonded and repel one another; None if its cell is crushed.
        r_dls: its R_DLS.
        settled: False if the evaluations ran out first.
        iterations: evaluations of the distances.
        left: whether it was left after a few evaluations, as hopeless; `felt` is None then too.
    """

    bridged: Bridged
    wanted: dict[Kind, Restraints]
    felt: Restraints | None
    r_dls: float
    settled: bool
    iterations: int
    left: bool = False


def minimised(
    start: Bridged, max_iterations: int, *, cell_free: bool, hopeless: float = np.inf
) -> Attempt:
    """Refine from one start, listing the pairs that repel anew until the list is right.

    Args:
        start: net and oxygen.
        max_iterations: evaluations at most, each time.
        cell_free: refine the cell as well.
        hopeless: R_DLS; what is above after a few evaluations without repulsion is left so.
    """
    kinds = silica_restraints(start)
    wanted = joined(*kinds.values())
    bridged, settled, spent = start, False, 0
    felt = None
    if hopeless < np.inf and not is_crushed(bridged.framework.cell):
        begun, _, spent = settle(bridged.framework, wanted, SCREENING, cell_free=cell_free)
        bridged = replace(bridged, framework=begun)
        reached = r_dls_of(wanted, begun)
        if reached > hopeless:
            return Attempt(bridged, kinds, None, reached, False, spent, left=True)
    for _ in range(MAX_ROUNDS):
        if is_crushed(bridged.framework.cell):
            break
        pairs = repulsion(bridged.framework, bridged.bonds, bridged.oxygen, MARGIN)
        refined, settled, evaluations = settle(
            bridged.framework, joined(wanted, pairs), max_iterations, cell_free=cell_free
        )
        spent += evaluations
        bridged = replace(bridged, framework=refined)
        felt = None
        if is_crushed(refined.cell):
            break
        felt = repulsion(refined, bridged.bonds, bridged.oxygen, 0.0)
        if np.isclose(_push(felt, refined), _push(pairs, refined), rtol=1e-6, atol=1e-9):
            break
    return Attempt(bridged, kinds, felt, r_dls_of(wanted, bridged.framework), settled, spent)


def is_crushed(cell: FloatArray) -> bool:
    """Whether a cell (3, 3) Å is too thin for any framework, and crowded with pairs that repel."""
    return bool(plane_spacings(cell).min() < THINNEST)


def settle(
    framework: Framework, wanted: Restraints, max_iterations: int, *, cell_free: bool
) -> tuple[Framework, bool, int]:
    """Make the weighted deviations small, within the group.

    Args:
        framework: atoms exactly on their sites.
        wanted: its distances; with no oxygen in the framework, of T atoms only.
        max_iterations: evaluations at most.
        cell_free: refine the cell as well.

    Returns:
        The framework, whether it settled, and the evaluations it took.
    """
    n_t = len(framework.frac_t)
    freedom = freedom_of(
        framework.cell, _sites(framework), framework.operations, cell_free=cell_free
    )
    if len(freedom) == 0:
        return framework, True, 0
    solve = _densely if len(freedom) <= DENSE else _sparsely
    p, settled, evaluations = solve(freedom, wanted, max_iterations)
    sites = freedom.sites(p)
    refined = replace(
        framework,
        cell=freedom.strained_cell(p) if cell_free else framework.cell,
        frac_t=sites[:n_t],
        frac_o=sites[n_t:],
    )
    return refined, settled, evaluations


def _densely(freedom: Freedom, wanted: Restraints, most: int) -> tuple[FloatArray, bool, int]:
    """Parameters, whether they settled, and the evaluations it took."""
    slopes = slopes_of(wanted, freedom)
    return fitted(
        Distances(
            wanted.vectors(freedom.frac),
            slopes.linear,
            slopes.columns,
            wanted.target,
            wanted.weight / wanted.norm(),
            wanted.repels,
        ),
        freedom.cell,
        freedom.cell @ freedom.strains,
        freedom.positions,
        most,
    )


def _sparsely(freedom: Freedom, wanted: Restraints, most: int) -> tuple[FloatArray, bool, int]:
    """As `_densely`, where the normal equations would be too many."""
    slopes, norm = slopes_of(wanted, freedom), wanted.norm()
    found = least_squares(
        lambda p: residuals(wanted, freedom, p) / norm,
        np.zeros(len(freedom)),
        lambda p: jacobian(wanted, freedom, slopes, p) / norm,
        tr_solver="lsmr",
        ftol=1e-8,
        xtol=1e-7,
        gtol=1e-12,
        max_nfev=most,
    )
    return found.x, found.status > 0, int(found.nfev)


def _sites(framework: Framework) -> FloatArray:
    """(T + O, 3) fractional."""
    return np.concatenate([framework.frac_t, framework.frac_o])


def lengths_of(restraints: Restraints, framework: Framework) -> FloatArray:
    """(M,) Å."""
    vectors = restraints.vectors(_sites(framework)) @ framework.cell
    return np.asarray(np.linalg.norm(vectors, axis=1))


def _push(pairs: Restraints, framework: Framework) -> float:
    """How strongly repulsion is felt."""
    return float(np.sum(np.maximum(pairs.target - lengths_of(pairs, framework), 0.0) ** 2))


def r_dls_of(wanted: Restraints, framework: Framework) -> float:
    """R_DLS as it stands: `sqrt(sum w^2 (D - d)^2 / sum w^2 D^2)`."""
    off = wanted.weight * (lengths_of(wanted, framework) - wanted.target)
    return float(np.linalg.norm(off) / wanted.norm())

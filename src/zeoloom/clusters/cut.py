"""Cutting clusters: the T atoms around each T atom of known frameworks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits, primitive_atoms
from zeoloom.structure.records import ClusterSet, Framework

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zeoloom.geometry.arrays import FloatArray, IntArray

Sites = Literal["primitive", "conventional", "unique"]
"""Which T atoms become centres: those of a primitive or conventional cell, or one per orbit."""

MAX_RADIUS = 30.0
"""Å. Above this a cluster holds thousands of atoms and the file gigabytes."""


def cut_clusters(
    frameworks: Iterable[Framework],
    radius: float = 7.0,
    sites: Sites = "primitive",
    progress: Callable[[str], None] | None = None,
) -> ClusterSet:
    """Cut the T atoms within a radius around T atoms.

    Args:
        frameworks: in the order in which their clusters are wanted.
        radius: Å, counted from the central T atom; an atom exactly on the sphere belongs to it.
        sites: which T atoms become centres.
        progress: called with the name of each framework when it is done.

    Returns:
        The clusters, oriented as their framework's cell, central atom first, then by distance.

    Raises:
        InputError: if radius or sites make no sense.
    """
    if not 0.0 < radius <= MAX_RADIUS:
        raise InputError(f"radius {radius:g} Å: expected more than 0 and at most {MAX_RADIUS:g} Å")
    if sites not in get_args(Sites):
        raise InputError(f"sites '{sites}': expected one of {', '.join(get_args(Sites))}")
    parts: list[FloatArray] = [np.zeros((0, 3))]
    sizes, multiplicities = [0], [0]
    names: list[str] = []
    labels: list[str] = []
    for framework in frameworks:
        frac_t, orbit = expand_orbits(framework.frac_t, framework.operations, framework.cell)
        centres = _centres(framework, frac_t, orbit, sites)
        # a hair more than the radius, so that rounding drops no atom that lies on the sphere
        found = neighbours_within(frac_t[centres], frac_t, framework.cell, radius + 1e-6)
        parts.append(found.vector)
        sizes.extend(np.bincount(found.centre, minlength=len(centres)).tolist())
        names.extend([framework.name] * len(centres))
        labels.extend(framework.t_labels[site] for site in orbit[centres])
        counts = np.bincount(orbit)[orbit[centres]] if sites == "unique" else np.ones_like(centres)
        multiplicities.extend(counts.tolist())
        if progress is not None:
            progress(framework.name)
    return ClusterSet(
        cart_t=np.concatenate(parts),
        offsets=np.cumsum(sizes, dtype=np.int64),
        names=tuple(names),
        sites=tuple(labels),
        multiplicities=np.array(multiplicities[1:], dtype=np.int64),
        radius=float(radius),
    )


def _centres(framework: Framework, frac_t: FloatArray, orbit: IntArray, sites: Sites) -> IntArray:
    """Indices into the full cell `frac_t` (N, 3) of the T atoms to cut around."""
    if sites == "unique":
        return np.unique(orbit, return_index=True)[1].astype(np.int64)
    if sites == "primitive":
        return primitive_atoms(frac_t, framework.operations, framework.cell)
    return np.arange(len(frac_t))

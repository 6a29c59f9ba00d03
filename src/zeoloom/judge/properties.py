"""What is worked out about a refined framework: likeness, pores, adsorption, energy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.judge.lid import lid
from zeoloom.judge.likeness import figures_of, shipped_calibration
from zeoloom.silica.adsorption import adsorption
from zeoloom.silica.energy import relax
from zeoloom.silica.pores import pore_spheres
from zeoloom.silica.pores import pores as pores_of
from zeoloom.structure.nearest_type import nearest_type
from zeoloom.structure.reference import framework_density

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.judge.judgement import Judgement
    from zeoloom.silica.energy import Relaxation
    from zeoloom.silica.pores import PoreSpheres

PORE_BIN, LEAST_SHARE = 0.5, 0.005
"""Å, width of the ranges of a pore size distribution; and the least share that is listed."""

SURFACE_UNIT = 6.02214076e3 / 60.0843
"""m^2/g of 1 Å^2 for each T atom of SiO2."""


def with_nearest_type(judgement: Judgement) -> Judgement:
    """The framework type it is most like, and how far that is; never raises.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
    """
    if judgement.framework is None:
        return judgement
    code, distance = nearest_type(judgement.framework)
    return replace(judgement, nearest_type=code, nearest_distance=distance)


def with_likeness(judgement: Judgement) -> Judgement:
    """Likeness to made zeolites, and its energy above the line that those follow; never raises.

    Args:
        judgement: of `refined`; while its energy is not known the other figures decide. Without a
            framework, or rings, it stays as it is.
    """
    if judgement.framework is None or not judgement.rings:
        return judgement
    calibration = shipped_calibration()
    figures = figures_of(
        judgement.framework, judgement.rings, judgement.energy_kj_mol, judgement.lid
    )
    return replace(
        judgement,
        likeness=calibration.likeness(figures),
        energy_above_line=calibration.energy_above_line(figures),
    )


def with_spheres(judgement: Judgement) -> Judgement:
    """Spheres, channels and their windows, which are known sooner than volumes; never raises.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
    """
    if judgement.framework is None:
        return judgement
    try:
        return _with_spheres(judgement, pore_spheres(judgement.framework))
    except InputError as error:
        return replace(judgement, reason=judgement.reason or f"pores not measured: {error}")


def with_pores(judgement: Judgement, *, seed: int = 0) -> Judgement:
    """Spheres, accessible volume, channels and their windows; never raises.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
        seed: of the random points that volumes are counted with.
    """
    if judgement.framework is None:
        return judgement
    try:
        found = pores_of(judgement.framework, seed=seed)
    except InputError as error:
        return replace(judgement, reason=judgement.reason or f"pores not measured: {error}")
    density = framework_density(judgement.framework)
    return replace(
        _with_spheres(judgement, found),
        accessible_volume=found.accessible_volume / 1000.0,
        accessible_surface=SURFACE_UNIT * found.accessible_surface / density,
        pore_size=float(np.median(found.sizes)) if found.sizes else None,
        pore_distribution=_distribution(found.sizes),
    )


def _with_spheres(judgement: Judgement, found: PoreSpheres) -> Judgement:
    return replace(
        judgement,
        largest_included_sphere=found.included,
        largest_free_sphere=found.free,
        channel_dim=found.channel_dimension,
        window=max((each.window for each in found.channels), default=0),
        windows=tuple(map(str, found.channels)),
    )


def _distribution(sizes: Sequence[float]) -> tuple[str, ...]:
    """Shares of some diameters in ranges of `PORE_BIN`, such as `6.5-7 Å 12 %`, increasing."""
    bins, counts = np.unique(np.floor(np.array(sizes) / PORE_BIN), return_counts=True)
    return tuple(
        f"{place * PORE_BIN:g}-{(place + 1) * PORE_BIN:g} Å {100.0 * count / len(sizes):.0f} %"
        for place, count in zip(bins, counts, strict=True)
        if count >= LEAST_SHARE * len(sizes)
    )


def with_methane(judgement: Judgement, *, insertions: int, seed: int = 0) -> Judgement:
    """Henry coefficient and heat of methane alone, from so many places; never raises.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
        insertions: places where the molecule is put; of 4,000 the heat is good to some tenths.
        seed: of these.
    """
    if judgement.framework is None:
        return judgement
    try:
        found = adsorption(judgement.framework, "ch4", insertions=insertions, seed=seed)
    except InputError as error:
        return replace(judgement, reason=judgement.reason or f"adsorption not known: {error}")
    return replace(judgement, henry_ch4=found.henry, heat_ch4=found.heat)


def with_adsorption(judgement: Judgement, *, seed: int = 0) -> Judgement:
    """Henry coefficients and heats of methane and carbon dioxide at 300 K; never raises.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
        seed: of the places where molecules are put.
    """
    if judgement.framework is None:
        return judgement
    try:
        methane = adsorption(judgement.framework, "ch4", seed=seed)
        dioxide = adsorption(judgement.framework, "co2", seed=seed)
    except InputError as error:
        return replace(judgement, reason=judgement.reason or f"adsorption not known: {error}")
    return replace(
        judgement,
        henry_ch4=methane.henry,
        heat_ch4=methane.heat,
        henry_co2=dioxide.henry,
        heat_co2=dioxide.heat,
    )


def with_relaxation(judgement: Judgement, relaxation: Relaxation) -> Judgement:
    """A judgement with what relaxation tells: energy and local distances.

    Args:
        judgement: of `refined`; its framework stays as refined.
        relaxation: of that framework.
    """
    if relaxation.status != "relaxed" or relaxation.framework is None:
        reason = "" if relaxation.status == "skipped" else f"not relaxed: {relaxation.reason}"
        return replace(
            judgement,
            energy_kj_mol=relaxation.energy_kj_mol,
            energy_status=relaxation.status,
            reason=judgement.reason or reason,
        )
    if not relaxation.bonds_kept:
        return replace(
            judgement,
            energy_status="bonds broken",
            reason=judgement.reason or "its bonds changed when it was relaxed",
        )
    relaxed = replace(
        judgement,
        energy_kj_mol=relaxation.energy_kj_mol,
        energy_status=relaxation.status,
        relaxed_density=framework_density(relaxation.framework),
        lid=lid(relaxation.framework).passed,
    )
    return with_likeness(relaxed)


def with_energy(judgement: Judgement, *, seconds: float = 120.0, seed: int = 0) -> Judgement:
    """Energy and local distances; never raises. A run relaxes many at once: see `with_relaxation`.

    Args:
        judgement: of `refined`. Without a framework it stays as it is.
        seconds: time limit.
        seed: of the small displacements at the start.
    """
    if judgement.framework is None:
        return judgement
    return with_relaxation(judgement, relax(judgement.framework, seconds=seconds, seed=seed))

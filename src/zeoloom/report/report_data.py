"""What the report knows of each framework, as plain data for its page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.report.cavities import largest_cavities
from zeoloom.report.page_parts import number_or_none, packed, packed_fractions
from zeoloom.report.periodic import axes_by_length, periodic_bonds, view_along_shortest
from zeoloom.report.ring_data import rings_data
from zeoloom.structure.files.cif_out import cif_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.judge.judgement import Judgement
    from zeoloom.report.periodic import PeriodicBonds
    from zeoloom.structure.records import Framework

OPERATIONS = "_space_group_symop_operation_xyz\n"
"""What the operations of a CIF come after; they end at the next loop."""


class Operations:
    """Lists of symmetry operations, each kept once for all the CIFs that share it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def without(self, cif: str) -> list[str | int]:
        """A CIF in three parts: what is before its operations, their number, what is after."""
        before, mark, rest = cif.partition(OPERATIONS)
        listed, loop, after = rest.partition("\nloop_")
        number = self._numbers.setdefault(listed, len(self.texts))
        if number == len(self.texts):
            self.texts.append(listed)
        return [before + mark, number, loop + after]


def judgement_data(
    judgement: Judgement,
    bonds: PeriodicBonds | None,
    found: Mapping[str, int],
    operations: Operations,
) -> dict[str, Any]:
    """One framework of the page; see `Judgement` for units.

    Args:
        judgement: what is known of it.
        bonds: of its framework, if that can be drawn.
        found: how often each net was found, by its key.
        operations: where the operations of its CIF go.
    """
    framework = judgement.framework
    return {
        "name": judgement.name,
        "file": judgement.file,
        "key": judgement.key,
        "family": judgement.family,
        "valid": judgement.valid,
        "reason": judgement.reason,
        "notices": list(judgement.notices),
        "verdict": verdict_of(judgement),
        "type": judgement.framework_type,
        "kind": judgement.kind,
        "label": judgement.label,
        "knownAs": judgement.known_as,
        "new": judgement.new,
        "group": "" if framework is None else framework.space_group_symbol,
        "cell": None if framework is None else _cell_parameters(framework),
        "nT": int(judgement.n_t) or None,
        "unique": int(judgement.n_t_unique) or None,
        "density": number_or_none(judgement.density, 2),
        "rDls": number_or_none(judgement.r_dls, 5),
        "e2": number_or_none(judgement.e2, 4),
        "rDlsCell": number_or_none(judgement.r_dls_cell, 5),
        "rWp": number_or_none(judgement.r_wp, 4),
        "energy": number_or_none(judgement.energy_kj_mol, 2),
        "energyStatus": judgement.energy_status,
        "feasible": _known(judgement.feasible),
        "likeMade": _known(judgement.like_made),
        "lid": _known(judgement.lid),
        "rings": [int(size) for size in judgement.rings],
        "aboveLine": number_or_none(judgement.energy_above_line, 2),
        "relaxedDensity": number_or_none(judgement.relaxed_density, 2),
        "likeness": number_or_none(judgement.likeness, 3),
        **_pore_data(judgement),
        "units": list(judgement.units or ()),
        "nearest": judgement.nearest_type,
        "nearestBy": number_or_none(judgement.nearest_distance, 3),
        "found": found.get(judgement.key) if judgement.key else None,
        "cif": _cif_data(judgement, operations),
        "net": None if framework is None or bonds is None else net_data(judgement, bonds),
    }


def _pore_data(judgement: Judgement) -> dict[str, Any]:
    """What is known of its pores, and of what they adsorb."""
    return {
        "henryCh4": number_or_none(judgement.henry_ch4, 4),
        "heatCh4": number_or_none(judgement.heat_ch4, 2),
        "henryCo2": number_or_none(judgement.henry_co2, 4),
        "heatCo2": number_or_none(judgement.heat_co2, 2),
        "surface": number_or_none(judgement.accessible_surface, 1),
        "poreSize": number_or_none(judgement.pore_size, 2),
        "poreDistribution": list(judgement.pore_distribution),
        "window": judgement.window,
        "windows": list(judgement.windows),
        "included": number_or_none(judgement.largest_included_sphere, 2),
        "free": number_or_none(judgement.largest_free_sphere, 2),
        "volume": number_or_none(judgement.accessible_volume, 4),
        "channels": None if judgement.channel_dim is None else int(judgement.channel_dim),
    }


def drawable_bonds(judgement: Judgement) -> PeriodicBonds | None:
    """The bonds of a judged framework; None if there is none, or nothing that can be drawn."""
    if judgement.framework is None:
        return None
    with suppress(InputError):
        return periodic_bonds(judgement.framework)
    return None


def _cif_data(judgement: Judgement, operations: Operations) -> list[str | int] | None:
    """The CIF of a framework, as a run writes it; None for a group that cannot be written down."""
    if judgement.framework is None:
        return None
    facts = {
        "framework_type": judgement.known_name,
        "kind": judgement.kind,
        "key": judgement.key,
        "density": _text(judgement.density, 3),
        "r_dls": _text(judgement.r_dls, 6),
        "energy_kj_mol": _text(judgement.energy_kj_mol, 2),
        "rings": " ".join(map(str, judgement.rings)),
    }
    tags = {f"_zeoloom_{name}": text for name, text in facts.items() if text}
    with suppress(InputError):
        return operations.without(cif_text(replace(judgement.framework, name=judgement.name), tags))
    return None


def net_data(judgement: Judgement, bonds: PeriodicBonds) -> dict[str, Any]:
    """What is drawn of a framework: atoms and bonds of one cell, rings, cavities."""
    assert judgement.framework is not None
    cavities = largest_cavities(judgement.framework)
    seen = bonds.cell @ view_along_shortest(bonds.cell).T
    return {
        "cell": _rounded_list(bonds.cell, 4),
        "seen": _rounded_list(seen, 3),
        "axes": axes_by_length(bonds.cell),
        "t": packed_fractions(bonds.frac_t),
        "sites": packed(bonds.sites),
        "labels": list(judgement.framework.t_labels),
        "bonds": packed(np.column_stack([bonds.tails, bonds.heads, bonds.shifts])),
        "o": packed_fractions(bonds.frac_o),
        "rings": rings_data(bonds, judgement.rings),
        "cavities": packed_fractions(cavities.frac_centres),
        "diameter": round(cavities.diameter, 3),
    }


def verdict_of(judgement: Judgement) -> str:
    """What a framework is, and how stable, in a few words."""
    reason = judgement.reason
    if not judgement.valid:
        kind = "Not valid"
        if judgement.framework_type:
            kind = f"Known interrupted type {judgement.framework_type}"
        return f"{kind}: {reason}" if reason else kind
    kind = _kind_of_net(judgement)
    if judgement.like_made:
        kind += ", as stable as silica zeolites made so far"
    elif judgement.feasible is not None:
        kind += ", feasible" if judgement.feasible else ", not feasible"
    return f"{kind}. {reason}" if reason else kind


def _kind_of_net(judgement: Judgement) -> str:
    """Whether a net is new, or what it is known as."""
    if judgement.new:
        return "New net"
    if judgement.kind == "own":
        return f"Known as {judgement.known_as}"
    kind = "zeolite type" if judgement.kind == "zeolite" else "dense net"
    also = f" (also {', '.join(judgement.other_names)})" if judgement.other_names else ""
    return f"Known {kind} {judgement.framework_type}{also}"


def _cell_parameters(framework: Framework) -> list[float]:
    """Lengths a, b, c in Å and angles alpha, beta, gamma in degrees."""
    return _rounded_list(parameters_from_cell(framework.cell), 3)


def _rounded_list(numbers: FloatArray, decimals: int) -> list[float]:
    """An array, row by row."""
    return [round(float(x), decimals) for x in numbers.ravel()]


def _known(value: bool | None) -> bool | None:
    """Yes, no or unknown, without NumPy's own kind of bool."""
    return None if value is None else bool(value)


def _text(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"

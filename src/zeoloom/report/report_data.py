"""What the report knows of each framework, as plain data for its page.

Geometry travels as base64 of little-endian 16-bit integers: a thousand frameworks stay small.
"""

from __future__ import annotations

import base64
import math
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.errors import InputError
from zeoloom.report.periodic import periodic_bonds
from zeoloom.structure.files.cif_out import cif_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.judge.verdict import Judgement
    from zeoloom.report.periodic import PeriodicBonds
    from zeoloom.structure.records import Framework

FRACTION = 10_000
"""Steps of a fractional coordinate: 0.0025 Å in a cell of 25 Å, for drawing. The CIF is exact."""

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
        "valid": judgement.valid,
        "reason": judgement.reason,
        "type": judgement.framework_type,
        "knownAs": judgement.known_as,
        "new": judgement.new,
        "group": "" if framework is None else framework.space_group_symbol,
        "nT": int(judgement.n_t) or None,
        "unique": int(judgement.n_t_unique) or None,
        "density": _number(judgement.density, 2),
        "rDls": _number(judgement.r_dls, 5),
        "energy": _number(judgement.energy_kj_mol, 2),
        "energyStatus": judgement.energy_status,
        "feasible": _known(judgement.feasible),
        "likeMade": _known(judgement.like_made),
        "lid": _known(judgement.lid),
        "rings": [int(size) for size in judgement.rings],
        "included": _number(judgement.largest_included_sphere, 2),
        "free": _number(judgement.largest_free_sphere, 2),
        "volume": _number(judgement.accessible_volume, 4),
        "channels": _number(judgement.channel_dim, 0),
        "found": found.get(judgement.key) if judgement.key else None,
        "cif": _cif_data(judgement, operations),
        "net": None if framework is None or bonds is None else _net_data(framework, bonds),
    }


def bonds_of(judgement: Judgement) -> PeriodicBonds | None:
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
        "framework_type": judgement.framework_type,
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


def _net_data(framework: Framework, net: PeriodicBonds) -> dict[str, Any]:
    """The T atoms of one cell, their bonds and the oxygen on them; see `PeriodicBonds`."""
    return {
        "cell": [round(float(x), 4) for x in net.cell.ravel()],
        "t": _packed(np.rint(net.frac_t * FRACTION)),
        "sites": _packed(net.sites),
        "labels": list(framework.t_labels),
        "bonds": _packed(np.column_stack([net.tails, net.heads, net.shifts])),
        "o": _packed(np.rint(net.frac_o * FRACTION)),
    }


def _packed(numbers: FloatArray | IntArray) -> str:
    """Whole numbers of any shape, row by row, as base64 of 16-bit integers."""
    return base64.b64encode(np.asarray(numbers, dtype="<i2").tobytes()).decode("ascii")


def _number(value: float | None, digits: int | None = None) -> float | None:
    """A number that JSON can hold, rounded, or None."""
    if value is None or not math.isfinite(value):
        return None
    return float(value) if digits is None else round(float(value), digits)


def _known(value: bool | None) -> bool | None:
    """Yes, no or unknown, without NumPy's own kind of bool."""
    return None if value is None else bool(value)


def _text(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"

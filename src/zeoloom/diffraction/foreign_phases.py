"""Which common phase unexplained peaks may belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STRONGEST_LINES = {
    "quartz": (3.343, 4.255, 1.818),
    "cristobalite": (4.040, 2.487, 2.841),
    "tridymite": (4.328, 4.107, 3.818),
    "zinc oxide": (2.476, 2.814, 2.603),
    "calcite": (3.035, 2.095, 2.285),
    "dolomite": (2.886, 2.192, 1.787),
    "gypsum": (7.63, 4.283, 3.065),
    "halite": (2.820, 1.994, 1.628),
    "sylvite": (3.146, 2.225, 1.816),
    "fluorite": (1.931, 3.155, 1.647),
    "corundum": (2.085, 2.551, 1.601),
    "boehmite": (6.11, 3.164, 2.346),
    "gibbsite": (4.849, 4.371, 2.385),
    "rutile": (3.247, 1.687, 2.487),
    "anatase": (3.520, 1.892, 2.378),
    "silicon": (3.136, 1.920, 1.638),
    "mica": (10.0, 4.98, 3.33),
    "kaolinite": (7.17, 3.58, 2.33),
    "albite": (3.196, 4.03, 3.18),
    "hematite": (2.700, 2.519, 1.694),
    "magnetite": (2.532, 1.485, 2.967),
}
"""Å, spacings of the three strongest powder lines, from the structures of these minerals."""

SAME_SPACING = 0.004
"""Relative difference of a spacing from one of a cell that is not quite the same."""

LINES_NEEDED = 2


def likely_phases(spacings: Iterable[float]) -> list[str]:
    """Common phases two of whose strongest lines are among some spacings, most lines first.

    Args:
        spacings: Å, of peaks that are not explained.
    """
    seen = list(spacings)
    counts = {
        name: sum(any(abs(d / line - 1.0) < SAME_SPACING for d in seen) for line in lines)
        for name, lines in STRONGEST_LINES.items()
    }
    named = [name for name, count in counts.items() if count >= LINES_NEEDED]
    return sorted(named, key=lambda name: -counts[name])

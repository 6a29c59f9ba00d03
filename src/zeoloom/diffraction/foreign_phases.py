"""Which common phase unexplained peaks may belong to, and where its other lines lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

POWDER_LINES = {
    "quartz": (
        *(3.343, 4.255, 1.818, 1.541, 2.457, 2.281, 1.375),
        *(1.382, 2.128),
    ),
    "cristobalite": (4.038, 2.486, 2.841, 3.135, 1.871, 1.929),
    "tridymite": (4.328, 4.107, 3.818),
    "zinc oxide": (2.476, 2.814, 2.603, 1.625, 1.477, 1.378, 1.911, 1.358),
    "calcite": (
        *(3.036, 1.875, 1.912, 2.285, 2.094, 2.495, 1.604),
        *(3.855, 1.440, 1.927, 1.525),
    ),
    "dolomite": (
        *(2.885, 2.191, 1.785, 1.803, 2.014, 2.403, 1.544),
        *(1.388, 1.464, 2.537, 2.667),
    ),
    "gypsum": (7.63, 4.283, 3.065),
    "halite": (2.820, 1.994, 1.261, 1.628, 1.410, 3.256),
    "sylvite": (3.147, 2.225, 1.407, 1.817, 1.285, 1.573),
    "fluorite": (1.931, 3.154, 1.647, 1.366, 1.253),
    "corundum": (
        *(2.085, 2.551, 1.602, 3.480, 1.374, 1.740, 2.379),
        *(1.405, 1.511),
    ),
    "boehmite": (6.11, 3.164, 2.346),
    "gibbsite": (4.849, 4.371, 2.385),
    "rutile": (
        *(3.248, 1.687, 2.487, 1.360, 2.187, 1.624, 1.346),
        *(1.453, 1.479, 2.297, 2.054),
    ),
    "anatase": (
        *(3.516, 1.892, 2.379, 1.700, 1.666, 1.481, 1.265),
        *(2.332, 1.338, 2.431, 1.364),
    ),
    "silicon": (3.136, 1.920, 1.638, 1.358),
    "mica": (10.0, 4.98, 3.33),
    "kaolinite": (7.17, 3.58, 2.33),
    "albite": (
        *(3.194, 4.030, 3.216, 3.188, 3.656, 3.778, 3.149),
        *(3.173, 2.926, 2.962, 1.821, 3.684, 2.561, 1.785),
    ),
    "hematite": (
        *(2.700, 2.518, 1.695, 1.841, 1.486, 1.454, 3.682),
        *(2.207, 1.311, 1.599, 1.259),
    ),
    "magnetite": (
        *(2.532, 1.484, 1.616, 2.969, 2.099, 1.714, 1.281),
        *(4.848, 2.424),
    ),
}
"""Å, spacings of powder lines, the strongest first, down to a twentieth of the strongest for most;
calculated from the structures of these minerals."""

SAME = 0.004
"""Relative difference of a spacing from one of a cell that is not quite the same."""

LINES_NEEDED, STRONGEST = 2, 3
"""Lines that must be seen, one of them of so many strongest ones."""

LEAST_RATIO = 0.4
"""Height of a line that a stronger one of its phase must have at least; more by texture."""


def likely_phases(
    spacings: Sequence[float],
    heights: Sequence[float] | None = None,
    height_at: Callable[[float], float] | None = None,
) -> list[str]:
    """Common phases that have lines at some spacings, most lines first.

    At least two lines are there, one of them strong. If heights are known, whatever line of the
    phase is stronger must be about as high as the ones that are there.

    Args:
        spacings: Å, of peaks that are not explained.
        heights: of these peaks.
        height_at: the measured height at a spacing in Å, whatever is there; infinite if it was not
            measured.
    """
    counts = {}
    for name, lines in POWDER_LINES.items():
        spots = [[k for k, line in enumerate(lines) if abs(d / line - 1) < SAME] for d in spacings]
        seen = {k for each in spots for k in each}
        if len(seen) < LINES_NEEDED or min(seen) >= STRONGEST:
            continue
        if heights is not None and height_at is not None:
            known = [(min(p), h) for p, h in zip(spots, heights, strict=True) if p]
            needed = [max((h for k, h in known if k > j), default=0.0) for j in range(len(lines))]
            pairs = zip(lines, needed, strict=True)
            if any(height_at(line) < LEAST_RATIO * least for line, least in pairs if least):
                continue
        counts[name] = len(seen)
    return sorted(counts, key=lambda name: -counts[name])


def same_line(spacing: float, lines: Sequence[float]) -> bool:
    """Whether a spacing is that of one of some lines, in Å."""
    return any(abs(spacing / line - 1.0) < SAME for line in lines)


def lines_of_phases(names: Iterable[str]) -> list[float]:
    """Å, spacings of the powder lines of some phases in `POWDER_LINES`."""
    return [line for name in names for line in POWDER_LINES[name]]

"""Limits on the frameworks that are searched for."""

from __future__ import annotations

from dataclasses import dataclass

DENSITIES = (7.0, 22.0)
"""T atoms per 1000 Å^3; those of real frameworks are 7.6 to 21.2."""

USUAL_DENSITIES = (12.0, 20.0)
"""T atoms per 1000 Å^3 of most frameworks."""

FRAMEWORK_DENSITIES = (10.0, 21.0)
"""T atoms per 1000 Å^3 that a framework may have of which only a pattern is known."""

ANY_NUMBER = (1, 1_000_000)
"""Of atoms or orbits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on frameworks, each as (least, most).

    Attributes:
        density: T atoms per 1000 Å^3.
        n_t: T atoms of the conventional cell.
        n_t_unique: orbits of them.
    """

    density: tuple[float, float] = USUAL_DENSITIES
    n_t: tuple[int, int] = ANY_NUMBER
    n_t_unique: tuple[int, int] = ANY_NUMBER

"""Likeness to zeolites that were made, from 0 to 1.

Published criteria tell which hypothetical frameworks look like zeolites: local distances (Li, Yu &
Xu 2013), energy against density (Deem et al. 2009; Henson, Cheetham & Gale 1994), T-T-T angles,
tetrahedrality and fifth neighbours (Salcedo Perez, Haranczyk & Zimmermann 2019). Here each is a
figure, and how far it is from its median among the framework types is measured in steps that half
of the types on its side keep within. The mean square of the steps, capped, is a distance; likeness
is the share of the framework types that are at least as far. So a tenth of the types have less than
0.1. Calibrated on the four-connected types outside the time split (`likeness.json`, made by
`scripts/build_likeness.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.judge.local_order import local_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

GEOMETRY = (
    "t_t_spread",
    "angle_spread",
    "least_angle",
    "largest_angle",
    "tetrahedrality",
    "fifth_neighbour",
    "density",
)
"""Figures of T atoms alone, `local_order`."""

CRITERIA = (*GEOMETRY, "energy", "energy_above_line", "lid")

MOST_STEPS_OFF = 6.0
"""Steps at most that a figure counts; one odd angle does not decide alone."""

INSIDE = (2.5, 97.5)
"""Percentiles of the types between which a criterion is met."""

Figures = dict[str, float | None]
"""By name; None where a figure is not known."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What figures are compared with.

    Attributes:
        line: energy in kJ/mol at density 0, and its slope against T atoms per 1000 Å^3.
        middle: median of each figure.
        steps: below and above it, the median distance of the types on that side.
        limits: between which nineteen in twenty types lie.
        distances: of the types, in increasing order, with energies.
        bare_distances: of the types from `GEOMETRY` alone.
    """

    line: tuple[float, float]
    middle: Mapping[str, float]
    steps: Mapping[str, tuple[float, float]]
    limits: Mapping[str, tuple[float, float]]
    distances: FloatArray
    bare_distances: FloatArray

    def likeness(self, figures: Figures) -> float:
        """Share of the types that are at least as far from the middle of all."""
        known = self.distances if figures["energy"] is not None else self.bare_distances
        nearer = int(np.searchsorted(known, self.distance(figures), side="left"))
        return 1.0 - nearer / len(known)

    def distance(self, figures: Figures) -> float:
        """Root of the mean square of the steps from the middle; of the figures that are known."""
        steps = []
        for name, middle in self.middle.items():
            value = self.with_line(figures)[name]
            if value is not None:
                below, above = self.steps[name]
                off = (value - middle) / (above if value > middle else below)
                steps.append(min(abs(off), MOST_STEPS_OFF))
        return float(np.sqrt(np.mean(np.square(steps))))

    def meets(self, name: str, figures: Figures) -> bool | None:
        """Whether a criterion is met; None if that is not known."""
        value = self.with_line(figures)[name]
        if value is None:
            return None
        if name == "lid":
            return value > 0.5
        low, high = self.limits[name]
        return bool(low <= value <= high)

    def with_line(self, figures: Figures) -> Figures:
        """Figures with the energy above the line."""
        return {**figures, "energy_above_line": above_line(self.line, figures)}


def figures_of(framework: Framework, energy: float | None, lid: bool | None) -> Figures:
    """The figures of a refined framework.

    Args:
        framework: refined SiO2.
        energy: kJ/mol SiO2 above quartz, if it is known.
        lid: whether it meets the LID criteria, relaxed.
    """
    return {
        **local_order(framework),
        "energy": energy,
        "lid": None if lid is None else float(lid),
    }


def calibration_of(types: Mapping[str, Figures]) -> Calibration:
    """A calibration on some types.

    Args:
        types: figures of each, by its code.
    """
    line = _line(list(types.values()))
    rows = [{**each, "energy_above_line": above_line(line, each)} for each in types.values()]
    named = [name for name in CRITERIA if name != "lid"]
    columns = {
        name: np.array([row[name] for row in rows if row[name] is not None]) for name in named
    }
    middle = {name: float(np.median(column)) for name, column in columns.items()}
    steps = {name: _sides(columns[name], middle[name]) for name in named}
    limits = {name: _limits(columns[name]) for name in named}
    plain = Calibration(line, middle, steps, limits, np.zeros(0), np.zeros(0))
    bare = [{**each, "energy": None} for each in types.values()]
    return Calibration(
        line,
        middle,
        steps,
        limits,
        np.sort([plain.distance(each) for each in types.values() if each["energy"] is not None]),
        np.sort([plain.distance(each) for each in bare]),
    )


@cache
def shipped_calibration() -> Calibration:
    """On the types outside the time split."""
    file = resources.files("zeoloom.judge").joinpath("likeness.json")
    return calibration_of(json.loads(file.read_text("utf-8"))["types"])


def above_line(line: tuple[float, float], figures: Figures) -> float | None:
    """kJ/mol, the energy above that of a usual type of this density."""
    energy, density = figures["energy"], figures["density"]
    if energy is None or density is None:
        return None
    return energy - (line[0] + line[1] * density)


def _line(types: list[Figures]) -> tuple[float, float]:
    """The line that energies follow against density: the median of all slopes (Theil, Sen)."""
    known = [each for each in types if each["energy"] is not None]
    density = np.array([each["density"] for each in known], dtype=np.float64)
    energy = np.array([each["energy"] for each in known], dtype=np.float64)
    one, two = np.triu_indices(len(known), k=1)
    apart = np.abs(density[one] - density[two]) > 0.1
    one, two = one[apart], two[apart]
    slope = float(np.median((energy[one] - energy[two]) / (density[one] - density[two])))
    return float(np.median(energy - slope * density)), slope


def _limits(column: FloatArray) -> tuple[float, float]:
    """Between which nineteen in twenty lie."""
    low, high = np.percentile(column, INSIDE)
    return float(low), float(high)


def _sides(column: FloatArray, middle: float) -> tuple[float, float]:
    """Median distance from the middle, of the values below and of those above."""
    below, above = middle - column[column < middle], column[column > middle] - middle
    return float(np.median(below)), float(np.median(above))

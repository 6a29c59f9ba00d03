"""Likeness to zeolites that were made, from 0 to 1.

Published criteria tell which hypothetical frameworks look like zeolites: local distances (Li, Yu &
Xu 2013), energy against density (Henson, Cheetham & Gale 1994; Pophale, Cheeseman & Deem 2011),
T-T-T angles, tetrahedrality and fifth neighbours (Salcedo Perez, Haranczyk & Zimmermann 2019).
Most nets that `generate` makes meet every one of them, so none tells them from zeolites. What does
is how these figures and the sizes of the rings come together: a logistic regression between the
known types and nets that `generate` made. Likeness is its probability, both kinds being as
frequent, times the share of the criteria that are met. Once the energy is known, and lies higher
above the line of the known types than half of them do, it is lowered by twice the share of those
that lie as high.

Calibrated on the four-connected types outside the time split, refined as new frameworks are
(`likeness.json`, made by `scripts/build_likeness.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.judge.local_order import local_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
"""Figures of T atoms, `local_order`."""

RING_FIGURES = tuple(f"ring_{size}" for size in range(3, 12))
"""1 where a smallest ring has this size, the last for all larger sizes too; else 0."""

CRITERIA = (*GEOMETRY, "energy", "energy_above_line", "lid")
"""Those with limits; a share of them is met."""

MOST_STEPS_OFF = 4.0
"""Standard deviations that a figure counts at most; one odd angle does not decide alone."""

Figures = dict[str, float | None]
"""By name; None where a figure is not known."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What figures are compared with.

    Attributes:
        line: energy in kJ/mol at density 0, and its slope against T atoms per 1000 Å^3.
        limits: of each criterion, between which nineteen in twenty types lie.
        above_line: kJ/mol of the types, in increasing order.
        weights: of each figure its mean, its standard deviation and its weight.
        constant: of the regression.
    """

    line: tuple[float, float]
    limits: Mapping[str, tuple[float, float]]
    above_line: tuple[float, ...]
    weights: Mapping[str, tuple[float, float, float]]
    constant: float

    def likeness(self, figures: Figures) -> float:
        """0 to 1; see the head of this module."""
        total = self.constant
        for name, (mean, deviation, weight) in self.weights.items():
            value = figures[name]
            assert value is not None
            off = (value - mean) / deviation
            total += weight * min(max(off, -MOST_STEPS_OFF), MOST_STEPS_OFF)
        met = [self.meets(name, figures) for name in CRITERIA]
        probability = met.count(True) / (len(met) - met.count(None)) / (1.0 + float(np.exp(-total)))
        above = self.energy_above_line(figures)
        if above is None:
            return probability
        as_high = 1.0 - np.searchsorted(self.above_line, above) / len(self.above_line)
        return probability * min(1.0, 2.0 * float(as_high))

    def energy_above_line(self, figures: Figures) -> float | None:
        """kJ/mol above the energy of a usual type of this density."""
        energy, density = figures["energy"], figures["density"]
        if energy is None or density is None:
            return None
        return energy - (self.line[0] + self.line[1] * density)

    def meets(self, name: str, figures: Figures) -> bool | None:
        """Whether a criterion is met; None if that is not known."""
        above = name == "energy_above_line"
        value = self.energy_above_line(figures) if above else figures[name]
        if value is None:
            return None
        if name == "lid":
            return value > 0.5
        low, high = self.limits[name]
        return low <= value <= high


def figures_of(
    framework: Framework, rings: Sequence[int], energy: float | None, lid: bool | None
) -> Figures:
    """The figures of a refined framework.

    Args:
        framework: refined SiO2.
        rings: sizes of its smallest rings.
        energy: kJ/mol SiO2 above quartz, if it is known.
        lid: whether it meets the LID criteria, relaxed.
    """
    largest = len(RING_FIGURES) + 2
    sizes = {min(size, largest) for size in rings}
    return {
        **local_order(framework),
        **{name: float(size in sizes) for size, name in enumerate(RING_FIGURES, 3)},
        "energy": energy,
        "lid": None if lid is None else float(lid),
    }


def calibration_from(listed: Mapping[str, Any]) -> Calibration:
    """A calibration as it is written in `likeness.json`."""
    return Calibration(
        line=(listed["line"][0], listed["line"][1]),
        limits={name: (low, high) for name, (low, high) in listed["limits"].items()},
        above_line=tuple(listed["above_line"]),
        weights={
            name: (mean, sd, weight) for name, (mean, sd, weight) in listed["weights"].items()
        },
        constant=listed["constant"],
    )


@cache
def shipped_calibration() -> Calibration:
    """On the types outside the time split."""
    file = resources.files("zeoloom.judge").joinpath("likeness.json")
    return calibration_from(json.loads(file.read_text("utf-8"))["calibration"])

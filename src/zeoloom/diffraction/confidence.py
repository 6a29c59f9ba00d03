"""How sure it is that the first of some frameworks is the one that was measured.

A logistic model of what can be seen without knowing the answer. `scripts/build_confidence.py` fits
it to simulated patterns, wrong groups and candidates without the true net included, and writes the
coefficients beside this file.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

import numpy as np

from zeoloom.diffraction.correlation import LARGEST_R_DLS, LEAST_R_DLS, merit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.geometry.arrays import FloatArray

Word = Literal["solved", "likely", "open"]

SOLVED, LIKELY = 0.995, 0.7
"""Least probabilities of the words."""

FEATURES = ("constant", "e2", "gap", "r_dls", "standout", "overlap", "groups")

USUAL_MEAN, USUAL_SPREAD, USUAL_WEIGHT = 0.2, 0.15, 4.0
"""Of the merit of wrong frameworks, and as how many of them these are taken."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for or against the first framework.

    Attributes:
        e2: of the first.
        next_e2: of the second; 0 if there is none.
        gap: what the first has more of `merit_of` than the second.
        standout: by how many standard deviations of the merits of the others the first is above
            what the best of as many wrong ones is expected to have.
        r_dls_cell: of the first, with the cell held.
        candidates: how many frameworks were compared.
        overlapping: share of the reflections that overlap with others.
        groups: of overlapping reflections.
    """

    e2: float
    next_e2: float
    gap: float
    standout: float
    r_dls_cell: float
    candidates: int
    overlapping: float
    groups: int


@dataclass(frozen=True, slots=True)
class Confidence:
    """How sure it is that the first is right.

    Attributes:
        name: of the first framework.
        probability: that its net is the one that was measured.
        word: for it.
        evidence: that it rests on.
    """

    name: str
    probability: float
    word: Word
    evidence: Evidence

    def __str__(self) -> str:
        seen = self.evidence
        second = f"next {seen.next_e2:.3f}, " if seen.candidates > 1 else ""
        return (
            f"{self.word}: {self.name} with a probability of {self.probability:.2f} (E2 "
            f"{seen.e2:.3f}, {second}R_DLS {seen.r_dls_cell:.4f} with the cell held, "
            f"{seen.candidates} compared)"
        )


def features_of(evidence: Evidence) -> FloatArray:
    """(7,) the numbers that the logistic model weighs, as named by `FEATURES`."""
    strain = min(max(evidence.r_dls_cell, LEAST_R_DLS), LARGEST_R_DLS)
    return np.array(
        [
            1.0,
            math.atanh(min(max(evidence.e2, 0.0), 0.995)),
            evidence.gap,
            math.log(strain / 0.01),
            evidence.standout,
            evidence.overlapping,
            math.log(max(evidence.groups, 1)),
        ]
    )


def confidence_in(name: str, evidence: Evidence) -> Confidence:
    """How sure it is that the first framework is right."""
    weights = np.array([_coefficients()[feature] for feature in FEATURES])
    probability = float(1.0 / (1.0 + np.exp(-weights @ features_of(evidence))))
    return Confidence(name, probability, word_for(probability), evidence)


def word_for(probability: float) -> Word:
    """One word for a probability."""
    return "solved" if probability >= SOLVED else "likely" if probability >= LIKELY else "open"


def evidence_of(ranked: Sequence[tuple[float, float]], overlapping: float, groups: int) -> Evidence:
    """The evidence for the first of some frameworks.

    Args:
        ranked: E2 and R_DLS with the cell held of each, the greatest `merit_of` first; at least
            one.
        overlapping: share of the reflections that overlap.
        groups: of reflections.
    """
    (first, strain), *others = ranked
    merits = np.array([merit_of(*each) for each in ranked])
    rest = merits[1:]
    weight = len(rest) + USUAL_WEIGHT
    mean = (rest.sum() + USUAL_WEIGHT * USUAL_MEAN) / weight
    squares = ((rest - mean) ** 2).sum() + USUAL_WEIGHT * USUAL_SPREAD**2
    expected = math.sqrt(2.0 * math.log(len(ranked) + 1.0))
    return Evidence(
        e2=first,
        next_e2=others[0][0] if others else 0.0,
        gap=float(merits[0] - (rest[0] if others else 0.0)),
        standout=float((merits[0] - mean) / math.sqrt(squares / weight)) - expected,
        r_dls_cell=strain,
        candidates=len(ranked),
        overlapping=overlapping,
        groups=groups,
    )


@cache
def _coefficients() -> Mapping[str, float]:
    text = resources.files("zeoloom.diffraction").joinpath("confidence.json").read_text("utf-8")
    table: dict[str, float] = json.loads(text)["coefficients"]
    return table

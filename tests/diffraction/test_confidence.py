"""How sure it is that the first framework is right."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from zeoloom.diffraction.confidence import Evidence, confidence_in, evidence_of, word_for
from zeoloom.diffraction.correlation import merit_of

GOOD = Evidence(
    e2=0.9,
    next_e2=0.4,
    gap=1.2,
    standout=6.0,
    r_dls_cell=0.004,
    candidates=60,
    overlapping=0.4,
    groups=150,
)


def test_a_clear_first_is_solved_and_its_line_says_why() -> None:
    sure = confidence_in("CHA", GOOD)
    assert sure.word == "solved"
    assert sure.probability > 0.99
    assert str(sure) == (
        f"solved: CHA with a probability of {sure.probability:.2f} (E2 0.900, next 0.400, "
        "R_DLS 0.0040 with the cell held, 60 compared)"
    )


@pytest.mark.parametrize(
    "worse",
    [
        {"gap": 0.0, "standout": 0.5},
        {"r_dls_cell": 0.05, "standout": 2.0},
        {"overlapping": 0.95, "standout": 2.0},
    ],
)
def test_what_speaks_against_lowers_the_probability(worse: dict[str, float]) -> None:
    doubted = confidence_in("CHA", replace(GOOD, **worse))  # type: ignore[arg-type]
    assert doubted.probability < confidence_in("CHA", GOOD).probability
    assert doubted.word != "solved"


def test_evidence_is_of_the_first_and_the_others() -> None:
    evidence = evidence_of([(0.8, 0.01), (0.5, 0.003), (0.1, 0.02)], 0.2, 40)
    assert (evidence.e2, evidence.next_e2, evidence.r_dls_cell) == (0.8, 0.5, 0.01)
    assert (evidence.candidates, evidence.overlapping, evidence.groups) == (3, 0.2, 40)
    # the second has less strain in its favour: 0.15 ln(10 / 3)
    assert evidence.gap == pytest.approx(math.atanh(0.8) - math.atanh(0.5) - 0.1806, abs=1e-4)
    assert evidence_of([(0.8, 0.01)], 0.2, 40).next_e2 == 0.0


def test_the_same_first_stands_out_less_among_many_or_scattered_ones() -> None:
    rng = np.random.default_rng(0)
    others = sorted(((float(e2), 0.01) for e2 in rng.normal(0.2, 0.15, 300)), reverse=True)
    few, many = ([(0.8, 0.01), *(other for other in others for _ in range(n))] for n in (1, 10))
    scattered = [(0.8, 0.01), *((2.0 * e2 - 0.2, 0.01) for e2, _ in many[1:])]
    values = [evidence_of(each, 0.2, 40).standout for each in (few, many, scattered)]
    assert values == sorted(values, reverse=True)
    # among wrong ones only, the best is where the best of as many is expected
    assert abs(evidence_of(others, 0.2, 40).standout) < 1.2


def test_merit_weighs_strain_against_agreement() -> None:
    assert merit_of(0.8, 0.003) > merit_of(0.8, 0.03) > merit_of(0.5, 0.003)
    assert merit_of(0.8, 0.0) == merit_of(0.8, 0.002)
    assert math.isfinite(merit_of(1.0, math.inf))


def test_words() -> None:
    assert [word_for(p) for p in (0.999, 0.9, 0.3)] == ["solved", "likely", "open"]

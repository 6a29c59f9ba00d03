"""How sure it is that the first framework is right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zeoloom.diffraction.confidence import Evidence, confidence_in, evidence_of, word_for

GOOD = Evidence(0.9, 0.4, 0.004, 60, 0.4, 150)


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
        {"e2": 0.45, "next_e2": 0.42},
        {"next_e2": 0.88},
        {"r_dls_cell": 0.05, "e2": 0.6},
        {"e2": 0.5, "overlapping": 0.95},
    ],
)
def test_what_speaks_against_lowers_the_probability(worse: dict[str, float]) -> None:
    doubted = confidence_in("CHA", replace(GOOD, **worse))  # type: ignore[arg-type]
    assert doubted.probability < confidence_in("CHA", GOOD).probability
    assert doubted.word != "solved"


def test_evidence_is_of_the_first_and_the_second() -> None:
    evidence = evidence_of([(0.8, 0.01), (0.5, 0.003), (0.1, 0.02)], 0.2, 40)
    assert evidence == Evidence(0.8, 0.5, 0.01, 3, 0.2, 40)
    assert evidence_of([(0.8, 0.01)], 0.2, 40).next_e2 == 0.0


def test_words() -> None:
    assert [word_for(p) for p in (0.999, 0.9, 0.3)] == ["solved", "likely", "open"]

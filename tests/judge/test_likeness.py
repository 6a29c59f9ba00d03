"""Likeness to made zeolites: calibrated, cross-validated, and low for what is not alike."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from silica_examples import known, shaken
from zeoloom.judge.likeness import (
    CRITERIA,
    GEOMETRY,
    above_line,
    calibration_of,
    figures_of,
    shipped_calibration,
)
from zeoloom.judge.local_order import local_order
from zeoloom.judge.verdict import judge_framework, with_likeness, with_relaxation
from zeoloom.learn.split import TIME_SPLIT
from zeoloom.silica.energy import Relaxation
from zeoloom.structure.reference import load_reference


def test_local_order_of_known_geometry() -> None:
    sod = local_order(known("SOD"))
    # four- and six-rings of the sodalite cage, every T atom alike: 90 and 120 degrees
    assert sod["least_angle"] == pytest.approx(90.0, abs=0.01)
    assert sod["largest_angle"] == pytest.approx(120.0, abs=0.01)
    assert sod["t_t_spread"] == pytest.approx(0.0, abs=1e-3)
    # 1 - 3/8 (2 (1/3)^2 + 4 (1/6)^2)
    assert sod["tetrahedrality"] == pytest.approx(1.0 - 0.375 * (2 / 9 + 4 * (1 / 6) ** 2))
    # across a four-ring, sqrt 2 of a bond
    assert sod["fifth_neighbour"] == pytest.approx(np.sqrt(2.0) * 3.1, abs=0.15)


@pytest.mark.long
def test_it_is_calibrated_and_knows_no_later_type() -> None:
    calibration = shipped_calibration()
    figures = {c: figures_of(f, None, None) for c, f in load_reference().items() if not f.flag}
    learned = [each for code, each in figures.items() if code not in TIME_SPLIT]
    scores = np.array([calibration.likeness(each) for each in learned])
    assert len(calibration.bare_distances) == len(learned)
    # the share of the types that have less than x is x
    for share in (0.1, 0.5, 0.9):
        assert (scores < share).mean() == pytest.approx(share, abs=0.02)


@pytest.mark.long
def test_left_out_folds_score_as_the_others() -> None:
    file = resources.files("zeoloom.judge").joinpath("likeness.json")
    figures = list(json.loads(file.read_text("utf-8"))["types"].values())
    scores = []
    for fold in range(5):
        others = {str(k): each for k, each in enumerate(figures) if k % 5 != fold}
        own = calibration_of(others)
        scores += [own.likeness(each) for each in figures[fold::5]]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.05)
    assert (np.array(scores) < 0.1).mean() == pytest.approx(0.1, abs=0.05)


def test_strained_frameworks_are_not_alike() -> None:
    calibration = shipped_calibration()
    mfi = known("MFI")
    strained = shaken(mfi, 0.35, 0.02, seed=2)
    assert calibration.likeness(figures_of(strained, None, None)) < 0.05
    assert calibration.likeness(figures_of(mfi, None, None)) > 0.3
    assert calibration.meets("t_t_spread", figures_of(strained, None, None)) is False
    assert calibration.meets("lid", figures_of(mfi, None, None)) is None
    assert calibration.meets("lid", figures_of(mfi, 10.0, False)) is False
    assert set(GEOMETRY) < set(CRITERIA)


def test_energy_counts_once_it_is_known() -> None:
    calibration = shipped_calibration()
    figures = figures_of(known("CHA"), 14.0, True)
    high = {**figures, "energy": 60.0}
    assert calibration.likeness(high) < calibration.likeness(figures)
    above = above_line(calibration.line, figures)
    assert above is not None
    # CHA lies near the line that silica zeolites follow
    assert abs(above) < 5.0
    assert calibration.line[1] < 0  # dense silica is more stable
    judgement = judge_framework(known("SOD"), energy=False, pores=False)
    assert judgement.likeness is not None
    relaxed = with_relaxation(
        judgement, Relaxation("relaxed", "", 13.0, judgement.framework, True, 1.0)
    )
    assert relaxed.energy_above_line is not None
    assert relaxed.likeness != judgement.likeness
    assert with_likeness(replace(judgement, framework=None)).likeness == judgement.likeness

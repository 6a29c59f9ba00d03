"""Likeness to made zeolites: what it is made of, high for types and low for others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from silica_examples import known, shaken
from zeoloom.judge.likeness import CRITERIA, GEOMETRY, figures_of, shipped_calibration
from zeoloom.judge.local_order import local_order
from zeoloom.judge.properties import with_likeness, with_relaxation
from zeoloom.judge.verdict import judge_framework
from zeoloom.learn.split import TIME_SPLIT
from zeoloom.nets.identity import describe
from zeoloom.silica.energy import Relaxation
from zeoloom.structure.bonds import net_of
from zeoloom.structure.reference import load_reference


def rings_of(code: str) -> tuple[int, ...]:
    return describe(net_of(known(code))).ring_sizes


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
def test_types_are_likely_and_nothing_was_learned_from_later_ones() -> None:
    calibration = shipped_calibration()
    types = {code: each for code, each in load_reference().items() if not each.flag}
    assert len(calibration.above_line) == len(set(types) - set(TIME_SPLIT))
    scores = []
    for code in [*types][::12]:
        scores.append(calibration.likeness(figures_of(types[code], rings_of(code), None, None)))
        assert 0.0 <= scores[-1] <= 1.0
    # against nets of `generate`, known types are the likelier half
    assert np.median(scores) > 0.5


def test_strained_frameworks_are_not_alike() -> None:
    calibration, rings = shipped_calibration(), rings_of("MFI")
    mfi = known("MFI")
    strained = figures_of(shaken(mfi, 0.35, 0.02, seed=2), rings, None, None)
    plain = figures_of(mfi, rings, None, None)
    assert calibration.likeness(strained) < calibration.likeness(plain)
    assert calibration.meets("t_t_spread", strained) is False
    assert calibration.meets("t_t_spread", plain) is True
    assert calibration.meets("lid", plain) is None
    assert calibration.meets("lid", plain | {"lid": 0.0}) is False
    assert set(GEOMETRY) < set(CRITERIA)


def test_energy_counts_once_it_is_known() -> None:
    calibration = shipped_calibration()
    figures = figures_of(known("CHA"), rings_of("CHA"), 14.0, True)
    above = calibration.energy_above_line(figures)
    assert above is not None
    # CHA lies near the line that silica zeolites follow
    assert abs(above) < 5.0
    assert calibration.line[1] < 0  # dense silica is more stable
    likely = [
        calibration.likeness(figures | {"energy": each}) for each in (None, 12.0, 25.0, 500.0)
    ]
    assert likely[0] >= likely[1] > likely[2] > likely[3] == 0.0
    judgement = judge_framework(known("SOD"), energy=False, pores=False)
    assert judgement.likeness is not None
    relaxed = with_relaxation(
        judgement, Relaxation("relaxed", "", 60.0, judgement.framework, True, 1.0)
    )
    assert relaxed.energy_above_line is not None
    assert relaxed.likeness is not None
    assert relaxed.likeness < judgement.likeness
    assert with_likeness(replace(judgement, framework=None)).likeness == judgement.likeness

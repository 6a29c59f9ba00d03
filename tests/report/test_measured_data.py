"""What the report shows of measured data, against Bragg's law and the fit of intensities."""

from __future__ import annotations

import base64
from dataclasses import replace

import gemmi
import numpy as np
import pytest

from report_examples import WORDS, data_of, measured_judgements
from zeoloom.diffraction.agreement import fitted_intensities
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.report.report_page import report_html


def unpacked(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.frombuffer(base64.b64decode(text), dtype="<i2").astype(np.float64)


def test_angles_and_intensities_are_those_measured() -> None:
    judgements, run = measured_judgements()
    data = data_of(report_html(judgements, **WORDS, measured=run))["measured"]
    (pattern,), (compared,) = data["patterns"], data["compared"]
    steps = data["steps"]
    framework = judgements[compared["framework"]].given
    assert framework is not None
    cell = gemmi.UnitCell(*parameters_from_cell(framework.cell))
    longest = cell.calculate_d([1, 0, 1])
    angle = 2 * np.degrees(np.arcsin(1.540593 / (2 * longest)))
    angles = unpacked(pattern["angles"]) / steps["angle"]
    assert np.abs(angles - angle).min() < 0.011
    observed, calculated = (
        (unpacked(text) / steps["root"]) ** 2
        for text in (pattern["observed"], compared["calculated"])
    )
    assert len(angles) == len(observed) == len(calculated)
    assert observed.max() == pytest.approx(1.0)
    fitted = fitted_intensities(run.measurements["CHA"], framework)
    r = np.abs(observed - calculated).sum() / observed.sum()
    assert r == pytest.approx(fitted.r, abs=0.002)
    counts, curve, difference = (
        unpacked(text)
        for text in (
            data["profile"]["counts"],
            compared["curve"]["calculated"],
            compared["curve"]["difference"],
        )
    )
    assert np.abs(counts - curve - difference).max() <= 1.5  # roundings
    assert counts.max() > 0.98 * steps["height"]
    assert np.abs(unpacked(pattern["ticks"]) / steps["angle"] - angle).min() < 0.01
    assert compared["density"] == pytest.approx(fitted.density, abs=1e-3)


def test_groups_share_the_batches() -> None:
    judgements, run = measured_judgements()
    data = data_of(report_html(judgements, **WORDS, measured=run))["measured"]
    assert [(each["group"], each["share"]) for each in data["groups"]] == [
        ("R-3m", 0.75),
        ("R-3", 0.25),
    ]
    nothing = data_of(report_html([], **WORDS, measured=replace(run, groups=(), measurements={})))
    assert nothing["measured"]["compared"] == nothing["measured"]["groups"] == []
    assert data_of(report_html(judgements, **WORDS))["measured"] is None

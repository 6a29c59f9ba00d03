"""The LID criteria on what they are for, and on what they are to refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from silica_examples import bare, in_p1, known, with_axes
from zeoloom.errors import InputError
from zeoloom.judge.lid import lid, local_distances
from zeoloom.silica.dls import refine

ALL_EIGHT = {
    *(f"{kind} {what}" for kind in ("T-O", "O-O", "T-T") for what in ("spread", "range")),
    "O-O line",
    "T-T line",
}


@pytest.mark.parametrize("code", ["ABW", "CHA", "FER"])
def test_distances_are_those_of_refinement(code: str) -> None:
    refinement = refine(known(code))
    found = local_distances(refinement.framework)
    for kind, mine in (("T-O", found.t_o), ("O-O", found.o_o), ("T-T", found.t_t)):
        expected = refinement.distances[kind]  # type: ignore[index]
        assert mine.mean == pytest.approx(expected.mean, abs=1e-9)
        assert mine.deviation == pytest.approx(expected.deviation, abs=1e-9)
        assert mine.range == pytest.approx(expected.largest - expected.smallest, abs=1e-9)


def test_any_cell_has_the_same_distances() -> None:
    reference = known("FER")
    expected = local_distances(reference)
    for other in (
        in_p1(reference),
        with_axes(reference, np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]])),
    ):
        found = local_distances(other)
        for name in ("t_o", "o_o", "t_t"):
            assert getattr(found, name).mean == pytest.approx(getattr(expected, name).mean)
            assert getattr(found, name).range == pytest.approx(getattr(expected, name).range)


def test_regular_tetrahedra_are_on_the_line() -> None:
    # O-O is sqrt(8/3) = 1.63299 times T-O in each
    found = local_distances(refine(known("SOD")).framework)
    assert found.off_o_o_line < 1e-3


def test_what_fails_is_named() -> None:
    framework = in_p1(known("CHA"))
    rng = np.random.default_rng(0)
    shaken = replace(framework, frac_o=framework.frac_o + rng.normal(0, 0.02, (72, 3)))
    found = lid(shaken)
    assert not found.passed
    assert set(found.failed) <= ALL_EIGHT
    assert {"T-O spread", "T-O range", "O-O range"} <= set(found.failed)
    assert len(lid(replace(framework, cell=1.05 * framework.cell)).failed) >= 1


def test_nets_without_oxygen_are_refused() -> None:
    with pytest.raises(InputError, match="CHA: expected SiO2"):
        lid(bare(known("CHA")))

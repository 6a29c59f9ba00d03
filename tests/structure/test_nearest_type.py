"""The known type that a framework is most like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from silica_examples import shaken
from zeoloom.errors import InputError
from zeoloom.structure.nearest_type import distance_to_type, nearest_type
from zeoloom.structure.reference import load_reference


@pytest.mark.long
def test_a_shaken_type_is_nearest_to_itself() -> None:
    for code in ("SOD", "CHA", "MFI", "-CHI"):
        known = load_reference()[code]
        name, distance = nearest_type(known)
        assert (name, distance) == (code.lstrip("-"), pytest.approx(0.0, abs=1e-9))
        moved = shaken(known, 0.05, 0.005, seed=1)
        name, distance = nearest_type(moved)
        assert name == code.lstrip("-")
        assert 0 < distance < 0.15
        assert distance_to_type(moved, code) == pytest.approx(distance)


@pytest.mark.long
def test_polytypes_are_near_and_denser_frameworks_far() -> None:
    # AFX and AFT are stackings of the same layers of six-rings
    known = load_reference()["AFX"]
    assert distance_to_type(known, "AFT") < 0.2
    assert distance_to_type(known, "SOD") > 1.0
    wider = replace(known, cell=1.1 * known.cell)
    # every distance grows by a tenth, the hundredth by about 1.1 Å
    assert 1.0 < distance_to_type(wider, "AFX") < 1.3
    assert np.isfinite(distance_to_type(wider, "SOD"))


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(InputError, match="XXX"):
        distance_to_type(load_reference()["SOD"], "XXX")

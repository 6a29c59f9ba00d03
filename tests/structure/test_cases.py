"""Small files that were once misread, each standing for a kind of fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from zeoloom.judge.verdict import judge_net
from zeoloom.structure.files.reader import read_framework

CASES = Path(__file__).parents[1] / "cases"

EXPECTED = {
    "PON_al_oh_al": ("PON", ["makes T atoms five- or six-coordinated (OH or water)"]),
    "PON_without_oh": ("PON", []),
    "cations_water_dropped_silently": ("CHA", ["left out, not part of the framework: 1 Na, 1 O"]),
    "empty_symmetry_tags": (
        "CHA",
        [
            "tags without a value: _symmetry_space_group_name_H-M, _symmetry_Int_Tables_number",
            "no symmetry in the file; read as P 1",
        ],
    ),
    "hall_only": ("CHA", ["took those of the Hall symbol '-R 3 2\"', R -3 m:H"]),
    "identity_only_with_HM": (
        "CHA",
        ["two others or more; took the symbol 'R -3 m' (R -3 m:H), with which the atoms make a"],
    ),
    "label_TAl_without_type": ("CHA", []),
    "mixed_site_al_mg": ("CHA", ["1 T atoms listed on the site of another, merged"]),
    "origin1_hall_ignored": ("FAU", ["the Hall symbol 'F 4d 2 3 -1d', F d -3 m:1"]),
    "question_mark_coordinates": ("CHA", ["1 atoms without coordinates or occupancy (H1)"]),
    "two_structures": ("CHA", ["2 structures in the file; read the first, 'first_CHA'"]),
    "type_question_mark": ("CHA", []),
}
"""By file: the framework type, and what each notice must say."""


@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_read_right(name: str) -> None:
    code, parts = EXPECTED[name]
    framework, notices = read_framework(CASES / f"{name}.cif")
    assert judge_net(framework).framework_type == code
    assert len(notices) == len(parts), notices
    for notice, part in zip(notices, parts, strict=True):
        assert part in notice


def test_a_missing_oxygen_is_named() -> None:
    framework, notices = read_framework(CASES / "missing_oxygen_orbit.cif")
    missing = (
        "oxygen is missing: 18 of 72 T pairs at bonding distance (below 3.5 Å) have none between "
        "them"
    )
    assert missing in notices
    judgement = judge_net(framework)
    assert not judgement.valid
    assert judgement.reason.startswith(missing)

"""What counts of what a run has found."""

from __future__ import annotations

from dataclasses import replace

import pytest

import zeoloom
from zeoloom.judge.judgement import Judgement
from zeoloom.run.findings import (
    Findings,
    families_counted,
    few_of_a_group_first,
    is_enough,
    progress_of,
)
from zeoloom.structure.reference import load_reference


def request_for(**asked: object) -> zeoloom.GenerateRequest:
    return zeoloom.parse_request(zeoloom.GenerateRequest, asked)


@pytest.mark.parametrize(
    ("asked", "counted"),
    [
        ({"n": 20}, 2 + 1 + 2),
        ({"n": 40}, 4 + 1 + 3),
        ({"n": 3}, 2 + 1 + 2),
        ({"n": 20, "space_group": "62,63,194"}, 10),
        ({"n": 20, "crystal_system": "orthorhombic,hexagonal"}, 10),
        ({"n": 20, "window": "8-"}, 2 + 1 + 2),
    ],
    ids=str,
)
def test_families_of_one_group_count_as_a_tenth_at_most(
    asked: dict[str, object], counted: int
) -> None:
    request = request_for(**asked)
    findings = Findings(request)
    groups = {62: 6, 63: 1, 194: 3}
    findings.families = {f"{group}-{i}": group for group, n in groups.items() for i in range(n)}
    assert families_counted(request, findings) == counted
    finished, wanted, text = progress_of(request, findings)
    assert (finished, wanted) == (counted, asked["n"])
    assert "10 families" in text
    assert is_enough(request, findings) == (counted >= wanted)


def test_what_a_group_has_beyond_its_share_comes_last() -> None:
    codes = ("MFI", "EUO", "CHA", "ABW", "ATS", "LEV", "OFF")
    known = load_reference()
    frameworks = [
        replace(known[code], space_group_number=62 if code in {"MFI", "EUO", "ABW", "OFF"} else 166)
        for code in codes
    ]
    judgements = [
        Judgement(code, framework=framework)
        for code, framework in zip(codes, frameworks, strict=True)
    ]
    ordered = [each.name for each in few_of_a_group_first(request_for(n=20), judgements)]
    assert ordered == ["MFI", "EUO", "CHA", "ATS", "ABW", "LEV", "OFF"]
    narrow = request_for(n=20, space_group="62,166")
    assert few_of_a_group_first(narrow, judgements) == judgements


def test_three_times_as_many_are_enough_whatever_their_groups() -> None:
    request = request_for(n=4, contains="d4r")
    findings = Findings(request)
    for n in range(13):
        assert is_enough(request, findings) == (n == 12)
        assert families_counted(request, findings) == max(min(n, 2), n // 3)
        findings.families[f"{n}"] = 166

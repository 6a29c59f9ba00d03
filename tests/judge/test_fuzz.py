"""The judge on files that were damaged at random: a verdict or a reason, never anything else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from silica_examples import known
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.judge.judgement import Judgement
from zeoloom.judge.properties import with_pores
from zeoloom.judge.verdict import refined
from zeoloom.run.judgement_steps import judged_file
from zeoloom.structure.files.cif_out import cif_text

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long

TEXTS = [cif_text(known(code)) for code in ("ABW", "SOD", "BIK", "NPO")]

NUMBER = re.compile(r"-?\d+\.\d+|\b\d+\b")

NUMBERS = ("0", "1", "-1", "0.5", "0.25", "0.3333", "3", "90", "120", "1e9", "1e-9", "nan", "?")

Change = tuple[str, int, int]


def changed(text: str, change: Change, number: str) -> str:
    """The text with one damage at some place."""
    kind, place, other = change
    lines = text.split("\n")
    row = place % len(lines)
    if kind == "flip":
        place %= len(text)
        return text[:place] + chr(ord(text[place]) ^ (1 << other % 7)) + text[place + 1 :]
    if kind == "number":
        found = list(NUMBER.finditer(text))
        if not found:
            return text
        spot = found[place % len(found)]
        return text[: spot.start()] + number + text[spot.end() :]
    if kind == "delete":
        del lines[row]
    elif kind == "repeat":
        lines.insert(other % len(lines), lines[row])
    else:
        other %= len(lines)
        lines[row], lines[other] = lines[other], lines[row]
    return "\n".join(lines)


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Code is compiled before the clock of the first file runs."""
    path = tmp_path_factory.mktemp("compiled") / "a.cif"
    path.write_text(TEXTS[0], encoding="utf-8")
    with_pores(refined(judged_file(Judgement("a", str(path)))))


@settings(
    max_examples=60,
    deadline=10_000,  # ms; nothing so small may take so long
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(TEXTS),
    st.lists(
        st.tuples(
            st.sampled_from(["flip", "number", "number", "delete", "repeat", "swap"]),
            st.integers(0, 10_000),
            st.integers(0, 10_000),
        ),
        min_size=1,
        max_size=3,
    ),
    st.one_of(st.sampled_from(NUMBERS), st.floats(-1.0, 40.0).map("{:.4f}".format)),
)
@example(TEXTS[0], [("number", 3, 0)], "1e-9")
def test_damaged_files_get_a_verdict_or_a_reason(
    tmp_path: Path, text: str, changes: list[Change], number: str
) -> None:
    for change in changes:
        text = changed(text, change, number)
    path = tmp_path / "a.cif"
    path.write_text(text, encoding="utf-8")
    judgement = with_pores(refined(judged_file(Judgement("a", str(path)))))
    assert judgement.valid or judgement.reason
    assert judgement.valid or judgement.framework is None
    if judgement.framework is not None:
        assert judgement.key
        assert judgement.r_dls is not None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-10.0, 400.0) | st.sampled_from([1e-9, 1e9, 180.0]), min_size=6))
@example([5.0, 5.0, 5.0, 90.0, 90.0, 1e-9])
@example([5.0, 5.0, 5.0, 90.0, 90.0, 179.9999999])
def test_no_cell_is_singular(parameters: list[float]) -> None:
    try:
        cell = cell_from_parameters(parameters[:6])
    except InputError:
        return
    assert cell.shape == (3, 3)


def test_damage_is_done() -> None:
    changes: list[Change] = [(kind, 100, 3) for kind in ("flip", "number", "delete", "repeat")]
    for change in changes:
        assert changed(TEXTS[0], change, "0.77") != TEXTS[0]

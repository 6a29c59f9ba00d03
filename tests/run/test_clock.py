"""`--seconds` holds by the clock of the user, for any cell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import torch

import zeoloom
from crystal_examples import shipped_crystal
from training_examples import seeded
from zeoloom.run import searching
from zeoloom.run.findings import Findings

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.run.findings import Findings as Found


def test_the_time_of_batches_adds_up() -> None:
    asked = {"cell": (13.675, 14.767), "space_group": "R-3m"}
    batch = {"judgements": {}, "times_met": {}, "tried": 3, "valid_at_once": 1, "group": None}
    findings = Findings(zeoloom.parse_request(zeoloom.SolveRequest, asked))
    for seconds in (1.0, 2.0, 4.0):
        findings.add(batch | {"seconds": {"anneal": seconds, "refine": 0.5}})
    assert findings.seconds == {"anneal": 7.0, "refine": 1.5}
    assert findings.tried == 9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "group"),
    [
        ((13.675, 14.767), "R-3m"),
        ((54.0,), "Im-3m"),
        ((136.75, 147.67), "R-3m"),
        ((20.0, 21.0, 22.0, 80.0, 85.0, 95.0), "P1"),
    ],
    ids=str,
)
def test_a_run_ends_within_two_seconds_of_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: tuple[float, ...], group: str
) -> None:
    search, spent = searching.search_batches, []

    def timed(*arguments: Any) -> Found:
        began = time.monotonic()
        found = search(*arguments)
        spent.append(time.monotonic() - began)
        return found

    torch.set_num_threads(1)
    monkeypatch.setattr(searching, "search_batches", timed)
    asked = {"cell": cell, "space_group": group, "seconds": 8.0, "relax": 0}
    request = zeoloom.parse_request(zeoloom.SolveRequest, asked)
    zeoloom.make_frameworks(request, shipped_crystal(), tmp_path / "run", generator=seeded(0))
    assert 7.0 < spent[0] < 10.0

"""Cases of benchmarks by several processes."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

import pytest

from paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

JOBS = """
import os

def root_of(number):
    if number < 0:
        raise ValueError("no root of a number below zero")
    return number ** 0.5, os.getpid()
"""


@pytest.mark.long
def test_cases_are_done_by_other_processes_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "root_jobs.py").write_text(JOBS)
    at_once, jobs = (importlib.import_module(name) for name in ("at_once", "root_jobs"))
    numbers = [9.0, 4.0, 16.0, 1.0]
    roots = {
        workers: list(at_once.done_at_once(jobs.root_of, numbers, workers)) for workers in (1, 2)
    }
    assert [root for root, _ in roots[2]] == [root for root, _ in roots[1]] == [3.0, 2.0, 4.0, 1.0]
    assert os.getpid() not in {process for _, process in roots[2]}
    with pytest.raises(SystemExit, match="no root of a number below zero"):
        list(at_once.done_at_once(jobs.root_of, [-1.0], 2))

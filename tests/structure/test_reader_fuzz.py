"""Damaged files of all formats: a framework or a reason, in little time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from paths import ROOT

MOST_SECONDS = 10.0

MOST_MEMORY = 2048.0
"""MiB."""


def check(count: int, seed: int) -> None:
    """Read so many damaged files in a process of their own, whose memory is then known."""
    examples = ROOT / "tests" / "examples"
    paths = os.pathsep.join([str(ROOT / "src"), str(examples)])
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error::RuntimeWarning",
            str(examples / "reader_fuzz.py"),
            str(count),
            str(seed),
        ],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120 + count,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["failed"] == 0, "\n".join(found["failures"])
    assert found["read"] + found["refused"] == count, found
    assert found["read"] > count / 10, found
    assert found["slowest"][0] < MOST_SECONDS, found
    assert found["memory_mib"] < MOST_MEMORY, found


@pytest.mark.long
def test_damaged_files() -> None:
    check(300, 0)


@pytest.mark.slow
def test_many_damaged_files() -> None:
    check(10_000, 1)

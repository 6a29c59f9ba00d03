"""The benchmark of the GPU, end to end on the CPU."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from paths import ROOT


@pytest.mark.slow
def test_the_benchmark_of_the_gpu_runs_on_the_cpu() -> None:
    small = ("--device", "cpu", "--seconds", "3", "--workers", "1", "2")
    done = subprocess.run(
        [str(ROOT / "benchmarks" / "gpu.sh"), *small],
        env=os.environ | {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.splitlines()
    assert said[0] == "tests of CUDA: left out with --device cpu"
    assert re.fullmatch(r"cpu +- +[\d,]+ evaluations of MFI a second", said[2])
    for line, workers in zip(said[3:], (1, 2), strict=True):
        pattern = rf"cpu +{workers} +[\d,]+ crystals, [\d,]+ frameworks an hour +\d+%"
        assert re.fullmatch(pattern, line)

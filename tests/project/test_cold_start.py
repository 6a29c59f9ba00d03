"""The two commands of the README on a machine where nothing is installed or compiled yet."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def planned(target: str, folder: Path, *variables: str) -> str:
    """What make would do for a target in a copy without an environment."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (folder / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    # The checks may run under make themselves, which announces the folder of an inner make.
    done = subprocess.run(
        ["make", "-n", "--no-print-directory", target, *variables],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_both_commands_install_first_and_compile_before_they_start(tmp_path: Path) -> None:
    for target, last in (("demo", "zeoloom generate"), ("test", "pytest -n")):
        steps = planned(target, tmp_path)
        wanted = ["-m venv .venv", "-c constraints.txt torch", "zeoloom prepare", last]
        places = [steps.index(step) for step in wanted]
        assert places == sorted(places)


def test_make_test_runs_every_check_and_fails_if_one_does(tmp_path: Path) -> None:
    steps = planned("test", tmp_path)
    recipe = steps[steps.index("(failed=") :]
    for check in ("ruff format --check", "ruff check", "mypy", "lint-imports", "pytest"):
        assert check in recipe
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for failing in ("", "mypy", "pytest"):
        for name in ("ruff", "mypy", "lint-imports", "pytest", "zeoloom"):
            (tools / name).write_text(f"#!/bin/sh\necho {name} ran\n[ {name} != '{failing}' ]\n")
            (tools / name).chmod(0o755)
        done = subprocess.run(
            ["sh", "-c", recipe], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == bool(failing)
        assert all(f"{name} ran" in done.stdout for name in ("ruff", "lint-imports", "pytest"))
        assert ("FAILED: mypy" in done.stdout) == (failing == "mypy")


@pytest.mark.slow
def test_make_demo_from_an_empty_cache(tmp_path: Path) -> None:
    steps = planned("demo", tmp_path, "NEW=1")
    command = re.search(r"^\S*/zeoloom (generate .*)$", steps, re.MULTILINE)
    assert command is not None
    around = os.environ | {
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT / "src"),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "zeoloom", *shlex.split(command[1])],
        cwd=tmp_path,
        env=around,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "compil" in (done.stdout + done.stderr).lower()
    assert (tmp_path / "demo" / "report.html").stat().st_size > 0
    assert (tmp_path / "cache").is_dir()

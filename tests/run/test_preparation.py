"""Compiled code: prepared before the clock, announced, kept where there is room."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest
import torch

import zeoloom
from zeoloom.geometry import compiled as compiled_module
from zeoloom.run import preparation, searching
from zeoloom.search import pipeline

SOURCE = Path(zeoloom.__file__).parent

KERNEL = """
from zeoloom.geometry.compiled import compiled, compiled_code_is_kept
from zeoloom.nets.traversal import _walk
print(compiled_code_is_kept(), _walk.stats.cache_path)
"""


def run(code: str, **environment: str) -> str:
    """Output of a Python program; an empty value removes a variable."""
    variables = {k: v for k, v in (os.environ | environment).items() if v}
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_first_compilation_is_announced_once_with_its_time() -> None:
    lines: list[str] = []
    with preparation._compiling_announced(lines.append):

        @numba.njit
        def twice(x: float) -> float:
            return x + x

        assert twice(2.0) == 4.0
        assert twice(2) == 4
    assert len(lines) == 2
    assert "compil" in lines[0]
    assert lines[1].endswith("s)")


def test_nothing_is_announced_if_nothing_is_compiled() -> None:
    lines: list[str] = []
    with preparation._compiling_announced(lines.append):
        pass
    assert not lines


def test_compiling_is_not_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """However long it takes, the budget is spent on crystals."""
    clock = {"now": 0.0}

    class Clock:
        @staticmethod
        def monotonic() -> float:
            clock["now"] += 0.01
            return clock["now"]

    monkeypatch.setattr(pipeline, "time", Clock)
    prepared = searching.prepare_search

    def slowly(*given: Any, **named: Any) -> None:
        prepared(*given, **named)
        clock["now"] += 1000.0

    monkeypatch.setattr(searching, "prepare_search", slowly)
    request = zeoloom.SolveRequest(
        cell=(9.9, 5.3, 8.8, 90.0, 90.0, 90.0),
        space_group="Imma",
        atoms=8,
        seconds=0.3,
        batch=4,
        repair=2,
        relax=0,
    )
    model = zeoloom.load_model("crystal", torch.device("cpu"))
    made = zeoloom.make_frameworks(
        request, model, tmp_path / "run", generator=torch.Generator().manual_seed(0)
    )
    assert made.counts["tried"] >= 4


def test_user_cache_folder_serves_a_package_that_is_read_only(tmp_path: Path) -> None:
    home, package = tmp_path / "home", tmp_path / "site" / "zeoloom"
    read_only_copy(package)
    kept, folder = run(
        KERNEL, PYTHONPATH=str(package.parent), XDG_CACHE_HOME=str(home), NUMBA_CACHE_DIR=""
    ).split()
    assert kept == "True"
    assert Path(folder).is_relative_to(home)


@pytest.mark.long
def test_package_works_uncached_where_nothing_can_be_written(tmp_path: Path) -> None:
    package = tmp_path / "site" / "zeoloom"
    read_only_copy(package)
    nowhere = tmp_path / "file"
    nowhere.write_text("no folder")
    code = KERNEL + "from zeoloom.run.preparation import prepare\nprepare(on_notice=print)"
    words = run(
        code, PYTHONPATH=str(package.parent), XDG_CACHE_HOME=str(nowhere), NUMBA_CACHE_DIR=""
    )
    assert words.splitlines()[0] == "False None"
    assert words.splitlines()[1] == compiled_module.NOT_KEPT


@pytest.mark.long
def test_cache_is_stale_when_what_a_function_depends_on_has_changed(tmp_path: Path) -> None:
    """Numba itself asks only for the file of the function."""
    (tmp_path / "inner_part.py").write_text(KERNEL_FILE.format(body="x + 1"))
    (tmp_path / "outer_part.py").write_text(
        "from inner_part import inner\n"
        + KERNEL_FILE.format(body="inner(x)").replace("def inner", "def outer")
    )
    code = "from outer_part import outer\nprint(outer(1))"
    path = os.pathsep.join([str(tmp_path), str(SOURCE.parent)])
    cache = str(tmp_path / "cache")
    assert run(code, PYTHONPATH=path, NUMBA_CACHE_DIR=cache) == "2"
    (tmp_path / "inner_part.py").write_text(KERNEL_FILE.format(body="x + 20"))
    assert run(code, PYTHONPATH=path, NUMBA_CACHE_DIR=cache) == "21"


KERNEL_FILE = """
from zeoloom.geometry.compiled import compiled
@compiled
def inner(x):
    return {body}
"""


def read_only_copy(package: Path) -> None:
    """Copy the package without what was compiled; a file stands where that would go.

    The owner of a folder, or root, can write to it whatever its mode is.
    """
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    for folder in {path.parent for path in package.rglob("*.py")}:
        (folder / "__pycache__").write_text("no folder")
    for path in package.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)


@pytest.mark.long
def test_cache_index_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "inner_part.py").write_text(KERNEL_FILE.format(body="x + 1"))
    code = "from inner_part import inner\nprint(inner(1))"
    path = os.pathsep.join([str(tmp_path), str(SOURCE.parent)])
    cache = tmp_path / "cache"
    environment = {"PYTHONPATH": path, "NUMBA_CACHE_DIR": str(cache)}
    assert run(code, **environment) == "2"
    (index,) = cache.rglob("*inner*.nbi")
    version = pickle.dumps(pickle.loads(index.read_bytes()))  # noqa: S301 - written just now
    renamed = b"czeoloom.geometry.compiled\nRenamedRecord\n."  # a type that is no longer there
    for damaged in (renamed, b"", b"\x80"):
        index.write_bytes(version + damaged)
        assert run(code, **environment) == "2", damaged


@pytest.mark.slow
def test_all_is_compiled_before_the_clock(tmp_path: Path) -> None:
    """After the preparation no verb compiles anything."""
    cache = str(tmp_path / "cache")
    zeoloom_command = [sys.executable, "-m", "zeoloom"]
    environment = os.environ | {"NUMBA_CACHE_DIR": cache}
    subprocess.run([*zeoloom_command, "prepare"], env=environment, check=True)
    code = sorted(Path(cache).rglob("*.nbc"))
    for number, command in enumerate(
        (
            "solve --cell 13.675 13.675 14.767 90 90 120 --space-group R-3m --atoms 36 -n 12",
            "generate -n 1 --batch 8",
            "judge {cif} --no-energy",
        )
    ):
        cif = tmp_path / "run0" / "frameworks" / "CHA.cif"
        words = [*command.format(cif=cif).split(), "-o", str(tmp_path / f"run{number}")]
        subprocess.run([*zeoloom_command, *words], env=environment, check=True)
        assert sorted(Path(cache).rglob("*.nbc")) == code, command

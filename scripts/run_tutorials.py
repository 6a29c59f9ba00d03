"""Run the tutorials: their commands and their Python, one after the other, in a fresh folder.

    python scripts/run_tutorials.py                # run, compare with what the pages show
    python scripts/run_tutorials.py --write        # put outputs and pictures into the pages
    python scripts/run_tutorials.py --separate     # as a user does: a process for each command
    python scripts/run_tutorials.py --notebooks D  # notebooks of the pages as they stand

`scripts/tutorial_pages.py` says how a page is written. The seconds that each block took, of
the clock and of the processor, are printed.
"""

from __future__ import annotations

import argparse
import difflib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import matplotlib.pyplot as plt
import nbformat

from tutorial_pages import Part, commands_of, notebook_of, parts_of
from zeoloom.cli import main as zeoloom_main

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "tutorials"

WIDTH = 100
"""Characters of a line of output."""

TIMES = re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|min|h|seconds|minutes)\b")
"""What depends on the machine and its load."""

LEAST_ALIKE = 0.6
"""Share of an output that is the same on another processor, its numbers aside."""

HOME = "/home/you"
"""Where the pages say that files are, in place of a temporary folder."""

PASSING = ("━━━━", "note  preparing compiled code", "note  compiled code is ready")
"""Lines of progress, which a terminal does not keep, and of the compiling that is done once."""

BLANK = 0.01
"""Standard deviation of the brightness of a picture with next to nothing on it."""

SHELL = set("|&;<>$*(`")


class TutorialError(Exception):
    """A block failed, or gave something else than the page shows."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A page after it was run.

    Attributes:
        page: with the outputs of this time.
        seconds: CPU time of each block that was run, with its first line.
        differences: outputs that are not those of the page.
    """

    page: str
    seconds: tuple[tuple[float, str], ...]
    differences: tuple[str, ...]


def run_page(path: Path, folder: Path, *, separate: bool = False) -> Ran:
    """Run one page.

    Args:
        path: of the page.
        folder: empty, for its files.
        separate: run each command in a process of its own, as a shell does.

    Raises:
        TutorialError: if a block fails.
    """
    page = path.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "__main__"}
    seconds, differences, pieces, at = [], [], [], 0
    output = ""
    around = {"ZEOLOOM_DATA": str(folder / "data"), "COLUMNS": str(WIDTH), "MPLBACKEND": "Agg"}
    around["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for part in parts_of(page):
        if part.kind == "file":
            content = (ROOT / part.source).read_text("utf-8") if part.source else part.text
            if content != part.text:
                differences.append(difference(part.text, content))
            (folder / part.name).write_text(content, encoding="utf-8")
            pieces += [page[at : part.inside[0]], content]
            at = part.inside[1]
        elif part.kind in ("bash", "python"):
            with chdir(folder), patch.dict(os.environ, around):
                start, used = time.perf_counter(), sum(os.times()[:4])
                output = _printed(part, names, separate=separate).replace(str(folder), HOME)
                cpu = sum(os.times()[:4]) - used
                seconds.append((cpu, part.text.splitlines()[0]))
                clock = time.perf_counter() - start
                print(f"{clock:7.1f} s, CPU {cpu:5.1f} s  {seconds[-1][1]}", flush=True)
        elif part.kind == "text":
            if not alike(part.text, output, varies=part.varies):
                differences.append(difference(part.text, output))
            pieces += [page[at : part.inside[0]], output]
            at = part.inside[1]
        elif part.kind == "picture" and not is_drawn(folder / part.text, path.parent / part.name):
            differences.append(f"{part.text} was not drawn, or {part.name} is missing\n")
    return Ran("".join([*pieces, page[at:]]), tuple(seconds), tuple(differences))


def _printed(part: Part, names: dict[str, Any], *, separate: bool) -> str:
    """Run a block; gives what it printed.

    Raises:
        TutorialError: if it fails.
    """
    printed = io.StringIO()
    try:
        if part.kind == "python":
            with redirect_stdout(printed):
                exec(compile(part.text, "tutorial", "exec"), names)  # noqa: S102 - our own pages
        else:
            for command in commands_of(part.text):
                simple = command.startswith("zeoloom ") and not SHELL & set(command)
                if simple and not separate:
                    _run_here(command, printed)
                else:
                    _run_apart(command, printed)
    except Exception as error:  # noqa: BLE001 - whatever a block raises
        raise TutorialError(f"{part.text}{printed.getvalue()}{error}") from None
    lines = (line.rstrip() for line in printed.getvalue().splitlines())
    return "".join(f"{line}\n" for line in lines if not any(mark in line for mark in PASSING))


def _run_here(command: str, printed: io.StringIO) -> None:
    """Run a command of zeoloom in this process: starting one takes seconds."""
    words = shlex.split(command, comments=True)
    with patch.object(sys, "argv", words), redirect_stdout(printed), redirect_stderr(printed):
        try:
            zeoloom_main()
        except SystemExit as left:
            if left.code:
                raise TutorialError(f"exit code {left.code}") from left


def _run_apart(command: str, printed: io.StringIO) -> None:
    """Run a command as a shell does."""
    done = subprocess.run(  # noqa: S603 - commands of our own pages
        ["bash", "-o", "pipefail", "-c", command],  # noqa: S607 - wherever it is
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    printed.write(done.stdout)
    if done.returncode:
        raise TutorialError(f"exit code {done.returncode}")


def alike(shown: str, output: str, *, varies: bool) -> bool:
    """Whether an output is what a page shows, times aside; if it varies, most of its words."""
    here, there = (TIMES.sub("# s", text) for text in (shown, output))
    if not varies:
        return here.split() == there.split()
    here, there = (re.sub(r"[-+]?\d[\d.,]*", "#", text) for text in (here, there))
    matcher = difflib.SequenceMatcher(None, here.split(), there.split(), autojunk=False)
    return matcher.ratio() >= LEAST_ALIKE


def difference(shown: str, output: str) -> str:
    """What differs, line by line."""
    lines = (text.splitlines(keepends=True) for text in (shown, output))
    return "".join(difflib.unified_diff(*lines, "page", "output"))


def is_drawn(made: Path, shown: Path) -> bool:
    """Whether a picture was made that is not blank, and the page has one to show."""
    return made.is_file() and shown.is_file() and float(plt.imread(made).std()) > BLANK


def write_page(path: Path, folder: Path, ran: Ran) -> None:
    """Put outputs and pictures into a page."""
    path.write_text(ran.page, encoding="utf-8")
    for part in parts_of(ran.page):
        if part.kind == "picture":
            target = path.parent / part.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / part.text, target)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the pages asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, help="those of docs/tutorials if none")
    parser.add_argument("--write", action="store_true", help="write outputs into the pages")
    parser.add_argument("--separate", action="store_true", help="a process for each command")
    parser.add_argument("--notebooks", type=Path, help="folder to write notebooks into")
    given = parser.parse_args(arguments)
    failed = False
    for path in given.pages or sorted(PAGES.glob("*.md")):
        if given.notebooks is not None:
            given.notebooks.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook_of(path), given.notebooks / f"{path.stem}.ipynb")
            continue
        with tempfile.TemporaryDirectory() as name:
            print(path.name)
            ran = run_page(path, Path(name), separate=given.separate)
            print(f"CPU {sum(each for each, _ in ran.seconds):.1f} s in all")
            if given.write:
                write_page(path, Path(name), ran)
            elif ran.differences:
                print(*ran.differences, sep="\n")
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()

"""Frameworks from the files people have: one file, or whatever a folder holds, good and bad."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.structure.files.assembly import framework_of
from zeoloom.structure.files.file_text import read_text
from zeoloom.structure.files.formats import format_of_name, read_listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from zeoloom.structure.records import Framework


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading some paths gave.

    Attributes:
        frameworks: those that could be read, in the order of the paths, folders by name.
        problems: (path, reason) for each file that could not.
        notices: (path, what was done to a file that could).
    """

    frameworks: tuple[Framework, ...]
    problems: tuple[tuple[str, str], ...]
    notices: tuple[tuple[str, str], ...]


def read_frameworks(
    paths: Iterable[str | Path], progress: Callable[[str], None] | None = None
) -> ReadResult:
    """Read files and folders (with their subfolders); nothing in them stops the reading.

    Args:
        paths: structure files in any of the formats of `formats.FORMATS`, or folders of which
            every visible file is tried.
        progress: called with each file before it is read.
    """
    frameworks: list[Framework] = []
    notices: list[tuple[str, str]] = []
    files, problems = structure_files(paths)
    for path in files:
        if progress is not None:
            progress(str(path))
        try:
            framework, said = read_framework(path)
        except InputError as error:
            problems.append((str(path), str(error)))
            continue
        frameworks.append(framework)
        notices.extend((str(path), notice) for notice in said)
    return ReadResult(tuple(frameworks), tuple(problems), tuple(notices))


def read_framework(path: str | Path) -> tuple[Framework, tuple[str, ...]]:
    """Read the framework of one structure file, in the file's own setting.

    Args:
        path: the file; its stem becomes the framework's name.

    Returns:
        The framework, and notices: what was left out or mended, what looks odd.

    Raises:
        InputError: if no framework can be read; the message is the reason, without the path.
    """
    path = Path(path)
    return framework_of(read_listing(read_text(path), path), name_of(path))


def name_of(path: Path) -> str:
    """Name of a structure by that of its file: without its ending, and without `.gz`."""
    return path.with_suffix("").stem if path.suffix.lower() == ".gz" else path.stem


def structure_files(
    paths: Iterable[str | Path],
) -> tuple[list[Path], list[tuple[str, str]]]:
    """Every file meant by some paths, once.

    Args:
        paths: files, whatever their names; folders of which every visible file is looked at.

    Returns:
        The files; (path, reason) of each path that is not there and each file in a folder that is
        no structure file by its name.
    """
    files: dict[Path, None] = {}
    problems: list[tuple[str, str]] = []
    for given in map(Path, paths):
        if not given.exists():
            problems.append((str(given), "no such file or folder"))
        elif not given.is_dir():
            files[given] = None
        else:
            inside = sorted(p for p in given.rglob("*") if not p.is_dir())
            visible = [
                p for p in inside if not any(q.startswith(".") for q in p.relative_to(given).parts)
            ]
            if not visible:
                problems.append((str(given), "the folder holds no files"))
            for path in visible:
                reason = _no_structure(path)
                if reason:
                    problems.append((str(path), f"{reason}, skipped"))
                else:
                    files[path] = None
    return list(files), problems


def _no_structure(path: Path) -> str:
    """Why a file in a folder is none to read, or nothing."""
    form = format_of_name(path)
    if form is None:
        return f"no CIF by its name ('{path.suffix}'), nor another structure file"
    if form.name != "extended XYZ":
        return ""
    # trajectories, clouds and collections are of this format too
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else Path.open
        with opened(path, "rb") as stream:
            head = [stream.readline(10_000) for _ in range(2)]
            count = int(head[0]) if head[0].strip().isdigit() else 0
            frames = 1 + any(line.strip() for line in islice(stream, count, count + 3))
    except (OSError, EOFError, ValueError, zlib.error):
        return ""
    if not any(word in head[1].lower() for word in (b"lattice", b"cell")):
        return "XYZ without a cell"
    return "XYZ of several structures" if frames > 1 else ""

"""Frameworks from the files people have: one file, or whatever a folder holds, good and bad."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.structure.files.assembly import framework_of
from zeoloom.structure.files.cif import listing_of_cif
from zeoloom.structure.files.file_text import read_text

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
        paths: CIF files, or folders of which every visible file is tried.
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
    """Read the framework of one CIF file, in the file's own setting.

    Args:
        path: the file; its stem becomes the framework's name.

    Returns:
        The framework, and notices: what was left out or mended, what looks odd.

    Raises:
        InputError: if no framework can be read; the message is the reason, without the path.
    """
    path = Path(path)
    return framework_of(listing_of_cif(read_text(path)), path.stem)


def structure_files(paths: Iterable[str | Path]) -> tuple[list[Path], list[tuple[str, str]]]:
    """Every file meant by some paths, once.

    Args:
        paths: files, whatever their names; folders of which every visible file is looked at.

    Returns:
        The files; (path, reason) of each path that is not there and each file in a folder that is
        no CIF by its name.
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
                if path.suffix.lower() in (".cif", ".mcif"):
                    files[path] = None
                else:
                    problems.append((str(path), f"no CIF by its name ('{path.suffix}'), skipped"))
    return list(files), problems

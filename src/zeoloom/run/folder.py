"""The folder of a run: what it was asked, what it has finished, what came out.

A run is cut into parts. Each finished part lies in `parts/` with the state of the random generator
after it, so that an interrupted run goes on as if it had never stopped. `run.json` holds what was
asked, and in the end the outcome.
"""

from __future__ import annotations

import json
import platform
import time
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.errors import InputError
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import torch

Part = dict[str, np.ndarray]
"""Arrays of one finished part, by name."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """An open run folder.

    Attributes:
        path: the folder.
        request: what was asked, as in `run.json`.
    """

    path: Path
    request: Mapping[str, Any]


def open_run(path: Path, request: Mapping[str, Any], *, resume: bool) -> RunFolder:
    """Start a run in a new or empty folder, or take up an interrupted one.

    Args:
        path: the folder.
        request: everything that decides the outcome, as plain JSON values.
        resume: go on with what is there.

    Raises:
        InputError: if the folder holds something else.
    """
    record = path / "run.json"
    asked = json.loads(json.dumps(request))
    if resume and record.exists():
        _check_same_run(record, asked)
        return RunFolder(path, asked)
    check_free(path, resume=resume)
    write_json(record, {"request": asked})
    return RunFolder(path, asked)


def check_free(path: Path, *, resume: bool = False) -> None:
    """Make sure that a run may start in a folder: there is none yet, or it is empty.

    Args:
        path: the folder; files that a kill left half written do not count.
        resume: whether an interrupted run was looked for there, and not found.

    Raises:
        InputError: if there is something.
    """
    if not path.exists():
        return
    if path.is_dir() and all(inside.suffix == ".part" for inside in path.iterdir()):
        return
    if resume:
        raise InputError(f"{path} holds no interrupted run to resume; give another folder")
    raise InputError(
        f"{path} exists and is not empty; give another folder, "
        "or --resume to go on with an interrupted run in it"
    )


def _check_same_run(record: Path, asked: Mapping[str, Any]) -> None:
    """Raise InputError unless the record is of an unfinished run that was asked the same."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        before = dict(content["request"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{record} is no record of a run: {error!r}; give another folder"
        ) from error
    changed = sorted(k for k in {*asked, *before} if asked.get(k) != before.get(k))
    if changed:
        raise InputError(
            f"{record.parent} holds a run with other settings ({', '.join(changed)}); "
            "repeat its command to resume it, or give another folder"
        )
    if "outcome" in content:
        raise InputError(
            f"{record.parent} holds a finished run, its results are there; "
            "give another folder to make more"
        )


def run_parts(
    run: RunFolder,
    wanted: Callable[[int], bool],
    make_part: Callable[[int], Part],
    generator: torch.Generator,
    on_part: Callable[[int, Part], None],
) -> list[Part]:
    """Make the parts that are not there yet, one after the other.

    Args:
        run: where.
        wanted: whether a part is to be made, by its index, once all before it are there.
        make_part: arrays of part i; draws from `generator` alone.
        generator: its state is kept with every part.
        on_part: called with each part that is there and its index.

    Returns:
        All parts.
    """
    import torch  # noqa: PLC0415 - runs without parts need none of it

    parts = []
    for i in count():
        path = run.path / "parts" / f"{i:05d}.npz"
        part = _read_part(path)
        if part is None:
            if not wanted(i):
                break
            started = time.monotonic()
            part = make_part(i)
            part |= {
                "generator_state": generator.get_state().numpy(),
                "seconds": np.array(time.monotonic() - started),
            }
            _write_part(path, part)
        generator.set_state(torch.from_numpy(part["generator_state"]))
        parts.append(part)
        on_part(i, part)
    return parts


def _read_part(path: Path) -> Part | None:
    """A finished part, or None if it is not there or damaged: it is then made again."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            part = dict(stored)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    return part if {"generator_state", "seconds"} <= part.keys() else None


def seconds_spent(run: RunFolder) -> float:
    """Time it took to make the parts, over all interruptions."""
    total = 0.0
    for path in (run.path / "parts").glob("*.npz"):
        with np.load(path) as stored:
            total += float(stored["seconds"])
    return total


def close_run(
    run: RunFolder, metrics: Mapping[str, Any], evaluations: int, device: torch.device
) -> None:
    """Write `metrics.json`, complete `run.json` and drop the parts.

    Args:
        run: which.
        metrics: figures of merit.
        evaluations: of the network, in all.
        device: they were made on.
    """
    import torch  # noqa: PLC0415 - as above

    outcome = {
        "evaluations": evaluations,
        "seconds": round(seconds_spent(run), 1),
        "device": device.type,
        "threads": torch.get_num_threads(),
    }
    write_json(run.path / "metrics.json", metrics)
    finish_run(run, outcome, ("torch", "numpy", "scipy"))


def finish_run(run: RunFolder, outcome: Mapping[str, Any], packages: Sequence[str]) -> None:
    """Complete `run.json` and drop the parts: the run is over.

    Args:
        run: which.
        outcome: of it.
        packages: those whose versions matter; what is not installed is left out.
    """
    versions = {"zeoloom": metadata.version("zeoloom")}
    for name in packages:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    versions["python"] = platform.python_version()
    write_json(
        run.path / "run.json", {"request": run.request, "versions": versions, "outcome": outcome}
    )
    parts = run.path / "parts"
    if parts.is_dir():
        for path in parts.glob("*"):
            path.unlink()
        parts.rmdir()


def _write_part(path: Path, arrays: Part) -> None:
    def write(part: Path) -> None:
        with part.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)

    write_atomically(path, write)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain JSON values."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))

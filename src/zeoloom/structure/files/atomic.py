"""Files written whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place.

    Args:
        path: the file wanted; its folder is made if it is missing.
        write: fills the path it is given. If it fails, what was at `path` stays as it was.

    Raises:
        InputError: if the place cannot be written to.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.chmod(0o666 & ~_umask())  # some libraries make their files private
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; try another place"
        ) from error
    finally:
        if path.parent.is_dir():
            part.unlink(missing_ok=True)


def _umask() -> int:
    """What the user takes from the permissions of new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

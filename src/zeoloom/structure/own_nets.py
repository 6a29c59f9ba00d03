"""The user's own nets: structures that the user has added to the reference, each in a file.

They lie in the folder `reference` of the user's data: `$ZEOLOOM_DATA`, or `$XDG_DATA_HOME/zeoloom`,
or `~/.local/share/zeoloom`. Each file holds the identity of its net and the structure as CIF.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_FORMAT = "zeoloom-own/1"


@dataclass(frozen=True, slots=True)
class OwnNet:
    """A structure of the user's own.

    Attributes:
        name: of it.
        key: identity of its net.
        fingerprint: of its net.
        source: file that it was read from.
        date: when it was added, as "2026-11-28".
        cif: the structure, as SiO2.
    """

    name: str
    key: str
    fingerprint: str
    source: str
    date: str
    cif: str


@dataclass(frozen=True, slots=True)
class OwnReference:
    """Nets that a run knows beside the bundled ones.

    Attributes:
        names: of the nets, by their keys.
        fingerprints: of the nets.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    fingerprints: frozenset[str] = frozenset()


NO_OWN = OwnReference()
"""Where the user has added nothing."""


def own_reference() -> OwnReference:
    """What the user's folder holds now.

    Raises:
        InputError: if a file in it cannot be read.
    """
    nets = load_own_nets().values()
    return OwnReference(
        {each.key: each.name for each in nets}, frozenset(each.fingerprint for each in nets)
    )


def own_folder() -> Path:
    """The folder of the user's own nets, there or not.

    Raises:
        InputError: if the user has no home and names none.
    """
    given = os.environ.get("ZEOLOOM_DATA", "")
    shared = os.environ.get("XDG_DATA_HOME", "")
    if given:
        return Path(given) / "reference"
    if Path(shared).is_absolute():
        return Path(shared) / "zeoloom" / "reference"
    try:
        return Path.home() / ".local" / "share" / "zeoloom" / "reference"
    except RuntimeError as error:
        raise InputError("there is no home folder; name a folder in ZEOLOOM_DATA") from error


def load_own_nets() -> dict[str, OwnNet]:
    """The user's own nets by name, in alphabetical order.

    Raises:
        InputError: if a file cannot be read.
    """
    try:
        paths = sorted(own_folder().glob("*.json"))
    except (InputError, OSError):  # no home, or a folder that is none: there are no nets
        return {}
    nets = [_read(path) for path in paths]
    return {each.name: each for each in nets}


def save_own_net(net: OwnNet) -> Path:
    """Write a net into the user's folder.

    Returns:
        Its file.

    Raises:
        InputError: if the place cannot be written to.
    """
    path = own_folder() / f"{net.name}.json"
    text = json.dumps({"format": OWN_FORMAT, **asdict(net)}, indent=1, ensure_ascii=False) + "\n"
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
    return path


def remove_own_net(name: str) -> Path:
    """Take a net out of the user's folder.

    Returns:
        The file it had.

    Raises:
        InputError: if there is none of that name, or its file cannot be removed.
    """
    path = own_folder() / f"{name}.json"
    if name not in load_own_nets():
        names = ", ".join(load_own_nets()) or "none"
        raise InputError(f"'{name}' is no net of your own; there are: {names}")
    try:
        path.unlink()
    except OSError as error:
        raise InputError(f"cannot remove {path}: {error.strerror or error}") from error
    return path


def _read(path: Path) -> OwnNet:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        net = OwnNet(**{each.name: content[each.name] for each in fields(OwnNet)})
        whole = content["format"] == OWN_FORMAT and net.name == path.stem
        whole = whole and all(isinstance(text, str) for text in asdict(net).values())
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise InputError(f"{path} is no net that `zeoloom reference add` has written; remove it")
    return net

"""`reference add`: structures of the user's own that are known from then on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.judge.judgement import NEW
from zeoloom.judge.verdict import judge_net
from zeoloom.nets.fingerprint import fingerprint_of
from zeoloom.structure.bonds import net_of
from zeoloom.structure.files.cif_out import cif_text
from zeoloom.structure.files.reader import name_of, read_framework
from zeoloom.structure.known_nets import known_net
from zeoloom.structure.own_nets import OwnNet, load_own_nets, save_own_net

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zeoloom.run.file_requests import AddRequest

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")
"""Names are those of files, and of frameworks that are found."""


def add_to_reference(request: AddRequest) -> list[tuple[OwnNet, Path, tuple[str, ...]]]:
    """Add structures to the user's own reference: all of them, or none.

    Returns:
        What was added, its file, and the notices of the reader, one for each file.

    Raises:
        InputError: if a file cannot be read or holds no 4-connected framework, if its net is known
            already, or if a name is taken or cannot be one.
    """
    if not request.files:
        raise InputError("nothing to add: give CIF or other structure files")
    if request.name is not None and len(request.files) > 1:
        raise InputError(f"--name {request.name} is for one file, {len(request.files)} were given")
    own = load_own_nets()
    added = []
    for path in request.files:
        net, notices = _own_net(path, request.name or name_of(path), own)
        own[net.name] = net
        added.append((net, notices))
    return [(net, save_own_net(net), notices) for net, notices in added]


def _own_net(path: Path, name: str, own: Mapping[str, OwnNet]) -> tuple[OwnNet, tuple[str, ...]]:
    """The net of a file, if it can be added to those there are."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_dir():
        raise InputError(f"{path} is a folder: give files, such as {path}/*.cif")
    try:
        framework, notices = read_framework(path)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    framework = replace(framework, name=name)
    judgement = judge_net(framework, against={each.key: each.name for each in own.values()})
    if judgement.known_name not in {"", NEW}:
        raise InputError(f"{path}: its net is known already, as {judgement.known_name}")
    if not judgement.valid:
        raise InputError(f"{path}: no 4-connected framework: {judgement.reason}")
    if judgement.reason:
        raise InputError(f"{path}: {judgement.reason}")
    _check_name(path, name, own)
    net = OwnNet(
        name=name,
        key=judgement.key,
        fingerprint=fingerprint_of(net_of(framework)),
        source=path.name,
        date=datetime.now(tz=UTC).date().isoformat(),
        cif=cif_text(framework),
    )
    return net, notices


def _check_name(path: Path, name: str, own: Mapping[str, OwnNet]) -> None:
    """Raise InputError if a net cannot have this name."""
    instead = "give another by --name"
    if not NAME.fullmatch(name) or re.match("new(-|$)", name.lower()):
        raise InputError(
            f"{path}: {name!r} can be no name: expected up to 40 letters, digits, '.', '_', '+' "
            f"and '-', and neither 'new' nor 'new-...'; {instead}"
        )
    if known_net(name) is not None:
        raise InputError(f"{path}: the bundled reference has a net named {name}; {instead}")
    # some file systems take Mine and mine for one name
    if name.lower() in {each.lower() for each in own}:
        raise InputError(
            f"{path}: your reference has a net named {name}; {instead}, or take that one out by "
            f"`zeoloom reference remove {name}`"
        )

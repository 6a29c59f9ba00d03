"""Everything that is known, as a list: bundled framework types, dense nets, the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.structure.files.assembly import framework_of
from zeoloom.structure.files.formats import read_listing
from zeoloom.structure.known_nets import KnownNet, known_net, known_nets
from zeoloom.structure.own_nets import OwnNet, load_own_nets
from zeoloom.structure.reference import load_dense_nets, load_reference

if TYPE_CHECKING:
    from zeoloom.structure.known_nets import Kind
    from zeoloom.structure.records import Framework

KEY_ALONE = "known by its key alone"


@dataclass(frozen=True, slots=True)
class ReferenceEntry:
    """A known net and, where its coordinates are at hand, its structure.

    Attributes:
        net: which.
        framework: its structure; None where its key alone is known.
        remark: what else there is to say.
    """

    net: KnownNet
    framework: Framework | None
    remark: str


def reference_entries(kind: Kind | None = None) -> list[ReferenceEntry]:
    """All known nets, or those of a kind: framework types, dense nets, the user's own.

    Raises:
        InputError: if one of the user's own cannot be read.
    """
    nets = [each for each in known_nets().values() if kind in {None, each.kind}]
    entries = [_bundled(each) for each in nets]
    if kind in {None, "own"}:
        entries += [_own(each) for each in load_own_nets().values()]
    return entries


def reference_entry(name: str) -> ReferenceEntry:
    """A known net by its code or name.

    Args:
        name: as it is listed, or another code or name of the same net.

    Raises:
        InputError: if there is none, or it is one of the user's own and cannot be read.
    """
    own = load_own_nets().get(name.strip())
    if own is not None:
        return _own(own)
    net = known_net(name)
    if net is None:
        raise InputError(
            f"'{name}' is no framework type, dense net or net of your own; "
            "`zeoloom reference list` shows them all"
        )
    return _bundled(net)


def _bundled(net: KnownNet) -> ReferenceEntry:
    framework = {**load_reference(), **load_dense_nets()}.get(net.name)
    remarks = [f"also {', '.join(net.also)}"] if net.also else []
    if framework is None:
        remarks.append(KEY_ALONE)
    elif framework.flag:
        remarks.append(framework.flag)
    return ReferenceEntry(net, framework, "; ".join(remarks))


def _own(own: OwnNet) -> ReferenceEntry:
    net = KnownNet(own.name, "own", own.key, own.fingerprint, own.source, own.date)
    framework, _ = framework_of(read_listing(own.cif, Path(f"{own.name}.cif")), own.name)
    return ReferenceEntry(net, framework, f"from {own.source}")

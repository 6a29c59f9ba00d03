"""Which nets are known, what kind each is, and where that is known from.

| kind | from |
|---|---|
| `zeolite`, `interrupted` | `reference_keys.json`: the framework types of the bundled reference |
| | `later_types.json`: framework types that are known by their keys alone |
| `dense` | `dense_nets.jsonl`: dense silica and silicates |

They are made by `scripts/build_reference_keys.py`, `build_later_types.py`, `build_dense_nets.py`.

The user's own nets are in `own_nets.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from zeoloom.nets.identity import net_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zeoloom.nets.identity import NetKey
    from zeoloom.nets.periodic_net import PeriodicNet

Kind = Literal["zeolite", "interrupted", "dense", "own"]

BUNDLED_KEYS = ("reference_keys.json", "later_types.json")
"""Files with keys and fingerprints of framework types, beside this one."""


@dataclass(frozen=True, slots=True)
class KnownNet:
    """A net that is not new.

    Attributes:
        name: code of the framework type, or name.
        kind: of net.
        key: its identity.
        fingerprint: empty if it is not 4-connected.
        source: where it is known from.
        date: of the source, as "2026-11-28" or as a year.
        also: other codes or names of the same net.
    """

    name: str
    kind: Kind
    key: str
    fingerprint: str
    source: str
    date: str
    also: tuple[str, ...] = ()


@cache
def known_nets() -> Mapping[str, KnownNet]:
    """All bundled nets by name: framework types, then dense ones, each in alphabetical order."""
    files = [_content(name) for name in BUNDLED_KEYS]
    also: dict[str, tuple[str, ...]] = {}
    for content in files:
        for other, code in content.get("same_nets", {}).items():
            also[code] = (*also.get(code, ()), other)
    types = [
        KnownNet(
            name=code,
            kind="zeolite" if content["fingerprints"][code] else "interrupted",
            key=key,
            fingerprint=content["fingerprints"][code],
            source=content["provenance"]["source"],
            date=content["provenance"]["date"],
            also=also.get(code, ()),
        )
        for content in files
        for code, key in content["keys"].items()
    ]
    return {each.name: each for each in (*sorted(types, key=lambda one: one.name), *_dense())}


def known_net(name: str) -> KnownNet | None:
    """The bundled net of a code or name, or of another name it has, however they are written."""
    # '-CHI', '*BEA' and '*-SSO' are how IZA writes interrupted and disordered types
    plain = name.strip().lstrip("*-").lower()
    for each in known_nets().values():
        if plain in {text.lower() for text in (each.name, *each.also)}:
            return each
    return None


@cache
def reference_codes() -> dict[str, str]:
    """Framework type code, or name, of every bundled key."""
    return {each.key: each.name for each in known_nets().values()}


@cache
def reference_fingerprints() -> frozenset[str]:
    """Fingerprints of the 4-connected bundled nets; a net with another one is none of these."""
    return frozenset(each.fingerprint for each in known_nets().values()) - {""}


def framework_type_of(net: PeriodicNet) -> str | None:
    """The framework type or dense net that a net is, or None."""
    return framework_type_of_key(net_key(net))


def framework_type_of_key(key: NetKey) -> str | None:
    """The framework type or dense net whose net has this key, or None."""
    return reference_codes().get(key.text) if key.exact else None


def listed_keys(file: str) -> dict[str, str]:
    """Keys by code of one of `BUNDLED_KEYS`."""
    keys: dict[str, str] = _content(file)["keys"]
    return keys


def _dense() -> list[KnownNet]:
    _, *records = map(json.loads, _text("dense_nets.jsonl").splitlines())
    return [
        KnownNet(
            name=each["code"],
            kind="dense",
            key=each["key"],
            fingerprint=each["fingerprint"],
            source=each["source"],
            date=each["date"],
            also=tuple(each["also"]),
        )
        for each in records
    ]


def _content(file: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_text(file))
    return content


def _text(file: str) -> str:
    return resources.files("zeoloom.structure").joinpath(file).read_text("utf-8")

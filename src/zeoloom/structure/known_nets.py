"""Which nets are known: keys and fingerprints of the framework types of the bundled reference.

`reference_keys.json` beside this file is made by `scripts/build_reference_keys.py`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from zeoloom.nets.identity import net_key

if TYPE_CHECKING:
    from zeoloom.nets.identity import NetKey
    from zeoloom.nets.periodic_net import PeriodicNet


@cache
def reference_codes() -> dict[str, str]:
    """Framework type code of every key of the bundled reference."""
    return {key: code for code, key in _listed("keys").items()}


@cache
def reference_fingerprints() -> frozenset[str]:
    """Fingerprints of the 4-connected types; a net that has none of them is no known type."""
    return frozenset(_listed("fingerprints").values()) - {""}


def framework_type_of(net: PeriodicNet) -> str | None:
    """The framework type that has this net, among those of the bundled reference, or None."""
    return framework_type_of_key(net_key(net))


def framework_type_of_key(key: NetKey) -> str | None:
    """The framework type whose net has this key, or None."""
    return reference_codes().get(key.text) if key.exact else None


def _listed(what: str) -> dict[str, str]:
    file = resources.files("zeoloom.structure").joinpath("reference_keys.json")
    listed: dict[str, str] = json.loads(file.read_text("utf-8"))[what]
    return listed

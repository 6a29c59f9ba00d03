"""Whether T atoms form one 4-connected framework, and if not, why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.bonding import OVERLAP
from zeoloom.nets.periodic_net import components
from zeoloom.structure.bridges import VALENCE, missing_oxygen
from zeoloom.structure.known_nets import framework_type_of

if TYPE_CHECKING:
    from zeoloom.nets.periodic_net import PeriodicNet
    from zeoloom.structure.records import Framework

SHAPES = {0: "finite group", 1: "chain", 2: "layer", 3: "framework"}
"""What a connected part of a net is, by the number of directions it runs on in."""


def fault_of(framework: Framework, net: PeriodicNet) -> str:
    """Why a framework is not one 3-periodic 4-connected net, or nothing.

    Args:
        framework: with or without oxygen.
        net: of its T atoms.
    """
    fault = _overlap(framework)
    if fault:
        return fault
    fault = _unconnected(net)
    missing = missing_oxygen(framework) if fault else ""
    return f"{missing}; {fault}" if missing else fault


def _overlap(framework: Framework) -> str:
    """How many T atoms overlap, or nothing."""
    full, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    near = neighbours_within(full, full, framework.cell, OVERLAP)
    other = (near.centre != near.point) | near.shift.any(axis=1)
    if not other.any():
        return ""
    count = len(np.unique(near.centre[other]))
    return (
        f"{count} of {len(full)} T atoms overlap: they are down to {near.distance[other].min():.2f}"
        " Å apart"
    )


def _unconnected(net: PeriodicNet) -> str:
    """Why a net is not one 4-connected framework, or nothing."""
    odd = net.coordination[net.coordination != VALENCE]
    if len(odd):
        counts = ", ".join(f"{n} to {k}" for k, n in sorted(Counter(odd.tolist()).items()))
        return f"{len(odd)} of {len(net)} T atoms are bonded to other than {VALENCE}: {counts}"
    parts = components(net)
    if any(part.periodicity < net.dimension for part in parts):
        kinds = Counter(SHAPES[part.periodicity] for part in parts)
        listed = ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in sorted(kinds.items()))
        return f"not one framework but, in a cell, {listed}"
    copies = sum(part.copies or 1 for part in parts)
    return f"{copies} frameworks interpenetrate" if copies > 1 else ""


def interrupted_type(net: PeriodicNet) -> str:
    """The framework type of a net that is not valid: IZA's interrupted types are none."""
    if (net.coordination > VALENCE).any() or (net.coordination == VALENCE).all():
        return ""
    return framework_type_of(net) or ""

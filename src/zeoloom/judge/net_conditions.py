"""Conditions that a net alone decides: asked of crystals while they are searched.

Rings and composite building units follow from the bonds. Windows do not: of the frameworks with
windows of 12 and more one in four has so large a smallest ring at an angle.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.judge.conditions import Conditions
from zeoloom.judge.fulfilment import distance_from
from zeoloom.judge.judgement import Judgement
from zeoloom.nets.fingerprint import DEGREE
from zeoloom.nets.rings import MAX_RING, ring_sizes, vertex_symbols
from zeoloom.structure.building_units import units_in

if TYPE_CHECKING:
    from zeoloom.nets.periodic_net import PeriodicNet


def ring_conditions(conditions: Conditions) -> Conditions:
    """Those of the conditions that a net decides by its rings and units."""
    return Conditions(
        rings=conditions.rings, no_rings=conditions.no_rings, contains=conditions.contains
    )


def with_net_facts(
    judgement: Judgement, net: PeriodicNet, conditions: Conditions, largest: int = MAX_RING
) -> Judgement:
    """A judgement with the rings and units of its net, as far as conditions ask for them.

    Args:
        judgement: of a valid net.
        net: that it has, with the site of each vertex.
        conditions: of `ring_conditions`.
        largest: ring that matters.
    """
    asked = conditions.asked
    _, roots = np.unique(net.sites, return_index=True)
    if "rings" in asked or "no_rings" in asked:
        judgement = replace(judgement, rings=ring_sizes(vertex_symbols(net, roots, largest)))
    if conditions.contains is not None:
        judgement = replace(judgement, units=units_in(net, conditions.contains, roots))
    return judgement


def net_distance(net: PeriodicNet, conditions: Conditions) -> float:
    """How far a net is from conditions: the sum of the gaps of `judge.fulfilment`.

    Args:
        net: with the site of each vertex.
        conditions: of `ring_conditions`.

    Returns:
        The sum; infinity for a net that is not 4-connected, whatever its orbits look like.
    """
    if (net.coordination != DEGREE).any():
        return math.inf
    largest = MAX_RING
    if conditions.rings is None and conditions.no_rings is not None:
        # faulty nets have huge rings, which take most of the time
        largest = int(min(max(most for _, most in conditions.no_rings.spans), MAX_RING))
    return distance_from(conditions, with_net_facts(Judgement("net"), net, conditions, largest))

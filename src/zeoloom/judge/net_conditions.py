"""Conditions that a net alone decides, or makes likely: asked of crystals while they are searched.

Rings and composite building units follow from the bonds. A channel's window is mostly one of the
smallest rings at an angle, and a sphere needs a ring that is wide enough, so large rings stand for
windows and free spheres until pores are measured.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.judge.conditions import Conditions
from zeoloom.judge.fulfilment import distance_from
from zeoloom.judge.judgement import Judgement
from zeoloom.judge.ranges import Ranges
from zeoloom.nets.fingerprint import DEGREE
from zeoloom.nets.rings import ring_sizes, vertex_symbols
from zeoloom.structure.building_units import units_in

if TYPE_CHECKING:
    from zeoloom.nets.periodic_net import PeriodicNet

SPHERE_OF_8_RING, SPHERE_STEP = 3.7, 0.9
"""Å, diameter of the sphere that goes through an 8-ring (CHA), and how much it grows for each T
atom more (FAU: 7.4 Å through a 12-ring)."""


def ring_conditions(conditions: Conditions) -> Conditions:
    """Those of the conditions that a net decides by its rings and units."""
    return Conditions(
        rings=conditions.rings, no_rings=conditions.no_rings, contains=conditions.contains
    )


def guiding_conditions(conditions: Conditions) -> Conditions:
    """Those, and rings that stand for windows and free spheres."""
    spans = list(conditions.rings.spans) if conditions.rings is not None else []
    if conditions.window is not None:
        spans += conditions.window.spans[:1]
    sphere = conditions.largest_free_sphere
    least = min((low for low, _ in sphere.spans), default=0.0) if sphere is not None else 0.0
    if least > SPHERE_OF_8_RING:
        ring = math.floor(8.0 + (least - SPHERE_OF_8_RING) / SPHERE_STEP)
        spans.append((float(ring), math.inf))
    rings = Ranges(tuple(spans)) if spans else None
    return replace(ring_conditions(conditions), rings=rings)


def with_net_facts(judgement: Judgement, net: PeriodicNet, conditions: Conditions) -> Judgement:
    """A judgement with the rings and units of its net, as far as conditions ask for them.

    Args:
        judgement: of a valid net.
        net: that it has, with the site of each vertex.
        conditions: of `ring_conditions` or `guiding_conditions`.
    """
    asked = conditions.asked
    _, roots = np.unique(net.sites, return_index=True)
    if "rings" in asked or "no_rings" in asked:
        judgement = replace(judgement, rings=ring_sizes(vertex_symbols(net, roots)))
    if conditions.contains is not None:
        judgement = replace(judgement, units=units_in(net, conditions.contains, roots))
    return judgement


def net_distance(net: PeriodicNet, conditions: Conditions) -> float:
    """How far a net is from conditions: the sum of the gaps of `judge.fulfilment`.

    Args:
        net: with the site of each vertex.
        conditions: of `ring_conditions` or `guiding_conditions`.

    Returns:
        The sum; infinity for a net that is not 4-connected, whatever its orbits look like.
    """
    if (net.coordination != DEGREE).any():
        return math.inf
    return distance_from(conditions, with_net_facts(Judgement("net"), net, conditions))

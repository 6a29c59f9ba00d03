"""Pores: the largest spheres that fit and pass, the channels, and the room in them.

Atoms are hard spheres of radius 1.35 Å, T and O alike (Foster, Rivin, Treacy & Delgado Friedrichs,
Microporous Mesoporous Mater. 90 (2006) 32). Spheres are given by their diameters, as IZA does. The
largest included sphere is the widest node of the void, a free sphere the widest one for which a
path through the void comes back shifted by whole cells (`voids`). The shifts that a component of
the void comes back by make a lattice, and its rank is the dimension of the channels.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.errors import InputError
from zeoloom.silica.passages import passages_of
from zeoloom.silica.pore_sizes import pore_radii, surface_area
from zeoloom.silica.primitive_cell import primitive_cell
from zeoloom.silica.void_points import void_points
from zeoloom.silica.voids import Voids, voids
from zeoloom.silica.windows import Channel, channels_of
from zeoloom.structure.primitive_sites import primitive_sites

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.silica.passages import Passages
    from zeoloom.structure.records import Framework

RADIUS = 1.35
"""Å, of T and O atoms."""

CHANNEL = 2.8
"""Å. Channels let a sphere of this diameter pass, that of water; six-rings do not."""

SAMPLES = 20_000
"""Random points in the cell, for the accessible volume: it is known to 3 Å^3 of 1000 Å^3."""


@dataclass(frozen=True, slots=True)
class PoreSpheres:
    """What fits into a framework and travels through it; spheres by their diameters in Å.

    Attributes:
        included: largest sphere that fits.
        free: largest sphere that can travel through, in any direction.
        free_along: the largest that can travel straight on along a, b and c of the cell given,
            as IZA counts: a channel along a + b alone is along neither. May be below zero.
        channel_dimension: 0 to 3, directions in which a sphere of 2.8 Å can travel on one network
            of channels.
        channels: for such a sphere, the widest first: windows and directions. None where the bonds
            of the framework are not those of SiO2.
    """

    included: float
    free: float
    free_along: tuple[float, float, float]
    channel_dimension: int
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Pores(PoreSpheres):
    """The pores of a framework, with the room in them.

    Attributes:
        accessible_volume: Å^3 of 1000 Å^3 where the centre of a sphere of 2.8 Å can be, in
            channels.
        pocket_volume: the same where it fits but cannot get to from outside.
        accessible_surface: Å^2 of 1000 Å^3, where the centre of such a sphere can be when it
            touches atoms, in channels.
        sizes: Å, the largest sphere that fits around each of some random points in channels and
            pockets, in increasing order: the pore size distribution.
    """

    accessible_volume: float
    pocket_volume: float
    accessible_surface: float
    sizes: tuple[float, ...]


def pores(framework: Framework, *, probe: float = CHANNEL, seed: int = 0) -> Pores:
    """Measure the pores of a framework.

    Args:
        framework: SiO2, in any cell.
        probe: Å, diameter of the sphere that channels and volumes are for.
        seed: of the random points that volumes are counted with.
    """
    graph = _graph_of(framework, probe)
    needed, rank = 0.5 * probe + RADIUS, graph.passages.rank
    rng = np.random.default_rng(seed)
    points = void_points(graph.void, graph.cell, rank, needed, rng, SAMPLES)
    found = _spheres(framework, graph)
    return Pores(
        **{field.name: getattr(found, field.name) for field in fields(found)},
        accessible_volume=1000.0 * float(points.in_channel.mean()),
        pocket_volume=1000.0 * float(points.in_pocket.mean()),
        accessible_surface=surface_area(graph.void, graph.cell, rank, needed),
        sizes=tuple(2.0 * (pore_radii(graph.void, graph.cell, points) - RADIUS)),
    )


def pore_spheres(framework: Framework, *, probe: float = CHANNEL) -> PoreSpheres:
    """Measure what fits into a framework and travels through it, sooner than by `pores`.

    Args:
        framework: SiO2, in any cell.
        probe: Å, diameter of the sphere that channels are for.
    """
    return _spheres(framework, _graph_of(framework, probe))


class _Graph(NamedTuple):
    """The void of the primitive cell, the paths through it, and the axes of the cell given."""

    cell: FloatArray
    void: Voids
    passages: Passages
    to_axes: FloatArray


def _graph_of(framework: Framework, probe: float) -> _Graph:
    cell, sites, _ = primitive_sites(framework)
    void = voids(np.concatenate(sites), cell)
    to_axes = framework.cell @ np.linalg.inv(cell)
    return _Graph(cell, void, passages_of(void, to_axes, 0.5 * probe + RADIUS), to_axes)


def _spheres(framework: Framework, graph: _Graph) -> PoreSpheres:
    along = 2.0 * (graph.passages.widest - RADIUS)
    return PoreSpheres(
        included=2.0 * (float(graph.void.distance.max()) - RADIUS),
        free=2.0 * (graph.passages.free - RADIUS),
        free_along=(float(along[0]), float(along[1]), float(along[2])),
        channel_dimension=int(graph.passages.rank.max(initial=0)),
        channels=_channels(framework, graph.void, graph.passages, graph.to_axes),
    )


def _channels(
    framework: Framework, void: Voids, passages: Passages, to_axes: FloatArray
) -> tuple[Channel, ...]:
    """Channels with their windows; none where T atoms are not linked by oxygen."""
    with suppress(InputError):
        atoms = primitive_cell(framework)
        return channels_of(void, passages.openings, atoms, to_axes, RADIUS)
    return ()

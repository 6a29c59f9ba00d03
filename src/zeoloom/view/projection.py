"""A scene drawn flat: shaded spheres and bonds, the far ones paler and hidden by the near ones.

Matplotlib sorts nothing in depth, so this is the painter's algorithm: everything becomes a filled
outline, and the outlines are drawn from back to front. The result is a vector drawing.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, Patch, Polygon

from zeoloom.view.scene import sphere_radii

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from zeoloom.structure.records import FloatArray
    from zeoloom.view.scene import Scene

Colour = tuple[float, float, float]
"""Red, green and blue, each from 0 to 1."""

# Okabe and Ito's palette, told apart by every kind of colour vision; blue is kept for short bonds.
FOUR = "#E69F00"
OTHER = "#B8371F"
RIM = "#B3BCC4"
BOND = "#9AA3AB"
SHORT = "#0072B2"
POINT = "#006B5C"
CELL = "#B9C1C7"

BOND_RADIUS = 0.1
"""Å."""

POINT_RADIUS = 0.07
"""Å."""

PALEST = 0.55
"""Share of white in the colour of the farthest thing in a picture."""


def view_rotation(azimuth: float = 28.0, elevation: float = 18.0) -> FloatArray:
    """The (3, 3) rotation R of a view from above: `cart @ R.T` is right, up, towards the eye."""
    a, e = np.radians(azimuth), np.radians(elevation)
    turn = np.array([[np.cos(a), 0.0, np.sin(a)], [0.0, 1.0, 0.0], [-np.sin(a), 0.0, np.cos(a)]])
    tilt = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(e), -np.sin(e)], [0.0, np.sin(e), np.cos(e)]])
    return np.asarray(tilt @ turn)


def draw_scene(
    axes: Axes,
    scene: Scene,
    *,
    points: bool = True,
    rotation: FloatArray | None = None,
    swell: float = 1.0,
) -> None:
    """Draw a scene into axes, which lose their frame and get equal scales in Å.

    Args:
        axes: where to draw.
        scene: what to draw.
        points: whether to draw the points of the cloud; atoms are then translucent.
        rotation: (3, 3), rows point right, up and towards the eye.
        swell: factor on all radii, for small pictures.
    """
    rotation = view_rotation() if rotation is None else rotation
    atoms = scene.cart_atoms @ rotation.T
    radii = swell * sphere_radii(scene.weights)
    segments = _between_surfaces(scene.segments, scene.cart_atoms, radii) @ rotation.T
    cloud = scene.cart_points.astype(np.float64) @ rotation.T if points else np.zeros((0, 3))
    edges = scene.cell_edges @ rotation.T
    everything = np.concatenate([part.reshape(-1, 3) for part in (atoms, segments, cloud, edges)])
    if len(everything) == 0:
        everything = np.zeros((1, 3))
    low, high = everything.min(axis=0), everything.max(axis=0)

    def faded(colour: str, depth: float) -> Colour:
        farness = (high[2] - depth) / max(high[2] - low[2], 1e-9)
        # short bonds are what the reader looks for: they fade less
        return _mixed(colour, "white", PALEST * farness * (0.5 if colour == SHORT else 1.0))

    shapes: list[tuple[float, Patch]] = []
    for start, end in edges:
        shapes += _rod(start, end, 0.03, partial(faded, CELL), pieces=8)
    for (start, end), short in zip(segments, scene.short, strict=True):
        radius = swell * BOND_RADIUS * (1.5 if short else 1.0)
        shapes += _rod(start, end, radius, partial(faded, SHORT if short else BOND))
    kinds = np.where(~scene.inside, RIM, np.where(scene.coordination == 4, FOUR, OTHER))
    see_through = 0.8 if len(cloud) else 1.0
    for centre, radius, kind in zip(atoms, radii, kinds, strict=True):
        shapes += _ball(centre, float(radius), faded(str(kind), centre[2]), see_through)
    for point in cloud:
        dot = _disc(point, POINT_RADIUS, faded(POINT, point[2]))
        shapes.append((point[2] + POINT_RADIUS, dot))
    shapes.sort(key=lambda shape: shape[0])
    axes.add_collection(PatchCollection([patch for _, patch in shapes], match_original=True))
    margin = 0.9
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _between_surfaces(segments: FloatArray, atoms: FloatArray, radii: FloatArray) -> FloatArray:
    """Segments (s, 2, 3) without the parts inside the spheres of the atoms (n, 3) they end at.

    An end where no atom is, as that of half a bond, stays where it is.
    """
    if len(segments) == 0 or len(atoms) == 0:
        return segments
    gaps = np.linalg.norm(segments[:, :, None] - atoms, axis=-1)
    nearest = gaps.argmin(axis=-1)
    ends_at_atom = np.take_along_axis(gaps, nearest[..., None], axis=-1)[..., 0] < 1e-3
    along = segments[:, 1] - segments[:, 0]
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    # a little of the rod stays inside, so that no gap shows
    inwards = np.where(ends_at_atom, 0.9 * radii[nearest], 0.0)[..., None]
    return np.asarray(segments + inwards * np.stack([along, -along], axis=1))


def _mixed(colour: Colour | str, other: str, share: float) -> Colour:
    """A colour with a share of another."""
    red, green, blue = (
        (1.0 - share) * ours + share * theirs
        for ours, theirs in zip(to_rgb(colour), to_rgb(other), strict=True)
    )
    return red, green, blue


def _disc(centre: FloatArray, radius: float, colour: Colour, opacity: float = 1.0) -> Circle:
    """A disc without outline at (x, y, ...)."""
    spot = (float(centre[0]), float(centre[1]))
    return Circle(spot, radius, facecolor=(*colour, opacity), edgecolor="none")


def _ball(
    centre: FloatArray, radius: float, colour: Colour, opacity: float
) -> list[tuple[float, Patch]]:
    """A sphere: an outlined disc, then ever lighter discs towards the light, up and to the left."""
    outline = _disc(centre, radius, colour, opacity)
    outline.set_edgecolor(_mixed(colour, "black", 0.45))
    outline.set_linewidth(0.5)
    shapes: list[tuple[float, Patch]] = [(centre[2], outline)]
    towards_light = np.array([-1.0, 1.0, 0.0])
    for step in np.linspace(0.15, 0.9, 6):
        spot = centre + 0.36 * step * radius * towards_light
        size = radius * (0.96 - 0.86 * step)
        lit = _disc(spot, size, _mixed(colour, "white", step), 0.22 * opacity)
        shapes.append((centre[2] + 1e-6 * step, lit))
    return shapes


def _rod(
    start: FloatArray,
    end: FloatArray,
    radius: float,
    colour_at: Callable[[float], Colour],
    pieces: int = 6,
) -> list[tuple[float, Patch]]:
    """A cylinder in pieces, each at its own depth; a lighter stripe along it makes it round."""
    along = (end - start)[:2]
    length = float(np.linalg.norm(along))
    if length < 1e-9:  # seen from its end
        return []
    across = np.array([-along[1], along[0]]) / length * radius
    cuts = np.linspace(0.0, 1.0, pieces + 1)
    shapes: list[tuple[float, Patch]] = []
    for low, high in pairwise(cuts):
        # a little longer than the piece, so that no gap shows between two pieces
        a, b = start[:2] + low * along, start[:2] + min(high + 0.02, 1.0) * along
        depth = float(start[2] + 0.5 * (low + high) * (end - start)[2])
        colour = colour_at(depth)
        dark, light = _mixed(colour, "black", 0.22), _mixed(colour, "white", 0.3)
        for width, tone, nearer in ((1.0, dark, 0.0), (0.62, colour, 1e-6), (0.2, light, 2e-6)):
            side = across * width
            corners = np.array([a - side, b - side, b + side, a + side])
            shapes.append((depth + nearer, Polygon(corners, facecolor=tone, edgecolor="none")))
    return shapes

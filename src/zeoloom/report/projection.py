"""A scene drawn flat: shaded spheres and bonds, the far ones paler and hidden by the near ones.

Matplotlib sorts nothing in depth, so this is the painter's algorithm: everything becomes a filled
outline, and the outlines are drawn from back to front. The result is a vector drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb

from zeoloom.report.scene import sphere_radii

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.report.scene import Scene

# Okabe and Ito's palette, distinct in every kind of colour vision; blue is kept for short bonds.
FOUR = "#E69F00"
OTHER_COLOUR = "#B8371F"
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

DISC = np.stack([f(np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)) for f in (np.cos, np.sin)], 1)
"""(48, 2) corners of a disc of radius 1; on paper nobody tells it from a circle."""

BLACK, WHITE = 0.0, 1.0


@dataclass(frozen=True, slots=True)
class _Outlines:
    """Filled outlines.

    Attributes:
        depths: (m,) Å towards the eye.
        corners: (m, k, 2) Å.
        faces: (m, 4) red, green, blue and opacity, each from 0 to 1.
        edges: (m, 4) the same of the line around them; clear where there is none.
    """

    depths: FloatArray
    corners: FloatArray
    faces: FloatArray
    edges: FloatArray


@dataclass(frozen=True, slots=True)
class _DepthCue:
    """Far things are paler.

    Attributes:
        near: Å towards the eye, where colours are as they are.
        far: Å, where they are palest.
    """

    near: float
    far: float

    def __call__(
        self, colours: FloatArray, depths: FloatArray, palest: FloatArray | float = PALEST
    ) -> FloatArray:
        """Colours (..., 3) at depths (...), with up to a share `palest` of white."""
        farness = (self.near - depths) / max(self.near - self.far, 1e-9)
        return _mixed(colours, WHITE, palest * farness)


def view_rotation(azimuth: float = 28.0, elevation: float = 18.0) -> FloatArray:
    """The (3, 3) rotation R of a view from above: `cart @ R.T` is right, up, towards the eye."""
    a, e = np.radians(azimuth), np.radians(elevation)
    about_y = np.array([[np.cos(a), 0.0, np.sin(a)], [0.0, 1.0, 0.0], [-np.sin(a), 0.0, np.cos(a)]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(e), -np.sin(e)], [0.0, np.sin(e), np.cos(e)]])
    return np.asarray(about_x @ about_y)


def draw_scene(
    axes: Axes,
    scene: Scene,
    *,
    points: bool = True,
    rotation: FloatArray | None = None,
    scale: float = 1.0,
) -> None:
    """Draw a scene into axes, which lose their frame and get equal scales in Å.

    Args:
        axes: where to draw.
        scene: what to draw.
        points: whether to draw the points of the cloud; atoms are then translucent.
        rotation: (3, 3), rows point right, up and towards the eye.
        scale: factor on all radii, for small pictures.
    """
    rotation = view_rotation() if rotation is None else rotation
    atoms = scene.cart_atoms @ rotation.T
    radii = scale * sphere_radii(scene.weights)
    segments = _between_surfaces(scene.segments, scene.cart_atoms, radii) @ rotation.T
    cloud = scene.cart_points.astype(np.float64) @ rotation.T if points else np.zeros((0, 3))
    edges = scene.cell_edges @ rotation.T
    everything = np.concatenate([part.reshape(-1, 3) for part in (atoms, segments, cloud, edges)])
    if len(everything) == 0:
        everything = np.zeros((1, 3))
    low, high = everything.min(axis=0), everything.max(axis=0)

    depth_cue = _DepthCue(high[2], low[2])
    # short bonds are what the reader looks for: they are thicker and fade less
    bond_radii = np.where(scene.short, 1.5, 1.0) * scale * BOND_RADIUS
    palest = np.where(scene.short, 0.5, 1.0) * PALEST
    bond_colours = _colours(np.where(scene.short, SHORT, BOND))
    kinds = np.where(~scene.inside, RIM, np.where(scene.coordination == 4, FOUR, OTHER_COLOUR))
    ball_colours = depth_cue(_colours(kinds), atoms[:, 2])
    dot_colours = depth_cue(_colours([POINT] * len(cloud)), cloud[:, 2])
    raised = cloud + np.array([0.0, 0.0, POINT_RADIUS])  # seen on top of their atoms' middles
    thin, pale = np.full(len(edges), 0.03), np.full(len(edges), PALEST)
    _paint(
        axes,
        [
            _rods(edges, thin, _colours([CELL] * len(edges)), pale, depth_cue, pieces=8),
            _rods(segments, bond_radii, bond_colours, palest, depth_cue),
            _balls(atoms, radii, ball_colours, 0.8 if len(cloud) else 1.0),
            _discs(raised, POINT_RADIUS, dot_colours, 1.0),
        ],
    )
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


def _paint(axes: Axes, kinds: Sequence[_Outlines]) -> None:
    """Draw outlines from back to front."""
    order = np.argsort(np.concatenate([kind.depths for kind in kinds]), kind="stable")
    corners = list(chain.from_iterable(kind.corners for kind in kinds))
    edges = np.concatenate([kind.edges for kind in kinds])[order]
    axes.add_collection(
        PolyCollection(
            [corners[i] for i in order],
            facecolors=np.concatenate([kind.faces for kind in kinds])[order],
            edgecolors=edges,
            linewidths=np.where(edges[:, 3] > 0.0, 0.5, 0.0),
        )
    )


def _colours(names: Sequence[str] | np.ndarray) -> FloatArray:
    """Red, green and blue from 0 to 1 of m colours, (m, 3)."""
    return np.array([to_rgb(str(name)) for name in names]).reshape(-1, 3)


def _mixed(colours: FloatArray, other: float, share: FloatArray | float) -> FloatArray:
    """Colours (..., 3) with shares (...) of black or white."""
    share = np.asarray(share)[..., None]
    return (1.0 - share) * colours + share * other


def _with_opacity(colours: FloatArray, opacity: float) -> FloatArray:
    """Colours (m, 3) as (m, 4)."""
    return np.concatenate([colours, np.full((len(colours), 1), opacity)], axis=1)


def _discs(
    centres: FloatArray, radii: FloatArray | float, colours: FloatArray, opacity: float
) -> _Outlines:
    """Discs without a line around them: centres (m, 3), radii (m,), colours (m, 3)."""
    corners = centres[:, None, :2] + np.reshape(radii, (-1, 1, 1)) * DISC
    faces = _with_opacity(colours, opacity)
    return _Outlines(centres[:, 2], corners, faces, np.zeros_like(faces))


def _balls(
    centres: FloatArray, radii: FloatArray, colours: FloatArray, opacity: float
) -> _Outlines:
    """Spheres: an outlined disc each, then ever lighter discs towards the light, up and left."""
    outlined = _discs(centres, radii, colours, opacity)
    lines = _with_opacity(_mixed(colours, BLACK, 0.45), 1.0)
    layers = [_Outlines(outlined.depths, outlined.corners, outlined.faces, lines)]
    for step in np.linspace(0.15, 0.9, 6):
        towards_light = 0.36 * step * radii[:, None] * np.array([-1.0, 1.0, 0.0])
        spots = centres + towards_light + np.array([0.0, 0.0, 1e-6 * step])
        sizes = radii * (0.96 - 0.86 * step)
        layers.append(_discs(spots, sizes, _mixed(colours, WHITE, step), 0.22 * opacity))
    return _Outlines(
        np.concatenate([layer.depths for layer in layers]),
        np.concatenate([layer.corners for layer in layers]),
        np.concatenate([layer.faces for layer in layers]),
        np.concatenate([layer.edges for layer in layers]),
    )


def _rods(
    segments: FloatArray,
    radii: FloatArray,
    colours: FloatArray,
    palest: FloatArray,
    depth_cue: _DepthCue,
    pieces: int = 6,
) -> _Outlines:
    """Cylinders in pieces, each at its own depth; a lighter stripe along them makes them round.

    Args:
        segments: (s, 2, 3) Å, from end to end.
        radii: (s,) Å.
        colours: (s, 3).
        palest: (s,) share of white at the far end of the picture.
        depth_cue: of the picture.
        pieces: p, of each cylinder.
    """
    start, along = segments[:, 0], segments[:, 1] - segments[:, 0]
    length = np.maximum(np.linalg.norm(along[:, :2], axis=1), 1e-9)  # some are seen from their end
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) * (radii / length)[:, None]
    cuts = np.arange(pieces)[:, None] / pieces
    # a little longer than the piece, so that no gap shows between two pieces
    ends = np.minimum(cuts + 1.0 / pieces + 0.02, 1.0)
    a = (start[:, None] + cuts * along[:, None])[:, :, None, :2]  # (s, p, 1, 2)
    b = (start[:, None] + ends * along[:, None])[:, :, None, :2]
    side = across[:, None, None] * np.array([1.0, 0.62, 0.2])[:, None]  # (s, 1, 3, 2)
    corners = np.stack([a - side, b - side, b + side, a + side], axis=-2)  # (s, p, 3, 4, 2)
    depths = start[:, None, 2] + (cuts[:, 0] + 0.5 / pieces) * along[:, None, 2]  # (s, p)
    plain = depth_cue(colours[:, None], depths, palest[:, None])
    tones = np.stack([_mixed(plain, BLACK, 0.22), plain, _mixed(plain, WHITE, 0.3)], axis=2)
    faces = _with_opacity(tones.reshape(-1, 3), 1.0)
    return _Outlines(
        (depths[..., None] + np.array([0.0, 1e-6, 2e-6])).ravel(),
        corners.reshape(-1, 4, 2),
        faces,
        np.zeros_like(faces),
    )

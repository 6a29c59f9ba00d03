"""Drawings of the documentation, made from the code: SVG whose colours follow the page."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from zeoloom.geometry.operations import expand_orbits
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework

TYPE = "MOR"
NOISE = (0.0, 0.4, 1.2)
"""Å, noise levels of the panels."""

COLOURS = ("#1f77b4", "#d1600a", "#2a8a57", "#a04a9c")
"""Of the orbits; seen on white and on dark alike."""

INK = "#010203"
"""Stands for the colour of the text of the page."""

LONGEST_BOND = 3.5
"""Å."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a crystal at a noise level.

    Attributes:
        asymmetric: (n, 3) fractional.
        images: (n, G, 3) fractional, in the cell.
    """

    asymmetric: FloatArray
    images: FloatArray


def representation() -> str:
    """HTML: the points of a crystal, their images, and what noise does to both."""
    framework = load_reference()[TYPE]
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(framework.frac_t.shape)
    mpl.rcParams["svg.hashsalt"] = TYPE
    mpl.rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(10.5, 4.3), layout="constrained")
    for axes, sigma in zip(figure.subplots(1, len(NOISE)), NOISE, strict=True):
        frac = framework.frac_t + sigma * noise @ np.linalg.inv(framework.cell)
        _draw(axes, framework, _with_images(framework, frac), sigma)
    return _html(
        figure,
        f"{TYPE} seen along c: four points (large) and their images (small) by colour. Lines are "
        "bonds of the framework; dotted lines lead from where a point was to where noise took it.",
    )


def _with_images(framework: Framework, frac: FloatArray) -> Points:
    """Points and where the operations take them, all in one cell; one image in many places."""
    ops = framework.operations
    images = np.einsum("gab,nb->nga", ops.rotations, frac) + ops.translations
    return Points(frac, images - np.floor(images))


def _draw(axes: Axes, framework: Framework, points: Points, sigma: float) -> None:
    """One panel, seen along c."""
    cell = framework.cell
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) @ cell
    axes.add_patch(Polygon(corners[:, :2], fill=False, edgecolor=INK, linewidth=0.8))
    for start, end in _bonds(framework):
        ends = np.array([start, end])[:, :2].T
        axes.plot(*ends, color="#888888", linewidth=1.2 if sigma == 0 else 0.4, zorder=1)
    clean = framework.frac_t @ cell
    for orbit, colour in enumerate(COLOURS):
        images = points.images[orbit] @ cell
        axes.scatter(images[:, 0], images[:, 1], s=18, color=colour, zorder=2, linewidths=0)
        point = points.asymmetric[orbit] @ cell
        axes.plot(
            *np.array([clean[orbit], point])[:, :2].T, color=INK, linewidth=1.5, linestyle=":"
        )
        axes.scatter(point[0], point[1], s=95, color=colour, edgecolors=INK, zorder=3)
    title = "σ = 0: the framework" if sigma == 0 else f"σ = {sigma} Å"
    axes.set_title(title, color=INK, fontsize=15)
    axes.set_aspect("equal")
    axes.set_axis_off()
    margin = 3.2
    axes.set_xlim(-margin, cell[0, 0] + margin)
    axes.set_ylim(-margin, cell[1, 1] + margin)


def _bonds(framework: Framework) -> list[tuple[FloatArray, FloatArray]]:
    """Å, ends of the bonds from the T atoms of one cell."""
    frac = expand_orbits(framework.frac_t, framework.operations, framework.cell)[0]
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    bonds = []
    for atom in frac % 1:
        ends = (frac[:, None] % 1 + shifts[None]).reshape(-1, 3)
        apart = np.linalg.norm((ends - atom) @ framework.cell, axis=1)
        near = ends[(apart > 0.5) & (apart < LONGEST_BOND)]
        bonds += [(atom @ framework.cell, (end + atom) / 2 @ framework.cell) for end in near]
    return bonds


def _html(figure: Figure, said: str) -> str:
    """A figure as SVG in the page, with its text; ink has the colour of the page's text."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()[file.getvalue().index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1)
    return f'<figure class="drawing">{svg}<figcaption>{said}</figcaption></figure>'

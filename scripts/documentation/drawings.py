"""Drawings of the documentation, made from the code: SVG whose colours follow the page."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from zeoloom.diffusion.samplers import Step, ancestral
from zeoloom.geometry.operations import expand_orbits
from zeoloom.learn.checkpoint import load_model
from zeoloom.search.candidates import (
    candidate_fingerprint,
    candidate_framework,
    candidates_from,
    points_to_atoms,
)
from zeoloom.search.context import numpy_generator, search_with
from zeoloom.search.denoising import crystals_at, denoise_from_noise, points_present
from zeoloom.search.target import target_of
from zeoloom.search.wyckoff import choose_constrained, wyckoff_constraint
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

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

CRYSTALS, LEVELS = 200, 9
"""Denoised at once, and in how many levels."""

SHOWN = (0, 3, 6, 9)
"""Of these, the levels that are drawn."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a crystal at a noise level.

    Attributes:
        asymmetric: (n, 3) fractional.
        images: (n, G, 3) fractional, in the cell.
        cell: (3, 3) Å.
    """

    asymmetric: FloatArray
    images: FloatArray
    cell: FloatArray


def representation() -> str:
    """HTML: the points of a crystal, their images, and what noise does to both."""
    framework = load_reference()[TYPE]
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(framework.frac_t.shape)
    figure = Figure(figsize=(10.5, 4.3), layout="constrained")
    for axes, sigma in zip(figure.subplots(1, len(NOISE)), NOISE, strict=True):
        frac = framework.frac_t + sigma * noise @ np.linalg.inv(framework.cell)
        _draw(axes, framework, _with_images(framework, frac), sigma)
    return _html(
        figure,
        f"{TYPE} seen along c: four points (large) and their images (small) by colour. Lines are "
        "bonds of the framework; dotted lines lead from where a point was to where noise took it.",
    )


def from_noise() -> str:
    """HTML: a crystal on its way out of noise, by the shipped network."""
    known = load_reference()[TYPE]
    n_t = len(expand_orbits(known.frac_t, known.operations, known.cell)[0])
    n = len(known.frac_t)
    target = target_of(known, n, n_t=(n_t, n_t), n_t_unique=(n, n))
    model = load_model("crystal", torch.device("cpu"))
    search = search_with(model, torch.Generator().manual_seed(0))
    targets, constrained = choose_constrained([target] * CRYSTALS, search.rng, 1.0)
    constraint = wyckoff_constraint(targets, constrained, numpy_generator(search.rng))
    path: list[tuple[float, FloatArray]] = []

    def recorded(*given: Any) -> Iterator[Step]:
        path.append((given[2][0], given[1].numpy()))
        for step in ancestral(*given, 0.8):
            path.append((step.sigma, step.x.numpy()))
            yield step

    points = denoise_from_noise(crystals_at(targets), recorded, LEVELS, search, constraint)
    candidates = candidates_from(points, points_present(targets), targets)
    found = [row for row, each in enumerate(candidates) if each.valid]
    wanted = candidate_fingerprint(points_to_atoms(known.frac_t, target))
    same = [row for row in found if candidate_fingerprint(candidates[row]) == wanted]
    made = candidate_framework(candidates[same[0]], TYPE)
    figure = Figure(figsize=(10.5, 3.3), layout="constrained")
    for axes, step in zip(figure.subplots(1, len(SHOWN)), SHOWN, strict=True):
        sigma, cart = path[step]
        frac = cart[same[0]] @ np.linalg.inv(known.cell)
        _draw(axes, made if sigma == 0 else None, _with_images(known, frac), sigma)
    return _html(
        figure,
        f"Cell, group and numbers of atoms of {TYPE}: {n} points from noise to a framework, seen "
        f"along c. Of {CRYSTALS} crystals denoised so, in {LEVELS} levels and without repair, "
        f"{len(found)} are valid nets and {len(same)} are {TYPE} itself; this is one of them.",
    )


def _with_images(framework: Framework, frac: FloatArray) -> Points:
    """Points and where the operations take them, all in one cell; one image in many places."""
    ops = framework.operations
    images = np.einsum("gab,nb->nga", ops.rotations, frac) + ops.translations
    return Points(frac, images - np.floor(images), framework.cell)


def _draw(axes: Axes, framework: Framework | None, points: Points, sigma: float) -> None:
    """One panel, seen along c: points with their images, and the bonds of a framework."""
    cell = points.cell
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) @ cell
    axes.add_patch(Polygon(corners[:, :2], fill=False, edgecolor=INK, linewidth=0.8))
    for start, end in [] if framework is None else _bonds(framework):
        ends = np.array([start, end])[:, :2].T
        axes.plot(*ends, color="#888888", linewidth=1.2 if sigma == 0 else 0.4, zorder=1)
    for orbit, colour in enumerate(COLOURS):
        images = points.images[orbit] @ cell
        axes.scatter(images[:, 0], images[:, 1], s=18, color=colour, zorder=2, linewidths=0)
        point = points.asymmetric[orbit] @ cell
        axes.scatter(point[0], point[1], s=95, color=colour, edgecolors=INK, zorder=3)
        if framework is not None and sigma > 0:
            moved = np.array([framework.frac_t[orbit] @ cell, point])[:, :2].T
            axes.plot(*moved, color=INK, linewidth=1.5, linestyle=":")
    title = "σ = 0: a framework" if sigma == 0 else f"σ = {sigma:.2g} Å"
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
    with mpl.rc_context({"svg.hashsalt": said, "svg.fonttype": "none"}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()[file.getvalue().index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1)
    return f'<figure class="drawing">{svg}<figcaption>{said}</figcaption></figure>'

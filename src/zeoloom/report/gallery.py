"""The best frameworks of a set as one static figure."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from zeoloom.errors import InputError
from zeoloom.geometry.operations import expand_orbits
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.judge.judgement import families_first, more_beside
from zeoloom.report.figures import INK, NOTE, save_figure
from zeoloom.report.periodic import axes_by_length, view_along_shortest
from zeoloom.report.projection import (
    draw_scene,
    view_rotation,
)
from zeoloom.report.scene import scene_of_framework

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.judge.judgement import Judgement
    from zeoloom.structure.records import Framework

ACROSS = 19.0
"""Å, about the width of what is drawn of each framework."""

DEPTH = 9.0
"""Å, about how deep it is."""

TITLE: dict[str, Any] = {"fontsize": 9.5, "fontweight": "bold", "color": INK}
"""Style of a name."""

PANEL = (2.5, 2.85)
"""Inches, width and height of a panel with its text."""


def gallery_figure(
    path: str | Path, judgements: Sequence[Judgement], columns: int = 5, limit: int = 20
) -> None:
    """Draw the best of each family, a few cells of each, seen nearly along the shortest axis.

    Args:
        path: .png, .svg or .pdf.
        judgements: in any order; those without a framework are left out.
        columns: of the figure.
        limit: at most so many frameworks.

    Raises:
        InputError: if there is nothing to draw, or the file cannot be written.
    """
    best = families_first([each for each in judgements if each.valid and each.framework])
    more = more_beside(best)
    best = best[:limit]
    if not best:
        raise InputError(f"{path}: no valid framework to draw")
    columns = max(1, min(columns, len(best)))
    rows = -(-len(best) // columns)
    figure = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows))
    share = 1.0 / columns, 1.0 / rows
    text_height = 0.38 / (PANEL[1] * rows)
    for number, judgement in enumerate(best):
        assert judgement.framework is not None
        row, column = divmod(number, columns)
        left, bottom = column * share[0], 1.0 - (row + 1) * share[1]
        box = (left + 0.01, bottom + text_height, share[0] - 0.02, share[1] - 1.15 * text_height)
        axes = figure.add_axes(box)
        times = _times(judgement.framework)
        scene = scene_of_framework(_repeated(judgement.framework, times))
        edges = scene_of_framework(judgement.framework).cell_edges
        drawn = replace(scene, cell_edges=edges)
        draw_scene(axes, drawn, points=False, rotation=_rotation(judgement.framework))
        middle = left + share[0] / 2
        title = judgement.name if len(judgement.name) <= 30 else judgement.name[:29] + "…"
        words: dict[str, Any] = {"ha": "center", "parse_math": False}
        figure.text(middle, bottom + 0.62 * text_height, title, **words, **TITLE)
        figure.text(
            middle,
            bottom + 0.2 * text_height,
            _caption(judgement, more.get(judgement.name, 0)),
            **words,
            **NOTE,
        )
    with warnings.catch_warnings():
        # a name in a script that the font lacks is drawn as boxes, and that is no fault
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        save_figure(figure, path)


def _caption(judgement: Judgement, more: int) -> str:
    """Type, the number that it is ranked by, and how many more there are of its family."""
    shown = [] if judgement.known_name == judgement.name else [judgement.label]
    if judgement.energy_kj_mol is not None:
        shown.append(f"{judgement.energy_kj_mol:.1f} kJ/mol")
    elif judgement.r_dls is not None:
        shown.append(f"R_DLS {judgement.r_dls:.4f}")
    if judgement.density is not None:
        shown.append(f"{judgement.density:.1f} T/1000 Å³")
    if more:
        shown.append(f"+{more}")
    return ", ".join(shown)


def _times(framework: Framework) -> tuple[int, int, int]:
    """How many cells are drawn along a, b and c."""
    lengths = np.linalg.norm(framework.cell, axis=1)
    times = [1, 1, 1]
    for axis, wanted in zip(axes_by_length(framework.cell), (ACROSS, ACROSS, DEPTH), strict=True):
        times[axis] = max(1, round(wanted / lengths[axis]))
    return times[0], times[1], times[2]


def _rotation(framework: Framework) -> FloatArray:
    """(3, 3), rows point right, up and towards the eye, a little beside the shortest axis."""
    return np.asarray(view_rotation(9.0, 7.0) @ view_along_shortest(framework.cell))


def _repeated(framework: Framework, times: tuple[int, int, int]) -> Framework:
    """Several cells of a framework as one without symmetry, T atoms only."""
    frac, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    cells = np.array(list(product(*(range(n) for n in times))))
    atoms = ((frac[None] + cells[:, None]) / np.array(times)).reshape(-1, 3)
    return replace(
        framework,
        cell=framework.cell * np.array(times)[:, None],
        space_group_number=1,
        space_group_symbol="P1",
        operations=operations_of_hall_number(1),
        frac_t=atoms,
        t_labels=tuple(f"T{number}" for number in range(1, len(atoms) + 1)),
        frac_o=np.zeros((0, 3)),
    )

"""Static figures: one scene, and how generated clusters compare with real ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from zeoloom.errors import InputError
from zeoloom.nets.bonding import BOND_CUTOFF, SHORT_BOND
from zeoloom.report import projection
from zeoloom.report.projection import draw_scene
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from zeoloom.clusters.statistics import ClusterStatistics
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.report.scene import Scene


INK = "#1C2329"
SOFT = "#5C6770"
GRID_COLOUR = "#E4E8EA"
REAL = "#8C979F"
GENERATED = "#D55E00"

NOTE: dict[str, Any] = {"color": SOFT, "fontsize": 8.5}
"""Style of remarks inside a panel."""


def scene_figure(path: str | Path, scene: Scene, *, points: bool = True) -> None:
    """One scene as a static picture with a legend and the counts.

    Args:
        path: .png, .svg or .pdf.
        scene: what to draw.
        points: whether to draw the points of the cloud.
    """
    points = points and len(scene.cart_points) > 0
    figure = Figure(figsize=(7.2, 6.4))
    draw_scene(figure.add_axes((0.02, 0.13, 0.96, 0.76)), scene, points=points)
    four = "four-connected" if scene.inside.all() else "four-connected away from the rim"
    figure.text(0.03, 0.945, scene.title, fontsize=12, fontweight="bold", color=INK)
    figure.text(
        0.03,
        0.91,
        f"{len(scene.cart_atoms)} atoms, {scene.bonds} bonds, {scene.short_bonds} of them under "
        f"{SHORT_BOND} Å, {scene.four_connected} of {int(scene.inside.sum())} {four}",
        fontsize=9,
        color=SOFT,
    )
    handles, labels = _scene_legend(scene, points=points)
    figure.legend(
        handles,
        labels,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)},
        loc="lower left",
        bbox_to_anchor=(0.02, 0.01),
        ncols=3,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        columnspacing=1.6,
    )
    save_figure(figure, path)


def _scene_legend(scene: Scene, *, points: bool) -> tuple[list[Any], list[str]]:
    """Handles and labels of what is in the picture, and of nothing else."""

    def dot(colour: str, size: float = 9.0) -> Line2D:
        return Line2D([], [], ls="", marker="o", ms=size, mfc=colour, mec="none")

    def line(colour: str, width: float = 3.0) -> Line2D:
        return Line2D([], [], color=colour, lw=width)

    four = scene.coordination == 4
    sizes = (dot(REAL, 5.0), dot(REAL, 10.0))
    entries = [
        ((scene.inside & four).any(), dot(projection.FOUR), "atom with four neighbours"),
        ((scene.inside & ~four).any(), dot(projection.OTHER_COLOUR), "atom with more or fewer"),
        ((~scene.inside).any(), dot(projection.RIM), "atom at the rim"),
        (len(np.unique(scene.weights)) > 1, sizes, "volume: points on the atom"),
        (points, dot(projection.POINT, 4.0), "point of the cloud"),
        (scene.bonds > 0, line(projection.BOND), "bond"),
        (scene.short_bonds > 0, line(projection.SHORT), f"bond under {SHORT_BOND} Å, too short"),
        (len(scene.cell_edges) > 0, line(projection.CELL, 1.0), "edge of the cell"),
    ]
    shown = [(handle, label) for visible, handle, label in entries if visible]
    return [handle for handle, _ in shown], [label for _, label in shown]


def regeneration_figure(
    path: str | Path,
    generated: ClusterStatistics,
    reference: ClusterStatistics,
    *,
    radius: float = 7.0,
    gallery: Sequence[Scene] = (),
    real_gallery: Sequence[Scene] = (),
) -> None:
    """Generated clusters against held-out real ones: distances, angles, coordination and examples.

    Args:
        path: .png, .svg or .pdf.
        generated: measured on the generated clusters.
        reference: measured on real ones.
        radius: Å, of the clusters.
        gallery: up to six generated clouds to show.
        real_gallery: up to six real clusters to show above them.
    """
    rows = [row[:6] for row in (real_gallery, gallery) if row]
    heights = [5.6] + [1.95] * len(rows)  # inches
    figure = Figure(
        figsize=(10.0, sum(heights)),
        layout=ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.06),
    )
    parts = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)
    top, *lower = parts[:, 0]
    (distance, bond), (angle, coordination) = top.subplots(2, 2)
    _distance_panel(distance, generated, reference, radius)
    _bond_panel(bond, generated, reference)
    _angle_panel(angle, generated, reference)
    _coordination_panel(coordination, generated, reference, radius)
    counts = [len(side.n_atoms) for side in (reference, generated)]
    top.legend(
        handles=[
            Line2D([], [], color=REAL, lw=7, alpha=0.55, label=f"real, held out ({counts[0]:,})"),
            Line2D([], [], color=GENERATED, lw=2, label=f"generated ({counts[1]:,})"),
        ],
        loc="outside upper left",
        ncols=2,
        frameon=False,
        fontsize=10,
        labelcolor=INK,
    )
    if rows:  # it spans several columns, whose widths it must not change
        colours = "orange: four neighbours, red: more or fewer, grey: at the rim, blue: too short"
        lower[0].text(0.995, 0.97, colours, ha="right", va="top", in_layout=False, **NOTE)
    names = [name for name, row in (("Real", real_gallery), ("Generated", gallery)) if row]
    for part, row, name in zip(lower, rows, names, strict=True):
        _gallery(part, row, name, radius + 0.4)
    save_figure(figure, path)


def _distance_panel(
    axes: Axes, generated: ClusterStatistics, reference: ClusterStatistics, radius: float
) -> None:
    """Neighbours by distance: the first shell near 3.1 Å, the second from 4.3 to 6 Å."""
    edges = np.arange(0.0, radius + 0.5, 0.1)
    for side, draw in ((reference, _filled), (generated, _lined)):
        counts, _ = np.histogram(side.from_central, edges)
        draw(axes, edges, counts / max(len(side.n_atoms), 1) / 0.1)
    _dress(axes, "Atoms around the central atom", "distance from the central atom (Å)")
    axes.set_ylabel("atoms per cluster and Å")
    axes.set_xlim(1.5, edges[-1])
    for name, middle in (("first shell", 3.1), ("second shell", 5.1)):
        axes.text(middle, 0.92, name, transform=axes.get_xaxis_transform(), ha="center", **NOTE)
    axes.set_ylim(0.0, 1.15 * axes.get_ylim()[1])  # room for the names


def _bond_panel(axes: Axes, generated: ClusterStatistics, reference: ClusterStatistics) -> None:
    """Lengths of all bonds, with the zone that is too short."""
    edges = np.arange(1.8, BOND_CUTOFF + 0.01, 0.03)
    _densities(axes, edges, generated.bonds, reference.bonds)
    axes.axvspan(edges[0], SHORT_BOND, color=projection.SHORT, alpha=0.09, lw=0)
    short = generated.bonds < SHORT_BOND
    share = 100.0 * float(short.mean()) if len(short) else 0.0
    axes.text(
        0.02,
        0.94,
        f"under {SHORT_BOND} Å: too short\n{share:.1f} % of the generated bonds",
        transform=axes.transAxes,
        va="top",
        color=projection.SHORT,
        fontsize=8.5,
    )
    _dress(axes, "T-T bonds", "bond length (Å)")
    axes.set_ylabel("share per Å")
    axes.set_xlim(edges[0], BOND_CUTOFF)


def _angle_panel(axes: Axes, generated: ClusterStatistics, reference: ClusterStatistics) -> None:
    """Angles at the central atom."""
    _densities(axes, np.arange(40.0, 181.0, 3.0), generated.angles, reference.angles)
    _dress(axes, "T-T-T angles at the central atom", "angle (°)")
    axes.set_ylabel("share per degree")
    axes.set_xlim(40.0, 180.0)
    axes.set_xticks(range(60, 181, 30))


def _densities(axes: Axes, edges: FloatArray, generated: FloatArray, reference: FloatArray) -> None:
    """Both distributions, each with area 1."""
    for values, draw in ((reference, _filled), (generated, _lined)):
        counts, _ = np.histogram(values, edges)
        draw(axes, edges, counts / max(len(values), 1) / np.diff(edges))


def _coordination_panel(
    axes: Axes, generated: ClusterStatistics, reference: ClusterStatistics, radius: float
) -> None:
    """Share of atoms with exactly four neighbours, shell by shell."""
    # the central atom and the first shell, at 3.1 Å, lie in the middle of a bin
    edges = np.array([*np.arange(-0.25, radius, 0.5), radius])
    for side, draw in ((reference, _filled), (generated, _lined)):
        shell = np.digitize(side.distances, edges) - 1
        four = side.coordinations == 4
        atoms = np.array([(shell == k).sum() for k in range(len(edges) - 1)])
        fours = np.array([four[shell == k].sum() for k in range(len(edges) - 1)])
        # a share of hardly any atoms says nothing: at least one in ten clusters
        enough = atoms >= max(1, len(side.n_atoms) / 10)
        draw(axes, edges, np.where(enough, 100.0 * fours / np.maximum(atoms, 1), np.nan))
    axes.axvspan(radius - BOND_CUTOFF, radius, color=INK, alpha=0.04, lw=0)
    axes.text(
        radius - 0.1,
        97.0,
        "neighbours cut off\nby the rim",
        ha="right",
        va="top",
        color=SOFT,
        fontsize=8.5,
    )
    _dress(axes, "Atoms with exactly four neighbours", "distance from the centre (Å)")
    axes.set_ylabel("share (%)")
    axes.set_xlim(-0.25, radius)
    axes.set_ylim(0.0, 104.0)


def _filled(axes: Axes, edges: FloatArray, heights: FloatArray) -> None:
    """The real clusters: a grey area."""
    axes.stairs(np.nan_to_num(heights), edges, fill=True, color=REAL, alpha=0.55, lw=0)


def _lined(axes: Axes, edges: FloatArray, heights: FloatArray) -> None:
    """The generated clusters: a line, so that both differ without colour."""
    axes.stairs(heights, edges, color=GENERATED, lw=1.8, baseline=None)


def _dress(axes: Axes, title: str, x_label: str) -> None:
    """Title, labels and a plain frame."""
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.set_xlabel(x_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(REAL)
    axes.tick_params(colors=SOFT, labelsize=8.5, length=3)
    axes.grid(axis="y", color=GRID_COLOUR, lw=0.7)
    axes.set_axisbelow(True)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(INK)
        label.set_fontsize(9)


def _gallery(part: SubFigure, scenes: Sequence[Scene], name: str, half_width: float) -> None:
    """A row of scenes, all at one scale."""
    columns = part.subplots(1, 6, squeeze=False)[0]
    for axes, scene in zip(columns, scenes, strict=False):
        draw_scene(axes, scene, points=False, scale=1.3)
        middle = (np.mean(axes.get_xlim()), np.mean(axes.get_ylim()))
        axes.set_xlim(middle[0] - half_width, middle[0] + half_width)
        axes.set_ylim(middle[1] - half_width, middle[1] + half_width)
    for axes in columns[len(scenes) :]:
        axes.set_axis_off()
    columns[0].set_title(name, loc="left", fontsize=10, fontweight="bold", color=INK)


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write the figure in the format of its name, whole or not at all."""
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in {"png", "svg", "pdf"}:
        raise InputError(f"{path}: cannot draw a figure of this kind. Expected .png, .svg or .pdf.")
    FigureCanvasAgg(figure)
    write_atomically(
        path, lambda part: figure.savefig(part, format=kind, dpi=200, facecolor="white")
    )

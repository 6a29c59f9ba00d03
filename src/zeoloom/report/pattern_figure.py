"""A fitted pattern as a figure: measured, calculated, difference and ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from zeoloom.report.figures import GENERATED, INK, NOTE, SOFT, save_figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from zeoloom.geometry.arrays import FloatArray

BACKGROUND_COLOUR = "#0072B2"

DIFFERENCE_COLOUR = "#009E73"

TICK_COLOUR = "#56606A"


def pattern_figure(
    path: Path,
    two_theta: FloatArray,
    counts: FloatArray,
    fitted: FloatArray,
    background: FloatArray,
    ticks: FloatArray,
    unexplained: Sequence[float],
    title: str,
) -> None:
    """Draw a fit, with the square root of the counts, so that weak peaks are seen too.

    Args:
        path: .png, .svg or .pdf.
        two_theta: degrees, (n,).
        counts: (n,) measured.
        fitted: (n,) calculated, with the background.
        background: (n,).
        ticks: (k,) degrees, positions of reflections.
        unexplained: degrees, of peaks that are marked.
        title: above the figure.
    """
    figure = Figure(figsize=(11.0, 6.2), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[5, 1.4])
    top.scatter(two_theta, _root(counts), s=3, color=INK, lw=0, label="measured")
    top.plot(two_theta, _root(fitted), color=GENERATED, lw=1.0, label="fitted")
    top.plot(two_theta, _root(background), color=BACKGROUND_COLOUR, lw=1.0, label="background")
    lift = 0.06 * float(_root(counts).max())
    shown = ticks[(ticks >= two_theta[0]) & (ticks <= two_theta[-1])]
    top.vlines(shown, -lift, -0.35 * lift, color=TICK_COLOUR, lw=0.6, label="reflections")
    for angle in unexplained:
        height = float(_root(counts)[np.argmin(np.abs(two_theta - angle))])
        top.annotate("?", (angle, height), (0, 5), textcoords="offset points", ha="center", **NOTE)
    top.set_ylabel("square root of counts")
    top.set_ylim(-1.4 * lift, 1.12 * float(_root(counts).max()))
    top.legend(frameon=False, ncols=4, loc="upper right", labelcolor=INK, fontsize=9)
    top.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
    bottom.plot(two_theta, counts - fitted, color=DIFFERENCE_COLOUR, lw=0.8)
    bottom.axhline(0.0, color=SOFT, lw=0.5)
    bottom.set_ylabel("difference")
    bottom.set_xlabel("two-theta (°)")
    bottom.set_xlim(two_theta[0], two_theta[-1])
    for axes in (top, bottom):
        _plain_frame(axes)
    save_figure(figure, path)


def _root(values: FloatArray) -> FloatArray:
    return np.sqrt(np.maximum(values, 0.0))


def _plain_frame(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=SOFT, labelsize=8.5, length=3)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(INK)
        label.set_fontsize(9)

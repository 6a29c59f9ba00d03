"""One self-contained HTML page with the scenes in 3D: no server, no network, no second file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.errors import InputError
from zeoloom.nets.bonding import SHORT_BOND
from zeoloom.report.page_parts import json_in_script, page_html
from zeoloom.report.scene import sphere_radii
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.report.scene import Scene
    from zeoloom.structure.records import Trajectory

SCENE_SCRIPTS = ("page_tools.js", "scene_page.js")
"""The page's behaviour."""

MOST_FRAMES = 60
"""Frames of a trajectory that a page holds; the page moves the points smoothly between them."""


def write_page(path: str | Path, scenes: Sequence[Scene], title: str = "") -> None:
    """Write the scenes as one HTML page that opens anywhere, offline.

    Args:
        path: the file to write.
        scenes: one or more; with several the reader leafs through them.
        title: heading of the page; that of the first scene if empty.
    """
    if not scenes:
        raise InputError(f"{path}: no scenes to show; give at least one cloud or crystal.")
    data = {"shortBond": SHORT_BOND, "scenes": [scene_data(scene) for scene in scenes]}
    marks = {"scenes": json_in_script(data)}
    page = page_html(title or scenes[0].title, "scene_page", marks, SCENE_SCRIPTS)
    write_atomically(Path(path), lambda file: file.write_text(page, encoding="utf-8"))


def scene_data(scene: Scene) -> dict[str, Any]:
    """A scene as plain lists for the page; coordinates flat, in whole thousandths of an Å."""
    return {
        "title": scene.title,
        "points": _thousandths(scene.cart_points),
        "atoms": _thousandths(scene.cart_atoms),
        "radii": _thousandths(sphere_radii(scene.weights)),
        "weights": scene.weights.tolist(),
        "coordination": scene.coordination.tolist(),
        "kinds": _kinds(scene),
        "segments": _thousandths(scene.segments),
        "short": scene.short.astype(int).tolist(),
        "lengths": _thousandths(scene.lengths),
        "cell": _thousandths(scene.cell_edges),
        "counts": {
            "atoms": len(scene.cart_atoms),
            "bonds": scene.bonds,
            "short": scene.short_bonds,
            "four": scene.four_connected,
            "inside": int(scene.inside.sum()),
        },
        "notices": list(scene.notices),
        "trajectory": None if scene.trajectory is None else _trajectory_data(scene.trajectory),
    }


def _kinds(scene: Scene) -> list[str]:
    """What each atom is: "rim" where neighbours are cut off, "four" with four of them, "other"."""
    inside = np.where(scene.coordination == 4, "four", "other")
    return [str(kind) for kind in np.where(scene.inside, inside, "rim")]


def _trajectory_data(trajectory: Trajectory) -> dict[str, Any] | None:
    """At most `MOST_FRAMES` frames, evenly spaced, the first and the last among them."""
    if len(trajectory.sigmas) == 0:
        return None
    last = len(trajectory.sigmas) - 1
    chosen = np.unique(np.linspace(0, last, min(MOST_FRAMES, last + 1)).round().astype(int))
    return {
        "sigmas": [float(f"{sigma:.3g}") for sigma in trajectory.sigmas[chosen]],
        "frames": [_thousandths(frame) for frame in trajectory.cart_points[chosen]],
    }


def _thousandths(lengths: np.ndarray) -> list[int]:
    """Lengths in Å of any shape as a flat list of whole thousandths of an Å."""
    return [int(n) for n in np.rint(np.asarray(lengths, dtype=np.float64).ravel() * 1000.0)]

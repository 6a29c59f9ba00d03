"""The fitted powder pattern in a folder that `pattern` has made."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.diffraction.beam import beam_of_lines
from zeoloom.diffraction.fitted_profile import FittedProfile
from zeoloom.diffraction.peak_shape import SHAPE_NAMES, shape_of_cell
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import operations_of_hall_number

if TYPE_CHECKING:
    from pathlib import Path

P1 = 1
"""Hall number of the group that leaves every cell as it is."""

ANY_WIDTH = 0.1
"""Degrees, of a shape whose widths are set at once."""


def stored_profile(folder: Path) -> FittedProfile | None:
    """The pattern and its fit; None if they are not all there, or damaged.

    Args:
        folder: perhaps made by `pattern`.
    """
    try:
        outcome = json.loads((folder / "run.json").read_text("utf-8"))["outcome"]
        with (folder / "pattern.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return _profile(outcome, rows)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _profile(outcome: Any, rows: list[dict[str, str]]) -> FittedProfile:
    columns = {
        name: np.array([float(row[name]) for row in rows])
        for name in ("two_theta", "counts", "esd", "fitted", "background")
    }
    # not in folders of earlier versions
    columns["background"] += np.array([float(row.get("other_phases", 0.0)) for row in rows])
    cell = cell_from_parameters(outcome["cell"])
    shape = shape_of_cell(cell, operations_of_hall_number(P1), ANY_WIDTH)
    values = np.array([float(outcome[name]) for name in SHAPE_NAMES])
    first, *others = outcome["wavelengths"]
    return FittedProfile(
        **columns,
        beam=beam_of_lines(first, others[0] if others else 0.0),
        shape=replace(shape, values=values),
        radiation=outcome["radiation"],
    )

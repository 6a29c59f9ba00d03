"""Reflections as `pattern` writes them: a table, and a record of what it is of."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.diffraction.reflections import Reflections
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REFLECTIONS_FORMAT = "zeoloom-reflections/1"

REFLECTIONS_TABLE = "reflections.csv"

REFLECTIONS_RECORD = "reflections.json"

REFLECTION_COLUMNS = ("h", "k", "l", "d", "multiplicity", "group", "intensity", "esd")
"""Of the table."""


def save_reflections(folder: Path, reflections: Reflections) -> None:
    """Write the table and its record into a folder."""
    rows = zip(
        *reflections.hkl.T.tolist(),
        (f"{value:.5f}" for value in reflections.d.tolist()),
        reflections.multiplicity.tolist(),
        reflections.group.tolist(),
        (f"{value:.6g}" for value in reflections.intensity.tolist()),
        (f"{value:.4g}" for value in reflections.esd.tolist()),
        strict=True,
    )
    write_rows(folder / REFLECTIONS_TABLE, REFLECTION_COLUMNS, rows)
    record = {
        "format": REFLECTIONS_FORMAT,
        "cell": [round(value, 6) for value in parameters_from_cell(reflections.cell).tolist()],
        "space_group": reflections.space_group,
        "radiation": reflections.radiation,
        "wavelength": reflections.wavelength,
    }
    text = json.dumps(record, indent=1) + "\n"
    write_atomically(
        folder / REFLECTIONS_RECORD, lambda part: part.write_text(text, encoding="utf-8")
    )


def write_rows(path: Path, head: Sequence[str], rows: Any) -> None:
    """Write a table of comma-separated values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    write_atomically(path, lambda part: part.write_text(text.getvalue(), encoding="utf-8"))


def _check_format(name: str, head: list[str]) -> None:
    if name != REFLECTIONS_FORMAT or tuple(head) != REFLECTION_COLUMNS:
        raise ValueError(f"not of the format {REFLECTIONS_FORMAT}")


def load_reflections(path: Path) -> Reflections:
    """The reflections in a folder of `pattern`, or in its table.

    Raises:
        InputError: if they are not all there.
    """
    folder = path if path.is_dir() else path.parent
    try:
        record = json.loads((folder / REFLECTIONS_RECORD).read_text(encoding="utf-8"))
        with (folder / REFLECTIONS_TABLE).open(encoding="utf-8", newline="") as file:
            table = list(csv.reader(file))
        _check_format(record["format"], table[0])
        values = np.array(table[1:], dtype=np.float64).reshape(-1, len(REFLECTION_COLUMNS))
        whole = np.rint(values[:, [0, 1, 2, 4, 5]]).astype(np.int64)
        return Reflections(
            cell=cell_from_parameters(record["cell"]),
            space_group=record["space_group"],
            hkl=whole[:, :3],
            d=values[:, 3],
            multiplicity=whole[:, 3],
            group=whole[:, 4],
            intensity=values[:, 6],
            esd=values[:, 7],
            radiation=record["radiation"],
            wavelength=record["wavelength"],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{path}: no reflections of `zeoloom pattern` ({error}); expected a folder with "
            f"{REFLECTIONS_TABLE} and {REFLECTIONS_RECORD}"
        ) from error

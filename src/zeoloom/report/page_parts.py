"""Pages put together from a template and parts; data filled in are never read as markup or code.

Numbers travel as base64 of little-endian integers: a thousand frameworks stay small.
"""

from __future__ import annotations

import base64
import html
import json
import math
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.geometry.arrays import FloatArray, IntArray

FRACTION = 10_000
"""Steps of a fractional coordinate: 0.0025 Å in a cell of 25 Å, for drawing. The CIF is exact."""


def file_text(name: str) -> str:
    """The text of a file beside this one."""
    return files("zeoloom.report").joinpath(name).read_text(encoding="utf-8")


def script_elements(*names: str) -> str:
    """JavaScript files beside this one as elements of a page, in the order given."""
    return "\n".join(f"<script>{file_text(name)}</script>" for name in names)


def filled(template: str, marks: Mapping[str, str]) -> str:
    """The text of a template file whose marks `{{name}}` are replaced."""
    # split, not replace: nothing that is filled in is ever searched for the next mark
    head, *rest = file_text(template).split("{{")
    marked = [piece.split("}}", 1) for piece in rest]
    return head + "".join(marks[name] + text for name, text in marked)


def page_html(title: str, name: str, marks: Mapping[str, str], scripts: Sequence[str]) -> str:
    """A whole page.

    Args:
        title: its heading, as plain text.
        name: of the files beside this one with its body, NAME.html, and style, NAME_style.html.
        marks: what is filled into the body besides its title and the version, as HTML.
        scripts: JavaScript files, after 3Dmol.js.
    """
    heading = {"title": html.escape(title)}
    body = filled(f"{name}.html", {**marks, **heading, "version": html.escape(version("zeoloom"))})
    return filled(
        "page.html",
        {
            **heading,
            "style": file_text(f"{name}_style.html"),
            "body": body,
            "scripts": script_elements("3Dmol-min.js", *scripts),
        },
    )


def json_in_script(data: object) -> str:
    """JSON that may stand inside a script element: no "<" in it, so nothing in it can end that."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def packed(numbers: FloatArray | IntArray) -> str:
    """Whole numbers of any shape, row by row, as base64 of 16-bit integers."""
    return base64.b64encode(np.asarray(numbers, dtype="<i2").tobytes()).decode("ascii")


def packed_fractions(frac: FloatArray) -> str:
    """Fractional coordinates (n, 3) as whole numbers of steps of 1 / `FRACTION`, packed."""
    return packed(np.rint(frac * FRACTION))


def packed_pairs_of_bits(numbers: IntArray) -> str:
    """Whole numbers (n,) from 0 to 3 as base64, four to a byte, the first in its lowest bits."""
    padded = np.zeros(-(-len(numbers) // 4) * 4, dtype=np.uint8)
    padded[: len(numbers)] = numbers
    by_byte = padded.reshape(-1, 4) << np.array([0, 2, 4, 6], dtype=np.uint8)
    return base64.b64encode(by_byte.sum(axis=1).astype(np.uint8).tobytes()).decode("ascii")


def number_or_none(value: float | None, decimals: int) -> float | None:
    """A number that JSON can hold, rounded, or None."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), decimals)

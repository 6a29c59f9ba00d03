"""Pages put together from a template and parts; data filled in are never read as markup or code."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def part(name: str) -> str:
    """The text of a file beside this one."""
    return files("zeoloom.report").joinpath(name).read_text(encoding="utf-8")


def filled(template: str, marks: Mapping[str, str]) -> str:
    """The text of a template file whose marks `{{name}}` are replaced."""
    # split, not replace: nothing that is filled in is ever searched for the next mark
    head, *rest = part(template).split("{{")
    marked = [piece.split("}}", 1) for piece in rest]
    return head + "".join(marks[name] + text for name, text in marked)


def json_in_script(data: object) -> str:
    """JSON that may stand inside a script element: no "<" in it, so nothing in it can end that."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")

"""The report of a run: every judged framework on one HTML page that opens anywhere, offline."""

from __future__ import annotations

import html
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeoloom.judge.verdict import FEASIBLE, LIKE_MADE, best_first
from zeoloom.report.report_data import FRACTION, Operations, bonds_of, judgement_data
from zeoloom.report.report_statistics import statistics_data, types_data
from zeoloom.report.templates import filled, json_in_script, part
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.judge.verdict import Judgement

SCRIPTS = ("net", "solid", "viewer", "gallery", "table", "plots", "page")
"""Parts of the page's behaviour, `report_NAME.js`, in the order in which they build on another."""


def write_report(
    path: str | Path,
    judgements: Sequence[Judgement],
    *,
    title: str,
    counts: Mapping[str, float],
    facts: Mapping[str, str | float],
    found: Mapping[str, int] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> None:
    """Write the report of a set of judged frameworks.

    Args:
        path: the file to write.
        judgements: in any order; the page begins with the best.
        title: its heading.
        counts: how many were tried, and how many of them came how far, in order; shares (keys in
            "_share") are left to the page.
        facts: what was run, name and value; shown in this order.
        found: how often each net was found, by its key; counted among the judgements if left out.
        seconds: time each stage took, in order.

    Raises:
        InputError: if the place cannot be written to.
    """
    page = report_html(
        judgements, title=title, counts=counts, facts=facts, found=found, seconds=seconds
    )
    write_atomically(Path(path), lambda place: place.write_text(page, encoding="utf-8"))


def report_html(
    judgements: Sequence[Judgement],
    *,
    title: str,
    counts: Mapping[str, float],
    facts: Mapping[str, str | float],
    found: Mapping[str, int] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> str:
    """The text of the page; see `write_report`."""
    if found is None:
        found = Counter(judgement.key for judgement in judgements if judgement.key)
    operations = Operations()
    ordered = best_first(judgements)
    bonds = [bonds_of(judgement) for judgement in ordered]
    valid = [drawn for j, drawn in zip(ordered, bonds, strict=True) if j.valid and drawn]
    data: dict[str, Any] = {
        "counts": [
            [name.replace("_", " "), count]
            for name, count in counts.items()
            if not name.endswith("_share")
        ],
        "facts": [[name, str(value)] for name, value in facts.items()],
        "seconds": [[stage, round(float(spent), 2)] for stage, spent in (seconds or {}).items()],
        "limits": {"feasible": FEASIBLE, "likeMade": LIKE_MADE},
        "fraction": FRACTION,
        "frameworks": [
            judgement_data(judgement, drawn, found, operations)
            for judgement, drawn in zip(ordered, bonds, strict=True)
        ],
        "operations": operations.texts,
        "types": types_data(),
        "statistics": statistics_data(valid, [j.rings for j in ordered if j.valid and j.rings]),
    }
    marks = {
        "title": html.escape(title),
        "version": html.escape(version("zeoloom")),
        "style": part("report_style.html"),
        "data": json_in_script(data),
        "library": part("3Dmol-min.js"),
        "scripts": "\n".join(f"<script>{part(f'report_{name}.js')}</script>" for name in SCRIPTS),
    }
    return filled("report.html", marks)

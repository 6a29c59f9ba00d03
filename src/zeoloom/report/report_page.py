"""The report of a run: every judged framework on one HTML page that opens anywhere, offline."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, Unpack

from zeoloom.judge.judgement import FEASIBLE, LIKE_MADE, families_first, more_beside
from zeoloom.report.measured_data import measured_data
from zeoloom.report.page_parts import FRACTION, json_in_script, page_html
from zeoloom.report.report_data import Operations, drawable_bonds, judgement_data
from zeoloom.report.report_statistics import statistics_data, types_data
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.judge.judgement import Judgement
    from zeoloom.report.measured_data import MeasuredRun

REPORT_SCRIPTS = (
    "page_tools.js",
    "report_crystal.js",
    "report_viewer.js",
    "report_gallery.js",
    "report_table.js",
    "report_head.js",
    "report_selected.js",
    "report_list.js",
    "report_axes.js",
    "report_map.js",
    "report_histograms.js",
    "report_measured.js",
    "report_page.js",
)
"""Parts of the page's behaviour, in the order in which they build on another."""


COUNTS: dict[str, tuple[str | None, str]] = {
    "tried": (None, "Crystals made from noise, or files."),
    "valid": (
        "tried",
        "How often 4-connected nets with the atoms asked for were met; a crystal can meet several.",
    ),
    "unique": ("valid", "Different nets among the valid."),
    "known_types": ("unique", "Framework types."),
    "known_dense": ("unique", "Dense silica and silicates."),
    "known_own": ("unique", "Nets of your own reference, or given to be compared with."),
    "new": ("unique", "Nets that are none of the known ones."),
    "feasible": ("unique", f"Relaxed, and at most {FEASIBLE:g} kJ/mol above quartz."),
    "new_feasible": ("new", "New nets that were relaxed and are feasible."),
    "families": ("new", "Sets of vertex symbols that the new nets have."),
    "valid_at_once": ("tried", "Crystals that needed no repair."),
    "unrefined": (None, "Nets too strained to be refined, or out of time; in unrefined.csv."),
    "outside_limits": (None, "Nets that are not what was asked for."),
    "outside_conditions": ("tried", "Files whose nets are not what was asked for."),
    "agreeing_less": (None, "Nets that agree less with the data than others; not judged."),
    "new_with_good_r_dls": ("new", "New nets with R_DLS of at most --max-r-dls."),
    "families_with_good_r_dls": ("families", "Their families, which -n counts."),
}
"""Of each count the one that its share is given of, and its meaning."""


class RunSummary(TypedDict):
    """What the report says of the run.

    Attributes:
        title: heading of the page.
        counts: how many were tried, and how many of them came how far, in order; keys that end in
            "_share" are left out, since shares of the first count are shown with each.
        facts: what was run, name and value; shown in this order.
        found: how often each net was found, by its key; counted among the judgements if left out.
        seconds: time each stage took, in order.
        measured: what was measured and how it compares; None without data.
    """

    title: str
    counts: Mapping[str, float]
    facts: Mapping[str, str | float]
    found: NotRequired[Mapping[str, int] | None]
    seconds: NotRequired[Mapping[str, float] | None]
    measured: NotRequired[MeasuredRun | None]


def write_report(
    path: str | Path, judgements: Sequence[Judgement], **summary: Unpack[RunSummary]
) -> None:
    """Write the report of a set of judged frameworks.

    Args:
        path: the file to write.
        judgements: in any order; the page begins with the best of each family.
        summary: of the run.

    Raises:
        InputError: if the file cannot be written.
    """
    page = report_html(judgements, **summary)
    write_atomically(Path(path), lambda file: file.write_text(page, encoding="utf-8"))


def report_html(judgements: Sequence[Judgement], **summary: Unpack[RunSummary]) -> str:
    """The text of the page; see `write_report`."""
    found, seconds = summary.get("found"), summary.get("seconds") or {}
    measured, ordered = summary.get("measured"), families_first(judgements)
    if found is None:
        found = Counter(judgement.key for judgement in judgements if judgement.key)
    data = {
        "counts": _with_shares(summary["counts"]),
        "facts": [[name, str(value)] for name, value in summary["facts"].items()],
        "seconds": [[stage, round(float(spent), 2)] for stage, spent in seconds.items()],
        "limits": {"feasible": FEASIBLE, "likeMade": LIKE_MADE},
        "types": types_data(),
        "measured": None if measured is None else measured_data(measured, ordered),
        **_frameworks_data(ordered, found),
    }
    return page_html(
        summary["title"], "report_page", {"data": json_in_script(data)}, REPORT_SCRIPTS
    )


def _with_shares(counts: Mapping[str, float]) -> list[list[Any]]:
    """Each name and count, with its share of another count, the name of that, and its meaning."""
    rows: list[list[Any]] = []
    for name, count in counts.items():
        if name.endswith("_share"):
            continue
        of, meaning = COUNTS.get(name, (None, ""))
        whole = counts.get(of, 0) if of else 0
        share = round(count / whole, 5) if whole else None
        rows.append([_in_words(name), count, share, _in_words(of) if of else None, meaning])
    return rows


def _in_words(name: str) -> str:
    return name.replace("_", " ").replace("r dls", "R_DLS")


def _frameworks_data(ordered: Sequence[Judgement], found: Mapping[str, int]) -> dict[str, Any]:
    """All that the page knows of the frameworks, one by one and together."""
    operations, more = Operations(), more_beside(ordered)
    bonds = [drawable_bonds(judgement) for judgement in ordered]
    valid = [drawn for j, drawn in zip(ordered, bonds, strict=True) if j.valid and drawn]
    frameworks = [
        judgement_data(judgement, drawn, found, operations) | {"more": more.get(judgement.name)}
        for judgement, drawn in zip(ordered, bonds, strict=True)
    ]
    return {
        "fraction": FRACTION,
        "frameworks": frameworks,
        "operations": operations.texts,
        "statistics": statistics_data(valid, [j.rings for j in ordered if j.valid and j.rings]),
    }

"""Tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from zeoloom.diffraction.extinction_ranking import SYMBOL_COLUMNS
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.judge.judgement import families_first, more_beside
from zeoloom.report.text_table import Column, TextTable
from zeoloom.structure.reference import framework_density

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.diffraction.extinction_ranking import RankedSymbol
    from zeoloom.judge.judgement import Judgement
    from zeoloom.structure.reference_list import ReferenceEntry


FRAMEWORK_COLUMNS = (
    Column("name", widest=22),
    Column("type", widest=20, rank=4),
    Column("group", rank=2),
    Column("T", number=True, rank=5),
    Column("unique", number=True, rank=3),
    Column("T / 1000 Å³", number=True, rank=6),
    Column("R_DLS", number=True),
    Column("kJ/mol", number=True, rank=1),
    Column("like", number=True, rank=9),
    Column("more", number=True, rank=7),
    Column("found", number=True, rank=8),
)
"""Of the table of frameworks."""


COMPARED_COLUMNS = (
    Column("E2", number=True),
    Column("R_DLS cell", number=True, rank=2),
)
"""More of them where there are data."""


def reference_table(entries: Sequence[ReferenceEntry]) -> TextTable:
    """One row a known net."""
    columns = (
        Column("net"),
        Column("kind"),
        Column("space group", rank=2),
        Column("T sites", number=True, rank=3),
        Column("T / 1000 Å³", number=True, rank=4),
        Column("source", rank=1),
        Column("remark", rank=5),
    )
    rows = []
    for each in entries:
        framework = each.framework
        shown = (
            ("", "", "")
            if framework is None
            else (
                framework.space_group_symbol,
                str(len(framework.frac_t)),
                f"{framework_density(framework):.1f}",
            )
        )
        rows.append((each.net.name, each.net.kind, *shown, each.net.date, each.remark))
    return TextTable(columns, rows)


def reference_sheet(entry: ReferenceEntry) -> Group:
    """What is known of one net: kind, source, space group, cell, density, asymmetric unit."""
    framework, net = entry.framework, entry.net
    facts = [
        ("net", f"{net.name}  {entry.remark}".rstrip()),
        ("kind", net.kind),
        ("source", f"{net.source} ({net.date})"),
        ("key", net.key),
    ]
    if framework is None:
        return Group(*_fact_lines(facts))
    a, b, c, alpha, beta, gamma = parameters_from_cell(framework.cell)
    group = f"{framework.space_group_symbol} ({framework.space_group_number})"
    facts += [
        ("space group", group),
        ("cell", f"{a:.3f} {b:.3f} {c:.3f} Å  {alpha:.2f} {beta:.2f} {gamma:.2f}°"),
        ("framework density", f"{framework_density(framework):.1f} T / 1000 Å³"),
    ]
    labels = (*framework.t_labels, *(f"O{i + 1}" for i in range(len(framework.frac_o))))
    sites = [
        (label, *(f"{value:.5f}" for value in site))
        for label, site in zip(labels, [*framework.frac_t, *framework.frac_o], strict=True)
    ]
    numbers = [Column(name, number=True) for name in "xyz"]
    return Group(*_fact_lines(facts), "", TextTable((Column("site"), *numbers), sites))


def _fact_lines(facts: Sequence[tuple[str, str]]) -> list[Text]:
    return [Text(f"{name:<19}{text}") for name, text in facts]


def metrics_table(metrics: Mapping[str, float | int | None]) -> TextTable:
    """One row a figure of merit."""
    rows = [
        (name, f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value))
        for name, value in metrics.items()
    ]
    return TextTable((Column("figure"), Column("value")), rows)


FACT_COLUMNS = {
    "name": Column("name", widest=22),
    "framework_type": Column("type", widest=20, rank=4),
    "space_group": Column("group", rank=2),
    "n_t": Column("T", number=True, rank=5),
    "n_t_unique": Column("unique", number=True, rank=3),
    "density": Column("T / 1000 Å³", number=True, rank=6),
    "r_dls": Column("R_DLS", number=True),
    "energy_kj_mol": Column("kJ/mol", number=True, rank=1),
    "channel_dim": Column("channels", number=True, rank=7),
}
"""Of the table of frameworks in a database, by their facts."""

FACT_DECIMALS = {"density": 1, "r_dls": 4, "energy_kj_mol": 1}


def facts_table(rows: Sequence[Mapping[str, Any]]) -> TextTable:
    """One row a framework of a database, in the order given."""

    def text(name: str, value: Any) -> str:
        return f"{value:.{FACT_DECIMALS[name]}f}" if name in FACT_DECIMALS else str(value)

    shown = [
        ["" if row.get(name) is None else text(name, row[name]) for name in FACT_COLUMNS]
        for row in rows
    ]
    return TextTable(tuple(FACT_COLUMNS.values()), shown)


def frameworks_table(
    judgements: Sequence[Judgement], limit: int = 20, found: Mapping[str, int] | None = None
) -> TextTable:
    """One row a judged framework, the best of each family first; at most 100 columns wide.

    Args:
        judgements: in any order.
        limit: at most so many rows; a remark says how many are left out.
        found: how often each net was found, by its key; left out if it is not given.
    """
    ordered = families_first(judgements)
    more = more_beside(ordered)
    shown = ordered[:limit]
    compared = any(each.e2 is not None for each in ordered)
    columns = (
        *FRAMEWORK_COLUMNS[:1],
        *(COMPARED_COLUMNS if compared else ()),
        *(FRAMEWORK_COLUMNS[1:] if found else FRAMEWORK_COLUMNS[1:-1]),
    )
    rows = [
        (
            judgement.name,
            *([_figure(judgement.e2, 3), _figure(judgement.r_dls_cell, 4)] if compared else []),
            judgement.label,
            judgement.framework.space_group_symbol if judgement.framework else "-",
            str(judgement.n_t or "-"),
            str(judgement.n_t_unique or "-"),
            _figure(judgement.density, 1),
            _figure(judgement.r_dls, 4),
            _figure(judgement.energy_kj_mol, 1),
            _figure(judgement.likeness, 2),
            f"+{more[judgement.name]}" if more.get(judgement.name) else "",
            *([str(found.get(judgement.key, "-"))] if found else []),
        )
        for judgement in shown
    ]
    remarks = [f"{j.name}: {j.reason}" for j in shown if not j.valid and j.reason]
    if len(ordered) > len(shown):
        remarks.append(f"and {len(ordered) - len(shown)} more")
    return TextTable(columns, rows, remarks)


def _figure(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"


def symbols_table(ranked: Sequence[RankedSymbol], most: int = 8) -> TextTable:
    """The most probable extinction symbols of a pattern, with their groups.

    Args:
        ranked: the most probable first.
        most: rows at most.
    """
    columns = [Column(name, number=name not in ("symbol", "groups")) for name in SYMBOL_COLUMNS]
    return TextTable(columns, [each.texts for each in ranked[:most]])

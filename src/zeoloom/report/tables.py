"""Tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.judge.judgement import best_first
from zeoloom.structure.reference import framework_density

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zeoloom.judge.judgement import Judgement
    from zeoloom.structure.records import Framework


def reference_table(frameworks: Mapping[str, Framework]) -> Table:
    """One row a framework type."""
    table = Table("type", "space group", "T sites", "T / 1000 Å³", "remark", box=None)
    for code, framework in frameworks.items():
        table.add_row(
            code,
            framework.space_group_symbol,
            str(len(framework.frac_t)),
            f"{framework_density(framework):.1f}",
            framework.flag,
        )
    return table


def framework_sheet(framework: Framework) -> Group:
    """Space group, cell, density and asymmetric unit of one framework."""
    a, b, c, alpha, beta, gamma = parameters_from_cell(framework.cell)
    group = f"{framework.space_group_symbol} ({framework.space_group_number})"
    facts = Table(box=None, show_header=False)
    facts.add_row("framework type", f"{framework.name}  {framework.flag}".rstrip())
    facts.add_row("space group", group)
    facts.add_row("cell", f"{a:.3f} {b:.3f} {c:.3f} Å  {alpha:.2f} {beta:.2f} {gamma:.2f}°")
    facts.add_row("framework density", f"{framework_density(framework):.1f} T / 1000 Å³")
    sites = Table("site", "x", "y", "z", box=None)
    labels = (*framework.t_labels, *(f"O{i + 1}" for i in range(len(framework.frac_o))))
    for label, site in zip(labels, [*framework.frac_t, *framework.frac_o], strict=True):
        sites.add_row(label, *(f"{value:.5f}" for value in site))
    return Group(facts, "", sites)


def metrics_table(metrics: Mapping[str, float | int | None]) -> Table:
    """One row a figure of merit."""
    table = Table("figure", "value", box=None)
    for name, value in metrics.items():
        shown = f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)
        table.add_row(name, shown)
    return table


def frameworks_table(
    judgements: Sequence[Judgement], limit: int = 20, found: Mapping[str, int] | None = None
) -> Table:
    """One row a judged framework, the best first; at most 100 columns wide.

    Args:
        judgements: in any order.
        limit: at most so many rows; the caption says how many are left out.
        found: how often each net was found, by its key; left out if it is not given.
    """
    ordered = best_first(judgements)
    shown = ordered[:limit]
    table = Table(box=None, pad_edge=False, caption_justify="left", caption_style="dim")
    table.add_column("name", no_wrap=True, overflow="ellipsis", max_width=22)
    table.add_column("type", no_wrap=True, overflow="ellipsis", max_width=12)
    table.add_column("group", no_wrap=True)
    for name in ("T", "unique", "T / 1000 Å³", "R_DLS", "kJ/mol", *(["found"] if found else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for judgement in shown:
        cells = [
            judgement.name,
            _kind(judgement),
            judgement.framework.space_group_symbol if judgement.framework else "-",
            str(judgement.n_t or "-"),
            str(judgement.n_t_unique or "-"),
            _figure(judgement.density, 1),
            _figure(judgement.r_dls, 4),
            _figure(judgement.energy_kj_mol, 1),
            *([str(found.get(judgement.key, "-"))] if found else []),
        ]
        table.add_row(*map(Text, cells))
    remarks = [f"{j.name}: {j.reason}" for j in shown if not j.valid and j.reason]
    if len(ordered) > len(shown):
        remarks.append(f"and {len(ordered) - len(shown)} more")
    table.caption = Text("\n".join(remarks)) if remarks else None
    return table


def _kind(judgement: Judgement) -> str:
    """Framework type, the user's own structure with the net, 'new', or 'not valid'."""
    if not judgement.valid:
        return "not valid"
    return judgement.known_as or judgement.framework_type


def _figure(value: float | None, decimals: int) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"

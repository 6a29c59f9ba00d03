"""Tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table

from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.structure.reference import framework_density

if TYPE_CHECKING:
    from collections.abc import Mapping

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

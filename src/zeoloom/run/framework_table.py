"""The frameworks a run ends with, as tables and files; shared by all verbs that judge."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.judge.judgement import NEW, best_first
from zeoloom.structure.files.atomic import write_atomically
from zeoloom.structure.files.cif_out import write_cif

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zeoloom.judge.judgement import Judgement
    from zeoloom.structure.records import Framework

Value = str | float | bool | None
"""Of one cell of the table; None where nothing is known."""

COLUMNS = (
    "name",
    "framework_type",
    "kind",
    "key",
    "family",
    "space_group",
    "space_group_number",
    "a",
    "b",
    "c",
    "alpha",
    "beta",
    "gamma",
    "n_t",
    "n_t_unique",
    "density",
    "r_dls",
    "found",
    "energy_kj_mol",
    "energy_above_line",
    "relaxed_density",
    "feasible",
    "likeness",
    "lid",
    "rings",
    "units",
    "largest_included_sphere",
    "largest_free_sphere",
    "accessible_volume",
    "accessible_surface",
    "pore_size",
    "pore_distribution",
    "channel_dim",
    "window",
    "windows",
    "nearest_type",
    "nearest_distance",
)
"""Of `frameworks.csv`."""

FILE_COLUMNS = ("file", "valid", "reason", "notices", "energy_status", "known_as")
"""More of them where frameworks come from files."""

GIVEN_COLUMNS = ("e2", "r_wp", "r_dls_cell")
"""More of them where a cell was given."""

ADSORPTION_COLUMNS = ("henry_ch4", "heat_ch4", "henry_co2", "heat_co2")
"""More of them where adsorption was asked for."""

UNREFINED_COLUMNS = (
    *COLUMNS[: COLUMNS.index("r_dls")],
    "found",
    "reason",
)
"""Of `unrefined.csv`."""

CIF_FACTS = (
    *("framework_type", "kind", "key", "density", "r_dls", "energy_kj_mol", "rings"),
    *GIVEN_COLUMNS,
)
"""Columns that are written into the CIF files too, as `_zeoloom_...`."""

COUNTED_AS = {
    "zeolite": "known_types",
    "dense": "known_dense",
    "own": "known_own",
    NEW: "new",
}
"""Valid nets of each kind among the counts."""

COLUMN_DECIMALS = {
    "density": 3,
    "r_dls": 6,
    "r_dls_cell": 6,
    "energy_kj_mol": 2,
    "energy_above_line": 2,
    "relaxed_density": 3,
    "accessible_surface": 1,
}
"""Those of spheres and lengths are 4."""


def write_frameworks(
    folder: Path,
    judgements: Sequence[Judgement],
    found: Mapping[str, int],
    *,
    columns: Sequence[str] = COLUMNS,
) -> None:
    """Write `frameworks.csv`, `frameworks/NAME.cif`, `frameworks.extxyz` and `frameworks.db`.

    Each judgement becomes a row, the best first. Of those with the same net the first given is
    written as a structure, if it has one. Where a cell was given, `frameworks/NAME.cif` is in that
    cell and setting, and `standard/NAME.cif` in the standard setting of the symmetry it has.

    Args:
        folder: of the run.
        judgements: their names are unique, and fit to be names of files.
        found: how often each net was met, by its key.
        columns: of the table; `COLUMNS`, with `FILE_COLUMNS` or `ADSORPTION_COLUMNS`, or with
            `GIVEN_COLUMNS` where a cell was given.

    Raises:
        InputError: if the place cannot be written to.
    """
    from zeoloom.structure.files.ase_frameworks import (  # noqa: PLC0415 - half a second to import
        save_database,
        save_extxyz,
    )

    rows = {each.name: table_row(each, found) for each in judgements}
    write_table(
        folder / "frameworks.csv", [rows[each.name] for each in best_first(judgements)], columns
    )
    first: dict[str, Judgement] = {}
    for each in judgements:
        if each.framework is not None:
            first.setdefault(each.key, each)
    shown = best_first(list(first.values()))
    frameworks = [each.framework for each in shown if each.framework is not None]
    facts = [rows[each.name] for each in shown]
    cell_given = {*GIVEN_COLUMNS} <= {*columns}
    for each in shown:
        row = rows[each.name]
        if cell_given:
            _write_structure(folder / "frameworks", each.given, row)
        _write_structure(folder / ("standard" if cell_given else "frameworks"), each.framework, row)
    save_extxyz(folder / "frameworks.extxyz", frameworks, facts)
    save_database(folder / "frameworks.db", frameworks, facts)


def _write_structure(folder: Path, framework: Framework | None, row: Mapping[str, Value]) -> None:
    """Write a framework as CIF, if there is one, with what the table says of it."""
    if framework is None:
        return
    tags = {f"_zeoloom_{name}": _text(name, row[name]) for name in CIF_FACTS}
    name = str(row["name"])
    write_cif(
        folder / f"{name}.cif",
        replace(framework, name=name),
        {tag: text for tag, text in tags.items() if text},
    )


def write_unrefined(
    folder: Path, judgements: Sequence[Judgement], found: Mapping[str, int]
) -> None:
    """Write `unrefined.csv`, if there are any: valid nets that were not refined, and why.

    Args:
        folder: of the run.
        judgements: of them.
        found: how often each net was met, by its key.

    Raises:
        InputError: if the place cannot be written to.
    """
    if judgements:
        rows = [table_row(each, found) for each in judgements]
        write_table(folder / "unrefined.csv", rows, UNREFINED_COLUMNS)


def table_row(judgement: Judgement, found: Mapping[str, int]) -> dict[str, Value]:
    """The row of the table for a judgement, by column."""
    framework = judgement.framework
    cell: Sequence[Value] = [None] * 6
    if framework is not None:
        cell = [float(x) for x in parameters_from_cell(framework.cell)]
    return {
        "name": judgement.name,
        "framework_type": judgement.known_name,
        "kind": judgement.kind,
        "key": judgement.key,
        "family": judgement.family,
        "space_group": None if framework is None else framework.space_group_symbol,
        "space_group_number": None if framework is None else framework.space_group_number,
        **dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), cell, strict=True)),
        "n_t": judgement.n_t or None,
        "n_t_unique": judgement.n_t_unique or None,
        "density": judgement.density,
        "r_dls": judgement.r_dls,
        "found": found.get(judgement.key),
        "energy_kj_mol": judgement.energy_kj_mol,
        "energy_above_line": judgement.energy_above_line,
        "relaxed_density": judgement.relaxed_density,
        "feasible": judgement.feasible,
        "likeness": judgement.likeness,
        "lid": judgement.lid,
        "rings": " ".join(map(str, judgement.rings)),
        "units": " ".join(judgement.units or ()),
        "largest_included_sphere": judgement.largest_included_sphere,
        "largest_free_sphere": judgement.largest_free_sphere,
        "accessible_volume": judgement.accessible_volume,
        "accessible_surface": judgement.accessible_surface,
        "pore_size": judgement.pore_size,
        "pore_distribution": "; ".join(judgement.pore_distribution),
        "channel_dim": judgement.channel_dim,
        "window": judgement.window,
        "windows": "; ".join(judgement.windows),
        "nearest_type": judgement.nearest_type,
        "nearest_distance": judgement.nearest_distance,
        "e2": judgement.e2,
        "r_wp": judgement.r_wp,
        "r_dls_cell": judgement.r_dls_cell,
        **{name: getattr(judgement, name) for name in ADSORPTION_COLUMNS},
        "file": judgement.file,
        "valid": judgement.valid,
        "reason": judgement.reason,
        "notices": "; ".join(judgement.notices),
        "energy_status": judgement.energy_status,
        "known_as": judgement.known_as,
    }


def write_table(path: Path, rows: Sequence[Mapping[str, Value]], columns: Sequence[str]) -> None:
    """Write rows as CSV; yes and no, and nothing where nothing is known."""

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(columns)
            table.writerows([_text(name, row[name]) for name in columns] for row in rows)

    write_atomically(path, write)


def _text(column: str, value: Value) -> str:
    """One cell of the table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.{COLUMN_DECIMALS.get(column, 4)}f}" if isinstance(value, float) else str(value)


def counts_of(
    judgements: Sequence[Judgement], found: Mapping[str, int], tried: int
) -> dict[str, int | float]:
    """How many there are of what.

    Args:
        judgements: of everything valid at least.
        found: how often each valid net was met, by its key.
        tried: everything that was looked at, good or bad.

    Returns:
        `tried`; `valid`; `unique` nets among them, and of those `known_types` (zeolites),
        `known_dense`, `known_own`, `new`, `feasible` and `new_feasible`; `families` of the new
        ones, as far as they are known; and `new_feasible_share`, the share of `new_feasible` in
        everything tried.
    """
    nets = {each.key: each for each in reversed(judgements) if each.valid}.values()
    kinds = Counter[str]()
    for net in nets:
        kinds[COUNTED_AS[net.kind]] += 1
        kinds["feasible"] += net.feasible is True
        kinds["new_feasible"] += net.new and net.feasible is True
    return {
        "tried": tried,
        "valid": sum(found.values()),
        "unique": len(nets),
        **{kind: kinds[kind] for kind in (*COUNTED_AS.values(), "feasible", "new_feasible")},
        "families": len({net.family for net in nets if net.new} - {""}),
        "new_feasible_share": kinds["new_feasible"] / max(tried, 1),
    }

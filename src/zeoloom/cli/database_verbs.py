"""`database`: one place for the frameworks of many runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import zeoloom
from zeoloom.cli.terminal import out

if TYPE_CHECKING:
    from zeoloom.cli.program_options import ExportOptions
    from zeoloom.run.database_requests import ExportRequest, MergeRequest, QueryRequest


def database_verb() -> None:
    """A database of frameworks, a file or PostgreSQL: query, export, merge."""


def query_verb(request: QueryRequest) -> None:
    """Show the frameworks that fit conditions on the columns of the table."""
    found = zeoloom.query_database(request)
    out.print(zeoloom.facts_table(found.rows))
    more = found.number - len(found.rows)
    out.print(f"{found.number:,} frameworks" + (f", {more:,} of them not shown" if more else ""))


def export_verb(request: ExportRequest, options: ExportOptions) -> None:
    """Write frameworks into a folder like that of a run, with a report."""
    number = zeoloom.export_database(request, options.output)
    out.print(f"{number:,} frameworks -> {options.output}")
    out.print(f"report: {(options.output / 'report.html').resolve()}")


def merge_verb(request: MergeRequest) -> None:
    """Put the frameworks of finished runs into a database."""
    merged: dict[Any, tuple[int, int]] = zeoloom.merge_into_database(request)
    for folder, (number, new) in merged.items():
        out.print(f"{folder}: {number:,} frameworks, {new:,} of them were not there yet")

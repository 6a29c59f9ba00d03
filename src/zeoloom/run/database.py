"""One database for the frameworks of many runs and many people: filled, asked, exported."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from zeoloom.errors import InputError
from zeoloom.judge.judgement import NEW, Judgement, best_first
from zeoloom.run.database_query import QUERY_COLUMNS, checked_sort, parsed_query
from zeoloom.run.folder import finish_run, open_run
from zeoloom.run.framework_table import counts_of, table_row, write_frameworks
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json
from zeoloom.run.progress import OnNotice, no_notice
from zeoloom.structure.files.database_entry import Entry
from zeoloom.structure.files.reader import read_framework

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.run.database_requests import ExportRequest, MergeRequest, QueryRequest
    from zeoloom.structure.files.framework_database import FrameworkDatabase


def open_database(url: str) -> FrameworkDatabase:
    """The database at an address, with its tables.

    Raises:
        InputError: if it cannot be opened or written to.
    """
    database = database_at(url)
    database.prepare()
    return database


def database_at(url: str) -> FrameworkDatabase:
    """The database at an address, which is not looked at yet.

    Raises:
        InputError: if it is no such address.
    """
    from zeoloom.structure.files.framework_database import (  # noqa: PLC0415 - half a second
        FrameworkDatabase,
    )

    return FrameworkDatabase(url, QUERY_COLUMNS)


def store_frameworks(database: FrameworkDatabase, judgements: Sequence[Judgement]) -> int:
    """Write refined frameworks into a database; what is not refined is left out.

    Returns:
        How many of the nets were not there yet.
    """
    entries = [
        Entry(
            key=each.key or each.name,
            framework=each.framework,
            facts=table_row(each, {}),
            content=judgement_to_json(each),
        )
        for each in judgements
        if _is_refined(each) and each.framework is not None
    ]
    return database.add(entries) if entries else 0


def _is_refined(judgement: Judgement) -> bool:
    return judgement.valid and judgement.framework is not None and judgement.r_dls is not None


class Store:
    """Takes up the frameworks of a run as they come.

    A database that cannot be written to for a while, as its server is stopped or the disk is full,
    does not end the run: frameworks are kept, and written with those that come next.

    Args:
        url: of a database; None for none.
        on_notice: called with a line for the user.

    Raises:
        InputError: if the database cannot be opened or written to now.
    """

    def __init__(self, url: str | None, on_notice: OnNotice = no_notice) -> None:
        self._database = None if url is None else open_database(url)
        self._on_notice = on_notice
        self._waiting: dict[str, Judgement] = {}
        self._failing = False

    def __call__(self, judgements: Sequence[Judgement]) -> None:
        """Write frameworks, or keep them until the next call."""
        if self._database is None:
            return
        self._waiting |= {each.key or each.name: each for each in judgements if _is_refined(each)}
        try:
            store_frameworks(self._database, list(self._waiting.values()))
        except InputError as error:
            if not self._failing:
                self._on_notice(f"{error}; it is tried again with each batch")
            self._failing = True
        else:
            if self._failing:
                self._on_notice("the database is written to again, nothing is missing there")
            self._failing = False
            self._waiting = {}

    def finish(self, judgements: Sequence[Judgement], folder: Path) -> None:
        """Write the last frameworks of a run, or say how to do it later.

        Args:
            judgements: of them.
            folder: of the run.
        """
        self(judgements)
        if self._waiting and self._failing:
            self._on_notice(
                f"{len(self._waiting)} frameworks could not be written into the database; "
                f"when it is there again: zeoloom database merge {folder} URL"
            )


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query has found.

    Attributes:
        number: of frameworks.
        rows: facts of the first of them.
    """

    number: int
    rows: list[dict[str, Any]]


def query_database(request: QueryRequest) -> QueryResult:
    """Ask a database.

    Raises:
        InputError: if the query or the database cannot be read.
    """
    database = database_at(request.database)
    query, sort = parsed_query(request.query), checked_sort(request.sort)
    return QueryResult(database.count(query), database.facts(query, request.n, sort))


def export_database(request: ExportRequest, folder: Path) -> int:
    """Write frameworks of a database into a folder like that of a run, with a report.

    Returns:
        How many they are.

    Raises:
        InputError: if the query or the database cannot be read, nothing is found, or the folder is
            in use.
    """
    from zeoloom.report.report_page import write_report  # noqa: PLC0415 - takes over a second

    query = parsed_query(request.query)
    contents = database_at(request.database).contents(query, "r_dls", request.n)
    found = best_first([judgement_from_json(each) for each in contents])
    if not found:
        raise InputError(f"no framework of the database fits '{request.query}'")
    shown = _with_own_names(found)
    asked = request.model_dump(mode="json", exclude={"database"})
    run = open_run(folder, {"verb": "database export", **asked}, resume=False)
    counts = counts_of(shown, {each.key: 1 for each in shown}, len(shown))
    write_frameworks(run.path, shown, {})
    write_report(
        run.path / "report.html",
        shown,
        title="zeoloom database",
        counts=counts,
        facts={name: str(value) for name, value in asked.items()},
        found={},
        seconds={},
    )
    finish_run(run, {"counts": counts})
    return len(shown)


def _with_own_names(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Judgements none of which has the name of an earlier one."""
    taken: set[str] = set()
    named = []
    for each in judgements:
        name, number = each.name, 1
        while name in taken:
            number += 1
            name = f"{each.name}_{number}"
        taken.add(name)
        named.append(replace(each, name=name))
    return named


def merge_into_database(request: MergeRequest) -> dict[Path, tuple[int, int]]:
    """Put the frameworks of finished runs into a database; nothing is judged again.

    Returns:
        For each folder how many frameworks it holds, and how many nets were not there yet.

    Raises:
        InputError: if a folder holds no finished run, or the database cannot be written to.
    """
    tables = {folder: _table_of(folder) for folder in request.folders}
    database = open_database(request.database)
    merged = {}
    for folder, rows in tables.items():
        judgements = [_judgement_of(folder, row) for row in rows]
        kept = [each for each in judgements if each is not None]
        merged[folder] = len(kept), store_frameworks(database, kept)
    return merged


def _table_of(folder: Path) -> list[dict[str, str]]:
    """Rows of the table of frameworks in the folder of a run."""
    path = folder / "frameworks.csv"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))
    except OSError as error:
        raise InputError(
            f"{folder} holds no frameworks.csv: give folders of finished runs of generate, solve "
            "or judge"
        ) from error


def _judgement_of(folder: Path, row: dict[str, str]) -> Judgement | None:
    """The judgement that a row of the table shows, with its structure; None if it has none."""
    path = folder / "standard" / f"{row['name']}.cif"
    if not path.exists():  # there is no such folder unless a cell was given
        path = folder / "frameworks" / path.name
    if not path.exists() or not row["r_dls"] or row.get("valid", "yes") != "yes":
        return None
    kinds = {field.name: str(field.type) for field in fields(Judgement)}
    known: dict[str, Any] = {
        name: _value(kinds[name], row[name]) for name in kinds.keys() & row.keys() if row[name]
    }
    if row.get("kind") == "own":
        known |= {"framework_type": NEW, "known_as": row["framework_type"]}
    framework, _ = read_framework(path)
    framework = replace(framework, name=row["name"], space_group_symbol=row["space_group"])
    return Judgement(**known | {"valid": True, "framework": framework})


def _value(kind: str, text: str) -> Any:
    """A text of the table as a value of a field of `Judgement`, by the annotation of that field."""
    plain = kind.removesuffix(" | None")
    if plain == "bool":
        return text == "yes"
    if plain.startswith("tuple[int"):
        return tuple(map(int, text.split()))
    if plain.startswith("tuple"):
        return tuple(text.split())
    return {"int": int, "float": float}.get(plain, str)(text)

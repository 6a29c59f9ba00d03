"""An ASE database of frameworks that many processes and people fill: a file, or PostgreSQL.

Each net is there once. The hash of its key is the unique number of its row, so the database itself
refuses a second one, whoever writes it. What can be asked for stands in a table of its own besides
(`facts_table`). Writers come one after the other: a file is locked by
SQLite, a server by an advisory lock; a process that is killed leaves no lock behind.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import sqlite3
import time
from array import array
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase.db import connect
from ase.db.core import now
from ase.db.row import AtomsRow

from zeoloom.errors import InputError
from zeoloom.structure.files.ase_frameworks import facts_known, searchable_facts, whole_cell
from zeoloom.structure.files.database_entry import is_better
from zeoloom.structure.files.facts_table import FactsTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zeoloom.structure.files.database_entry import Entry
    from zeoloom.structure.files.facts_table import Condition, Kind

INSTALL_DATABASE = "pip install 'zeoloom[database]'"

SERVERS = ("postgresql://", "postgres://")
"""How the address of a server begins; everything else is a file."""

LONGEST_TURN = 600.0
"""Seconds that a writer waits for the others."""

LOCK = 0x7A656F6C
"""Number of the advisory lock on a server."""

PAGE = 500
"""Rows that are in memory at once."""

TEXT_INDEX = "CREATE INDEX IF NOT EXISTS zeoloom_text ON text_key_values(key, value, id)"
"""For long texts."""


RELAXED = "relaxed"
"""Whether an energy is known: a fact of each row."""


class FrameworkDatabase:
    """A database of frameworks.

    Args:
        url: a file whose name ends in .db, or postgresql://USER:PASSWORD@HOST:PORT/NAME.
        columns: kind of each fact that can be asked for, by its name.

    Raises:
        InputError: if it cannot be used.
    """

    def __init__(self, url: str, columns: Mapping[str, Kind]) -> None:
        self.url = url
        self._server = url.startswith(SERVERS)
        if not self._server and (Path(url).suffix != ".db" or "://" in url):
            raise InputError(
                f"database {url}: expected a file whose name ends in .db, or "
                "postgresql://USER:PASSWORD@HOST:PORT/NAME"
            )
        if not self._server and not Path(url).absolute().parent.is_dir():
            raise InputError(f"database {url}: there is no folder for it")
        try:
            kind = "postgresql" if self._server else "db"
            self._database: Any = connect(url, type=kind, use_lock_file=False)
        except ImportError as error:
            raise InputError(f"database {url} needs more packages: {INSTALL_DATABASE}") from error
        self._facts = FactsTable({**columns, RELAXED: "answer"}, self._server)
        self._ready = False

    def prepare(self) -> None:
        """Make the tables if there are none yet.

        Raises:
            InputError: if the database cannot be opened or written to.
        """
        with self._writing():
            pass

    def add(self, entries: Sequence[Entry]) -> int:
        """Write frameworks, all or none of them.

        One whose net is there takes the place of that if it is better (`is_better`).

        Returns:
            How many were new.

        Raises:
            InputError: if the database cannot be written to.
        """
        best: dict[str, Entry] = {}
        for each in entries:
            number = _number(each.key)
            if number not in best or is_better(each.merit, best[number].merit):
                best[number] = each
        with self._writing() as cursor:
            there = _there(cursor, list(best))
            for number, each in best.items():
                row, *merit = there.get(number, (None, None, None))
                if row is None or is_better(each.merit, merit):
                    self._write(cursor, each, number, row)
        return len(best.keys() - there.keys())

    def count(self, conditions: Sequence[Condition] = ()) -> int:
        """How many frameworks fulfil conditions.

        Raises:
            InputError: if the database cannot be read.
        """
        with self._reading() as cursor:
            cursor.execute(*self._facts.counted(conditions))
            return int(cursor.fetchone()[0])

    def facts(
        self, conditions: Sequence[Condition], limit: int, sort: str | None = None
    ) -> list[dict[str, Any]]:
        """The facts of the first frameworks that fulfil conditions.

        Args:
            conditions: on their facts.
            limit: at most so many.
            sort: fact by which they are sorted, the lowest first; `-` in front for the highest.

        Raises:
            InputError: if the database cannot be read.
        """
        return [data["facts"] for data in self._data(conditions, sort, limit)]

    def contents(
        self,
        conditions: Sequence[Condition] = (),
        sort: str | None = None,
        limit: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Everything that is known of frameworks that fulfil conditions, page by page.

        Raises:
            InputError: if the database cannot be read.
        """
        for data in self._data(conditions, sort, limit):
            content = data["content"]  # no text in databases of earlier versions
            yield json.loads(content) if isinstance(content, str) else content

    def _data(
        self, conditions: Sequence[Condition], sort: str | None, limit: int | None
    ) -> Iterator[dict[str, Any]]:
        """What is written with the rows found; their numbers alone are in memory at once."""
        with self._reading() as cursor:
            cursor.execute(*self._facts.found(conditions, sort, limit))
            numbers = array("q", (number for (number,) in iter(cursor.fetchone, None)))
            for start in range(0, len(numbers), PAGE):
                page = numbers[start : start + PAGE]
                marks = ", ".join("?" * len(page))
                cursor.execute(
                    f"SELECT id, data FROM systems WHERE id IN ({marks})",  # noqa: S608 - as above
                    tuple(page),
                )
                by_number = dict(cursor.fetchall())
                for number in page:
                    if number in by_number:  # else removed meanwhile
                        yield self._database.decode(by_number[number])

    def _write(self, cursor: Any, entry: Entry, number: str, row_id: int | None) -> None:
        row: Any = AtomsRow(whole_cell(entry.framework))
        row.unique_id, row.ctime, row.user = number, now(), _user()
        facts, relaxed = facts_known(entry.facts), {RELAXED: entry.merit[0] is not None}
        written = self._database.write(
            row,
            key_value_pairs=searchable_facts(facts) | relaxed,
            # a text: ASE goes through nested lists number by number
            data={"facts": facts, "content": json.dumps(entry.content)},
            id=row_id,
        )
        self._facts.put(cursor, written, facts | relaxed | {"user": row.user})

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        """A cursor to read with; errors become messages."""
        if not self._server and not Path(self.url).exists():
            raise InputError(f"{self.url}: no such database")
        try:
            connection = self._database._connect()  # noqa: SLF001 - as below
            try:
                cursor = connection.cursor()
                if not self._ready and not self._facts.is_whole(cursor):  # of an earlier version
                    self.prepare()
                yield cursor
            finally:
                connection.close()
        except InputError:
            raise
        except Exception as error:  # of SQLite, of psycopg2
            raise InputError(f"{_shown(self.url)}: {str(error).strip() or error!r}") from error

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """A transaction of this writer alone; its cursor."""
        try:
            connection = self._database._connect()  # noqa: SLF001 - ASE has no other way in
            try:
                cursor = self._locked(connection)
                self._database.connection, self._database.change_count = connection, 0
                yield cursor
                connection.commit()
            finally:
                self._database.connection = None
                connection.close()  # what is not committed is lost, and so is the lock
        except InputError:
            raise
        except Exception as error:  # of SQLite, of psycopg2
            raise InputError(
                f"{_shown(self.url)} cannot be written to: {str(error).strip()}"
            ) from error

    def _locked(self, connection: Any) -> Any:
        """The cursor of a connection, when it is this writer's turn and the tables are there."""
        cursor = connection.cursor()
        if self._server:
            cursor.execute(f"SET lock_timeout = '{LONGEST_TURN:g}s'")
            cursor.execute(f"SELECT pg_advisory_lock({LOCK})")
        else:
            _begin(connection)
        self._database._initialize(connection)  # noqa: SLF001 - as above; it commits new tables
        if not self._ready:
            self._begin_again(connection)
            cursor.execute(TEXT_INDEX)
            if self._facts.prepare(cursor):
                self._take_up(cursor)
            connection.commit()
            self._ready = True
        self._begin_again(connection)
        return cursor

    def _begin_again(self, connection: Any) -> None:
        """Begin a transaction of this writer alone after a commit; a server's lock outlives it."""
        if not self._server and not connection.in_transaction:
            _begin(connection)

    def _take_up(self, cursor: Any) -> None:
        """Put the facts of rows that are there already into the table."""
        last = 0
        while True:
            cursor.execute(
                f"SELECT id, username, data FROM systems WHERE id > ? ORDER BY id LIMIT {PAGE}",  # noqa: S608 - a constant
                (last,),
            )
            rows = cursor.fetchall()
            for last, user, data in rows:
                known = self._database.decode(data)
                if "facts" not in known:
                    raise InputError(
                        f"{_shown(self.url)} holds rows of another program, or is the "
                        "frameworks.db of one run; `zeoloom database merge FOLDER nets.db` makes "
                        "a database of runs, and --database writes into one"
                    )
                relaxed = known["facts"].get("energy_kj_mol") is not None
                self._facts.put(cursor, last, known["facts"] | {RELAXED: relaxed, "user": user})
            if len(rows) < PAGE:
                return


def _begin(connection: Any) -> None:
    """Begin a transaction that writes, when no one else does.

    SQLite waits by itself, but gives up at once where waiting looks like a deadlock to it.
    """
    deadline = time.monotonic() + LONGEST_TURN
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _there(
    cursor: Any, numbers: Sequence[str]
) -> dict[str, tuple[int, float | None, float | None]]:
    """Row, energy and R_DLS of those nets that are in the database."""
    there: dict[str, tuple[int, float | None, float | None]] = {}
    for start in range(0, len(numbers), PAGE):
        part = numbers[start : start + PAGE]
        marks = ", ".join("?" * len(part))
        cursor.execute(
            "SELECT s.unique_id, s.id, e.value, r.value FROM systems s "  # noqa: S608 - only question marks are put in
            "LEFT JOIN number_key_values e ON e.id = s.id AND e.key = 'energy_kj_mol' "
            "LEFT JOIN number_key_values r ON r.id = s.id AND r.key = 'r_dls' "
            f"WHERE s.unique_id IN ({marks})",
            tuple(part),
        )
        there |= {number: (row, energy, r_dls) for number, row, energy, r_dls in cursor.fetchall()}
    return there


def _number(key: str) -> str:
    """The unique number of a net's row."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return ""


def _shown(url: str) -> str:
    """An address without its password."""
    scheme, _, rest = url.rpartition("://")
    login, at, place = rest.rpartition("@")
    if not at:
        return url
    return f"{scheme}://{login.partition(':')[0]}@{place}"

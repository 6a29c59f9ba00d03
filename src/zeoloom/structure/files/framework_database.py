"""An ASE database of frameworks that many processes and people fill: a file, or PostgreSQL.

Each net is there once. The hash of its key is the unique number of its row, so the database itself
refuses a second one, whoever writes it. Writers come one after the other: a file is locked by
SQLite, a server by an advisory lock; a process that is killed leaves no lock behind.
"""

from __future__ import annotations

import getpass
import hashlib
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase.db import connect
from ase.db.core import now
from ase.db.row import AtomsRow

from zeoloom.errors import InputError
from zeoloom.structure.files.ase_frameworks import Facts, facts_known, searchable_facts, whole_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zeoloom.structure.records import Framework

INSTALL_DATABASE = "pip install 'zeoloom[database]'"

SERVERS = ("postgresql://", "postgres://")
"""How the address of a server begins; everything else is a file."""

LONGEST_TURN = 600.0
"""Seconds that a writer waits for the others."""

LOCK = 0x7A656F6C
"""Number of the advisory lock on a server."""

PAGE = 500
"""Rows that are in memory at once."""

SEARCHED = ("density", "r_dls", "energy_kj_mol", "n_t", "n_t_unique", "channel_dim", "likeness")
"""Columns that a server has an index for. A file has one for all."""

FILE_INDICES = [
    f"CREATE INDEX IF NOT EXISTS zeoloom_{kind} ON {kind}_key_values(key, value, id)"
    for kind in ("number", "text")
]

SERVER_INDICES = [
    f"CREATE INDEX IF NOT EXISTS zeoloom_{name} ON systems ((key_value_pairs -> '{name}'))"
    for name in SEARCHED
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One framework for the database.

    Attributes:
        key: identity of its net.
        framework: with or without oxygen.
        facts: to search by.
        content: everything that is known of it, as JSON values.
        relaxed: whether that holds an energy; if so it takes the place of one that does not.
    """

    key: str
    framework: Framework
    facts: Facts
    content: Mapping[str, Any]
    relaxed: bool


class FrameworkDatabase:
    """A database of frameworks.

    Args:
        url: a file whose name ends in .db, or postgresql://USER:PASSWORD@HOST:PORT/NAME.

    Raises:
        InputError: if it cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._server = url.startswith(SERVERS)
        if not self._server and (Path(url).suffix != ".db" or "://" in url):
            raise InputError(
                f"--database {url}: expected a file whose name ends in .db, or "
                "postgresql://USER:PASSWORD@HOST:PORT/NAME"
            )
        if not self._server and not Path(url).absolute().parent.is_dir():
            raise InputError(f"--database {url}: there is no folder for it")
        try:
            kind = "postgresql" if self._server else "db"
            self._database: Any = connect(url, type=kind, use_lock_file=False)
        except ImportError as error:
            raise InputError(f"--database {url} needs more packages: {INSTALL_DATABASE}") from error

    def prepare(self) -> None:
        """Make the tables if there are none yet.

        Raises:
            InputError: if the database cannot be opened or written to.
        """
        with self._writing():
            pass

    def add(self, entries: Sequence[Entry]) -> int:
        """Write frameworks, all or none of them; those whose net is there already are dropped.

        Returns:
            How many were new.

        Raises:
            InputError: if the database cannot be written to.
        """
        entries = list({each.key: each for each in entries}.values())
        new = 0
        with self._writing() as cursor:
            there = _there(cursor, [_number(each.key) for each in entries])
            for each in entries:
                number = _number(each.key)
                new += number not in there
                row, relaxed = there.get(number, (None, False))
                if row is None or (each.relaxed and not relaxed):
                    self._write(each, number, row)
        return new

    def count(self, query: str = "") -> int:
        """How many frameworks a query finds, such as "density<15,channel_dim=3".

        Raises:
            InputError: if it cannot be read, or the database cannot.
        """
        with self._reading():
            return int(self._database.count(query or None))

    def facts(self, query: str, limit: int, sort: str | None = None) -> list[dict[str, Any]]:
        """The facts of the first frameworks that a query finds.

        Args:
            query: as ASE takes it.
            limit: at most so many.
            sort: fact by which they are sorted, the lowest first; `-` in front for the highest.

        Raises:
            InputError: if it cannot be read, or the database cannot.
        """
        with self._reading():
            rows = self._database.select(query or None, limit=limit, sort=sort)
            return [dict(row.data["facts"]) for row in rows]

    def contents(self, query: str = "", sort: str | None = None) -> Iterator[dict[str, Any]]:
        """Everything that is known of the frameworks that a query finds, page by page.

        Raises:
            InputError: if it cannot be read, or the database cannot.
        """
        offset = 0
        while True:
            with self._reading():
                rows = list(
                    self._database.select(
                        query or None, limit=PAGE, offset=offset, sort=sort or "id"
                    )
                )
            yield from (row.data["content"] for row in rows)
            offset += PAGE
            if len(rows) < PAGE:
                return

    def _write(self, entry: Entry, number: str, row_id: int | None) -> None:
        row: Any = AtomsRow(whole_cell(entry.framework))
        row.unique_id, row.ctime, row.user = number, now(), _user()
        facts = facts_known(entry.facts)
        self._database.write(
            row,
            key_value_pairs=searchable_facts(entry.facts) | {"relaxed": entry.relaxed},
            data={"facts": facts, "content": dict(entry.content)},
            id=row_id,
        )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Errors become messages."""
        if not self._server and not Path(self.url).exists():
            raise InputError(f"{self.url}: no such database")
        try:
            yield
        except Exception as error:  # of SQLite, of psycopg2, of ASE's reader of queries
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
            cursor.execute(f"SELECT pg_advisory_lock({LOCK})")
        else:
            _begin(connection)
        first = not self._database.initialized
        self._database._initialize(connection)  # noqa: SLF001 - as above; it commits new tables
        if first:
            for statement in SERVER_INDICES if self._server else FILE_INDICES:
                cursor.execute(statement)
            connection.commit()
        if not self._server and not connection.in_transaction:
            _begin(connection)
        return cursor


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


def _there(cursor: Any, numbers: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Row, and whether it holds an energy, of those nets that are in the database."""
    there: dict[str, tuple[int, bool]] = {}
    for start in range(0, len(numbers), PAGE):
        part = numbers[start : start + PAGE]
        marks = ", ".join("?" * len(part))
        cursor.execute(
            "SELECT s.unique_id, s.id, r.value FROM systems s LEFT JOIN number_key_values r "  # noqa: S608 - only question marks are put in
            f"ON r.id = s.id AND r.key = 'relaxed' WHERE s.unique_id IN ({marks})",
            tuple(part),
        )
        for number, row, relaxed in cursor.fetchall():
            there[number] = row, bool(relaxed)
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

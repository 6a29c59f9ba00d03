"""A narrow table with the facts of all frameworks of a database, so that a query reads little.

ASE keeps each fact in a row of its own, some thirty million for a million frameworks, and reads
whole structures where it counts or sorts. Here a framework has one row of numbers and short texts:
whatever is asked, some 300 MB are read for a million of them, and no index has to be chosen.
Long texts stay with ASE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zeoloom.structure.files.ase_frameworks import Facts

Kind = Literal["number", "answer", "text", "long text"]
"""Of a column. Answers are kept as 0 and 1."""

COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))

TABLE = "zeoloom_facts"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column has to be; a framework of which it is not known does not fulfil it.

    Attributes:
        name: of the column.
        comparison: one of `COMPARISONS`.
        value: a number, also for answers, or a text.
    """

    name: str
    comparison: str
    value: float | str


@dataclass(frozen=True, slots=True)
class FactsTable:
    """Statements for the table.

    Attributes:
        columns: kind of each fact, by its name.
        server: whether it is on a server, else in a file.
    """

    columns: Mapping[str, Kind]
    server: bool

    @property
    def _kept(self) -> list[str]:
        return [name for name, kind in self.columns.items() if kind != "long text"]

    def is_whole(self, cursor: Any) -> bool:
        """Whether it is there, with all its columns."""
        return {*self._kept} <= self._columns_there(cursor)

    def prepare(self, cursor: Any) -> bool:
        """Make the table, or add columns that it lacks; whether it is new."""
        there = self._columns_there(cursor)
        if not there:
            identity = "REFERENCES systems(id) ON DELETE CASCADE" if self.server else ""
            cursor.execute(f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY {identity})")
            if not self.server:
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {TABLE}_gone AFTER DELETE ON systems BEGIN "  # noqa: S608 - constants
                    f"DELETE FROM {TABLE} WHERE id = OLD.id; END"
                )
        for name in self._kept:
            if name not in there:
                number = "DOUBLE PRECISION" if self.server else "REAL"
                kind = "TEXT" if self.columns[name] == "text" else number
                cursor.execute(f'ALTER TABLE {TABLE} ADD COLUMN "{name}" {kind}')
        return not there

    def _columns_there(self, cursor: Any) -> set[str]:
        if self.server:
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = ? "
                "AND table_schema = current_schema()",
                (TABLE,),
            )
            return {name for (name,) in cursor.fetchall()}
        cursor.execute(f"PRAGMA table_info({TABLE})")
        return {row[1] for row in cursor.fetchall()}

    def put(self, cursor: Any, row_id: int, facts: Facts) -> None:
        """Write the facts of a framework, in place of others that are there."""
        cursor.execute(f"DELETE FROM {TABLE} WHERE id = ?", (row_id,))  # noqa: S608 - a constant
        names = "".join(f', "{name}"' for name in self._kept)
        marks = ", ?" * len(self._kept)
        values = tuple(self._value(name, facts.get(name)) for name in self._kept)
        cursor.execute(
            f"INSERT INTO {TABLE} (id{names}) VALUES (?{marks})",  # noqa: S608 - names of columns
            (row_id, *values),
        )

    def _value(self, name: str, value: object) -> float | str | None:
        if value is None or value == "":
            return None
        if self.columns[name] == "text":
            return str(value)
        return float(value)  # type: ignore[arg-type]  # a number or a bool

    def counted(self, conditions: Sequence[Condition]) -> tuple[str, list[float | str]]:
        """Statement and values that count what fulfils all conditions."""
        where, values = self._where(conditions)
        return f"SELECT COUNT(*) FROM {TABLE} f{where}", values  # noqa: S608 - as above

    def found(
        self, conditions: Sequence[Condition], sort: str | None, limit: int | None
    ) -> tuple[str, list[float | str]]:
        """Statement and values that give the numbers of rows.

        Args:
            conditions: all of which hold.
            sort: column to sort by, or `id`; `-` in front for the highest first. Rows of which it
                is not known come last.
            limit: at most so many.
        """
        where, values = self._where(conditions)
        order = "f.id"
        if sort is not None:
            down = " DESC" if sort.startswith("-") else ""
            order = f'f."{sort.removeprefix("-")}"{down} NULLS LAST, f.id{down}'
        at_most = "" if limit is None else f" LIMIT {int(limit)}"
        return f"SELECT f.id FROM {TABLE} f{where} ORDER BY {order}{at_most}", values  # noqa: S608

    def _where(self, conditions: Iterable[Condition]) -> tuple[str, list[float | str]]:
        parts: list[str] = []
        values: list[float | str] = []
        for each in conditions:
            if each.comparison not in COMPARISONS or each.name not in self.columns:
                raise ValueError(f"{each} cannot be asked for")
            if self.columns[each.name] == "long text":
                parts.append(
                    "f.id IN (SELECT t.id FROM text_key_values t WHERE t.key = ? "  # noqa: S608 - a comparison
                    f"AND t.value {each.comparison} ?)"
                )
                values += [each.name, each.value]
            else:
                parts.append(f'f."{each.name}" {each.comparison} ?')
                values.append(each.value)
        return (" WHERE " + " AND ".join(parts) if parts else ""), values

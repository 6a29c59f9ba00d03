"""`watch`: a page that shows a run, or a database, as it grows; served to this machine alone."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from zeoloom.errors import InputError
from zeoloom.run.database import database_at
from zeoloom.run.database_query import parsed_query
from zeoloom.structure.files.facts_table import Condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from zeoloom.run.file_requests import WatchRequest

NEWEST, POINTS = 20, 300
"""Frameworks in the table; points of the curve."""

FRESH = 1.0
"""Seconds for which what is shown is not worked out again."""

WATCHED = {
    "name": "name",
    "framework_type": "type",
    "space_group": "group",
    "n_t": "T",
    "density": "T / 1000 Å³",
    "r_dls": "R_DLS",
    "energy_kj_mol": "kJ/mol",
}
"""Columns of that table, and their headings, those of the terminal."""

DIGITS = {"density": 1, "r_dls": 4, "energy_kj_mol": 1}

HOSTS = ("127.0.0.1", "localhost")
"""Names by which a browser on this machine asks; others come from elsewhere."""


class RunWatch:
    """What the folder of a run shows: its journal while it goes on, then its table.

    Args:
        folder: of a run of `solve`, `generate` or `judge`.

    Raises:
        InputError: if there is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._read = folder, 0
        if not (folder / "run.json").exists():
            raise InputError(f"{folder} holds no run.json: give the folder of a run")
        self._counts, self._seconds = Counter[str](), Counter[str]()
        self._families: set[str] = set()
        self._series: list[tuple[float, int]] = [(0.0, 0)]
        self._newest: deque[list[Any]] = deque(maxlen=NEWEST)

    def state(self) -> dict[str, Any]:
        """What the page shows now."""
        record = json.loads((self._folder / "run.json").read_text(encoding="utf-8"))
        self._follow(self._folder / "journal.jsonl")
        counts, seconds, state = dict(self._counts), dict(self._seconds), "running"
        newest, kind = list(reversed(self._newest)), "Newest frameworks"
        if "outcome" in record:
            counts, seconds = record["outcome"]["counts"], record["outcome"]["seconds"]
            state, newest, kind = "finished", self._best(), "Frameworks"
        else:
            counts |= {"families": len(self._families)}
            if self._series[-1][0]:
                counts["new per hour"] = round(3600 * counts["new"] / self._series[-1][0])
        total, tried = sum(seconds.values()) or 1.0, counts.get("tried", 0)
        return {
            "title": f"zeoloom {record['request']['verb']}: {self._folder.name}",
            "state": state,
            "counts": {_words(name): count for name, count in counts.items()},
            "series_name": "Families by the seconds of the run",
            "series": _thinned(self._series),
            "stages": [
                [name, round(each, 1), each / total, _rate(self._counts.get(name, tried), each)]
                for name, each in seconds.items()
            ],
            "columns": list(WATCHED.values()),
            "newest_name": kind,
            "newest": newest,
        }

    def _follow(self, journal: Path) -> None:
        """Take up the whole lines that were added to the journal."""
        try:
            with journal.open("rb") as stream:
                stream.seek(self._read)
                for line in stream:
                    if not line.endswith(b"\n"):  # it is being written
                        return
                    self._read += len(line)
                    self._take_line(line)
        except OSError:  # none yet, or none any more
            return

    def _take_line(self, line: bytes) -> None:
        try:
            self._take(json.loads(line))
        except (ValueError, KeyError, TypeError):  # one that a kill cut short
            return

    def _take(self, entry: dict[str, Any]) -> None:
        step, result = entry["step"], entry["result"]
        if step != "batch":
            self._seconds[step] += entry["seconds"]
            self._counts[step] += 1
            self._newest.append(_cells(result))
            return
        for stage, spent in result["seconds"].items():
            self._seconds[stage] += spent
        self._counts.update({"batches": 1, "tried": result["tried"], "nets": 0, "new": 0})
        for each in result["judgements"].values():
            new = each["valid"] and each["framework_type"] == "new" and not each["known_as"]
            self._counts.update({"nets": bool(each["valid"]), "new": bool(new)})
            if each["valid"] and each["r_dls"] is not None:
                self._newest.append(_cells(each))
                if new:
                    self._families.add(each["family"] or each["key"] or each["name"])
        self._series.append((round(result["elapsed"], 1), len(self._families)))

    def _best(self) -> list[list[Any]]:
        with (self._folder / "frameworks.csv").open(encoding="utf-8", newline="") as stream:
            rows = [row for row, _ in zip(csv.DictReader(stream), range(NEWEST), strict=False)]
        return [[_shown(row.get(name, ""), name) for name in WATCHED] for row in rows]


class DatabaseWatch:
    """What a database of frameworks shows.

    Args:
        url: of it.

    Raises:
        InputError: if it cannot be read.
    """

    def __init__(self, url: str) -> None:
        self._database = database_at(url)
        self._began = time.monotonic()
        self._series = [(0.0, self._database.count())]

    def state(self) -> dict[str, Any]:
        """What the page shows now."""
        number, spent = self._database.count(), time.monotonic() - self._began
        self._series.append((round(spent, 1), number))
        rows = self._database.facts((), NEWEST, "-id")
        counts = {
            "frameworks": number,
            "new": self._database.count(parsed_query("framework_type=new")),
            "with energy": self._database.count([Condition("relaxed", "=", 1.0)]),
            "per hour": round(3600 * (number - self._series[0][1]) / max(spent, 1.0)),
        }
        return {
            "title": "zeoloom database",
            "state": "growing" if number > self._series[0][1] else "open",
            "counts": counts,
            "series_name": "Frameworks by the seconds of watching",
            "series": _thinned(self._series),
            "stages": [],
            "columns": list(WATCHED.values()),
            "newest_name": "Newest frameworks",
            "newest": [_cells(row) for row in rows],
        }


def _cells(facts: dict[str, Any]) -> list[Any]:
    """Cells of the table for one framework: facts of a database, or a judgement as JSON values."""
    framework = facts.get("framework") or {}
    known = {"space_group": framework.get("space_group_symbol")} | facts
    return [_shown(known.get(name), name) for name in WATCHED]


def _words(name: str) -> str:
    """The name of a count as the page shows it."""
    return name.replace("_", " ").replace("r dls", "R_DLS")


def _shown(value: Any, column: str) -> Any:
    """A cell as the page shows it: numbers with the digits of their column."""
    if column in DIGITS and value not in {None, ""}:
        return f"{float(value):.{DIGITS[column]}f}"
    return value


def _rate(number: float, seconds: float) -> float | None:
    """So many a second; None where no time was spent."""
    return round(number / seconds, 2) if seconds > 0.0 else None


def _thinned(points: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """At most so many points of a curve, the last one among them."""
    step = -(-len(points) // POINTS)
    return points[::-1][::step][::-1]


def watch_server(request: WatchRequest) -> ThreadingHTTPServer:
    """A server on this machine's loopback, not yet serving.

    Raises:
        InputError: if there is nothing to watch, or the port is taken.
    """
    source = request.source
    database = "://" in source or source.endswith(".db")
    watch = DatabaseWatch(source) if database else RunWatch(Path(source))
    shared, page = _Shared(watch), resources.files("zeoloom.report") / "watch.html"

    try:
        return ThreadingHTTPServer(
            (HOSTS[0], request.port), _handler_of(page.read_bytes(), shared.state)
        )
    except OSError as error:
        raise InputError(f"--port {request.port}: {error.strerror}; give another one") from error


class _Shared:
    """What all browsers that look at once are shown: worked out for one of them.

    Args:
        watch: that works it out; one that takes long is asked less often.
    """

    def __init__(self, watch: RunWatch | DatabaseWatch) -> None:
        self._watch, self._lock = watch, Lock()
        self._state: dict[str, Any] = {}
        self._good_until = 0.0

    def state(self) -> dict[str, Any]:
        """What there is to show, at most a second old or ten times as old as it takes."""
        with self._lock:
            began = time.monotonic()
            if began > self._good_until:
                self._state = self._watch.state()
                ended = time.monotonic()
                self._good_until = ended + max(FRESH, 10.0 * (ended - began))
            return self._state


def _handler_of(page: bytes, state: Callable[[], dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    """Answers with the page, or with what it shows."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Host", "").rpartition(":")[0] not in HOSTS:
                # a page from elsewhere whose name was made to lead here
                self._answer(403, "text/plain", b"only from this machine")
            elif self.path == "/":
                self._answer(200, "text/html; charset=utf-8", page)
            elif self.path == "/state.json":
                try:
                    code, content = 200, state()
                except (InputError, OSError, ValueError, KeyError) as error:
                    code, content = 500, {"error": str(error)}
                text = json.dumps(content, default=str).encode()
                self._answer(code, "application/json", text)
            else:
                self._answer(404, "text/plain", b"not here")

        def _answer(self, code: int, kind: str, content: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as above
            """Say nothing."""

    return Handler

"""A million frameworks in one database: time and memory of queries, and of writing more.

    python benchmarks/database.py nets.db
    python benchmarks/database.py postgresql://USER@HOST/NAME --rows 100000

The database has to be empty. `--seeds` frameworks are written by the way of all runs, which gives
the first rate. Then the server, or SQLite, copies all their rows in all tables again and again,
with unique numbers of their own and with other densities, R_DLS, channels and likeness, drawn
uniformly; structures are not read again. Queries are asked by processes of their own, as `zeoloom
database` does: printed are seconds of CPU time of the process (and of the machine's clock) without
those of starting, and its largest memory. In the end more frameworks are written, half of which are
there already, for the rate in a large database. A file of a million takes some 10 GB. With `--bare`
ASE's own tables of facts, which our queries do not read, are left out of the copies. `--codes`
names the framework types that are copied; small ones make a smaller file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

import zeoloom
from zeoloom.judge.verdict import identified, judge_net, refined
from zeoloom.run.database import database_at, open_database, store_frameworks
from zeoloom.structure.files.facts_table import TABLE

CODES = ("CHA", "SOD", "GIS", "MER", "ABW")
INDICES = ("species_index", "key_index", "text_index", "number_index", "zeoloom_text")
PER_BATCH = 20

QUERIES = (
    ("query", "density<15,channel_dim=3"),
    ("query", "density<15,channel_dim=3,likeness>0.5", "--sort=r_dls"),
    ("query", "likeness>0.9", "--sort=-density", "-n", "100"),
    ("query", "framework_type=new", "--sort=-likeness"),
    ("query", "r_dls<0.001,density>=12,density<18,n_t_unique<=3"),
    ("query", ""),
)

ASKED = """
import json, resource, sys, time
import zeoloom
from zeoloom.cli import main
from zeoloom.report import report_page
from zeoloom.structure.files import framework_database
zeoloom.query_database, zeoloom.facts_table, zeoloom.QueryRequest, zeoloom.ExportRequest
try:
    import psycopg2
except ImportError:
    pass
def now():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, time.monotonic()
before = now()
try:
    main()
except SystemExit as ended:
    if ended.code:
        raise
spent = [now()[i] - before[i] for i in (0, 1)]
[highest] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(json.dumps([*spent, int(highest.split()[1]) / 1024]))
"""


def frameworks(codes: list[str], number: int, first: int) -> list[zeoloom.Judgement]:
    """Known types under names and keys of their own, as new ones."""
    reference = zeoloom.load_reference()
    known = [refined(identified(judge_net(reference[code])), starts=1) for code in codes]
    rng = np.random.default_rng(first)
    return [
        replace(
            known[i % len(known)],
            name=f"net_{i}",
            key=f"{known[i % len(known)].key} {i}",
            framework_type="new",
            density=float(rng.uniform(10.0, 20.0)),
            channel_dim=int(rng.integers(4)),
            likeness=float(rng.random()),
        )
        for i in range(first, first + number)
    ]


def written(url: str, made: list[zeoloom.Judgement]) -> str:
    """Write frameworks batch by batch; how long that took, in words."""
    database = open_database(url)
    before, began = time.process_time(), time.monotonic()
    new = sum(
        store_frameworks(database, made[start : start + PER_BATCH])
        for start in range(0, len(made), PER_BATCH)
    )
    spent = time.process_time() - before, time.monotonic() - began
    each = [1000.0 * seconds / len(made) for seconds in spent]
    return f"{len(made)} written, {new} new: {each[0]:.2f} ms of CPU each, {each[1]:.2f} ms in all"


def multiply(url: str, rows: int, *, bare: bool) -> None:
    """Copy all rows in all tables until there are so many frameworks."""
    server = "://" in url
    database: Any = database_at(url)._database  # noqa: SLF001 - ASE has no other way in
    with closing(database._connect()) as connection:  # noqa: SLF001 - as above
        cursor = connection.cursor()
        if not server:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -2000000")  # kB: unique numbers come in any order
        cursor.execute("SELECT COUNT(*), MAX(id) FROM systems")
        number, highest = cursor.fetchone()
        columns = ", ".join(database.columnnames[2:])
        drawn = "random()" if server else "(abs(random()) % 1000000 / 1e6)"
        unique = "md5(random()::text)" if server else "lower(hex(randomblob(16)))"
        cursor.execute(f"SELECT * FROM {TABLE} LIMIT 0")  # noqa: S608 - a constant
        described = cursor.cur.description if server else cursor.description
        facts = [column[0] for column in described][1:]
        others = {
            "density": f"10.0 + 10.0 * {drawn}",
            "r_dls": f"0.01 * {drawn}",
            "likeness": drawn,
            "channel_dim": f"floor(4.0 * {drawn})",
        }
        values = ", ".join(others.get(name, f'"{name}"') for name in facts)
        names = ", ".join(f'"{name}"' for name in facts)
        tables = {
            "systems": (f"unique_id, {columns}", f"{unique}, {columns}"),
            TABLE: (names, values),
            "species": ("Z, n",) * 2,
            "keys": ("key",) * 2,
            "text_key_values": ("key, value",) * 2,
            "number_key_values": ("key, value",) * 2,
        }
        if bare:
            tables = {name: tables[name] for name in ("systems", TABLE)}
        kept = _without_indices(cursor, server=server)
        for copy in range(1, -(-rows // number)):
            for table, (into, what) in tables.items():
                cursor.execute(
                    f"INSERT INTO {table} (id, {into}) "  # noqa: S608 - names of columns
                    f"SELECT id + {copy * highest}, {what} FROM {table} WHERE id <= {highest}"
                )
            if copy % 20 == 0:
                connection.commit()
        for statement in kept:
            cursor.execute(statement)
        if server:
            cursor.execute("SELECT setval('systems_id_seq', (SELECT MAX(id) FROM systems))")
            cursor.execute("ANALYZE")
        connection.commit()


def _without_indices(cursor: Any, *, server: bool) -> list[str]:
    """Remove indices of small entries, which are made sooner at once; statements that make them."""
    where = "pg_indexes WHERE indexname" if server else "sqlite_master WHERE name"
    column = "indexdef" if server else "sql"
    statements = []
    for name in INDICES:
        cursor.execute(f"SELECT {column} FROM {where} = '{name}'")  # noqa: S608 - names above
        statements += [statement for (statement,) in cursor.fetchall()]
        cursor.execute(f"DROP INDEX IF EXISTS {name}")
    return statements


def asked(*arguments: str) -> tuple[float, float, float, str]:
    """Seconds of CPU and of the clock, memory in MB, and the last lines of a command."""
    done = subprocess.run(  # noqa: S603 - this interpreter, this program
        [sys.executable, "-c", ASKED, "database", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise SystemExit(done.stderr)
    cpu, clock, memory = json.loads(lines[-1])
    return cpu, clock, memory, next((line for line in lines if " frameworks" in line), "")


def main() -> None:
    """Fill, ask, export, write more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of an empty database, a file or PostgreSQL")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=1000, help="frameworks written one by one")
    parser.add_argument("--bare", action="store_true", help="copy structures and facts only")
    parser.add_argument("--codes", nargs="+", default=list(CODES), help="framework types to copy")
    options = parser.parse_args()
    unknown = set(options.codes) - set(zeoloom.load_reference())
    if unknown:
        parser.error(f"unknown framework types: {', '.join(sorted(unknown))}")
    made = frameworks(options.codes, options.seeds, 0)
    print("empty:", written(options.url, made), flush=True)
    began = time.monotonic(), time.process_time()
    multiply(options.url, options.rows, bare=options.bare)
    print(f"copied: {time.monotonic() - began[0]:.0f} s, {time.process_time() - began[1]:.0f} CPU")
    _report_queries(options.url)
    more = frameworks(options.codes, options.seeds // 4, options.seeds - options.seeds // 8)
    print("large:", written(options.url, more), flush=True)


def _report_queries(url: str) -> None:
    for verb, query, *more in QUERIES:
        cpu, clock, memory, found = asked(verb, query, url, *more)
        name = " ".join([query or "everything", *more])
        print(f"{name:<66}{cpu:6.2f} s CPU{clock:7.2f} s{memory:7.0f} MB  {found}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        given = ("--query", "density<15,channel_dim=3", "-n", "200", "-o", f"{folder}/best")
        cpu, clock, memory, found = asked("export", url, *given)
        print(f"{'export of 200':<66}{cpu:6.2f} s CPU{clock:7.2f} s{memory:7.0f} MB  {found}")


if __name__ == "__main__":
    main()

"""One database for many runs: a file or a real server, written by several processes at once."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from ase.db import connect

import zeoloom
from postgres import postgres_server
from silica_examples import known
from zeoloom.errors import InputError
from zeoloom.judge.judgement import Judgement
from zeoloom.run.database import (
    Store,
    _judgement_of,
    database_at,
    open_database,
    store_frameworks,
)
from zeoloom.run.database_query import parsed_query
from zeoloom.run.framework_table import write_frameworks
from zeoloom.structure.files.facts_table import TABLE, Condition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Run

pytestmark = pytest.mark.long

WRITER = """
import sys
sys.path[:0] = {path!r}
from test_database import some_frameworks
from zeoloom.run.database import open_database, store_frameworks
database = open_database({url!r})
for start in range({first}, {first} + 40, 4):
    store_frameworks(database, some_frameworks(range(start, start + 4), "{writer}"))
"""


def some_frameworks(
    numbers: range, name: str = "new", energy: float | None = None
) -> list[Judgement]:
    framework = replace(known("SOD"), name=name)
    return [
        Judgement(
            f"{name}-{i}",
            valid=True,
            framework_type="new",
            key=f"net {i}",
            framework=framework,
            n_t=12,
            n_t_unique=1,
            density=10.0 + i,
            r_dls=0.001 * (i + 1),
            energy_kj_mol=energy,
            rings=(4, 6),
            channel_dim=i % 4,
        )
        for i in numbers
    ]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ExitStack() as stack:
        yield stack.enter_context(postgres_server())


@pytest.fixture(params=["file", "server"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield str(tmp_path / "nets.db")
        return
    address = request.getfixturevalue("server")
    yield address
    import psycopg2  # noqa: PLC0415 - where there is a server

    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def test_what_is_written_is_found(url: str) -> None:
    database = open_database(url)
    assert store_frameworks(database, some_frameworks(range(10))) == 10
    assert store_frameworks(database, some_frameworks(range(5, 15), "other")) == 5
    assert database.count() == 15
    assert database.count(parsed_query("density<15,channel_dim=3")) == 1
    assert database.count(parsed_query("framework_type=new,density>=15")) == 10
    [found] = database.facts(parsed_query("density<15,channel_dim=3"), 10)
    assert (found["name"], found["rings"], found["key"]) == ("new-3", "4 6", "net 3")
    highest = database.facts((), 2, "-density")
    assert [each["name"] for each in highest] == ["other-14", "other-13"]
    again = database_at(url)
    assert len(list(again.contents())) == 15
    assert database.count(parsed_query(" density < 15, valid=yes")) == 5


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("density <> <", "is no condition"),
        ("dense<15", "there is no column 'dense'"),
        ("channel_dim=three", "channel_dim is a number, got 'three'"),
        ("feasible=1", "feasible is yes or no"),
        ("density<15 or r_dls<1", "is no condition"),
    ],
)
def test_queries_that_cannot_be_read(run: Run, tmp_path: Path, query: str, said: str) -> None:
    done = run("database", "query", query, tmp_path / "nets.db")
    assert done.code == 2
    assert said in done.message


def test_what_is_not_known_comes_last_and_fulfils_nothing(url: str) -> None:
    database = open_database(url)
    store_frameworks(database, some_frameworks(range(4)))
    store_frameworks(database, some_frameworks(range(4, 6), "relaxed", 12.5))
    store_frameworks(database, some_frameworks(range(6, 7), "strained", 30.0))
    for sort, first in (
        ("energy_kj_mol", ["relaxed-4", "relaxed-5", "strained-6"]),
        ("-energy_kj_mol", ["strained-6", "relaxed-5", "relaxed-4"]),
    ):
        names = [each["name"] for each in database.facts((), 9, sort)]
        assert names[:3] == first
        assert len(names) == 7
    for query, number in (
        ("energy_kj_mol!=30", 2),
        ("key=net 3", 1),  # a long text
        ("key!=net 3,density<13", 3),
        ("name=new-2", 1),
        ("user=nobody at all", 0),
        ("rings=4 6", 7),
    ):
        assert database.count(parsed_query(query)) == number, query


def test_ase_reads_and_removes_rows(url: str) -> None:
    database = open_database(url)
    store_frameworks(database, some_frameworks(range(6)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        theirs = connect(url, use_lock_file=False)
        rows = list(theirs.select("density<13"))
        assert [row.name for row in rows] == ["new-0", "new-1", "new-2"]
        assert sorted(theirs.get(name="new-0").count_atoms().items()) == [("O", 24), ("Si", 12)]
        theirs.delete([row.id for row in rows[:2]])
    assert database.count() == 4
    assert [each["name"] for each in database.facts((), 1, "density")] == ["new-2"]
    assert store_frameworks(database, some_frameworks(range(6))) == 2


def test_a_database_without_the_narrow_table_gets_one(url: str, tmp_path: Path) -> None:
    database = open_database(url)
    store_frameworks(database, some_frameworks(range(3)))
    store_frameworks(database, some_frameworks(range(3, 4), "relaxed", 12.5))
    with database._writing() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")
    again = database_at(url)
    assert again.count(parsed_query("density<12")) == 2
    assert again.count([Condition("relaxed", "=", 1.0)]) == 1
    write_frameworks(tmp_path / "run", some_frameworks(range(2)), {})
    with pytest.raises(InputError, match="holds rows of another program"):
        database_at(str(tmp_path / "run" / "frameworks.db")).count()


def test_frameworks_wait_for_a_database_that_is_gone_for_a_while(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    url, said = str(tmp_path / "disk" / "nets.db"), list[str]()
    store = Store(url, said.append)
    store(some_frameworks(range(2)))
    (tmp_path / "disk").rename(tmp_path / "gone")
    store(some_frameworks(range(2, 4)))
    store(some_frameworks(range(4, 5)))
    store(some_frameworks(range(3, 5), "again", 12.0))
    assert len(said) == 1
    assert "unable to open database file; it is tried again with each batch" in said[0]
    store.finish([], tmp_path / "run")
    assert said[1].startswith("3 frameworks could not be written into the database")
    assert f"zeoloom database merge {tmp_path / 'run'} URL" in said[1]
    (tmp_path / "gone").rename(tmp_path / "disk")
    store.finish(some_frameworks(range(5, 6)), tmp_path / "run")
    assert said[2:] == ["the database is written to again, nothing is missing there"]
    assert database_at(url).count() == 6


def test_an_energy_takes_the_place_of_none(url: str) -> None:
    database = open_database(url)
    store_frameworks(database, some_frameworks(range(3)))
    assert store_frameworks(database, some_frameworks(range(1, 2), "relaxed", 12.5)) == 0
    assert store_frameworks(database, some_frameworks(range(1, 3), "late")) == 0
    assert database.count() == 3
    assert [each["name"] for each in database.facts(parsed_query("energy_kj_mol<13"), 9)] == [
        "relaxed-1"
    ]


def test_the_better_of_two_descriptions_of_a_net_stays(url: str) -> None:
    def strained(judgements: list[Judgement], factor: float) -> list[Judgement]:
        return [replace(each, r_dls=factor * each.r_dls) for each in judgements]  # type: ignore[operator]

    def names() -> list[str]:
        return sorted(each["name"] for each in database.facts((), 9))

    database = open_database(url)
    store_frameworks(database, some_frameworks(range(2), "first"))
    assert store_frameworks(database, strained(some_frameworks(range(2), "worse"), 1.5)) == 0
    assert names() == ["first-0", "first-1"]
    better, worse = (
        strained(some_frameworks(range(1, 2), w), f) for w, f in (("b", 0.5), ("w", 2))
    )
    assert store_frameworks(database, [*better, *worse]) == 0
    assert names() == ["b-1", "first-0"]
    assert [each["r_dls"] for each in database.facts(parsed_query("r_dls<=0.001"), 9)] == [
        pytest.approx(0.001)
    ] * 2
    store_frameworks(database, strained(some_frameworks(range(1, 2), "high", 20.0), 0.4))
    for energy, name in ((19.999, "same"), (15.0, "low"), (18.0, "late")):
        store_frameworks(database, some_frameworks(range(1, 2), name, energy))
    assert names() == ["first-0", "low-1"]
    assert database.count(parsed_query("energy_kj_mol=15")) == 1
    assert connect(url).count() == 2


def test_eight_processes_that_write_at_once_lose_nothing(url: str) -> None:
    """Each writes 40 nets, half of which the next one writes too; the tables are made meanwhile."""
    writers = [
        subprocess.Popen(
            [
                *(sys.executable, "-c"),
                WRITER.format(path=sys.path, url=url, first=20 * writer, writer=f"w{writer}"),
            ],
            stderr=subprocess.PIPE,
        )
        for writer in range(8)
    ]
    for writer in writers:
        _, said = writer.communicate(timeout=300)
        assert writer.returncode == 0, said.decode()
    database = database_at(url)
    assert database.count() == 180
    names = Counter(each["key"] for each in database.facts((), 1000))
    assert names == Counter(f"net {i}" for i in range(180))


def test_addresses_that_cannot_be_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to be looked at" * 40)
    for url, said in (
        ("nets.sqlite", "expected a file whose name ends in .db"),
        (str(tmp_path / "nowhere" / "nets.db"), "there is no folder for it"),
        (str(tmp_path / "text.db"), "file is not a database"),
        ("postgresql://me:hush@127.0.0.1:1/nets", "cannot be written to"),
    ):
        if url.startswith("postgresql"):
            pytest.importorskip("ase_db_backends.postgresql")
        done = run("generate", "-n", 1, "--database", url, "-o", tmp_path / "made")
        assert done.code == 2, done.err
        assert said in done.message
        assert "hush" not in done.message
        assert not (tmp_path / "made").exists()
    done = run("database", "query", "density<15", tmp_path / "missing.db")
    assert done.code == 2
    assert "no such database" in done.message


def test_a_run_fills_a_database_which_is_asked_and_exported(run: Run, tmp_path: Path) -> None:
    cell = ("--cell", 13.675, 14.767, "--space-group", "R-3m")
    quick = ("-n", 8, "--batch", 8, "--steps", 12, "--repair", 3, "--relax", 0)
    url = tmp_path / "nets.db"
    done = run("solve", *cell, *quick, "--database", url, "-o", tmp_path / "run")
    assert done.code == 0, done.err
    rows = (tmp_path / "run" / "frameworks.csv").read_text().splitlines()[1:]
    with_structure = len(list((tmp_path / "run" / "standard").glob("*.cif")))
    asked = run("database", "query", "framework_type=CHA", url)
    assert asked.code == 0
    assert "1 frameworks" in asked.out
    assert "R-3m" in asked.out
    out = tmp_path / "exported"
    assert run("database", "export", url, "-o", out).code == 0
    exported = (out / "frameworks.csv").read_text().splitlines()[1:]
    assert len(exported) == with_structure <= len(rows)
    assert '"CHA"' in (out / "report.html").read_text()
    assert json.loads((out / "run.json").read_text())["request"]["verb"] == "database export"
    first = zeoloom.read_framework(tmp_path / "run" / "standard" / "CHA.cif")[0]
    second = zeoloom.read_framework(out / "frameworks" / "CHA.cif")[0]
    assert abs(first.frac_t - second.frac_t).max() < 1e-9
    nothing = run("database", "export", url, "--query", "density>900", "-o", tmp_path / "none")
    assert nothing.code == 2
    assert "no framework of the database fits 'density>900'" in nothing.message

    merged = tmp_path / "merged.db"
    done = run("database", "merge", tmp_path / "run", out, merged)
    assert done.code == 0, done.err
    assert database_at(str(merged)).count() == with_structure
    assert f"{out}: {len(exported)} frameworks, 0 of them were not there yet" in done.text
    kept = next(
        each for each in open_database(str(merged)).facts(parsed_query("framework_type=CHA"), 1)
    )
    assert (kept["space_group"], kept["n_t"]) == ("R-3m", 36)
    refused = run("database", "merge", tmp_path, merged)
    assert refused.code == 2
    assert "holds no frameworks.csv" in refused.message


def test_a_table_gives_back_what_was_written(tmp_path: Path) -> None:
    from zeoloom.run.framework_table import write_frameworks  # noqa: PLC0415 - only here

    [framework] = some_frameworks(range(3, 4), "net", 14.25)
    write_frameworks(tmp_path, [framework], {})
    import csv  # noqa: PLC0415 - only here

    with (tmp_path / "frameworks.csv").open(newline="") as stream:
        [row] = csv.DictReader(stream)
    again = _judgement_of(tmp_path, row)
    assert again is not None
    assert replace(again, framework=None, notices=()) == replace(framework, framework=None)
    Store(None)([framework])

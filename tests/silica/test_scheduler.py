"""A Dask cluster does what processes here do; its workers may die, and others are refused."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import zeoloom
from crystal_examples import shipped_crystal
from silica_examples import known
from training_examples import seeded
from zeoloom.errors import InputError
from zeoloom.run.database import database_at
from zeoloom.run.pools import pool_at, pool_with_weights
from zeoloom.silica import scheduler
from zeoloom.silica.scheduler import Scheduler, code_digest, done_by_worker
from zeoloom.structure.files.cif_out import cif_text

if TYPE_CHECKING:
    from collections.abc import Iterator

distributed = pytest.importorskip("distributed", reason="needs the extra cluster: distributed")

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("default"),  # those of Dask and of its servers
]

SLOW_JOB = """
import os, time

def work(seconds):
    time.sleep(seconds)
    return os.getpid()
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "slow_job.py").write_text(SLOW_JOB)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", os.pathsep.join(each for each in sys.path if each))
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local:
            yield local


def test_pieces_are_done_and_those_that_fail_say_why(cluster: Any) -> None:
    with Scheduler(cluster.scheduler_address) as pool:
        assert pool.count == 2
        outcomes = pool.run(len, ["abc", "", 3], seconds=60.0)  # type: ignore[list-item]
        assert [each.value for each in outcomes] == [3, 0, None]
        assert outcomes[2].reason == "TypeError: object of type 'int' has no len()"
        from slow_job import work  # noqa: PLC0415 - made by the fixture

        [late] = pool.run(work, [600], seconds=1.5)
        assert (late.status, late.reason) == ("timed out", "not done after 1.5 s")


def test_a_worker_that_is_killed_costs_nothing(cluster: Any) -> None:
    from slow_job import work  # noqa: PLC0415 - made by the fixture

    with Scheduler(cluster.scheduler_address) as pool:
        victim = next(iter(cluster.workers.values())).pid
        threading.Timer(1.0, os.kill, (victim, signal.SIGKILL)).start()
        outcomes = pool.run(work, [0.5] * 8, seconds=60.0)
        assert [each.status for each in outcomes] == ["done"] * 8
        deadline = time.monotonic() + 60
        while len(pool._client.nthreads()) < 2 and time.monotonic() < deadline:
            time.sleep(0.2)  # another one takes its place


def test_others_are_refused(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "CONNECTING", 1.0)
    with pytest.raises(InputError, match="nothing answers there"):
        Scheduler("tcp://127.0.0.1:9")
    outcome = done_by_worker(len, "abc", 10.0, "0" * 64)
    assert outcome.status == "failed"
    assert "has other code or packages" in outcome.reason
    address = cluster.scheduler_address
    monkeypatch.setattr(scheduler, "CONNECTING", 20.0)
    with pytest.raises(InputError, match="2 of 2 workers have other weights"):
        pool_with_weights(1, address, "equivariant", shipped_crystal())
    with pytest.raises(InputError, match="give one of the two"):
        pool_at(2, address)
    monkeypatch.setattr(scheduler, "RESULT_PACKAGES", ())
    code_digest.cache_clear()
    try:
        with pytest.raises(InputError, match="2 of 2 workers have other code or packages"):
            Scheduler(address)
    finally:
        code_digest.cache_clear()
    assert not (tmp_path / "made").exists()


def test_a_cluster_judges_files_and_fills_a_database(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where no worker stands
    for code in ("ABW", "SOD"):
        Path(f"{code}.cif").write_text(cif_text(known(code)))
    Path("again.cif").write_text(cif_text(known("SOD")))
    tables = []
    for name, where in (("here", None), ("there", cluster.scheduler_address)):
        request = zeoloom.JudgeRequest(sources=(Path(),), relax=False, pores=False)
        database = str(tmp_path / "nets.db")
        folder = tmp_path.with_name(f"{tmp_path.name}-{name}")
        judged = zeoloom.judge_files(request, folder, scheduler=where, database=database)
        assert judged.counts["valid"] == 3
        tables.append((folder / "frameworks.csv").read_text())
        assert sorted(each["name"] for each in database_at(database).facts((), 9)) == ["ABW", "SOD"]
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_a_cluster_finds_what_one_process_finds(cluster: Any, tmp_path: Path) -> None:
    asked = {
        "cell": (13.675, 14.767),
        "space_group": "R-3m",
        "n": 12,
        "batch": 4,
        "steps": 12,
        "repair": 3,
        "relax": 0,
    }
    request = zeoloom.parse_request(zeoloom.SolveRequest, asked)
    tables = []
    for name, where in (("here", None), ("there", cluster.scheduler_address)):
        folder = tmp_path / name
        zeoloom.make_frameworks(
            request, shipped_crystal(), folder, generator=seeded(0), scheduler=where
        )
        tables.append((folder / "frameworks.csv").read_text())
    assert tables[0] == tables[1]
    assert tables[0].count("\n") > 1

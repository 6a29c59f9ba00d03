"""`watch`: the page on a run that goes on, and on a database, in a browser."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from test_database import some_frameworks

import zeoloom
from browser import Browser, browser_session
from zeoloom.errors import InputError
from zeoloom.run.database import open_database, store_frameworks
from zeoloom.run.folder import finish_run, open_run
from zeoloom.run.framework_table import write_frameworks
from zeoloom.run.judgement_json import judgement_to_json
from zeoloom.run.watching import FRESH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Run
    from zeoloom.run.folder import RunFolder

pytestmark = pytest.mark.long


@contextmanager
def served(source: object) -> Iterator[int]:
    with zeoloom.watch_server(zeoloom.WatchRequest(source=str(source), port=0)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def answer(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def add_batch(run: RunFolder, index: int, numbers: range) -> None:
    judgements = {
        f"print {i}": judgement_to_json(each)
        for i, each in zip(numbers, some_frameworks(numbers, f"<b>{index}"), strict=True)
    }
    batch = {
        "tried": 8,
        "valid_at_once": 1,
        "times_met": {},
        "judgements": judgements,
        "seconds": {"anneal": 3.0, "refine": 1.0},
        "elapsed": 4.0 * (index + 1),
    }
    run.journal.add("batch", str(index), batch, 4.0)


def until(browser: Browser, name: str, wanted: str) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        text = browser.text(name)
        if wanted in text:
            return text
        time.sleep(0.1)
    raise AssertionError(f"{wanted!r} is not in {browser.text(name)!r}")


def test_a_run_that_goes_on_in_a_browser(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", {"verb": "generate"}, resume=False)
    add_batch(run, 0, range(3))
    with served(run.path) as port, browser_session(tmp_path / "profile", []) as browser:
        browser.call("POST", "/url", {"url": f"http://127.0.0.1:{port}/"})
        assert "8tried3nets3new" in until(browser, "counts", "8tried")
        assert browser.text("state") == "running"
        assert browser.text("title") == "zeoloom generate: run"
        assert "anneal375 %2.67" in browser.text("stages")  # eight crystals in three seconds
        assert "<b>0-2" in browser.text("newest"), "a name is text, not markup"
        add_batch(run, 2, range(3, 8))
        with run.journal.path.open("ab") as stream:
            stream.write(b'\n{"step": "batch", "name": "1", "resul')  # being written
        counts = until(browser, "counts", "16tried")
        assert "8nets8new8families" in counts
        assert "2,400new per hour" in counts  # eight in twelve seconds
        points = browser.run("return document.getElementById('series').getAttribute('points')")
        assert len(points.split()) == 3
        assert browser.text("range") == "0 to 12 s, 0 to 8"
        best = some_frameworks(range(2), "best", 11.0)
        write_frameworks(run.path, best, {})
        finish_run(run, {"counts": {"tried": 16, "new": 2}, "seconds": {"anneal": 6.0}})
        assert "16tried2new" in until(browser, "counts", "2new")
        assert browser.text("state") == "finished"
        assert "best-0" in browser.text("newest")
        assert browser.complaints() == []
    with served(run.path) as port:
        state = json.loads(answer(port, "/state.json")[1])
        assert (state["state"], state["counts"]["tried"]) == ("finished", 16)
        assert state["stages"] == [["anneal", 6.0, 1.0, 2.67]]


def test_a_run_of_two_processes_and_two_viewers(run: Run, tmp_path: Path) -> None:
    asked = ("solve", "--cell", 13.675, 14.767, "--space-group", "R-3m", "-n", 12, "--batch", 2)
    folder, quick = tmp_path / "run", ("--steps", 12, "--repair", 3, "--relax", 0, "--workers", 2)
    seen: dict[str, list[int]] = {"one": [], "two": []}
    ended = threading.Event()

    def view(name: str) -> None:
        while not (folder / "run.json").exists() and not ended.is_set():
            time.sleep(0.02)
        with served(folder) as port:
            while seen[name][-1:] != [12] and not ended.is_set():
                code, text = answer(port, "/state.json")
                assert code == 200, text
                seen[name].append(json.loads(text)["counts"].get("tried", 0))

    viewers = [threading.Thread(target=view, args=(name,)) for name in seen]
    for each in viewers:
        each.start()
    try:
        assert run(*asked, *quick, "-o", folder).code == 0
        for each in viewers:
            each.join(timeout=30)
    finally:
        ended.set()
    for counts in seen.values():
        assert counts == sorted(counts)
        assert counts[-1] == 12


def test_a_database_that_grows(tmp_path: Path) -> None:
    url = tmp_path / "nets.db"
    database = open_database(str(url))
    store_frameworks(database, some_frameworks(range(3)))
    with served(url) as port:
        code, text = answer(port, "/state.json")
        state: dict[str, Any] = json.loads(text)
        assert (code, state["counts"]["frameworks"], state["state"]) == (200, 3, "open")
        store_frameworks(database, some_frameworks(range(3, 5), "late", 9.0))
        time.sleep(1.2 * FRESH)  # until then both viewers are shown the same
        state = json.loads(answer(port, "/state.json")[1])
        assert (state["counts"]["frameworks"], state["counts"]["with energy"]) == (5, 2)
        assert state["newest"][0][0] == "late-4"
        assert state["state"] == "growing"


def test_only_this_machine_is_answered(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", {"verb": "generate"}, resume=False)
    with served(run.path) as port:
        assert answer(port, "/")[0] == 200
        assert answer(port, "/", "localhost")[0] == 200
        assert answer(port, "/state.json", "evil.example")[0] == 403
        assert answer(port, "/../../etc/passwd")[0] == 404
        with pytest.raises(InputError, match=f"--port {port}"):
            zeoloom.watch_server(zeoloom.WatchRequest(source=str(run.path), port=port))
    with pytest.raises(InputError, match=r"holds no run\.json"):
        zeoloom.watch_server(zeoloom.WatchRequest(source=str(tmp_path)))
    with pytest.raises(InputError, match="no such database"):
        zeoloom.watch_server(zeoloom.WatchRequest(source=str(tmp_path / "none.db")))

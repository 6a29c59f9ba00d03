"""What `solve` and `generate` refuse, before any work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zeoloom.run import search_targets

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

pytestmark = pytest.mark.long

CELL = ("--cell", 13.675, 13.675, 14.767, 90, 90, 120)
CHA = (*CELL, "--space-group", "R-3m")


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("solve", *CELL, "--space-group", "Pm-3m"), "the nearest that it allows is 14.048"),
        (("solve", "--cell", 9, 9, 9, "--space-group", "R-3m"), "2 numbers (a c), or all six"),
        (("solve", "--cell", "--space-group", "R-3m"), "--cell"),
        (("solve", *CELL, "--space-group", "R-4m"), "--space-group: no space group 'R-4m'"),
        (("solve", *CELL, "--space-group", 231), "expected 1 to 230"),
        (("solve", "--cell", 3, 3, 3, 90, 90, 90, "--space-group", 1), "in a cell of 27 Å^3"),
        (("solve", "--cell", 0, 3, 3, 90, 90, 90, "--space-group", 1), "must be positive"),
        (("solve", *CHA, "--atoms", 37), "they can give 33, 36, 39"),
        (("solve", *CHA, "--atoms", 100), "zeolites have 7 to 22"),
        (("solve", *CHA, "--unique-atoms", "4-2"), "unique_atoms 4-2: expected a least above 0"),
        (("solve", *CHA, "--unique-atoms", 0), "unique_atoms 0-0: expected a least above 0"),
        (("solve", *CHA, "--unique-atoms", "1-99"), "unique_atoms 1-99: at most 32"),
        (("solve", *CHA, "--unique-atoms", "one"), "--unique-atoms: expected a number, or two"),
        (("solve", *CHA, "--tolerance", 1), "--tolerance: "),
        (("solve", *CHA, "-n", 5, "--seconds", 5), "two budgets; give one of them"),
        (("solve", *CHA, "-n", 0), "-n: Input should be greater than or equal to 1"),
        (("solve", *CHA, "--seconds", "nan"), "--seconds: "),
        (("solve", *CHA, "--seconds", -1), "--seconds: "),
        (("solve", *CHA, "--batch", 0), "--batch: "),
        (("solve", *CHA, "--model", "no-such"), "no model no-such: give one of equivariant"),
        (("solve", "--space-group", "R-3m"), "--cell is missing; give it, or --pattern"),
        (("solve", *CELL), "--space-group is missing; give it, or --pattern"),
        (("solve", *CELL, "--space-group", "auto"), "--space-group is missing"),
        (("solve", *CELL, "--space-group", "R-3m,R-4m"), "--space-group: no space group 'R-4m'"),
        (("solve", *CHA, "--radiation", "neutron"), "--radiation is of a --pattern"),
        (("solve", *CHA, "--no-guide"), "--no-guide is of a --pattern"),
        (("solve", *CHA, "--tolerance", 0.1), "--tolerance is of --atoms"),
        (("solve", *CHA, "--density", "30-40"), "zeolites have 7 to 22"),
        (("solve", *CHA, "--pattern", "no-such"), "no-such"),
        (("join", *CELL), "a crystal needs --cell and --space-group, --space-group is missing"),
        (("join", "--space-group", "R-3m"), "--cell is missing"),
        (("join", "--atoms", 36), "--atoms: only for crystals; give --cell and --space-group too"),
        (("join", *CHA, "--mode", "sequential"), "--mode: only for clusters in open space"),
        (("join", *CHA, "-n", 4, "--points", 40), "-n, --points: only for clusters in open space"),
        (("join", *CHA, "--atoms", 37), "they can give 33, 36, 39"),
        (("join", *CHA, "--model", "crystal"), "was learned on whole frameworks"),
        (("join", *CELL, "--space-group", "Pm-3m"), "the nearest that it allows is 14.048"),
        (("join", "--cell", 9, "--space-group", "R-3m"), "2 numbers (a c), or all six"),
        (("join", "--cell", 99, "--space-group", "Fm-3m"), "has a decimal point slipped"),
        (("generate", "--density", "1-2"), "density 1-2: it is 7 to 22"),
        (("generate", "--density", "20-12"), "20-12: the least comes first"),
        (
            ("generate", "--density", 12),
            "exactly 12: expected a range such as 11.5-12.5",
        ),
        (("generate", "--density", "12-12"), "such as 11.5-12.5"),
        (
            ("generate", "--space-group", "Fm-3m", "--atoms", 5, "--unique-atoms", 1),
            "1 of them cannot give 5 T atoms. Possible are 4, 8, 24 T atoms",
        ),
        (
            ("generate", "--space-group", "P21/n", "--atoms", 24, "--unique-atoms", 3),
            "Possible are 8, 10, 12 T atoms, or 6 to 12 unique T atoms",
        ),
        (
            ("generate", "--space-group", "P-1", "--atoms", 8, "--cells", "known"),
            "no known framework type in P-1 has",
        ),
        (
            ("generate", "--space-group", "P1", "--cells", "known"),
            "no known framework type in P1 has",
        ),
        (
            ("generate", "--atoms", "200", "--unique-atoms", 1, "--density", "7-7.1"),
            "no cell was found in 100 tries; widen these",
        ),
        (("generate", "--cells", "new"), "--cells: "),
        (("generate", "--density", "dense"), "--density: expected a number, a range such as"),
        (("generate", "--atoms", "0-0"), "atoms 0: it is 1 to 10000"),
        (("generate", "--chiral", "--space-group", "Pnma"), "no space group is left"),
        (("generate", "--rings", 3, "--no-rings", 3), "rings 3 and no_rings 3"),
        (("generate", "--contains", "d4r", "--no-rings", 4), "d4r has 4-rings"),
        (("generate", "--likeness", 2), "--likeness: it is 0 to 1 in any framework, got '2'"),
        (("generate", "--like", "CHA:0"), "expected a distance above 0 Å"),
        (("generate", "--atoms", "2-3", "--cells", "known"), "no known framework type has"),
        (("generate", "--unique-atoms", "40-"), "unique_atoms 40-: at most 32"),
        (("generate", "--max-r-dls", 0), "--max-r-dls: "),
        (("generate", "--space-group", "Zz"), "--space-group: no space group 'Zz'"),
        (("generate", "-n", 3, "--seconds", 3), "two budgets"),
    ],
    ids=lambda value: (
        None if isinstance(value, str) else " ".join(map(str, (value[0], *value[-2:])))
    ),
)
def test_what_cannot_be_is_refused_and_nothing_written(
    run: Run, tmp_path: Path, arguments: tuple[object, ...], complaint: str
) -> None:
    done = run(*arguments, "-o", tmp_path / "run")
    assert done.code == 2
    assert complaint in done.message
    assert contents(tmp_path) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve", *CELL, "--space-group", "Pm-3m"),
        ("solve", *CHA, "--atoms", 37),
        ("generate", "--atoms", "2-3", "--cells", "known"),
        ("join", *CHA, "--model", "crystal"),
        ("join", *CHA, "--clusters", 3),
    ],
    ids=str,
)
def test_a_dry_run_refuses_it_too(run: Run, arguments: tuple[object, ...], tmp_path: Path) -> None:
    refused = [run(*arguments, *dry, "-o", tmp_path / "run") for dry in ((), ("--dry-run",))]
    assert [done.code for done in refused] == [2, 2]
    assert refused[0].message == refused[1].message


def test_a_folder_in_use(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for verb, flags in (("solve", CHA), ("generate", ())):
        done = run(verb, *flags, "-n", 1, "-o", tmp_path)
        assert done.code == 2
        assert f"{tmp_path} exists and is not empty" in done.message
        done = run(verb, *flags, "-n", 1, "-o", tmp_path, "--resume")
        assert done.code == 2
        assert "holds no interrupted run" in done.message
    assert contents(tmp_path) == {"mine.txt"}


@pytest.mark.parametrize("verb", ["sample", "join"])
def test_clusters_need_a_model_of_clusters(run: Run, tmp_path: Path, verb: str) -> None:
    for dry in ((), ("--dry-run",)):
        done = run(verb, "-n", 1, "--model", "crystal", *dry, "-o", tmp_path / "run")
        assert done.code == 2
        assert "the model crystal was learned on whole frameworks" in done.message
    assert contents(tmp_path) == set()


@pytest.mark.parametrize("asked", [("--energy", "-20"), ("--likeness", "0.3-"), ("--lid",)])
def test_energies_need_lammps(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    monkeypatch.setattr(search_targets, "find_spec", lambda _: None)
    done = run("generate", *asked, "-o", tmp_path / "made")
    assert done.code == 2
    assert "energies are asked for, and LAMMPS is not installed" in done.err
    assert not (tmp_path / "made").exists()

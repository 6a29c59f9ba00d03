"""The benchmark beside simulated annealing: a FraGen that is none, and our own annealer."""

from __future__ import annotations

import importlib
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from crystal_examples import group_of, random_cell
from paths import ROOT
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits, project_onto_sites, separations
from zeoloom.search.candidates import candidate_fingerprint, points_to_atoms
from zeoloom.search.target import Target, target_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.long

BENCHMARKS = ROOT / "benchmarks"

CHA_SITE = load_reference()["CHA"].frac_t[0]
"""One T atom, in the group of the reference."""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Imports a benchmark as it is when its neighbour is run."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(BENCHMARKS)])
    return importlib.import_module


@pytest.fixture
def against(
    module: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """Runs the benchmark: exit code, what it printed, what it complained of."""
    main = module("against").main

    def run_it(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["against.py", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return run_it


def program(folder: Path, body: str) -> Path:
    """A program of FraGen's manners: it knows its keywords, and writes what the body says."""
    path = folder / "fragen"
    start = """\
        #!/usr/bin/env python3
        import sys, time
        asked = dict(line.split(" ", 1) for line in open(sys.argv[1]).read().splitlines()[:-1])
        output = open(asked["OUTF"], "w")
    """
    path.write_text(textwrap.dedent(start) + textwrap.dedent(body))
    path.chmod(0o755)
    return path


def row_of(printed: str, code: str) -> list[str]:
    return next(line.split() for line in printed.splitlines() if line.startswith(code))


# ---- a program of somebody else ----------------------------------------------------------------


def test_one_hit_and_nonsense(against: Callable[..., Any], tmp_path: Path) -> None:
    x, y, z = CHA_SITE
    fake = program(
        tmp_path,
        f"""
        assert asked["CELL"].split()[3:] == ["90.0000", "90.0000", "120.0000"]
        assert asked["SPGR"] == "R-3m" and asked["UNIQ"] == "T 1" and asked["SEED"] == "7"
        assert asked["TEMP"] == "20.0 7.0 3.0 1.7 0.8"
        print("Cycle 1   Cost = 10.52\\n T1 {x:.5f} {y:.5f} {z:.5f} 36", file=output)
        print("Cycle 2   Cost = 99.01\\n T1 0.00000 0.00000 0.00000 3", file=output)
        print("Cycle 3   Cost = 11.00", file=output)
        """,
    )
    code, out, err = against("--fragen", fake, "--codes", "CHA", "--seed", 7)
    assert (code, err) == (0, "")
    code_, unique, cycles, valid, different, hits, first, *_ = row_of(out, "CHA")
    assert (code_, unique, cycles, valid, different, hits) == ("CHA", "1", "2", "1", "1", "1")
    assert 0 < float(first) < 20
    assert "FraGen 20 s: 202" in out
    assert out.splitlines()[-1] == "1 of 1 found by FraGen in 20 s each, seed 7"

    # the same program, which wants CHA, asked for another type
    code, out, err = against("--fragen", fake, "--codes", "CHA", "SOD", "--seed", 7)
    assert code == 2
    assert row_of(out, "CHA")[5] == "1"
    assert "for SOD: it wrote 0 bytes to run.out, ended with code 1 after" in err
    assert "AssertionError" in err


def test_a_program_without_end_is_stopped_and_read(
    against: Callable[..., Any], tmp_path: Path
) -> None:
    places = "\\n".join(" ".join(f"{v:.4f}" for v in [*CHA_SITE]) for _ in range(2))
    fake = program(
        tmp_path,
        f"""
        output.write("cost 12.0\\n{places}\\n")
        output.flush()
        time.sleep(0.2)
        output.write("cost 12.0\\n{places}\\ncost 12.0\\n0.1000 0.2000 0.30")
        output.flush()
        time.sleep(60)
        """,
    )
    code, out, _ = against("--fragen", fake, "--codes", "CHA", "--seconds", 3)
    assert code == 0
    # the third cycle was broken off within its only line
    _, _, cycles, valid, _, hits, first, rate, *_ = row_of(out, "CHA")
    assert (cycles, valid, hits) == ("2", "2", "2")
    assert float(first) < 3
    assert float(rate) == pytest.approx(2 / 3, rel=0.3)


def test_types_without_a_cycle_once_the_output_is_understood(
    against: Callable[..., Any], tmp_path: Path
) -> None:
    x, y, z = CHA_SITE
    fake = program(
        tmp_path,
        f"""
        if asked["TITL"] == "CHA":
            print("cost 3", "T1  {x:.4f}, {y:.4f}, {z:.4f}", sep="\\n", file=output)
        """,
    )
    code, out, _ = against("--fragen", fake, "--codes", "CHA", "MFI")
    assert code == 0
    assert row_of(out, "MFI")[1:7] == ["12", "0", "0", "0", "0", "never"]
    assert "FraGen 20 s: never" in out
    assert "1 of 2 found" in out
    code, _, err = against("--fragen", fake, "--codes", "MFI", "CHA")
    assert code == 2
    assert "for MFI: it wrote 0 bytes to run.out, ended with code 0" in err


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("output.write('no zeolites today')", "it wrote 17 bytes"),
        ("output.write('cost 3\\n36 T atoms\\n4 9 17\\n')", "and said: nothing"),
        ("sys.exit('TITL is no keyword')", "and said: TITL is no keyword"),
    ],
)
def test_output_that_cannot_be_read(
    against: Callable[..., Any], tmp_path: Path, body: str, message: str
) -> None:
    code, out, err = against("--fragen", program(tmp_path, body), "--codes", "CHA")
    assert code == 2
    assert out == ""
    assert err.startswith("error  no cycle can be read")
    assert message in err
    assert "--template" in err


def test_programs_that_are_none(against: Callable[..., Any], tmp_path: Path) -> None:
    code, _, err = against("--fragen", tmp_path / "missing")
    assert code == 2
    assert f"there is no program {tmp_path / 'missing'}" in err
    note = tmp_path / "note"
    note.write_text("not a program")
    code, _, err = against("--fragen", note)
    assert code == 2
    assert "is not executable" in err
    note.chmod(0o755)
    code, _, err = against("--fragen", note)
    assert code == 2
    assert "cannot be run: Exec format error" in err


def test_input_that_makes_no_sense(against: Callable[..., Any], tmp_path: Path) -> None:
    fake = program(tmp_path, "")
    for arguments, message in (
        ((), "one of the arguments --fragen --annealing --print-template is required"),
        (("--fragen", fake, "--codes", "XYZ"), "no framework type XYZ"),
        (("--annealing", "--seconds", 0), "give it some time"),
        (("--fragen", fake, "--template", tmp_path / "none"), "cannot be read"),
    ):
        code, _, err = against(*arguments)
        assert code == 2
        assert message in err


def test_another_template(against: Callable[..., Any], tmp_path: Path) -> None:
    code, printed, _ = against("--print-template")
    assert code == 0
    x, y, z = CHA_SITE
    fake = program(
        tmp_path,
        f"""
        assert asked["MINE"] == "166 36", asked
        print("COST", 1, "\\n", {x:.4f}, {y:.4f}, {z:.4f}, file=output)
        """,
    )
    template = tmp_path / "mine.txt"
    template.write_text(f"MINE {{space_group_number}} {{n_t}}\n{printed}")
    code, out, _ = against("--fragen", fake, "--template", template, "--codes", "CHA")
    assert code == 0
    assert row_of(out, "CHA")[5] == "1"
    template.write_text("TITL {name}\n")
    code, _, err = against("--fragen", fake, "--template", template, "--codes", "CHA")
    assert code == 2
    assert "cannot be filled in: 'name'; names in braces are title, output," in err


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("0.1 0.2 0.3", (0.1, 0.2, 0.3)),
        ("T1 0.1 0.2 0.3", (0.1, 0.2, 0.3)),
        (" 1  Si1  -0.10000  0.20000  1.30000  36  m", (-0.1, 0.2, 1.3)),
        ("0.1 0.2 0.3 4 9 17", (0.1, 0.2, 0.3)),
        ("12.5 0.1 0.2 0.3", (0.1, 0.2, 0.3)),
        ("T (1.0e-1, 0.2, .3)", (0.1, 0.2, 0.3)),
        ("CELL 13.675 13.675 14.767 90.0 90.0 120.0", None),
        ("4 9 17 29 45", None),
        ("T1-T1 3.05 3.11", None),
        ("0.1 0.2", None),
        ("", None),
    ],
)
def test_sites_are_read_with_tolerance(
    module: Callable[[str], Any], line: str, place: tuple[float, ...] | None
) -> None:
    written = f"0.9 0.9 0.9\ncycle 4: the cost is 8.5\n{line}\n".encode()
    cycles = module("fragen").cycles_in(written)
    assert len(cycles) == (place is not None)
    for frac, end in cycles:
        np.testing.assert_allclose(frac, [place])
        assert end == len(written)


# ---- our own annealer --------------------------------------------------------------------------


def cost_in_the_full_cell(kernel: Any, frac: np.ndarray, site: Target) -> float:
    """The cost of asymmetric atoms (n, 3) as its definition says, from all atoms of the cell."""
    full, _ = expand_orbits(frac, site.operations, site.cell, kernel.SAME_PLACE)
    cost = 0.0
    for atom in frac:
        near = neighbours_within(atom[None], full, site.cell, kernel.BOND_CUTOFF)
        around = (full[near.point] + near.shift - atom) @ site.cell
        lengths = np.linalg.norm(around, axis=1)
        around, lengths = around[lengths > kernel.SAME_PLACE], lengths[lengths > kernel.SAME_PLACE]
        cost += 25.0 * abs(len(around) - 4) + 10.0 * ((lengths - 3.1) ** 2).sum()
        apart = np.linalg.norm(around[:, None] - around, axis=2)[np.triu_indices(len(around), 1)]
        cost += 5.0 * ((apart - 5.0) ** 2).sum()
    return float(cost)


def test_the_cost_of_a_move_is_that_from_scratch(module: Callable[[str], Any]) -> None:
    kernel, annealing = module("annealing_kernel"), module("annealing")
    special = 0
    for seed in range(25):
        which = f"seed {seed}"
        rng = np.random.default_rng(seed)
        operations = group_of(int(rng.integers(1, 531)))
        cell = random_cell(operations, (5.0, 14.0), rng)
        n = int(rng.integers(1, 6))
        site = Target(cell, operations, 1, "", n)
        group = annealing.layout_of(site)
        now = kernel.atoms_at(rng.random((n, 3)), group)
        trial = kernel.atoms_at(now.points, group)
        for _ in range(40):
            i = int(rng.integers(n))
            before = now.costs.sum()
            change = kernel.propose(i, now, trial, group, 0.8, rng)
            if rng.random() < 0.6:
                kernel.accept(i, now, trial)
                after = before + change
            else:
                kernel.refuse(i, now, trial)
                after = before
            again = kernel.atoms_at(now.points, group)
            assert now.costs.sum() == pytest.approx(after), which
            np.testing.assert_allclose(now.costs, again.costs, err_msg=which)
            np.testing.assert_array_equal(now.orders, again.orders, err_msg=which)
            if (now.counts < kernel.MOST_NEIGHBOURS).all() and is_settled(now, site):
                wanted = cost_in_the_full_cell(kernel, now.positions, site)
                assert now.costs.sum() == pytest.approx(wanted), which
                special += int((now.orders > 1).sum())
    assert special > 100


def is_settled(now: Any, site: Target) -> bool:
    """Whether atoms that were merged with images lie on special positions: not so in heaps."""
    snapped = project_onto_sites(now.positions, site.operations, site.cell, 1.2)
    return bool(separations(now.positions, snapped, site.cell).max() < 1e-6)


def test_known_types_are_found(module: Callable[[str], Any]) -> None:
    annealing = module("annealing")
    for code in ("CHA", "SOD"):
        framework = load_reference()[code]
        site = target_of(framework, 1)
        wanted = candidate_fingerprint(points_to_atoms(framework.frac_t, site))
        rng = np.random.default_rng(0)
        cycles = annealing.anneal(site, 60.0, rng, most=12)
        candidates = [points_to_atoms(cycle.frac, site) for cycle in cycles]
        assert wanted in [candidate_fingerprint(each) for each in candidates if each.valid], code
        times = [cycle.seconds for cycle in cycles]
        assert times == sorted(times)


def test_the_table_of_the_annealer(against: Callable[..., Any]) -> None:
    code, out, _ = against("--annealing", "--codes", "CHA", "MFI", "--seconds", 0.5)
    assert code == 0
    assert int(row_of(out, "CHA")[5]) > 0
    assert row_of(out, "MFI")[5:7] == ["0", "never"]
    assert out.splitlines()[-1] == "1 of 2 found by annealing in 0.5 s each, seed 0"

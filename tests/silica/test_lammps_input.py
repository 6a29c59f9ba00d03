"""Input of LAMMPS. That it leads to the same energy, the test of `with_lammps.py` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import zeoloom
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path


def test_the_files(tmp_path: Path) -> None:
    path = zeoloom.save_lammps_input(tmp_path, load_reference()["SOD"])
    assert path == tmp_path / "relax.in"
    assert "SOD: 6 SiO2" in path.read_text(encoding="utf-8")
    data = (tmp_path / "framework.data").read_text(encoding="utf-8")
    atoms = data.split("Atoms # full\n\n")[1].split("\n\n")[0].splitlines()
    charges = [float(line.split()[3]) for line in atoms]
    assert len(charges) == 6 + 12 + 12
    assert np.isclose(sum(charges), 0.0, atol=1e-9)


def test_what_is_no_silica(tmp_path: Path) -> None:
    bare = zeoloom.framework_from_ase(
        zeoloom.framework_to_ase(load_reference()["SOD"], oxygen=False)
    )[0]
    with pytest.raises(zeoloom.InputError, match=r"expected SiO2 .* refine the framework first"):
        zeoloom.save_lammps_input(tmp_path, bare)
    assert not list(tmp_path.iterdir())

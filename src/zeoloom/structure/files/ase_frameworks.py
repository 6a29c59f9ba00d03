"""Many frameworks in one file: extended XYZ, and an ASE database.

Both hold the whole cell of each, with facts about it; the symmetry is in the CIF files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ase.io
import numpy as np
from ase import Atoms
from ase.db import connect
from ase.db.core import check

from zeoloom.geometry.operations import expand_orbits
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.structure.records import Framework

Facts = Mapping[str, str | float | bool | None]
"""About one framework, by name; None and empty texts are left out."""


def save_extxyz(path: Path, frameworks: Sequence[Framework], facts: Sequence[Facts]) -> None:
    """Write frameworks as frames of an extended XYZ file.

    Args:
        path: the file.
        frameworks: with or without oxygen.
        facts: of each, for its comment line.

    Raises:
        InputError: if the place cannot be written to.
    """
    frames = []
    for framework, row in zip(frameworks, facts, strict=True):
        frames.append(whole_cell(framework))
        frames[-1].info.update(facts_known(row))
    write_atomically(path, lambda part: ase.io.write(part, frames, format="extxyz"))


def save_database(path: Path, frameworks: Sequence[Framework], facts: Sequence[Facts]) -> None:
    """Write frameworks as rows of an ASE database (SQLite).

    Args:
        path: the file.
        frameworks: with or without oxygen.
        facts: of each: its key-value pairs, so that `db.select("energy_kj_mol<16")` works. ASE
            takes no texts that look like numbers; those are in the row's `data` alone, where all
            facts are.

    Raises:
        InputError: if the place cannot be written to.
    """

    def write(part: Path) -> None:
        part.unlink(missing_ok=True)  # ASE would add to it
        with connect(part, type="db", use_lock_file=False) as database:
            for framework, row in zip(frameworks, facts, strict=True):
                database.write(
                    whole_cell(framework),
                    key_value_pairs=searchable_facts(row),
                    data=facts_known(row),
                )

    write_atomically(path, write)


def whole_cell(framework: Framework) -> Atoms:
    """Every atom of the cell, T atoms as silicon and first."""
    frac_t, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    frac_o, _ = expand_orbits(framework.frac_o, framework.operations, framework.cell)
    return Atoms(
        symbols=["Si"] * len(frac_t) + ["O"] * len(frac_o),
        scaled_positions=np.concatenate([frac_t, frac_o]),
        cell=framework.cell,
        pbc=True,
    )


def searchable_facts(facts: Facts) -> dict[str, str | float | bool]:
    """Those facts that ASE takes to search by: no texts that look like numbers."""
    return {name: value for name, value in facts_known(facts).items() if _searchable(value)}


def facts_known(facts: Facts) -> dict[str, str | float | bool]:
    """Those facts that say something."""
    return {name: value for name, value in facts.items() if value is not None and value != ""}


def _searchable(value: str | float | bool) -> bool:
    """Whether ASE takes a value as one to search by."""
    try:
        check({"value": value})
    except ValueError:
        return False
    return True

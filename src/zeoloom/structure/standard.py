"""The symmetry a framework truly has, and the framework in the standard setting of that group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import spglib

from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.geometry.operations import (
    SymmetryOperations,
    expand_orbits,
    project_onto_sites,
)
from zeoloom.geometry.space_groups import (
    operations_of_hall_number,
    quiet_spglib,
    standard_hall_number,
    symbol_of_hall_number,
)

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.records import Framework

SYMPREC = 0.01
"""Å. At 0.001 Å a fifth of the reference's groups are missed: their files are rounded."""

SILICON, OXYGEN = 14, 8


def standardised(framework: Framework, symprec: float = SYMPREC) -> Framework:
    """Find the space group of all atoms again and describe the framework in its standard setting.

    The setting is that of `standard_hall_number`: origin at the inversion centre, hexagonal axes,
    unique axis b. Atoms are moved onto the symmetry found, by up to `symprec`.

    Args:
        framework: with or without oxygen.
        symprec: Å, how far atoms may be from obeying an operation.

    Returns:
        The same framework; its T atoms keep their labels, those that the symmetry found makes equal
        share the first of theirs. If spglib finds no symmetry at all, the framework as given.
    """
    group, cell = framework.operations, framework.cell
    full_t, owner = expand_orbits(framework.frac_t, group, cell)
    full_o, _ = expand_orbits(framework.frac_o, group, cell)
    atoms = np.concatenate([full_t, full_o])
    numbers = np.repeat([SILICON, OXYGEN], [len(full_t), len(full_o)])
    found = _dataset(cell, atoms, numbers, symprec, 0)
    if found is None:
        return framework
    hall_number = standard_hall_number(int(found.number))
    if found.hall_number != hall_number:
        found = _dataset(cell, atoms, numbers, symprec, hall_number)
        if found is None:
            return framework
    # made anew from its parameters, so that right and hexagonal angles are exact
    standard_cell = cell_from_parameters(parameters_from_cell(np.array(found.std_lattice)))
    operations = operations_of_hall_number(hall_number)
    # given and standard cell meet in the primitive cell: through it each atom finds its orbit
    first_given = np.zeros(1 + max(found.mapping_to_primitive), dtype=np.int64)
    first_given[found.mapping_to_primitive[::-1]] = np.arange(len(atoms))[::-1]
    given = first_given[found.std_mapping_to_primitive]
    _, rows = np.unique(found.crystallographic_orbits[given], return_index=True)
    sites = project_onto_sites(np.array(found.std_positions)[rows], operations, standard_cell)
    is_t = found.std_types[rows] == SILICON
    labels = [framework.t_labels[owner[i]] for i in given[rows[is_t]]]
    return replace(
        framework,
        cell=standard_cell,
        space_group_number=int(found.number),
        space_group_symbol=symbol_of_hall_number(hall_number),
        operations=operations,
        frac_t=sites[is_t],
        t_labels=unique_labels(labels),
        frac_o=sites[~is_t],
    )


def symmetry_of_atoms(
    cell: FloatArray, frac_t: FloatArray, frac_o: FloatArray, symprec: float
) -> SymmetryOperations | None:
    """Every operation that atoms have, in their own cell; None if spglib finds not even one.

    Args:
        cell: (3, 3) Å.
        frac_t: (n, 3) all T atoms of the cell.
        frac_o: (m, 3) all oxygen atoms; may be empty.
        symprec: Å, how far atoms may be from obeying an operation.
    """
    numbers = np.repeat([SILICON, OXYGEN], [len(frac_t), len(frac_o)])
    found = _dataset(cell, np.concatenate([frac_t, frac_o]), numbers, symprec, 0)
    if found is None:
        return None
    return SymmetryOperations(found.rotations.astype(np.int64), np.array(found.translations))


def _dataset(
    cell: FloatArray, atoms: FloatArray, numbers: IntArray, symprec: float, hall_number: int
) -> spglib.SpglibDataset | None:
    """Spglib's findings; `hall_number` 0 asks for spglib's own choice of setting."""
    with quiet_spglib():
        return spglib.get_symmetry_dataset(
            (cell.tolist(), atoms.tolist(), numbers.tolist()),
            symprec=symprec,
            hall_number=hall_number,
        )


def unique_labels(labels: list[str]) -> tuple[str, ...]:
    """Labels with a, b ... after those that repeat: lower symmetry splits a site."""
    return tuple(
        f"{label}{'abcdefghijklmnopqrstuvwxyz'[labels[:i].count(label) % 26]}"
        if labels.count(label) > 1
        else label
        for i, label in enumerate(labels)
    )

"""One framework as CIF as people and programs write it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from silica_examples import with_axes, with_origin_at
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits
from zeoloom.structure.files.operation_lists import gemmi_operations, tabulated_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zeoloom.structure.records import Framework

CYCLE = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
"""Axes b, c, a."""

OBVERSE = np.array([[2, 1, 1], [-1, 1, 1], [-1, -2, 1]]) / 3
"""Rhombohedral axes in hexagonal ones."""


@dataclass(frozen=True)
class Atom:
    """A row of the atom list; a type of None leaves the column out."""

    label: str
    kind: str | None
    place: np.ndarray
    occupancy: str = ""


def atoms_of(framework: Framework, kind: str = "Si") -> list[Atom]:
    """The asymmetric atoms, labelled as in the framework."""
    atoms = [
        Atom(label, kind, x) for label, x in zip(framework.t_labels, framework.frac_t, strict=True)
    ]
    return atoms + [Atom(f"O{n}", "O", x) for n, x in enumerate(framework.frac_o, start=1)]


def all_atoms_of(framework: Framework) -> list[Atom]:
    """All atoms of the cell."""
    group, cell = framework.operations, framework.cell
    full_t, _ = expand_orbits(framework.frac_t, group, cell)
    full_o, _ = expand_orbits(framework.frac_o, group, cell)
    atoms = [Atom(f"Si{n}", "Si", x) for n, x in enumerate(full_t, start=1)]
    return atoms + [Atom(f"O{n}", "O", x) for n, x in enumerate(full_o, start=1)]


def triplets(operations: SymmetryOperations) -> list[str]:
    """Operations as files have them."""
    return [operation.triplet() for operation in gemmi_operations(operations)]


def written(
    cell: np.ndarray,
    atoms: Sequence[Atom],
    *,
    operations: Sequence[str] = (),
    symbol: str = "",
    hall: str = "",
    number: str = "",
    decimals: int = 6,
) -> str:
    """A CIF with the symmetry declared by any of four means, or none."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = ["data_x"]
    lines += [f"_cell_{n} {v:.5f}" for n, v in zip(names, parameters_from_cell(cell), strict=True)]
    if symbol:
        lines.append(f"_symmetry_space_group_name_H-M {gemmi.cif.quote(symbol)}")
    if hall:
        lines.append(f"_symmetry_space_group_name_Hall {gemmi.cif.quote(hall)}")
    if number:
        lines.append(f"_symmetry_Int_Tables_number {number}")
    if operations:
        lines += ["loop_", "_symmetry_equiv_pos_as_xyz", *(f"'{each}'" for each in operations)]
    lines += ["loop_", "_atom_site_label"]
    typed = all(atom.kind is not None for atom in atoms)
    shared = any(atom.occupancy for atom in atoms)
    lines += ["_atom_site_type_symbol"] if typed else []
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"]
    lines += ["_atom_site_occupancy"] if shared else []
    for atom in atoms:
        words = [gemmi.cif.quote(atom.label), *([gemmi.cif.quote(atom.kind)] if typed else [])]
        words += [f"{x:.{decimals}f}" for x in atom.place]
        lines.append(" ".join([*words, *([atom.occupancy or "1"] if shared else [])]))
    return "\n".join(lines) + "\n"


def with_operations(framework: Framework, atoms: Sequence[Atom], decimals: int = 6) -> str:
    """A CIF that lists its operations."""
    return written(
        framework.cell, atoms, operations=triplets(framework.operations), decimals=decimals
    )


def in_p1_listing(framework: Framework) -> str:
    """All atoms, in P 1."""
    return written(framework.cell, all_atoms_of(framework), symbol="P 1", operations=["x,y,z"])


def other_axes(framework: Framework) -> Framework:
    """The framework on axes b, c, a, or on rhombohedral ones where the lattice has them."""
    setting = tabulated_setting(framework.operations)
    if setting is None or setting.ext != "H":
        return with_axes(framework, CYCLE)
    kept: dict[str, gemmi.Op] = {}
    inverse = np.linalg.inv(OBVERSE)
    rotations, translations = [], []
    group = framework.operations
    for rotation, translation in zip(group.rotations, group.translations, strict=True):
        # columns of coordinates change by the inverse transpose
        turned = inverse.T @ rotation @ OBVERSE.T
        moved = np.round(np.mod(inverse.T @ translation, 1.0), 6) % 1.0
        operation = gemmi.Op()
        operation.rot = (np.rint(turned) * gemmi.Op.DEN).astype(int).tolist()
        operation.tran = np.rint(moved * gemmi.Op.DEN).astype(int).tolist()
        if operation.wrap().triplet() not in kept:
            kept[operation.triplet()] = operation
            rotations.append(np.rint(turned).astype(np.int64))
            translations.append(moved)
    return replace(
        framework,
        cell=OBVERSE @ framework.cell,
        operations=SymmetryOperations(np.array(rotations), np.array(translations)),
        frac_t=framework.frac_t @ inverse,
        frac_o=framework.frac_o @ inverse,
    )


def in_other_setting(framework: Framework) -> str:
    """On other axes, given by the symbol of that setting alone where it has one."""
    other = other_axes(framework)
    setting = tabulated_setting(other.operations)
    if setting is None:
        return with_operations(other, atoms_of(other))
    return written(other.cell, atoms_of(other), symbol=setting.xhm())


def at_other_origin(framework: Framework) -> str:
    """At the other of two origins, given by symbol; else at another one, given by operations."""
    setting = tabulated_setting(framework.operations)
    if setting is not None and setting.ext in ("1", "2"):
        wanted = "21"[int(setting.ext) - 1]
        for eighths in np.ndindex(8, 8, 8):
            moved = with_origin_at(framework, np.array(eighths) / 8)
            found = tabulated_setting(moved.operations)
            if found is not None and found.ext == wanted and found.qualifier == setting.qualifier:
                ending = {"1": " S", "2": ":2"}[wanted]
                return written(moved.cell, atoms_of(moved), symbol=found.hm + ending)
    moved = with_origin_at(framework, np.array([0.125, 0.25, 0.5]))
    return with_operations(moved, atoms_of(moved))


def by_hall_symbol(framework: Framework) -> str:
    """Given by the Hall symbol alone."""
    setting = tabulated_setting(framework.operations)
    if setting is None:
        return with_operations(framework, atoms_of(framework))
    return written(framework.cell, atoms_of(framework), hall=setting.hall)


def as_supercell(framework: Framework) -> str:
    """All atoms of two cells, along a."""
    double = np.diag([2.0, 1.0, 1.0])
    atoms = [
        replace(atom, place=(atom.place + np.array([shift, 0, 0])) / np.diag(double))
        for shift in (0, 1)
        for atom in all_atoms_of(framework)
    ]
    return written(double @ framework.cell, atoms, symbol="P 1")


def without_oxygen(framework: Framework) -> str:
    """T atoms only."""
    atoms = [atom for atom in atoms_of(framework) if atom.kind != "O"]
    return with_operations(framework, atoms)


def half_aluminium(framework: Framework) -> str:
    """Aluminium on every second T site, and on half of the last one."""
    atoms = atoms_of(framework)
    t_atoms = [atom for atom in atoms if atom.kind == "Si"]
    rest = [atom for atom in atoms if atom.kind == "O"]
    mixed = [replace(atom, kind="Al" if n % 2 else "Si") for n, atom in enumerate(t_atoms)]
    if len(mixed) % 2:
        last = mixed.pop()
        mixed += [replace(last, kind=kind, occupancy="0.50") for kind in ("Si", "Al")]
    return with_operations(framework, [*mixed, *rest])


def with_water(framework: Framework) -> str:
    """Hydrogen on oxygen of the framework, water and sodium in the pores."""
    group, cell = framework.operations, framework.cell
    full = np.array([atom.place for atom in all_atoms_of(framework)])
    rng = np.random.default_rng(len(full))
    guests: list[Atom] = []
    for trial, place in enumerate(rng.uniform(size=(200, 3))):
        images, _ = expand_orbits(place[None], group, cell)
        others = len(neighbours_within(place[None], full, cell, 2.7).centre)
        own = len(neighbours_within(place[None], images, cell, 2.3).centre)
        if not others and own == 1:
            guests.append(Atom(f"OW{trial}", "O", place))
            guests.append(
                Atom(f"HW{trial}", "H", place + np.array([0.9, 0, 0]) @ np.linalg.inv(cell))
            )
        if len(guests) > 4:
            break
    if guests:
        guests[-2] = replace(guests[-2], label="Na1", kind="Na+", occupancy="0.4")
    step = np.array([0.5, 0.6, 0.55]) @ np.linalg.inv(cell)
    protons = [Atom(f"H{n}", "H", x + step, "0.25") for n, x in enumerate(framework.frac_o)]
    return with_operations(framework, [*guests, *atoms_of(framework), *protons])


def by_labels(framework: Framework) -> str:
    """Without type symbols, T sites named in all styles."""
    styles = ("T{}", "Si{}", "TAl{}", "Al{}A", "SiM{}", "T{}B", "SI({})")
    atoms = []
    for n, atom in enumerate(atoms_of(framework)):
        label = styles[n % len(styles)].format(n + 1) if atom.kind == "Si" else f"O{n + 1}"
        atoms.append(replace(atom, label=label, kind=None))
    return with_operations(framework, atoms)


def rounded(framework: Framework) -> str:
    """Three decimals."""
    return with_operations(framework, atoms_of(framework), decimals=3)


DIALECTS: dict[str, Callable[[Framework], str]] = {
    "P 1": in_p1_listing,
    "other setting": in_other_setting,
    "other origin": at_other_origin,
    "Hall symbol only": by_hall_symbol,
    "supercell 2x1x1": as_supercell,
    "no oxygen": without_oxygen,
    "half aluminium": half_aluminium,
    "hydrogen and water": with_water,
    "labels only": by_labels,
    "three decimals": rounded,
}

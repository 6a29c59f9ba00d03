"""Blocks of CIF files to frameworks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gemmi
import numpy as np
from scipy.spatial import cKDTree

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, plane_spacings
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import SAME_SITE, distinct_orbits, expand_orbits, snap_to_sites
from zeoloom.nets.bonding import BOND_CUTOFF, OVERLAP
from zeoloom.structure.composition import framework_atoms
from zeoloom.structure.files.cif_symmetry import read_space_group
from zeoloom.structure.files.cif_tags import Block, number
from zeoloom.structure.records import Framework

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations

MAX_ATOMS = 20_000
"""Atoms in the full cell. The largest framework type has 2,352 (SFV)."""

MAX_CROWD = 30
"""Atoms within 1 Å of each other on average; even guests split over many places reach a few."""

SHORTEST_SPACING = 2.0
"""Å between lattice planes. A cell thinner than this cannot hold a T atom and its image."""

FULL_OCCUPANCY = 0.9
"""Refined occupancies of full sites scatter by a few percent."""

CELL_TAGS = (
    *(f"_cell_length_{axis}" for axis in "abc"),
    *(f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")),
)


@dataclass(frozen=True, slots=True)
class _Sites:
    """The atoms a block lists: n labels and elements, (n, 3) fractional, (n,) occupancies."""

    labels: list[str]
    elements: list[str]
    frac: FloatArray
    occupancies: FloatArray


def framework_from_block(block: Block, name: str) -> tuple[Framework, list[str]]:
    """The framework in one data block, and notices; see `reader.read_framework`."""
    cell = _read_cell(block)
    group = read_space_group(block, cell)
    operations, notices = group.operations, list(group.notices)
    sites, said = _read_sites(block)
    notices += said
    if len(sites.labels) * len(operations) > 200 * MAX_ATOMS:
        raise InputError(f"{len(sites.labels)} atoms in {len(operations)} operations are too many")
    full, _ = expand_orbits(sites.frac, operations, cell)
    if len(full) > MAX_ATOMS:
        raise InputError(
            f"{len(full)} atoms in the cell, at most {MAX_ATOMS} are read; try a smaller cell of "
            "the same structure"
        )
    _check_crowding(full @ cell)
    is_t, is_o, said = framework_atoms(sites.frac, sites.elements, operations, cell)
    notices += said
    if not is_t.any():
        kinds = ", ".join(sorted(set(sites.elements)))
        context = "".join(f"; {notice}" for notice in group.notices)
        raise InputError(
            f"no framework T atoms among {kinds}; expected Si, Al, P, Ge ... each linked by oxygen "
            f"to two others or more{context}"
        )
    t_rows = np.flatnonzero(is_t)
    notices += _check_t_sites(sites, t_rows, operations, cell)
    t_rows = t_rows[distinct_orbits(sites.frac[t_rows], operations, cell)]
    o_rows = np.flatnonzero(is_o)
    o_rows = o_rows[distinct_orbits(sites.frac[o_rows], operations, cell)]
    framework = Framework(
        name=name,
        cell=cell,
        space_group_number=group.number,
        space_group_symbol=group.symbol,
        operations=operations,
        frac_t=snap_to_sites(sites.frac[t_rows], operations, cell),
        t_labels=_unique_labels([sites.labels[row] for row in t_rows]),
        frac_o=snap_to_sites(sites.frac[o_rows], operations, cell),
    )
    return framework, notices + _check_net(framework)


def _read_cell(block: Block) -> FloatArray:
    """The (3, 3) cell in Å."""
    told = {tag: block.first(tag) for tag in CELL_TAGS}
    missing = [tag for tag, value in told.items() if not value]
    if missing:
        raise InputError(f"no cell: {', '.join(missing)} missing")
    cell = cell_from_parameters([number(value) for value in told.values()])
    if plane_spacings(cell).min() < SHORTEST_SPACING:
        raise InputError(
            f"cell {' '.join(told.values())}: lattice planes closer than {SHORTEST_SPACING} Å"
        )
    return cell


def _read_sites(block: Block) -> tuple[_Sites, list[str]]:
    """The atoms of a block, and notices; those without coordinates or occupancy are left out."""
    columns = [block.column(f"_atom_site_fract_{axis}") for axis in "xyz"]
    labels = block.column("_atom_site_label", "_atom_site_type_symbol")
    kinds = block.column("_atom_site_type_symbol", "_atom_site_label")
    rows = len(columns[0])
    shares = block.column("_atom_site_occupancy") or ["1"] * rows
    if not all(len(column) == rows for column in (*columns, labels, kinds, shares)):
        raise InputError("the atom list lacks labels or coordinates for some of its atoms")
    occupancies = np.array([1.0 if share in ("?", ".", "") else number(share) for share in shares])
    known = np.array([all(c[row] not in ("?", ".") for c in columns) for row in range(rows)], bool)
    frac = np.array([[number(column[row]) for column in columns] for row in range(rows)])
    for row in np.flatnonzero(known):
        if not (np.isfinite(frac[row]).all() and np.abs(frac[row]).max() < 1e3):
            raise InputError(f"atom {labels[row]}: {[c[row] for c in columns]} are no coordinates")
        if not occupancies[row] >= 0.0:
            raise InputError(
                f"atom {labels[row]}: occupancy {shares[row]} is no number from 0 to 1"
            )
    kept = np.flatnonzero(known & (occupancies > 0.0))
    notices = []
    if len(kept) < rows:
        notices.append(f"left out: {rows - len(kept)} atoms without coordinates or occupancy")
    if len(kept) == 0:
        raise InputError("no atoms with coordinates")
    sites = _Sites(
        labels=[labels[row] for row in kept],
        elements=[element_of(kinds[row]) for row in kept],
        frac=frac[kept],
        occupancies=occupancies[kept],
    )
    return sites, notices


def _check_crowding(cart: FloatArray) -> None:
    """Raise InputError if atoms (N, 3) lie in heaps, as where coordinates are placeholders."""
    tree = cKDTree(cart)
    # counts pairs without listing them, which a heap of thousands would make too long
    crowd = int(tree.count_neighbors(tree, 1.0)) / len(cart)
    if crowd > MAX_CROWD:
        raise InputError(
            f"overlapping atoms: on average {crowd:.0f} within 1 Å of one another; are the "
            "coordinates placeholders?"
        )


def element_of(kind: str) -> str:
    """Element of a type symbol or label: 'Si4+' Si, 'SI1' Si, 'OW' O, 'T3' T, 'D' H."""
    match = re.match(r"[A-Za-z]+", kind)
    letters = match.group(0) if match else ""
    for candidate in (letters, letters[:2], letters[:1]):
        if candidate.upper() == "T":
            return "T"
        known = gemmi.Element(candidate).name
        if candidate and known != "X":
            return "H" if known == "D" else str(known)
    return kind or "?"


def _check_t_sites(
    sites: _Sites, t_rows: np.ndarray, operations: SymmetryOperations, cell: FloatArray
) -> list[str]:
    """Raise InputError if T atoms overlap or are partly missing; notices of mixed sites."""
    frac = sites.frac[t_rows]
    full, owner = expand_orbits(frac, operations, cell)
    near = neighbours_within(frac, full, cell, OVERLAP)
    # an atom's own image, moved onto its special position, lies within SAME_SITE of it
    apart = near.distance > SAME_SITE
    if apart.any():
        first = np.flatnonzero(apart)[0]
        pair = (
            sites.labels[t_rows[near.centre[first]]],
            sites.labels[t_rows[owner[near.point[first]]]],
        )
        raise InputError(
            f"disordered or overlapping: T atoms {pair[0]} and {pair[1]} are "
            f"{near.distance[first]:.2f} Å apart; keep one of the alternatives"
        )
    # atoms on one site (Si and Al) fill it together
    filling = np.zeros(len(t_rows))
    pairs = {(int(i), int(owner[j])) for i, j in zip(near.centre, near.point, strict=True)}
    for i, j in pairs:
        filling[i] += sites.occupancies[t_rows[j]]
    for row, filled in zip(t_rows, filling, strict=True):
        if filled < FULL_OCCUPANCY:
            raise InputError(
                f"disordered: T atom {sites.labels[row]} is on {filled:.0%} of its sites only; "
                "give an ordered model"
            )
    shared = len(t_rows) - len(distinct_orbits(frac, operations, cell))
    return [f"{shared} T atoms listed on the site of another, merged"] if shared else []


def _check_net(framework: Framework) -> list[str]:
    """A notice if T atoms have not four T neighbours: interrupted, cut short, or no zeolite."""
    full, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    found = neighbours_within(framework.frac_t, full, framework.cell, BOND_CUTOFF)
    neighbours = np.bincount(found.centre, minlength=len(framework.frac_t)) - 1
    odd = [
        f"{label} has {count}"
        for label, count in zip(framework.t_labels, neighbours, strict=True)
        if count != 4
    ]
    if not odd:
        return []
    shown = ", ".join(odd[:5]) + (", ..." if len(odd) > 5 else "")
    return [
        f"not 4-connected: {len(odd)} of {len(neighbours)} T sites within {BOND_CUTOFF} Å: {shown}"
    ]


def _unique_labels(labels: list[str]) -> tuple[str, ...]:
    """Labels with _2, _3 ... after those that repeat (IZA's RON lists three atoms called T1)."""
    taken: set[str] = set()
    unique = []
    for label in labels:
        name, count = label, 1
        while name in taken:
            count += 1
            name = f"{label}_{count}"
        taken.add(name)
        unique.append(name)
    return tuple(unique)

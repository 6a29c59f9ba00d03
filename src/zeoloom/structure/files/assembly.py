"""From what a file lists to a framework: sites, space group, T atoms and their oxygen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell, plane_spacings, volume
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import (
    SAME_SITE,
    distinct_orbits,
    expand_orbits,
    project_onto_sites,
)
from zeoloom.nets.bonding import BOND_CUTOFF, OVERLAP
from zeoloom.structure.bridges import VALENCE, missing_oxygen
from zeoloom.structure.composition import EITHER_ELEMENTS, FRAMEWORK_ELEMENTS, framework_atoms
from zeoloom.structure.files.possible_groups import (
    AS_THEY_ARE,
    OTHER,
    contradictions,
    possible_groups,
)
from zeoloom.structure.records import Framework

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.structure.composition import Composition
    from zeoloom.structure.files.listing import AtomSites, Listing
    from zeoloom.structure.files.possible_groups import PossibleGroup

MAX_ATOMS = 20_000
"""Atoms in the full cell. The largest framework type has 2,352 (SFV)."""

MAX_IMAGES = 20 * MAX_ATOMS
"""Atoms times operations, before images on special positions are merged."""

MAX_ATOM_DENSITY = 0.6
"""Atoms in a cubic Å. Quartz has 0.08; guests split over many places may double or treble it."""

USUAL_ATOM_DENSITY = 0.2
"""Atoms in a cubic Å, beyond which some are listed that the group makes anyhow."""

MAX_CROWD = 30
"""Atoms within 1 Å of each other on average; even guests split over many places reach a few."""

SHORTEST_SPACING = 2.0
"""Å between lattice planes. A cell thinner than this cannot hold a T atom and its image."""

LONGEST_AXIS = 10_000.0
"""Å, far beyond the cells of crystals."""

FULL_OCCUPANCY = 0.9
"""Refined occupancies of full sites scatter by a few percent."""

LISTED_TWICE = 0.05
"""Å. An atom and the image of another closer than this are one, as far as digits go."""

SPLIT_SITE = 0.8
"""Å. Elements that share a site by parts may be refined at places as far apart as this."""


FOUR_CONNECTED = 2
"""Rank of a framework whose T atoms all have four neighbours."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one of the groups that a file may mean makes of its atoms.

    Attributes:
        possible: the group.
        framework: that the atoms make with it.
        notices: what was left out, merged, or looks odd.
        rank: `FOUR_CONNECTED` if every T atom has four neighbours, 1 if none has more and at least
            half of them have four, else 0.
    """

    possible: PossibleGroup
    framework: Framework
    notices: tuple[str, ...]
    rank: int


def framework_of(listing: Listing, name: str) -> tuple[Framework, tuple[str, ...]]:
    """The framework that a file lists.

    Of the groups that the file may mean the first one counts with which every T atom has four
    neighbours, if there is one, else the first with which there is a framework.

    Args:
        listing: content of the file.
        name: of the framework.

    Returns:
        The framework, and notices: what was left out or mended, what looks odd.

    Raises:
        InputError: if there is no framework; the message is the reason.
    """
    _check_cell(listing.cell)
    best: _Attempt | None = None
    first: tuple[PossibleGroup, str] | None = None
    for possible in possible_groups(listing.symmetry, listing.cell):
        try:
            attempt = _attempt(listing, possible, name)
        except InputError as error:
            first = first or (possible, str(error))
            continue
        if best is None or attempt.rank > best.rank:
            best = attempt
        if attempt.rank == FOUR_CONNECTED:
            break
        first = first or (possible, "")
    assert first is not None or best is not None
    if best is None or (first is not None and first[1] and best.rank == 0):
        assert first is not None
        raise InputError(_reason(*first))
    return best.framework, (*listing.notices, *_on_group(listing, best, first), *best.notices)


def _reason(possible: PossibleGroup, reason: str) -> str:
    """Why there is no framework: what was wrong with the group, if anything was, comes first."""
    notices = list(possible.notices)
    at_fault = possible.source in (OTHER, AS_THEY_ARE)
    return "; ".join([*notices, reason] if at_fault else [reason, *notices])


def _check_cell(cell: FloatArray) -> None:
    """Raise InputError if a cell (3, 3) Å can hold no T atoms, or is beyond all measure."""
    if np.abs(cell).max() > LONGEST_AXIS:
        raise InputError(f"the cell has an axis longer than {LONGEST_AXIS:.0f} Å")
    shown = " ".join(f"{value:.4g}" for value in parameters_from_cell(cell))
    if plane_spacings(cell).min() < SHORTEST_SPACING:
        raise InputError(f"cell {shown}: lattice planes closer than {SHORTEST_SPACING} Å")


def _on_group(
    listing: Listing, best: _Attempt, first: tuple[PossibleGroup, str] | None
) -> list[str]:
    """Notices on the choice of the group: what was assumed, and what contradicts it.

    Args:
        listing: content of the file.
        best: what was taken.
        first: the first group tried and why it gives no framework, if it was not the best.
    """
    taken = best.possible
    if first is not None and first[0] is not taken:
        reason = first[1] or "not every T atom has four neighbours"
        tried = first[0]
        notice = (
            f"with {tried.source} ({tried.group.setting}) {reason}; took {taken.source} "
            f"({taken.group.setting}), with which the atoms make a framework"
        )
        return [notice]
    against = contradictions(listing.symmetry, taken, listing.cell)
    if not against or taken.source in (OTHER, AS_THEY_ARE):
        return list(taken.notices)
    notice = (
        f"the file says {', '.join(against)}, {taken.source} are those of {taken.group.number} "
        f"({taken.group.setting}); took {taken.source}"
    )
    return [*taken.notices, notice]


def _attempt(listing: Listing, possible: PossibleGroup, name: str) -> _Attempt:
    """The framework that the atoms make with one group."""
    group = possible.group
    operations, cell = group.operations, listing.cell
    sites = listing.sites
    if len(sites.labels) * len(operations) > MAX_IMAGES:
        raise InputError(f"{len(sites.labels)} atoms in {len(operations)} operations are too many")
    _check_crowding(sites.frac @ cell)
    _check_amount(sites, operations, cell)
    first, elements, filling = _shared_sites(sites, operations, cell)
    rows = np.unique(first)
    frac = sites.frac[rows]
    found = framework_atoms(frac, elements, operations, cell)
    if not found.is_t.any():
        kinds = ", ".join(sorted(set(sites.elements)))
        raise InputError(
            f"no framework T atoms among {kinds}; expected Si, Al, P, Ge ... each linked by oxygen "
            "to two others or more"
        )
    labels = [sites.labels[row] for row in rows]
    _check_t_sites(frac, labels, filling, found, operations, cell)
    t_labels = [label for label, inside in zip(labels, found.is_t, strict=True) if inside]
    framework = Framework(
        name=name,
        cell=cell,
        space_group_number=group.number,
        space_group_symbol=group.symbol,
        operations=operations,
        frac_t=project_onto_sites(frac[found.is_t], operations, cell),
        t_labels=_unique_labels(t_labels),
        frac_o=project_onto_sites(frac[found.is_o], operations, cell),
    )
    neighbours = found.neighbours[found.is_t]
    shared = int(np.isin(first, rows[found.is_t]).sum() - found.is_t.sum())
    notices = (
        *([f"{shared} T atoms listed on the site of another, merged"] if shared else []),
        *found.notices,
        *_not_four_connected(framework, neighbours),
    )
    return _Attempt(possible, framework, notices, _rank(neighbours))


def _rank(neighbours: IntArray) -> int:
    """How near to a 4-connected net T atoms with these numbers of neighbours (n,) are."""
    if (neighbours == VALENCE).all():
        return FOUR_CONNECTED
    return int((neighbours <= VALENCE).all() and (neighbours == VALENCE).mean() >= 0.5)


def _check_amount(sites: AtomSites, operations: SymmetryOperations, cell: FloatArray) -> None:
    """Raise InputError if the full cell has too many atoms, for reading or for its volume."""
    full, _ = expand_orbits(sites.frac, operations, cell)
    if len(full) > min(MAX_ATOMS, USUAL_ATOM_DENSITY * volume(cell)):  # perhaps all are listed
        distinct = distinct_orbits(sites.frac, operations, cell, LISTED_TWICE)
        full, _ = expand_orbits(sites.frac[distinct], operations, cell)
    if len(full) > MAX_ATOMS:
        raise InputError(
            f"{len(full)} atoms in the cell, at most {MAX_ATOMS} are read; try a smaller cell of "
            "the same structure"
        )
    _check_crowding(full @ cell)
    density = len(full) / volume(cell)
    if density > MAX_ATOM_DENSITY:
        raise InputError(
            f"overlapping atoms: {density:.2f} in a cubic Å, where quartz has 0.08; is the cell in "
            "Å, and has it all its axes?"
        )


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


def _shared_sites(
    sites: AtomSites, operations: SymmetryOperations, cell: FloatArray
) -> tuple[IntArray, list[frozenset[str]], FloatArray]:
    """Sites, each with all that lies on it.

    Returns:
        (n,) the first atom on the site of each; of the k sites, in their order, (k,) the elements
        that share it and (k,) how far they fill it.
    """
    count = len(sites.labels)
    images = operations.images(sites.frac).reshape(-1, 3)
    near = neighbours_within(sites.frac, images, cell, SPLIT_SITE)
    may_split = np.isin(sites.elements, FRAMEWORK_ELEMENTS + EITHER_ELEMENTS)
    may_split &= sites.occupancies < FULL_OCCUPANCY
    first = np.arange(count)
    filling = sites.occupancies.copy()
    for atom, image, distance in zip(
        near.centre.tolist(), (near.point % count).tolist(), near.distance.tolist(), strict=True
    ):
        if image >= atom or first[atom] != atom:
            continue
        site = int(first[image])
        fits = filling[site] + sites.occupancies[atom] <= 2.0 - FULL_OCCUPANCY
        if distance < SAME_SITE or (may_split[atom] and may_split[site] and fits):
            first[atom] = site
            filling[site] += sites.occupancies[atom]
    rows = np.flatnonzero(first == np.arange(count))
    elements = {row: {sites.elements[row]} for row in rows.tolist()}
    for atom, site in enumerate(first.tolist()):
        elements[site].add(sites.elements[atom])
    return first, [frozenset(elements[row]) for row in rows.tolist()], filling[rows]


def _check_t_sites(
    frac: FloatArray,
    labels: list[str],
    filling: FloatArray,
    found: Composition,
    operations: SymmetryOperations,
    cell: FloatArray,
) -> None:
    """Raise InputError if T atoms overlap or are partly missing."""
    rows = np.flatnonzero(found.is_t)
    full, owner = expand_orbits(frac[rows], operations, cell)
    near = neighbours_within(frac[rows], full, cell, OVERLAP)
    # an atom's own image, moved onto its special position, lies within SAME_SITE of it
    apart = near.distance > SAME_SITE
    if apart.any():
        first = np.flatnonzero(apart)[0]
        pair = (labels[rows[near.centre[first]]], labels[rows[owner[near.point[first]]]])
        raise InputError(
            f"disordered or overlapping: T atoms {pair[0]} and {pair[1]} are "
            f"{near.distance[first]:.2f} Å apart; keep one of the alternatives"
        )
    for row in rows:
        if filling[row] < FULL_OCCUPANCY:
            raise InputError(
                f"disordered: T atom {labels[row]} is on {filling[row]:.0%} of its sites only; "
                "give an ordered model"
            )


def _not_four_connected(framework: Framework, neighbours: IntArray) -> tuple[str, ...]:
    """A notice if T atoms have not four T neighbours: interrupted, cut short, or no zeolite."""
    odd = [
        f"{label} has {count}"
        for label, count in zip(framework.t_labels, neighbours, strict=True)
        if count != VALENCE
    ]
    if not odd:
        return ()
    shown = ", ".join(odd[:5]) + (", ..." if len(odd) > 5 else "")
    how = "through oxygen" if len(framework.frac_o) else f"within {BOND_CUTOFF} Å"
    missing = missing_oxygen(framework)
    notice = f"not 4-connected: {len(odd)} of {len(neighbours)} T sites {how}: {shown}"
    return (notice, *([missing] if missing else []))


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

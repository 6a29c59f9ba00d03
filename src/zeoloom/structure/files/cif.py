"""What a block of a CIF lists: cell, symmetry as declared, atoms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gemmi
import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.structure.files.cif_tags import number, read_blocks
from zeoloom.structure.files.element_labels import element_of_site
from zeoloom.structure.files.listing import AtomSites, DeclaredSymmetry, Listing
from zeoloom.structure.files.operation_lists import MAX_OPERATIONS

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.files.cif_tags import Block

CELL_TAGS = (
    *(f"_cell_length_{axis}" for axis in "abc"),
    *(f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")),
)
OPERATION_TAGS = (
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_operation_xyz",
)
MAGNETIC_TAG = "_space_group_symop_magn_operation_xyz"
"""Operations that end in +1 or -1, of magnetic moments."""

MAGNETIC_CENTRING_TAG = "_space_group_symop_magn_centering_xyz"

HALL_TAGS = ("_symmetry_space_group_name_hall", "_space_group_name_hall")
SYMBOL_TAGS = (
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_alt",
    "_space_group_name_h-m_ref",
    "_space_group_name_h-m_full",
)
NUMBER_TAGS = (
    "_symmetry_int_tables_number",
    "_space_group_it_number",
)
UNKNOWN = ("", "?", ".")
"""Values that say nothing."""


def listing_of_cif(text: str) -> Listing:
    """The first structure of a CIF.

    Args:
        text: of the file.

    Raises:
        InputError: if there is none, or its cell or its atoms make no sense.
    """
    blocks = read_blocks(text)
    structures = [block for block in blocks if block.column("_atom_site_fract_x")]
    if not structures:
        raise InputError(
            f"{len(blocks)} data blocks, none with fractional coordinates (_atom_site_fract_x)"
        )
    notices = []
    if len(structures) > 1:
        notices.append(
            f"{len(structures)} structures in the file; read the first, '{structures[0].name}'"
        )
    block = structures[0]
    cell = cell_of_block(block)
    sites, left_out = _sites(block)
    return Listing(
        cell=cell,
        symmetry=declared_symmetry(block),
        sites=sites,
        notices=(*notices, *block.notices, *left_out),
    )


def declared_symmetry(block: Block) -> DeclaredSymmetry:
    """What a block says of its space group."""
    listed = [text for text in block.column(*OPERATION_TAGS) if text not in UNKNOWN]
    listed = listed or _magnetic_operations(block)
    symbols = dict.fromkeys(block.first(tag) for tag in SYMBOL_TAGS)
    return DeclaredSymmetry(
        operations=tuple(listed),
        hall=block.first(*HALL_TAGS),
        symbols=tuple(symbol for symbol in symbols if symbol),
        number=block.first(*NUMBER_TAGS),
    )


def _magnetic_operations(block: Block) -> list[str]:
    """The operations of a magnetic CIF without what they do to moments."""
    spatial = [text.rpartition(",")[0] for text in block.column(MAGNETIC_TAG)]
    centring = [text.rpartition(",")[0] for text in block.column(MAGNETIC_CENTRING_TAG)]
    if len(spatial) * len(centring) > MAX_OPERATIONS or not centring:
        return spatial
    try:
        shifts = [gemmi.Op(text) for text in centring]
        return [(shift * gemmi.Op(text)).triplet() for shift in shifts for text in spatial]
    except (RuntimeError, ValueError) as error:
        raise InputError(f"a symmetry operation cannot be read ({error})") from error


def cell_of_block(block: Block) -> FloatArray:
    """The (3, 3) cell in Å.

    Raises:
        InputError: if there is none.
    """
    values = {tag: block.first(tag) for tag in CELL_TAGS}
    missing = [tag for tag, value in values.items() if not value]
    if missing:
        raise InputError(f"no cell: {', '.join(missing)} missing")
    return cell_from_parameters([number(value) for value in values.values()])


def _sites(block: Block) -> tuple[AtomSites, list[str]]:
    """The atoms of a block, and notices; those without coordinates or occupancy are left out."""
    columns = [block.column(f"_atom_site_fract_{axis}") for axis in "xyz"]
    rows = len(columns[0])
    labels = block.column("_atom_site_label", "_atom_site_type_symbol")
    kinds = block.column("_atom_site_type_symbol") or ["?"] * rows
    shares = block.column("_atom_site_occupancy") or ["1"] * rows
    flags = block.column("_atom_site_calc_flag") or ["."] * rows
    if not all(len(column) == rows for column in (*columns, labels, kinds, shares, flags)):
        raise InputError("the atom list lacks labels or coordinates for some of its atoms")
    occupancies = np.array([1.0 if share in UNKNOWN else number(share) for share in shares])
    known = [
        all(column[row] not in UNKNOWN for column in columns) and flags[row].lower() != "dum"
        for row in range(rows)
    ]
    frac = np.array([[number(column[row]) for column in columns] for row in range(rows)])
    for row in np.flatnonzero(known):
        if not (np.isfinite(frac[row]).all() and np.abs(frac[row]).max() < 1e3):
            raise InputError(f"atom {labels[row]}: {[c[row] for c in columns]} are no coordinates")
        if not occupancies[row] >= 0.0:
            raise InputError(
                f"atom {labels[row]}: occupancy {shares[row]} is no number from 0 to 1"
            )
    kept = np.flatnonzero(np.array(known, dtype=bool) & (occupancies > 0.0))
    if len(kept) == 0:
        raise InputError("no atoms with coordinates")
    sites = AtomSites(
        labels=[labels[row] or kinds[row] for row in kept],
        elements=[element_of_site(kinds[row], labels[row]) for row in kept],
        frac=frac[kept],
        occupancies=occupancies[kept],
    )
    return sites, _left_out(labels, set(range(rows)) - set(kept.tolist()))


def _left_out(labels: list[str], rows: set[int]) -> list[str]:
    """A notice that names some of the atoms left out, or none."""
    if not rows:
        return []
    named = ", ".join(labels[row] or "?" for row in sorted(rows)[:5])
    more = ", ..." if len(rows) > 5 else ""
    return [f"left out: {len(rows)} atoms without coordinates or occupancy ({named}{more})"]

"""POSCAR, extended XYZ, CSSR and PDB: files that list a cell and its atoms and little else."""

from __future__ import annotations

import re

import gemmi
import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell
from zeoloom.structure.files.element_labels import element_of, element_of_site
from zeoloom.structure.files.listing import AtomSites, DeclaredSymmetry, Listing

NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eEdD][-+]?\d+)?"

AS_LISTED = DeclaredSymmetry(operations=("x,y,z",))
"""Of formats that list all atoms of the cell."""

LARGEST = 1e9
"""Of any number in these files."""

FARTHEST = 1e3
"""Cells. Coordinates farther out are no coordinates."""


def listing_of_poscar(text: str) -> Listing:
    """A VASP POSCAR or CONTCAR, of version 5 or older.

    Raises:
        InputError: if it is none.
    """
    lines = text.split("\n")
    if len(lines) < 8:
        raise InputError("no readable POSCAR: expected a title, a scale, three vectors, atoms")
    scale = _numbers(lines[1], "scale of a POSCAR")
    vectors = np.array([_numbers(line, "vectors of a POSCAR", 3)[:3] for line in lines[2:5]])
    if len(scale) == 1 and scale[0] < 0:  # the volume wanted
        volume = abs(np.linalg.det(vectors))
        scale = [(-scale[0] / volume) ** (1 / 3)] if volume > 0 else [1.0]
    stretch = np.array(scale[:3] if len(scale) >= 3 else scale[:1] * 3)
    named = not lines[5].split()[:1] or not lines[5].split()[0].isdecimal()
    kinds = (lines[5] if named else lines[0]).split()
    row = 6 if named else 5
    counts = [int(word) for word in lines[row].split() if word.isdecimal() and len(word) < 8]
    if not counts or len(kinds) < len(counts) or not sum(counts):
        raise InputError("no readable POSCAR: expected elements, and how many atoms of each")
    row += 1
    if lines[row].strip()[:1].lower() == "s":  # selective dynamics
        row += 1
    cartesian = row < len(lines) and lines[row].strip()[:1].lower() in ("c", "k")
    atoms = lines[row + 1 : row + 1 + sum(counts)]
    if len(atoms) < sum(counts):
        raise InputError(f"POSCAR cut short: {len(atoms)} of {sum(counts)} atoms")
    coordinates = np.array([_numbers(line, "atoms of a POSCAR", 3)[:3] for line in atoms])
    cell = vectors * stretch
    frac = _fractional(coordinates * stretch, cell) if cartesian else coordinates
    pairs = list(zip(kinds, counts, strict=False))
    elements = [element_of(kind) for kind, count in pairs for _ in range(count)]
    labels = [f"{element_of(kind)}{n + 1}" for kind, count in pairs for n in range(count)]
    return listing_of_sites(cell, AS_LISTED, labels, elements, frac)


def listing_of_xyz(text: str) -> Listing:
    """The first frame of an extended XYZ file, which must have a `Lattice`.

    Raises:
        InputError: if it is none, or describes open space.
    """
    lines = text.split("\n")
    first = lines[0].split()
    if len(lines) < 3 or not first or not re.fullmatch("[1-9][0-9]{0,6}", first[0]):
        raise InputError("no readable XYZ: expected the number of atoms, a comment, atoms")
    count, comment = int(first[0]), lines[1]
    periodic = re.search(r"pbc\s*=\s*[\"{']([^\"}']*)", comment, re.IGNORECASE)
    if periodic and "f" in periodic.group(1).lower():
        raise InputError("not periodic in all directions by its pbc; frameworks are crystals")
    cell = _xyz_cell(comment)
    kind_at, place_at = _xyz_columns(comment)
    rows = [line.split() for line in lines[2 : 2 + count]]
    if len(rows) < count or not all(len(row) >= max(kind_at + 1, place_at + 3) for row in rows):
        raise InputError(f"XYZ cut short: expected {count} atoms, each with its coordinates")
    positions = [_numbers(" ".join(row[place_at : place_at + 3]), "atoms", 3) for row in rows]
    kinds = [row[kind_at] for row in rows]
    kinds = [str(gemmi.Element(int(k[:3])).name) if k.isdecimal() else k for k in kinds]
    labels = [f"{kind}{n + 1}" for n, kind in enumerate(kinds)]
    rest = [line for line in lines[2 + count :] if line.strip()]
    listing = listing_of_sites(
        cell,
        AS_LISTED,
        labels,
        [element_of(k) for k in kinds],
        _fractional(np.array(positions), cell),
    )
    if not rest:
        return listing
    notice = "more structures in the file; read the first"
    return Listing(listing.cell, listing.symmetry, listing.sites, (notice,))


def _xyz_cell(comment: str) -> np.ndarray:
    """The (3, 3) cell in Å that a comment line tells, as vectors or as parameters."""
    lattice = re.search(r"lattice\s*=\s*[\"{']([^\"}']*)", comment, re.IGNORECASE)
    if lattice is not None:
        return np.array(_numbers(lattice.group(1), "Lattice", 9)[:9]).reshape(3, 3)
    parameters = re.search(r"\bcell\s*[:=]\s*(.*)", comment, re.IGNORECASE)
    if parameters is not None:
        return cell_from_parameters(_numbers(parameters.group(1), "CELL", 6)[:6])
    raise InputError('no cell: expected Lattice="ax ay az bx ..." in the comment line')


def _xyz_columns(comment: str) -> tuple[int, int]:
    """Columns of the element and of the first coordinate, by `Properties`."""
    found = re.search(r"properties\s*=\s*\"?([^\s\"]+)", comment, re.IGNORECASE)
    if found is None:
        return 0, 1
    fields = found.group(1).split(":")
    column, at = 0, {}
    for name, width in zip(fields[::3], fields[2::3], strict=False):
        at[name.lower()] = column
        column += int(width) if width.isdecimal() and len(width) < 4 else 1
    kind = next((at[name] for name in ("species", "element", "z") if name in at), 0)
    return kind, next((at[name] for name in ("pos", "positions") if name in at), 1)


def listing_of_cssr(text: str) -> Listing:
    """A CSSR file, as Zeo++ and older databases have them.

    Raises:
        InputError: if it is none.
    """
    lines = text.split("\n")
    if len(lines) < 5:
        raise InputError("no readable CSSR: expected cell, angles, number of atoms, a title, atoms")
    sides = _numbers(_after_equals(lines[0]), "cell of a CSSR", 3)[-3:]
    angles = _numbers(_after_equals(lines[1].upper().split("SPGR")[0]), "angles of a CSSR", 3)[-3:]
    cell = cell_from_parameters([*sides, *angles])
    counts = lines[2].split()
    if not counts or not counts[0].isdecimal() or len(counts[0]) > 7:
        raise InputError("no readable CSSR: expected the number of atoms in its third line")
    atoms = [line.split() for line in lines[4 : 4 + int(counts[0])]]
    if len(atoms) < int(counts[0]) or not all(len(atom) >= 5 for atom in atoms):
        raise InputError(f"CSSR cut short: expected {counts[0]} atoms")
    positions = np.array([_numbers(" ".join(atom[2:5]), "atoms of a CSSR", 3) for atom in atoms])
    labels = [atom[1] for atom in atoms]
    cartesian = len(counts) > 1 and counts[1] == "1"
    group = re.search(r"SPGR\s*=?\s*(\d+)?\s*(.*?)\s*(?:OPT\b.*)?$", lines[1], re.IGNORECASE)
    symmetry = AS_LISTED
    if group and (group.group(1) or group.group(2)):
        symbols = (group.group(2),) if group.group(2) else ()
        symmetry = DeclaredSymmetry(symbols=symbols, number=group.group(1) or "")
    frac = _fractional(positions, cell) if cartesian else positions
    return listing_of_sites(cell, symmetry, labels, [element_of(label) for label in labels], frac)


def listing_of_pdb(text: str) -> Listing:
    """The first model of a PDB file that has a cell (CRYST1).

    Raises:
        InputError: if it has none.
    """
    try:
        structure = gemmi.read_pdb_string(text)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"no readable PDB ({error})") from error
    box = structure.cell
    if not box.is_crystal() or len(structure) == 0:
        raise InputError("no cell (CRYST1) in the PDB file, or no atoms")
    cell = cell_from_parameters([box.a, box.b, box.c, box.alpha, box.beta, box.gamma])
    found = [(residue, atom) for chain in structure[0] for residue in chain for atom in residue]
    labels = [atom.name or residue.name for residue, atom in found]
    elements = [element_of_site(atom.element.name, atom.name) for _, atom in found]
    frac = np.array([box.fractionalize(atom.pos).tolist() for _, atom in found]).reshape(-1, 3)
    symbol = structure.spacegroup_hm.strip()
    symmetry = DeclaredSymmetry(symbols=(symbol,)) if symbol else AS_LISTED
    notices = ("more structures in the file; read the first",) if len(structure) > 1 else ()
    shares = np.array([atom.occ for _, atom in found])
    return listing_of_sites(cell, symmetry, labels, elements, frac, shares, notices)


def listing_of_sites(
    vectors: np.ndarray,
    symmetry: DeclaredSymmetry,
    labels: list[str],
    elements: list[str],
    frac: np.ndarray,
    occupancies: np.ndarray | None = None,
    notices: tuple[str, ...] = (),
) -> Listing:
    """What was read, in a cell of the usual orientation, which fractional coordinates allow.

    Args:
        vectors: (3, 3) Å, rows a, b, c, in any orientation.
        symmetry: as declared.
        labels: (n,) names of the atoms.
        elements: (n,) their symbols.
        frac: (n, 3).
        occupancies: (n,); all 1 if None.
        notices: what was left out or mended so far.

    Raises:
        InputError: if the cell has no volume, or there are no atoms.
    """
    if not np.isfinite(vectors).all() or np.abs(vectors).max() > 1e6:
        raise InputError("no cell: its vectors are no numbers in Å")
    if abs(np.linalg.det(vectors)) < 1e-3:
        raise InputError("no cell: its vectors span no volume")
    if len(frac) == 0:
        raise InputError("no atoms with coordinates")
    if not (np.isfinite(frac).all() and np.abs(frac).max() < FARTHEST):
        raise InputError("coordinates of atoms are no numbers, or far outside the cell")
    shares = np.ones(len(frac)) if occupancies is None else occupancies
    kept = np.flatnonzero(shares > 0.0)
    if len(kept) == 0:
        raise InputError("no atoms with an occupancy above 0")
    if len(kept) < len(frac):
        notices = (*notices, f"left out: {len(frac) - len(kept)} atoms without occupancy")
    sites = AtomSites(
        [labels[row] for row in kept], [elements[row] for row in kept], frac[kept], shares[kept]
    )
    return Listing(cell_from_parameters(parameters_from_cell(vectors)), symmetry, sites, notices)


def _fractional(cart: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """(n, 3) fractional coordinates of Cartesian ones, in a cell that has a volume."""
    if not np.isfinite(cell).all() or abs(np.linalg.det(cell)) < 1e-3:
        raise InputError("no cell: its vectors span no volume")
    return np.asarray(cart @ np.linalg.inv(cell))


def _numbers(text: str, what: str, least: int = 1) -> list[float]:
    """The numbers that a text begins with, at least so many."""
    found = []
    for word in text.replace(",", " ").split():
        if not re.fullmatch(NUMBER, word):
            break
        found.append(float(re.sub("[dD]", "e", word)))
    if len(found) < least or not np.abs(found).max() < LARGEST:
        raise InputError(f"{what}: expected {least} numbers, found {text.strip()[:60]!r}")
    return found


def _after_equals(text: str) -> str:
    """What follows the last '=' of a line, or all of it."""
    return text.rpartition("=")[2]

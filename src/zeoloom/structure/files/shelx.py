"""SHELX .res and .ins files: cell, lattice and symmetry, atoms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.operations import SAME_SITE, separations
from zeoloom.structure.files.element_labels import element_of, element_of_site
from zeoloom.structure.files.listing import AtomSites, DeclaredSymmetry, Listing
from zeoloom.structure.files.operation_lists import CENTRINGS, parsed_operations

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray

LATTICES = "PIRFABC"
"""Letters of the lattices by the number of LATT, from 1."""

INSTRUCTIONS = """
abin acta afix anis ansc ansr basf bind bloc bond bump cell cgls chiv conf conn damp dang defs delu
dfix disp eadp egen eqiv exti exyz fend flat fmap frag free fvar grid hfix hklf hope htab isor latt
laue list merg mole more move mpla name ncsy neut omit part plan prig rem resi rigu rtab sadi same
sfac shel simu size spec stir sump swat symm temp time titl tref twin twst unit wght wigl wpdb xnpd
zerr end
"""
"""First words of lines that are no atoms."""

MOST_VARIABLES = 200
"""Free variables that occupancies may refer to."""

FIXED = 5.0
"""Parameters above this are fixed at 10 less."""


def listing_of_shelx(text: str) -> Listing:
    """The content of a .res or .ins file.

    Raises:
        InputError: if the cell, the symmetry or the atoms cannot be read.
    """
    rows = _instructions(text)
    cell_row = next((words for words in rows if words[0].lower() == "cell"), [])
    sides = [_value(word) for word in cell_row[2:8]]
    if len(sides) < 6:
        raise InputError("no cell: expected CELL with a wavelength, three lengths, three angles")
    cell = cell_from_parameters(sides)
    operations = _operations(rows)
    sites = _sites(rows, operations, cell)
    return Listing(cell, DeclaredSymmetry(operations=operations), sites)


def _instructions(text: str) -> list[list[str]]:
    """The words of each line up to HKLF or END, lines that go on joined."""
    joined = re.sub(r"=[ \t]*\n", " ", text)
    rows = []
    for line in joined.split("\n"):
        words = line.split("!")[0].split()
        if not words or line[:1] == " ":
            continue
        if words[0].lower() in ("hklf", "end"):
            break
        rows.append(words)
    return rows


def _operations(rows: list[list[str]]) -> tuple[str, ...]:
    """All operations that LATT and SYMM stand for, as triplets."""
    latt = next((words[1] for words in rows if words[0].lower() == "latt" and words[1:]), "1")
    if latt.lstrip("-") not in [str(n + 1) for n in range(len(LATTICES))]:
        raise InputError(f"LATT {latt}: expected 1 to 7, or -1 to -7 without an inversion centre")
    given = ["x,y,z"]
    given += ["".join(words[1:]).lower() for words in rows if words[0].lower() == "symm"]
    if len(given) > 48:
        raise InputError(f"{len(given) - 1} SYMM lines; no space group has so many")
    try:
        operations = [gemmi.Op(triplet) for triplet in given]
    except (RuntimeError, ValueError) as error:
        raise InputError(f"a SYMM line cannot be read ({error})") from error
    if not latt.startswith("-"):
        operations += [gemmi.Op("-x,-y,-z") * operation for operation in operations]
    shifts = [(0, 0, 0), *CENTRINGS[LATTICES[int(latt.lstrip("-")) - 1]]]
    every = []
    for shift in shifts:
        for operation in operations:
            moved = gemmi.Op(operation.triplet())
            moved.tran = [t + s for t, s in zip(operation.tran, shift, strict=True)]
            every.append(moved.wrap().triplet())
    return tuple(dict.fromkeys(every))


def _sites(rows: list[list[str]], operations: tuple[str, ...], cell: FloatArray) -> AtomSites:
    """The atoms. Their occupancies are given as shares of the general position."""
    kinds = [word for words in rows if words[0].lower() == "sfac" for word in _elements(words[1:])]
    free = [_value(word) for words in rows if words[0].lower() == "fvar" for word in words[1:]]
    atoms = [words for words in rows if _is_atom(words, len(kinds))]
    if not atoms:
        raise InputError("no atoms: expected lines of a name, a number of SFAC, three coordinates")
    frac = np.array([[_unfixed(_value(word)) for word in words[2:5]] for words in atoms])
    if not (np.isfinite(frac).all() and np.isfinite(free).all() and np.abs(frac).max() < 100):
        raise InputError(
            "coordinates or free variables are no numbers, or atoms far outside the cell"
        )
    group = parsed_operations(operations)
    orders = (separations(frac[None], group.images(frac), cell) < SAME_SITE).sum(axis=0).tolist()
    shares = [
        _share(words[5], free) * order if len(words) > 5 else 1.0
        for words, order in zip(atoms, orders, strict=True)
    ]
    occupancies = np.array(shares)
    kept = np.flatnonzero(occupancies > 0.0)
    if len(kept) == 0:
        raise InputError("no atoms with an occupancy above 0")
    labels = [words[0] for words in atoms]
    elements = [element_of_site(kinds[int(words[1]) - 1], words[0]) for words in atoms]
    return AtomSites(
        [labels[row] for row in kept],
        [elements[row] for row in kept],
        frac[kept],
        np.minimum(occupancies[kept], 1.0),
    )


def _elements(words: list[str]) -> list[str]:
    """Elements of a SFAC line, which may name one with its scattering factors."""
    return [word for word in words if element_of(word) != word or word.isalpha()]


def _is_atom(words: list[str], kinds: int) -> bool:
    """Whether a line describes an atom."""
    if len(words) < 5 or words[0][:4].lower() in INSTRUCTIONS.split() or not words[1].isdecimal():
        return False
    return len(words[1]) < 4 and 1 <= int(words[1]) <= kinds


def _share(word: str, free: list[float]) -> float:
    """Occupancy of a site as SHELX writes it: fixed (11.0), free, or of a free variable (21.0)."""
    value = _value(word)
    if not abs(value) < MOST_VARIABLES * 10:
        raise InputError(f"occupancy {word!r} is no number that SHELX knows")
    number = round(abs(value) / 10)
    if number < 2:
        return _unfixed(value)
    variable = free[number - 1] if number <= len(free) else 1.0
    share = abs(value) - 10 * number
    return share * variable if value > 0 else share * (1.0 - variable)


def _unfixed(value: float) -> float:
    """A parameter without the 10 that fixes it."""
    if value > FIXED:
        return value - 10.0
    return value + 10.0 if value < -FIXED else value


def _value(word: str) -> float:
    """A number, or nan."""
    try:
        return float(word.split("(", maxsplit=1)[0])
    except ValueError:
        return float("nan")

"""What a structure file of any format lists, before it is made sense of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class AtomSites:
    """Atoms as a file lists them.

    Attributes:
        labels: (n,) their names.
        elements: (n,) their symbols; "T" for a T atom of unnamed content, "?" if unknown.
        frac: (n, 3) coordinates.
        occupancies: (n,) above 0.
    """

    labels: list[str]
    elements: list[str]
    frac: FloatArray
    occupancies: FloatArray


@dataclass(frozen=True, slots=True)
class DeclaredSymmetry:
    """All that a file says of its space group; what it does not say is empty.

    Attributes:
        operations: triplets such as "x,1/2-y,-z".
        hall: Hall symbol.
        symbols: Hermann-Mauguin symbols.
        number: as written.
    """

    operations: tuple[str, ...] = ()
    hall: str = ""
    symbols: tuple[str, ...] = ()
    number: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The content of a structure file.

    Attributes:
        cell: (3, 3) Å.
        symmetry: as declared.
        sites: the atoms with coordinates.
        notices: what was left out or mended.
    """

    cell: FloatArray
    symmetry: DeclaredSymmetry
    sites: AtomSites
    notices: tuple[str, ...] = field(default=())

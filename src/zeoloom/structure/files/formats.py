"""Which format a structure file has, by its content and by its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.structure.files.cif import listing_of_cif
from zeoloom.structure.files.shelx import listing_of_shelx
from zeoloom.structure.files.simple_formats import (
    NUMBER,
    listing_of_cssr,
    listing_of_pdb,
    listing_of_poscar,
    listing_of_xyz,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zeoloom.structure.files.listing import Listing

HEAD = 20_000
"""Characters that tell a format."""

LINE_WIDTH = 160
"""Characters of a line that count: patterns take long for longer ones."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format that is read.

    Attributes:
        name: for messages.
        endings: of names, in lower case.
        names: beginnings of names of files without an ending, in lower case.
        content: what is found in the text.
        listing: reads it.
    """

    name: str
    endings: tuple[str, ...]
    names: tuple[str, ...]
    content: re.Pattern[str]
    listing: Callable[[str], Listing]


THREE = rf"[ \t]*(?:{NUMBER}[ \t]+){{2}}{NUMBER}[^\n]*\n"
"""A line that begins with three numbers."""

LINE = r"[^\n]*\n"

MULTILINE = re.IGNORECASE | re.MULTILINE

FORMATS = (
    FileFormat(
        "CIF",
        (".cif", ".mcif", ".mmcif"),
        (),
        re.compile(r"^\s*(?:data_|loop_\s*$|_cell[._]length_a\s)", MULTILINE),
        listing_of_cif,
    ),
    FileFormat("PDB", (".pdb", ".ent"), (), re.compile(r"^CRYST1\s", re.MULTILINE), listing_of_pdb),
    FileFormat(
        "SHELX",
        (".res", ".ins"),
        (),
        re.compile(rf"^CELL[ \t]+(?:{NUMBER}[ \t]+){{6}}{NUMBER}", MULTILINE),
        listing_of_shelx,
    ),
    FileFormat(
        "extended XYZ",
        (".xyz", ".extxyz"),
        (),
        re.compile(r"\A[ \t]*\d+[ \t]*\n[^\n]*(?:lattice\s*=|\bcell\s*[:=])", re.IGNORECASE),
        listing_of_xyz,
    ),
    FileFormat(
        "CSSR",
        (".cssr",),
        (),
        re.compile(
            rf"\A[^\n]*?(?:{NUMBER}[ \t]+){{2}}{NUMBER}[ \t]*\n[^\n]*SPGR[^\n]*\n[ \t]*\d+[ \t]+\d",
            re.IGNORECASE,
        ),
        listing_of_cssr,
    ),
    FileFormat(
        "POSCAR",
        (".vasp", ".poscar", ".contcar"),
        ("poscar", "contcar"),
        re.compile(rf"\A{LINE}[ \t]*{NUMBER}[ \t0-9.eE+-]*\n{THREE}{THREE}{THREE}"),
        listing_of_poscar,
    ),
)


def format_of_text(text: str) -> FileFormat | None:
    """The format of a text by its content, or None."""
    head = "\n".join(line[:LINE_WIDTH] for line in text[:HEAD].split("\n"))
    return next((each for each in FORMATS if each.content.search(head)), None)


def format_of_name(path: Path) -> FileFormat | None:
    """The format that a file has by its name, with or without a last `.gz`, or None."""
    name = path.name.lower().removesuffix(".gz")
    for each in FORMATS:
        if name.endswith(each.endings) or (each.names and name.startswith(each.names)):
            return each
    return None


def read_listing(text: str, path: Path) -> Listing:
    """What a structure file lists.

    Args:
        text: its content, which decides on the format.
        path: its name, which decides where the content does not.

    Raises:
        InputError: if it has no known format, or cannot be read in the one it has.
    """
    found = format_of_text(text) or format_of_name(path)
    if found is None:
        known = ", ".join(each.name for each in FORMATS)
        raise InputError(f"no structure file by its content or its name; those read are {known}")
    return found.listing(text)

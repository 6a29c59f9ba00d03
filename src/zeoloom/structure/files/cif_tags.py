"""CIF text to tags and values, before any meaning: gemmi first, ASE for dialects gemmi refuses.

A block becomes a dict from lower-case tag to its values as strings: one for a plain tag, one per
row for a loop.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gemmi
from ase.io.cif import parse_cif

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 5_000_000
"""The largest CIF of a framework type is 13 kB; a P1 supercell of 20,000 atoms takes about 1 MB."""

Tags = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Block:
    """One data block of a CIF.

    Attributes:
        name: what follows `data_`.
        tags: lower-case tag -> values.
    """

    name: str
    tags: Tags

    def first(self, *names: str) -> str:
        """Value of the first of these tags that has one, or an empty string."""
        for name in names:
            values = self.tags.get(name)
            if values and values[0] not in ("", "?", "."):
                return values[0]
        return ""

    def column(self, *names: str) -> list[str]:
        """All values of the first of these tags that is there, or an empty list."""
        return next((self.tags[name] for name in names if name in self.tags), [])


def number(text: str) -> float:
    """A CIF number without its uncertainty, `1.234(5)` -> 1.234; nan if it is none."""
    value = float(gemmi.cif.as_number(text))
    return value if math.isfinite(value) else math.nan


def read_blocks(path: Path) -> list[Block]:
    """Every data block of a CIF file.

    Raises:
        InputError: if the file cannot be read, is no text, is huge, or is no CIF.
    """
    text = _read_text(path)
    try:
        return _read_with_gemmi(text)
    except (ValueError, RuntimeError) as refusal:
        # gemmi is strict: IZA's OKO has an unquoted value with spaces, which ASE understands
        # "string:24:40(739): parse error" -> "line 24: parse error"
        where = re.sub(r"^string:(\d+):\d+\(\d+\)", r"line \1", str(refusal).split("\n")[0])
        if "_cell_length_a" in text.lower() and "_atom_site" in text.lower():
            try:
                return _read_with_ase(text)
            except Exception:  # noqa: BLE001, S110 - ASE's parser fails in any way on broken text
                pass
        raise InputError(
            f"no readable CIF ({where}); expected data_ blocks of tags and loops, perhaps cut short"
        ) from refusal


def _read_text(path: Path) -> str:
    """The text of a file, if it is one of a sensible size."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError("no regular file")
        if size > MAX_BYTES:
            raise InputError(
                f"{size / 1e6:.1f} MB is more than the {MAX_BYTES / 1e6:.0f} MB a framework's CIF "
                "may have; try a file with the asymmetric unit only"
            )
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})") from error
    if not raw.strip():
        raise InputError("the file is empty")
    if b"\0" in raw:
        raise InputError("a binary file, expected the text of a CIF")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # older programs write Å in one byte


def _read_with_gemmi(text: str) -> list[Block]:
    """Blocks by gemmi's strict parser."""
    blocks = []
    for block in gemmi.cif.read_string(text):
        tags: Tags = {}
        for item in block:
            pair: Any = item.pair
            if pair is not None:
                tags[pair[0].lower()] = [gemmi.cif.as_string(pair[1])]
            elif item.loop is not None:
                loop: Any = item.loop
                width = len(loop.tags)
                for column, tag in enumerate(loop.tags):
                    values = loop.values[column::width]
                    tags[tag.lower()] = [gemmi.cif.as_string(value) for value in values]
        blocks.append(Block(block.name, tags))
    return blocks


def _read_with_ase(text: str) -> list[Block]:
    """Blocks by ASE's lenient parser; what it would only warn of counts as broken."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        blocks = list(parse_cif(io.StringIO(text)))
    return [
        Block(
            block.name,
            {
                tag: [str(v) for v in value] if isinstance(value, list) else [str(value)]
                for tag, value in block.items()
            },
        )
        for block in blocks
    ]

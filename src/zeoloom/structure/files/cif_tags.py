"""CIF text to tags and values, before any meaning: gemmi first, ASE for dialects gemmi refuses.

A block becomes a dict from tag to its values as strings: one for a plain tag, one per row for a
loop. Tags are in lower case, with `_` for the `.` that newer dictionaries have.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from dataclasses import dataclass, replace
from typing import Any

import gemmi
from ase.io.cif import parse_cif

from zeoloom.errors import InputError

KEYWORDS = ("_", "loop_", "data_", "save_")
"""What follows a value, and never is one."""

PART = r"[-+*/.\dxyz\s]+"

TRIPLET = re.compile(rf"(\d+\s+)?({PART},{PART},{PART})", re.IGNORECASE)
"""An operation without quotes, perhaps with its number before it."""

LONGEST_TRIPLET = 80
"""Characters."""

Tags = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Block:
    """One data block of a CIF.

    Attributes:
        name: what follows `data_`.
        tags: tag -> values.
        notices: what was mended.
    """

    name: str
    tags: Tags
    notices: tuple[str, ...] = ()

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


def read_blocks(text: str) -> list[Block]:
    """Every data block of a CIF.

    Raises:
        InputError: if the text is no CIF.
    """
    text = "\n".join(map(_with_quoted_triplet, text.split("\n")))
    try:
        return _read_with_gemmi(text)
    except (ValueError, RuntimeError) as refusal:
        # gemmi is strict: IZA's OKO has an unquoted value with spaces
        for lenient in (_read_mended, _read_with_ase):
            if "_cell" in text.lower() and "_atom_site" in text.lower():
                try:
                    return lenient(text)
                except Exception:  # noqa: BLE001, S110 - ASE fails in any way on broken text
                    pass
        # "string:24:40(739): parse error" -> "line 24: parse error"
        where = re.sub(r"^string:(\d+):\d+\(\d+\)", r"line \1", str(refusal).split("\n")[0])
        raise InputError(
            f"no readable CIF ({where}); expected data_ blocks of tags and loops, perhaps cut short"
        ) from refusal


def _read_with_gemmi(text: str, *, strict: bool = True) -> list[Block]:
    """Blocks by gemmi's parser; if it is not strict, of a tag given twice the last one counts."""
    return [_block(block) for block in gemmi.cif.read_string(text, 1 if strict else 0)]


def _block(given: gemmi.cif.Block) -> Block:
    """One block of gemmi."""
    tags: Tags = {}
    twice: list[str] = []
    for item in given:
        pair: Any = item.pair
        loop: Any = item.loop
        if pair is not None:
            columns = [(pair[0], [pair[1]])]
        elif loop is not None:
            width = len(loop.tags)
            columns = [(tag, loop.values[n::width]) for n, tag in enumerate(loop.tags)]
        else:
            continue
        for tag, values in columns:
            texts = [gemmi.cif.as_string(value) for value in values]
            if tags.get(_plain(tag), texts) != texts:
                twice.append(tag)
            tags[_plain(tag)] = texts
    notices = (f"tags with two values, of which the last counts: {', '.join(twice)}",)
    return Block(given.name, tags, notices if twice else ())


def _with_quoted_triplet(line: str) -> str:
    """A line; in quotes the operation that it is, if it has spaces: each part would be a value."""
    if line.count(",") != 2 or len(line) > LONGEST_TRIPLET or " " not in line.strip():
        return line
    found = TRIPLET.fullmatch(line.strip())
    return line if found is None else f"{found.group(1) or ''}'{found.group(2)}'"


def _plain(tag: str) -> str:
    """A tag in lower case, without the dots of newer dictionaries."""
    return tag.lower().replace(".", "_")


def _read_mended(text: str) -> list[Block]:
    """Blocks by gemmi of a text whose tags were given the values or quotes they lack."""
    mended, empty = mended_cif(text)
    blocks = _read_with_gemmi(mended, strict=False)
    notices = (f"tags without a value: {', '.join(empty)}",) if empty else ()
    return [replace(block, notices=(*notices, *block.notices)) for block in blocks]


def mended_cif(text: str) -> tuple[str, list[str]]:
    """A CIF with `?` for values that are missing and quotes around values of several words.

    Returns:
        The text; the tags that had no value.
    """
    lines = text.split("\n")
    if not any(line.lower().startswith("data_") for line in lines):
        lines.insert(0, "data_")
    empty: list[str] = []
    in_field = in_loop = False
    for row, line in enumerate(lines):
        if line.startswith(";"):
            in_field = not in_field
        words = line.split(None, 1)
        if in_field or not words or line.lstrip().startswith("#"):
            continue
        if not words[0].startswith("_"):
            in_loop = words[0].lower() == "loop_"
        elif len(words) == 2:
            in_loop = False
            lines[row] = f"{words[0]} {_quoted(words[1].strip())}"
        elif not in_loop and _ends_without_value(lines, row + 1):
            lines[row] = f"{words[0]} ?"
            empty.append(words[0])
    return "\n".join(lines), empty


def _quoted(value: str) -> str:
    """A value in quotes if it has several words and none yet, or lost the last one."""
    value = re.split(r"\s#", value)[0].rstrip()
    if value[0] in "'\"" and len(value) > 1 and value[-1] == value[0]:
        return value
    return str(gemmi.cif.quote(value.strip("'\""))) if " " in value or value[0] in "'\"" else value


def _ends_without_value(lines: list[str], row: int) -> bool:
    """Whether a keyword, another tag or the end comes next from a row on."""
    for line in lines[row:]:
        words = line.split(None, 1)
        if words and not words[0].startswith("#"):
            return words[0].lower().startswith(KEYWORDS)
    return True


def _read_with_ase(text: str) -> list[Block]:
    """Blocks by ASE's lenient parser; what it would only warn of counts as broken."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        blocks = list(parse_cif(io.StringIO(text)))
    return [
        Block(
            block.name,
            {
                _plain(tag): [str(v) for v in value] if isinstance(value, list) else [str(value)]
                for tag, value in block.items()
            },
        )
        for block in blocks
    ]

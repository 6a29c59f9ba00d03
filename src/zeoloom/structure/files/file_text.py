"""The text of a structure file: unpacked, decoded, and free of what is no part of a structure."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import TYPE_CHECKING

from zeoloom.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 5_000_000
"""The largest CIF of a framework type is 13 kB; a P1 supercell of 20,000 atoms takes about 1 MB."""

MAX_RAW_BYTES = 100_000_000
"""With all reflections of a refinement, unpacked."""

LONG_TEXT = 20_000
"""Characters. A text field of a CIF longer than this holds reflections or a log, no symmetry."""

CONTROL = bytes(range(9)) + b"\x0b" + bytes(range(14, 32)) + b"\x7f"
"""Control characters that text files do not have, but for their end in some old programs."""

REFLECTIONS = ("_refln", "_diffr")
"""Beginnings of the tags of loops that hold reflections."""

TYPOGRAPHIC = {
    "\u2212": "-", "\u2013": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
    "\u00a0": " ", "\ufeff": "", "\u2028": "\n", "\u0085": "\n",
}  # fmt: skip
"""What word processors make of plain characters."""

REPLACED = dict.fromkeys(CONTROL.decode(), " ") | TYPOGRAPHIC


def read_text(path: Path) -> str:
    """The text of a file, with the lines and characters a reader expects.

    Args:
        path: of a text file, or one packed by gzip. Reflections and long text fields of a CIF are
            left out, and control characters.

    Raises:
        InputError: if the file cannot be read, is no text, or is huge.
    """
    text = decoded(read_content(path))
    if len(text) > LONG_TEXT:
        text = without_reflections(text)
    if len(text) > MAX_BYTES:
        raise InputError(
            f"{len(text) / 1e6:.1f} MB is more than the {MAX_BYTES / 1e6:.0f} MB a framework's "
            "file may have besides its reflections; try a file with the asymmetric unit only"
        )
    return text


def read_content(path: Path) -> bytes:
    """All bytes of a file, unpacked if it is packed by gzip.

    Raises:
        InputError: if it cannot be read, is empty or is huge.
    """
    raw = _unpacked(_read_bytes(path))
    if not raw.strip():
        raise InputError("the file is empty")
    return raw


def _read_bytes(path: Path) -> bytes:
    """All bytes of a regular file of a sensible size."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError("no regular file")
        if size > MAX_RAW_BYTES:
            raise InputError(
                f"{size / 1e6:.1f} MB is more than the {MAX_RAW_BYTES / 1e6:.0f} MB that are read; "
                "try a file without reflections"
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})") from error


def _unpacked(raw: bytes) -> bytes:
    """The content of a file packed by gzip, or the file as it is."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    packed = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = packed.decompress(raw, MAX_RAW_BYTES + 1)
    except (zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"packed by gzip, and damaged ({error})") from error
    if len(content) > MAX_RAW_BYTES:
        raise InputError(f"unpacked it is more than the {MAX_RAW_BYTES / 1e6:.0f} MB that are read")
    if not packed.eof:
        raise InputError("packed by gzip, and cut short")
    return content


def decoded(raw: bytes) -> str:
    """Bytes as text, in UTF-8, UTF-16 with its mark, or Latin-1.

    Raises:
        InputError: if they are no text.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InputError("a binary file, expected text") from error
    else:
        inside = raw.rstrip(CONTROL + b" \r\n\t")
        if b"\0" in inside or (b"\0" in raw and not _is_utf8(inside)):
            raise InputError("a binary file, expected text")
        # older programs write Å in one byte
        text = raw.decode("utf-8-sig" if _is_utf8(raw) else "latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate({ord(old): new for old, new in REPLACED.items()})


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def without_reflections(text: str) -> str:
    """A CIF without its loops of reflections and its long text fields; other text as it is.

    A long field becomes '?', so that its tag keeps a value.
    """
    text = re.sub(r"^;.*?^;", _short_field, text, flags=re.MULTILINE | re.DOTALL)
    if "_refln" not in text.lower():
        return text
    kept: list[str] = []
    skipping = False
    for line in text.split("\n"):
        first = line.lstrip()[:6].lower()
        if not skipping and first in REFLECTIONS:
            skipping = _ends_in_loop(kept)
            if skipping:
                kept.pop()
        elif first.startswith(("loop_", "data_", "save_", "_")) and first not in REFLECTIONS:
            skipping = False
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


def _short_field(field: re.Match[str]) -> str:
    return "?" if len(field.group(0)) > LONG_TEXT else field.group(0)


def _ends_in_loop(lines: list[str]) -> bool:
    """Whether the last of some lines opens a loop."""
    return bool(lines) and lines[-1].strip().lower() == "loop_"

"""Rows of numbers out of text: columns, counts several a line, decimal commas, headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY_NUMBER_TEXT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?|[+-]?nan", re.IGNORECASE)

COMMENTS = ("#", "!", ";", "%", "'", "/*", "//")
"""What lines that hold no data begin with in the files of common programs."""

LONG_RUN = 10
"""Lines of numbers that are more than a part of a header."""


@dataclass(frozen=True, slots=True)
class NumberRows:
    """The numbers of a text, with what stands before them.

    Attributes:
        header: lines before the first row of numbers, and comments among them.
        rows: the numbers of each line, all of the longest run of lines of numbers.
        others: how many lines of as many numbers stand in other runs of some length.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    others: int = 0


def number_rows(text: str) -> NumberRows:
    """The longest run of lines of numbers in a text, comments and blank lines passed over.

    Rows may be parted by spaces, tabs, semicolons or commas. Commas are decimal ones where
    something else parts the numbers.
    """
    lines = text.split("\n")
    split = _splitting(lines)
    parsed = [_numbers_of_line(line, split) for line in lines]
    kept = [
        (number, row) for number, row in enumerate(parsed) if row or not _passed_over(lines[number])
    ]
    runs = [list(run) for _, run in groupby(kept, key=lambda each: bool(each[1]))]
    runs = [run for run in runs if run[0][1]]
    if not runs:
        return NumberRows(tuple(lines), ())
    longest = max(runs, key=len)
    header = [
        line for line in lines[: longest[-1][0]] if line.strip() and _passed_over(line)
    ] + lines[: longest[0][0]]
    rows = tuple(row for _, row in longest)
    others = sum(
        len(run)
        for run in runs
        if run is not longest and len(run) >= LONG_RUN and len(run[0][1]) == len(rows[0])
    )
    return NumberRows(tuple(dict.fromkeys(header)), rows, others)


def _passed_over(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(COMMENTS)


def _splitting(lines: Sequence[str]) -> tuple[str, bool]:
    """What parts the numbers (a pattern), and whether commas are decimal ones."""
    lines = [line for line in lines if line.strip() and not _passed_over(line)][-400:]
    half = max(len(lines) // 2, 1)
    if sum(";" in line.strip(" ;") for line in lines) >= half:
        return r"\s*;\s*", True
    parted = [line for line in lines if re.search(r"\S\s*\t\s*\S|[\d.] +[-+.\d]", line.strip())]
    commas = [line for line in lines if "," in line]
    if len(commas) < half:
        return r"[\s,]+", False
    points = sum("." in line for line in commas)
    loose = sum(bool(re.search(r",\s", line)) for line in commas)
    decimal = len(parted) >= half and points < half and loose < half
    return (r"\s+", True) if decimal else (r"\s*,\s*|\s+", False)


def _numbers_of_line(line: str, split: tuple[str, bool]) -> tuple[float, ...]:
    """The numbers of a line that holds nothing else; else none."""
    line = line.strip().strip(",;")
    if not line or line[0] not in '+-.0123456789nN"':
        return ()
    separator, decimal = split
    words = [word.strip("\"' ") for word in re.split(separator, line.strip())]
    if decimal:
        words = [word.replace(",", ".") for word in words]
    if not all(ANY_NUMBER_TEXT.fullmatch(word) for word in words):
        return ()
    return tuple(float(word.lower().replace("d", "e")) for word in words)

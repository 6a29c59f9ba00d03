"""Patterns out of plain text: columns, counts several a line, GSAS."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.beam import beam_of_lines, named_beam
from zeoloom.diffraction.number_rows import ANY_NUMBER_TEXT, number_rows
from zeoloom.diffraction.pattern import FEWEST_POINTS, Pattern, pattern_of_points
from zeoloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zeoloom.diffraction.beam import Beam
    from zeoloom.geometry.arrays import FloatArray

WAVELENGTH = re.compile(r"(?:wave[\s_-]*length|lambda|λ)[^\d\n]{0,24}?(\d*\.\d+)", re.IGNORECASE)

OTHER_AXES = (
    (re.compile(r"\bq(?:[\s_]*[\[(/]|_a\^?-1|_nm\^?-1|\s*$)", re.IGNORECASE), "Q"),
    (re.compile(r"\bd(?:[\s_-]*spac|[\s_]*[\[(/])|\bspacings?\b", re.IGNORECASE), "spacings d"),
    (re.compile(r"\btof\b|time[\s_-]*of[\s_-]*flight", re.IGNORECASE), "times of flight"),
)
"""What headers call axes that are no angles."""

ANGLE_NAMES = re.compile(r"(?:2|two)[\s_-]*th|\b2\s*θ|2th_deg|angle", re.IGNORECASE)

BANK = re.compile(
    r"^BANK\s+\d+\s+(\d+)\s+(\d+)\s+(\w+)\s+([-+\d.eE]+)\s+([-+\d.eE]+)(.*)$", re.MULTILINE
)
"""Number of points and of lines, kind of steps, start, step, and the rest of the line."""

FEWEST_SCAN_ROWS = 20
"""Rows of a scan, at least, where a file seems to hold several."""

HEADER_TEXT = 4_000
"""Characters of a header in which wavelengths are looked for."""


def pattern_of_text(text: str, scan: Sequence[float] | None = None) -> Pattern:
    """The pattern in a text of columns, of counts several a line, or of GSAS.

    Columns are two-theta, counts and, if there is a third one that looks like it, uncertainties.
    Counts alone need a start and a step: three numbers in a line of the header, start, step and
    end, or `scan`.

    Args:
        text: of a file.
        scan: degrees, start and step of counts without angles; None if the text says them.

    Raises:
        InputError: if it holds no pattern.
    """
    bank = BANK.search(text)
    if bank is not None:
        return _with_beam(_pattern_of_gsas(text, bank), text[: bank.start()])
    found = number_rows(text)
    header = "\n".join(found.header)[:HEADER_TEXT]
    _check_axis(found.header)
    rows = _of_one_width(found.rows)
    if scan is None and rows and len(rows[0]) in (2, 3, 4):
        angles = [row[0] for row in rows]
        _check_one_scan(angles)
        if _rises_or_falls(angles):
            left_out = found.others + len(found.rows) - len(rows)
            return _with_beam(_noting(_pattern_of_columns(rows), left_out), header)
    numbers = list(chain.from_iterable(found.rows))
    if len(numbers) < FEWEST_POINTS:
        raise InputError(
            f"{len(numbers)} numbers in lines of numbers, expected a powder pattern: two columns, "
            "two-theta in degrees and counts"
        )
    return _with_beam(_pattern_of_counts(numbers, found.rows, found.header, scan), header)


def beam_in_header(header: str) -> Beam | None:
    """The wavelength or the tube that a header names, or None."""
    number = WAVELENGTH.search(header)
    if number is not None and 0.05 < float(number[1]) < 10.0:
        return beam_of_lines(float(number[1]), 0.0)
    return named_beam(header)


def _of_one_width(rows: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """The rows with as many numbers as most have."""
    widths = Counter(map(len, rows)).most_common(1)
    return [row for row in rows if len(row) == widths[0][0]]


def _noting(pattern: Pattern, left_out: int) -> Pattern:
    """The pattern with a notice of rows that were left out."""
    if not left_out:
        return pattern
    notice = f"{left_out:,} rows of numbers apart from the {len(pattern):,} read are left out"
    return replace(pattern, notices=(*pattern.notices, notice))


def _check_one_scan(angles: Sequence[float]) -> None:
    """Raise InputError if angles rise, but for a few places at which they begin anew."""
    falls = np.flatnonzero(np.diff(angles) < 0.0)
    if 0 < len(falls) < FEWEST_SCAN_ROWS and len(angles) > FEWEST_SCAN_ROWS * (len(falls) + 1):
        k = int(falls[0])
        raise InputError(
            f"the first column rises to {angles[k]:g} and goes on from {angles[k + 1]:g}: several "
            "scans, or rows out of order; leave one scan in the file"
        )


def _with_beam(pattern: Pattern, header: str) -> Pattern:
    return replace(pattern, beam=beam_in_header(header))


def _check_axis(header: Iterable[str]) -> None:
    """Raise InputError if the last line of the header that names an axis names another one."""
    for line in list(header)[-4:]:
        names = next((name for axis, name in OTHER_AXES if axis.search(line.strip())), "")
        if names and not ANGLE_NAMES.search(line):
            raise InputError(
                f"the header {line.strip()!r} says that the first column is {names}; give "
                "two-theta in degrees: 2 arcsin(wavelength / 2d), or 2 arcsin(Q wavelength / 4 pi)"
            )


def _rises_or_falls(column: Sequence[float]) -> bool:
    steps = np.sign(np.diff(np.asarray(column)))
    return bool(len(steps)) and bool((steps >= 0).all() or (steps <= 0).all()) and bool(steps.any())


def _pattern_of_columns(rows: Sequence[tuple[float, ...]]) -> Pattern:
    """Two-theta, counts, and perhaps uncertainties: what is positive and well below the peaks."""
    table = np.array(rows)
    esd = None
    if table.shape[1] == 3:
        third = table[:, 2]
        positive = bool((third >= 0.0).all()) and bool((third > 0.0).mean() > 0.9)
        varied = len(np.unique(third)) > 5
        if positive and varied and third.max() < table[:, 1].max():
            esd = third
    return pattern_of_points(table[:, 0], table[:, 1], esd)


def _pattern_of_counts(
    numbers: list[float],
    rows: Sequence[tuple[float, ...]],
    header: Sequence[str],
    scan: Sequence[float] | None,
) -> Pattern:
    """Counts several a line; as many uncertainties may follow them."""
    n = len(numbers)
    if scan is None:
        found = _start_step_end(rows, header)
        if found is None:
            raise InputError(
                f"{n} counts without angles, {len(rows[0])} a line; say where they begin and their "
                "step, in degrees two-theta: --scan START STEP, such as --scan 5 0.02"
            )
        (start, step, n), numbers = found
    else:
        start, step = scan
        if step <= 0.0:
            raise InputError(f"--scan {start:g} {step:g}: expected a start and a step above 0")
        while n > FEWEST_POINTS and numbers[n - 1] == 0.0:  # some programs end with a 0
            n -= 1
    esd = np.array(numbers[n : 2 * n]) if len(numbers) >= 2 * n else None
    angles = np.asarray(start + step * np.arange(n), dtype=np.float64)
    return pattern_of_points(angles, np.array(numbers[:n]), esd)


def _start_step_end(
    rows: Sequence[tuple[float, ...]], header: Sequence[str]
) -> tuple[tuple[float, float, int], list[float]] | None:
    """Start, step and number of points by three numbers that agree with how many counts follow.

    They may stand in the header, or in one of the first rows of numbers.
    """
    written = (re.split(r"[\s,]+", line.strip())[:3] for line in header)
    known = [(0, words) for words in written if all(map(ANY_NUMBER_TEXT.fullmatch, words))]
    for first, words in [*known, *((k + 1, row[:3]) for k, row in enumerate(rows[:6]))]:
        if len(words) < 3:
            continue
        start, step, end = map(float, words)
        numbers = list(chain.from_iterable(rows[first:]))
        points = round((end - start) / step) + 1 if step > 0.0 and end > start else 0
        if FEWEST_POINTS <= points <= len(numbers) <= 3 * points:
            return (start, step, points), numbers
    return None


def _pattern_of_gsas(text: str, bank: re.Match[str]) -> Pattern:
    """The first bank of a GSAS file with constant steps; angles are centidegrees there."""
    n, kind = int(bank[1]), bank[3].upper()
    words = bank[6].split()
    form = next((w.upper() for w in words if w.upper() in ("STD", "ESD", "FXYE", "FXY", "ALT")), "")
    form = form or "STD"
    if kind not in ("CONST", "CONS") or form == "ALT":
        raise InputError(
            f"a GSAS file of the kind {kind} {form}, times of flight; constant wavelength is read "
            "(CONST), of the kinds STD, ESD, FXY and FXYE"
        )
    body = text[bank.end() :].split("\nBANK", maxsplit=1)[0].strip("\n")
    if form in ("FXYE", "FXY"):
        table = np.array(_of_one_width(number_rows(body).rows)[:n])
        if table.ndim != 2 or table.shape[1] < 2:
            raise InputError("a GSAS file without rows of angles and counts")
        esd = table[:, 2] if table.shape[1] > 2 else None
        return pattern_of_points(table[:, 0] / 100.0, table[:, 1], esd)
    values, counters = _fixed_width(body, paired=form == "ESD")
    esd = values[1::2][:n] if form == "ESD" else None
    counts = values[::2][:n] if form == "ESD" else values[:n]
    if form == "STD":  # a count is the mean of so many counters
        esd = np.sqrt(np.maximum(counts, 1.0) / np.maximum(counters[: len(counts)], 1.0))
    start, step = float(bank[4]) / 100.0, float(bank[5]) / 100.0
    angles = np.asarray(start + step * np.arange(len(counts)), dtype=np.float64)
    return pattern_of_points(angles, counts, esd)


def _fixed_width(body: str, *, paired: bool) -> tuple[FloatArray, FloatArray]:
    """Numbers in fields of 8 characters; in STD the first two of them say of how many counters."""
    values, counters = [], []
    for line in body.split("\n"):
        for k in range(0, len(line.rstrip()), 8):
            field = line[k : k + 8]
            number = field if paired else field[2:]
            if ANY_NUMBER_TEXT.fullmatch(number.strip()) is None:
                continue
            values.append(float(number))
            many = "" if paired else field[:2].strip()
            counters.append(float(many) if many.isdecimal() else 1.0)
    return np.array(values), np.array(counters)

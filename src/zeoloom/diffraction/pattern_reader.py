"""Powder patterns out of files of any common format.

Binary files, those packed by zip and XML are read by geddes, which gives angles and counts; what
else they say is looked up here.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import geddes
import numpy as np

from zeoloom.diffraction.beam import K_ALPHA, SAME_LENGTH, Beam, beam_of_lines, named_beam
from zeoloom.diffraction.pattern import Pattern, pattern_of_points
from zeoloom.diffraction.pattern_text import pattern_of_text
from zeoloom.errors import InputError
from zeoloom.structure.files.file_text import decoded, read_content
from zeoloom.structure.files.powder_cif import points_of_cif

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.diffraction.reflections import Radiation

CIF_BEGINS = re.compile(r"^\s*data_", re.IGNORECASE | re.MULTILINE)

BY_LIBRARY = re.compile(r"\A\s*(?:<\?xml|<xrd)|^\*RAS_|^_FILEVERSION|^\*TYPE\b|^HDR,", re.MULTILINE)
"""Text formats that geddes reads: XRDML, RAS, UXD, Rigaku ASC, Philips UDF."""

FIRST_LENGTH = re.compile(
    r"(?:<kAlpha1[^>]*>|_WL1=|WAVE_LENGTH_ALPHA1\"?\s+\"?|<WavelengthKalpha1>|KAlpha1,\s*)\s*(\d\.\d+)",
    re.IGNORECASE,
)

SECOND_LENGTH = re.compile(
    r"(?:<kAlpha2[^>]*>|_WL2=|WAVE_LENGTH_ALPHA2\"?\s+\"?|<WavelengthKalpha2>|KAlpha2,\s*)\s*(\d\.\d+)",
    re.IGNORECASE,
)

LENGTH_RATIO = re.compile(
    r"(?:<ratioKAlpha2KAlpha1>|_WLRATIO=|RatioKAlpha2(?:KAlpha1)?,\s*)\s*(\d\.\d+)", re.IGNORECASE
)

ROUNDED = 0.011
"""Degrees by which angles in a file may be rounded."""

UXD_START = re.compile(r"^_START=([\d.]+)", re.MULTILINE)

UXD_STEP = re.compile(r"^_STEPSIZE=([\d.]+)", re.MULTILINE)

BINARY_HEAD = 4_096
"""Bytes of a binary file in which wavelengths are looked for."""


def read_pattern(path: Path, scan: Sequence[float] | None = None) -> Pattern:
    """The powder pattern in a file.

    Args:
        path: of text in columns, counts several a line, GSAS, pdCIF, XRDML, RAW, UXD, RAS or RASX,
            perhaps packed by gzip. The content decides on the format.
        scan: degrees, start and step of counts without angles.

    Raises:
        InputError: if it is no pattern; it names the file and says what to try.
    """
    try:
        return _pattern_of_content(path, scan)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _pattern_of_content(path: Path, scan: Sequence[float] | None) -> Pattern:
    content = read_content(path)
    try:
        text = decoded(content)
    except InputError:
        return replace(_by_library(content, path), beam=_beam_in_binary(content))
    if CIF_BEGINS.search(text):
        return _pattern_of_cif(text)
    if scan is None and BY_LIBRARY.search(text[:200_000]):
        return replace(_even(_by_library(content, path), text), beam=_beam_in_tags(text))
    return pattern_of_text(text, scan)


def _by_library(content: bytes, path: Path) -> Pattern:
    """A pattern by geddes, which reads the first range of a file."""
    name = path.name.removesuffix(".gz")
    try:
        found = geddes.read_bytes(content, name)
        x, y = np.array(found.x, dtype=np.float64), np.array(found.y, dtype=np.float64)
    except Exception as error:
        raise InputError(
            f"no powder pattern that can be read ({error}); export it as two columns, two-theta in "
            "degrees and counts"
        ) from error
    return pattern_of_points(x, y)


def _even(pattern: Pattern, text: str) -> Pattern:
    """A pattern with the even steps that the header of UXD says; its angles may be rounded."""
    start, step = (each.search(text) for each in (UXD_START, UXD_STEP))
    if start is None or step is None:
        return pattern
    angles = np.asarray(float(start[1]) + float(step[1]) * np.arange(len(pattern)))
    near = np.abs(angles - pattern.two_theta).max() < ROUNDED
    return replace(pattern, two_theta=angles) if near else pattern


def _pattern_of_cif(text: str) -> Pattern:
    points = points_of_cif(text)
    if points is None:
        raise InputError(
            "a CIF without a powder pattern by angles (_pd_meas_2theta_... with _pd_meas_counts_"
            "total or the like)"
        )
    beam = None
    if points.wavelengths:
        second = next((x for x in points.wavelengths[1:2] if points.weights[1] > 0.0), 0.0)
        weight = points.weights[1] / max(points.weights[0], 1e-9) if second else 0.0
        beam = beam_of_lines(points.wavelengths[0], second, weight)
    pattern = pattern_of_points(points.two_theta, points.counts, points.esd)
    return replace(pattern, beam=beam, radiation=radiation_of_name(points.probe))


def radiation_of_name(name: str) -> Radiation | None:
    """What a CIF means by its probe or type of radiation."""
    if "neutron" in name:
        return "neutron"
    if "electron" in name:
        return "electron"
    return "xray" if "x-ray" in name or "synchrotron" in name or "k\\a" in name else None


def _beam_in_tags(text: str) -> Beam | None:
    """Wavelengths in the header of XRDML, RAS or UXD."""
    head = text[:200_000]
    first, second, ratio = (
        each.search(head) for each in (FIRST_LENGTH, SECOND_LENGTH, LENGTH_RATIO)
    )
    if first is None or float(first[1]) == 0.0:
        return named_beam(head[:4_000])
    weight = float(ratio[1]) if ratio is not None else 0.5
    return beam_of_lines(float(first[1]), float(second[1]) if second else 0.0, weight)


def _beam_in_binary(content: bytes) -> Beam | None:
    """Wavelengths in a binary header: the doublet of an anode, or its first line, as doubles.

    RAW files of versions 1 to 4 have the mean, K-alpha 1, K-alpha 2 and K-beta in this order, in
    places that depend on the version. RASX is a zip archive with XML inside.
    """
    if content.startswith(b"PK"):
        return _beam_in_archive(content)
    head = content[:BINARY_HEAD]
    lone: Beam | None = None
    for start in range(len(head) - 24):
        mean, first, second = struct.unpack_from("<3d", head, start)
        anode = next((k for k, (a, _) in K_ALPHA.items() if _close(first, a)), None)
        if anode is None or not _close(mean, first, 0.005):
            continue
        if _close(second, K_ALPHA[anode][1], SAME_LENGTH / 4) and second > first:
            return beam_of_lines(first, second)
        lone = lone or beam_of_lines(first, 0.0)
    return lone


def _close(value: float, wanted: float, tolerance: float = SAME_LENGTH / 4) -> bool:
    return abs(value - wanted) <= tolerance * wanted


def _beam_in_archive(content: bytes) -> Beam | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for info in archive.infolist():
                if info.filename.lower().endswith(".xml") and info.file_size < 5_000_000:
                    beam = _beam_in_tags(archive.read(info).decode("utf-8", "replace"))
                    if beam is not None:
                        return beam
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return None
    return None

"""Intensities of reflections out of files: SHELX, FOCUS, CIF, columns, and what `pattern` wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.diffraction.beam import K_ALPHA
from zeoloom.diffraction.pattern_reader import CIF_BEGINS, radiation_of_name
from zeoloom.diffraction.pattern_text import beam_in_header
from zeoloom.diffraction.reflection_records import REFLECTIONS_TABLE, load_reflections
from zeoloom.diffraction.reflections import Radiation, Reflections, merged_reflections
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import hall_number_of
from zeoloom.structure.files.file_text import decoded, read_content
from zeoloom.structure.files.powder_cif import intensities_of_cif

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from zeoloom.geometry.arrays import FloatArray, IntArray

FOCUS_BEGINS = re.compile(r"^\s*UnitCell\s+[\d.]", re.MULTILINE | re.IGNORECASE)

HKLF_LINE = re.compile(
    r"^([ \d-]{4})([ \d-]{4})([ \d-]{4})([ \d.+-]{8})([ \d.+-]{8})(?:\s*-?\d+)?\s*$"
)

ROW = re.compile(r"^\s*(-?\d+)[\s,;]+(-?\d+)[\s,;]+(-?\d+)[\s,;]+([-+.\dEe]+)(.*)$")

NAMED_VALUES = (
    (
        "F2",
        re.compile(
            r"\bF(?:o|obs|_obs)?\s*(?:\^|\*\*)?\s*2\b|\bF_?sq|\bFo2\b|\bF_squared", re.IGNORECASE
        ),
    ),
    ("I", re.compile(r"\bI(?:nt|obs|_obs|o)?\b|\bintensit", re.IGNORECASE)),
    ("F", re.compile(r"\bF(?:o|obs|_obs|_meas)?\b|\b\|F\|", re.IGNORECASE)),
)
"""How a header calls |F|^2, m |F|^2 and |F|."""

FEWEST_REFLECTIONS = 5


@dataclass(frozen=True, slots=True)
class _Listed:
    """Rows of a file of reflections.

    Attributes:
        hkl: (n, 3).
        values: (n,) of the kind said.
        esd: (n,), nan where unknown.
        fwhm: degrees, (n,), 0 where unknown.
        kind: "F", "F2", or "I" for m |F|^2.
        cell: Å, (3, 3), or None.
        setting: of the space group; empty if unknown.
        wavelength: Å, 0 if unknown.
        radiation: or None.
        overlap: reflections closer than this share of their width overlap.
    """

    hkl: IntArray
    values: FloatArray
    esd: FloatArray
    fwhm: FloatArray
    kind: str
    cell: FloatArray | None = None
    setting: str = ""
    wavelength: float = 0.0
    radiation: Radiation | None = None
    overlap: float = 0.0


def holds_reflections(path: Path) -> bool:
    """Whether a file or folder holds reflections; else it may be a powder pattern.

    Raises:
        InputError: if it cannot be read.
    """
    if path.is_dir():
        return (path / REFLECTIONS_TABLE).exists()
    if path.name == REFLECTIONS_TABLE:
        return True
    try:
        text = decoded(read_content(path))
    except InputError as error:
        if "binary" in str(error):
            return False
        raise InputError(f"{path}: {error}") from error
    if CIF_BEGINS.search(text):
        return (
            "_refln_" in text.lower() or "_shelx_hkl" in text.lower()
        ) and "_pd_meas" not in text.lower()
    lines = [line for line in text.split("\n")[:2000] if line.strip()]
    rows = sum(
        bool(HKLF_LINE.match(line) or (ROW.match(line) and len(line.split()) < 8)) for line in lines
    )
    return bool(FOCUS_BEGINS.search(text)) or rows > 0.8 * len(lines)


def read_reflections(
    path: Path,
    *,
    cell: FloatArray | None = None,
    space_group: str | None = None,
    radiation: Radiation | None = None,
    wavelength: float | None = None,
) -> Reflections:
    """The intensities of reflections in a file, equivalent ones averaged.

    Args:
        path: a folder of `pattern`, a SHELX file (HKLF 4), an input of FOCUS, a CIF with `_refln_`
            loops, or columns h k l and F, F2 or I whose header names the fourth.
        cell: Å, (3, 3), instead of that of the file.
        space_group: symbol or number, instead of that of the file.
        radiation: instead of what the file says; X-rays if nothing does.
        wavelength: Å, as above; None if nothing says it.

    Raises:
        InputError: if there are none; it names the file and says what to try.
    """
    if path.is_dir() or path.name == REFLECTIONS_TABLE:
        return load_reflections(path)
    try:
        listed = _listed(path)
        return merged_reflections(
            _known_cell(listed.cell if cell is None else cell),
            space_group or listed.setting or None,
            listed.hkl,
            *_squared(listed),
            times_multiplicity=listed.kind != "I",
            radiation=radiation or listed.radiation or "xray",
            wavelength=wavelength or listed.wavelength or None,
            reach=listed.overlap * listed.fwhm,
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _known_cell(cell: FloatArray | None) -> FloatArray:
    if cell is None:
        raise InputError("these reflections come without a cell; give it with --cell")
    return cell


def _listed(path: Path) -> _Listed:
    """The rows of a file of any format."""
    text = decoded(read_content(path))
    if CIF_BEGINS.search(text):
        listed = _listed_in_cif(text)
    elif FOCUS_BEGINS.search(text):
        listed = _listed_by_focus(text)
    elif (rows := _hklf_rows(text)) is not None:
        listed = rows
    else:
        listed = _listed_in_columns(text, path.suffix.lower() == ".hkl")
    if len(listed.hkl) < FEWEST_REFLECTIONS:
        raise InputError(
            f"{len(listed.hkl)} reflections, expected rows of h k l, a value (F, F2 or I) and "
            "perhaps its uncertainty"
        )
    return listed


def _squared(listed: _Listed) -> tuple[FloatArray, FloatArray]:
    """Values as squares, and their uncertainties, 0 where unknown."""
    values, esd = listed.values, np.nan_to_num(listed.esd)
    if listed.kind == "F":
        return np.abs(values) * values, 2.0 * np.abs(values) * esd
    return values, esd


def _rows(lines: Sequence[str]) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Indices, values, uncertainties and widths of the lines that are rows of reflections."""
    hkl, values = [], []
    for line in lines:
        found = ROW.match(line)
        if found is None:
            continue
        rest = re.split(r"[\s,;]+", found[5].strip())[:2]
        numbers = [_number(each) for each in [found[4], *rest, "", ""][:3]]
        if np.isfinite(numbers[0]) and max(abs(int(found[k])) for k in (1, 2, 3)) < 500:
            hkl.append([int(found[k]) for k in (1, 2, 3)])
            values.append(numbers)
    table = np.array(values, dtype=np.float64).reshape(-1, 3)
    return (
        np.array(hkl, dtype=np.int64).reshape(-1, 3),
        table[:, 0],
        table[:, 1],
        np.nan_to_num(table[:, 2]),
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _listed_by_focus(text: str) -> _Listed:
    """Reflections of an input of FOCUS: h k l F, then uncertainty and width or `*`."""
    words = {
        line.split()[0].lower(): line.split()[1:]
        for line in text.split("\n")
        if line.strip() and not line.lstrip().startswith("#")
    }
    symbol = "".join(words.get("spacegroup", []))
    parameters = [_number(word) for word in words["unitcell"]]
    if symbol:
        from zeoloom.geometry.cell_setting import complete_parameters  # noqa: PLC0415

        parameters = list(complete_parameters(parameters, hall_number_of(symbol)))
    hkl, values, esd, fwhm = _rows(text.split("\n"))
    return _Listed(
        hkl=hkl,
        values=values,
        esd=esd,
        fwhm=fwhm,
        kind="F",
        cell=cell_from_parameters(parameters),
        setting=symbol,
        wavelength=_focus_wavelength(words.get("lambda", [])),
        overlap=_number((words.get("overlapfactor") or ["0.15"])[0]),
    )


def _focus_wavelength(words: Sequence[str]) -> float:
    """Å of a number, or of a name such as CuA1; 0 if there is none."""
    if not words:
        return 0.0
    if np.isfinite(_number(words[0])):
        return _number(words[0])
    return K_ALPHA.get(words[0][:2].capitalize(), (0.0,))[0]


def _hklf_rows(text: str) -> _Listed | None:
    """Reflections in the fixed columns of HKLF 4, up to 0 0 0; None if it is another format."""
    found = []
    for line in text.split("\n"):
        row = HKLF_LINE.match(line)
        if row is None or not row[4].strip():
            break
        found.append([_number(row[k]) for k in range(1, 6)])
        if not any(found[-1][:3]):
            found.pop()
            break
    table = np.array(found, dtype=np.float64).reshape(-1, 5)
    if len(table) < FEWEST_REFLECTIONS or not np.isfinite(table).all():
        return None
    hkl = np.rint(table[:, :3]).astype(np.int64)
    return _Listed(hkl, table[:, 3], table[:, 4], np.zeros(len(table)), "F2")


def _listed_in_cif(text: str) -> _Listed:
    found = intensities_of_cif(text)
    if found is None:
        raise InputError(
            "a CIF without measured reflections (_refln_F_squared_meas, _refln_F_meas or "
            "_shelx_hkl_file)"
        )
    about = {
        "cell": found.cell,
        "setting": found.setting,
        "wavelength": found.wavelength,
        "radiation": radiation_of_name(found.probe),
    }
    if found.kind == "hklf":
        inside = _hklf_rows(found.text.lstrip("\n"))
        if inside is None:
            raise InputError("the reflections of SHELX inside this CIF are in no known form")
        return _Listed(inside.hkl, inside.values, inside.esd, inside.fwhm, "F2", **about)  # type: ignore[arg-type]  # as built above
    none = np.zeros(len(found.values))
    return _Listed(found.hkl, found.values, found.esd, none, found.kind, **about)  # type: ignore[arg-type]  # as above


def _listed_in_columns(text: str, squares: bool) -> _Listed:
    """Columns h k l and a value that the header names."""
    lines = text.split("\n")
    hkl, values, esd, _ = _rows(lines)
    header = " ".join(line for line in lines[:40] if not ROW.match(line))
    named = next((kind for kind, name in NAMED_VALUES if name.search(header)), "")
    if len(hkl) >= FEWEST_REFLECTIONS and not named and not squares:
        raise InputError(
            "the fourth column may be F, F2 (|F| squared) or I (with the multiplicity of a "
            "powder line); say which in a first line, such as '# h k l F sigma'"
        )
    beam = beam_in_header(header)
    return _Listed(
        hkl,
        values,
        esd,
        np.zeros(len(hkl)),
        named or "F2",
        wavelength=beam.first if beam else 0.0,
    )

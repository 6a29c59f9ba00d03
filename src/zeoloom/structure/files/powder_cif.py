"""What CIFs hold of measured data: powder patterns (`_pd_`) and reflections (`_refln_`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.structure.files.cif import cell_of_block, declared_symmetry
from zeoloom.structure.files.cif_tags import number, read_blocks
from zeoloom.structure.files.possible_groups import possible_groups

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray, IntArray
    from zeoloom.structure.files.cif_tags import Block

ANGLE_TAGS = (
    "_pd_meas_2theta_scan",
    "_pd_meas_2theta_corrected",
    "_pd_proc_2theta_corrected",
    "_pd_meas_angle_2theta",
)

COUNT_TAGS = (
    "_pd_meas_counts_total",
    "_pd_meas_intensity_total",
    "_pd_proc_intensity_total",
    "_pd_meas_intensity_net",
    "_pd_proc_intensity_net",
    "_pd_meas_counts_net",
)

ESD_TAGS = tuple(f"{tag}_su" for tag in COUNT_TAGS)

RANGE_TAGS = ("_pd_meas_2theta_range", "_pd_proc_2theta_range")

VALUE_TAGS = (
    ("F2", "_refln_f_squared_meas", ("_refln_f_squared_sigma", "_refln_f_squared_meas_su")),
    ("F", "_refln_f_meas", ("_refln_f_sigma", "_refln_f_meas_su")),
    ("F2", "_refln_intensity_meas", ("_refln_intensity_sigma", "_refln_intensity_meas_su")),
)
"""What is measured, its tag and those of its uncertainty."""


@dataclass(frozen=True, slots=True)
class CifPoints:
    """A powder pattern of a CIF.

    Attributes:
        two_theta: degrees, (n,).
        counts: (n,).
        esd: (n,), or None if it has none.
        wavelengths: Å, as many as it has.
        weights: of the wavelengths.
        probe: as written, such as "neutron"; empty if nothing is.
    """

    two_theta: FloatArray
    counts: FloatArray
    esd: FloatArray | None
    wavelengths: tuple[float, ...]
    weights: tuple[float, ...]
    probe: str


@dataclass(frozen=True, slots=True)
class CifIntensities:
    """The reflections of a CIF.

    Attributes:
        cell: Å, (3, 3), or None.
        setting: symbol that means the setting of the space group alone; empty if none is given.
        hkl: (n, 3).
        values: (n,) of the kind said.
        esd: (n,), nan where unknown.
        kind: "F", "F2", or "hklf" if `text` holds them instead.
        text: the file of SHELX inside the CIF; empty if `values` holds them.
        wavelength: Å, 0 if unknown.
        probe: as written.
    """

    cell: FloatArray | None
    setting: str
    hkl: IntArray
    values: FloatArray
    esd: FloatArray
    kind: str
    text: str
    wavelength: float
    probe: str


def points_of_cif(text: str) -> CifPoints | None:
    """The powder pattern of a CIF, or None if it has none by angles.

    Raises:
        InputError: if the text is no CIF, or its columns do not fit together.
    """
    blocks = read_blocks(text)
    block = next((each for each in blocks if each.column(*COUNT_TAGS)), None)
    if block is None:
        return None
    counts = _values(block.column(*COUNT_TAGS))
    angles = block.column(*ANGLE_TAGS)
    two_theta = _values(angles) if len(angles) == len(counts) else _range(block, len(counts))
    if two_theta is None:
        return None
    esds = block.column(*ESD_TAGS)
    esd = _values(esds) if len(esds) == len(counts) else _written_esd(block)
    known = [each for each in blocks if each.first("_diffrn_radiation_wavelength")]
    source = block if block in known else (known or [block])[0]
    lengths = _values(source.column("_diffrn_radiation_wavelength"))
    weights = _values(source.column("_diffrn_radiation_wavelength_wt"))
    if len(weights) != len(lengths) or not np.isfinite(weights).all():
        weights = np.array([1.0, 0.5, *[0.0] * len(lengths)])[: len(lengths)]
    good = np.isfinite(lengths) & (lengths > 0.0)
    return CifPoints(
        two_theta,
        counts,
        esd,
        tuple(lengths[good].tolist()),
        tuple(weights[good].tolist()),
        _probe(source),
    )


def intensities_of_cif(text: str) -> CifIntensities | None:
    """The reflections of a CIF with measured values, or None if it has none.

    Raises:
        InputError: if the text is no CIF, or its columns do not fit together.
    """
    blocks = read_blocks(text)
    for block in blocks:
        inside = block.first("_shelx_hkl_file", "_iucr_refine_reflections_details")
        kind, tag, esd_tags = next(
            (each for each in VALUE_TAGS if block.column(each[1])), ("", "", ())
        )
        if not kind and not inside:
            continue
        described = block if block.first("_cell_length_a") else _described(blocks)
        cell, setting = _cell_and_setting(described)
        lengths = _values(described.column("_diffrn_radiation_wavelength"))
        columns = [block.column(f"_refln_index_{axis}") for axis in "hkl"]
        hkl, values, esd = _refln_columns(block, columns if kind else [[]] * 3, tag, esd_tags)
        return CifIntensities(
            cell=cell,
            setting=setting,
            hkl=hkl,
            values=values,
            esd=esd,
            kind=kind or "hklf",
            text="" if kind else inside,
            wavelength=float(lengths[0]) if len(lengths) and np.isfinite(lengths[0]) else 0.0,
            probe=_probe(described),
        )
    return None


def _refln_columns(
    block: Block, columns: list[list[str]], tag: str, esd_tags: tuple[str, ...]
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Indices, values and uncertainties of the rows that have a value."""
    texts = block.column(tag)
    if any(len(column) != len(texts) for column in columns):
        raise InputError(f"{tag} stands in no loop with _refln_index_h, _k and _l")
    indices, values = np.stack([_values(column) for column in columns], axis=1), _values(texts)
    esds = block.column(*esd_tags)
    esd = _values(esds) if len(esds) == len(texts) else np.full(len(texts), np.nan)
    good = np.isfinite(values) & np.isfinite(indices).all(axis=1)
    return np.rint(indices[good]).astype(np.int64), values[good], esd[good]


def _described(blocks: list[Block]) -> Block:
    """The first block with a cell, or the first of all."""
    return next((each for each in blocks if each.first("_cell_length_a")), blocks[0])


def _cell_and_setting(block: Block) -> tuple[FloatArray | None, str]:
    """Cell and symbol of the setting, as far as a block says them."""
    if not block.first("_cell_length_a"):
        return None, ""
    cell = cell_of_block(block)
    declared = declared_symmetry(block)
    if not (declared.operations or declared.hall or declared.symbols or declared.number):
        return cell, ""
    return cell, next(possible_groups(declared, cell)).group.setting


def _values(texts: list[str]) -> FloatArray:
    return np.array([number(text) for text in texts], dtype=np.float64)


def _range(block: Block, n: int) -> FloatArray | None:
    """Angles by the range that a block says, or None."""
    for tag in RANGE_TAGS:
        start, end = (number(block.first(f"{tag}_{name}") or "?") for name in ("min", "max"))
        if np.isfinite(start) and np.isfinite(end) and end > start:
            return np.linspace(start, end, n)
    return None


def _written_esd(block: Block) -> FloatArray | None:
    """Uncertainties written behind the counts, as 1234(35), or None if not all have them."""
    found = [re.fullmatch(r"[-+]?\d*\.?(\d*)\((\d+)\)", text) for text in block.column(*COUNT_TAGS)]
    if not all(found):
        return None
    return np.array([float(each[2]) * 10.0 ** -len(each[1]) for each in found if each])


def _probe(block: Block) -> str:
    return block.first("_diffrn_radiation_probe", "_diffrn_radiation_type").lower()

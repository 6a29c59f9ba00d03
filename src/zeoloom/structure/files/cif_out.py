"""Frameworks to CIF files, with the space group they truly have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gemmi
import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.structure.files.atomic import write_atomically
from zeoloom.structure.files.operation_lists import gemmi_operations, tabulated_setting
from zeoloom.structure.standard import standardised

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from zeoloom.structure.records import Framework

DECIMALS = 8
"""Of fractional coordinates: 1/3 of 50 Å is then right to a millionth of an Å."""


def write_cif(path: Path, framework: Framework, data: Mapping[str, str] | None = None) -> None:
    """Write a framework as SiO2: cell, space group with all its operations, asymmetric sites.

    The setting is the framework's own. Readers that go by the operations and readers that go by the
    symbol find the same group; where the setting has no symbol of its own, the operations tell.
    Only a framework whose origin no table knows is moved to the standard setting.

    Args:
        path: the file; replaced whole, or left as it was if writing fails.
        framework: with or without oxygen.
        data: more tags (with their leading underscore) and values.

    Raises:
        InputError: if the place cannot be written to, or the group not be written down.
    """
    text = cif_text(framework, data)
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def cif_text(framework: Framework, data: Mapping[str, str] | None = None) -> str:
    """The CIF that `write_cif` writes; see there."""
    framework = _tabulated_origin(framework)
    document = gemmi.cif.Document()
    block = document.add_new_block(
        "".join(c if c.isalnum() else "_" for c in framework.name) or "x"
    )
    for tag, value in (data or {}).items():
        block.set_pair(tag, gemmi.cif.quote(value))
    tags = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    for tag, number in zip(tags, parameters_from_cell(framework.cell), strict=True):
        block.set_pair(f"_cell_{tag}", _written(number, 7))
    operations = gemmi_operations(framework.operations)
    setting = tabulated_setting(framework.operations)
    symbol = setting.xhm() if setting is not None else framework.space_group_symbol
    block.set_pair("_space_group_IT_number", str(framework.space_group_number))
    block.set_pair("_space_group_name_H-M_alt", gemmi.cif.quote(symbol))
    if setting is not None:
        block.set_pair("_space_group_name_Hall", gemmi.cif.quote(setting.hall))
    listed = block.init_loop("_space_group_symop_", ["id", "operation_xyz"])
    for number, operation in enumerate(operations, start=1):
        listed.add_row([str(number), gemmi.cif.quote(operation.triplet())])
    columns = ["label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy"]
    atoms = block.init_loop("_atom_site_", columns)
    o_labels = [f"O{number}" for number in range(1, len(framework.frac_o) + 1)]
    for element, labels, sites in (
        ("Si", framework.t_labels, framework.frac_t),
        ("O", o_labels, framework.frac_o),
    ):
        for label, site in zip(labels, sites, strict=True):
            coordinates = [_written(x, DECIMALS) for x in site]
            atoms.add_row([gemmi.cif.quote(label), element, *coordinates, "1.0"])
    return str(document.as_string())


def _tabulated_origin(framework: Framework) -> Framework:
    """The framework, moved to the standard setting if its translations are no simple fractions."""
    parts = framework.operations.translations * gemmi.Op.DEN
    if np.abs(parts - np.round(parts)).max() < 0.01:
        return framework
    standard = standardised(framework)
    if standard is framework:
        raise InputError(
            f"{framework.name}: the origin lies at no tabulated place and no symmetry was found to "
            "move it by; give the structure in a standard setting"
        )
    return standard


def _written(number: float, decimals: int) -> str:
    """A number without '-0.0'."""
    return f"{round(float(number), decimals) + 0.0:.{decimals}f}"

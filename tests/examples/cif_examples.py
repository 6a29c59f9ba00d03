"""Frameworks as CIF text, written without zeoloom's own writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework


def cif_of(framework: Framework, atoms: list[tuple[str, str, np.ndarray]] | None = None) -> str:
    """A framework as CIF text, with further atoms (label, element, coordinates)."""
    lengths = np.linalg.norm(framework.cell, axis=1)
    unit = framework.cell / lengths[:, None]
    cosines = [unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]
    lines = [f"data_{framework.name}", "_cell_volume 1"]
    lines += [f"_cell_length_{a} {v:.6f}(2)" for a, v in zip("abc", lengths, strict=True)]
    angles = np.degrees(np.arccos(cosines))
    lines += [
        f"_cell_angle_{a} {v:.6f}" for a, v in zip(("alpha", "beta", "gamma"), angles, strict=True)
    ]
    lines += [f"_symmetry_Int_Tables_number {framework.space_group_number}", "loop_"]
    lines += ["_symmetry_equiv_pos_as_xyz"]
    for rotation, translation in zip(
        framework.operations.rotations, framework.operations.translations, strict=True
    ):
        rows = [
            "".join(f"{n:+d}*{x}" for n, x in zip(row, "xyz", strict=True) if n)
            + f"+{round(24 * t)}/24"
            for row, t in zip(rotation.tolist(), translation.tolist(), strict=True)
        ]
        lines.append(f"'{','.join(rows)}'")
    lines += ["loop_", "_atom_site_label", "_atom_site_type_symbol"]
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"]
    listed = [
        (label, "Si", x) for label, x in zip(framework.t_labels, framework.frac_t, strict=True)
    ]
    listed += [(f"O{n}", "O", x) for n, x in enumerate(framework.frac_o)]
    for label, element, (x, y, z) in listed + (atoms or []):
        lines.append(f"{label} {element} {x:.5f} {y:.5f} {z:.5f}")
    return "\n".join(lines) + "\n"


GIS = cif_of(load_reference()["GIS"])

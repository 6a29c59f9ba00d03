"""Judge CIFs, whoever made them: are they frameworks, are they known, could they exist?

    python examples/judge_folder.py my_cifs

Without a folder, two known types and a broken one are written to one and judged.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import zeoloom
from zeoloom.structure.files.cif_out import write_cif


def write_some(folder: Path) -> None:
    """Two known types, and one that lacks an oxygen."""
    reference = zeoloom.load_reference()
    for code in ("SOD", "CHA"):
        write_cif(folder / f"{code}.cif", reference[code])
    abw = reference["ABW"]
    write_cif(folder / "broken.cif", replace(abw, frac_o=abw.frac_o[1:]))


def main() -> None:
    """Judge, then tell in words."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?", help="of CIFs, or one file")
    parser.add_argument("-o", "--output", type=Path, default=Path("judged"), help="new folder")
    parser.add_argument("--energy", action="store_true", help="relax too; needs LAMMPS")
    given = parser.parse_args()
    if given.folder is None:
        given.folder = given.output.with_name(f"{given.output.name}-cifs")
        write_some(given.folder)

    request = zeoloom.JudgeRequest(sources=(given.folder,), relax=given.energy)
    judged = zeoloom.judge_files(request, given.output)
    for judgement in judged.judgements:
        if not judgement.valid:
            print(f"{judgement.name}: no framework, {judgement.reason}")
            continue
        parts = [f"{judgement.framework_type}, {judgement.n_t} T atoms, density"]
        parts.append(f"{judgement.density:.1f}, R_DLS {judgement.r_dls:.4f}, rings")
        parts += map(str, judgement.rings)
        if judgement.energy_kj_mol is not None:
            parts.append(f"energy {judgement.energy_kj_mol:.1f} kJ/mol above quartz")
        print(f"{judgement.name}:", *parts)
    # the same for one framework, without any file:
    sod = zeoloom.judge_framework(zeoloom.load_reference()["SOD"], energy=False)
    print(f"SOD as bundled: largest free sphere {sod.largest_free_sphere:.2f} Å")


if __name__ == "__main__":
    main()

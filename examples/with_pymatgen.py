"""A framework in pymatgen, by way of ASE; both find the same symmetry.

pip install pymatgen
python with_pymatgen.py CHA MFI FAU
"""

from __future__ import annotations

import argparse

from pymatgen.io.ase import AseAtomsAdaptor
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

import zeoloom


def main() -> None:
    """Compare space groups, and come back."""
    parser = argparse.ArgumentParser()
    parser.add_argument("codes", nargs="*", default=["CHA", "MFI"], help="framework types")
    for code in parser.parse_args().codes:
        framework = zeoloom.load_reference()[code]
        structure = AseAtomsAdaptor.get_structure(zeoloom.framework_to_ase(framework))
        analyzer = SpacegroupAnalyzer(structure, symprec=0.01)
        primitive = analyzer.get_primitive_standard_structure()
        back, _ = zeoloom.framework_from_ase(AseAtomsAdaptor.get_atoms(primitive), code)
        print(
            f"{code}: {structure.composition.reduced_formula}, pymatgen",
            f"{analyzer.get_space_group_symbol()} ({analyzer.get_space_group_number()}), zeoloom",
            f"{framework.space_group_symbol} ({framework.space_group_number});",
            f"{len(structure)} atoms, {len(primitive)} primitive,",
            f"back {back.space_group_symbol} with {len(back.frac_t)} unique T",
        )


if __name__ == "__main__":
    main()

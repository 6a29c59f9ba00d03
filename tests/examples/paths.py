"""Where the project's own files lie, and data of others beside it that tests skip without."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
IZA_CIFS = SHARED / "iza-cif"
ORACLE = SHARED / "oracle" / "iza.json"
CASES = Path(__file__).parents[1] / "cases"

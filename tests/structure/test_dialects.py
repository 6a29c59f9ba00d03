"""Every framework type is known by its own code, in whatever way its file is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cif_dialects import DIALECTS
from paths import IZA_CIFS
from zeoloom.errors import InputError
from zeoloom.judge.verdict import judge_net
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = ("CHA", "GIS", "MFI", "FAU", "MTN", "RHO", "AEN", "CZP", "RON")

IZA = sorted(path.stem for path in IZA_CIFS.glob("*.cif")) if IZA_CIFS.exists() else []

EXCEPTIONS: dict[tuple[str, str], str] = {}
"""(code, dialect): what is found instead, and why."""


def code_of(text: str, folder: Path) -> str:
    """The framework type that the judge finds in a CIF, or why it finds none."""
    path = folder / "x.cif"
    path.write_text(text)
    try:
        framework, _ = read_framework(path)
    except InputError as error:
        return str(error)
    judgement = judge_net(framework)
    return judgement.framework_type or judgement.reason


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("code", SAMPLE)
def test_a_type_has_its_code_in_every_dialect(code: str, dialect: str, tmp_path: Path) -> None:
    assert code_of(DIALECTS[dialect](load_reference()[code]), tmp_path) == code


@pytest.mark.slow
@pytest.mark.skipif(not IZA, reason="needs the shared CIFs")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_files_of_the_database_in_every_dialect(dialect: str, tmp_path: Path) -> None:
    found = {}
    for code in IZA:
        framework, _ = read_framework(IZA_CIFS / f"{code}.cif")
        found[code] = code_of(DIALECTS[dialect](framework), tmp_path)
    wrong = {code: other for code, other in found.items() if other != code}
    assert wrong == {code: why for (code, way), why in EXCEPTIONS.items() if way == dialect}

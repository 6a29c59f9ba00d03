"""What a shell may offer where a value is typed: names, codes, symbols.

Nothing heavy is imported here, as the shell waits: names are read out of the files that hold them.
"""

from __future__ import annotations

import re
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from zeoloom.diffraction.beam import K_ALPHA
from zeoloom.judge.conditions import CRYSTAL_SYSTEMS
from zeoloom.run.request import written_form
from zeoloom.structure.building_units import UNIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import BaseModel

SYMBOLS = """
P1 P-1 P2 P21 C2 Pm Pc Cm Cc P2/m P21/m C2/m P2/c P21/c C2/c P222 P2221 P21212 P212121 C2221
C222 F222 I222 I212121 Pmm2 Pmc21 Pcc2 Pma2 Pca21 Pnc2 Pmn21 Pba2 Pna21 Pnn2 Cmm2 Cmc21 Ccc2
Amm2 Aem2 Ama2 Aea2 Fmm2 Fdd2 Imm2 Iba2 Ima2 Pmmm Pnnn Pccm Pban Pmma Pnna Pmna Pcca Pbam Pccn
Pbcm Pnnm Pmmn Pbcn Pbca Pnma Cmcm Cmce Cmmm Cccm Cmme Ccce Fmmm Fddd Immm Ibam Ibca Imma P4 P41
P42 P43 I4 I41 P-4 I-4 P4/m P42/m P4/n P42/n I4/m I41/a P422 P4212 P4122 P41212 P4222 P42212
P4322 P43212 I422 I4122 P4mm P4bm P42cm P42nm P4cc P4nc P42mc P42bc I4mm I4cm I41md I41cd P-42m
P-42c P-421m P-421c P-4m2 P-4c2 P-4b2 P-4n2 I-4m2 I-4c2 I-42m I-42d P4/mmm P4/mcc P4/nbm P4/nnc
P4/mbm P4/mnc P4/nmm P4/ncc P42/mmc P42/mcm P42/nbc P42/nnm P42/mbc P42/mnm P42/nmc P42/ncm
I4/mmm I4/mcm I41/amd I41/acd P3 P31 P32 R3 P-3 R-3 P312 P321 P3112 P3121 P3212 P3221 R32 P3m1
P31m P3c1 P31c R3m R3c P-31m P-31c P-3m1 P-3c1 R-3m R-3c P6 P61 P65 P62 P64 P63 P-6 P6/m P63/m
P622 P6122 P6522 P6222 P6422 P6322 P6mm P6cc P63cm P63mc P-6m2 P-6c2 P-62m P-62c P6/mmm P6/mcc
P63/mcm P63/mmc P23 F23 I23 P213 I213 Pm-3 Pn-3 Fm-3 Fd-3 Im-3 Pa-3 Ia-3 P432 P4232 F432 F4132
I432 P4332 P4132 I4132 P-43m F-43m I-43m P-43n F-43c I-43d Pm-3m Pn-3n Pm-3n Pn-3m Fm-3m Fm-3c
Fd-3m Fd-3c Im-3m Ia-3d
"""
"""Of the 230 space groups in their standard settings, in order; spglib takes longer to ask."""

AMONG_SEVERAL = re.compile(r"^(.*,)?([^,]*)$")
"""What is typed, as the values before the last comma and the beginning of the next one."""


def values_for(kind: type[BaseModel], name: str) -> Callable[[str], list[str]] | None:
    """What a shell may offer for an option or argument; None if its values have no names.

    Args:
        kind: a request, or another model of options.
        name: of one of its fields.

    Returns:
        A function of what is typed so far, which gives the values that begin like it.
    """
    field = kind.model_fields[name]
    written = written_form(field)
    literal = _literal(field.annotation)
    known: Callable[[], Iterable[str]] | None
    if literal:
        known = partial(iter, literal)
    elif written is not None:
        known = BY_METAVAR.get(written.metavar)
    else:
        known = BY_NAME.get(name) or BY_NAME.get(f"{kind.__name__}.{name}")
    if known is None:
        return None
    several = written is not None and "," in written.metavar

    def offered(incomplete: str) -> list[str]:
        match = AMONG_SEVERAL.match(incomplete) if several else None
        before, begun = (match[1] or "", match[2]) if match else ("", incomplete)
        return [before + each for each in known() if each.startswith(begun)]

    return offered


def _literal(kind: Any) -> tuple[str, ...]:
    """The values of a type that has few of them, which may be left out or not."""
    kinds = [kind, *get_args(kind)]
    return next((get_args(each) for each in kinds if get_origin(each) is Literal), ())


def _files(package: str, folder: str, ending: str) -> list[str]:
    """Names of the files with an ending in a folder of the package, without it."""
    names = (each.name for each in resources.files(package).joinpath(folder).iterdir())
    return sorted(name.removesuffix(ending) for name in names if name.endswith(ending))


def _models() -> list[str]:
    # a weak companion is no model of its own
    shipped = _files("zeoloom.learn", "weights", ".safetensors")
    return [name for name in shipped if not name.endswith("-weak")]


def _configurations() -> list[str]:
    return _files("zeoloom.learn", "configs", ".toml")


def _codes() -> list[str]:
    """Of the bundled framework types."""
    return _first_fields("reference.jsonl")


def _first_fields(file: str) -> list[str]:
    """The code at the beginning of each line but the first."""
    text = resources.files("zeoloom.structure").joinpath(file).read_text("utf-8")
    return re.findall(r'^\{"code":"([^"]+)"', text, re.MULTILINE)


def _known_nets() -> list[str]:
    """Framework types, dense nets and the user's own."""
    return [*_codes(), *_first_fields("dense_nets.jsonl"), *_own_nets()]


def _own_nets() -> list[str]:
    """Names of the user's own nets, whose files have their names."""
    from zeoloom.structure.own_nets import own_folder

    return sorted(each.stem for each in own_folder().glob("*.json"))


BY_METAVAR: dict[str, Callable[[], Iterable[str]]] = {
    "GROUP": SYMBOLS.split,
    "GROUP,...": SYMBOLS.split,
    "GROUP[,GROUP...]": lambda: ["auto", *SYMBOLS.split()],
    "SYSTEM,...": lambda: CRYSTAL_SYSTEMS,
    "UNIT,...": lambda: UNIT_NAMES,
    "CODE,...[:Å]": _codes,
}
"""Names of values that are written as one text, by how the help writes them."""

BY_NAME: dict[str, Callable[[], Iterable[str]]] = {
    "model": _models,
    "config": _configurations,
    "wavelength": lambda: [f"{anode}Ka{line}" for anode in K_ALPHA for line in ("", "1")],
    "code": _known_nets,
    "RemoveRequest.name": _own_nets,
}
"""Names of values of other fields."""

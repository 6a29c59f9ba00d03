"""The bundled reference: all framework types of the IZA Structure Commission, idealised as SiO2.

`reference.jsonl` beside this file is made by `scripts/build_reference.py`; its first line says
where the data come from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, volume
from zeoloom.geometry.operations import expand_orbits, project_onto_sites
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.structure.records import Framework

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reference(Mapping[str, Framework]):
    """Framework types by their three-letter code, in alphabetical order.

    Attributes:
        provenance: where the data come from: source, version, licence, hashes, credit.
    """

    provenance: dict[str, str | int]

    def __init__(
        self, frameworks: Mapping[str, Framework], provenance: dict[str, str | int]
    ) -> None:
        self._frameworks = dict(frameworks)
        self.provenance = provenance

    def __getitem__(self, code: str) -> Framework:
        # '-CHI', '*BEA' and '*-SSO' are how IZA writes interrupted and disordered types
        plain = code.strip().lstrip("*-").upper()
        if plain not in self._frameworks:
            raise InputError(
                f"'{code}' is no framework type of the bundled reference ({len(self)} types); "
                "`zeoloom reference list` shows them all"
            )
        return self._frameworks[plain]

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and code.strip().lstrip("*-").upper() in self._frameworks

    def __iter__(self) -> Iterator[str]:
        return iter(self._frameworks)

    def __len__(self) -> int:
        return len(self._frameworks)


@cache
def load_reference() -> Reference:
    """Read the bundled reference, once per process."""
    return Reference(*_read("reference.jsonl"))


@cache
def load_dense_nets() -> Mapping[str, Framework]:
    """Dense silica and silicates by name, as they were published; nothing is learned from them.

    `dense_nets.jsonl` is made by `scripts/build_dense_nets.py`, which says where each is from.
    """
    frameworks, _ = _read("dense_nets.jsonl")
    return frameworks


def _read(file: str) -> tuple[dict[str, Framework], dict[str, str | int]]:
    """Frameworks by name, and what the first line says of them all."""
    text = resources.files("zeoloom.structure").joinpath(file).read_text("utf-8")
    provenance, *records = map(json.loads, text.splitlines())
    return {record["code"]: _framework(record) for record in records}, provenance


def _framework(record: dict[str, object]) -> Framework:
    """One line of the file as a Framework."""
    cell = cell_from_parameters(np.array(record["cell"]))
    operations = operations_of_hall_number(int(str(record["hall_number"])))
    sites = {}
    for key in ("t_sites", "o_sites"):
        listed = record[key]
        assert isinstance(listed, list)
        frac = np.array([site[1:] for site in listed], dtype=np.float64).reshape(-1, 3)
        # the file holds 0.333333, the special position is at 1/3
        sites[key] = project_onto_sites(frac, operations, cell)
    t_sites = record["t_sites"]
    assert isinstance(t_sites, list)
    return Framework(
        name=str(record["code"]),
        cell=cell,
        space_group_number=int(str(record["space_group_number"])),
        space_group_symbol=str(record["space_group_symbol"]),
        operations=operations,
        frac_t=sites["t_sites"],
        t_labels=tuple(site[0] for site in t_sites),
        frac_o=sites["o_sites"],
        flag=str(record["flag"]),
    )


def framework_density(framework: Framework) -> float:
    """T atoms per 1000 Å^3."""
    atoms, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    return 1000.0 * len(atoms) / volume(framework.cell)

"""Judgements as plain JSON values, for the journal of a run."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from zeoloom.geometry.operations import SymmetryOperations
from zeoloom.judge.judgement import Judgement
from zeoloom.structure.records import Framework

FRAMEWORKS = ("framework", "given")
"""Fields that hold one."""


def judgement_to_json(judgement: Judgement) -> dict[str, Any]:
    """All fields as plain JSON values; numbers keep their last bit."""
    values = {field.name: getattr(judgement, field.name) for field in fields(judgement)}
    return values | {name: _framework_to_json(values[name]) for name in FRAMEWORKS}


def judgement_from_json(values: dict[str, Any]) -> Judgement:
    """The judgement that became these values."""
    return Judgement(
        **values
        | {name: _framework_from_json(values[name]) for name in FRAMEWORKS}
        | {
            "rings": tuple(values["rings"]),
            "notices": tuple(values["notices"]),
            "windows": tuple(values["windows"]),
            "pore_distribution": tuple(values["pore_distribution"]),
            "units": None if values["units"] is None else tuple(values["units"]),
        }
    )


def _framework_to_json(framework: Framework | None) -> dict[str, Any] | None:
    if framework is None:
        return None
    return {
        "name": framework.name,
        "cell": framework.cell.tolist(),
        "space_group_number": int(framework.space_group_number),
        "space_group_symbol": framework.space_group_symbol,
        "rotations": framework.operations.rotations.tolist(),
        "translations": framework.operations.translations.tolist(),
        "frac_t": framework.frac_t.tolist(),
        "t_labels": list(framework.t_labels),
        "frac_o": framework.frac_o.tolist(),
        "flag": framework.flag,
    }


def _framework_from_json(values: dict[str, Any] | None) -> Framework | None:
    if values is None:
        return None
    return Framework(
        name=values["name"],
        cell=np.array(values["cell"]),
        space_group_number=values["space_group_number"],
        space_group_symbol=values["space_group_symbol"],
        operations=SymmetryOperations(
            np.array(values["rotations"], dtype=np.int64), np.array(values["translations"])
        ),
        frac_t=np.array(values["frac_t"]).reshape(-1, 3),
        t_labels=tuple(values["t_labels"]),
        frac_o=np.array(values["frac_o"]).reshape(-1, 3),
        flag=values["flag"],
    )

"""Judgements as JSON, and the journal of a run: a line for each that got one step further.

The journal is only ever added to, so an interrupted run has lost nothing but what was in hand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from zeoloom.errors import InputError
from zeoloom.geometry.operations import SymmetryOperations
from zeoloom.judge.verdict import Judgement
from zeoloom.structure.records import Framework

if TYPE_CHECKING:
    from pathlib import Path


def judgement_to_json(judgement: Judgement) -> dict[str, Any]:
    """All fields as plain JSON values; numbers keep their last bit."""
    told = {field.name: getattr(judgement, field.name) for field in fields(judgement)}
    framework = judgement.framework
    return told | {"framework": None if framework is None else _framework_to_json(framework)}


def judgement_from_json(told: dict[str, Any]) -> Judgement:
    """The judgement that became `told`."""
    framework = told["framework"]
    return Judgement(
        **told
        | {
            "framework": None if framework is None else _framework_from_json(framework),
            "rings": tuple(told["rings"]),
        }
    )


def _framework_to_json(framework: Framework) -> dict[str, Any]:
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


def _framework_from_json(told: dict[str, Any]) -> Framework:
    return Framework(
        name=told["name"],
        cell=np.array(told["cell"]),
        space_group_number=told["space_group_number"],
        space_group_symbol=told["space_group_symbol"],
        operations=SymmetryOperations(
            np.array(told["rotations"], dtype=np.int64), np.array(told["translations"])
        ),
        frac_t=np.array(told["frac_t"]).reshape(-1, 3),
        t_labels=tuple(told["t_labels"]),
        frac_o=np.array(told["frac_o"]).reshape(-1, 3),
        flag=told["flag"],
    )


class Journal:
    """The judgements of a run by step, kept in a file of JSON lines.

    Attributes:
        path: the file; made when the first line is written.
    """

    path: Path

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: dict[tuple[str, str], Judgement] = {}
        self._seconds: dict[str, float] = defaultdict(float)
        if path.exists():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                self._take(line)

    def _take(self, line: str) -> None:
        """Take up a line; one that a kill cut short does not count."""
        try:
            told = json.loads(line)
            judgement = judgement_from_json(told["judgement"])
            self._kept[told["step"], judgement.name] = judgement
            self._seconds[told["step"]] += told["seconds"]
        except (ValueError, KeyError, TypeError):
            return

    def after(self, step: str, name: str) -> Judgement | None:
        """The judgement of a name as it was after a step, or None if it was not done."""
        return self._kept.get((step, name))

    def seconds(self, step: str) -> float:
        """Time spent on a step, over all interruptions and all processes."""
        return self._seconds[step]

    def add(self, step: str, judgement: Judgement, seconds: float) -> None:
        """Write down that a judgement went through a step, and how long it took.

        Raises:
            InputError: if the place cannot be written to.
        """
        self._kept[step, judgement.name] = judgement
        self._seconds[step] += seconds
        told = {"step": step, "seconds": seconds, "judgement": judgement_to_json(judgement)}
        line = json.dumps(told)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                # begins with the end of a line, should the last one have been cut short
                stream.write(f"\n{line}\n")
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror or error}") from error

"""Figures that take time, of the frameworks of a batch that may meet all conditions."""

from __future__ import annotations

import math
import time
from functools import cache, partial
from typing import TYPE_CHECKING

from zeoloom.judge.conditions import POSSIBLE, Conditions
from zeoloom.judge.fulfilment import distance_from, fulfils, may_fulfil
from zeoloom.judge.properties import (
    with_adsorption,
    with_methane,
    with_pores,
    with_relaxation,
    with_spheres,
)
from zeoloom.silica.energy import relax_many
from zeoloom.silica.processes import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zeoloom.judge.conditions import Stage
    from zeoloom.judge.judgement import Judgement

SECONDS_PER_ATOM = 1e-3
"""For each T atom of the cell, that refining or identifying a net is expected to take, until one
has taken longer."""


FEW_INSERTIONS, SURELY_OFF = 4000, 1.0
"""Places where methane is put first; and the gap, in steps of `judge.fulfilment`, above which what
is known from these cannot be within what is asked for."""


class Pace:
    """Whether there is time for another net, by what the others took for each T atom.

    Args:
        ends: on the clock of `time.monotonic`.
    """

    def __init__(self, ends: float) -> None:
        self._ends, self._rate = ends, SECONDS_PER_ATOM

    def allows(self, judgement: Judgement) -> bool:
        """Whether a net can be done in time; one of less than 100 atoms if the time is not up."""
        expected = self._rate * judgement.n_t if judgement.n_t >= 100 else 0.0
        return time.monotonic() + expected <= self._ends

    def took(self, judgement: Judgement, began: float) -> None:
        """Learn from one that is done, and began at a time of that clock."""
        spent = time.monotonic() - began
        self._rate = max(self._rate, spent / max(judgement.n_t, 1))


def adsorption_if_near(judgement: Judgement, *, conditions: Conditions) -> Judgement:
    """Adsorption; of a framework that is far from what is asked for only roughly that of methane.

    Carbon dioxide takes most of the time, and no condition is on it.

    Args:
        judgement: of a framework that may meet all conditions so far.
        conditions: on it.
    """
    asked = Conditions(henry_ch4=conditions.henry_ch4, heat_ch4=conditions.heat_ch4)
    rough = with_methane(judgement, insertions=FEW_INSERTIONS)
    if rough.heat_ch4 is None or distance_from(asked, rough) > SURELY_OFF:
        return rough
    return with_adsorption(judgement)


def measured(
    judgements: Mapping[str, Judgement],
    wanted: Callable[[Judgement], bool],
    conditions: Conditions,
    seconds: float,
    ends: float,
) -> dict[str, Judgement]:
    """Judgements with what conditions ask for: pores, then adsorption, then energies.

    What is known not to meet a condition goes no further, and a relaxation that is certain to end
    above the energy asked for is given up. Spheres and windows are enough to see
    that; what meets all conditions gets its volumes and surfaces too, whatever the time.

    Args:
        judgements: by name.
        wanted: which of them count at all.
        conditions: on frameworks.
        seconds: time limit of each relaxation.
        ends: on the clock of `time.monotonic`.
    """
    known, pace = dict(judgements), Pace(ends)

    def waiting() -> list[str]:
        return [
            name
            for name, each in known.items()
            if wanted(each) and may_fulfil(conditions, each) and pace.allows(each)
        ]

    sized = conditions.accessible_volume is not None
    steps: tuple[tuple[Stage, Callable[[Judgement], Judgement]], ...] = (
        ("pores", with_pores if sized else with_spheres),
        ("adsorption", partial(adsorption_if_near, conditions=conditions)),
    )
    for stage, step in steps:
        if conditions.asks(stage):
            for name in waiting():
                if pace.allows(known[name]):
                    known[name] = step(known[name])
    if conditions.asks("energy"):
        named = [(name, known[name].framework) for name in waiting()]
        given = [(name, each) for name, each in named if each is not None]
        asked = conditions.energy
        most = math.inf if asked is None else asked.within(*POSSIBLE["energy"])[1]
        relaxations = relax_many(
            [each for _, each in given],
            seconds=seconds,
            most_energy=most if most < POSSIBLE["energy"][1] else math.inf,
            workers=_relaxing_process(),
        )
        for (name, _), relaxation in zip(given, relaxations, strict=True):
            known[name] = with_relaxation(known[name], relaxation)
    if conditions.asks("pores") and not sized:
        for name, each in known.items():
            if wanted(each) and fulfils(conditions, each):
                known[name] = with_pores(each)
    return known


@cache
def _relaxing_process() -> Workers:
    """A process kept from batch to batch: to start one takes as long as to relax a framework."""
    return Workers(1)


def end_relaxing() -> None:
    """End the process that relaxes, if there is one; another is started when it is needed."""
    if _relaxing_process.cache_info().currsize:
        _relaxing_process().close()
        _relaxing_process.cache_clear()

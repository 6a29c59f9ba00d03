"""From nets to full judgements: the steps that all verbs share, each piece bounded in time.

    nets -> one of each -> refined -> pores -> energy -> adsorption

Every finished piece goes into the journal of the run, so an interrupted run repeats none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.judge.conditions import Conditions
from zeoloom.judge.fulfilment import may_fulfil
from zeoloom.judge.judgement import Judgement
from zeoloom.judge.properties import (
    with_adsorption,
    with_likeness,
    with_nearest_type,
    with_pores,
    with_relaxation,
)
from zeoloom.judge.verdict import identified, judge_net, refined
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json
from zeoloom.run.progress import OnProgress, silent
from zeoloom.silica.energy import relax_many
from zeoloom.silica.pores import pores
from zeoloom.structure.files.reader import read_framework
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.run.journal import Journal
    from zeoloom.silica.energy import Relaxation
    from zeoloom.silica.pool import Outcome, Pool

Work = Callable[[Judgement], Judgement]
"""A step for one judgement; a function of a module, so that a worker can import it."""


@dataclass(frozen=True, slots=True)
class Judging:
    """How to judge.

    Attributes:
        workers: the processes that do it.
        journal: of the run.
        seconds: most time for each piece of a step.
        energy: whether to relax.
        pores: whether to measure the pores.
        adsorption: whether to put methane and carbon dioxide in.
        seed: of everything random.
        conditions: what a framework that cannot meet them is spared.
        on_progress: called with the progress of each step.
    """

    workers: Pool
    journal: Journal
    seconds: float = 120.0
    energy: bool = True
    pores: bool = True
    adsorption: bool = False
    seed: int = 0
    conditions: Conditions = field(default_factory=Conditions)
    on_progress: OnProgress = silent

    def wants(self, judgement: Judgement) -> bool:
        """Whether a judgement goes on to the next step."""
        return judgement.framework is not None and may_fulfil(self.conditions, judgement)


def full_judgements(nets: Sequence[Judgement], how: Judging) -> list[Judgement]:
    """Judge nets to the end.

    Args:
        nets: of `judge_net`, each net once; their names are unique. What is not valid stays as it
            is.
        how: to judge.

    Returns:
        One for each, in the order given.
    """
    judgements = through_step("refine", refined, nets, how, wanted=how.wants)
    # one that was not refined in time is no SiO2 framework
    judgements = [
        replace(each, framework=None) if each.r_dls is None else each for each in judgements
    ]
    judgements = [with_likeness(with_nearest_type(each)) for each in judgements]
    return judged_further(judgements, how)


def judged_further(judgements: Sequence[Judgement], how: Judging) -> list[Judgement]:
    """Judge refined frameworks to the end: pores, energy and adsorption.

    Args:
        judgements: of `refined`; their names are unique.
        how: to judge.

    Returns:
        One for each, in the order given.
    """
    judgements = list(judgements)
    if how.pores:
        judgements = through_step("pores", with_pores, judgements, how, wanted=how.wants)
    if how.energy:
        judgements = _energies(judgements, how)
    if how.adsorption:
        judgements = through_step("adsorption", with_adsorption, judgements, how, wanted=how.wants)
    return judgements


def judged_file(blank: Judgement) -> Judgement:
    """Which net a file holds, or why it holds none; runs in a worker."""
    try:
        framework, notices = read_framework(blank.file)
    except InputError as error:
        return replace(blank, reason=str(error))
    judgement = judge_net(replace(framework, name=blank.name), file=blank.file)
    return replace(judgement, notices=notices)


def prepare_judging(_: object = None) -> None:
    """Load what is compiled for these steps, or compile it; runs in a worker."""
    known = load_reference()["ABW"]
    refined(identified(judge_net(known)), starts=1)
    pores(known)


def prepare_adsorption() -> None:
    """Load what is compiled for the last step, or compile it."""
    with_adsorption(judge_net(load_reference()["ABW"]))


def through_step(
    step: str,
    work: Work,
    judgements: Sequence[Judgement],
    how: Judging,
    *,
    wanted: Callable[[Judgement], bool] = lambda _: True,
) -> list[Judgement]:
    """Take judgements through one step.

    Args:
        step: its name in the journal and on the screen.
        work: the step.
        judgements: their names are unique.
        how: to judge.
        wanted: which of them take part.

    Returns:
        One for each, in the order given; those that failed say so.
    """
    tally = _Tally(step, judgements, how, wanted)

    def keep(index: int, outcome: Outcome[Judgement]) -> None:
        before = tally.waiting[index]
        failed = replace(before, reason=before.reason or f"{step}: {outcome.reason}")
        tally.keep(outcome.value or failed, outcome.seconds)

    how.workers.run(work, tally.waiting, seconds=how.seconds, on_done=keep)
    return tally.results()


def _energies(judgements: Sequence[Judgement], how: Judging) -> list[Judgement]:
    """Judgements with energies, where there is a framework to relax."""
    tally = _Tally("energy", judgements, how, how.wants)

    def keep(index: int, relaxation: Relaxation) -> None:
        tally.keep(with_relaxation(tally.waiting[index], relaxation), relaxation.seconds)

    frameworks = [each.framework for each in tally.waiting if each.framework is not None]
    relax_many(frameworks, seconds=how.seconds, workers=how.workers, seed=how.seed, on_done=keep)
    return tally.results()


class _Tally:
    """What one step has done, and what is waiting for it.

    Attributes:
        waiting: judgements that take part and are not in the journal yet.
    """

    waiting: list[Judgement]

    def __init__(
        self,
        step: str,
        judgements: Sequence[Judgement],
        how: Judging,
        wanted: Callable[[Judgement], bool],
    ) -> None:
        self._step, self._how = step, how
        self._now = {each.name: each for each in judgements}
        taking_part = [each for each in judgements if wanted(each)]
        results = {each.name: how.journal.result(step, each.name) for each in taking_part}
        done = {name: judgement_from_json(each) for name, each in results.items() if each}
        self._now |= done
        self.waiting = [each for each in taking_part if each.name not in done]
        self._total = len(taking_part)
        self._finished = self._total - len(self.waiting)
        self._report()

    def keep(self, judgement: Judgement, seconds: float) -> None:
        """Take up a judgement that went through the step."""
        result = judgement_to_json(judgement)
        self._how.journal.add(self._step, judgement.name, result, seconds)
        self._now[judgement.name] = judgement
        self._finished += 1
        self._report()

    def results(self) -> list[Judgement]:
        """All judgements as they are now."""
        return list(self._now.values())

    def _report(self) -> None:
        if not self._total:
            return
        doing = f"{self._step}: {counts_text(self._now.values())}"
        self._how.on_progress(self._finished, self._total, doing)


def counts_text(judgements: Iterable[Judgement]) -> str:
    """The counts that matter while a run goes on, in words."""
    valid = [each for each in judgements if each.valid]
    feasible = sum(each.feasible is True for each in valid)
    text = f"{len(valid)} valid, {sum(each.new for each in valid)} new"
    return text + (f", {feasible} feasible" if feasible else "")

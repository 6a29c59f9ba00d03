"""The stages of a batch that judge nets; they need no network."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from zeoloom.judge.conditions import NO_CONDITIONS
from zeoloom.judge.fulfilment import may_fulfil
from zeoloom.judge.given_cell import fit_in_cell, refined_as_given
from zeoloom.judge.judgement import NEW, Judgement
from zeoloom.judge.net_conditions import ring_conditions, with_net_facts
from zeoloom.judge.properties import with_likeness, with_nearest_type
from zeoloom.judge.verdict import identified, quick_check, refined
from zeoloom.search.batch_state import GRACE, R_DLS_OF_ONE_START, BatchState, SearchPlan
from zeoloom.search.candidates import candidate_framework, candidate_net
from zeoloom.search.measuring import Pace, measured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zeoloom.search.candidates import Candidate

HOPELESS = 1.25
"""R_DLS of a new net after a few evaluations, over the largest that counts, above which it is left;
none that ended well was above 1.0 (`silica.minimise`)."""


def check_nets(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Drop what is no 4-connected net, and recognise known nets."""
    judgements: dict[str, Judgement] = {}
    ends = max(batch.checks_end, time.monotonic() + GRACE)
    asked = ring_conditions(plan.conditions)
    for fingerprint, each in batch.best.items():
        if time.monotonic() > ends:
            break
        net = candidate_net(each)
        judgement = quick_check(candidate_framework(each, fingerprint), fingerprint, net, plan.own)
        mild = each.costs.max() <= plan.max_strain  # others are not refined anyway
        if judgement.new and mild and asked != NO_CONDITIONS:
            judgement = with_net_facts(judgement, net, asked)
        judgements[fingerprint] = judgement
    return replace(batch, judgements=judgements)


def refine_frameworks(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Refine the nets as SiO2, the least strained first, until the time is up."""
    judgements = dict(batch.judgements)
    pace = Pace(batch.refinement_ends)
    asked = ring_conditions(plan.conditions)
    for fingerprint, each in judgements.items():
        if each.new and not may_fulfil(asked, each):
            continue
        strain = batch.best[fingerprint].costs.max()
        if each.new and strain > plan.max_strain:
            reason = f"too strained to be refined: cost of an atom {strain:.1f}"
            judgements[fingerprint] = replace(each, framework=None, reason=reason)
        elif pace.allows(each):
            began = time.monotonic()
            others = batch.others.get(fingerprint, ())
            judgements[fingerprint] = _refined(each, fingerprint, plan, others)
            pace.took(each, began)
    return replace(batch, judgements=judgements)


def _refined(
    judgement: Judgement, fingerprint: str, plan: SearchPlan, others: Sequence[Candidate]
) -> Judgement:
    """The net as SiO2, in the given cell too if wanted; of its embeddings that which fits best."""
    if plan.in_given_cell:
        frameworks = [candidate_framework(each, fingerprint) for each in others]
        alike = [judgement, *(replace(judgement, framework=each) for each in frameworks)]
        held = [
            refined_as_given(
                each,
                fingerprint=fingerprint,
                measurement=plan.measurement,
                one_start_above=R_DLS_OF_ONE_START,
                starts=plan.dls_starts,
            )
            for each in alike
        ]
        judgement = max(held, key=fit_in_cell)
    sought = judgement.new and not plan.in_given_cell
    return refined(
        judgement,
        one_start_above=R_DLS_OF_ONE_START,
        starts=plan.dls_starts,
        fingerprint=fingerprint,
        hopeless=HOPELESS * plan.max_r_dls if sought else math.inf,
        in_own_group=sought,
    )


def identify_nets(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Compute the exact keys of well refined nets while there is time, and name all of them."""
    judgements = {}
    pace = Pace(batch.ends)
    for fingerprint, each in batch.judgements.items():
        found, began = each, time.monotonic()
        if each.r_dls is not None and each.r_dls <= plan.max_r_dls and pace.allows(each):
            found = with_likeness(with_nearest_type(identified(each)))
            pace.took(each, began)
        judgements[fingerprint] = _named(found)
    return replace(batch, judgements=judgements)


def measure_frameworks(batch: BatchState, plan: SearchPlan) -> BatchState:
    """Pores, adsorption and energies of the new frameworks, where conditions ask for them."""

    def wanted(judgement: Judgement) -> bool:
        built = judgement.r_dls is not None and judgement.r_dls <= plan.max_r_dls
        return judgement.new and judgement.framework is not None and built

    return replace(
        batch,
        judgements=measured(
            batch.judgements, wanted, plan.conditions, plan.relax_seconds, batch.ends
        ),
    )


def _named(judgement: Judgement) -> Judgement:
    """Named by what its net is known as, or by its key."""
    if judgement.known_name not in {"", NEW}:
        return replace(judgement, name=judgement.known_name)
    key = judgement.key or judgement.name
    return replace(judgement, name=f"new-{key.removeprefix('~')[:8]}")


JUDGING_STAGES: dict[str, Callable[[BatchState, SearchPlan], BatchState]] = {
    "check": check_nets,
    "refine": refine_frameworks,
    "identify": identify_nets,
    "measure": measure_frameworks,
}
"""The stages that judge them."""

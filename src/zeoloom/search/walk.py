"""Bond switch walks of candidates: where a walk has ended, and the valid candidates it met."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from zeoloom.search.candidates import with_positions
from zeoloom.search.hollow_kernel import NO_HOLLOW
from zeoloom.search.walk_kernel import walk

if TYPE_CHECKING:
    from zeoloom.search.candidates import Candidate
    from zeoloom.search.walk_kernel import WalkState


class WalkResult(NamedTuple):
    """What a walk ends with.

    Attributes:
        end: the candidate where the walk has ended.
        valid: the valid candidates of least cost that were met, the least first.
        state: what has been learned, for the next walk.
    """

    end: Candidate
    valid: list[Candidate]
    state: WalkState


def bond_switch_walk(
    candidate: Candidate,
    tries: int,
    temperature: float,
    max_reported: int,
    state: WalkState,
    rng: np.random.Generator,
) -> WalkResult:
    """Walk from net to net by bond switches; every atom stays on its special position.

    Bonds between planted atoms stay too.

    Args:
        candidate: with as many atoms as asked for.
        tries: moves that are tried.
        temperature: of the walk, in units of cost.
        max_reported: valid nets that are reported at most.
        state: of an earlier walk, or `initial_walk_state()`.
        rng: source of randomness.
    """
    group = candidate.target.group
    hollow = candidate.target.hollow or NO_HOLLOW
    end, met, costs, state = walk(
        candidate.frac_t,
        group,
        hollow,
        candidate.target.n_planted,
        tries,
        temperature,
        max_reported,
        state,
        rng,
    )
    # walks often end at a net that is reported, or where they began
    candidates = {candidate.frac_t.tobytes(): candidate}
    for frac in (end, *met):
        key = frac.tobytes()
        if key not in candidates:
            candidates[key] = with_positions(candidate, frac)
    reported = [candidates[met[k].tobytes()] for k in np.argsort(costs)]
    valid = [each for each in reported if each.valid]
    return WalkResult(candidates[end.tobytes()], valid, state)

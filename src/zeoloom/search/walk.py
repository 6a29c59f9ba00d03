"""A crystal after a walk from net to net, and the valid nets it came by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zeoloom.search.candidates import moved
from zeoloom.search.walk_kernel import walk

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.search.candidates import Grown


def wander(
    crystal: Grown,
    tries: int,
    temperature: float,
    kept: int,
    patience: FloatArray,
    rng: np.random.Generator,
) -> tuple[Grown, list[Grown]]:
    """Walk from net to net; every atom stays on its special position.

    Args:
        crystal: with as many atoms as asked for.
        tries: moves that are tried.
        temperature: of the walk, in units of cost.
        kept: valid nets to keep at most.
        patience: what walks have learned; changed.
        rng: source of randomness.

    Returns:
        The crystal where the walk has ended, and the valid ones of least cost that it came by, the
        least first.
    """
    end, states, costs = walk(
        crystal.frac_t, crystal.site.group, tries, temperature, kept, patience, rng
    )
    at = {
        crystal.frac_t.tobytes(): crystal
    }  # walks often end at a net that is kept, or began there
    for frac in (end, *states):
        place = frac.tobytes()
        if place not in at:
            at[place] = moved(crystal, frac)
    met = [at[states[k].tobytes()] for k in np.argsort(costs)]
    return at[end.tobytes()], [each for each in met if each.valid]

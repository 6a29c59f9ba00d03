"""From the valid nets of a batch to nets of less strain: annealing by bond switches."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.make.crystals import gathered, group_of
from zeoloom.make.ease import free_directions
from zeoloom.make.switch_kernel import anneal_bonds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zeoloom.make.crystals import Grown


@dataclass(frozen=True, slots=True)
class Switching:
    """How valid nets are annealed by bond switches.

    Attributes:
        tries: of each net, times the square of its unique T atoms; 0 for none at all.
        nets: of a batch that are annealed at most.
        hot: temperature of the first try, in units of cost.
        cold: of the last one; it falls geometrically.
        kept: nets of least cost that come out of each.
    """

    tries: int = 600
    nets: int = 8
    hot: float = 1.0
    cold: float = 0.15
    kept: int = 32


def switch_bonds(
    crystals: Sequence[Grown], plan: Switching, generator: torch.Generator
) -> Iterator[list[Grown]]:
    """Anneal the best valid crystals of a batch, those on different special positions first.

    Args:
        crystals: valid ones.
        plan: how.
        generator: source of randomness, on the CPU.

    Yields:
        For each crystal annealed, the valid ones that came of it, the least strained first.
    """
    for crystal in islice(_by_seats(crystals), plan.nets if plan.tries else 0):
        tries = plan.tries * len(crystal.frac_t) ** 2
        draws = torch.rand(tries, 5, generator=generator, dtype=torch.float64).numpy()
        group = group_of(crystal.site)
        states, costs = anneal_bonds(crystal.frac_t, *group, draws, plan.hot, plan.cold, plan.kept)
        made = [gathered(states[k], crystal.site) for k in np.argsort(costs)]
        yield [each for each in made if each.valid]


def _by_seats(crystals: Sequence[Grown]) -> Iterator[Grown]:
    """Each net once: the best on each choice of special positions, then their second best."""
    groups: defaultdict[tuple[object, ...], list[Grown]] = defaultdict(list)
    met: set[tuple[object, ...]] = set()
    for crystal in sorted(crystals, key=lambda each: each.cost):
        free = np.round(free_directions(crystal.frac_t, *group_of(crystal.site)), 2) + 0.0
        seats = (id(crystal.site.cell), tuple(sorted(each.tobytes() for each in free)))
        net = (seats, round(crystal.cost, 1))
        if net not in met:
            met.add(net)
            groups[seats].append(crystal)
    return (each for each in chain.from_iterable(zip_longest(*groups.values())) if each is not None)

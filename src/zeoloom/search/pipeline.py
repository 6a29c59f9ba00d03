"""One batch of crystals from noise to valid nets: grown, harvested, repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zeoloom.search.annealing import repair_crystals
from zeoloom.search.candidates import crystals_of, grow, harvest
from zeoloom.search.walk import numpy_generator
from zeoloom.search.wyckoff import keep_seated, take_seats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from torch import nn

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.search.annealing import CrystalRepair
    from zeoloom.search.candidates import Grown, Site

HOPEFUL = 0.6
"""Share of the crystals of a batch, the least faulty ones, that are worth repair."""


def weave(
    network: nn.Module,
    sampler: Sampler,
    sites: Sequence[Site],
    plan: CrystalRepair,
    *,
    steps: int,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[list[Grown]]:
    """Grow one crystal at each site, repair the hopeful ones.

    Args:
        network: F, learned on whole frameworks.
        sampler: which way down from noise.
        sites: where; they are denoised together.
        plan: of repair.
        steps: noise levels from the top down.
        generator: source of randomness, on the CPU.
        device: where to compute.

    Yields:
        The valid crystals: first those that have grown so, then those that each round of repair
        came by.
        The same net comes again if a crystal stays near it.
    """
    taken, seated = take_seats(sites, generator)
    crystal = crystals_of(taken)
    assert crystal.present is not None
    x = grow(
        network,
        sampler,
        crystal,
        steps=steps,
        generator=generator,
        device=device,
        keep=keep_seated(taken, seated, numpy_generator(generator)),
    )
    grown = sorted(harvest(x, crystal.present, taken), key=lambda each: each.cost)
    yield [each for each in grown if each.valid]
    hopeful = grown[: round(HOPEFUL * len(grown))]
    yield from repair_crystals(network, hopeful, plan, generator, device)

"""One batch of crystals from noise to valid frameworks: grown, harvested, the faulty repaired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zeoloom.make.crystal_repair import CrystalRepair, chains_of, repair_crystals
from zeoloom.make.crystals import crystals_of, grow

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import nn

    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.make.crystals import Grown, Site

HOPEFUL = 0.6
"""Share of the faulty crystals of a batch, the least faulty ones, that are worth repair."""


@dataclass(frozen=True, slots=True)
class Woven:
    """What came out of a batch.

    Attributes:
        valid: crystals, as grown or repaired.
        tried: clouds denoised from noise.
        valid_at_once: of `valid`, those that needed no repair.
    """

    valid: tuple[Grown, ...]
    tried: int
    valid_at_once: int


def weave(
    network: nn.Module,
    sampler: Sampler,
    sites: Sequence[Site],
    plan: CrystalRepair,
    *,
    steps: int,
    generator: torch.Generator,
    device: torch.device,
) -> Woven:
    """Grow one crystal at each site, and repair those that are not valid.

    Args:
        network: F, learned on whole frameworks.
        sampler: which way down.
        sites: where; they are denoised together.
        plan: of repair.
        steps: noise levels from the top down.
        generator: source of randomness, on the CPU.
        device: where to compute.
    """
    crystal = crystals_of(sites)
    assert crystal.present is not None
    x = grow(network, sampler, crystal, steps=steps, generator=generator, device=device)
    chains = chains_of(x, crystal.present, sites)
    valid = [chain.grown for chain in chains if chain.grown.valid]
    at_once = len(valid)
    faulty = sorted(
        (chain for chain in chains if not chain.grown.valid), key=lambda chain: chain.grown.cost
    )
    hopeful = faulty[: round(HOPEFUL * len(faulty))]
    for mended in repair_crystals(network, sampler, hopeful, plan, generator, device):
        valid += [chain.grown for chain in mended]
    return Woven(tuple(valid), len(sites), at_once)

"""What every stage of a search needs: the network, the device and the source of randomness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.network.crystal_spheres import CrystalSpheres

if TYPE_CHECKING:
    from torch import nn

    from zeoloom.learn.checkpoint import Model


@dataclass(frozen=True, slots=True)
class Search:
    """The network, where it is computed, and the source of all randomness of a search.

    Attributes:
        network: F of crystals.
        device: where the network is evaluated.
        rng: on the CPU; its state is the only one that an interrupted run has to keep.
    """

    network: nn.Module
    device: torch.device
    rng: torch.Generator


def search_with(model: Model, rng: torch.Generator) -> Search:
    """A search with a model of whole frameworks, or of clusters: these see a crystal as spheres."""
    network, device = model.network, next(model.network.parameters()).device
    if model.config.crystals is None:
        network = CrystalSpheres(network, float(model.record["radius"])).eval()
    return Search(network, device, rng)


def numpy_generator(rng: torch.Generator) -> np.random.Generator:
    """A generator for compiled functions, seeded by a draw from torch's."""
    return np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng)))

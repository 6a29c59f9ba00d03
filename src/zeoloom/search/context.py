"""What every stage of a search needs: the network, the device and the source of randomness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Search:
    """The network, where it is computed, and the source of all randomness of a search.

    Attributes:
        network: F, trained on whole frameworks.
        device: where the network is evaluated.
        rng: on the CPU; its state is the only one that an interrupted run has to keep.
    """

    network: nn.Module
    device: torch.device
    rng: torch.Generator


def numpy_generator(rng: torch.Generator) -> np.random.Generator:
    """A generator for compiled functions, seeded by a draw from torch's."""
    return np.random.default_rng(int(torch.randint(2**62, (1,), generator=rng)))

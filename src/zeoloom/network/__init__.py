"""The networks, each with its config beside it: tensors in, tensors out."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from zeoloom.network.equivariant import Equivariant, EquivariantConfig
from zeoloom.network.pointnet import PointNet, PointNetConfig

__all__ = ["EquivariantConfig", "NetworkConfig", "PointNetConfig", "build_network"]

NetworkConfig = Annotated[EquivariantConfig | PointNetConfig, Field(discriminator="name")]


def build_network(
    config: EquivariantConfig | PointNetConfig, generator: torch.Generator | None = None
) -> nn.Module:
    """A network of the kind and size of its config.

    Args:
        config: which network.
        generator: draws the fresh weights; None where weights will be loaded over them.
    """
    # layers draw from the global generator: give it back as it was
    with torch.random.fork_rng(devices=[]):
        if generator is not None:
            torch.manual_seed(int(torch.randint(2**62, (1,), generator=generator)))
        return PointNet(config) if isinstance(config, PointNetConfig) else Equivariant(config)

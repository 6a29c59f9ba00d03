"""The networks, each with its config beside it: tensors in, tensors out."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from zeoloom.network.equivariant import Equivariant, EquivariantConfig
from zeoloom.network.plain_pointnet import PlainPointNet, PlainPointNetConfig
from zeoloom.network.pointnet import PointNet, PointNetConfig

__all__ = [
    "EquivariantConfig",
    "NetworkConfig",
    "PlainPointNetConfig",
    "PointNetConfig",
    "build_network",
]

NetworkConfig = Annotated[
    EquivariantConfig | PointNetConfig | PlainPointNetConfig, Field(discriminator="name")
]


def build_network(
    config: EquivariantConfig | PointNetConfig | PlainPointNetConfig,
    generator: torch.Generator | None = None,
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
        if isinstance(config, PointNetConfig):
            return PointNet(config)
        if isinstance(config, PlainPointNetConfig):
            return PlainPointNet(config)
        return Equivariant(config)

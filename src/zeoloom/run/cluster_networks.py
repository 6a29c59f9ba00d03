"""The sampler of clusters, and their network, guided if wanted."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, cast

from zeoloom.diffusion.guidance import Guidance, guided
from zeoloom.diffusion.samplers import ancestral, euler, heun
from zeoloom.network.pointnet import PointNet

if TYPE_CHECKING:
    from torch import Tensor

    from zeoloom.clusters.sample import ClusterNetwork
    from zeoloom.diffusion.samplers import Sampler
    from zeoloom.geometry.space import Space
    from zeoloom.learn.checkpoint import Model
    from zeoloom.run.cluster_requests import ClusterRequest

GUIDED_LEVELS = (0.0, 1.0)
"""Å, noise levels at which a network is guided. Above, guidance makes clusters smaller."""


def sampler_of(request: ClusterRequest) -> Sampler:
    """The sampler that the request names."""
    samplers: dict[str, Sampler] = {
        "euler": euler,
        "heun": heun,
        "ancestral": functools.partial(ancestral, noise_factor=request.noise_factor),
    }
    return samplers[request.sampler]


def guided_network(request: ClusterRequest, model: Model) -> ClusterNetwork:
    """The model's network, guided as far as the request wants.

    Args:
        request: with the model's defaults filled in.
        model: with a weak companion, if it is to be guided.
    """
    if model.weak is None or not request.guidance:
        return cast("ClusterNetwork", model.network)
    good, weak = model.network, model.weak.network
    steered = guided(good, weak, Guidance(request.guidance, GUIDED_LEVELS))
    if not (isinstance(good, PointNet) and isinstance(weak, PointNet) and good.sees_as(weak)):
        return steered

    def network(cart_points: Tensor, sigma: Tensor, space: Space) -> Tensor:
        """Both networks, of what is seen once."""
        seen = good.look(cart_points, sigma, space)
        return steered(cart_points, sigma, space, first=seen)

    return network


def weak_sha256(request: ClusterRequest, model: Model) -> str | None:
    """SHA-256 of the weights to be guided away from; None without guidance."""
    return model.weak.sha256 if model.weak and request.guidance else None

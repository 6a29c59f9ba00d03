"""A network of one's own as a model, for the same functions that take shipped weights."""

from __future__ import annotations

import hashlib
import inspect
from typing import TYPE_CHECKING

from zeoloom.errors import InputError
from zeoloom.learn.checkpoint import Model
from zeoloom.learn.config import CrystalConfig, TrainingConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

CLUSTER_RADIUS = 7.0
"""Å, what `cut` cuts unless another radius is asked for."""


def own_model(
    network: nn.Module,
    *,
    crystals: bool = False,
    radius: float = CLUSTER_RADIUS,
    learned: Sequence[str] = (),
    held_out: Sequence[str] = (),
) -> Model:
    """A model around any network, for `sample`, `join` and `make_frameworks` in one process.

    The network's `forward(cart_points, sigma, space)` is given (B, N, 3) Å of noisy points, (B,) Å
    of noise levels and the `Space` that the points live in, and gives the scaled displacements F,
    (B, N, 3), of which `diffusion.denoiser` makes the denoiser D = x + c_out(sigma) F. In open
    space each cloud lies about its centre. In crystals the points are the asymmetric ones, and only
    `space` knows their images.

    Args:
        network: on its device. It needs one parameter at least, which tells the device.
        crystals: whether it takes crystals; a network that knows clusters only is shown a crystal
            as overlapping spheres.
        radius: Å, of the clusters it knows.
        learned: framework types whose cells `generate` may start from.
        held_out: types that `sample` compares its clusters with.

    Returns:
        The model; its SHA-256 is that of the source and the weights, so that an interrupted run
        goes on with the same network only.

    Raises:
        InputError: if the network has no parameters.
    """
    if next(network.parameters(), None) is None:
        raise InputError(
            f"{type(network).__name__} has no parameters, so nothing tells its device; give it one,"
            " such as torch.nn.Parameter(torch.ones(()))"
        )
    digest = hashlib.sha256(_source(network).encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    record = {"radius": radius, "learned": list(learned), "held_out": list(held_out)}
    return Model(
        network.eval().requires_grad_(requires_grad=False),
        TrainingConfig(crystals=CrystalConfig() if crystals else None),
        record,
        digest.hexdigest(),
    )


def _source(network: nn.Module) -> str:
    """The source of a network's class, or its name where there is none to read."""
    try:
        return inspect.getsource(type(network))
    except (OSError, TypeError):
        return type(network).__qualname__

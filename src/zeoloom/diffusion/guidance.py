"""Autoguidance: a network guided away from what a weaker one of its kind would do.

Both have learned the same data, the weak one with fewer parameters and for a shorter time. It makes
the same faults, more of them, so that the way from its answer to that of the good one leads on to
fewer (Karras, Aittala, Kynkäänniemi, Lehtinen, Aila & Laine, "Guiding a Diffusion Model with a Bad
Version of Itself", arXiv:2406.02507):

    D(x; sigma) = D_good(x; sigma) + w (D_good(x; sigma) - D_weak(x; sigma)),

in which w = 0 leaves the good one as it is (their w - 1). As D is linear in the displacements F of
a network, the same holds of these. It may be done within an interval of noise levels alone
(Kynkäänniemi et al., arXiv:2404.07724).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

Where = ParamSpec("Where")
"""What a network is given beside points and noise levels."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """How far to go, and where.

    Attributes:
        weight: w; 0 for no guidance.
        levels: Å, least and greatest noise level at which to guide.
    """

    weight: float
    levels: tuple[float, float] = (0.0, math.inf)


def guided(
    good: Callable[Concatenate[Tensor, Tensor, Where], Tensor],
    weak: Callable[Concatenate[Tensor, Tensor, Where], Tensor],
    guidance: Guidance,
) -> Callable[Concatenate[Tensor, Tensor, Where], Tensor]:
    """F_good + w (F_good - F_weak) within the interval, F_good elsewhere.

    Args:
        good: F or D of the network to be guided; it takes (B, N, 3) Å noisy points, (B,) Å noise
            levels, and what else a network takes.
        weak: the same of the weaker one.
        guidance: how far and where.

    Returns:
        The same of the guided network. Outside the interval the weak one is not evaluated.
    """
    low, high = guidance.levels

    def steered(
        cart_points: Tensor, sigma: Tensor, /, *where: Where.args, **named: Where.kwargs
    ) -> Tensor:
        answer = good(cart_points, sigma, *where, **named)
        within = (sigma >= low) & (sigma <= high)
        if guidance.weight == 0 or not bool(within.any()):
            return answer
        beyond = guidance.weight * (answer - weak(cart_points, sigma, *where, **named))
        return torch.where(within[:, None, None], answer + beyond, answer)

    return steered

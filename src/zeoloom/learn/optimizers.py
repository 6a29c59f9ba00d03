"""What turns gradients into steps: AdamW, or Muon for the weight matrices; and its schedule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, final

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from zeoloom.learn.config import TrainingConfig

MOMENTUM = 0.95
"""Of Muon."""

SIZE_OF_ADAM = 0.2
"""Root mean square of the changes that AdamW makes, in learning rates."""


def build_optimizers(
    network: nn.Module, config: TrainingConfig
) -> tuple[torch.optim.Optimizer, ...]:
    """The optimisers of a run: each has some of the weights, all the same learning rate."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    if config.optimizer == "muon":
        # a matrix of one row has only its length to be made even
        others += [p for p in matrices if min(p.shape) == 1]
        matrices = [p for p in matrices if min(p.shape) > 1]
        kind = getattr(torch, config.precision)
        return Muon(matrices, config.learning_rate, config.weight_decay, kind), torch.optim.AdamW(
            others, lr=config.learning_rate, betas=(0.9, 0.99), weight_decay=0.0
        )
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return (torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.99)),)


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Of a step: linear warm-up, then a cosine to a hundredth."""
    warm = min(1.0, (step + 1) / max(1, config.warmup))
    cosine = 0.5 * (1 + math.cos(math.pi * step / config.steps))
    return config.learning_rate * warm * (0.01 + 0.99 * cosine)


@final
class Muon(torch.optim.Optimizer):
    """Momentum whose matrices are made orthogonal, so that no direction outweighs the others.

    K. Jordan et al. 2024 (kellerjordan.github.io/posts/muon); steps as large as AdamW's, and
    weights that decay, as J. Liu et al., arXiv:2502.16982. `torch.optim.Muon` is not in every
    version of torch that zeoloom runs on, and its bfloat16 is slow on many processors.

    Args:
        matrices: (rows, columns) each.
        lr: learning rate.
        weight_decay: share of the weights lost in a step, in learning rates.
        precision: in which matrices are made orthogonal.
    """

    def __init__(
        self,
        matrices: Sequence[Tensor],
        lr: float,
        weight_decay: float,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})
        self.precision = precision

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Change the matrices by their gradients."""
        for group in self.param_groups:
            rate = group["lr"]
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum"] = torch.zeros_like(matrix)
                momentum = state["momentum"].lerp_(matrix.grad, 1 - MOMENTUM)
                change = matrix.grad.lerp(momentum, MOMENTUM).to(self.precision)
                change = orthogonalised(change).to(matrix.dtype)
                matrix.mul_(1 - rate * group["weight_decay"])
                matrix.sub_(change, alpha=rate * SIZE_OF_ADAM * math.sqrt(max(matrix.shape)))


def orthogonalised(matrix: Tensor) -> Tensor:
    """A matrix (rows, columns) whose singular values are made nearly one, 0.7 to 1.2.

    Five steps of a Newton-Schulz iteration with the coefficients of Jordan et al.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.mT
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(5):
        square = wide @ wide.mT
        wide = torch.addmm(wide, torch.addmm(square, square, square, beta=b, alpha=c), wide, beta=a)
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.mT

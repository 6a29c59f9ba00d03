"""Random orthogonal matrices."""

from __future__ import annotations

import torch
from torch import Tensor


def random_orthogonal(n: int, generator: torch.Generator, *, reflect: bool = True) -> Tensor:
    """Matrices drawn uniformly from O(3), or from SO(3).

    A normally distributed quaternion gives a uniform rotation (Shoemake 1992); a fair coin adds the
    inversion.

    Args:
        n: how many.
        generator: source of randomness, on the CPU.
        reflect: draw from O(3); otherwise proper rotations only.

    Returns:
        (n, 3, 3), orthogonal, on the CPU.
    """
    quaternions = torch.randn(n, 4, generator=generator)
    w, x, y, z = (quaternions / quaternions.norm(dim=1, keepdim=True)).unbind(1)
    rotations = torch.stack(
        [
            torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], dim=1),
            torch.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], dim=1),
            torch.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], dim=1),
        ],
        dim=1,
    )
    if reflect:
        signs = torch.randint(0, 2, (n, 1, 1), generator=generator) * 2 - 1
        rotations = rotations * signs
    return rotations

"""Crystals by a network that knows clusters only: overlapping spheres whose answers are averaged.

About asymmetric points x_i of a crystal the images of all points within a radius are gathered, each
(j, g, S) at r = R_g x_j + t_g + S - x_i, and the network of clusters says how each of them moves.
Seen from x_j the answer F of its image is R_g^T F, and of what all spheres say of a point the mean
is taken:

    F_j = (sum over i, g, S of w(|r|) R_g^T F_i(j, g, S)) / (sum of w).

What the middle of a sphere says counts more than what its rim says, where the network cannot see
all neighbours. What the very centre says does not count: the network takes that place for where an
atom belongs. Images follow by symmetry, so that no cell is ever built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from zeoloom.geometry.space import OpenSpace
from zeoloom.geometry.spheres import covering, spheres_about_points

if TYPE_CHECKING:
    from zeoloom.geometry.crystal import Crystal
    from zeoloom.geometry.spheres import Spheres

MOST_MEMBERS = 64
"""Points of a sphere at most, the nearest; clusters are learned with up to 60."""

CENTRAL = 1.0
"""Å from its centre where what a sphere says does not count."""

COVER = 3.6
"""Å. Spheres are left out while every point has an image so near to the centre of another one."""

LEAST_WEIGHT = 1e-5
"""Of answers that do not count, for points of which nothing else is said."""

SPHERES_AT_ONCE = 128
"""What the network works on then stays in a processor's cache."""


class CrystalSpheres(nn.Module):
    """Displacements of the asymmetric points of crystals, by a network of clusters.

    Args:
        clusters: the network, of clouds about their centres in open space.
        radius: Å, of the clusters it has learned.
        cover: Å, as `COVER`; 0 for a sphere about every point.
    """

    def __init__(self, clusters: nn.Module, radius: float, cover: float = COVER) -> None:
        super().__init__()
        self.clusters = clusters
        self.radius = radius
        self.cover = cover

    def forward(self, cart_points: Tensor, sigma: Tensor, space: Crystal) -> Tensor:
        """Scaled displacements F of the points.

        Args:
            cart_points: (B, N, 3) Å, noisy asymmetric points.
            sigma: (B,) Å, noise level.
            space: the crystals they lie in.

        Returns:
            (B, N, 3).
        """
        batch, n, _ = cart_points.shape
        crystal = space.to(torch.device("cpu"))
        spheres = spheres_about_points(crystal, cart_points.cpu(), self.radius, MOST_MEMBERS)
        if self.cover > 0:
            spheres = spheres.take(covering(spheres, (batch, n), (CENTRAL, self.cover)))
        total = cart_points.new_zeros(batch * n, 4, device="cpu")
        for start in range(0, len(spheres.crystals), SPHERES_AT_ONCE):
            part = spheres.take(slice(start, start + SPHERES_AT_ONCE))
            answers = self._answers(part, sigma, crystal)
            rows = part.crystals[:, None] * n + part.owners
            total.index_add_(0, rows.flatten(), answers.flatten(0, 1))
        mean = total[:, :3] / total[:, 3:].clamp(min=LEAST_WEIGHT**2)
        return mean.reshape(batch, n, 3).to(cart_points.device)

    def _answers(self, spheres: Spheres, sigma: Tensor, crystal: Crystal) -> Tensor:
        """(S, M, 4): what is said of each member, as its point sees it, times its weight; that."""
        device = sigma.device
        space = OpenSpace(None if bool(spheres.present.all()) else spheres.present.to(device))
        levels = sigma[spheres.crystals.to(device)]
        moved = self.clusters(spheres.members.to(device), levels, space).to(crystal.cells)
        rotations = crystal.rotations[spheres.crystals[:, None], spheres.operations]
        seen = (moved[..., None, :] @ rotations)[..., 0, :]  # R^T F, as rows
        squares = spheres.members.square().sum(-1, keepdim=True)
        weight = (1 - squares / self.radius**2).clamp(min=0) ** 2
        weight = torch.where(squares < CENTRAL**2, 0, weight) + LEAST_WEIGHT
        weight = weight * spheres.present[..., None]
        return torch.cat((weight * seen, weight), dim=-1)

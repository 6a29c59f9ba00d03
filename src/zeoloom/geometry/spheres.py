"""Spheres of a crystal: the images of asymmetric points about some of these points.

A member of the sphere about x_i is an image (j, g, S) at r = R_g x_j + t_g + S - x_i. Few spheres
are enough, as each holds images of many points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from zeoloom.geometry.crystal import Crystal


@dataclass(frozen=True, slots=True)
class Spheres:
    """Spheres of a batch of crystals, those of one crystal one after the other.

    Attributes:
        crystals: (S,) row of the crystal that each lies in.
        members: (S, M, 3) Å from the centre, the nearest first.
        owners: (S, M) asymmetric point that each is an image of.
        operations: (S, M) by which operation.
        present: (S, M) False for padding.
    """

    crystals: Tensor
    members: Tensor
    owners: Tensor
    operations: Tensor
    present: Tensor

    def take(self, rows: slice | Tensor) -> Spheres:
        """Some of them, with no more padding than they need."""
        present = self.present[rows]
        most = max(1, int(present.sum(1).max())) if len(present) else 1
        return Spheres(
            self.crystals[rows],
            self.members[rows][:, :most],
            self.owners[rows][:, :most],
            self.operations[rows][:, :most],
            present[:, :most],
        )


def spheres_about_points(
    crystal: Crystal, cart_points: Tensor, radius: float, most: int
) -> Spheres:
    """The sphere about every asymmetric point.

    Args:
        crystal: the batch, on the CPU.
        cart_points: (B, N, 3) Å.
        radius: Å.
        most: members of a sphere; the farther ones are left out.
    """
    from zeoloom.geometry.sphere_kernel import fill_spheres  # noqa: PLC0415 - compiles

    present = crystal.present
    if present is None:
        present = torch.ones(cart_points.shape[:2], dtype=torch.bool)
    crystals, points = torch.nonzero(present, as_tuple=True)
    shape = (len(crystals), most)
    members = cart_points.new_zeros(*shape, 3)
    owners, operations = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    counts = torch.zeros(len(crystals), dtype=torch.long)
    fill_spheres(
        cart_points.numpy(),
        present.numpy(),
        crystal.cells.numpy(),
        crystal.rotations.numpy(),
        crystal.translations.numpy(),
        crystal.operation_present.sum(1).numpy(),
        crystals.numpy(),
        points.numpy(),
        radius,
        members.numpy(),
        owners.numpy(),
        operations.numpy(),
        counts.numpy(),
    )
    inside = torch.arange(most) < counts[:, None]
    return Spheres(crystals, members, owners, operations, inside).take(slice(None))


def covering(
    spheres: Spheres, crystal_shape: tuple[int, int], within: tuple[float, float]
) -> Tensor:
    """Which spheres are enough for every point to have an image near to the centre of one.

    The sphere that has most of the points that no other one has yet is taken next. Points that have
    no image so near to any centre get their own sphere.

    Args:
        spheres: about every point of B crystals of up to N points.
        crystal_shape: B, N.
        within: Å, from where to where an image is near to a centre.

    Returns:
        (S,) True for those that are taken.
    """
    batch, n = crystal_shape
    own = spheres.owners.new_zeros(batch, n, dtype=torch.bool)
    first = torch.searchsorted(spheres.crystals, torch.arange(batch))
    point = torch.arange(len(spheres.crystals)) - first[spheres.crystals]
    squares = spheres.members.square().sum(-1)
    near = spheres.present & (squares >= within[0] ** 2) & (squares <= within[1] ** 2)
    sphere, member = torch.nonzero(near, as_tuple=True)
    holds = torch.zeros(batch, n, n, dtype=torch.bool)
    holds[spheres.crystals[sphere], point[sphere], spheres.owners[sphere, member]] = True
    taken = own
    wanted = holds.any(dim=1)
    taken[spheres.crystals, point] = ~wanted[spheres.crystals, point]
    wanted &= ~(holds & taken[..., None]).any(dim=1)
    rows = torch.arange(batch)
    while wanted.any():
        best = (holds & wanted[:, None]).sum(dim=2).argmax(dim=1)
        needed = wanted.any(dim=1)
        taken[rows[needed], best[needed]] = True
        wanted &= ~holds[rows, best]
    return taken[spheres.crystals, point]

"""Crystals as the networks see them: asymmetric points, a space group and a cell.

The full cell is never built. Edges run from images R_g x_j + t_g + S to asymmetric points x_i, are
found for a whole batch at once, and are summed into `PairSums` at once: a framework of 192 T atoms
with one unique atom is one point with a few dozen edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from zeoloom.geometry.space import DIRECTION_SOFTENING, PairSums, radial_functions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.geometry.symmetry import FloatArray, SymmetryOperations


@dataclass(frozen=True, slots=True)
class Crystal:
    """A batch of cells, each with its space group, padded to the largest group.

    One convention, as in the whole package: the edge i <- (j, g, S) is
    r = (R_g x_j + t_g + S) - x_i, in Cartesian coordinates.

    Attributes:
        cells: (B, 3, 3) Å, rows are a, b, c.
        rotations: (B, G, 3, 3) Cartesian R_g. The first is the identity.
        translations: (B, G, 3) Å, Cartesian t_g.
        operation_present: (B, G) False for padding.
        present: (B, N) True for points, False for padding; None if nothing is padded.
    """

    cells: Tensor
    rotations: Tensor
    translations: Tensor
    operation_present: Tensor
    present: Tensor | None = None

    def from_centre(self, cart_points: Tensor) -> None:  # noqa: ARG002 - the interface of a space
        """No place in a crystal is special but by its symmetry."""
        return

    def pair_sums(self, cart_points: Tensor, n_radial: int, cutoff: float) -> PairSums:
        """Radial functions summed over all images of all points within the cutoff.

        Args:
            cart_points: (B, N, 3) Å, asymmetric points.
            n_radial: number K of radial functions.
            cutoff: Å.
        """
        batch, n, _ = cart_points.shape
        cloud, receiver, operation, sender, edges = self.edges(cart_points, cutoff)
        squared = edges.square().sum(-1)
        distances = squared.clamp(min=torch.finfo(squared.dtype).tiny).sqrt()
        radial = radial_functions(distances, 1.0, n_radial, cutoff, dim=1)  # (E, K)
        directions = edges * (squared + DIRECTION_SOFTENING**2).rsqrt()[:, None]  # (E, 3)
        turns = self.rotations[cloud, operation]  # (E, 3, 3)
        by_sender = torch.einsum("eab,ea->eb", turns, directions)
        # one row an edge: 1, r/d, R^T r/d, R
        geometry = torch.cat(
            (torch.ones_like(distances)[:, None], directions, by_sender, turns.flatten(1)), dim=1
        )
        pair = (cloud * n + receiver) * n + sender
        sums = edges.new_zeros(batch * n * n, 16 * n_radial)
        sums.index_add_(0, pair, (geometry[:, :, None] * radial[:, None, :]).flatten(1))
        sums = sums.reshape(batch, n, n, 16, n_radial)  # receiver, sender, geometry, K
        return PairSums(
            scalar=sums[:, :, :, 0].movedim(2, 3).contiguous(),
            vector=sums[:, :, :, 1:4].permute(0, 3, 1, 4, 2).contiguous(),
            vector_by_sender=sums[:, :, :, 4:7].permute(0, 1, 4, 3, 2).contiguous(),
            rotation=sums[:, :, :, 7:]
            .reshape(batch, n, n, 3, 3, n_radial)
            .permute(0, 3, 4, 1, 5, 2)
            .contiguous(),
        )

    def edges(
        self, cart_points: Tensor, cutoff: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Every edge i <- (j, g, S) shorter than the cutoff; images that coincide with i included.

        Args:
            cart_points: (B, N, 3) Å, asymmetric points.
            cutoff: Å.

        Returns:
            Cloud, receiver i, operation g and sender j of each edge, (E,) each, and r, (E, 3) Å.
        """
        inverse = torch.linalg.inv(self.cells)
        images = (
            torch.einsum("bgxy,bny->bgnx", self.rotations, cart_points)
            + self.translations[:, :, None]
        )
        apart = images[:, None] - cart_points[:, :, None, None]  # (B, i, g, j, 3)
        frac = torch.einsum("bigjx,bxy->bigjy", apart, inverse)
        nearest = frac - frac.round()
        # |S_a| <= r_c / spacing_a + 1/2 in any cell: exact where it is thinner than the cutoff
        spacings = 1.0 / inverse.norm(dim=1)  # (B, 3), distances between lattice planes
        most = (cutoff / spacings + 0.5).floor().amax(0).long().tolist()
        ranges = [torch.arange(-m, m + 1, device=frac.device) for m in most]
        shifts = torch.cartesian_prod(*ranges).to(frac)  # (S, 3)
        cart = torch.einsum("bigjx,bxy->bigjy", nearest, self.cells)
        cart_shifts = torch.einsum("sx,bxy->bsy", shifts, self.cells)
        all_edges = cart[:, :, :, :, None] + cart_shifts[:, None, None, None]  # (B, i, g, j, S, 3)
        wanted = all_edges.square().sum(-1) < cutoff**2
        wanted &= self.operation_present[:, None, :, None, None]
        if self.present is not None:
            wanted &= self.present[:, :, None, None, None] & self.present[:, None, None, :, None]
        # of the identity's images of i itself, the one at home is no edge (its difference is 0)
        itself = torch.eye(cart_points.shape[1], dtype=torch.bool, device=frac.device)
        at_home = (shifts == 0).all(-1)
        wanted[:, :, 0] &= ~(itself[None, :, :, None] & at_home)
        cloud, receiver, operation, sender, _ = torch.nonzero(wanted, as_tuple=True)
        return cloud, receiver, operation, sender, all_edges[wanted]


def crystal_batch(
    cells: Sequence[FloatArray],
    groups: Sequence[SymmetryOperations],
    *,
    dtype: torch.dtype = torch.float32,
) -> Crystal:
    """Cells and their space groups as tensors on the CPU.

    Args:
        cells: each (3, 3) Å, rows are a, b, c.
        groups: the operations of each cell's group, in fractional coordinates of that cell.
        dtype: of the tensors.
    """
    most = max(len(group) for group in groups)
    rotations = torch.eye(3, dtype=torch.float64).repeat(len(cells), most, 1, 1)
    translations = torch.zeros(len(cells), most, 3, dtype=torch.float64)
    present = torch.zeros(len(cells), most, dtype=torch.bool)
    for b, (cell, group) in enumerate(zip(cells, groups, strict=True)):
        rows = torch.from_numpy(cell)
        turns = torch.from_numpy(group.rotations).double()
        # frac -> R frac + t reads in Cartesian columns A R A^-1, where A = cell^T
        cart = rows.T @ turns @ torch.linalg.inv(rows.T)
        shifts = torch.from_numpy(group.translations) @ rows
        identity = (turns == torch.eye(3)).flatten(1).all(1) & (shifts.norm(dim=1) < 1e-9)
        order = torch.argsort(identity.to(torch.int8), descending=True, stable=True)
        rotations[b, : len(group)] = cart[order]
        translations[b, : len(group)] = shifts[order]
        present[b, : len(group)] = True
    return Crystal(
        torch.stack([torch.from_numpy(cell) for cell in cells]).to(dtype),
        rotations.to(dtype),
        translations.to(dtype),
        present,
    )

"""Crystals as the networks see them: asymmetric points, a space group and a cell.

The full cell is never built. Edges run from images R_g x_j + t_g + S to asymmetric points x_i, are
found for a whole batch at once, and are summed into `PairSums` at once: a framework of 192 T atoms
with one unique atom is one point with a few dozen edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space import DIRECTION_SOFTENING, PairSums, radial_functions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations


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

    @property
    def free_directions(self) -> Tensor:
        """(B, 3, 3) projectors on the directions along which the group leaves the origin free."""
        counted = self.operation_present[..., None, None]
        return (self.rotations * counted).sum(1) / counted.sum(1)

    def without_drift(self, noise: Tensor) -> Tensor:
        """Noise (B, N, 3) less its mean along the directions where the origin is free."""
        if self.present is None:
            mean = noise.mean(1)
        else:
            counted = self.present[..., None]
            mean = (noise * counted).sum(1) / counted.sum(1)
        return noise - torch.einsum("bxy,by->bx", self.free_directions, mean)[:, None]

    def take(self, rows: Tensor) -> Crystal:
        """Crystals by index (b,), in that order."""
        return Crystal(
            self.cells[rows],
            self.rotations[rows],
            self.translations[rows],
            self.operation_present[rows],
            None if self.present is None else self.present[rows],
        )

    def to(self, device: torch.device) -> Crystal:
        """The same crystals on another device."""
        return Crystal(
            self.cells.to(device),
            self.rotations.to(device),
            self.translations.to(device),
            self.operation_present.to(device),
            None if self.present is None else self.present.to(device),
        )

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
        if cart_points.device.type == "cpu" and not cart_points.requires_grad:
            return self._compiled_sums(cart_points, n_radial, cutoff)
        return self._summed_edges(cart_points, n_radial, cutoff)

    def _compiled_sums(self, cart_points: Tensor, n_radial: int, cutoff: float) -> PairSums:
        """On the CPU, without gradients."""
        from zeoloom.geometry.pair_kernel import sum_pairs  # noqa: PLC0415 - compiles

        batch, n, _ = cart_points.shape
        present = self.present
        if present is None:
            present = torch.ones(batch, n, dtype=torch.bool)
        k = n_radial
        sums = PairSums(
            scalar=cart_points.new_zeros(batch, n, k, n),
            vector=cart_points.new_zeros(batch, 3, n, k, n),
            vector_by_sender=cart_points.new_zeros(batch, n, k, 3, n),
            rotation=cart_points.new_zeros(batch, 3, n, k, 3, n),
        )
        assert sums.rotation is not None
        sum_pairs(
            self.cells.numpy(),
            self.rotations.numpy(),
            self.translations.numpy(),
            self.operation_present.sum(1).numpy(),
            present.numpy(),
            cart_points.detach().numpy(),
            cutoff,
            DIRECTION_SOFTENING,
            sums.scalar.numpy(),
            sums.vector.numpy(),
            sums.vector_by_sender.numpy(),
            sums.rotation.numpy(),
        )
        return sums

    def _summed_edges(self, cart_points: Tensor, n_radial: int, cutoff: float) -> PairSums:
        """Anywhere, by a list of edges."""
        batch, n, _ = cart_points.shape
        cloud, receiver, operation, sender, edges = self.edges(cart_points, cutoff)
        squared = edges.square().sum(-1)
        distances = squared.clamp(min=torch.finfo(squared.dtype).tiny).sqrt()
        radial = radial_functions(distances, 1.0, n_radial, cutoff, dim=1)  # (E, K)
        directions = edges * (squared + DIRECTION_SOFTENING**2).rsqrt()[:, None]  # (E, 3)
        of_edge = self.rotations[cloud, operation]  # (E, 3, 3)
        by_sender = torch.einsum("eab,ea->eb", of_edge, directions)
        # one row an edge: 1, r/d, R^T r/d, R
        geometry = torch.cat(
            (torch.ones_like(distances)[:, None], directions, by_sender, of_edge.flatten(1)), dim=1
        )
        pair = (cloud * n + receiver) * n + sender
        sums = edges.new_zeros(batch * n * n, 16 * n_radial)
        with torch.autocast(edges.device.type, enabled=False):
            sums.index_add_(0, pair, (geometry[:, :, None] * radial[:, None, :]).flatten(1))
        sums = sums.reshape(batch, n, n, 16, n_radial)  # receiver, sender, geometry, K
        return PairSums(
            scalar=sums[:, :, :, 0].movedim(2, 3).contiguous(),
            vector=sums[:, :, :, 1:4].permute(0, 3, 1, 4, 2).contiguous(),
            vector_by_sender=sums[:, :, :, 4:7].permute(0, 1, 4, 3, 2).contiguous(),
            rotation=sums[:, :, :, 7:]
            .reshape(batch, n, n, 3, 3, n_radial)
            .permute(0, 3, 1, 5, 4, 2)
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
        frac_points = cart_points @ inverse
        frac_images = torch.einsum("bgnx,bxy->bgny", images, inverse)
        # |f_a| times the distance between lattice planes is at most d: what no lattice translation
        # brings within the cutoff along each axis is dropped before any is tried
        spacings = 1.0 / inverse.norm(dim=1)  # (B, 3)
        nearest = []
        wanted = self.operation_present[:, None, :, None]
        if self.present is not None:
            wanted = wanted & self.present[:, :, None, None] & self.present[:, None, None, :]
        for axis in range(3):
            apart = frac_images[:, None, ..., axis] - frac_points[:, :, None, None, axis]
            nearest.append(apart - apart.round())  # (B, i, g, j)
            wanted = wanted & (nearest[-1].abs() < cutoff / spacings[:, None, None, None, axis])
        cloud, receiver, operation, sender = torch.nonzero(wanted, as_tuple=True)
        frac = torch.stack([along[wanted] for along in nearest], dim=1)  # (E, 3)
        # |S_a| <= r_c / spacing_a + 1/2 in any cell: exact where it is thinner than the cutoff
        most = (cutoff / spacings + 0.5).floor().amax(0).long().tolist()
        for axis, m in enumerate(most):
            if m == 0:
                continue
            shifts = torch.arange(-m, m + 1, device=frac.device, dtype=frac.dtype)
            shifted = frac[:, axis, None] + shifts  # (E, S)
            rows, columns = torch.nonzero(
                shifted.abs() < cutoff / spacings[cloud, axis, None], as_tuple=True
            )
            cloud, receiver, operation, sender, frac = (
                column[rows] for column in (cloud, receiver, operation, sender, frac)
            )
            frac[:, axis] = shifted[rows, columns]
        edges = torch.einsum("ex,exy->ey", frac, self.cells[cloud])
        # of the identity's images of i itself (S = 0, ±1, ...), the one at home is no edge
        itself = (operation == 0) & (receiver == sender) & (frac.abs() < 0.5).all(-1)
        near = torch.nonzero((edges.square().sum(-1) < cutoff**2) & ~itself)[:, 0]
        return cloud[near], receiver[near], operation[near], sender[near], edges[near]


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
        group = identity_first(group)  # noqa: PLW2901 - the same group
        turned, moved = group.rotations.tobytes(), group.translations.tobytes()
        cart_rotations, shifts = _in_space(turned, moved, cell.tobytes())
        rotations[b, : len(group)] = cart_rotations
        translations[b, : len(group)] = shifts
        present[b, : len(group)] = True
    return Crystal(
        torch.stack([torch.from_numpy(cell) for cell in cells]).to(dtype),
        rotations.to(dtype),
        translations.to(dtype),
        present,
    )


@lru_cache(maxsize=512)  # a batch may have a cell for each of its crystals
def _in_space(turned: bytes, moved: bytes, sides: bytes) -> tuple[Tensor, Tensor]:
    """Cartesian rotations (G, 3, 3) and translations (G, 3) Å of a group in a cell."""
    frac_rotations = np.frombuffer(turned, dtype=np.int64).reshape(-1, 3, 3)
    shifts = np.frombuffer(moved, dtype=np.float64).reshape(-1, 3)
    cell = np.frombuffer(sides, dtype=np.float64).reshape(3, 3)
    # frac -> R frac + t reads in Cartesian columns A R A^-1, where A = cell^T
    cart = cell.T @ frac_rotations @ np.linalg.inv(cell.T)
    return torch.from_numpy(cart), torch.from_numpy(shifts @ cell)

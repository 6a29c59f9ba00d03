"""Where a batch of clouds lives, as the networks see it: sums over the images of points.

A network never asks for edges. It asks a space for `PairSums`: for asymmetric points i and j, the
sum over every image (g, S) of j of a radial function of the edge `r = (R_g x_j + t_g + S) - x_i`,
of that function times the direction of r, and (in crystals) times the rotation R_g. Message passing
whose filters are linear in the radial functions is then a matrix product over asymmetric points,
whatever the number of images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from torch import Tensor

DIRECTION_SOFTENING = 0.1
"""Å. Directions are r / sqrt(d^2 + softening^2), smooth where points coincide."""


@dataclass(frozen=True, slots=True)
class PairSums:
    """Radial functions of a batch of clouds, summed over images.

    Attributes:
        scalar: (B, N, K, N) sum of f_k(d) over the edges from receiver (dim 1) to sender (dim 3).
        vector: (B, 3, N, K, N) sum of f_k(d) r / d.
        vector_by_sender: (B, N, K, 3, N) sum of f_k(d) R_g^T r / d, contiguous: what a vector of
            the sender, turned by R_g, is projected on.
        rotation: (B, 3, N, K, 3, N) sum of f_k(d) R_g, its rows at dim 1 and its columns at dim 4;
            None where every R_g is the identity.
    """

    scalar: Tensor
    vector: Tensor
    vector_by_sender: Tensor
    rotation: Tensor | None = None

    def to(self, dtype: torch.dtype) -> PairSums:
        """The same sums in another precision."""
        rotation = None if self.rotation is None else self.rotation.to(dtype)
        return PairSums(
            self.scalar.to(dtype),
            self.vector.to(dtype),
            self.vector_by_sender.to(dtype),
            rotation,
        )


class Space(Protocol):
    """What a network needs to know about where its points live."""

    @property
    def present(self) -> Tensor | None:
        """(B, N) True for points, False for padding; None if nothing is padded."""

    def to(self, device: torch.device) -> Space:
        """The same space on another device."""

    def pair_sums(self, cart_points: Tensor, n_radial: int, cutoff: float) -> PairSums:
        """Sum radial functions over the images of each point."""

    def from_centre(self, cart_points: Tensor) -> Tensor | None:
        """(B, N, 3) Å from the centre of each cloud, or None where no place is special."""


@dataclass(frozen=True, slots=True)
class OpenSpace:
    """Clouds without symmetry in open space, their centres at the origin.

    Attributes:
        present: (B, N) True for points, False for padding; None if nothing is padded.
    """

    present: Tensor | None = None

    def to(self, device: torch.device) -> OpenSpace:
        """The same space on another device."""
        return OpenSpace(None if self.present is None else self.present.to(device))

    def pair_sums(self, cart_points: Tensor, n_radial: int, cutoff: float) -> PairSums:
        """Radial functions of all pairs of points of each cloud.

        Args:
            cart_points: (B, N, 3) Å.
            n_radial: number K of radial functions.
            cutoff: Å.
        """
        # (B, N, N, 3), r_ij = x_j - x_i
        edges = cart_points[:, None, :, :] - cart_points[:, :, None, :]
        squared = edges.square().sum(-1)
        counted = ~torch.eye(edges.shape[1], dtype=torch.bool, device=edges.device)[None]
        if self.present is not None:
            counted = counted & self.present[:, None, :] & self.present[:, :, None]
        # the least number above zero keeps the slope finite where points coincide
        distances = squared.clamp(min=torch.finfo(squared.dtype).tiny).sqrt()
        radial = radial_functions(distances, counted, n_radial, cutoff, dim=2)  # (B, N, K, N)
        directions = edges * (squared + DIRECTION_SOFTENING**2).rsqrt()[..., None]
        vector = radial[:, None] * directions.movedim(-1, 1)[:, :, :, None, :]
        return PairSums(radial, vector, vector.movedim(1, 3).contiguous())

    def from_centre(self, cart_points: Tensor) -> Tensor:
        """The points themselves: open clouds are kept relative to their centres."""
        return cart_points


def radial_functions(
    distances: Tensor, counted: Tensor | float, n_radial: int, cutoff: float, dim: int
) -> Tensor:
    """Cosines of rising frequency under a smooth envelope that vanishes at the cutoff.

    f_k(d) = cos(k pi d / r_c) (1 + cos(pi d / r_c)) / 2 for k = 0 .. K-1 (Chebyshev recurrence).

    Args:
        distances: Å, of any shape.
        counted: of a shape that fits; False or 0 where a pair is to be left out.
        n_radial: K.
        cutoff: r_c, Å.
        dim: where in the result the K functions are to stand.

    Returns:
        The shape of `distances` with K inserted at `dim`; zero beyond the cutoff.
    """
    cosine = torch.cos(distances.clamp(max=cutoff) * (math.pi / cutoff))
    envelope = (0.5 + 0.5 * cosine) * counted
    functions = [envelope, envelope * cosine]
    for _ in range(n_radial - 2):
        functions.append(2.0 * cosine * functions[-1] - functions[-2])
    return torch.stack(functions[:n_radial], dim=dim)

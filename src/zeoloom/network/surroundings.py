"""Invariants and vectors made of the tensors that describe the surroundings of a point.

With T0 to T3 of degree 0 to 3 on S shells each, c the direction from the centre and, in later
stages, d the displacement so far:

| what       | number | of                                                               |
|------------|--------|------------------------------------------------------------------|
| vectors    | S      | T1                                                               |
|            | 2 S^2  | T2.T1, T3:T2                                                     |
|            | 2 S    | T2.c, T3:cc                                                      |
|            | 1      | c                                                                |
|            | S + 1  | T2.d, d, where there is a d                                      |
| invariants | S      | T0                                                               |
|            | 3 S^2  | T1.T1, T2:T2, T3:T3                                              |
|            | 2 S^2  | T1.T2.T1, T1.T3:T2                                               |
|            | 3 S    | c.T1, c.T2.c, c.T3:cc                                            |
|            | 3      | log of the mean squares of T1, T2, T3, by which they are divided |
|            | 2 S + 2 | d.T1, d.T2.d, d.d, c.d                                          |

Products of three are kept within bounds by dividing each Tl by sqrt(1 + its mean square).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from zeoloom.network.fourier_latent import harmonics

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.network.fourier_latent import Surroundings

N_CENTRE = 8
"""Functions of the distance from the centre."""

CENTRE_RANGE = 9.0
"""Å, range of those functions."""


class Features(NamedTuple):
    """What a network sees of each point.

    Attributes:
        invariants: (P, F).
        vectors: (P, 3, V).
    """

    invariants: Tensor
    vectors: Tensor


def count_invariants(shells: int, *, moved: bool) -> tuple[int, int]:
    """Numbers of invariants (those of the centre's distance aside) and of vectors."""
    s = shells
    invariants = s + 5 * s * s + 3 * s + 3
    vectors = s + 2 * s * s + 2 * s + 1
    return (invariants + 2 * s + 2, vectors + s + 1) if moved else (invariants, vectors)


class Tensors(nn.Module):
    """Contractions of tensors of degree 1 to 3; nothing in it is learned."""

    second: Tensor
    third: Tensor

    def __init__(self) -> None:
        super().__init__()
        second, third = _cartesian()
        # (5, 9): T2 as a matrix; (5, 3 * 7): T2 as a map from T3 to vectors
        coupling = np.einsum("mabc,qbc->qam", third, second)
        for name, array in (("second", second), ("third", coupling)):
            tensor = torch.from_numpy(array.reshape(5, -1).astype(np.float32))
            self.register_buffer(name, tensor, persistent=False)

    def forward(self, read: Surroundings, points: Tensor, moved: Tensor | None) -> Features:
        """Invariants and vectors of points.

        Args:
            read: their surroundings.
            points: (P, 3) Å, about the centre.
            moved: (P, 3), displacements so far, scaled.
        """
        with torch.autocast(points.device.type, enabled=False):
            return self._features(read, points, moved)

    def _features(self, read: Surroundings, points: Tensor, moved: Tensor | None) -> Features:
        n, s = read.scalars.shape
        (first, log1), (second, log2), (third, log3) = map(_within_bounds, read[1:])
        across = first.mT  # (P, 3, S)
        matrices = (second @ self.second).reshape(n, 3 * s, 3)
        maps = (second @ self.third).reshape(n, 3 * s, 7)
        by_first = (matrices @ across).reshape(n, s, 3, s)
        by_third = (maps @ third.mT).reshape(n, s, 3, s)
        distance = points.norm(dim=-1, keepdim=True)
        centre = (points / (distance + 0.5))[..., None]  # (P, 3, 1)
        by_centre = (matrices @ centre).reshape(n, s, 3).mT
        outer = (centre * centre.mT).reshape(n, 1, 9) @ self.second.mT  # (P, 1, 5)
        third_by_centre = (outer @ self.third).reshape(n, 3, 7) @ third.mT
        vectors = [
            across,
            by_first.movedim(2, 1).reshape(n, 3, s * s),
            by_third.movedim(2, 1).reshape(n, 3, s * s),
            by_centre,
            third_by_centre,
            centre,
        ]
        invariants = [
            read.scalars,
            *((each @ each.mT).reshape(n, s * s) for each in (first, second, third)),
            (by_first * across[:, None]).sum(2).reshape(n, s * s),
            (by_third * across[:, None]).sum(2).reshape(n, s * s),
            *((each * centre).sum(1) for each in (across, by_centre, third_by_centre)),
            log1,
            log2,
            log3,
            centre_functions(distance),
        ]
        if moved is not None:
            moved = moved[..., None]
            by_moved = (matrices @ moved).reshape(n, s, 3).mT
            vectors += [by_moved, moved]
            both = (across, by_moved, moved, centre)
            invariants += [(each * moved).sum(1) for each in both]
        return Features(torch.cat(invariants, dim=1), torch.cat(vectors, dim=2))


def _within_bounds(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """Tensors (P, S, M) divided by sqrt(1 + mean square), and the log of that sum, (P, 1)."""
    squares = 1 + tensor.square().sum(2).mean(1, keepdim=True) / tensor.shape[2]
    return tensor * squares.rsqrt()[..., None], squares.log()


def centre_functions(distance: Tensor) -> Tensor:
    """Gaussians (..., N_CENTRE) of distances from the centre, (..., 1) Å."""
    centres = torch.linspace(0.0, CENTRE_RANGE, N_CENTRE, device=distance.device)
    width = CENTRE_RANGE / (N_CENTRE - 1)
    return torch.exp(-((distance - centres.to(distance.dtype)) ** 2) / (2 * width**2))


def _cartesian() -> tuple[FloatArray, FloatArray]:
    """Real spherical harmonics of degree 2 and 3 as orthonormal symmetric traceless tensors.

    Returns:
        (5, 3, 3) and (7, 3, 3, 3).
    """
    heights, weights = np.polynomial.legendre.leggauss(8)  # exact for polynomials up to degree 15
    angles = 2 * np.pi * np.arange(16) / 16
    flat = np.sqrt(1 - heights**2)[:, None]
    columns = (flat * np.cos(angles), flat * np.sin(angles), heights[:, None] + 0 * angles)
    r = np.stack(columns, axis=-1).reshape(-1, 3)
    values = harmonics(r) * np.repeat(weights, 16)[:, None]
    second = np.einsum("pm,pa,pb->mab", values[:, 4:9], r, r)
    third = np.einsum("pm,pa,pb,pc->mabc", values[:, 9:], r, r, r)
    return second / np.linalg.norm(second[0]), third / np.linalg.norm(third[0])

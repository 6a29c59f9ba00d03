"""The latent z of a cloud, its characteristic function, and how it is read at a point.

    z_k = mean over points j of exp(i k.u_j)

at wave vectors k of a face-centred cubic period. As a mean over points z is invariant under their
order, does not depend on how many they are, and has a fixed length. Around a point at u_i the
cloud is described by its density projected on functions of the distance r (Gaussian shells) times
spherical harmonics Y_lm of the direction, l <= 3:

    T_nlm(u_i) = sum over j of f_n(|u_j - u_i|) Y_lm = sum over k of W_nlm(k) z_k exp(-i k.u_i),

one matrix product, in which W are Fourier transforms that never change. Since z_-k is the
conjugate of z_k, half of reciprocal space is enough; even l take the real part, odd l the
imaginary part. The period keeps images of a cloud far enough from one another.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from scipy.special import spherical_jn
from torch import Tensor, nn

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray

ATOMS = 24.0
"""Atoms that the points of a cloud stand for: z times this is a density of atoms."""

ATOM_DENSITY = 0.0167
"""Atoms per Å^3; what is read is scaled by it to a variance of about one."""

SHELL_SPACING, SHELL_WIDTH = 0.7, 0.62
"""Å, between the Gaussian shells and their standard deviation."""

WINDOW = 0.5
"""Share of the longest wave vector from where on they count less and less."""

LEAST_OVERLAP = 3e-3
"""Of shells that are hardly independent, in shares of the greatest."""

BLOCK = 128
"""Points read at once, few enough for a processor's cache."""


class Surroundings(NamedTuple):
    """What is read of z at each point, by degree l of the spherical harmonics.

    Attributes:
        scalars: (P, S) l = 0 on S shells.
        vectors: (P, S, 3) l = 1, components x, y, z.
        seconds: (P, S, 5) l = 2.
        thirds: (P, S, 7) l = 3.
    """

    scalars: Tensor
    vectors: Tensor
    seconds: Tensor
    thirds: Tensor


class FourierLatent(nn.Module):
    """z of clouds, and the surroundings of their points as z knows them.

    Args:
        n_waves: number of wave vectors, those of least length; z has two numbers for each.
        period: Å, distance of the nearest image.
        n_shells: S, number of radial functions.
    """

    waves: Tensor
    even: Tensor
    odd: Tensor

    def __init__(self, n_waves: int, period: float, n_shells: int) -> None:
        super().__init__()
        self.n_shells = n_shells
        waves, volume = wave_vectors(n_waves, period)
        filters = shell_transforms(waves, n_shells) * (
            2 * ATOMS / volume / math.sqrt(ATOM_DENSITY)
        )  # (K, S, 16)
        even = np.concatenate((filters[..., :1], -filters[..., 4:9]), axis=-1)
        odd = np.concatenate((filters[..., 1:4], -filters[..., 9:]), axis=-1)
        for name, array in (("waves", waves.T), ("even", even), ("odd", odd)):
            flat = array if name == "waves" else array.reshape(len(waves), -1)
            tensor = torch.from_numpy(np.ascontiguousarray(flat, dtype=np.float32))
            self.register_buffer(name, tensor, persistent=False)

    def latent(self, points: Tensor, present: Tensor | None = None) -> Tensor:
        """The latent of clouds.

        Args:
            points: (B, N, 3) Å.
            present: (B, N) False for padding.

        Returns:
            (B, 2K), real parts, then imaginary ones.
        """
        phases = points @ self.waves
        weights = point_weights(points, present)[:, None]
        return torch.cat((weights @ phases.cos(), weights @ phases.sin()), dim=-1)[:, 0]

    def forward(self, points: Tensor, present: Tensor | None = None) -> Surroundings:
        """Make z of clouds and read it at their points, P = B N.

        Args:
            points: (B, N, 3) Å.
            present: (B, N) False for padding.
        """
        device = points.device.type
        kind = points.dtype
        if torch.is_autocast_enabled(device):
            kind = torch.get_autocast_dtype(device)
        with torch.autocast(device, enabled=False):  # phases need all their digits
            even, odd = _Read.apply(  # type: ignore[no-untyped-call]
                points.to(self.waves.dtype),
                point_weights(points, present),
                self.waves,
                self.even.to(kind),
                self.odd.to(kind),
            )
        shells = (even.shape[0], self.n_shells, -1)
        even, odd = even.reshape(shells), odd.reshape(shells)
        return Surroundings(even[..., 0], odd[..., :3], even[..., 1:], odd[..., 3:])


def point_weights(points: Tensor, present: Tensor | None) -> Tensor:
    """(B, N) of the mean over the points of each cloud."""
    if present is None:
        return points.new_full(points.shape[:2], 1.0 / points.shape[1])
    counted = present.to(points.dtype)
    return counted / counted.sum(dim=1, keepdim=True)


class _Read(torch.autograd.Function):
    """Surroundings (P, even) and (P, odd) of points, a few clouds at a time.

    The arrays over points and wave vectors are large, so that they are made again for the gradient
    and never leave the processor's cache.
    """

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        points: Tensor,
        weights: Tensor,
        waves: Tensor,
        even: Tensor,
        odd: Tensor,
    ) -> tuple[Tensor, Tensor]:
        read_even, read_odd, latents = [], [], []
        for part, weight in _blocks(points, weights):
            pieces = [part]
            if part.device.type == "cpu" and part.shape[1] > 2 * BLOCK:
                pieces = list(part.split(BLOCK, dim=1))  # of one cloud
            at = [_waves_at(piece, waves) for piece in pieces]
            real, imaginary = _pool(at, weight)
            latents.append((real, imaginary))
            for cosine, sine in at:
                shifted = (cosine * real).addcmul_(sine, imaginary)
                read_even.append((shifted.to(even.dtype).flatten(0, 1) @ even).to(points.dtype))
                shifted = cosine.mul_(imaginary).addcmul_(sine, real, value=-1)
                read_odd.append((shifted.to(odd.dtype).flatten(0, 1) @ odd).to(points.dtype))
        ctx.save_for_backward(points, weights, waves, even, odd)
        ctx.latents = latents  # type: ignore[attr-defined]
        return torch.cat(read_even), torch.cat(read_odd)

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, to_even: Tensor, to_odd: Tensor
    ) -> tuple[Tensor | None, ...]:
        points, weights, waves, even, odd = ctx.saved_tensors  # type: ignore[attr-defined]
        if not ctx.needs_input_grad[0]:  # type: ignore[attr-defined]
            return None, None, None, None, None
        slopes = []
        row = 0
        for (part, weight), (real, imaginary) in zip(
            _blocks(points, weights),
            ctx.latents,  # type: ignore[attr-defined]
            strict=True,
        ):
            rows = slice(row, row + part.shape[0] * part.shape[1])
            row = rows.stop
            shape = (*part.shape[:2], waves.shape[1])
            to_real = (to_even[rows].to(even.dtype) @ even.mT).to(points.dtype).reshape(shape)
            to_imaginary = (to_odd[rows].to(odd.dtype) @ odd.mT).to(points.dtype).reshape(shape)
            cosine, sine = _waves_at(part, waves)
            # what the latent passes back to every point, beside what each point does by itself
            by_real = (to_real * cosine).addcmul_(to_imaginary, sine, value=-1).sum(1, keepdim=True)
            by_imaginary = (to_real * sine).addcmul_(to_imaginary, cosine).sum(1, keepdim=True)
            to_cosine = (to_real * real).addcmul_(to_imaginary, imaginary)
            to_cosine.addcmul_(weight[..., None], by_real)
            to_sine = to_real.mul_(imaginary).addcmul_(to_imaginary, real, value=-1)
            to_sine.addcmul_(weight[..., None], by_imaginary)
            to_phases = to_sine.mul_(cosine).addcmul_(to_cosine, sine, value=-1)
            slopes.append(to_phases @ waves.mT)
        return torch.cat(slopes), None, None, None, None


def _waves_at(points: Tensor, waves: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of k.u, (B, N, K) each."""
    phases = points @ waves
    return phases.cos(), phases.sin_()


def _pool(at: list[tuple[Tensor, Tensor]], weight: Tensor) -> tuple[Tensor, Tensor]:
    """The latent as real and imaginary parts, (B, 1, K) each.

    Args:
        at: cosine and sine, (B, M, K) each, of the pieces of clouds.
        weight: (B, N) of all their points.
    """
    parts = weight[:, None].split([cosine.shape[1] for cosine, _ in at], dim=2)
    both = list(zip(parts, at, strict=True))
    real = torch.stack([part @ cosine for part, (cosine, _) in both]).sum(0)
    imaginary = torch.stack([part @ sine for part, (_, sine) in both]).sum(0)
    return real, imaginary


def _blocks(points: Tensor, weights: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Whole clouds and their weights, about `BLOCK` points at a time; all at once on a GPU."""
    size = len(points)
    if points.device.type == "cpu":
        size = max(1, BLOCK // max(1, points.shape[1]))
    return list(zip(points.split(size), weights.split(size), strict=True))


def wave_vectors(n: int, period: float) -> tuple[FloatArray, float]:
    """The n shortest wave vectors of half of reciprocal space, without zero.

    Args:
        n: how many.
        period: Å, distance of the nearest images, on a face-centred cubic lattice.

    Returns:
        (n, 3) 1/Å, shortest first, and the volume of the primitive cell in Å^3.
    """
    cell = period / math.sqrt(2) * np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 0]])
    reciprocal = 2 * math.pi * np.linalg.inv(cell).T
    reach = 4 + math.ceil((2.0 * n) ** (1 / 3))
    steps = np.arange(-reach, reach + 1)
    whole = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    half = whole[(whole @ np.array([(2 * reach + 1) ** 2, 2 * reach + 1, 1])) > 0]
    vectors = half @ reciprocal
    order = np.lexsort((*half.T, np.round(np.linalg.norm(vectors, axis=1), 9)))
    return vectors[order[:n]], abs(float(np.linalg.det(cell)))


def shell_transforms(waves: FloatArray, n_shells: int) -> FloatArray:
    """4 pi R_nl(k) Y_lm(k / |k|), the Fourier transforms of the shells without their phase.

    The radial functions of each l are Gaussians at multiples of `SHELL_SPACING`, made smooth at the
    origin and orthonormal in space (symmetrically, so that each stays about its shell).

    Args:
        waves: (K, 3) 1/Å.
        n_shells: S.

    Returns:
        (K, S, 16), the harmonics in the order of `harmonics`.
    """
    lengths = np.linalg.norm(waves, axis=1)
    longest = float(lengths.max())
    grid = np.linspace(0.0, longest, 300)[1:]  # of |k|
    distances = np.linspace(0.0, n_shells * SHELL_SPACING + 4.0, 400)
    centres = SHELL_SPACING * np.arange(n_shells)
    gaussians = np.exp(-((distances - centres[:, None]) ** 2) / (2 * SHELL_WIDTH**2))
    angular = harmonics(waves / lengths[:, None])
    parts = []
    for degree in range(4):
        smooth = (distances**2 / (distances**2 + 0.25)) ** (degree / 2)
        weighted = (gaussians * smooth * distances**2 * distances[1]).T  # (r, S)
        window = _window(grid, longest)[:, None]
        sampled = spherical_jn(degree, grid[:, None] * distances) @ weighted * window
        overlap = (sampled * grid[:, None] ** 2).T @ sampled * grid[0] * 2 / math.pi
        values, axes = np.linalg.eigh(overlap)
        values = np.maximum(values, LEAST_OVERLAP * values.max())
        whitened = weighted @ (axes / np.sqrt(values)) @ axes.T
        radial = spherical_jn(degree, lengths[:, None] * distances) @ whitened  # (K, S)
        radial = radial * _window(lengths, longest)[:, None]
        part = angular[:, degree**2 : (degree + 1) ** 2]
        parts.append(4 * math.pi * radial[:, :, None] * part[:, None, :])
    return np.concatenate(parts, axis=2)


def _window(lengths: FloatArray, longest: float) -> FloatArray:
    """One, then a cosine that falls to zero at the longest wave vectors, against ringing."""
    share = np.clip((lengths / longest - WINDOW) / (1 - WINDOW), 0, 1)
    return np.asarray(np.cos(0.5 * math.pi * share))


def harmonics(directions: FloatArray) -> FloatArray:
    """Real spherical harmonics up to l = 3, orthonormal on the sphere.

    Args:
        directions: (..., 3) of unit length.

    Returns:
        (..., 16): 1; x, y, z; xy, yz, 3zz - 1, xz, xx - yy; and the seven of l = 3.
    """
    x, y, z = np.moveaxis(directions, -1, 0)
    one = np.ones_like(x)
    factor = np.sqrt(np.array([1, 3, 15, 5 / 4, 15 / 4, 35 / 8, 105, 21 / 8, 7 / 4, 105 / 4]))
    c = factor / math.sqrt(4 * math.pi)
    columns = (
        c[0] * one,
        *(c[1] * each for each in (x, y, z)),
        c[2] * x * y,
        c[2] * y * z,
        c[3] * (3 * z * z - 1),
        c[2] * x * z,
        c[4] * (x * x - y * y),
        c[5] * y * (3 * x * x - y * y),
        c[6] * x * y * z,
        c[7] * y * (5 * z * z - 1),
        c[8] * z * (5 * z * z - 3),
        c[7] * x * (5 * z * z - 1),
        c[9] * z * (x * x - y * y),
        c[5] * x * (x * x - 3 * y * y),
    )
    return np.stack(columns, axis=-1)

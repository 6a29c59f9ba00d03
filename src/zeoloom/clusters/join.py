"""Joining: a central cluster and its four neighbours, one after the other or all at once.

`join_sequentially` is the poster's way. `join_together` denoises one cloud over the union of the
five spheres: at every level each sphere's view of its own points is denoised by the same network,
and where spheres overlap their answers are averaged, those from nearer the middle of a sphere
counting more. Nothing is
frozen: the centres, too, follow the atoms that form on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.clusters.atoms import merge_points
from zeoloom.clusters.sample import CLUSTER_SIGMA_MAX, CLUSTER_SIGMA_MIN, fill_ball
from zeoloom.diffusion.denoiser import denoiser
from zeoloom.diffusion.noise import noise_levels, standard_noise
from zeoloom.geometry.rotation import random_orthogonal
from zeoloom.geometry.space import OpenSpace
from zeoloom.nets.bonding import BOND_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from zeoloom.clusters.sample import ClusterNetwork
    from zeoloom.diffusion.denoiser import Denoise
    from zeoloom.diffusion.samplers import Sampler

CENTRES_FOLLOW_BELOW = 1.0
"""Å. Above this noise level points have not gathered into atoms that a centre could follow."""

CENTRE_REACH = 0.7
"""Å, width of the Gaussian with which a centre looks for its atom."""

CENTRE_JITTER = 0.4
"""Å, by which neighbour centres start off an ideal tetrahedron."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Clouds over a union of spheres.

    Attributes:
        x: (B, N, 3) Å.
        centres: (B, c, 3) Å, centres of the spheres.
        sigma: Å, the level the points are at.
    """

    x: Tensor
    centres: Tensor
    sigma: float


def tetrahedral_centres(n: int, n_clusters: int, generator: torch.Generator) -> Tensor:
    """The origin and up to four centres about it, a bond away in directions near a tetrahedron's.

    Args:
        n: sets of centres.
        n_clusters: 1 to 5, the central one counted.
        generator: source of randomness, on the CPU.

    Returns:
        (n, n_clusters, 3) Å.
    """
    corners = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / math.sqrt(3)
    corners = BOND_LENGTH * corners[: n_clusters - 1] @ random_orthogonal(n, generator)
    corners = corners + CENTRE_JITTER * torch.randn(corners.shape, generator=generator)
    return torch.cat((torch.zeros(n, 1, 3), corners), dim=1)


def union_denoiser(
    network: ClusterNetwork, centres: Tensor, clean: Tensor, radius: float
) -> Denoise:
    """D over a union of spheres, from a network that knows one sphere.

    Args:
        network: displacements of a cluster's points about its centre.
        centres: (B, c, 3) Å.
        clean: (B, N, 3) Å, about where the points will come to rest; says which spheres they belong
            to.
        radius: Å, of the spheres.
    """
    apart = (clean[:, None] - centres[:, :, None]).norm(dim=-1)  # (B, c, N)
    nearest = apart.amin(dim=1, keepdim=True)
    inside = (apart <= radius) | (apart == nearest)
    # what the middle of a sphere says counts, what its rim says hardly does
    weight = torch.where(inside, ((1 - (apart / radius) ** 2).clamp(min=0) ** 2) + 1e-4, 0.0)
    order = torch.argsort(inside.to(torch.int8), dim=-1, descending=True, stable=True)
    order = order[..., : int(inside.sum(-1).max())]  # (B, c, M): the points of each sphere first
    batch, n_centres, n_members = order.shape
    present = torch.gather(inside, 2, order).reshape(batch * n_centres, n_members)
    weight = torch.gather(weight, 2, order)[..., None]  # (B, c, M, 1), zero for padding
    space = OpenSpace(None if bool(present.all()) else present)
    denoise_sphere = denoiser(lambda points, sigma: network(points, sigma, space))

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        index = order[..., None].expand(-1, -1, -1, 3)
        views = torch.gather(x[:, None].expand(-1, n_centres, -1, -1), 2, index)
        local = (views - centres[:, :, None]).reshape(batch * n_centres, n_members, 3)
        answers = denoise_sphere(local, sigma.repeat_interleave(n_centres))
        answers = answers.reshape(batch, n_centres, n_members, 3) + centres[:, :, None]
        rows = index.reshape(batch, -1, 3)
        total = torch.zeros_like(x).scatter_add_(1, rows, (weight * answers).reshape(batch, -1, 3))
        weights = torch.zeros_like(x).scatter_add_(
            1, rows, weight.expand(-1, -1, -1, 3).reshape(batch, -1, 3)
        )
        return total / weights

    return denoise


def join_together(
    network: ClusterNetwork,
    sampler: Sampler,
    centres: Tensor,
    points_per_sphere: int,
    *,
    radius: float,
    steps: int,
    generator: torch.Generator,
    device: torch.device,
) -> Iterator[Joined]:
    """All clusters at once, nothing frozen.

    Args:
        network: of single clusters.
        sampler: which way down.
        centres: (B, c, 3) Å, where the spheres start.
        points_per_sphere: points a single sphere would get; the union gets as many per volume.
        radius: Å, of the spheres.
        steps: noise levels.
        generator: source of randomness, on the CPU.
        device: where to compute.

    Yields:
        The clouds and their centres after every step.
    """
    clean = _fill_union(centres, points_per_sphere, radius, generator)
    x = (clean + CLUSTER_SIGMA_MAX * standard_noise(clean, generator)).to(device)
    clean, centres = clean.to(device), centres.to(device)
    levels = noise_levels(steps, CLUSTER_SIGMA_MAX, CLUSTER_SIGMA_MIN)
    with torch.no_grad():
        for level, following in pairwise(levels):
            denoise = union_denoiser(network, centres, clean, radius)
            for step in sampler(denoise, x, [level, following], generator):
                x, clean = step.x, step.denoised
            if level < CENTRES_FOLLOW_BELOW:
                centres = _follow(centres, clean)
            yield Joined(x, centres, following)


def _fill_union(
    centres: Tensor, points_per_sphere: int, radius: float, generator: torch.Generator
) -> Tensor:
    """(B, N, 3) Å, points spread evenly over the union of spheres, as dense as asked."""
    reach = radius + float(centres.norm(dim=-1).max())
    crowd = math.ceil(4 * points_per_sphere * (reach / radius) ** 3)
    points = fill_ball(len(centres), crowd, reach, generator)
    inside = ((points[:, :, None] - centres[:, None]).norm(dim=-1) <= radius).any(dim=-1)
    # the share of the ball that the union fills gives its volume, and so its number of points
    share = float(inside.double().mean())
    wanted = round(points_per_sphere * share * (reach / radius) ** 3)
    first = torch.argsort(inside.to(torch.int8), dim=1, descending=True, stable=True)[:, :wanted]
    return torch.gather(points, 1, first[..., None].expand(-1, -1, 3))


def _follow(centres: Tensor, clean: Tensor) -> Tensor:
    """Each centre but the first moves to the mean of the points about it."""
    squared = (clean[:, None] - centres[:, :, None]).square().sum(-1)  # (B, c, N)
    pull = torch.exp(-squared / (2 * CENTRE_REACH**2))
    means = (pull[..., None] * clean[:, None]).sum(2) / (pull.sum(2)[..., None] + 1e-6)
    moved = torch.where(pull.sum(2)[..., None] > 0.1, means, centres)
    return torch.cat((centres[:, :1], moved[:, 1:]), dim=1)


def join_sequentially(
    network: ClusterNetwork,
    sampler: Sampler,
    central: Tensor,
    n_clusters: int,
    n_points: int,
    *,
    radius: float,
    steps: int,
    generator: torch.Generator,
) -> Iterator[Joined]:
    """The poster's way: clusters about the neighbours of a central one, one after another.

    Each is denoised with the central cluster's points mixed in at the running noise level: they are
    seen, and not moved. The clusters do not see one another.

    Args:
        network: of single clusters.
        sampler: which way down.
        central: (B, N, 3) Å, finished clouds about the origin.
        n_clusters: 1 to 5, the central one counted.
        n_points: points of each further cluster.
        radius: Å.
        steps: noise levels.
        generator: source of randomness, on the CPU.

    Yields:
        The state after every step of every cluster: all points so far.
    """
    centres = _neighbour_centres(central, n_clusters)
    levels = noise_levels(steps, CLUSTER_SIGMA_MAX, CLUSTER_SIGMA_MIN)
    x = central
    yield Joined(x, centres[:, :1], 0.0)
    for k in range(1, n_clusters):
        context = central - centres[:, k : k + 1]
        seen = context.norm(dim=-1) <= radius
        start = fill_ball(len(central), n_points, radius, generator)
        start = (start + CLUSTER_SIGMA_MAX * standard_noise(start, generator)).to(central)
        denoise = _denoiser_beside(network, context, seen, n_points, generator)
        with torch.no_grad():
            for step in sampler(denoise, start, levels, generator):
                placed = step.x + centres[:, k : k + 1]
                yield Joined(torch.cat((x, placed), dim=1), centres[:, : k + 1], step.sigma)
        x = torch.cat((x, placed), dim=1)


def _denoiser_beside(
    network: ClusterNetwork,
    context: Tensor,
    seen: Tensor,
    n_points: int,
    generator: torch.Generator,
) -> Denoise:
    """D of free points mixed with context points (B, M, 3) that are noised along and not moved."""
    free = torch.ones(len(context), n_points, dtype=torch.bool, device=context.device)
    space = OpenSpace(torch.cat((free, seen), dim=1))

    def displacements(points: Tensor, sigma: Tensor) -> Tensor:
        noisy = context + sigma[:, None, None] * standard_noise(context, generator)
        moved: Tensor = network(torch.cat((points, noisy), dim=1), sigma, space)
        return moved[:, :n_points]

    return denoiser(displacements)


def _neighbour_centres(central: Tensor, n_clusters: int) -> Tensor:
    """(B, n_clusters, 3) Å: the origin, then the atoms nearest to the central one."""
    centres = np.zeros((len(central), n_clusters, 3))
    for i, points in enumerate(central.cpu().numpy()):
        cart_t = merge_points(points).cart_t
        cart_t = cart_t[np.argsort(np.linalg.norm(cart_t, axis=1))]
        others = cart_t[1:n_clusters]
        centres[i, 1 : 1 + len(others)] = others
    return torch.from_numpy(centres).to(central)

"""Making clusters, joining them and repairing them, with networks whose answer is known."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from view_examples import diamond_cluster
from zeoloom.clusters.atoms import merge_points
from zeoloom.clusters.cut import cut_clusters
from zeoloom.clusters.join import (
    join_sequentially,
    join_together,
    tetrahedral_centres,
    union_denoiser,
)
from zeoloom.clusters.repair import RepairPlan, begin_repair, find_faults, repair
from zeoloom.clusters.sample import (
    CLUSTER_SIGMA_MAX,
    SITES,
    denoise_clusters,
    fill_ball,
    open_denoiser,
    starting_sites,
)
from zeoloom.diffusion.denoiser import output_scale
from zeoloom.diffusion.samplers import ancestral, euler, final
from zeoloom.learn.config import TrainingConfig
from zeoloom.nets.bonding import SHORT_BOND
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from torch import Tensor

    from zeoloom.geometry.space import Space

CPU = torch.device("cpu")
NOISY = functools.partial(ancestral, noise_factor=0.9)


class Knows(nn.Module):
    """A network that moves every point to the nearest of some atoms about the centre."""

    def __init__(self, cart_t: np.ndarray) -> None:
        super().__init__()
        self.cart_t = nn.Parameter(torch.from_numpy(cart_t).float(), requires_grad=False)

    def forward(self, points: Tensor, sigma: Tensor, space: Space) -> Tensor:  # noqa: ARG002
        nearest = torch.cdist(points, self.cart_t.expand(len(points), -1, -1)).argmin(-1)
        return (self.cart_t[nearest] - points) / output_scale(sigma)


class Shifts(nn.Module):
    """A network that moves every point to the centre, and counts the points."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))
        self.seen: list[int] = []

    def forward(self, points: Tensor, sigma: Tensor, space: Space) -> Tensor:
        present = points.shape[1] if space.present is None else int(space.present.sum(1).max())
        self.seen.append(present)
        return -points / output_scale(sigma)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cluster(code: str = "CHA") -> np.ndarray:
    return cut_clusters([load_reference()[code]], 7.0, "unique")[0].cart_t


def cloud_of(cart_t: np.ndarray, n: int, seed: int = 0) -> Tensor:
    """(1, n, 3): every atom once, then atoms at random."""
    owner = np.concatenate(
        [np.arange(len(cart_t)), np.random.default_rng(seed).integers(0, len(cart_t), n)]
    )[:n]
    return torch.from_numpy(cart_t[owner]).float()[None]


def test_clusters_come_out_of_noise() -> None:
    cart_t = cluster()
    steps = denoise_clusters(
        open_denoiser(Knows(cart_t)),
        euler,
        4,
        200,
        radius=7.0,
        steps=12,
        generator=seeded(),
        device=CPU,
    )
    for cloud in final(steps).numpy():
        atoms = merge_points(cloud)
        apart = np.linalg.norm(atoms.cart_t[:, None] - cart_t[None], axis=-1).min(axis=1)
        assert apart.max() < 0.02
        assert len(atoms.cart_t) > 0.8 * len(cart_t)


def test_a_ball_is_filled_evenly() -> None:
    points = fill_ball(4, 5000, 7.0, seeded())
    shells = (points.norm(dim=-1) / 7.0) ** 3  # uniform if space is filled evenly
    assert float(shells.max()) <= 1.0 + 1e-6
    assert abs(float(shells.mean()) - 0.5) < 0.01
    assert float(points.mean(dim=(0, 1)).norm()) < 0.1


def test_no_faults_in_real_clusters_and_faults_where_they_are_made() -> None:
    cart_t = diamond_cluster()
    centre = np.zeros((1, 3))
    assert find_faults(cart_t, centre, 4.0).cost == 0
    assert find_faults(cluster(), centre, 4.0).cost == 0
    without_neighbour = np.delete(cart_t, 1, axis=0)
    missing = find_faults(without_neighbour, centre, 4.0)
    assert missing.cost >= 1
    assert np.linalg.norm(missing.cart_faults, axis=1).min() < 1e-9  # the central atom has three
    holes = missing.cart_holes[np.isfinite(missing.cart_holes).all(axis=1)]
    assert np.linalg.norm(holes - cart_t[1], axis=1).min() < 1e-6
    without_centre = find_faults(np.delete(cart_t, 0, axis=0), centre, 4.0)
    assert without_centre.cost >= 4
    assert (without_centre.cart_holes == 0).all(axis=1).any()
    too_close = find_faults(np.vstack([cart_t, cart_t[0] + [1.6, 0, 0]]), centre, 4.0)
    assert too_close.crowded.any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.long
def test_repair_mends_and_leaves_what_is_right(seed: int) -> None:
    cart_t = cluster("FAU")
    rng = np.random.default_rng(seed)
    right = cloud_of(cart_t, 60, seed)
    wrong = right.clone()
    near = torch.nonzero(right[0].norm(dim=-1) < 3.5)[:, 0]
    wrong[0, near] += torch.from_numpy(rng.normal(0, 0.8, (len(near), 3))).float()
    plan = RepairPlan(rounds=30, reaches=(4.0,))
    begun = begin_repair(wrong, torch.zeros(1, 1, 3), plan)
    assert begun.best_cost[0] > 0, f"seed {seed}"
    costs = [begun.best_cost[0]]
    for population in repair(Knows(cart_t), NOISY, begun, plan, seeded(seed), CPU):
        costs.append(population.best_cost[0])
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == 0, f"seed {seed}: {costs}"
    assert population.passes[0] == plan.steps * (len(costs) - 1)
    far = right[0].norm(dim=-1) > 3.5 + 4.0 + 1.0
    torch.testing.assert_close(population.best[0][far], wrong[0][far])


def test_repair_of_the_faultless_does_nothing() -> None:
    plan = RepairPlan(rounds=5)
    begun = begin_repair(cloud_of(cluster(), 60), torch.zeros(1, 1, 3), plan)
    assert list(repair(Knows(cluster()), NOISY, begun, plan, seeded(), CPU)) == []


def test_centres_are_a_bond_apart() -> None:
    centres = tetrahedral_centres(2000, 5, seeded())
    assert centres.shape == (2000, 5, 3)
    assert not centres[:, 0].any()
    lengths = centres[:, 1:].norm(dim=-1)
    assert abs(float(lengths.mean()) - 3.1) < 0.1
    unit = centres[:, 1:] / lengths[..., None]
    cosines = (unit[:, 0] * unit[:, 1]).sum(-1)
    assert abs(float(cosines.mean()) + 1 / 3) < 0.03


def test_one_sphere_alone_is_the_open_denoiser() -> None:
    network = Knows(cluster())
    x = fill_ball(3, 40, 6.5, seeded())
    sigma = torch.full((3,), 0.5)
    union = union_denoiser(network, torch.zeros(3, 1, 3), x, 7.0)
    torch.testing.assert_close(union(x, sigma), open_denoiser(network)(x, sigma))


def test_spheres_answer_for_their_own_points() -> None:
    centres = torch.tensor([[[0.0, 0, 0], [9.0, 0, 0]]])
    clean = torch.tensor([[[-5.0, 0, 0], [14.0, 0, 0], [4.5, 0, 0], [40.0, 0, 0]]])
    network = Shifts()  # every sphere says: to my centre
    answers = union_denoiser(network, centres, clean, 7.0)(clean, torch.tensor([0.5]))[0, :, 0]
    # in the first sphere alone, in the second alone, half-way, outside but nearest to the second
    torch.testing.assert_close(answers, torch.tensor([0.0, 9.0, 4.5, 9.0]))
    assert network.seen == [3]  # the second sphere has three points, the first two and padding


def test_joined_together_over_the_union() -> None:
    centres = tetrahedral_centres(3, 5, seeded())
    *_, joined = join_together(
        Knows(np.zeros((1, 3))),  # every centre gathers its points
        euler,
        centres,
        48,
        radius=7.0,
        steps=10,
        generator=seeded(1),
        device=CPU,
    )
    assert joined.sigma == 0.0
    assert 48 < joined.x.shape[1] < 5 * 48  # as many per volume, and spheres overlap
    assert torch.isfinite(joined.x).all()
    assert not joined.centres[:, 0].any()


def test_joined_sequentially_respects_the_centre() -> None:
    cart_t = cluster()
    central = cloud_of(cart_t, 48).repeat(2, 1, 1)
    network = Shifts()
    *_, joined = join_sequentially(
        network, euler, central, 5, 30, radius=7.0, steps=4, generator=seeded()
    )
    assert joined.x.shape == (2, 48 + 4 * 30, 3)
    torch.testing.assert_close(joined.x[:, :48], central)  # not moved
    assert min(network.seen) > 30  # but seen
    # the centres are the four neighbours, and the new points gathered on them
    neighbours = np.linalg.norm(joined.centres[0, 1:].numpy(), axis=1)
    assert ((neighbours > SHORT_BOND) & (neighbours < 3.3)).all()
    new = joined.x[0, 48:].reshape(4, 30, 3)
    torch.testing.assert_close(new, joined.centres[0, 1:, None].expand(4, 30, 3), atol=1e-4, rtol=0)


def test_many_points_start_from_few_places() -> None:
    few, many = TrainingConfig(), TrainingConfig(many_points=512)
    assert [starting_sites(few, n) for n in (48, 1024)] == [48, 1024]
    assert [starting_sites(many, n) for n in (48, 60, 61, 1024)] == [48, 60, SITES, SITES]


def test_clouds_from_few_places_are_spread_as_those_of_atoms() -> None:
    """Sums over a cloud vary as those over so many atoms drawn in a ball, whatever the points."""
    n_sites, n_points, n = 24, 600, 500
    still = denoise_clusters(
        lambda x, _: x,
        euler,
        n,
        n_points,
        radius=7.0,
        steps=2,
        generator=seeded(),
        device=CPU,
        sites=n_sites,
    )
    means = final(still).mean(dim=1)  # (n, 3)
    variance = 7.0**2 / 5 / n_sites + CLUSTER_SIGMA_MAX**2 / n_points
    assert float(means.square().mean()) == pytest.approx(variance, rel=0.1)

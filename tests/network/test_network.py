"""The networks: symmetries, locality, smoothness, and the message formula edge by edge."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from crystal_examples import group_of, random_cell
from zeoloom.geometry.crystal import crystal_batch
from zeoloom.geometry.rotation import random_orthogonal
from zeoloom.geometry.space import DIRECTION_SOFTENING, OpenSpace, PairSums
from zeoloom.network import (
    EquivariantConfig,
    NetworkConfig,
    PlainPointNetConfig,
    PointNetConfig,
    build_network,
)

SMALL = EquivariantConfig(
    width=12,
    vector_width=6,
    message_width=7,
    vector_message_width=5,
    layers=2,
    n_radial=6,
    cutoff=5.0,
    expected_neighbours=4.0,
    centre_radial=8,
)
SMALL_POINTNET = PointNetConfig(latent=120, shells=3, stages=2, width=12, depth=2)
SMALL_PLAIN = PlainPointNetConfig(latent=8, encoder=(10, 12), decoder=(9, 11))

SEEDS = st.integers(0, 2**32 - 1)
ALL = pytest.mark.parametrize("config", [SMALL, SMALL_POINTNET, SMALL_PLAIN], ids=lambda c: c.name)
few = settings(max_examples=15, deadline=None)


@dataclass(frozen=True)
class Anywhere(OpenSpace):
    """Open space in which no place is special."""

    def from_centre(self, cart_points: Tensor) -> None:  # type: ignore[override]  # noqa: ARG002
        return None


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def stirred(config: NetworkConfig, seed: int) -> nn.Module:
    """A network in double precision whose every weight does something, zero at first or not."""
    generator = seeded(seed)
    network = build_network(config, generator).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return network


def random_clouds(seed: int, batch: int = 2, n: int = 9) -> tuple[Tensor, Tensor]:
    """Clouds crowded enough for everyone to have neighbours, and noise levels."""
    generator = seeded(seed)
    points = 2.5 * torch.randn(batch, n, 3, generator=generator, dtype=torch.float64)
    return points, 0.1 + 2 * torch.rand(batch, generator=generator, dtype=torch.float64)


def assert_same(found: Tensor, expected: Tensor, what: str = "", atol: float = 1e-9) -> None:
    """Alike, and not because there is nothing."""
    assert expected.abs().max() > 1e-3, "nothing to compare"
    torch.testing.assert_close(found, expected, atol=atol, rtol=atol, msg=lambda m: f"{what}\n{m}")


# symmetries


@given(SEEDS)
@few
def test_displacements_turn_and_reflect_with_the_cloud(seed: int) -> None:
    network, (points, sigma) = stirred(SMALL, seed), random_clouds(seed)
    turn, _ = torch.linalg.qr(torch.randn(2, 3, 3, generator=seeded(seed), dtype=torch.float64))
    turn[0] *= torch.linalg.det(turn[0]).sign()  # a rotation
    turn[1] *= -torch.linalg.det(turn[1]).sign()  # with a reflection
    before, after = (network(p, sigma, OpenSpace()) for p in (points, points @ turn))
    assert_same(after, before @ turn, f"turned by {turn.tolist()}")


@ALL
@given(seed=SEEDS)
@few
@pytest.mark.long
def test_order_of_points_and_clouds_does_not_matter(config: NetworkConfig, seed: int) -> None:
    network, (points, sigma) = stirred(config, seed), random_clouds(seed, batch=3)
    order = torch.randperm(points.shape[1], generator=seeded(seed))
    before = network(points, sigma, OpenSpace())
    assert before.shape == points.shape
    assert_same(network(points[:, order], sigma, OpenSpace()), before[:, order])
    assert_same(network(points.flip(0), sigma.flip(0), OpenSpace()), before.flip(0))
    assert_same(network(points[:1], sigma[:1], OpenSpace()), before[:1], "a cloud by itself")


@given(SEEDS)
@few
def test_only_the_centre_makes_a_place_special(seed: int) -> None:
    network, (points, sigma) = stirred(SMALL, seed), random_clouds(seed)
    moved = points + 3 * torch.randn(2, 1, 3, generator=seeded(seed), dtype=torch.float64)
    assert_same(network(moved, sigma, Anywhere()), network(points, sigma, Anywhere()))
    centred = network(moved, sigma, OpenSpace()) - network(points, sigma, OpenSpace())
    assert centred.abs().max() > 1e-3


@ALL
@given(seed=SEEDS)
@few
@pytest.mark.long
def test_padding_changes_nothing(config: NetworkConfig, seed: int) -> None:
    network, (points, sigma) = stirred(config, seed), random_clouds(seed)
    generator = seeded(seed)
    scales = torch.tensor([0.1, 1.0, 10.0, 100.0], dtype=torch.float64)[:, None]
    garbage = scales * torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    order = torch.randperm(points.shape[1] + 4, generator=generator)
    padded = torch.cat((points, garbage), dim=1)[:, order]
    present = (order < points.shape[1]).expand(2, -1)
    before = network(points, sigma, OpenSpace())[:, order[present[0]]]
    assert_same(network(padded, sigma, OpenSpace(present))[:, present[0]], before)
    seen = network(padded, sigma, OpenSpace())[:, present[0]]
    assert (seen - before).abs().max() > 1e-6, "the padding would not have mattered"


@ALL
def test_noise_level_matters(config: NetworkConfig) -> None:
    network, (points, _) = stirred(config, 1), random_clouds(1)
    answers = [
        network(points, torch.full((2,), s, dtype=torch.float64), OpenSpace())
        for s in (0.03, 0.3, 3)
    ]
    assert (answers[0] - answers[1]).abs().max() > 1e-3
    assert (answers[1] - answers[2]).abs().max() > 1e-3


# reach and smoothness


def test_a_round_reaches_no_further_than_the_cutoff() -> None:
    # a chain 4 Å apart, cutoff 5 Å, two rounds: points 0 and 2 meet, 0 and 3 do not
    network = stirred(SMALL, 2)
    chain = torch.tensor([[[4.0 * i, 0.3 * i * i, 0.1 * i] for i in range(4)]]).double()
    sigma = torch.tensor([0.5], dtype=torch.float64)
    before = network(chain, sigma, Anywhere())[0, 0].detach()
    changes = []
    for moved in (2, 3):
        other = chain.clone()
        other[0, moved, 2] += 0.2
        after = network(other, sigma, Anywhere())[0, 0].detach()
        changes.append(float((after - before).abs().max()))
    assert changes[0] > 1e-6
    assert changes[1] == 0.0


def test_smooth_where_a_point_comes_into_reach() -> None:
    network, cutoff = stirred(SMALL, 3), SMALL.cutoff
    sigma = torch.tensor([0.5], dtype=torch.float64)

    def displacement_and_slope(distance: float) -> tuple[Tensor, Tensor]:
        def at(d: Tensor) -> Tensor:
            zero = torch.zeros_like(d)
            points = torch.stack([zero, zero, zero, zero, 1 + zero, zero, d, zero, zero])
            return network(points.reshape(1, 3, 3), sigma, Anywhere())[0]

        there = torch.tensor(distance, dtype=torch.float64)
        return at(there), torch.autograd.functional.jacobian(at, there)

    inside, outside = (displacement_and_slope(cutoff + step) for step in (-1e-8, 1e-8))
    assert inside[0].abs().max() > 1e-3
    torch.testing.assert_close(inside[0], outside[0], atol=1e-8, rtol=0)
    torch.testing.assert_close(inside[1], outside[1], atol=1e-4, rtol=0)
    assert outside[1][0].abs().max() == 0.0
    assert displacement_and_slope(cutoff - 0.5)[1][0].abs().max() > 1e-3


@ALL
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_points_that_coincide_do_no_harm(config: NetworkConfig, dtype: torch.dtype) -> None:
    network = stirred(config, 4).to(dtype)
    points, sigma = (t.to(dtype) for t in random_clouds(4))
    clouds = {
        "pairs": points.repeat(1, 2, 1),
        "one at the centre": points - points[:, :1],
        "all in one place": torch.ones_like(points),
        "all at the centre": torch.zeros_like(points),
    }
    for what, cloud in clouds.items():
        cloud.requires_grad_()
        moved = network(cloud, sigma, OpenSpace())
        assert moved.isfinite().all(), what
        slopes = torch.autograd.grad(moved.square().sum(), [cloud, *network.parameters()])
        assert all(slope.isfinite().all() for slope in slopes), what
        if dtype == torch.float64 and what != "all at the centre":  # a steep place, vectors vanish
            nudge = 1e-9 * torch.randn(cloud.shape, generator=seeded(5), dtype=dtype)
            nudged = network(cloud.detach() + nudge, sigma, OpenSpace())
            torch.testing.assert_close(nudged, moved.detach(), atol=1e-5, rtol=0, msg=what)


# sums over pairs and messages, edge by edge


def edges_by_hand(points: np.ndarray, k: int, cutoff: float) -> tuple[np.ndarray, np.ndarray]:
    """f_k(d_ij) (N, K, N) and softened directions (N, N, 3), one pair at a time."""
    n = len(points)
    functions, directions = np.zeros((n, k, n)), np.zeros((n, n, 3))
    for i in range(n):
        for j in range(n):
            edge = points[j] - points[i]
            d = math.dist(points[i], points[j])
            directions[i, j] = edge / math.hypot(d, DIRECTION_SOFTENING)
            if i == j or d >= cutoff:
                continue
            for order in range(k):
                wave = math.cos(order * math.pi * d / cutoff)
                functions[i, order, j] = wave * (1 + math.cos(math.pi * d / cutoff)) / 2
    return functions, directions


def test_pair_sums_against_a_loop_over_pairs() -> None:
    points, _ = random_clouds(5, batch=2, n=8)
    points[1, 3] = points[1, 4]
    sums = OpenSpace().pair_sums(points, 7, 4.5)
    assert sums.rotation is None
    for b in range(2):
        functions, directions = edges_by_hand(points[b].numpy(), 7, 4.5)
        assert (functions[:, 0] == 0).any(axis=1).all(), "every point misses some"
        along = np.einsum("ikj,ijc->cikj", functions, directions)
        np.testing.assert_allclose(sums.scalar[b], functions, atol=1e-12)
        np.testing.assert_allclose(sums.vector[b], along, atol=1e-12)
        np.testing.assert_allclose(
            sums.vector_by_sender[b], along.transpose(1, 2, 0, 3), atol=1e-12
        )


def test_pair_sums_change_precision_together() -> None:
    points, _ = random_clouds(6)
    sums = OpenSpace().pair_sums(points, 3, 5.0)
    rotation = torch.eye(3, dtype=torch.float64)
    both = PairSums(sums.scalar, sums.vector, sums.vector_by_sender, rotation).to(torch.float32)
    parts = (both.scalar, both.vector, both.vector_by_sender, both.rotation)
    assert [part.dtype for part in parts if part is not None] == [torch.float32] * 4
    assert sums.to(torch.float32).rotation is None


def test_messages_against_the_table() -> None:
    layer = stirred(SMALL, 7).layers[0]  # type: ignore[index]
    points, _ = random_clouds(7, batch=2, n=6)
    generator = seeded(8)
    scalars = torch.randn(2, 6, SMALL.width, generator=generator, dtype=torch.float64)
    vectors = torch.randn(2, 3, 6, SMALL.vector_width, generator=generator, dtype=torch.float64)
    pairs = OpenSpace().pair_sums(points, SMALL.n_radial, SMALL.cutoff)
    to_scalars, to_vectors = layer._messages(scalars, vectors, pairs)

    def weights(linear: nn.Linear) -> np.ndarray:
        """(out, K, in) for a layer that reads radial functions times channels."""
        w = linear.weight.detach().numpy()
        return w.reshape(len(w), SMALL.n_radial, -1)

    w = {
        name: weights(getattr(layer, f"receive_{name}"))
        for name in ("what", "where", "carried", "facing")
    }
    for b in range(2):
        functions, directions = edges_by_hand(points[b].numpy(), SMALL.n_radial, SMALL.cutoff)
        for i in range(6):
            expected_scalars = layer.receive_what.bias.detach().numpy().copy()
            expected_vectors = np.zeros((3, SMALL.vector_width))
            for j in range(6):
                what = layer.send_what(scalars[b, j]).detach().numpy()
                where = layer.send_where(scalars[b, j]).detach().numpy()
                facing = layer.send_facing(vectors[b, :, j]).detach().numpy()  # (3, M)
                carried = layer.send_carried(vectors[b, :, j]).detach().numpy()
                f, r = functions[i, :, j], directions[i, j]
                expected_scalars += np.einsum("okm,k,m->o", w["what"], f, what)
                expected_scalars += np.einsum("okm,k,cm,c->o", w["facing"], f, facing, r)
                expected_vectors += np.einsum("okm,k,m,c->co", w["where"], f, where, r)
                expected_vectors += np.einsum("okm,k,cm->co", w["carried"], f, carried)
            np.testing.assert_allclose(to_scalars[b, i].detach(), expected_scalars, atol=1e-10)
            np.testing.assert_allclose(to_vectors[b, :, i].detach(), expected_vectors, atol=1e-10)


# compiled


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_compiled_rounds_are_the_same(dtype: torch.dtype) -> None:
    """In open space with padding and in crystals; the points given are left as they are."""
    tolerance = 1e-9 if dtype == torch.float64 else 2e-4
    for seed in range(4):
        network = stirred(SMALL, seed).to(dtype)
        points, sigma = (each.to(dtype) for each in random_clouds(seed, batch=3, n=8))
        present = torch.arange(8) < torch.tensor([8, 1, 5])[:, None]
        halls = np.random.default_rng(seed).integers(1, 531, 3)
        groups = [group_of(int(hall)) for hall in halls]
        cells = [random_cell(group, (5.0, 9.0), np.random.default_rng(seed)) for group in groups]
        crystal = crystal_batch(cells, groups, dtype=dtype)
        for space in (OpenSpace(present), replace(crystal, present=present)):
            wanted, before = network(points, sigma, space), points.clone()
            for quickly in (torch.no_grad(), torch.inference_mode()):
                with quickly:
                    found = network(points, sigma, space)
                assert found.dtype == dtype
                assert_same(found[present], wanted[present], f"seed {seed}", atol=tolerance)
            assert torch.equal(points, before)


# building


@ALL
def test_built_alike_from_the_same_generator(config: NetworkConfig) -> None:
    torch.manual_seed(9)
    global_state = torch.get_rng_state()
    one, same, other = (build_network(config, seeded(seed)) for seed in (1, 1, 2))
    build_network(config)
    assert torch.equal(torch.get_rng_state(), global_state), "the global generator was touched"
    for (name, a), b in zip(one.named_parameters(), same.parameters(), strict=True):
        assert torch.equal(a, b), name
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    assert sum(not torch.equal(a, b) for a, b in pairs) > 5
    generator = seeded(3)
    one, other = build_network(config, generator), build_network(config, generator)
    first = [next(network.parameters()) for network in (one, other)]
    assert not torch.equal(*first), "the generator moves on"


@ALL
def test_half_precision_is_close(config: NetworkConfig) -> None:
    network = stirred(config, 10).float()
    points, sigma = (t.float() for t in random_clouds(10, batch=4, n=30))
    exact = network(points, sigma, OpenSpace())
    with torch.autocast("cpu", torch.bfloat16):
        rough = network(points, sigma, OpenSpace()).float()
    assert not torch.equal(rough, exact)
    assert float(((rough - exact).norm() / exact.norm()).detach()) < 0.03


def test_random_turns_are_uniform() -> None:
    turns = random_orthogonal(20_000, seeded(11)).double()
    identity = torch.eye(3, dtype=torch.float64).expand_as(turns)
    torch.testing.assert_close(turns @ turns.mT, identity, atol=1e-5, rtol=0)
    determinants = torch.linalg.det(turns)
    assert float((determinants < 0).double().mean()) == pytest.approx(0.5, abs=0.02)
    # a uniform turn takes any vector evenly over the sphere: each coordinate evenly over [-1, 1]
    for direction in torch.eye(3, dtype=torch.float64):
        for heights in (turns @ direction).T:
            assert float(heights.mean()) == pytest.approx(0, abs=0.025)
            shares = torch.histc(heights, 10, -1, 1) / len(heights)
            torch.testing.assert_close(shares, torch.full_like(shares, 0.1), atol=0.01, rtol=0)
    # and the angle of rotation has density (1 - cos) / pi: cos averages -1/2
    proper = random_orthogonal(20_000, seeded(12), reflect=False).double()
    assert (torch.linalg.det(proper) > 0).all()
    cosines = (proper.diagonal(dim1=1, dim2=2).sum(1) - 1) / 2
    assert float(cosines.mean()) == pytest.approx(-0.5, abs=0.02)

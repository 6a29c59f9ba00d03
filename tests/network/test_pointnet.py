"""The poster's network: what its latent is, how it is read, and the symmetries it has."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from torch import Tensor

from zeoloom.geometry.space import OpenSpace
from zeoloom.network import PointNetConfig, build_network
from zeoloom.network.fourier_latent import (
    ATOM_DENSITY,
    ATOMS,
    FourierLatent,
    Surroundings,
    harmonics,
    shell_transforms,
    wave_vectors,
)
from zeoloom.network.surroundings import Tensors

SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=6, deadline=None)
FULL = PointNetConfig(stages=2, width=24, depth=2)


@pytest.fixture(scope="module")
def latent() -> FourierLatent:
    """As long as by default, in double precision."""
    return FourierLatent(FULL.latent // 2, FULL.period, FULL.shells).double()


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    """Of two stages, every weight of which does something."""
    generator = torch.Generator().manual_seed(0)
    network = build_network(FULL, generator).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return network


def ball(seed: int, batch: int = 2, n: int = 30, radius: float = 7.0) -> Tensor:
    """(batch, n, 3) points evenly in a ball."""
    generator = torch.Generator().manual_seed(seed)
    direction = torch.randn(batch, n, 3, generator=generator, dtype=torch.float64)
    length = torch.rand(batch, n, 1, generator=generator, dtype=torch.float64) ** (1 / 3)
    return radius * length * direction / direction.norm(dim=-1, keepdim=True)


def levels(seed: int, batch: int = 2) -> Tensor:
    """(batch,) noise levels."""
    generator = torch.Generator().manual_seed(seed)
    return 0.05 + torch.rand(batch, generator=generator, dtype=torch.float64)


def share(error: Tensor, whole: Tensor) -> float:
    """Root mean square of an error, in those of the whole."""
    return float((error.square().mean() / whole.square().mean()).sqrt().detach())


# the latent


def test_wave_vectors_are_half_of_a_lattice() -> None:
    waves, volume = wave_vectors(1536, 20.0)
    lengths = np.linalg.norm(waves, axis=1)
    assert (np.diff(lengths) > -1e-9).all()
    assert lengths[0] > 0.3
    assert 3.0 < lengths[-1] < 3.2
    assert volume == pytest.approx(20.0**3 / math.sqrt(2))
    both = np.round(np.concatenate((waves, -waves)), 6)
    assert len(np.unique(both, axis=0)) == 2 * 1536
    # each wave has the same phase a nearest image further on
    image = 20.0 / math.sqrt(2) * np.array([0.0, 1.0, 1.0])
    np.testing.assert_allclose(np.cos(waves @ image), 1.0, atol=1e-9)


def test_the_latent_is_the_characteristic_function(latent: FourierLatent) -> None:
    points = ball(1)
    z = latent.latent(points)
    assert z.shape == (2, FULL.latent)
    waves, _ = wave_vectors(FULL.latent // 2, FULL.period)
    wanted = np.exp(1j * points[1].numpy() @ waves.T).mean(axis=0)
    np.testing.assert_allclose(z[1], np.concatenate((wanted.real, wanted.imag)), atol=1e-5)


@given(SEEDS)
@few
def test_the_latent_knows_neither_order_nor_number(latent: FourierLatent, seed: int) -> None:
    points = ball(seed)
    z = latent.latent(points)
    order = torch.randperm(points.shape[1], generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(latent.latent(points[:, order]), z, atol=1e-12, rtol=0)
    torch.testing.assert_close(latent.latent(points.repeat(1, 3, 1)), z, atol=1e-12, rtol=0)


def test_harmonics_are_orthonormal() -> None:
    heights, weights = np.polynomial.legendre.leggauss(8)
    azimuths = 2 * np.pi * np.arange(16) / 16
    flat = np.sqrt(1 - heights**2)[:, None]
    columns = (flat * np.cos(azimuths), flat * np.sin(azimuths), heights[:, None] + 0 * azimuths)
    values = harmonics(np.stack(columns, axis=-1).reshape(-1, 3))
    products = (values.T * np.repeat(weights, 16) * 2 * np.pi / 16) @ values
    np.testing.assert_allclose(products, np.eye(16), atol=1e-12)


def test_what_is_read_is_a_sum_over_the_points(latent: FourierLatent) -> None:
    """Against the functions of space that the filters are the transforms of."""
    points = ball(2, batch=1, n=12, radius=4.0)
    read = latent(points)
    found = torch.cat([read.scalars[..., None], *read[1:]], dim=2).numpy()  # (P, S, 16)
    waves, volume = wave_vectors(FULL.latent // 2, FULL.period)
    transforms = shell_transforms(waves, FULL.shells)
    powers = np.repeat([1, -1j, -1, 1j], [1, 3, 5, 7])  # (-i)^l
    for i in (0, 7):
        edges = (points[0] - points[0, i]).numpy()
        phases = np.exp(1j * edges @ waves.T).sum(axis=0)
        sums = np.einsum("k,ksm,m->sm", phases, transforms, powers).real * 2 / volume
        wanted = ATOMS / len(edges) / math.sqrt(ATOM_DENSITY) * sums
        np.testing.assert_allclose(found[i], wanted, atol=1e-4)


def test_gradients_of_what_is_read() -> None:
    latent = FourierLatent(40, 12.0, 3).double()
    points = ball(3, n=4, radius=2.0).requires_grad_()
    present = torch.tensor([[True, True, True, False], [True] * 4])
    for padding in (None, present):
        assert torch.autograd.gradcheck(lambda x, p=padding: tuple(latent(x, p)), (points,))


# symmetries


@given(SEEDS)
@few
def test_what_is_read_rotates_with_the_cloud(latent: FourierLatent, seed: int) -> None:
    """As nearly as images are far: of a whole cluster they lie 6 Å from points on the rim."""
    rotation = torch.from_numpy(Rotation.random(random_state=seed).as_matrix())
    for radius, within in ((4.0, 0.015), (7.0, 0.08)):
        points = ball(seed, radius=radius)
        before, after = latent(points), latent(points @ rotation.mT)
        what = f"rotation {rotation.tolist()}, {radius} Å"
        assert share(after.scalars - before.scalars, before.scalars) < within, what
        assert share(after.vectors - before.vectors @ rotation.mT, before.vectors) < within, what
        for degree in (2, 3):
            one, other = (each[degree].square().sum(-1) for each in (before, after))
            assert share(one - other, one) < within, what


@given(SEEDS)
@few
def test_contractions_are_equivariant(seed: int) -> None:
    """Under rotations and reflections, exactly."""
    generator = torch.Generator().manual_seed(seed)
    direction = torch.randn(40, 3, generator=generator, dtype=torch.float64)
    rotation = torch.from_numpy(Rotation.random(random_state=seed).as_matrix())
    rotation = rotation * (1 if seed % 2 else -1)

    def features(rotation: Tensor) -> tuple[Tensor, Tensor]:
        """Of 5 points, 4 shells each, of two neighbours."""
        r = direction @ rotation.mT
        unit = (r / r.norm(dim=-1, keepdim=True)).numpy()
        y = torch.from_numpy(harmonics(unit)).reshape(5, 4, 2, 16).sum(2)
        read = Surroundings(y[..., 0], y[..., 1:4], y[..., 4:9], y[..., 9:])
        made = Tensors().double()(read, r[:5], r[5:10])
        return made.invariants, made.vectors

    one, other = features(torch.eye(3, dtype=torch.float64)), features(rotation)
    what = f"rotated by {rotation.tolist()}"
    torch.testing.assert_close(one[0], other[0], atol=1e-6, rtol=0, msg=what)
    rotated = torch.einsum("ab,pbv->pav", rotation, one[1])
    torch.testing.assert_close(rotated, other[1], atol=1e-6, rtol=0, msg=what)


@given(SEEDS)
@few
def test_displacements_are_equivariant_under_rotation(network: torch.nn.Module, seed: int) -> None:
    rotation = torch.from_numpy(Rotation.random(random_state=seed).as_matrix())
    points, sigma = ball(seed), levels(seed)
    before, after = (network(each, sigma, OpenSpace()) for each in (points, points @ rotation.mT))
    # z has finitely many wave vectors, which leaves a few percent; without any symmetry it is 1.4
    assert share(after - before @ rotation.mT, before) < 0.1, f"rotation {rotation.tolist()}"


@given(SEEDS)
@few
def test_doubled_points_move_alike(network: torch.nn.Module, seed: int) -> None:
    points, sigma = ball(seed), levels(seed)
    before = network(points, sigma, OpenSpace())
    after = network(points.repeat(1, 2, 1), sigma, OpenSpace())
    torch.testing.assert_close(after, before.repeat(1, 2, 1), atol=1e-9, rtol=0)


# stages


def test_stages_in_use(network: torch.nn.Module) -> None:
    points, sigma = ball(4), levels(4)
    both = network(points, sigma, OpenSpace())
    network.active_stages = 1  # type: ignore[assignment]
    first = network(points, sigma, OpenSpace())
    network.active_stages = 2  # type: ignore[assignment]
    assert (both - first).abs().max() > 1e-3
    slopes = torch.autograd.grad(both.square().sum(), list(network.parameters()))
    assert all(slope.isfinite().all() and slope.abs().max() > 0 for slope in slopes)

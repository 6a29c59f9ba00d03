"""The compiled network `pointnet` against its modules, and the octants against all wave vectors."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

import zeoloom
from zeoloom.diffusion.guidance import Guidance, guided
from zeoloom.geometry.space import OpenSpace
from zeoloom.network import PointNetConfig, build_network
from zeoloom.network.fourier_latent import FourierLatent, point_weights, wave_vectors
from zeoloom.network.octant_latent import from_lanes, lanes_of, octants_of, read_octants, to_lanes
from zeoloom.run.cluster_networks import guided_network
from zeoloom.run.cluster_requests import SampleRequest

FULL = PointNetConfig(stages=3, width=24, depth=2)
SHAPES = ((1, 130), (3, 37), (9, 16), (2, 1))


def some_network(config: PointNetConfig, seed: int = 0) -> torch.nn.Module:
    """Every weight of which does something."""
    generator = torch.Generator().manual_seed(seed)
    network = build_network(config, generator)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return network


def clouds(batch: int, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points (B, N, 3), levels (B,), and which points are there (B, N), the first always."""
    generator = torch.Generator().manual_seed(100 * batch + n)
    present = torch.rand(batch, n, generator=generator) > 0.3
    present[:, 0] = True
    points = 3 * torch.randn(batch, n, 3, generator=generator)
    return points, 0.05 + torch.rand(batch, generator=generator), present


def test_octants_hold_every_wave_vector_but_the_longest() -> None:
    waves, _ = wave_vectors(1536, 20.0)
    octants = octants_of(1536, 20.0, 3, torch.float32)
    signs = np.array(list(itertools.product((1, -1), repeat=3)))
    all_signs = np.unique((octants.whole[:, None] * signs).reshape(-1, 3), axis=0)
    lengths = np.linalg.norm(waves, axis=1)
    shorter = waves[lengths < lengths.max() - 1e-6]
    wanted = np.round(np.concatenate((shorter, -shorter)) / octants.step).astype(int)
    np.testing.assert_array_equal(all_signs, np.unique(wanted, axis=0))
    np.testing.assert_allclose(wanted[: len(shorter)] * octants.step, shorter, atol=1e-9)


@pytest.mark.parametrize(("batch", "n"), SHAPES)
@pytest.mark.parametrize("size", [(1536, 20.0, 9), (40, 12.0, 3), (5, 9.0, 2)])
def test_octants_read_what_the_latent_does(
    batch: int, n: int, size: tuple[int, float, int]
) -> None:
    points, _, present = clouds(batch, n)
    lanes = lanes_of(batch, n)
    octants = octants_of(*size, torch.float32)
    for there in (None, present):
        read = FourierLatent(*size)(points, there)
        wanted = torch.cat([read.scalars[..., None], *read[1:]], dim=2)  # (P, S, 16)
        weights = to_lanes(point_weights(points, there)[..., None], lanes)
        found = read_octants(to_lanes(points, lanes), weights, octants, lanes)
        by_harmonic = from_lanes(found, lanes).reshape(batch * n, 16, size[2])[:, octants.order]
        torch.testing.assert_close(by_harmonic.mT, wanted, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize(("batch", "n"), SHAPES)
def test_compiled_displacements_are_the_same(batch: int, n: int) -> None:
    """To rounding, which bfloat16 does to less than a hundredth."""
    network = some_network(FULL)
    points, sigma, present = clouds(batch, n)
    for space in (OpenSpace(), OpenSpace(present)):
        wanted = network(points, sigma, space).detach()
        with torch.no_grad():
            found = network(points, sigma, space)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                rough = network(points, sigma, space)
        there = present if space.present is not None else torch.ones_like(present)
        torch.testing.assert_close(found[there], wanted[there], atol=2e-4, rtol=1e-4)
        error = (rough - wanted)[there].square().mean() / wanted[there].square().mean()
        assert error.sqrt() < 0.03
        assert (found - rough)[there].abs().max() > 0


def test_stages_in_use() -> None:
    network = some_network(FULL)
    points, sigma, _ = clouds(3, 37)
    network.active_stages = 2  # type: ignore[assignment]
    wanted = network(points, sigma, OpenSpace()).detach()
    with torch.no_grad():
        torch.testing.assert_close(
            network(points, sigma, OpenSpace()), wanted, atol=2e-4, rtol=1e-4
        )


@pytest.mark.parametrize("shells", [9, 4])
def test_guided_networks_see_once(shells: int) -> None:
    """Where both see the same; else each for itself."""
    good = some_network(FULL)
    weak = some_network(PointNetConfig(stages=1, width=16, depth=1, shells=shells), seed=1)
    shipped = zeoloom.load_model("pointnet", torch.device("cpu"))
    model = replace(shipped, network=good, weak=replace(shipped, network=weak))
    request = SampleRequest(n=1, guidance=2.0)
    points, sigma, _ = clouds(3, 37)
    apart = guided(good, weak, Guidance(2.0, (0.0, 1.0)))
    with torch.no_grad():
        together = guided_network(request, model)(points, sigma, OpenSpace())
        torch.testing.assert_close(together, apart(points, sigma, OpenSpace()), atol=0, rtol=0)
        assert (together - good(points, sigma, OpenSpace())).abs().max() > 1e-3

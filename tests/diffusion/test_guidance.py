"""Guidance, against densities whose scores are known exactly."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from zeoloom.diffusion.denoiser import Denoise, denoiser, output_scale
from zeoloom.diffusion.guidance import Guidance, guided
from zeoloom.diffusion.noise import noise_levels
from zeoloom.diffusion.samplers import euler, final

NARROW, WIDE = 0.6, 1.4
"""Å, standard deviations of what was to be learned and of what the weak network has learned."""


def gaussian(spread: float) -> Denoise:
    """The exact denoiser of points of a Gaussian about the origin."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return x * (spread**2 / (spread**2 + sigma**2))[:, None, None]

    return denoise


def log_density(x: Tensor, spread: float, sigma: float) -> Tensor:
    """Of noisy points, by torch."""
    covariance = (spread**2 + sigma**2) * torch.eye(3, dtype=x.dtype)
    return MultivariateNormal(torch.zeros(3, dtype=x.dtype), covariance).log_prob(x)


def points(n: int = 40) -> Tensor:
    return 2 * torch.randn(n, 5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("sigma", [0.1, 1.0, 3.0])
def test_the_score_is_that_of_the_density_over_the_weak_one(weight: float, sigma: float) -> None:
    """Of p_good (p_good / p_weak)^w, by Tweedie's formula."""
    x = points().requires_grad_()
    good, weak = (log_density(x, spread, sigma) for spread in (NARROW, WIDE))
    [score] = torch.autograd.grad((good + weight * (good - weak)).sum(), x)
    denoise = guided(gaussian(NARROW), gaussian(WIDE), Guidance(weight))
    found = denoise(x.detach(), torch.full((40,), sigma, dtype=torch.float64))
    torch.testing.assert_close(found, x.detach() + sigma**2 * score)


def test_guided_samples_are_as_narrow_as_theory_says() -> None:
    """The flow scales points by the integral of (1 - D / x) / sigma, which is elementary."""
    weight, top, bottom = 1.5, 4.0, 0.01
    denoise = guided(gaussian(NARROW), gaussian(WIDE), Guidance(weight))
    x = final(euler(denoise, points(), noise_levels(3000, top, bottom)[:-1], torch.Generator()))

    def log_scale(sigma: float) -> float:
        good, weak = (0.5 * math.log(s**2 + sigma**2) for s in (NARROW, WIDE))
        return (1 + weight) * good - weight * weak

    expected = points() * math.exp(log_scale(bottom) - log_scale(top))
    torch.testing.assert_close(x, expected, rtol=5e-3, atol=0)
    plain = points() * math.sqrt((NARROW**2 + bottom**2) / (NARROW**2 + top**2))
    assert float(x.std()) < 0.7 * float(plain.std())


def test_only_within_the_interval() -> None:
    """The clouds of a batch may be at different levels; outside the weak one is not asked."""
    asked: list[Tensor] = []

    def weak(x: Tensor, sigma: Tensor) -> Tensor:
        asked.append(sigma)
        return gaussian(WIDE)(x, sigma)

    x = points(4)
    within = guided(gaussian(NARROW), weak, Guidance(1.0, (0.5, 2.0)))
    levels = torch.tensor([0.4, 0.5, 2.0, 2.1], dtype=torch.float64)
    plain, steered = (gaussian(NARROW)(x, levels), within(x, levels))
    changed = (plain - steered).abs().amax(dim=(1, 2)) > 1e-9
    assert changed.tolist() == [False, True, True, False]
    within(x[:1], levels[:1])
    assert len(asked) == 1


def test_denoisers_and_their_networks_are_guided_alike() -> None:
    """What a network is given besides goes to both."""
    given = []

    def network(spread: float) -> Denoise:
        def displacements(x: Tensor, sigma: Tensor, where: str = "") -> Tensor:
            given.append(where)
            return (gaussian(spread)(x, sigma) - x) / output_scale(sigma)

        return displacements

    x, levels = points(3), torch.tensor([0.1, 0.8, 2.0], dtype=torch.float64)
    steered = guided(network(NARROW), network(WIDE), Guidance(0.7))
    both = denoiser(lambda x, sigma: steered(x, sigma, "open space"))(x, levels)  # type: ignore[call-arg]
    torch.testing.assert_close(
        both, guided(gaussian(NARROW), gaussian(WIDE), Guidance(0.7))(x, levels)
    )
    assert given == ["open space"] * 2

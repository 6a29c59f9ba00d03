"""Noise, denoiser and samplers, against the exact score of a mixture of Gaussians.

A cloud is here one point in space, so a batch (B, 1, 3) is a sample of B points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, norm
from torch import Tensor

from zeoloom.diffusion.denoiser import (
    DISPLACEMENT_SCALE,
    Denoise,
    Network,
    denoiser,
    denoising_loss,
    output_scale,
)
from zeoloom.diffusion.noise import add_noise, forward_step, noise_levels
from zeoloom.diffusion.samplers import Sampler, ancestral, euler, final, heun

N_SAMPLES = 6000


@dataclass(frozen=True)
class Mixture:
    """Gaussians in space: weights (C,), means (C, 3), covariances (C, 3, 3)."""

    weights: Tensor
    means: Tensor
    covariances: Tensor

    def blurred(self, sigma: float) -> Mixture:
        return Mixture(self.weights, self.means, self.covariances + sigma**2 * torch.eye(3))

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Points (n, 1, 3) and the components they come from."""
        component = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        roots = torch.linalg.cholesky(self.covariances)[component]
        noise = torch.randn(n, 3, 1, generator=generator, dtype=torch.float64)
        return (self.means[component] + (roots @ noise)[..., 0])[:, None], component

    def log_shares(self, x: Tensor) -> Tensor:
        """log w_c N(x; m_c, S_c), (B, C)."""
        lumps = torch.distributions.MultivariateNormal(self.means, self.covariances)
        return lumps.log_prob(x) + torch.log(self.weights)

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The exact posterior mean: sum_c p(c | x) (m_c + S_c (S_c + sigma^2)^-1 (x - m_c))."""
        blurred = self.blurred(float(sigma[0]))
        shares = blurred.log_shares(x).softmax(dim=1)  # (B, C)
        shrink = self.covariances @ torch.linalg.inv(blurred.covariances)
        off = x - self.means  # (B, C, 3)
        return (shares[..., None] * (self.means + (shrink @ off[..., None])[..., 0])).sum(
            1, keepdim=True
        )

    def along(self, direction: Tensor) -> tuple[Tensor, Tensor]:
        """Means and standard deviations of the components along a unit vector."""
        return self.means @ direction, (direction @ self.covariances @ direction).sqrt()


def three_lumps() -> Mixture:
    """Far enough apart to tell which one a point belongs to, none of them round."""
    generator = torch.Generator().manual_seed(20)
    roots = torch.randn(3, 3, 3, generator=generator, dtype=torch.float64) * 0.35
    return Mixture(
        weights=torch.tensor([0.15, 0.25, 0.6], dtype=torch.float64),
        means=torch.tensor([[4.0, 0, 1], [-3, 2, 0], [0, -4, -2]], dtype=torch.float64),
        covariances=roots @ roots.mT + 0.05 * torch.eye(3),
    )


def overlapping() -> Mixture:
    """Two lumps that flow into each other: a field with curvature."""
    return Mixture(
        weights=torch.tensor([0.3, 0.7], dtype=torch.float64),
        means=torch.tensor([[1.0, 0, 0], [-1, 0.5, 0]], dtype=torch.float64),
        covariances=torch.stack([0.3 * torch.eye(3), torch.diag(torch.tensor([0.2, 0.5, 0.8]))]).to(
            torch.float64
        ),
    )


def one_lump() -> Mixture:
    mixture = three_lumps()
    return Mixture(torch.ones(1, dtype=torch.float64), mixture.means[:1], mixture.covariances[:1])


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def as_network(denoise: Denoise) -> Network:
    """The F whose denoiser is D."""
    return lambda x, sigma: (denoise(x, sigma) - x) / output_scale(sigma)


SAMPLERS = pytest.mark.parametrize(
    ("sampler", "steps"), [(euler, 200), (heun, 40), (ancestral, 250)]
)


# the yardstick itself


@pytest.mark.parametrize("sigma", [0.05, 0.7, 5.0])
def test_the_exact_denoiser_obeys_tweedie(sigma: float) -> None:
    mixture = three_lumps()
    x, _ = mixture.blurred(sigma).sample(50, seeded(1))
    x.requires_grad_()
    mixture.blurred(sigma).log_shares(x).logsumexp(1).sum().backward()
    assert x.grad is not None
    expected = x.detach() + sigma**2 * x.grad
    torch.testing.assert_close(mixture.denoise(x.detach(), torch.full((50,), sigma)), expected)


# samplers


@pytest.mark.long
@SAMPLERS
def test_samples_agree_with_the_mixture_component_by_component(
    sampler: Sampler, steps: int
) -> None:
    mixture, generator = three_lumps(), seeded(2)
    start, _ = mixture.blurred(8.0).sample(N_SAMPLES, generator)
    levels = noise_levels(steps, 8.0, 0.02)
    x = final(sampler(mixture.denoise, start, levels, generator))
    assigned = mixture.log_shares(x).argmax(dim=1)
    for c, (weight, mean, truth) in enumerate(
        zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    ):
        mine = x[assigned == c, 0]
        n = len(mine)
        spread = (weight * (1 - weight) / N_SAMPLES).sqrt()
        assert abs(n / N_SAMPLES - weight) < 4 * spread, f"share of component {c}"
        errors = (mine.mean(0) - mean) / (truth.diagonal() / n).sqrt()
        assert errors.abs().max() < 4, f"mean of component {c}: {errors}"
        variances = truth.diagonal()
        doubt = ((variances[:, None] * variances + truth**2) / n).sqrt()
        errors = (mine.mT.cov() - truth) / doubt
        assert errors.abs().max() < 4, f"covariance of component {c}: {errors}"


@pytest.mark.long
@SAMPLERS
def test_every_level_on_the_way_has_its_marginal_distribution(sampler: Sampler, steps: int) -> None:
    mixture, generator = three_lumps(), seeded(3)
    start, _ = mixture.blurred(8.0).sample(N_SAMPLES, generator)
    levels = noise_levels(steps, 8.0, 0.02)
    directions = torch.nn.functional.normalize(
        torch.randn(3, 3, generator=generator, dtype=torch.float64), dim=1
    )
    for i, step in enumerate(sampler(mixture.denoise, start, levels, generator)):
        if i % (steps // 5) and step.sigma > 0:
            continue
        for direction in directions:
            means, spreads = mixture.blurred(step.sigma).along(direction)

            def cumulative(values, means=means, spreads=spreads):  # noqa: ANN001, ANN202
                shares = norm.cdf(values[:, None], means.numpy(), spreads.numpy())
                return shares @ mixture.weights.numpy()

            found = kstest((step.x[:, 0] @ direction).numpy(), cumulative)
            assert found.pvalue > 1e-3, f"at {step.sigma:.3f} Å along {direction.tolist()}: {found}"


@pytest.mark.long
def test_error_falls_with_the_order_of_the_sampler() -> None:
    mixture, generator = overlapping(), seeded(4)
    start, _ = mixture.blurred(5.0).sample(32, generator)

    def solve(sampler: Sampler, intervals: int) -> Tensor:
        levels = noise_levels(intervals + 1, 5.0, 0.1)[:-1]  # halving the steps nests the levels
        return final(sampler(mixture.denoise, start, levels, generator))

    exact = solve(heun, 640)
    for sampler, order in ((euler, 1), (heun, 2)):
        errors = [float((solve(sampler, n) - exact).norm()) for n in (20, 40, 80)]
        for coarse, fine in pairwise(errors):
            assert math.log2(coarse / fine) == pytest.approx(order, abs=0.3), errors


@pytest.mark.parametrize(("sampler", "steps", "within"), [(euler, 800, 1e-2), (heun, 200, 1e-3)])
def test_one_gaussian_shrinks_as_the_flow_says(sampler: Sampler, steps: int, within: float) -> None:
    # along each principal axis the flow keeps (x - m) / sqrt(s^2 + sigma^2)
    mixture, generator = one_lump(), seeded(5)
    start, _ = mixture.blurred(6.0).sample(20, generator)
    x = final(sampler(mixture.denoise, start, noise_levels(steps, 6.0, 0.01)[:-1], generator))
    squares, axes = torch.linalg.eigh(mixture.covariances[0])
    shrink = ((squares + 0.01**2) / (squares + 6.0**2)).sqrt()
    expected = mixture.means[0] + ((start - mixture.means[0]) @ axes * shrink) @ axes.mT
    torch.testing.assert_close(x, expected, atol=within, rtol=0)


def test_less_noise_gives_colder_samples_about_the_same_mean() -> None:
    mixture, generator = one_lump(), seeded(6)
    levels = noise_levels(100, 6.0, 0.02)
    start, _ = mixture.blurred(6.0).sample(4000, generator)
    traces = []
    for factor in (1.0, 0.7, 0.0):
        x = final(ancestral(mixture.denoise, start, levels, generator, factor))[:, 0]
        torch.testing.assert_close(x.mean(0), mixture.means[0], atol=0.05, rtol=0)
        traces.append(float(x.mT.cov().trace()))
    assert traces[0] == pytest.approx(float(mixture.covariances[0].trace()), rel=0.1)
    assert traces[0] > 1.2 * traces[1] > 1.2 * traces[2]


@pytest.mark.parametrize("sampler", [euler, heun, ancestral])
def test_steps_are_what_they_say(sampler: Sampler) -> None:
    mixture = three_lumps()
    start, _ = mixture.blurred(3.0).sample(7, seeded(7))
    levels = noise_levels(5, 3.0, 0.1)
    kept = start.clone()
    steps = list(sampler(mixture.denoise, start, levels, seeded(8)))
    torch.testing.assert_close(start, kept, rtol=0, atol=0)
    assert [step.sigma for step in steps] == levels[1:]
    torch.testing.assert_close(steps[0].denoised, mixture.denoise(start, torch.full((7,), 3.0)))
    torch.testing.assert_close(steps[-1].x, steps[-1].denoised)  # a step to zero is the denoiser
    again = final(sampler(mixture.denoise, start, levels, seeded(8)))
    torch.testing.assert_close(again, steps[-1].x, rtol=0, atol=0)
    other = final(sampler(mixture.denoise, start, levels, seeded(9)))
    assert torch.equal(other, again) == (sampler is not ancestral)


def test_a_single_level_is_refused() -> None:
    with pytest.raises(ValueError, match="two noise levels"):
        final(euler(three_lumps().denoise, torch.zeros(1, 1, 3), [1.0], seeded(0)))


# noise


@given(
    steps=st.integers(1, 300),
    sigma_max=st.floats(1e-2, 1e2),
    fraction=st.floats(1e-4, 1.0),
    rho=st.floats(1.0, 10.0),
)
def test_noise_levels_fall_from_the_greatest_to_the_least_to_zero(
    steps: int, sigma_max: float, fraction: float, rho: float
) -> None:
    sigma_min = sigma_max * fraction
    levels = noise_levels(steps, sigma_max, sigma_min, rho)
    assert len(levels) == steps + 1
    assert levels[0] == pytest.approx(sigma_max)
    assert levels[-1] == 0.0
    assert steps == 1 or levels[-2] == pytest.approx(sigma_min)
    gaps = [a - b for a, b in pairwise(levels[:-1])]
    if fraction < 0.9:
        assert all(gap > 0 for gap in gaps)
    rounding = 1e-9 * sigma_max
    assert all(wide >= narrow - rounding for wide, narrow in pairwise(gaps)), "crowded below"


def test_noise_levels_by_hand() -> None:
    assert noise_levels(3, 4.0, 1.0, 1.0) == [4.0, 2.5, 1.0, 0.0]
    assert noise_levels(3, 4.0, 1.0, 2.0) == [4.0, 2.25, 1.0, 0.0]


@pytest.mark.parametrize(
    ("steps", "sigma_max", "sigma_min"),
    [(0, 1.0, 0.1), (5, 1.0, 0.0), (5, 1.0, 2.0), (5, math.nan, 0.1), (5, 1.0, -0.1)],
)
def test_senseless_noise_levels_are_refused(steps: int, sigma_max: float, sigma_min: float) -> None:
    with pytest.raises(ValueError, match="sigma_min"):
        noise_levels(steps, sigma_max, sigma_min)


def test_many_forward_steps_are_one() -> None:
    generator = seeded(10)
    clean = torch.tensor([1.0, -2.0, 0.5]).expand(8000, 1, 3)
    rising = [0.0, 0.1, 0.15, 0.6, 0.6, 2.0]
    walked = clean
    for low, high in pairwise(rising):
        walked = forward_step(walked, low, high, generator)
    at_once = add_noise(clean, torch.full((8000,), 2.0), generator)
    for x in (walked, at_once):
        noise = (x - clean)[:, 0] / 2.0
        assert kstest(noise.flatten().numpy(), "norm").pvalue > 1e-3
        torch.testing.assert_close(noise.mT.cov(), torch.eye(3), atol=0.06, rtol=0)
    with pytest.raises(ValueError, match="noise must grow"):
        forward_step(clean, 2.0, 1.9, generator)


def test_each_cloud_gets_its_own_noise() -> None:
    sigma = torch.tensor([0.1, 1.0, 3.0])
    noisy = add_noise(torch.zeros(3, 5000, 3), sigma, seeded(11))
    torch.testing.assert_close(noisy.std(dim=(1, 2)), sigma, rtol=0.03, atol=0)


# denoiser and loss


def test_scale_of_displacements() -> None:
    scales = output_scale(torch.tensor([1e-3, 1e3], dtype=torch.float64))
    assert scales.shape == (2, 1, 1)
    expected = torch.tensor([1e-3, DISPLACEMENT_SCALE], dtype=torch.float64)
    torch.testing.assert_close(scales.flatten(), expected, rtol=1e-5, atol=0)


def test_denoiser_and_loss_agree_on_what_a_network_says() -> None:
    generator = seeded(12)
    clean = torch.randn(4, 6, 3, generator=generator, dtype=torch.float64)
    sigma = torch.tensor([0.05, 0.5, 1.5, 4.0], dtype=torch.float64)
    noisy = add_noise(clean, sigma, generator)

    def perfect(x: Tensor, sigma: Tensor) -> Tensor:
        return (clean - x) / output_scale(sigma)

    def some(x: Tensor, sigma: Tensor) -> Tensor:
        return torch.sin(3 * x) * sigma[:, None, None]

    torch.testing.assert_close(denoiser(perfect)(noisy, sigma), clean)
    nothing_lost = denoising_loss(perfect, clean, noisy, sigma)
    torch.testing.assert_close(nothing_lost, torch.zeros_like(sigma))
    torch.testing.assert_close(denoiser(lambda x, _: 0 * x)(noisy, sigma), noisy)
    off = (denoiser(some)(noisy, sigma) - clean) / sigma[:, None, None]
    expected = off.square().mean(dim=(1, 2))
    torch.testing.assert_close(denoising_loss(some, clean, noisy, sigma), expected)


@pytest.mark.parametrize("sigma", [0.02, 0.6, 3.0])
def test_moving_nothing_loses_one(sigma: float) -> None:
    generator = seeded(13)
    clean = 3 * torch.randn(200, 40, 3, generator=generator)
    levels = torch.full((200,), sigma)
    noisy = add_noise(clean, levels, generator)
    loss = denoising_loss(lambda x, _: torch.zeros_like(x), clean, noisy, levels)
    assert float(loss.mean()) == pytest.approx(1.0, abs=4 * math.sqrt(2 / 24_000))


@pytest.mark.parametrize("sigma", [0.1, 0.8, 3.0])
def test_the_exact_denoiser_loses_least_and_what_theory_says(sigma: float) -> None:
    mixture, generator = one_lump(), seeded(14)
    n = 20_000
    clean, _ = mixture.sample(n, generator)
    levels = torch.full((n,), sigma, dtype=torch.float64)
    noisy = add_noise(clean, levels, generator)
    exact = as_network(mixture.denoise)
    least = float(denoising_loss(exact, clean, noisy, levels).mean())
    squares = torch.linalg.eigvalsh(mixture.covariances[0])
    posterior = (squares / (squares + sigma**2)).mean()  # mean posterior variance over sigma^2
    assert least == pytest.approx(float(posterior), rel=0.04)
    for amount in (0.2, -0.2):
        for wrong in (torch.ones_like, torch.sin, lambda x: exact(x, levels)):
            bent = denoising_loss(
                lambda x, s, a=amount, w=wrong: exact(x, s) + a * w(x),  # type: ignore[misc]
                clean,
                noisy,
                levels,
            )
            assert float(bent.mean()) > least

"""What turns gradients into steps."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from training_examples import TINY, small_config
from zeoloom.learn.optimizers import Muon, build_optimizers, learning_rate, orthogonalised
from zeoloom.network import build_network


@pytest.mark.parametrize("shape", [(8, 8), (5, 40), (40, 5), (64, 192)])
def test_orthogonalised_matrices_have_their_directions_and_no_sizes(shape: tuple[int, int]) -> None:
    left, sizes, right = torch.linalg.svd(
        torch.randn(shape, generator=torch.Generator().manual_seed(0)), full_matrices=False
    )
    sizes = sizes.clamp_min(0.02 * float(sizes.norm()))  # those next to zero take more steps
    made = orthogonalised(left * sizes @ right)
    inner = left.mT @ made @ right.mT
    assert_close(inner, torch.diag(inner.diag()), atol=1e-4, rtol=0.0)
    assert 0.6 < float(inner.diag().min()) <= float(inner.diag().max()) < 1.25


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has none")
def test_muon_is_that_of_torch() -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(12, 30, generator=generator)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimizer = Muon([ours], lr=0.02, weight_decay=0.5)
    oracle = torch.optim.Muon(
        [theirs], lr=0.02, weight_decay=0.5, momentum=0.95, adjust_lr_fn="match_rms_adamw"
    )
    for _ in range(10):
        ours.grad = torch.randn(12, 30, generator=generator)
        theirs.grad = ours.grad.clone()
        optimizer.step()
        oracle.step()
    moved = float((theirs - start).detach().norm())
    assert float((ours - theirs).detach().norm()) < 0.03 * moved  # theirs has eight bits


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_every_weight_has_one_optimiser(name: str) -> None:
    config = small_config(optimizer=name, network=TINY)
    network = build_network(config.network, torch.Generator().manual_seed(0))
    taken = [
        parameter
        for optimizer in build_optimizers(network, config)
        for group in optimizer.param_groups
        for parameter in group["params"]
    ]
    assert sorted(map(id, taken)) == sorted(map(id, network.parameters()))


def test_the_learning_rate_rises_and_falls() -> None:
    config = small_config(steps=100, warmup=10, learning_rate=0.5)
    rates = [learning_rate(config, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.05, rel=0.01)
    assert rates.index(max(rates)) == 9
    assert rates[-1] == pytest.approx(0.005, rel=0.1)

"""The same on a GPU; run with -m gpu."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

import zeoloom
from zeoloom.diffusion.denoiser import denoiser
from zeoloom.geometry.crystal import crystal_batch
from zeoloom.learn.config import parse_config
from zeoloom.network import EquivariantConfig, build_network
from zeoloom.search.denoising import crystals_at
from zeoloom.search.target import target_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.mark.parametrize("name", ["equivariant", "pointnet"])
def test_train_sample_and_join(tmp_path: Path, name: str) -> None:
    clusters = zeoloom.cut(zeoloom.CutRequest(sites="unique", regular=True)).clusters
    config = zeoloom.load_config(None, {"network": name, "steps": 3, "batch": 4})
    weights = zeoloom.train(
        config,
        clusters,
        tmp_path / "training",
        device=torch.device("cuda"),
        generator=torch.Generator().manual_seed(0),
    )
    model = zeoloom.load_model(weights, torch.device("cuda"))
    options = {"model": str(weights), "n": 2, "points": 48, "steps": 3, "repair": 2}
    for make, kind in (
        (zeoloom.sample, zeoloom.SampleRequest),
        (zeoloom.join, zeoloom.JoinRequest),
    ):
        request = zeoloom.parse_request(kind, options)
        folder = tmp_path / kind.__name__
        metrics = make(request, model, folder, generator=torch.Generator().manual_seed(0))
        assert metrics["bonds_under_2.7A"] is None or 0 <= metrics["bonds_under_2.7A"] <= 1
        assert len(zeoloom.load_clouds(folder / "clouds.npz")) == 2


def test_pair_sums_agree_with_the_cpu() -> None:
    """Groups of different orders in one batch, padding, cells thinner than the cutoff."""
    frameworks = [zeoloom.load_reference()[code] for code in ("CHA", "ABW", "FAU", "MFI")]
    space = crystals_at(
        [target_of(each, len(each.frac_t), index=k) for k, each in enumerate(frameworks)]
    )
    points = torch.randn(4, 12, 3, generator=torch.Generator().manual_seed(1))
    for b, each in enumerate(frameworks):
        points[b, : len(each.frac_t)] += torch.from_numpy(each.frac_t @ each.cell).float()
    cuda = torch.device("cuda")
    here, there = space.pair_sums(points, 8, 6.0), space.to(cuda).pair_sums(points.cuda(), 8, 6.0)
    for name in ("scalar", "vector", "vector_by_sender", "rotation"):
        wanted = getattr(here, name)
        assert wanted.abs().max() > 0.1
        torch.testing.assert_close(getattr(there, name).cpu(), wanted, atol=2e-3, rtol=2e-3)


def test_the_shipped_denoiser_agrees_with_the_cpu() -> None:
    frameworks = [zeoloom.load_reference()[code] for code in ("CHA", "ABW", "FAU", "MFI")]
    space = crystals_at(
        [target_of(each, len(each.frac_t), index=k) for k, each in enumerate(frameworks)]
    )
    points = 0.3 * torch.randn(4, 12, 3, generator=torch.Generator().manual_seed(1))
    for b, each in enumerate(frameworks):
        points[b, : len(each.frac_t)] += torch.from_numpy(each.frac_t @ each.cell).float()
    moved = []
    for device in (torch.device("cpu"), torch.device("cuda")):
        network, there = zeoloom.load_model("crystal", device).network, space.to(device)
        denoise = denoiser(lambda x, s, network=network, there=there: network(x, s, there))
        sigma = torch.full((4,), 0.3, device=device)
        moved.append(denoise(points.to(device), sigma).cpu())
    assert space.present is not None
    torch.testing.assert_close(*(each[space.present] for each in moved), atol=2e-3, rtol=2e-3)


def test_frameworks_are_made_and_learned_from(tmp_path: Path) -> None:
    cuda = torch.device("cuda")
    asked = {"seconds": 4.0, "relax": 0, "unique_atoms": "1-2", "steps": 30, "repair": 3}
    made = zeoloom.make_frameworks(
        zeoloom.parse_request(zeoloom.GenerateRequest, asked),
        zeoloom.load_model("crystal", cuda),
        tmp_path / "made",
        generator=torch.Generator().manual_seed(0),
    )
    assert made.counts["valid"] > 0
    assert (tmp_path / "made" / "report.html").exists()
    network = {"name": "equivariant", "width": 8, "layers": 1}
    weights = zeoloom.train(
        parse_config({"crystals": {"subgroups": 2}, "steps": 3, "batch": 4, "network": network}),
        list(zeoloom.load_reference().values()),
        tmp_path / "training",
        device=cuda,
        generator=torch.Generator().manual_seed(0),
    )
    assert zeoloom.load_model(weights, cuda).config.crystals is not None


def test_crystals_agree_with_the_cpu() -> None:
    framework = zeoloom.load_reference()["MFI"]
    network = build_network(EquivariantConfig(layers=2), torch.Generator().manual_seed(0))
    points = torch.from_numpy(framework.frac_t @ framework.cell)[None].float()
    sigma = torch.tensor([0.3])
    space = crystal_batch([framework.cell], [framework.operations])
    on_gpu = type(space)(
        *(t.cuda() for t in (space.cells, space.rotations, space.translations)),
        space.operation_present.cuda(),
    )
    with torch.no_grad():
        here = network(points, sigma, space)
        there = network.cuda()(points.cuda(), sigma.cuda(), on_gpu).cpu()
    torch.testing.assert_close(there, here, atol=1e-3, rtol=1e-3)

"""The same on a GPU; run with -m gpu."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

import zeoloom
from zeoloom.geometry.crystal import crystal_batch
from zeoloom.network import EquivariantConfig, build_network

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.mark.parametrize("name", ["equivariant", "pointnet"])
def test_train_sample_and_join(tmp_path: Path, name: str) -> None:
    clusters = zeoloom.cut(sites="unique", regular=True).clusters
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

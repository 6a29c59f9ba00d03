"""A network of one's own is taken where shipped weights are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import zeoloom
from zeoloom.run import sampling


class Pull(nn.Module):
    """Everything to the centre."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.ones(()))

    def forward(self, cart_points: Tensor, _sigma: Tensor, _space: object) -> Tensor:
        return -self.strength * cart_points


class Nothing(nn.Module):
    """No parameters."""

    def forward(self, cart_points: Tensor, _sigma: Tensor, _space: object) -> Tensor:
        return torch.zeros_like(cart_points)


def test_the_digest_is_that_of_source_and_weights() -> None:
    one, same, other = Pull(), Pull(), Pull()
    other.strength.data += 1.0
    digests = [zeoloom.own_model(network).sha256 for network in (one, same, other)]
    assert digests[0] == digests[1] != digests[2]


def test_a_network_without_parameters() -> None:
    with pytest.raises(zeoloom.InputError, match=r"Nothing has no parameters.*torch\.nn\.Param"):
        zeoloom.own_model(Nothing())


def test_clusters_follow_the_network(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "REAL_CLUSTERS", 20)
    folder = tmp_path_factory.mktemp("own")
    request = zeoloom.SampleRequest(n=2, steps=6, repair=0, sampler="euler")
    model = zeoloom.own_model(Pull(), held_out=["SOD"])
    zeoloom.sample(request, model, folder / "run", generator=torch.Generator().manual_seed(0))
    points = zeoloom.load_clouds(folder / "run" / "clouds.npz").points_of(0)
    assert abs(points).max() < 3.0  # without the pull they would fill 7 Å
    with pytest.raises(zeoloom.InputError, match="learned on whole frameworks"):
        zeoloom.sample(
            request,
            zeoloom.own_model(Pull(), crystals=True, held_out=["SOD"]),
            folder / "other",
            generator=torch.Generator().manual_seed(0),
        )

"""A network of one's own: trained here, then used for clusters and in crystals.

    python your_own_network.py

It is about the smallest that is of any use: a force between pairs of points, whose course with
distance depends on the noise level,

    F_i = sum over j, k of c_k(sigma) f_k(|r_ij|) r_ij / |r_ij|.

`space.pair_sums` sums over all images of j, so the same network works in open space, where there
are none, and in crystals, where symmetry and lattice make them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

import zeoloom
from zeoloom.diffusion.denoiser import denoising_loss
from zeoloom.geometry.space import OpenSpace, Space
from zeoloom.network.noise_embedding import NOISE_FEATURES, embed_noise_level

POINTS = 48  # of a cloud: several lie on each atom
BANDS = ((0.1, 0.3), (0.3, 0.6), (0.6, 1.2))  # Å of noise


class PairForce(nn.Module):
    """Forces between pairs of points."""

    def __init__(self, n_radial: int = 16, cutoff: float = 6.0) -> None:
        super().__init__()
        self.n_radial, self.cutoff = n_radial, cutoff
        self.course = nn.Sequential(
            nn.Linear(NOISE_FEATURES, 64), nn.SiLU(), nn.Linear(64, n_radial)
        )

    def forward(self, cart_points: Tensor, sigma: Tensor, space: Space) -> Tensor:
        """(B, N, 3) scaled displacements of points (B, N, 3) Å at noise levels (B,) Å."""
        sums = space.pair_sums(cart_points, self.n_radial, self.cutoff)
        direction = sums.vector.sum(dim=-1)  # (B, 3, N, K): over all senders
        return torch.einsum("bcnk,bk->bnc", direction, self.course(embed_noise_level(sigma)))


def draw(clusters: list[Tensor], n: int, rng: torch.Generator) -> Tensor:
    """(n, POINTS, 3) Å, clean clouds: points on random atoms of random clusters."""
    chosen = torch.randint(len(clusters), (n,), generator=rng).tolist()
    return torch.stack(
        [
            cluster[torch.randint(len(cluster), (POINTS,), generator=rng)]
            for cluster in (clusters[i] for i in chosen)
        ]
    )


def loss_of(network: nn.Module, clean: Tensor, sigma: Tensor, rng: torch.Generator) -> Tensor:
    """(B,) share of the noise that is left unexplained."""
    noisy = clean + sigma[:, None, None] * torch.randn(clean.shape, generator=rng)
    space = OpenSpace()
    return denoising_loss(lambda x, level: network(x, level, space), clean, noisy, sigma)


def main() -> None:
    """Train, judge by the loss, sample clusters, find a framework."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("-n", type=int, default=8, help="clusters to sample")
    parser.add_argument("-o", "--output", type=Path, default=Path("own"), help="new folder")
    given = parser.parse_args()
    rng = torch.Generator().manual_seed(0)
    torch.manual_seed(0)

    shipped = zeoloom.load_model("equivariant", torch.device("cpu"))
    held_out = set(shipped.record["held_out"])
    known = zeoloom.cut(zeoloom.CutRequest(sites="unique", regular=True)).clusters
    parts: dict[bool, list[Tensor]] = {False: [], True: []}
    for cluster in known:
        parts[cluster.name in held_out].append(torch.from_numpy(cluster.cart_t).float())

    network = PairForce()
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(given.steps):
        sigma = 0.6 * torch.randn(16, generator=rng).exp()
        loss = loss_of(network, draw(parts[False], 16, rng), sigma, rng).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    print(
        "noise       own     shipped   (loss on types that neither has learned; 1: nothing moves)"
    )
    for low, high in BANDS:
        sigma = torch.linspace(low, high, 64)
        clean = draw(parts[True], 64, rng)
        with torch.no_grad():
            losses = [
                float(loss_of(each, clean, sigma, torch.Generator().manual_seed(1)).mean())
                for each in (network, shipped.network)
            ]
        print(f"{low}-{high} Å   {losses[0]:.2f}    {losses[1]:.2f}")

    # clusters, as `zeoloom sample` makes them
    model = zeoloom.own_model(network, held_out=sorted(held_out))
    few = zeoloom.SampleRequest(n=given.n, steps=30, repair=8)
    metrics = zeoloom.sample(few, model, given.output / "clusters", generator=rng)
    print(f"centres with four neighbours: {metrics['central_4_coordinated']:.2f}")

    # a crystal, as `zeoloom solve` finds it
    model = zeoloom.own_model(network, crystals=True)
    cell = (13.675, 13.675, 14.767, 90.0, 90.0, 120.0)
    asked = zeoloom.SolveRequest(cell=cell, space_group="R-3m", atoms=36, n=16, relax=0)
    made = zeoloom.make_frameworks(asked, model, given.output / "crystals", generator=rng)
    print("in the cell of chabazite:", *(each.name for each in made.judgements[:3]))


if __name__ == "__main__":
    main()

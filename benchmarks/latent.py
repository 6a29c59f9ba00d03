"""How long must z be? Loss and 4-coordinated share against its length, for two networks.

    python benchmarks/latent.py -o runs/latent                     # half an hour on one core
    python benchmarks/latent.py --lengths 16 256 3072 --steps 200  # a look

The networks are `pointnet` with one stage, whose z is the cloud's characteristic function, and
`plain-pointnet`, whose z is what a PointNet encoder makes of maxima and means. Both learn from the
same clusters with the same optimiser; a step of the plain network takes a fourth of the time, so it
gets four times as many. An interrupted benchmark goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib.pyplot as plt
import torch

import zeoloom

LENGTHS = (16, 64, 256, 1024, 3072)
PLAIN_STEPS = 4
"""Steps of the plain network for one of the other."""

COLOURS = {"pointnet": "tab:blue", "plain-pointnet": "tab:orange"}
SHOWN = ("0.1-0.3", "0.3-0.6", "0.6-1.2")
"""Bands of noise, Å."""


def main() -> None:
    """Train, sample, print a table and draw the figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/latent"))
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("-n", type=int, default=64, help="clusters made by each network")
    parser.add_argument("--figure", type=Path, help="PNG; in the output folder by default")
    options = parser.parse_args()
    torch.set_num_threads(1)
    clusters = zeoloom.cut(zeoloom.CutRequest(sites="unique", regular=True)).clusters
    print(f"| network | length of z | {' | '.join(SHOWN)} | centres | within 4 Å | s |")
    print("|---" * (len(SHOWN) + 5) + "|")
    table: dict[str, list[dict[str, float]]] = {name: [] for name in COLOURS}
    for name, rows in table.items():
        for length in options.lengths:
            row = figures(name, length, clusters, options)
            rows.append(row)
            print(
                f"| {name} | {' | '.join(f'{value:.4g}' for value in row.values())} |", flush=True
            )
    draw(table, options.figure or options.output / "latent.png")


def figures(
    name: str, length: int, clusters: zeoloom.ClusterSet, options: argparse.Namespace
) -> dict[str, float]:
    """Losses and shares of one network, trained first if need be."""
    steps = options.steps * (PLAIN_STEPS if name == "plain-pointnet" else 1)
    config = zeoloom.load_config(
        None,
        {
            "network": {"name": name, "latent": length},
            "steps": steps,
            "batch": 48,
            "optimizer": "muon",
            "learning_rate": 4e-3,
            "warmup": 50,
            "sigma_median": 0.5,
            "sigma_spread": 1.0,
            "ema": 0.99,
            "checkpoint_every": steps,
            "precision": "bfloat16",
        },
    )
    folder = options.output / f"{name}-{length}"
    generator = torch.Generator().manual_seed(config.seed)
    cpu = torch.device("cpu")
    weights = zeoloom.train(config, clusters, folder, device=cpu, generator=generator)
    model = zeoloom.load_model(weights, cpu)
    losses = model.record["losses"]["held_out"]
    sampled = folder / "sample"
    if not (sampled / "metrics.json").exists():
        flags = {"model": str(weights), "n": options.n, "points": 60, "repair": 0}
        request = zeoloom.parse_request(zeoloom.SampleRequest, flags)
        generator = torch.Generator().manual_seed(request.seed)
        zeoloom.sample(request, model, sampled, resume=sampled.exists(), generator=generator)
    metrics = json.loads((sampled / "metrics.json").read_text(encoding="utf-8"))
    return {
        "length": length,
        **{band: losses[band] for band in SHOWN},
        "centres": metrics["central_4_coordinated"] or 0.0,
        "within": metrics["within_4A_4_coordinated"] or 0.0,
        "seconds": model.record["seconds"],
    }


def draw(table: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Loss on the left, share of 4-coordinated atoms on the right."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, rows in table.items():
        lengths = [row["length"] for row in rows]
        for band, style in zip(SHOWN, (":", "--", "-"), strict=True):
            losses = [row[band] for row in rows]
            left.plot(lengths, losses, style, marker="o", ms=3, color=COLOURS[name])
        right.plot(
            lengths, [row["within"] for row in rows], marker="o", color=COLOURS[name], label=name
        )
    for band, style in zip(SHOWN, (":", "--", "-"), strict=True):
        left.plot([], [], style, color="grey", label=f"{band} Å")
    left.set(xscale="log", xlabel="length of z", ylabel="loss on held-out types", ylim=(0, 1.05))
    right.set(xscale="log", xlabel="length of z", ylabel="4-coordinated within 4 Å", ylim=(0, 1.0))
    every = sorted({int(row["length"]) for rows in table.values() for row in rows})
    for side in (left, right):
        side.set_xticks(every, [f"{length:,}" for length in every])
        side.minorticks_off()
    left.legend(frameon=False, title="noise")
    right.legend(frameon=False)
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    main()

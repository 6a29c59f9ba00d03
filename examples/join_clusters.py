"""Join clusters to pieces of framework, the poster's way and all at once, and compare.

python examples/join_clusters.py -n 8 -o joined
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

import torch

import zeoloom

MODES: tuple[Literal["sequential", "together"], ...] = ("sequential", "together")


def main() -> None:
    """Join together and one after the other and print the figures of merit side by side."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=8, help="pieces to make each way")
    parser.add_argument("-o", "--output", type=Path, default=Path("joined"), help="new folder")
    parser.add_argument("--model", default="equivariant", help="name, file or training folder")
    parser.add_argument("--steps", type=int, default=60, help="noise levels")
    parser.add_argument("--repair", type=int, help="most rounds of repair; else the model's own")
    given = parser.parse_args()

    model = zeoloom.load_model(given.model, torch.device("cpu"))
    metrics = {}
    for mode in MODES:
        # clusters=5: a central one and those about its four neighbours
        request = zeoloom.JoinRequest(
            model=given.model,
            mode=mode,
            clusters=5,
            n=given.n,
            steps=given.steps,
            repair=given.repair,
        )
        metrics[mode] = zeoloom.join(
            request,
            model,
            given.output / mode,
            generator=torch.Generator().manual_seed(request.seed),
        )
    print(f"{'':36}{'sequential':>12}{'together':>12}")
    for name in metrics["together"]:
        values = [metrics[mode][name] for mode in MODES]
        print(f"{name:36}" + "".join("           -" if v is None else f"{v:12.3f}" for v in values))
    # the picture of one of them, from a side of your choice: open clouds.html in a browser
    scenes = zeoloom.read_scenes(given.output / "together" / "clouds.npz")
    zeoloom.scene_figure(given.output / "first.png", scenes[0])


if __name__ == "__main__":
    main()

"""Make clusters with a trained model and look at what came out.

    python examples/sample_clusters.py -n 16 -o clusters

Everything also lies in the folder: figure, 3D page, atoms for any viewer, figures of merit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

import zeoloom
from zeoloom.nets.bonding import coordination


def main() -> None:
    """Sample, then print some atoms and figures of merit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=16, help="clusters to make")
    parser.add_argument("-o", "--output", type=Path, default=Path("clusters"), help="new folder")
    parser.add_argument("--model", default="equivariant", help="name, file or training folder")
    parser.add_argument("--steps", type=int, default=60, help="noise levels")
    parser.add_argument("--repair", type=int, help="most rounds of repair; else the model's own")
    given = parser.parse_args()

    model = zeoloom.load_model(given.model, torch.device("cpu"))
    request = zeoloom.SampleRequest(
        model=given.model, n=given.n, steps=given.steps, repair=given.repair
    )
    metrics = zeoloom.sample(
        request, model, given.output, generator=torch.Generator().manual_seed(request.seed)
    )

    # points have met in atoms: how many, and how many neighbours does each have?
    for i, atoms in enumerate(zeoloom.load_atoms(given.output / "atoms.extxyz")[:3], start=1):
        print(f"cluster {i}: {len(atoms.cart_t)} atoms out of {atoms.points.sum()} points")
        for place, points, bonded in zip(
            atoms.cart_t[:4], atoms.points, coordination(atoms.cart_t), strict=False
        ):
            x, y, z = place
            print(f"  {x:7.2f} {y:7.2f} {z:7.2f} Å  {points} points, {bonded} neighbours")
    for name in ("central_4_coordinated", "within_4A_4_coordinated", "bonds_under_2.7A"):
        print(f"{name}: {metrics[name]}, real clusters {metrics[f'real_{name}']}")


if __name__ == "__main__":
    main()

"""From a unit cell and a space group, as a diffraction pattern gives them, to frameworks.

    python examples/solve_framework.py --cell 13.675 13.675 14.767 90 90 120 --group R-3m -n 64

Points are drawn as noise in the asymmetric unit and denoised; where they meet their own images they
become atoms on special positions. Nobody says how many atoms there are, unless it is known.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

import zeoloom

CHA = (13.675, 13.675, 14.767, 90.0, 90.0, 120.0)  # Å and degrees


def main() -> None:
    """Solve, then tell of each framework what it is and how well it fits the cell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cell", type=float, nargs=6, default=CHA, help="a b c alpha beta gamma")
    parser.add_argument("--group", default="R-3m", help="number, symbol or hall:NUMBER")
    parser.add_argument("--atoms", type=int, help="T atoms of the cell, if known")
    parser.add_argument("-n", type=int, default=64, help="crystals to try")
    parser.add_argument("-o", "--output", type=Path, default=Path("solved"), help="new folder")
    given = parser.parse_args()

    model = zeoloom.load_model("crystal", torch.device("cpu"))
    request = zeoloom.SolveRequest(
        cell=given.cell,
        space_group=given.group,  # becomes the number of a setting, 1 to 530
        atoms=given.atoms,
        n=given.n,
        relax=0,  # how many of the best are relaxed for their energy, the slowest step
    )
    made = zeoloom.make_frameworks(
        request, model, given.output, generator=torch.Generator().manual_seed(request.seed)
    )

    # judgements come the best first; one for each net, however often it was found
    for judgement in made.judgements:
        framework = judgement.framework
        if framework is None or judgement.r_dls is None:
            continue
        fit = "a real framework may have this" if judgement.r_dls <= 0.006 else "strained"
        print(
            f"{judgement.name:13} {framework.space_group_symbol:8} {judgement.n_t:3} T,",
            f"found {made.found[judgement.key]} times, R_DLS {judgement.r_dls:.4f}: {fit}",
        )
    print(f"{made.counts['valid']} of {made.counts['tried']} tried are 4-connected")
    print(f"report: {given.output / 'report.html'}")


if __name__ == "__main__":
    main()

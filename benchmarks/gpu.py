"""Evaluations a second, and new frameworks an hour by numbers of processes, with and without GPU.

    python benchmarks/gpu.py
    python benchmarks/gpu.py --device cpu --seconds 5 --workers 1 2

Several CPU processes share one GPU: each evaluates its own batches on it while the others walk and
refine. One table at the end; frameworks are new, with R_DLS at most 0.006.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

import zeoloom
from zeoloom.search.denoising import crystals_at
from zeoloom.search.pipeline import STAGES
from zeoloom.search.target import target_of

TYPE, CRYSTALS, ROUNDS = "MFI", 64, 3
"""Of the evaluations: so many crystals of a type at once."""


def evaluations_a_second(device: torch.device, seconds: float) -> float:
    """Crystals that the network is evaluated on in a second."""
    framework = zeoloom.load_reference()[TYPE]
    network = zeoloom.load_model("crystal", device).network
    space = crystals_at([target_of(framework, len(framework.frac_t))] * CRYSTALS).to(device)
    points = torch.from_numpy(framework.frac_t @ framework.cell).float()
    points = points.repeat(CRYSTALS, 1, 1).to(device)
    sigma = torch.full((CRYSTALS,), 0.3, device=device)

    def evaluate() -> None:
        with torch.no_grad():
            network(points, sigma, space)
        if device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(ROUNDS):
        evaluate()
    began, done = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        evaluate()
        done += CRYSTALS
    return done / (time.monotonic() - began)


def generated(device: str, workers: int, seconds: float) -> dict[str, float]:
    """What `generate` finds in some seconds: counts of its record, and seconds of its stages."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "made"
        budget = ("--seconds", str(seconds), "--relax", "0", "--seed", "0")
        where = ("--device", device, "--workers", str(workers), "-o", str(folder))
        program = (sys.executable, "-m", "zeoloom", "generate")
        done = subprocess.run(  # noqa: S603 - this interpreter, this program
            [*program, *budget, *where], capture_output=True, text=True, check=False
        )
        if not (folder / "run.json").exists():
            raise SystemExit(done.stderr)
        outcome = json.loads((folder / "run.json").read_text())["outcome"]
        return {**outcome["counts"], **outcome["seconds"]}


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--seconds", type=float, default=100.0, help="of each run of generate")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 16])
    options = parser.parse_args()
    devices = ["cpu"] if options.device == "cpu" else ["cpu", "cuda"]
    lines = []
    for device in devices:
        rate = evaluations_a_second(torch.device(device), min(options.seconds, 10.0))
        lines.append(f"{device:<8}{'-':>8}{f'{rate:,.0f} evaluations of {TYPE} a second':>46}")
    for device in devices:
        for workers in options.workers:
            found = generated(device, workers, options.seconds)
            rates = [
                3600 * found[name] / options.seconds for name in ("tried", "new_with_good_r_dls")
            ]
            network = found.get("denoise", 0.0) + found.get("anneal", 0.0)
            share = network / max(sum(found.get(each, 0.0) for each in STAGES), 1e-9)
            made = f"{rates[0]:,.0f} crystals, {rates[1]:,.0f} frameworks an hour"
            lines.append(f"{device:<8}{workers:>8}{made:>46}{share:>22.0%}")
    print(f"{'device':<8}{'workers':>8}{'':>46}{'denoising, annealing':>22}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

"""How many samples of a cell and group come out valid, how fast, and what repair adds.

    python benchmarks/crystals.py yield
    python benchmarks/crystals.py repair

`yield`: 80 clouds in the cell and group of each of six types, from noise, no repair; a cloud has as
many points as the type has unique T atoms, or one more. Valid: every atom has four neighbours
within 3.5 Å, whatever their number.

`repair`: one cloud for each known type with up to four unique T atoms (learned or held out),
denoised in its cell and group and repaired; the share that is valid before and after.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import torch

import zeoloom
from zeoloom.diffusion.samplers import ancestral
from zeoloom.run.search_targets import batch_size
from zeoloom.search.annealing import AnnealingPlan, annealing_rounds
from zeoloom.search.candidates import candidate_fingerprint, candidates_from, points_to_atoms
from zeoloom.search.context import Search
from zeoloom.search.denoising import crystals_at, denoise_from_noise, points_present
from zeoloom.search.target import target_of

CODES = ("CHA", "FAU", "AEI", "MEL", "MFI", "SOV")
MOST_UNIQUE = 4


def yields(model: zeoloom.Model, options: argparse.Namespace) -> None:
    """Print a row a type."""
    sampler = partial(ancestral, noise_factor=options.noise_factor)
    print("type  unique T  valid  the type itself  distinct  s a sample")
    for code in ("SOD", *CODES):  # the first one compiles and is not shown
        framework = zeoloom.load_reference()[code]
        unique = len(framework.frac_t)
        both = [target_of(framework, unique + extra) for extra in (0, 1)]
        wanted = candidate_fingerprint(points_to_atoms(framework.frac_t, both[0]))
        search = Search(
            model.network, torch.device("cpu"), torch.Generator().manual_seed(options.seed)
        )
        targets = [both[i % 2] for i in range(options.n)]
        crystal = crystals_at(targets)
        started = time.monotonic()
        points = denoise_from_noise(crystal, sampler, options.steps, search)
        candidates = candidates_from(points, points_present(targets), targets)
        seconds = (time.monotonic() - started) / options.n
        fingerprints = [candidate_fingerprint(each) for each in candidates if each.valid]
        if code != "SOD":
            print(
                f"{code}   {unique:8d}  {len(fingerprints):2d}/{options.n}  "
                f"{fingerprints.count(wanted):15d}  "
                f"{len(set(fingerprints)):8d}  {seconds:10.4f}",
                flush=True,
            )


def repairs(model: zeoloom.Model, options: argparse.Namespace) -> None:
    """Print the shares of valid crystals before and after repair."""
    sampler = partial(ancestral, noise_factor=options.noise_factor)
    search = Search(model.network, torch.device("cpu"), torch.Generator().manual_seed(options.seed))
    known = {*model.record["learned"], *model.record["held_out"]}
    frameworks = [
        framework
        for code, framework in zeoloom.load_reference().items()
        if code in known and len(framework.frac_t) <= MOST_UNIQUE
    ]
    targets = [
        target_of(framework, len(framework.frac_t) + i % 2, index=i)
        for i, framework in enumerate(frameworks)
    ]
    targets.sort(key=lambda target: target.n_points)
    before = after = 0
    started = time.monotonic()
    size = batch_size(MOST_UNIQUE)
    for first in range(0, len(targets), size):
        batch = targets[first : first + size]
        points = denoise_from_noise(crystals_at(batch), sampler, options.steps, search)
        candidates = candidates_from(points, points_present(batch), batch)
        valid = sum(each.valid for each in candidates)
        before += valid
        after += valid
        faulty = [each for each in candidates if not each.valid]
        # one crystal a type: none is dropped
        plan = AnnealingPlan(
            rounds=options.rounds, hot=0.3, cold=0.3, halving_shares=(), resampling_interval=0
        )
        rounds = annealing_rounds(faulty, plan, search)
        after += len({each.target.index for found in rounds for each in found})
    seconds = time.monotonic() - started
    print(
        f"{len(targets)} types with up to {MOST_UNIQUE} unique T: valid {before} at once, {after} "
        f"after up to {options.rounds} rounds of annealing ({after / len(targets):.0%}); "
        f"{seconds:.0f} s"
    )


def main() -> None:
    """Parse and run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("yield", "repair"))
    parser.add_argument("-n", type=int, default=80, help="clouds of each type")
    parser.add_argument("--model", default="crystal")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--noise-factor", type=float, default=0.8)
    parser.add_argument("--rounds", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = zeoloom.load_model(options.model, torch.device("cpu"))
    (yields if options.what == "yield" else repairs)(model, options)


if __name__ == "__main__":
    main()

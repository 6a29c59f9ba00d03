"""How many samples of a cell and group come out valid, how fast, and what repair adds.

    python benchmarks/crystals.py yield
    python benchmarks/crystals.py repair

`yield`: 80 clouds in the cell and group of each of six types, from noise, no repair; a cloud has as
many points as the type has unique T atoms, or one more. Valid: every atom has four neighbours
within 3.5 Å, whatever their number.

`repair`: one cloud for each known type with up to four unique T atoms (learned or held out),
denoised in its cell and group and repaired; the share that is valid before and after. Each batch
has random numbers of its own, so that `--workers` changes nothing but the time.
"""

from __future__ import annotations

import argparse
import time
from functools import cache, partial

import torch

import zeoloom
from at_once import add_workers, done_at_once
from zeoloom.diffusion.samplers import ancestral
from zeoloom.run.batches import batch_generator
from zeoloom.run.preparation import prepare_search
from zeoloom.run.search_targets import batch_size
from zeoloom.search.annealing import AnnealingPlan, annealing_rounds
from zeoloom.search.candidates import candidate_fingerprint, candidates_from, points_to_atoms
from zeoloom.search.context import search_with
from zeoloom.search.denoising import crystals_at, denoise_from_noise, points_present
from zeoloom.search.target import Target, target_of

CODES = ("CHA", "FAU", "AEI", "MEL", "MFI", "SOV")
MOST_UNIQUE = 4


@cache
def _model(name: str) -> zeoloom.Model:
    """A model, when everything it needs is compiled."""
    torch.set_num_threads(1)
    model = zeoloom.load_model(name, torch.device("cpu"))
    prepare_search(model)
    return model


def yields(options: argparse.Namespace) -> None:
    """Print a row a type."""
    print("type  unique T  valid  the type itself  distinct  s a sample")
    for row in done_at_once(yield_row, [(code, options) for code in CODES], options.workers):
        print(row, flush=True)


def yield_row(case: tuple[str, argparse.Namespace]) -> str:
    """The row of a type."""
    code, options = case
    framework = zeoloom.load_reference()[code]
    unique = len(framework.frac_t)
    both = [target_of(framework, unique + extra) for extra in (0, 1)]
    wanted = candidate_fingerprint(points_to_atoms(framework.frac_t, both[0]))
    search = search_with(_model(options.model), torch.Generator().manual_seed(options.seed))
    targets = [both[i % 2] for i in range(options.n)]
    crystal = crystals_at(targets)
    sampler = partial(ancestral, noise_factor=options.noise_factor)
    started = time.monotonic()
    points = denoise_from_noise(crystal, sampler, options.steps, search)
    candidates = candidates_from(points, points_present(targets), targets)
    seconds = (time.monotonic() - started) / options.n
    fingerprints = [candidate_fingerprint(each) for each in candidates if each.valid]
    return (
        f"{code}   {unique:8d}  {len(fingerprints):2d}/{options.n}  "
        f"{fingerprints.count(wanted):15d}  {len(set(fingerprints)):8d}  {seconds:10.4f}"
    )


def repairs(options: argparse.Namespace) -> None:
    """Print the shares of valid crystals before and after repair."""
    started = time.monotonic()
    targets, size = repaired_targets(options.model), batch_size(MOST_UNIQUE)
    cases = [(index, options) for index in range(-(-len(targets) // size))]
    counts = list(done_at_once(repaired_batch, cases, options.workers))
    seconds = time.monotonic() - started
    before, after = (sum(count[i] for count in counts) for i in (0, 1))
    print(
        f"{len(targets)} types with up to {MOST_UNIQUE} unique T: valid {before} at once, {after} "
        f"after up to {options.rounds} rounds of annealing ({after / len(targets):.0%}); "
        f"{seconds:.0f} s"
    )


def repaired_targets(name: str) -> list[Target]:
    """One for each small type that a model knows, those of few points first."""
    model = _model(name)
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
    return sorted(targets, key=lambda target: target.n_points)


def repaired_batch(case: tuple[int, argparse.Namespace]) -> tuple[int, int]:
    """How many of a batch are valid at once, and how many in the end."""
    index, options = case
    size = batch_size(MOST_UNIQUE)
    batch = repaired_targets(options.model)[size * index : size * (index + 1)]
    search = search_with(_model(options.model), batch_generator(options.seed, index))
    sampler = partial(ancestral, noise_factor=options.noise_factor)
    points = denoise_from_noise(crystals_at(batch), sampler, options.steps, search)
    candidates = candidates_from(points, points_present(batch), batch)
    valid = sum(each.valid for each in candidates)
    faulty = [each for each in candidates if not each.valid]
    # one crystal a type: none is dropped
    plan = AnnealingPlan(
        rounds=options.rounds, hot=0.3, cold=0.3, halving_shares=(), resampling_interval=0
    )
    rounds = annealing_rounds(faulty, plan, search)
    return valid, valid + len({each.target.index for found in rounds for each in found})


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
    add_workers(parser)
    options = parser.parse_args()
    (yields if options.what == "yield" else repairs)(options)


if __name__ == "__main__":
    main()

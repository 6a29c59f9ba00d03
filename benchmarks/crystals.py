"""How many samples of a cell and group come out valid, how fast, and what repair adds.

    python benchmarks/crystals.py yield
    python benchmarks/crystals.py repair

`yield`: 80 clouds in the cell and group of each of six types, from noise, no repair; a cloud has as
many points as the type has unique T atoms, or one more. Valid: every atom has four neighbours
within 3.5 Å, whatever their number.

`repair`: one cloud for each known type with up to four unique T atoms (learned or held out), grown
in its cell and group and repaired; the share that is valid before and after.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import torch

import zeoloom
from zeoloom.diffusion.samplers import ancestral
from zeoloom.run.crystal_sites import batch_size
from zeoloom.search.annealing import CrystalRepair, repair_crystals
from zeoloom.search.candidates import crystals_of, fingerprint_of, gathered, grow, harvest, site_of

CODES = ("CHA", "FAU", "AEI", "MEL", "MFI", "SOV")
MOST_UNIQUE = 4


def yields(model: zeoloom.Model, options: argparse.Namespace) -> None:
    """Print a row a type."""
    sampler = partial(ancestral, noise_factor=options.noise_factor)
    print("type  unique T  valid  the type itself  distinct  s a sample")
    for code in ("SOD", *CODES):  # the first one compiles and is not shown
        framework = zeoloom.load_reference()[code]
        unique = len(framework.frac_t)
        both = [site_of(framework, unique + extra) for extra in (0, 1)]
        wanted = fingerprint_of(gathered(framework.frac_t, both[0]))
        generator = torch.Generator().manual_seed(options.seed)
        sites = [both[i % 2] for i in range(options.n)]
        crystal = crystals_of(sites)
        started = time.monotonic()
        x = grow(
            model.network,
            sampler,
            crystal,
            steps=options.steps,
            generator=generator,
            device=torch.device("cpu"),
        )
        assert crystal.present is not None
        grown = harvest(x, crystal.present, sites)
        seconds = (time.monotonic() - started) / options.n
        met = [fingerprint_of(each) for each in grown if each.valid]
        if code != "SOD":
            print(
                f"{code}   {unique:8d}  {len(met):2d}/{options.n}  {met.count(wanted):15d}  "
                f"{len(set(met)):8d}  {seconds:10.4f}",
                flush=True,
            )


def repairs(model: zeoloom.Model, options: argparse.Namespace) -> None:
    """Print the shares of valid crystals before and after repair."""
    sampler = partial(ancestral, noise_factor=options.noise_factor)
    device = torch.device("cpu")
    generator = torch.Generator().manual_seed(options.seed)
    known = {*model.record["learned"], *model.record["held_out"]}
    frameworks = [
        framework
        for code, framework in zeoloom.load_reference().items()
        if code in known and len(framework.frac_t) <= MOST_UNIQUE
    ]
    sites = [
        site_of(framework, len(framework.frac_t) + i % 2) for i, framework in enumerate(frameworks)
    ]
    sites.sort(key=lambda site: site.n_points)
    before = after = 0
    started = time.monotonic()
    size = batch_size(MOST_UNIQUE)
    for first in range(0, len(sites), size):
        batch = sites[first : first + size]
        crystal = crystals_of(batch)
        x = grow(
            model.network,
            sampler,
            crystal,
            steps=options.steps,
            generator=generator,
            device=device,
        )
        assert crystal.present is not None
        grown = harvest(x, crystal.present, batch)
        valid = sum(each.valid for each in grown)
        before += valid
        after += valid
        faulty = [each for each in grown if not each.valid]
        # one crystal a type: none is given up
        plan = CrystalRepair(rounds=options.rounds, hot=0.3, cold=0.3, halvings=(), renewal=0)
        rounds = repair_crystals(model.network, faulty, plan, generator, device)
        after += len({id(grown.site) for made in rounds for grown in made})
    seconds = time.monotonic() - started
    print(
        f"{len(sites)} types with up to {MOST_UNIQUE} unique T: valid {before} at once, {after} "
        f"after up to {options.rounds} rounds of repair ({after / len(sites):.0%}); {seconds:.0f} s"
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

"""Given cell, group, number of T atoms and of unique T atoms: which types are found, how soon.

    python benchmarks/solve.py --list ten
    python benchmarks/solve.py --list time-split --seconds 60

One row a type: seconds until the type itself came out (growing, repairing and telling nets apart;
no refinement), crystals tried by then and valid among them. A search ends with its hit. The lists
are fixed here; nothing is chosen by the time split.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import torch

import zeoloom
from zeoloom.campaign.crystals import batch_size
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.symmetry import expand_orbits
from zeoloom.learn.split import TIME_SPLIT_TEST
from zeoloom.make.crystal_repair import CrystalRepair
from zeoloom.make.crystals import fingerprint_of, framework_of, gathered, site_of
from zeoloom.make.weave import weave
from zeoloom.structure.nets.graph import net_of
from zeoloom.structure.nets.identity import identify

LISTS = {
    "ten": ("CHA", "FAU", "AEI", "MER", "FER", "MOR", "HEU", "TON", "MEL", "MFI"),
    "time-split": TIME_SPLIT_TEST,
}


def search(model: zeoloom.Model, code: str, options: argparse.Namespace) -> tuple[float, int, int]:
    """Look for one type.

    Returns:
        Seconds until it was found (inf if it was not), crystals tried and valid ones among them.
    """
    framework = zeoloom.load_reference()[code]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    unique = len(framework.frac_t)
    sites = [
        site_of(framework, unique + extra, n_t=(n_t, n_t), n_t_unique=(unique, unique))
        for extra in (0, 1)
    ]
    wanted = fingerprint_of(gathered(framework.frac_t, sites[0]))
    generator = torch.Generator().manual_seed(options.seed)
    device = next(model.network.parameters()).device
    size, tried, valid, started = batch_size(unique), 0, 0, time.monotonic()
    while time.monotonic() - started < options.seconds:
        drawn = torch.randint(len(sites), (size,), generator=generator).tolist()
        woven = weave(
            model.network,
            partial(ancestral, noise_factor=options.noise_factor),
            [sites[i] for i in drawn],
            CrystalRepair(rounds=options.repair),
            steps=options.steps,
            generator=generator,
            device=device,
        )
        tried += woven.tried
        valid += len(woven.valid)
        for grown in woven.valid:
            if fingerprint_of(grown) == wanted:
                # the key decides, not the fingerprint
                assert identify(net_of(framework_of(grown, code))) == code
                return time.monotonic() - started, tried, valid
    return float("inf"), tried, valid


def main() -> None:
    """Search for every type of a list and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", default="ten", choices=sorted(LISTS))
    parser.add_argument("--codes", nargs="*", help="types, instead of a list")
    parser.add_argument("--model", default="crystal")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--noise-factor", type=float, default=0.9)
    parser.add_argument("--repair", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = zeoloom.load_model(options.model, torch.device(options.device))
    codes = options.codes or LISTS[options.list]
    search(model, "SOD", argparse.Namespace(**{**vars(options), "seconds": 1.0}))  # compiles
    solved = 0
    for code in codes:
        seconds, tried, valid = search(model, code, options)
        solved += seconds < options.seconds
        unique = len(zeoloom.load_reference()[code].frac_t)
        found = f"{seconds:6.1f} s" if seconds < float("inf") else "  never "
        print(
            f"{code}  unique T {unique:2d}  {found}  tried {tried:5d}  valid {valid:5d}", flush=True
        )
    print(f"{solved} of {len(codes)} found in {options.seconds:g} s, seed {options.seed}")


if __name__ == "__main__":
    main()

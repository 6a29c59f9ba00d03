"""Given cell, group, number of T atoms and of unique T atoms: which types are found, how soon.

    python benchmarks/solve.py --list thirty
    python benchmarks/solve.py --list time-split --seconds 60
    python benchmarks/solve.py --list thirty --seconds 20 --whole
    python benchmarks/solve.py --list held-out --model FOLDER
    python benchmarks/solve.py --model crystal equivariant equivariant:random

One row a type: seconds until the type itself came out (growing, repairing and telling nets apart;
no refinement), crystals tried, valid nets among what was made, how many of them differ, valid nets
a second. A search ends with its hit, or, with `--whole`, with its time. A valid net counts for each
crystal that grew into it, and once for all rounds of repair of a batch: a crystal that stays where
it is does not count again. The lists are fixed here; nothing is chosen by the time split.
`held-out` are the types that the weights have held out: `make cross-validation` trains for every
fifth of the types, and looks for them. With several models each type is looked for by all of them
before the next; `:random` stands for the same network with weights drawn at random. On a machine
that is shared, `--processor` counts seconds of the processor. With `--workers` each type is looked
for in a process of its own.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

import torch

import zeoloom
from at_once import add_workers, done_at_once
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.operations import expand_orbits
from zeoloom.learn.split import TIME_SPLIT_TEST
from zeoloom.network import build_network
from zeoloom.run.crystal_requests import SolveRequest
from zeoloom.run.preparation import prepare_search
from zeoloom.run.search_targets import batch_size
from zeoloom.search.annealing import AnnealingPlan, annealing_rounds
from zeoloom.search.batch_state import BatchState, SearchPlan
from zeoloom.search.candidates import candidate_fingerprint, candidate_framework, points_to_atoms
from zeoloom.search.context import search_with
from zeoloom.search.pipeline import assign_positions, denoise_points, gather_atoms
from zeoloom.search.target import spare_points, target_of
from zeoloom.structure.bonds import net_of
from zeoloom.structure.known_nets import framework_type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zeoloom.search.candidates import Candidate
    from zeoloom.search.context import Search
    from zeoloom.search.target import Target

LISTS: dict[str, tuple[str, ...]] = {
    "ten": ("CHA", "FAU", "AEI", "MER", "FER", "MOR", "HEU", "TON", "MEL", "MFI"),
    # catalysts, sorbents and minerals of the textbooks, by unique T: 1, 2, 3, 4, 5, 6, 7, 8 to 12
    "thirty": (
        *("CHA", "FAU", "LTA", "RHO"),
        *("ERI", "LEV", "LTL"),
        *("AEI", "BEC", "MTN"),
        *("EMT", "FER", "MOR", "TON"),
        *("HEU", "NON", "STF"),
        *("BOG", "ESV"),
        *("CON", "DDR", "MEL", "MTW"),
        *("MWW", "TER", "BEA", "EUO", "OKO", "MFI", "UTL"),
    ),
    "time-split": TIME_SPLIT_TEST,
}
HELD_OUT = "held-out"
RANDOM = ":random"
DEFAULTS = SolveRequest.model_fields


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of looking for one type.

    Attributes:
        first: seconds until it was found; inf if it was not.
        seconds: spent.
        tried: crystals made from noise.
        valid: valid nets, as counted above.
        different: of them.
        hits: of the type itself, counted likewise.
    """

    first: float
    seconds: float
    tried: int
    valid: int
    different: int
    hits: int


def search(model: zeoloom.Model, code: str, options: argparse.Namespace) -> Outcome:
    """Look for one type in its own cell."""
    framework = zeoloom.load_reference()[code]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    unique = len(framework.frac_t)
    targets = [
        target_of(framework, unique + extra, n_t=(n_t, n_t), n_t_unique=(unique, unique))
        for extra in range(1 + spare_points(unique))
    ]
    wanted = candidate_fingerprint(points_to_atoms(framework.frac_t, targets[0]))
    finder = search_with(model, torch.Generator().manual_seed(options.seed))
    plan = SearchPlan(
        partial(ancestral, noise_factor=options.noise_factor),
        options.steps,
        AnnealingPlan(rounds=options.repair, walk=options.walk),
    )
    tried = valid = hits = 0
    first = math.inf
    nets: set[str] = set()
    clock = time.process_time if options.processor else time.monotonic
    started = clock()

    def spent() -> float:
        return clock() - started

    def done() -> bool:
        return spent() > options.seconds or (hits > 0 and not options.whole)

    while not done():
        drawn = torch.randint(
            len(targets), (batch_size(unique, model),), generator=finder.rng
        ).tolist()
        tried += len(drawn)
        met: set[str] = set()
        for number, made in enumerate(_rounds([targets[i] for i in drawn], finder, plan)):
            names = [candidate_fingerprint(candidate) for candidate in made]
            fresh = names if number == 0 else sorted(set(names) - met)
            met.update(fresh)
            valid += len(fresh)
            hits += fresh.count(wanted)
            if wanted in fresh and first == math.inf:
                first = spent()
                found = candidate_framework(made[names.index(wanted)], code)
                assert (
                    framework_type_of(net_of(found)) == code
                )  # the key decides, not the fingerprint
            if done():
                break
        nets |= met
    return Outcome(first, spent(), tried, valid, len(nets), hits)


def _rounds(targets: list[Target], search: Search, plan: SearchPlan) -> Iterator[list[Candidate]]:
    """The valid candidates of a batch: before annealing, and after each round of it."""
    batch = BatchState(tuple(targets))
    for stage in (assign_positions, denoise_points, gather_atoms):
        batch = stage(batch, search, plan)
    yield list(batch.valid)
    yield from annealing_rounds(batch.candidates, plan.annealing, search)


def main() -> None:
    """Search for every type of a list and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", default="ten", choices=sorted({*LISTS, HELD_OUT}))
    parser.add_argument("--codes", nargs="*", help="types, instead of a list")
    parser.add_argument("--model", nargs="+", default=["crystal"])
    parser.add_argument("--processor", action="store_true", help="seconds of the processor")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--whole", action="store_true", help="go on after the first hit")
    parser.add_argument("--steps", type=int, default=DEFAULTS["steps"].default)
    parser.add_argument("--noise-factor", type=float, default=DEFAULTS["noise_factor"].default)
    parser.add_argument("--repair", type=int, default=DEFAULTS["repair"].default)
    parser.add_argument("--walk", type=int, default=DEFAULTS["walk"].default)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    add_workers(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    held_out = [
        code for name in options.model for code in _model(name, options.device).record["held_out"]
    ]
    codes = options.codes or (held_out if options.list == HELD_OUT else LISTS[options.list])
    if not codes:
        parser.error("the weights have held out no type; give others, or --codes")
    if unknown := sorted({*codes} - {*zeoloom.load_reference()}):
        parser.error(f"not framework types of the bundled reference: {' '.join(unknown)}")
    print("type  unique T  found after    tried   valid  different  valid a second  hits  model")
    solved = dict.fromkeys(options.model, 0)
    cases = [(code, name, options) for code in codes for name in options.model]
    outcomes = done_at_once(search_case, cases, options.workers)
    for (code, name, _), result in zip(cases, outcomes, strict=True):
        solved[name] += result.first < math.inf
        print(f"{_row(code, result)}  {name}", flush=True)
    for name, number in solved.items():
        print(
            f"{number} of {len(codes)} found in {options.seconds:g} s, seed {options.seed}, {name}"
        )


def search_case(case: tuple[str, str, argparse.Namespace]) -> Outcome:
    """Look for a type with the model of a name."""
    code, name, options = case
    torch.set_num_threads(options.threads)
    return search(_model(name, options.device), code, options)


@cache
def _model(name: str, device: str) -> zeoloom.Model:
    """A model by its name, or with weights drawn at random; everything it needs is compiled."""
    model = zeoloom.load_model(name.removesuffix(RANDOM), torch.device(device))
    prepare_search(model)
    if not name.endswith(RANDOM):
        return model
    network = build_network(model.config.network, torch.Generator().manual_seed(0))
    return replace(
        model, network=network.to(torch.device(device)).eval().requires_grad_(requires_grad=False)
    )


def _row(code: str, result: Outcome) -> str:
    unique = len(zeoloom.load_reference()[code].frac_t)
    found = f"{result.first:7.1f} s" if result.first < math.inf else "   never "
    return (
        f"{code}   {unique:8d}    {found}  {result.tried:7d} {result.valid:7d}"
        f"  {result.different:9d}  {result.valid / result.seconds:14.2f}  {result.hits:4d}"
    )


if __name__ == "__main__":
    main()

"""Does a measured pattern help to find a framework? Guided by it, ranked by it, and without one.

    python benchmarks/guide.py --codes MFI EUO EEI --seconds 60 --seeds 0 1 2
    python benchmarks/guide.py --list thirty --uses guided ranked

Cell, group and number of T atoms are given, and a simulated pattern: atoms shifted by 0.05 Å, a
fifth Al, 20 % of the electrons in guests, noise of 10 %, texture 0.8, lines 0.15 degrees wide. All
uses are tried in one run, with the same seeds. A row says after how many seconds the batch was done
that found the type, its place among what was found, and how many batches there were; with `--stop`
a search ends there, and the place is not known. Seconds are those of the clock: on a busy machine a
clock of the processor's time is fairer.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

import zeoloom
from at_once import add_workers, done_at_once
from solve import LISTS
from zeoloom.diffraction.reflection_records import save_reflections
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import expand_orbits
from zeoloom.run.batches import STEP
from zeoloom.run.folder import JOURNAL
from zeoloom.run.journal import Journal

USES = ("guided", "ranked", "none")
"""What a pattern is for: it guides the search and ranks, it only ranks, or there is none."""

MEASURED = Difficulty(guests=0.2, texture=0.8)


@dataclass(frozen=True, slots=True)
class Case:
    """A search for one type.

    Attributes:
        code: of the type.
        use: what the pattern is for.
        seconds: of the search.
        seed: of the search and of the pattern.
        stop: whether it ends with the batch that finds the type.
    """

    code: str
    use: str
    seconds: float
    seed: int
    stop: bool = False


class _FoundError(Exception):
    """The type is found, and nothing more is wanted."""


@dataclass(frozen=True, slots=True)
class Hit:
    """What became of a search for one type.

    Attributes:
        place: of the type among what was found; 0 if it was not, or not looked at.
        after: seconds until the batch was done that found it.
        batches: that were made.
        sure: how sure it is that the first is right.
    """

    place: int
    after: float
    batches: int
    sure: str


@cache
def _model() -> zeoloom.Model:
    torch.set_num_threads(1)
    return zeoloom.load_model("crystal", torch.device("cpu"))


def hit_of(case: Case) -> Hit:
    """Whether and when a type is found in its own cell, group and number of atoms."""
    framework = zeoloom.load_reference()[case.code]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    with tempfile.TemporaryDirectory() as folder:
        pattern, run = Path(folder) / "pattern", Path(folder) / "run"
        save_reflections(pattern, simulated(framework, MEASURED, np.random.default_rng(case.seed)))
        asked: dict[str, object] = {
            "cell": " ".join(f"{x:.5f}" for x in parameters_from_cell(framework.cell)),
            "space_group": framework.space_group_symbol,
            "atoms": n_t,
            "seconds": case.seconds,
            "relax": 0,
            "seed": case.seed,
        }
        if case.use != "none":
            asked |= {"pattern": pattern, "guide": case.use == "guided"}
        request = zeoloom.parse_request(zeoloom.SolveRequest, asked)
        generator = torch.Generator().manual_seed(case.seed)
        batches: list[dict[str, Any]] = []

        def note(*_: object) -> None:
            """Read the journal, which is deleted at the end."""
            journal = Journal(run / JOURNAL)
            batches[:] = [journal.result(STEP, name) for name in journal.names(STEP)]
            if case.stop and times_of(case.code, batches):
                raise _FoundError

        try:
            made = zeoloom.make_frameworks(
                request, _model(), run, generator=generator, on_progress=note
            )
        except _FoundError:
            return Hit(0, times_of(case.code, batches)[0], len(batches), "")
    places = [k for k, each in enumerate(made.judgements) if each.framework_type == case.code]
    place = places[0] + 1 if places else 0
    after = min(times_of(case.code, batches), default=math.inf)
    return Hit(place, after, len(batches), str(made.confidence or ""))


def times_of(code: str, batches: list[dict[str, Any]]) -> list[float]:
    """Seconds after which batches were done that found a type."""
    return [
        batch["elapsed"]
        for batch in batches
        if any(each["name"] == code for each in batch["judgements"].values())
    ]


def main() -> None:
    """Search for every type in every use and count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", choices=LISTS, default="thirty")
    parser.add_argument("--codes", nargs="+", help="framework types in place of a list")
    parser.add_argument("--uses", nargs="+", choices=USES, default=USES)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--stop", action="store_true", help="end a search with its hit")
    add_workers(parser)
    options = parser.parse_args()
    codes = options.codes or LISTS[options.list]
    cases = [
        Case(code, use, options.seconds, seed, options.stop)
        for seed in options.seeds
        for code in codes
        for use in options.uses
    ]
    hit_of(Case("SOD", "guided", 1.0, 0))  # compiles
    hits: dict[str, list[Hit]] = {use: [] for use in options.uses}
    for case, hit in zip(cases, done_at_once(hit_of, cases, options.workers), strict=True):
        hits[case.use].append(hit)
        place = f", place {hit.place}" if hit.place else ""
        when = f"after {hit.after:.1f} s{place}" if hit.after < math.inf else "never"
        print(
            f"{case.code}  seed {case.seed}  {case.use:6s}  {when:24s}  {hit.batches} batches  "
            f"{hit.sure}",
            flush=True,
        )
    for use, made in hits.items():
        found = [hit.after for hit in made if hit.after < math.inf]
        median = f"{statistics.median(found):.1f} s" if found else "-"
        first = "" if options.stop else f", {sum(hit.place == 1 for hit in made)} of them first"
        print(f"{use}: {len(found)} of {len(made)} found{first}, median {median}", flush=True)


if __name__ == "__main__":
    # cases are of the classes of a module that other processes can import
    import guide

    guide.main()

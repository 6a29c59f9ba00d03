"""Solving from diffraction data: real patterns, and simulated ones.

    python benchmarks/diffraction.py real --data FOLDER --seconds 60
    python benchmarks/diffraction.py simulated --list time-split --types 8 --seconds 30 --seeds 0 1

`real` solves the measured patterns of a folder, cell and group given, and those that are no
zeolites, or are given a wrong group. `simulated` searches each type once, and ranks what was found
against patterns of rising difficulty, one of each kind for each seed: the place of the type's own
net among them, which is put in where the search has not found it. Whether a pattern helps to find a
type is asked by `benchmarks/guide.py`. How often the words are right is printed and drawn by
`scripts/build_confidence.py POOLS --print-only --figure FILE`. With `--workers` the searches have a
process each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

import zeoloom
from at_once import add_workers, done_at_once
from solve import LISTS
from solving_pools import Pool, pools_of
from zeoloom.diffraction.correlation import merit_of
from zeoloom.diffraction.measurement import measurement_of
from zeoloom.diffraction.simulation import Difficulty, simulated
from zeoloom.errors import InputError
from zeoloom.geometry.operations import identity_first
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.judge.given_cell import refined_as_given
from zeoloom.judge.verdict import judge_net


@dataclass(frozen=True, slots=True)
class Case:
    """A measured pattern, and what is asked of it.

    Attributes:
        file: in the folder of the data.
        answer: framework type; empty if no zeolite is right.
        asked: fields of the request.
        scan: start and step of counts without angles.
    """

    file: str
    answer: str
    asked: dict[str, object]
    scan: tuple[float, float] | None = None


Place = tuple[int, int]
"""Of a net, by E2 and strain together and by E2 alone."""

CU = {"wavelength": "CuKa"}

REAL = (
    Case("rockjock_chabazite.xy", "CHA", {"cell": "13.726 14.819", "space_group": "R-3m", **CU}),
    Case("rockjock_analcime.xy", "ANA", {"cell": "13.674", "space_group": "Ia-3d", **CU}),
    Case("rockjock_mordenite.xy", "MOR", {"cell": "18.05 20.43 7.51", "space_group": "Cmcm", **CU}),
    Case("focus_doh.inp", "DOH", {}),
    Case(
        "nu3_lev_peakfind_scandata.dat",
        "LEV",
        {"cell": "13.247 22.331", "space_group": "R-3m", "wavelength": "CuKa1"},
        (8.0, 0.01),
    ),
    Case("rockjock_prehnite.xy", "", {"cell": "4.646 5.491 18.486", "space_group": "Pncm", **CU}),
    Case("rockjock_quartz.xy", "", {"cell": "4.913 5.405", "space_group": "P3221", **CU}),
    Case("rockjock_cristobalite.xy", "", {"cell": "4.973 6.924", "space_group": "P41212", **CU}),
    Case("rockjock_chabazite.xy", "", {"cell": "13.726 14.819", "space_group": "P6/mmm", **CU}),
    Case("rockjock_mordenite.xy", "", {"cell": "18.05 20.43 7.51", "space_group": "Pnma", **CU}),
)
"""The last ones are no zeolites, or have a wrong group."""

DIFFICULTIES = {
    "shift 0.05": Difficulty(shift=0.05, first=10.0),
    "shift 0.1": Difficulty(shift=0.1, first=10.0),
    "guests 20 %": Difficulty(guests=0.2, first=10.0),
    "guests 40 %": Difficulty(guests=0.4, first=10.0),
    "texture 0.8": Difficulty(texture=0.8, first=10.0),
    "FWHM 0.2": Difficulty(fwhm=0.2, first=10.0),
    "5 foreign lines": Difficulty(foreign=5, first=10.0),
    "all": Difficulty(shift=0.1, guests=0.4, texture=0.8, fwhm=0.2, first=10.0),
}


@cache
def _model() -> zeoloom.Model:
    torch.set_num_threads(1)
    return zeoloom.load_model("crystal", torch.device("cpu"))


def solve_real(given: tuple[Case, argparse.Namespace, int]) -> str:
    """Solve one measured pattern; its row."""
    case, options, seed = given
    model = _model()
    asked: dict[str, object] = {"relax": 0, "seconds": options.seconds, "seed": seed}
    asked |= case.asked | {"pattern": options.data / case.file}
    name = f"{case.file:32s} {case.asked.get('space_group', ''):8s}"
    with tempfile.TemporaryDirectory() as folder:
        if case.scan is not None:
            kept = {key: case.asked[key] for key in ("cell", "space_group", "wavelength")}
            fit = zeoloom.parse_request(
                zeoloom.PatternRequest,
                {"file": options.data / case.file, "scan": case.scan, **kept},
            )
            zeoloom.fit_measured_pattern(fit, Path(folder) / "pattern")
            asked["pattern"] = Path(folder) / "pattern"
            for key in ("cell", "wavelength"):
                asked.pop(key, None)
        request = zeoloom.parse_request(zeoloom.SolveRequest, asked)
        generator = torch.Generator().manual_seed(seed)
        try:
            made = zeoloom.make_frameworks(
                request, model, Path(folder) / "run", generator=generator
            )
        except InputError as error:
            return f"{name}  refused: {error}"
    ranks = {each.framework_type: k + 1 for k, each in reversed([*enumerate(made.judgements)])}
    place = f"{case.answer} {ranks.get(case.answer, 'not found')}" if case.answer else "none right"
    return f"{name}  {place:14s}  {made.confidence}"


def rank_in_pool(pool: Pool, difficulty: Difficulty, rng: np.random.Generator) -> Place:
    """Places of the type's own net for one pattern: by E2 and strain together, and by E2 alone."""
    operations = identity_first(operations_of_hall_number(pool.hall_number))
    measured = measurement_of(simulated(pool.framework, difficulty, rng), operations)
    values = {name: measured.e2_of(each) for name, (each, _) in pool.found.items()}
    merits = {name: merit_of(values[name], strain) for name, (_, strain) in pool.found.items()}
    own = pool.fingerprint
    return (
        1 + sum(value > merits[own] for value in merits.values()),
        1 + sum(value > values[own] for value in values.values()),
    )


def rank_type(given: tuple[str, argparse.Namespace]) -> tuple[str, bool, list[list[Place]]]:
    """Search a type, and rank its own net for patterns of each kind.

    Returns:
        A line; whether the search has found the net; its places for each seed, in the order of
        `DIFFICULTIES`, by E2 and strain together and by E2 alone.
    """
    code, options = given
    rng = np.random.default_rng(options.seeds[0])
    (pool,) = pools_of(code, _model(), options.seconds, rng, wrong=False) or [None]
    if pool is None:
        return f"{code}: no search", False, []
    found = pool.fingerprint in pool.found
    if not found:
        own = refined_as_given(judge_net(pool.framework))
        if own.given is None:
            return f"{code} of {len(pool.found)} nets: its own cannot be refined", False, []
        pool.found[pool.fingerprint] = (own.given, own.r_dls_cell or 0.0)
    places = []
    for seed in options.seeds:
        rng = np.random.default_rng(seed)
        places.append([rank_in_pool(pool, each, rng) for each in DIFFICULTIES.values()])
    texts = [
        f"{name} "
        + " ".join(f"{both}" + (f" ({e2} by E2)" if e2 != both else "") for both, e2 in k)
        for name, k in zip(DIFFICULTIES, zip(*places, strict=True), strict=True)
    ]
    about = f"{code} of {len(pool.found)} nets{'' if found else ', not met'}"
    return f"{about}: {', '.join(texts)}", found, places


def rank_simulated(options: argparse.Namespace) -> None:
    """Search each type once, and print the place of its own net for patterns of each kind."""
    firsts, met = [], []
    asked = [(code, options) for code in chosen_types(options)]
    for row, found, places in done_at_once(rank_type, asked, options.workers):
        print(row, flush=True)
        firsts += [[(both == 1, e2 == 1) for both, e2 in each] for each in places]
        met += [found] * len(places)
    table = np.array(firsts, dtype=bool).reshape(-1, len(DIFFICULTIES), 2)
    among = table[np.array(met, dtype=bool), :, 0]
    shares = ", ".join(
        f"{name} {both} ({e2})"
        for name, (both, e2) in zip(DIFFICULTIES, table.sum(axis=0).tolist(), strict=True)
    )
    print(f"first of {len(table)} patterns (by E2 alone): {shares}")
    print(f"of types found by the search: first in {int(among.sum())} of {among.size}")


def chosen_types(options: argparse.Namespace) -> list[str]:
    """The types named, or those of the list, or as many of it as are wanted, evenly spaced."""
    codes = list(options.codes or LISTS[options.list])
    if options.types is None or options.types >= len(codes):
        return codes
    return [codes[len(codes) * k // options.types] for k in range(options.types)]


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("real", "simulated"))
    parser.add_argument("--data", type=Path, help="folder of the measured patterns")
    parser.add_argument("--list", choices=LISTS, default="thirty")
    parser.add_argument("--codes", nargs="+", help="framework types in place of a list")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--types", type=int, help="so many of the list, evenly spaced")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", help="files whose names begin so")
    add_workers(parser)
    options = parser.parse_args()
    if options.seconds <= 0 or (options.types is not None and options.types < 1):
        parser.error("--seconds and --types must be above 0")
    began = time.monotonic()
    if options.what == "real":
        if options.data is None:
            parser.error("give the folder of the measured patterns with --data")
        chosen = [case for case in REAL if case.file.startswith(options.only or "")]
        asked = [(case, options, seed) for case in chosen for seed in options.seeds]
        for row in done_at_once(solve_real, asked, options.workers):
            print(row, flush=True)
    else:
        rank_simulated(options)
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    # cases are of the classes of a module that other processes can import
    import diffraction

    diffraction.main()

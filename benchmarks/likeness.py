"""Where do types approved later rank by likeness among new frameworks, which they have not shaped?

    python benchmarks/discover.py --hours 0.2 --only shipped --folder found
    python benchmarks/likeness.py found/shipped-0
    python benchmarks/likeness.py found/shipped-0 --relax 100

The shipped likeness was calibrated on the types outside the time split and on other new frameworks.
Types and new frameworks are refined alike, from one start, as `generate` refines what it ranks; so
the calibration cannot see who refined them. Printed are the area under the curve and the share of
the later types that lie in the first tenth: among all new frameworks with R_DLS of at most 0.006,
and of each type among those of like size, 0.7 to 1.4 times as many unique T atoms; with intervals
that hold 95 % of draws of as many types. With `--relax` so many frameworks drawn at random and the
types are relaxed too, as the best of a run are: feasible ones are ranked by their likeness with
energies and local distances, against the types with theirs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.judge.properties import with_likeness, with_relaxation
from zeoloom.judge.verdict import identified, judge_net, refined
from zeoloom.learn.split import TIME_SPLIT_TEST
from zeoloom.run.journal import Journal
from zeoloom.run.judgement_json import judgement_from_json
from zeoloom.silica.energy import relax_many
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.judge.judgement import Judgement

LIKE_SIZE = (0.7, 1.4)
"""Times the unique T atoms of a type, that a framework of like size has."""

FEWEST_ALIKE = 50
"""Frameworks of like size, with fewer of which a type is not ranked."""

DRAWS = 4000


def later_types() -> list[Judgement]:
    """The types of the time split, refined and judged as new frameworks are."""
    types = [judge_net(load_reference()[code]) for code in TIME_SPLIT_TEST]
    return [with_likeness(identified(refined(each, starts=1))) for each in types]


def new_frameworks(folders: list[Path], max_r_dls: float) -> list[Judgement]:
    """The new frameworks of some searches, each net once."""
    found: dict[str, Judgement] = {}
    for folder in folders:
        journal = Journal(folder / "journal.jsonl")
        for name in journal.names("batch"):
            for values in journal.result("batch", name)["judgements"].values():
                each = judgement_from_json(values)
                built = each.framework is not None and (each.r_dls or 1.0) <= max_r_dls
                if each.new and built and each.rings:
                    found.setdefault(each.key, with_likeness(each))
    return list(found.values())


def ranks(types: list[Judgement], nets: list[Judgement], *, alike: bool) -> np.ndarray:
    """(k,) of each type the share of frameworks that are less like made ones; nan for too few."""
    likeness = np.array([each.likeness for each in nets], dtype=np.float64)
    sizes = np.array([each.n_t_unique for each in nets])
    shares = []
    for each in types:
        low, high = (factor * each.n_t_unique for factor in LIKE_SIZE)
        among = likeness[(sizes >= low) & (sizes <= high)] if alike else likeness
        below = (among < each.likeness) + 0.5 * (among == each.likeness)
        shares.append(below.mean() if len(among) >= FEWEST_ALIKE else np.nan)
    return np.array(shares)


def show(title: str, types: list[Judgement], shares: np.ndarray, rng: np.random.Generator) -> None:
    """Print the area under the curve, and how many types lie in the first tenth."""
    known = shares[~np.isnan(shares)]
    drawn = rng.choice(known, size=(DRAWS, len(known)))
    area = " to ".join(f"{x:.3f}" for x in np.percentile(drawn.mean(axis=1), [2.5, 97.5]))
    first = " to ".join(f"{x:.0%}" for x in np.percentile((drawn > 0.9).mean(axis=1), [2.5, 97.5]))
    print(
        f"{title}: area under the curve {known.mean():.3f} ({area}), "
        f"{(known > 0.9).sum()} of {len(known)} in the first tenth ({first})"
    )
    order = np.argsort(-np.nan_to_num(shares, nan=-1.0))
    print("  " + " ".join(f"{types[i].framework_type} {shares[i]:.2f}" for i in order))


def relaxed(judgements: list[Judgement], seconds: float, workers: int) -> list[Judgement]:
    """Those that are feasible, with energies, local distances and the likeness they have then."""
    frameworks = [each.framework for each in judgements if each.framework is not None]
    results = relax_many(frameworks, seconds=seconds, workers=workers, seed=0)
    print(f"relaxed {len(results)} in {sum(each.seconds for each in results):.0f} s")
    found = [with_relaxation(*pair) for pair in zip(judgements, results, strict=True)]
    return [each for each in found if each.feasible]


def main() -> None:
    """Rank the types."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("found", type=Path, nargs="+", help="folders of searches of discover.py")
    parser.add_argument("--max-r-dls", type=float, default=0.006)
    parser.add_argument("--relax", type=int, default=0, help="frameworks that are relaxed")
    parser.add_argument("--seconds-each", type=float, default=60.0, help="of each relaxation")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(options.seed)
    types, nets = later_types(), new_frameworks(options.found, options.max_r_dls)
    print(f"{len(types)} types approved later, {len(nets)} new frameworks")
    show("among all", types, ranks(types, nets, alike=False), rng)
    show("of like size", types, ranks(types, nets, alike=True), rng)
    if options.relax:
        drawn = rng.permutation(len(nets))[: options.relax]
        nets = relaxed([nets[i] for i in drawn], options.seconds_each, options.workers)
        unrelaxed = {each.framework_type for each in types}
        types = relaxed(types, options.seconds_each, options.workers)
        print(f"feasible: {len(nets)} new frameworks, {len(types)} of {len(unrelaxed)} types")
        show("relaxed, among all", types, ranks(types, nets, alike=False), rng)


if __name__ == "__main__":
    main()

"""Which known types does `generate` come by from nothing, and what does the learned part bring?

    python benchmarks/discover.py --hours 2 --workers 2
    python benchmarks/discover.py --hours 0.1 --seeds 0 1 2 --only shipped random
    python benchmarks/discover.py --hours 0.2 --folder found    # again, to go on, or to read it

Three searches with the same cells and groups to draw from, one after the other: with the shipped
weights; with weights drawn at random, of the same spread; and with a network that leaves all points
where they are, so that assignment and walks do everything. The weights never saw the types of the
time split, and lend no cells of theirs. Printed are, for each: types approved later that came out
(of the 20 of the time split, and of those that are known by their key alone), with core-minutes to
the first; types learned from; families, also by unique T atoms; those worth looking at, which have
rings of 8 to 24 T atoms, none of 3, and the likeness of all but the least tenth of the types, both
without energies; space groups; and, of families drawn at random, windows and energies beside those
of the known types. `--hours` is of core time for each search, summed over the stages of all
batches, so that other work on the machine counts; run it on a quiet one, or by
`benchmarks/cpu_seconds.py`. With `--folder` a search that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import zeoloom
from zeoloom.judge.judgement import Judgement, family_of
from zeoloom.judge.properties import with_spheres
from zeoloom.learn.checkpoint import save_weights
from zeoloom.learn.split import TIME_SPLIT_TEST
from zeoloom.report.report_statistics import reference_types
from zeoloom.run.database import Store
from zeoloom.run.findings import is_good
from zeoloom.run.journal import Journal
from zeoloom.run.judgement_json import judgement_from_json
from zeoloom.run.preparation import prepare_search
from zeoloom.run.progress import no_notice, silent
from zeoloom.run.search_batches import search_batches
from zeoloom.silica.energy import relax_many
from zeoloom.silica.pool import ThisProcess
from zeoloom.silica.processes import Workers
from zeoloom.structure.known_nets import known_nets
from zeoloom.structure.own_nets import NO_OWN

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("shipped", "random", "still")
SIZES = ((1, 4), (5, 8), (9, 16))

LEAST_LIKENESS = 0.29
"""Of nine in ten of the types outside the time split, refined as new frameworks are, their energies
left out (`scripts/build_likeness.py`)."""

WINDOWS = ("none", "8", "10", "12", "other to 12", "13 and more")
"""Classes of the largest ring through which a channel runs."""

MANY_UNIQUE = 8
"""Unique T atoms from which on a framework has many."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one search has found.

    Attributes:
        minutes: of core time.
        tried: crystals.
        types: core-minutes after which each known type came out first.
        best: of each family of new frameworks one.
    """

    minutes: float
    tried: int
    types: dict[str, float]
    best: dict[str, Judgement]


def weights_of(kind: str, model: zeoloom.Model, folder: Path, seed: int) -> str:
    """Where the weights of a kind of search are: shipped, or written into a folder."""
    if kind == "shipped":
        return "crystal"
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, tensor in model.network.state_dict().items():
        drawn = torch.zeros_like(tensor)
        if kind == "random" and tensor.is_floating_point() and tensor.numel() > 1:
            drawn = torch.randn(tensor.shape, generator=generator).to(tensor) * tensor.std()
        weights[name] = drawn
    path = folder / f"{kind}.safetensors"
    save_weights(path, weights, model.record)
    return str(path)


def discover(
    request: zeoloom.GenerateRequest, workers: int, folder: Path, most: float
) -> Discovery:
    """Search for a time, and tell what came out in so many core-minutes of it."""
    model = zeoloom.load_model(request.model, torch.device("cpu"))
    prepare_search(model, no_notice)
    journal = Journal(folder / "journal.jsonl")
    with Workers(workers) as pool:
        search_batches(
            request,
            model,
            journal,
            pool if workers > 1 else ThisProcess(),
            request.seed,
            NO_OWN,
            Store(None),
            silent,
            no_notice,
        )
    return found_in(journal, request, most)


def found_in(journal: Journal, request: zeoloom.GenerateRequest, most: float) -> Discovery:
    """What came out in so many core-minutes of a search, by its journal."""
    minutes, tried = 0.0, 0
    types: dict[str, float] = {}
    best: dict[str, Judgement] = {}
    for name in sorted(journal.names("batch"), key=int):
        batch = journal.result("batch", name)
        if minutes >= most:
            break
        minutes += sum(batch["seconds"].values()) / 60.0
        tried += batch["tried"]
        for values in batch["judgements"].values():
            judgement = judgement_from_json(values)
            if judgement.valid and judgement.known_name in known_nets():
                types.setdefault(judgement.known_name, minutes)
            if is_good(request, judgement):
                best.setdefault(family_of(judgement), judgement)
    return Discovery(minutes, tried, types, best)


def show(kind: str, seed: int, found: Discovery, learned: frozenset[str]) -> None:
    """Print what a search has found."""
    by_key = {
        name
        for name, net in known_nets().items()
        if net.kind == "zeolite" and name not in zeoloom.load_reference()
    }
    print(f"{kind}, seed {seed}: {found.minutes:.1f} core-minutes, {found.tried} crystals")
    for title, codes in (
        ("approved later", set(TIME_SPLIT_TEST)),
        ("later, by key alone", by_key),
    ):
        names = sorted(codes & found.types.keys(), key=found.types.__getitem__)
        listed = ", ".join(f"{name} {found.types[name]:.1f} min" for name in names)
        print(f"  {title:<22}{len(names):>4} of {len(codes)}: {listed}")
    print(f"  {'learned from':<22}{len(learned & found.types.keys()):>4} of {len(learned)}")
    best = list(found.best.values())
    made = [each for each in best if has_wide_rings(each)]
    worth = [each for each in made if (each.likeness or 0.0) >= LEAST_LIKENESS]
    groups = Counter(each.framework.space_group_symbol for each in best if each.framework)
    per_hour = 60.0 / max(found.minutes, 1e-9)
    print(f"  {'families':<22}{len(best):>4}, {len(best) * per_hour:.0f} per core-hour")
    print(
        f"  {'8-24 rings, no 3-ring':<22}{len(made):>4}, {len(made) * per_hour:.0f} per core-hour"
    )
    print(
        f"  {'of these, like made':<22}{len(worth):>4}, {len(worth) * per_hour:.0f} per core-hour"
    )
    sizes = (
        f"{low}-{high}: {sum(low <= each.n_t_unique <= high for each in best)}"
        for low, high in SIZES
    )
    many = sum(each.n_t_unique >= MANY_UNIQUE for each in best) / max(len(best), 1)
    print(f"  {'by unique T atoms':<22}{', '.join(sizes)}; {many:.0%} have {MANY_UNIQUE} or more")
    first = ", ".join(f"{name} {n / len(best):.0%}" for name, n in groups.most_common(3))
    print(f"  {'space groups':<22}{len(groups):>4}: {first}")
    densities = [each.density for each in best if each.density is not None]
    if densities:
        quartiles = " / ".join(f"{q:.1f}" for q in np.percentile(densities, [25, 50, 75]))
        print(f"  {'density, quartiles':<22}{quartiles}")


def show_measured(found: Discovery, number: int, seed: int, seconds: float) -> None:
    """Measure some families, and print their windows and energies beside those of known types."""
    rng = np.random.default_rng(seed)
    best = list(found.best.values())
    drawn = [best[i] for i in rng.permutation(len(best))[:number]]
    frameworks = [each.framework for each in drawn if each.framework is not None]
    energies = [each.energy_kj_mol for each in relax_many(frameworks, seconds=seconds)]
    types = {
        code: each
        for code, each in reference_types().items()
        if not zeoloom.load_reference()[code].flag
    }
    for title, windows, values in (
        ("families", [with_spheres(each).window for each in drawn], energies),
        ("types", *types_measured(types, number, rng)),
    ):
        sizes = Counter(window_class(each or 0) for each in windows)
        shares = ", ".join(f"{name} {sizes[name] / len(windows):.0%}" for name in WINDOWS)
        print(f"  {'windows of ' + title:<22}{len(windows):>4}: {shares}")
        known = np.array([each for each in values if each is not None and np.isfinite(each)])
        quartiles = " / ".join(f"{q:.1f}" for q in np.percentile(known, [25, 50, 75]))
        print(
            f"  {'energies of ' + title:<22}{len(known):>4}: {quartiles} kJ/mol; "
            f"{(known <= 16.0).mean():.0%} at most 16, {(known <= 30.0).mean():.0%} at most 30"
        )


def types_measured(
    types: Mapping[str, Mapping[str, Any]], number: int, rng: np.random.Generator
) -> tuple[list[int | None], list[float | None]]:
    """Windows of some framework types, and energies of all."""
    codes = sorted(types)
    drawn = [codes[i] for i in rng.permutation(len(codes))[:number]]
    known = [zeoloom.load_reference()[code] for code in drawn]
    judgements = [Judgement(each.name, valid=True, framework=each) for each in known]
    return [with_spheres(each).window for each in judgements], [
        each.get("energy_kj_mol") for each in types.values()
    ]


def window_class(size: int) -> str:
    """Which of `WINDOWS` a ring of so many T atoms is."""
    if size in {0, 8, 10, 12}:
        return str(size) if size else "none"
    return "other to 12" if size < 12 else "13 and more"


def has_wide_rings(judgement: Judgement) -> bool:
    """Whether its smallest rings are of 8 to 24 T atoms somewhere, and nowhere of 3."""
    return 3 not in judgement.rings and any(8 <= size <= 24 for size in judgement.rings)


def main() -> None:
    """Search with each kind of weights, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=0.1, help="of core time, for each search")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--unique-atoms", default="1-12")
    parser.add_argument("--cells", default="mixed")
    parser.add_argument("--repair", type=int, help="rounds, other than `generate` has")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--folder", type=Path, help="where the searches are kept")
    parser.add_argument("--measure", type=int, default=100, help="families whose energy is taken")
    options = parser.parse_args()
    torch.set_num_threads(1)
    shipped = zeoloom.load_model("crystal", torch.device("cpu"))
    learned = frozenset(shipped.record["learned"])
    for seed in options.seeds:
        for kind in options.only:
            with tempfile.TemporaryDirectory() as scratch:
                folder = (options.folder or Path(scratch)) / f"{kind}-{seed}"
                folder.mkdir(parents=True, exist_ok=True)
                request = zeoloom.parse_request(
                    zeoloom.GenerateRequest,
                    {
                        "model": weights_of(kind, shipped, folder, seed),
                        "seconds": 3600.0 * options.hours / options.workers,
                        "unique_atoms": options.unique_atoms,
                        "cells": options.cells,
                        "repair": options.repair,
                        "relax": 0,
                        "seed": seed,
                    },
                )
                found = discover(request, options.workers, folder, 60.0 * options.hours)
            show(kind, seed, found, learned)
            if options.measure and found.best:
                show_measured(found, options.measure, seed, request.seconds_each)


if __name__ == "__main__":
    main()

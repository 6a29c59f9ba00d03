"""New frameworks from nothing in a fixed budget: how many, how good, beside the known types.

    python benchmarks/generate.py --minutes 10
    python benchmarks/generate.py --minutes 10 --relax 100 --random
    python benchmarks/generate.py --minutes 10 --all

Growing, repairing, telling nets apart and refining count towards the budget, on one thread or, with
`--workers`, on as many as there are processes, whose seconds are added up; relaxing comes after.
`--random` relaxes new frameworks with R_DLS at most `--max-r-dls` drawn at random instead of the
best, `--all` every one of them: what it then prints per core-hour counts the seconds of relaxing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch

import zeoloom
from at_once import add_workers
from zeoloom.judge.judgement import FEASIBLE, LIKE_MADE, Judgement
from zeoloom.judge.properties import with_relaxation
from zeoloom.search.pipeline import STAGES
from zeoloom.silica.energy import relax_many

DEFAULTS = zeoloom.GenerateRequest.model_fields


def spread(name: str, values: list[float], known: list[float], digits: int) -> str:
    """Quartiles of some values beside those of the known types."""
    columns = []
    for part in (values, known):
        quartiles = np.percentile(part, [25, 50, 75]) if part else [float("nan")] * 3
        columns.append(" / ".join(f"{value:.{digits}f}" for value in quartiles))
    return f"{name:<32}{columns[0]:>26}{columns[1]:>26}"


def with_energies(
    good: list[Judgement], options: argparse.Namespace
) -> tuple[list[Judgement], float]:
    """Relax some of the good ones: judgements with energies, and the seconds it took."""
    chosen = good if options.all else good[: options.relax]
    if options.random and not options.all:
        order = np.random.default_rng(options.seed).permutation(len(good))
        chosen = [good[i] for i in order[: options.relax]]
    frameworks = [each.framework for each in chosen if each.framework is not None]
    results = relax_many(
        frameworks, seconds=options.seconds_each, workers=options.workers, seed=options.seed
    )
    seconds = sum(result.seconds for result in results)
    return [
        with_relaxation(each, result) for each, result in zip(chosen, results, strict=True)
    ], seconds


def main() -> None:
    """Generate, relax, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--relax", type=int, default=100, help="how many to relax")
    parser.add_argument("--all", action="store_true", help="relax every one")
    parser.add_argument("--random", action="store_true", help="relax any, not the best")
    parser.add_argument("--unique-atoms", default="1-8")
    parser.add_argument("--max-r-dls", type=float, default=0.006)
    parser.add_argument("--repair", type=int, default=DEFAULTS["repair"].default)
    parser.add_argument("--walk", type=int, default=DEFAULTS["walk"].default)
    parser.add_argument("--seconds-each", type=float, default=120.0)
    parser.add_argument("--model", default="crystal")
    parser.add_argument("--seed", type=int, default=0)
    add_workers(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = zeoloom.load_model(options.model, torch.device("cpu"))
    request = zeoloom.parse_request(
        zeoloom.GenerateRequest,
        {
            "seconds": 60.0 * options.minutes,
            "relax": 0,
            "unique_atoms": options.unique_atoms,
            "max_r_dls": options.max_r_dls,
            "repair": options.repair,
            "walk": options.walk,
            "seed": options.seed,
        },
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        generator = torch.Generator().manual_seed(options.seed)
        made = zeoloom.make_frameworks(
            request, model, path, generator=generator, workers=options.workers
        )
        record = json.loads((path / "run.json").read_text(encoding="utf-8"))
    seconds = record["outcome"]["seconds"]
    spent = sum(seconds[stage] for stage in STAGES)
    print(f"seed {options.seed}, {spent:.0f} s of {options.workers} threads: {seconds}")
    for name, count in made.counts.items():
        print(f"{name:<24}{count:8.4g}  {count / spent * 3600:8.0f} per core-hour")
    new = [each for each in made.judgements if each.new and each.framework is not None]
    good = [each for each in new if (each.r_dls or 1.0) <= options.max_r_dls]
    rediscovered = sorted(j.framework_type for j in made.judgements if j.kind == "zeolite")
    print(f"rediscovered: {' '.join(rediscovered)}")
    groups = Counter(each.framework.space_group_symbol for each in good if each.framework)
    unique = Counter(str(each.n_t_unique) for each in good)
    for name, kinds in (("space groups", groups), ("unique T", unique)):
        print(f"{name} of the good: " + ", ".join(f"{k} {n}" for k, n in kinds.most_common(12)))
    energies, seconds_relaxing = with_energies(good, options)
    known_energies = [each.energy_kj_mol for each in energies if each.energy_kj_mol is not None]
    print(
        f"relaxed {len(energies)} of the {len(good)} good in {seconds_relaxing:.0f} s: "
        f"{sum(e <= FEASIBLE for e in known_energies)} at most {FEASIBLE:g} kJ/mol, "
        f"{sum(e <= LIKE_MADE for e in known_energies)} at most {LIKE_MADE:g}, "
        f"{sum(each.lid is True for each in energies)} pass LID"
    )
    if options.all:
        hours = (spent + seconds_relaxing) / 3600
        rates = (
            f"{sum(e <= most for e in known_energies) / hours:.0f} at most {most:g} kJ/mol"
            for most in (FEASIBLE, LIKE_MADE)
        )
        print(f"per core-hour, relaxing counted: {', '.join(rates)}")
    table = resources.files("zeoloom.judge").joinpath("iza_verdicts.json").read_text("utf-8")
    types = list(json.loads(table)["types"].values())
    print(f"{'quartiles':<32}{'new, R_DLS good':>26}{'known types':>26}")
    for row in (
        ("energy, kJ/mol", known_energies, "energy_kj_mol", 1),
        ("density, T / 1000 Å^3", [each.density for each in good], "density", 1),
        ("R_DLS", [each.r_dls for each in good], "r_dls", 4),
    ):
        name, values, field, digits = row
        known = [each[field] for each in types if each.get(field) is not None]
        print(spread(name, [v for v in values if v is not None], known, digits))
    print_rings(good, types)


def print_rings(good: list[Judgement], types: list[dict[str, Any]]) -> None:
    """Shares of frameworks that have rings of each size."""
    sizes = range(3, 15)
    print(f"{'share that has rings of':<32}" + "".join(f"{size:>6}" for size in sizes))
    for name, rings in (
        ("new, R_DLS good", [each.rings for each in good]),
        ("known types", [each["rings"] for each in types]),
    ):
        shares = [sum(size in each for each in rings) / max(1, len(rings)) for size in sizes]
        print(f"{name:<32}" + "".join(f"{share:>6.0%}" for share in shares))


if __name__ == "__main__":
    main()

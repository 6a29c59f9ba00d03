"""Groups, cells, points and a trained network for the tests of crystals."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from zeoloom.geometry.operations import SymmetryOperations, identity_first, symmetrised_metric
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.learn.checkpoint import load_model

if TYPE_CHECKING:
    from zeoloom.learn.checkpoint import Model

CPU = torch.device("cpu")


def group_of(hall_number: int) -> SymmetryOperations:
    return identity_first(operations_of_hall_number(hall_number))


def random_cell(
    operations: SymmetryOperations, edges: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """A cell that the group allows, its edges about as long as given (Å), turned at random."""
    skew = np.eye(3) + 0.15 * rng.normal(size=(3, 3))
    metric = symmetrised_metric(rng.uniform(*edges, 3)[:, None] * skew, operations)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return np.asarray(np.linalg.cholesky(metric) @ turn)


def random_points(
    n: int, operations: SymmetryOperations, rng: np.random.Generator, exact: bool = True
) -> np.ndarray:
    """Fractional points; some doubled, some of them fixed by an operation as far as it can."""
    frac = rng.uniform(-1, 2, (n, 3))
    for i in range(0, n, 3):
        g = rng.integers(len(operations))
        move = operations.rotations[g] @ frac[i] + operations.translations[g] - frac[i]
        frac[i] += 0.5 * (move - np.round(move))
    if n > 3 and exact:
        frac[1] = frac[0]
    return frac


@cache
def shipped_crystal() -> Model:
    return load_model("crystal", CPU)

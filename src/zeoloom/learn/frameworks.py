"""Whole frameworks as batches of clouds: in their group or a subgroup, strained, points doubled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from zeoloom.errors import InputError
from zeoloom.geometry.crystal import Crystal
from zeoloom.geometry.operations import (
    distinct_orbits,
    expand_orbits,
    identity_first,
    project_onto_sites,
)
from zeoloom.geometry.subgroups import random_subgroups

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from zeoloom.geometry.arrays import FloatArray
    from zeoloom.geometry.operations import SymmetryOperations
    from zeoloom.learn.config import CrystalConfig
    from zeoloom.structure.records import Framework

SIMILAR = 0.75
"""Clouds of a batch have at least this share of the points of its largest: little is padding."""


@dataclass(frozen=True, slots=True)
class FrameworkData:
    """Asymmetric units of frameworks under their groups and subgroups, ready to be drawn from.

    A variant is a framework with one of its groups. Variant v owns rows
    `offsets[v]:offsets[v + 1]` of ragged arrays.

    Attributes:
        cells: (V, 3, 3) Å.
        rotations: (sum of G, 3, 3) Cartesian R_g, the identity first in each variant.
        frac_translations: (sum of G, 3).
        group_offsets: (V + 1,) into those two.
        frac_t: (sum of T, 3) asymmetric T atoms.
        t_offsets: (V + 1,) into `frac_t`.
        allowed_strains: (V, 9, 9) projects a strain on those that keep the group.
        weights: (V,) chance to be drawn, summing to one.
        config: how batches are drawn.
    """

    cells: Tensor
    rotations: Tensor
    frac_translations: Tensor
    group_offsets: Tensor
    frac_t: Tensor
    t_offsets: Tensor
    allowed_strains: Tensor
    weights: Tensor
    config: CrystalConfig

    def draw(self, most: int, generator: torch.Generator) -> tuple[Tensor, Crystal]:
        """A batch of clean clouds of about the same number of points.

        Args:
            most: clouds at most; fewer where they are large.
            generator: source of randomness, on the CPU.

        Returns:
            (B, N, 3) Å, on the CPU, and the crystals they lie in.
        """
        n_atoms = self.t_offsets.diff()
        lead = int(torch.multinomial(self.weights, 1, generator=generator))
        largest = int(n_atoms[lead])
        alike = (n_atoms <= largest) & (n_atoms >= SIMILAR * largest)
        batch = min(most, max(1, self.config.points_per_step // largest))
        drawn = torch.multinomial(
            self.weights * alike, batch, replacement=True, generator=generator
        )
        cells = self._strained_cells(drawn, generator)
        frac, present = self._points(drawn, generator)
        rows = self.group_offsets[drawn]
        orders = self.group_offsets[drawn + 1] - rows
        slots = torch.arange(int(orders.max()))
        operation_present = slots < orders[:, None]
        operations = torch.where(operation_present, rows[:, None] + slots, rows[:, None])
        crystal = Crystal(
            cells,
            self.rotations[operations],
            self.frac_translations[operations] @ cells,
            operation_present,
            None if bool(present.all()) else present,
        )
        return frac @ cells, crystal

    def _points(self, drawn: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(B, N, 3) fractional points and (B, N) which of them are there: some atoms hold two."""
        first = self.t_offsets[drawn][:, None]
        n_atoms = self.t_offsets[drawn + 1][:, None] - first  # (B, 1)
        chance = torch.rand(len(drawn), 2, 1, generator=generator)
        most_extra = 1 + (self.config.doubled * n_atoms).floor()
        extra = torch.where(
            chance[:, 0] < self.config.doubling, 1 + (chance[:, 1] * most_extra).floor(), 0
        ).long()
        slots = torch.arange(int((n_atoms + extra).max()))
        doubles = (torch.rand(len(drawn), len(slots), generator=generator) * n_atoms).long()
        atom = torch.where(slots < n_atoms, slots, doubles.clamp(max=n_atoms - 1))
        return self.frac_t[first + atom], slots < n_atoms + extra

    def _strained_cells(self, drawn: Tensor, generator: torch.Generator) -> Tensor:
        """(B, 3, 3) Å, each strained as its group allows."""
        strain = self.config.strain * torch.randn(len(drawn), 3, 3, generator=generator)
        strain = 0.5 * (strain + strain.mT)
        allowed = (self.allowed_strains[drawn] @ strain.reshape(-1, 9, 1)).reshape(-1, 3, 3)
        return self.cells[drawn] @ (torch.eye(3) + allowed)


def framework_data(
    frameworks: Sequence[Framework],
    names: Collection[str],
    config: CrystalConfig,
    rng: np.random.Generator,
) -> FrameworkData:
    """Frameworks of some types as tensors, each with its group and random subgroups.

    Args:
        frameworks: all frameworks.
        names: types to take.
        config: how many subgroups, how many points at most.
        rng: source of randomness.

    Raises:
        InputError: if there is none of them, or none is small enough.
    """
    parts = [
        (operations, framework.cell, frac, weight)
        for framework in frameworks
        if framework.name in names
        for operations, frac, weight in _variants(framework, config, rng)
    ]
    if not parts:
        raise InputError(
            f"none of the {len(frameworks)} frameworks belongs to the types {sorted(names)} "
            f"and has at most {config.max_points} asymmetric T atoms"
        )
    weights = np.array([weight for *_, weight in parts])
    rotations = [_cartesian(operations, cell) for operations, cell, _, _ in parts]
    return FrameworkData(
        cells=torch.tensor(np.array([cell for _, cell, _, _ in parts]), dtype=torch.float32),
        rotations=torch.cat(rotations),
        frac_translations=torch.tensor(
            np.concatenate([operations.translations for operations, *_ in parts]),
            dtype=torch.float32,
        ),
        group_offsets=torch.tensor(np.cumsum([0, *(len(part[0]) for part in parts)])),
        frac_t=torch.tensor(np.concatenate([frac for _, _, frac, _ in parts]), dtype=torch.float32),
        t_offsets=torch.tensor(np.cumsum([0, *(len(part[2]) for part in parts)])),
        # mean over the group of R e R^T, on the nine components of a strain e
        allowed_strains=torch.stack(
            [torch.stack([torch.kron(r, r) for r in group]).mean(0) for group in rotations]
        ),
        weights=torch.tensor(weights / weights.sum(), dtype=torch.float32),
        config=config,
    )


def _variants(
    framework: Framework, config: CrystalConfig, rng: np.random.Generator
) -> list[tuple[SymmetryOperations, FloatArray, float]]:
    """A framework's group and some subgroups: operations, asymmetric T atoms, chance."""
    cell, group = framework.cell, identity_first(framework.operations)
    full, _ = expand_orbits(framework.frac_t, group, cell)
    subgroups = []
    for operations in random_subgroups(group, config.subgroups, rng):
        if len(full) > config.max_points * len(operations):
            continue  # cheaper than finding its orbits
        frac = full[distinct_orbits(full, operations, cell)]
        if len(frac) <= config.max_points:
            subgroups.append((operations, project_onto_sites(frac, operations, cell)))
    whole = [] if len(framework.frac_t) > config.max_points else [(group, framework.frac_t)]
    share = config.subgroup_share if whole and subgroups else float(not whole)
    return [(*variant, 1.0 - share) for variant in whole] + [
        (*variant, share / len(subgroups)) for variant in subgroups
    ]


def _cartesian(operations: SymmetryOperations, cell: FloatArray) -> Tensor:
    columns = cell.T
    cart_rotations = columns @ operations.rotations @ np.linalg.inv(columns)
    return torch.tensor(cart_rotations, dtype=torch.float32)


def frameworks_sha256(frameworks: Sequence[Framework]) -> str:
    """Hexadecimal SHA-256 of cells, groups and T atoms."""
    digest = hashlib.sha256()
    for framework in frameworks:
        digest.update(framework.name.encode())
        for array in (
            framework.cell,
            framework.operations.rotations.astype(np.float64),
            framework.operations.translations,
            framework.frac_t,
        ):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()

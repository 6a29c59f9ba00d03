"""Batches of crystals, and denoising them with the shipped weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from crystal_examples import shipped_crystal
from target_examples import search_from
from training_examples import seeded
from zeoloom.geometry.lattice import cell_from_parameters
from zeoloom.geometry.space_groups import hall_number_of
from zeoloom.search.denoising import crystals_at, denoise_once
from zeoloom.search.limits import Limits
from zeoloom.search.target import target_of, targets_in_cell, with_cell_indices
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.search.wyckoff import Assignments


def test_a_batch_has_each_target_in_its_own_cell() -> None:
    """Cells and groups that several targets share are looked up once."""
    cha, mfi = (load_reference()[code] for code in ("CHA", "MFI"))
    targets = with_cell_indices(
        [target_of(cha, 1), target_of(mfi, 12), target_of(cha, 2), target_of(mfi, 12)]
    )
    assert [target.index for target in targets] == [0, 1, 0, 1]
    batch = crystals_at(targets)
    alone = [crystals_at([target]) for target in targets]
    for row, one in enumerate(alone):
        order = one.rotations.shape[1]
        torch.testing.assert_close(batch.cells[row], one.cells[0])
        torch.testing.assert_close(batch.rotations[row, :order], one.rotations[0])
        torch.testing.assert_close(batch.translations[row, :order], one.translations[0])
        assert int(batch.operation_present[row].sum()) == order
        assert int(batch.present[row].sum()) == targets[row].n_points


def test_fixed_points_stay() -> None:
    framework = load_reference()["MFI"]
    n = len(framework.frac_t)
    crystal = crystals_at([target_of(framework, n)] * 3)
    assert crystal.present is not None
    positions = torch.from_numpy(framework.frac_t @ framework.cell).float().repeat(3, 1, 1)
    fixed = torch.zeros(3, n, dtype=torch.bool)
    fixed[0, 2:], fixed[1, :] = True, True
    given = []

    def constraint(
        points: torch.Tensor, level: float, assignments: Assignments
    ) -> tuple[torch.Tensor, Assignments]:
        given.append(points.clone())
        assert level == 0.5
        assert not assignments
        return points + 0.01, assignments

    x = denoise_once(crystal, positions, fixed, 0.5, search_from(4), constraint)
    assert torch.equal(given[0][fixed], positions[fixed]), (
        "the constraint sees them where they stay"
    )
    assert torch.equal(x[fixed], positions[fixed])
    moved = (x - positions)[~fixed].norm(dim=-1)
    assert (moved > 0).all()
    assert float((x - positions)[0, :2].norm(dim=-1).max()) < 0.6, "fixed neighbours show the way"


def test_padding_changes_nothing() -> None:
    """Crystals of different sizes in one batch, and each alone: the same displacements."""
    reference = load_reference()
    frameworks = [reference[code] for code in ("CHA", "MFI", "SOD")]
    targets = with_cell_indices([target_of(each, len(each.frac_t)) for each in frameworks])
    together = crystals_at(targets)
    assert together.present is not None
    assert together.present.sum(1).tolist() == [target.n_points for target in targets]
    network = shipped_crystal().network
    points = torch.randn(3, 12, 3, generator=seeded(2))
    for b, (target, framework) in enumerate(zip(targets, frameworks, strict=True)):
        points[b, : target.n_points] += torch.from_numpy(framework.frac_t @ framework.cell).float()
    moved = network(points, torch.full((3,), 0.5), together)
    for b, target in enumerate(targets):
        n = target.n_points
        alone = network(points[b : b + 1, :n], torch.tensor([0.5]), crystals_at([target]))
        torch.testing.assert_close(moved[b, :n], alone[0], atol=1e-4, rtol=1e-3)


def test_cells_may_differ_where_groups_are_one() -> None:
    hall_number = hall_number_of("R-3m")
    cells = [cell_from_parameters((a, a, 15.0, 90, 90, 120)) for a in (13.0, 14.0)]
    one = targets_in_cell(cells[0], hall_number, Limits())[0]
    crystal = crystals_at([one, replace(one, cell=cells[1], index=1)])
    np.testing.assert_allclose(crystal.cells.numpy(), np.array(cells), atol=1e-5)
    with pytest.raises(ValueError, match="targets of index 0 differ"):
        crystals_at([one, replace(one, cell=cells[1])])

"""Crystals that begin at slabs of frameworks, stacked otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import zeoloom
from zeoloom.geometry.lattice import volume
from zeoloom.geometry.operations import expand_orbits
from zeoloom.run.search_targets import draw_targets
from zeoloom.search.descendants import DescendantPlan, draw_descendants
from zeoloom.search.growth import NO_GROWTH
from zeoloom.search.limits import Limits
from zeoloom.search.restacking import restacked, types_as_parents
from zeoloom.search.target import target_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.search.target import Target

LIMITS = Limits(n_t_unique=(1, 12), n_t=(8, 200))
CODES = ("CHA", "GIS", "FAU", "MTT", "RTH")


def atoms_of(target: Target) -> int:
    assert target.parent is not None
    return len(expand_orbits(target.parent, target.operations, target.cell)[0])


def test_a_number_always_gives_the_same_stack() -> None:
    framework = load_reference()["GIS"]
    parent = replace(target_of(framework, 1), parent=framework.frac_t)
    made = [restacked(parent, LIMITS, number) for number in range(6)]
    again = [
        restacked(replace(parent, parent=framework.frac_t + 0.0), LIMITS, number)
        for number in range(6)
    ]
    cells = {each.cell.tobytes() for each in made if each is not None}
    assert len(cells) > 1
    assert cells == {each.cell.tobytes() for each in again if each is not None}


def test_types_with_more_atoms_than_asked_for_are_no_parents() -> None:
    reference = load_reference()
    frameworks = [reference[code] for code in (*CODES, "MFI")]
    assert set(types_as_parents(frameworks, LIMITS)) == {*CODES, "MFI"}
    few = types_as_parents(frameworks, Limits(n_t_unique=(1, 4), n_t=(8, 100)))
    assert set(few) == {"CHA", "GIS", "RTH"}  # FAU has 192 T atoms, MTT 7 and MFI 12 unique ones


def test_restacked_crystals_are_in_cells_of_their_own_and_in_groups_that_lend() -> None:
    frameworks = [load_reference()[code] for code in CODES]
    parents = types_as_parents(frameworks, LIMITS)
    lending = np.ones(230)
    lending[[165, 140, 226, 11, 193, 62]] = 0.0  # those of the types, and of what they often make
    generator, rng = torch.Generator().manual_seed(0), np.random.default_rng(0)
    plan = DescendantPlan(LIMITS, lending, None, restacked=1.0)
    own = {
        (each.group, atoms_of(replace(each.target, parent=each.frac_t)))
        for each in parents.values()
    }
    made = 0
    for _ in range(6):
        for each in draw_descendants(parents, lambda _: 8, plan, generator, rng):
            # a parent is drawn as it is where no stack was found
            if (each.space_group_number, atoms_of(each)) in own:
                continue
            made += 1
            assert lending[each.space_group_number - 1] == 1.0
            assert each.n_points <= 12
            assert 8 <= atoms_of(each) <= 200
            assert 10.0 < 1000.0 * atoms_of(each) / volume(each.cell) < 22.0
    assert made > 10


@pytest.mark.parametrize(
    ("options", "some"), [({}, True), ({"cells": "free"}, False), ({"rings": "14-"}, False)]
)
def test_types_lend_slabs_unless_cells_are_free_or_rare_things_are_asked_for(
    options: dict[str, Any], some: bool
) -> None:
    model = zeoloom.load_model("crystal", torch.device("cpu"))
    request = zeoloom.parse_request(
        zeoloom.GenerateRequest, {"unique_atoms": "1-6", "batch": 4, "relax": 0, **options}
    )
    draw = draw_targets(request, model)
    batches = [draw(torch.Generator().manual_seed(seed), NO_GROWTH) for seed in range(16)]
    begun = [any(each.parent is not None for each in targets) for targets in batches]
    assert any(begun) == some

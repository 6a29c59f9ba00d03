"""Bond switches: what comes out is a valid net of its group, and the true net is found again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zeoloom.geometry.symmetry import expand_orbits
from zeoloom.make.crystal_kernel import judge_atoms
from zeoloom.make.crystals import Grown, framework_of, gathered, group_of, site_of
from zeoloom.make.switch import Switching, switch_bonds
from zeoloom.make.switch_kernel import anneal_bonds
from zeoloom.structure.nets.graph import net_of
from zeoloom.structure.nets.identity import identify
from zeoloom.structure.reference import load_reference


def crystal_of(code: str) -> Grown:
    framework = load_reference()[code]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    unique = len(framework.frac_t)
    site = site_of(framework, unique, n_t=(n_t, n_t), n_t_unique=(unique, unique))
    return gathered(framework.frac_t, site)


def wandered(crystal: Grown, tries: int, seed: int) -> np.ndarray:
    """Where a hot annealing without end has led: a strained net on the same special positions."""
    draws = np.random.default_rng(seed).random((tries, 5))
    states, costs = anneal_bonds(crystal.frac_t, *group_of(crystal.site), draws, 5.0, 5.0, 400)
    return states[np.argmax(costs)]


@pytest.mark.parametrize("code", ["TER", "MEL"])
def test_the_true_net_is_found_again_from_a_strained_one(code: str) -> None:
    true = crystal_of(code)
    start = gathered(wandered(true, 2000, seed=0), true.site)
    assert start.valid
    assert start.cost > true.cost + 1.0
    names = []
    for seed in range(4):
        generator = torch.Generator().manual_seed(seed)
        for made in switch_bonds([start], Switching(), generator):
            names += [identify(net_of(framework_of(each, code))) for each in made[:3]]
    assert code in names


@pytest.mark.parametrize("code", ["FER", "MFI", "BEC", "EUO", "LTL"])
def test_every_net_kept_is_valid_and_costs_what_is_said(code: str) -> None:
    true = crystal_of(code)
    draws = np.random.default_rng(1).random((3000, 5))
    group = group_of(true.site)
    states, costs = anneal_bonds(true.frac_t, *group, draws, 3.0, 1.0, 16)
    assert len(states) > 0
    for state, cost in zip(states, costs, strict=True):
        bonds, judged, _ = judge_atoms(state, *group)
        assert (bonds == 4).all()
        assert judged.sum() == pytest.approx(cost)
        again = gathered(state, true.site)
        assert again.valid
        assert again.cost <= cost + 1e-9


def test_an_origin_shift_changes_nothing() -> None:
    true = crystal_of("EUO")
    rng = np.random.default_rng(2)
    shift = rng.random(3)
    rotations, translations, cell = group_of(true.site)
    moved = translations + shift - shift @ np.swapaxes(rotations, 1, 2)
    draws = rng.random((500, 5))
    _, costs = anneal_bonds(true.frac_t, rotations, translations, cell, draws, 3.0, 1.0, 8)
    _, shifted = anneal_bonds(true.frac_t + shift, rotations, moved, cell, draws, 3.0, 1.0, 8)
    assert np.sort(costs)[:1] == pytest.approx(np.sort(shifted)[:1], abs=0.2), shift


def test_no_tries_make_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    assert list(switch_bonds([crystal_of("FER")], Switching(tries=0), generator)) == []


def test_each_net_is_annealed_once_and_the_other_special_positions_come_first() -> None:
    fer, mor = crystal_of("FER"), crystal_of("MOR")
    generator = torch.Generator().manual_seed(0)
    made = list(switch_bonds([fer, fer, mor], Switching(tries=10), generator))
    assert len(made) == 2

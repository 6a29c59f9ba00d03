"""Relaxed atoms: against a general minimiser, on special positions, in any frame."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from crystal_examples import graph_by_distance, group_of, judged_atoms, random_cell
from zeoloom.geometry.group import Group, group_in_cell
from zeoloom.geometry.operations import identity_first
from zeoloom.search.candidates import points_to_atoms
from zeoloom.search.point_kernel import meet
from zeoloom.search.relax import relax_atoms, relax_bonds
from zeoloom.search.target import target_of
from zeoloom.structure.reference import load_reference

CODES = ("CHA", "FAU", "AEI", "SOD", "JBW", "CZP", "MFI", "MTN", "MEL", "LTJ")


def disturbed(code: str, size: float, seed: int) -> tuple[np.ndarray, Group]:
    """Atoms of a type moved by so many Å, back on their special positions; its group and cell."""
    framework = load_reference()[code]
    group = identity_first(framework.operations)
    placed = group_in_cell(group, framework.cell)
    rng = np.random.default_rng(seed)
    moved = framework.frac_t + size * rng.normal(size=framework.frac_t.shape) @ np.linalg.inv(
        framework.cell
    )
    return meet(moved, placed)[0], placed


def relaxed_from(frac: np.ndarray, placed: Group) -> np.ndarray:
    graph = graph_by_distance(frac, placed)[0]
    return np.asarray(relax_bonds(frac, graph.bonds, graph.symmetry.projectors, placed))


def cost_of(frac: np.ndarray, placed: Group) -> float:
    return float(judged_atoms(frac, placed)[1].sum())


@pytest.mark.parametrize("code", CODES)
def test_what_is_disturbed_goes_back(code: str) -> None:
    framework = load_reference()[code]
    for seed in range(3):
        frac, placed = disturbed(code, 0.08, seed)
        relaxed = relaxed_from(frac, placed)
        home = relaxed_from(framework.frac_t, placed)
        which = f"{code}, seed {seed}"
        assert cost_of(home, placed) <= cost_of(framework.frac_t, placed) + 1e-9, which
        assert cost_of(relaxed, placed) == pytest.approx(cost_of(home, placed), abs=0.02), which


@pytest.mark.parametrize("code", ["CHA", "AEI", "LTJ"])
def test_no_minimiser_goes_lower(code: str) -> None:
    frac, placed = disturbed(code, 0.05, 7)
    relaxed = relaxed_from(frac, placed)
    inverse = np.linalg.inv(placed.cell)

    def cost(moves: np.ndarray) -> float:
        moved = relaxed + moves.reshape(-1, 3) @ inverse
        return cost_of(meet(moved, placed)[0], placed)

    found = minimize(cost, np.zeros(relaxed.size), method="Powell", options={"maxiter": 4})
    assert cost_of(relaxed, placed) <= found.fun + 0.01


def test_special_positions_are_kept() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        group = group_of(int(rng.integers(1, 531)))
        cell = random_cell(group, (8.0, 14.0), rng)
        placed = group_in_cell(group, cell)
        points, _, before = meet(rng.uniform(size=(3, 3)), placed)
        relaxed = relaxed_from(points, placed)
        assert np.isfinite(relaxed).all(), f"seed {seed}"
        images = group.images(relaxed)
        for i in range(len(relaxed)):
            apart = images[:, i] - relaxed[i]
            stays = np.linalg.norm((apart - np.round(apart)) @ cell, axis=1) < 1e-6
            assert stays.sum() * before[i] >= len(group) - 1e-6, f"seed {seed}, atom {i}"


def test_an_atom_alone_stays() -> None:
    placed = group_in_cell(group_of(1), 20.0 * np.eye(3))
    place = np.array([[0.1, 0.2, 0.3]])
    np.testing.assert_allclose(relaxed_from(place, placed), place)


def test_a_crystal_is_judged_when_relaxed() -> None:
    framework = load_reference()["MEL"]
    site = target_of(framework, len(framework.frac_t))
    frac, placed = disturbed("MEL", 0.1, 3)
    candidate = points_to_atoms(frac, site)
    assert candidate.valid
    assert candidate.cost < 0.5 * cost_of(frac, placed)
    again = points_to_atoms(candidate.frac_points, site)
    assert again.cost <= candidate.cost + 1e-6


@pytest.mark.parametrize("size", [0.05, 0.8])
def test_atoms_at_rest_are_judged_where_they_cost_least(size: float) -> None:
    for seed in range(8):
        frac, placed = disturbed("AEI", size, seed)
        atoms = relax_atoms(frac, placed)
        judged = atoms.bonds.counts, atoms.costs, atoms.vacancies
        for found, expected in zip(judged, judged_atoms(atoms.frac, placed), strict=True):
            np.testing.assert_allclose(found, expected, err_msg=f"seed {seed}")
        least = min(cost_of(frac, placed), cost_of(relaxed_from(frac, placed), placed))
        assert judged[1].sum() == pytest.approx(least), f"seed {seed}"

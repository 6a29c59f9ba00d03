"""Hollows: what lies in them, what is moved out, and which are drawn for what is asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from target_examples import targets_like
from zeoloom.geometry.operations import expand_orbits
from zeoloom.judge.conditions import Conditions
from zeoloom.judge.ranges import parse_ranges
from zeoloom.run.crystal_requests import GenerateRequest
from zeoloom.run.request import parse_request
from zeoloom.run.search_targets import limits_to_draw
from zeoloom.search.hollow_kernel import Hollow, depths, moved_out
from zeoloom.search.hollows import (
    HollowPlan,
    draw_hollow,
    hollow_plan,
    keeping_hollows,
    ring_radius,
    with_hollows,
)
from zeoloom.search.target import Target, target_of
from zeoloom.search.wyckoff import unconstrained
from zeoloom.structure.reference import load_reference

ALONG_C = (np.zeros((1, 3)), np.array([[0.0, 0.0, 1.0]]))


def brute_depths(frac: np.ndarray, target: Target, hollow: Hollow) -> np.ndarray:
    """As `depths`, by all images in 5 x 5 x 5 cells."""
    cells = np.array(list(product(range(-2, 3), repeat=3)))
    within = []
    for point in frac:
        operations = target.operations
        images = (operations.rotations @ point + operations.translations) % 1.0
        away = (images[:, None] + cells).reshape(-1, 1, 3) - hollow.frac_centres
        cart = away @ target.cell
        along = (cart * hollow.cart_axes).sum(axis=-1, keepdims=True) * hollow.cart_axes
        within.append((hollow.radii - np.linalg.norm(cart - along, axis=-1)).max())
    return np.maximum(within, 0.0)


@pytest.mark.parametrize(("code", "radius"), [("AFI", 5.66), ("LTL", 5.84), ("VFI", 7.63)])
def test_a_channel_of_a_known_type_is_free_up_to_its_walls(code: str, radius: float) -> None:
    framework = load_reference()[code]
    group = target_of(framework, 1).group
    for r, inside in ((radius - 0.02, False), (radius + 0.02, True)):
        within = depths(framework.frac_t, group, Hollow(*ALONG_C, np.array([r])))
        assert (within.max() > 0.0) == inside


@pytest.mark.parametrize("code", ["CHA", "LTL", "MFI", "ABW"])
def test_points_are_moved_out_of_tubes_and_balls(code: str) -> None:
    rng = np.random.default_rng(3)
    target = target_of(load_reference()[code], 3)
    hollow = Hollow(
        np.array([[0.0, 0.0, 0.0], [0.5, 0.4, 0.3]]),
        np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
        np.array([2.5, 2.0]),
    )
    frac = rng.random((12, 3))
    before = depths(frac, target.group, hollow)
    np.testing.assert_allclose(before, brute_depths(frac, target, hollow), atol=1e-9)
    assert before.max() > 0.4
    after = moved_out(frac, target.group, hollow)
    # where hollows overlap a point may be left between them
    assert (brute_depths(after, target, hollow) < 0.05).mean() > 0.8
    outside = before == 0.0
    np.testing.assert_array_equal(after[outside], frac[outside])
    moved = np.linalg.norm((after - frac) @ target.cell, axis=1)
    assert moved.max() < 3 * 2.5


def test_what_is_asked_for_decides_the_hollows() -> None:
    def plan(**asked: str) -> HollowPlan | None:
        whole = ("window", "channels", "rings")
        ranges = {name: parse_ranges(text, whole=name in whole) for name, text in asked.items()}
        return hollow_plan(Conditions(**ranges))

    wide = plan(window="12-", largest_free_sphere="6.5-", channels="3")
    assert wide is not None
    assert wide.tube is not None
    assert wide.dimension == 3
    assert 4.7 < wide.tube[0] < ring_radius(12) < wide.tube[0] + 1.0
    # round 12-rings, as of LTL, do not do for 14
    fourteen = plan(window="14-")
    assert fourteen is not None
    assert fourteen.tube is not None
    assert fourteen.tube[0] > 5.84
    assert plan(channels="0") is None
    # what is common needs no room of its own
    assert plan(window="10-", channels="3", largest_free_sphere="3.6-") is None
    cages = plan(window="8", channels="3", largest_included_sphere="10-")
    assert cages is not None
    assert cages.ball is not None
    assert cages.tube is not None
    assert cages.tube[1] <= ring_radius(8) + 1e-9
    assert cages.ball[0] == pytest.approx(6.8, abs=0.1)
    assert plan(energy="-20", density="10-13", rings="12-") is None
    # methane is held best where it just fits
    tight = plan(heat_ch4="22-", largest_free_sphere="3.6-")
    assert tight is not None
    assert tight.tube is not None
    assert 3.4 < tight.tube[0] < tight.tube[1] < ring_radius(10)
    assert plan(heat_ch4="15-", largest_free_sphere="3.6-") is None
    # the channel of AFI is a 12-ring, and as wide as a regular one
    assert ring_radius(12) == pytest.approx(5.66, abs=0.35)


def test_what_is_asked_for_decides_the_densities_of_cells() -> None:
    def drawn(**asked: str) -> tuple[float, float]:
        request = parse_request(GenerateRequest, {"model": "crystal", **asked})
        return limits_to_draw(request).density

    assert drawn() == GenerateRequest(model="crystal").limits.density
    assert drawn(density="7-22") == (7.0, 22.0)
    assert drawn(density="7-22", heat_ch4="15-") == (7.0, 22.0)
    assert drawn(density="7-22", heat_ch4="22-") == (17.0, 22.0)
    assert drawn(density="10-15", heat_ch4="22-") == (14.0, 15.0)
    assert drawn(density="12-13", heat_ch4="22-") == (12.0, 13.0)


def test_hollows_leave_room_and_run_as_asked() -> None:
    rng = np.random.default_rng(0)
    framework = load_reference()["LTL"]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    target = replace(target_of(framework, 2), n_t=(n_t, n_t))
    drawn = [draw_hollow(target, HollowPlan((2.6, 3.0), None, 3), rng) for _ in range(8)]
    found = [each for each in drawn if each is not None]
    assert found
    for hollow in found:
        axes = (target.group.cart_rotations @ hollow.cart_axes.T).transpose(0, 2, 1).reshape(-1, 3)
        assert np.linalg.matrix_rank(axes, tol=0.1) == 3
        left = (brute_depths(rng.random((60, 3)), target, hollow) == 0.0).mean()
        assert left > 0.2
    crowded = replace(target, n_t=(2 * n_t, 2 * n_t))
    assert draw_hollow(crowded, HollowPlan((7.5, 8.0), None), rng) is None
    assert with_hollows([target], None, rng) == [target]


def test_the_cage_of_a_known_type_has_room() -> None:
    framework = load_reference()["LTA"]
    n_t = len(expand_orbits(framework.frac_t, framework.operations, framework.cell)[0])
    target = replace(target_of(framework, 2), n_t=(n_t, n_t))
    rng = np.random.default_rng(0)
    drawn = [draw_hollow(target, HollowPlan(None, (6.8, 7.0)), rng) for _ in range(12)]
    assert sum(each is not None for each in drawn) > 2
    # the atoms of LTA itself lie outside a ball in its cage, where its symmetry is highest
    cage = Hollow(np.full((1, 3), 0.5), np.zeros((1, 3)), np.array([6.8]))
    empty = depths(framework.frac_t, target.group, cage).max()
    other = depths(framework.frac_t, target.group, cage._replace(frac_centres=np.zeros((1, 3))))
    assert min(empty, other.max()) == 0.0


def test_a_constraint_moves_all_but_fixed_points() -> None:
    target = replace(
        targets_like("LTL", 2)[0], n_points=2, hollow=Hollow(*ALONG_C, np.array([5.0]))
    )
    points = torch.tensor([[[1.0, 1.0, 1.0], [0.5, -2.0, 3.0]]])
    fixed = torch.tensor([[False, True]])
    moved, _ = keeping_hollows([target], unconstrained, fixed)(points, 0.5, {})
    assert float(moved[0, 0, :2].norm()) == pytest.approx(5.0, abs=1e-4)
    assert float(moved[0, 0, 2]) == pytest.approx(1.0, abs=1e-5)
    torch.testing.assert_close(moved[0, 1], points[0, 1])
    without = replace(target, hollow=None)
    assert keeping_hollows([without], unconstrained) is unconstrained

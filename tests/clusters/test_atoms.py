"""From clouds to atoms, from atoms to bonds, and from bonds to figures of merit."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import special_ortho_group

from zeoloom.clusters.atoms import MERGING_DISTANCE, SHORTEST_T_T, merge_points
from zeoloom.clusters.cut import cut_clusters
from zeoloom.clusters.statistics import (
    central_atom,
    cluster_statistics,
    joining_metrics,
    regeneration_metrics,
)
from zeoloom.nets.bonding import angles_at, bond_lengths, bonds, coordination
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Atoms

SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)


def scattered_atoms(rng: np.random.Generator, n: int) -> np.ndarray:
    """Up to n atoms in a ball of 7 Å, none nearer to another than real ones."""
    placed = np.zeros((0, 3))
    for candidate in rng.uniform(-7, 7, (20 * n, 3)):
        near = np.linalg.norm(placed - candidate, axis=1) < SHORTEST_T_T
        if np.linalg.norm(candidate) < 7 and not near.any() and len(placed) < n:
            placed = np.vstack([placed, candidate])
    return placed


def matched(found: Atoms, expected: np.ndarray) -> np.ndarray:
    """Index of the expected atom nearest to each found one, which must be one to one."""
    assert len(found.cart_t) == len(expected), "number of atoms"
    nearest = cdist(found.cart_t, expected).argmin(axis=1)
    assert sorted(nearest) == list(range(len(expected))), "one to one"
    return nearest


# clouds to atoms


@given(SEEDS, st.integers(1, 20), st.sampled_from([(1, 10), (30, 46)]))
@few
def test_blurred_atoms_are_found_with_their_weights(
    seed: int, n: int, multiplicities: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    cart_t = scattered_atoms(rng, n)
    points = rng.integers(*multiplicities, len(cart_t))
    owner = rng.permutation(np.repeat(np.arange(len(cart_t)), points))
    cloud = cart_t[owner] + rng.normal(0, 0.1, (len(owner), 3))
    found = merge_points(cloud)
    nearest = matched(found, cart_t)
    np.testing.assert_array_equal(found.points, points[nearest])
    means = np.array([cloud[owner == i].mean(axis=0) for i in nearest])
    np.testing.assert_allclose(found.cart_t, means, atol=1e-12)
    assert (np.diff(found.points) <= 0).all(), "heaviest first"


@given(SEEDS)
@few
def test_turning_and_shuffling_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cloud = rng.normal(0, 2.5, (70, 3))  # no atoms in it: groups of every size and shape
    turn = special_ortho_group.rvs(3, random_state=rng) * rng.choice([-1, 1])
    shift = rng.normal(0, 5, 3)
    before, after = merge_points(cloud), merge_points(rng.permutation(cloud) @ turn + shift)
    nearest = matched(after, before.cart_t @ turn + shift)
    np.testing.assert_allclose(after.cart_t, (before.cart_t @ turn + shift)[nearest], atol=1e-9)
    np.testing.assert_array_equal(after.points, before.points[nearest])
    assert before.points.sum() == 70, "nothing is dropped where points are few"


@pytest.mark.parametrize("seed", range(6))
def test_strays_are_no_atoms(seed: int) -> None:
    rng = np.random.default_rng(seed)
    code = ("CHA", "FAU", "MEL", "MFI", "SOD", "TON")[seed]
    cart_t = cut_clusters([load_reference()[code]], 7.0, "unique")[0].cart_t
    n_strays = 20
    points = rng.multinomial(1024 - n_strays, np.full(len(cart_t), 1 / len(cart_t)))
    blurred = np.repeat(cart_t, points, axis=0) + rng.normal(0, 0.1, (1024 - n_strays, 3))
    strays = special_ortho_group.rvs(3, size=n_strays, random_state=rng)[:, 0]
    strays = 7 * rng.uniform(size=(n_strays, 1)) ** (1 / 3) * strays
    assert (cdist(strays, cart_t).min(axis=1) > MERGING_DISTANCE).any(), "some are far from all"
    found = merge_points(np.concatenate([strays, blurred]))
    nearest = matched(found, cart_t)
    assert np.linalg.norm(found.cart_t - cart_t[nearest], axis=1).max() < 0.25
    assert (abs(found.points - points[nearest]) <= 6).all()
    assert 1024 - n_strays <= found.points.sum() < 1024


def test_points_meet_within_half_a_bond() -> None:
    pair = np.array([[0.0, 0, 0], [1, 0, 0]])
    assert len(merge_points(pair * (MERGING_DISTANCE - 0.01)).points) == 1
    assert len(merge_points(pair * (MERGING_DISTANCE + 0.01)).points) == 2


def test_a_bridge_of_points_does_not_weld_two_atoms() -> None:
    atoms = np.array([[0.0, 0, 0], [3.1, 0, 0]])
    bridge = np.array([[1.03, 0, 0], [2.07, 0, 0]])
    found = merge_points(np.concatenate([np.repeat(atoms, 30, axis=0), bridge]))
    assert found.points.tolist() == [31, 31]
    np.testing.assert_allclose(found.cart_t[matched(found, atoms)], atoms, atol=0.04)


def test_clouds_of_hardly_any_points() -> None:
    nothing = merge_points(np.zeros((0, 3)))
    assert (nothing.cart_t.shape, nothing.points.shape) == ((0, 3), (0,))
    single = merge_points(np.ones((1, 3)))
    assert (single.cart_t.tolist(), single.points.tolist()) == ([[1, 1, 1]], [1])
    many = merge_points(np.ones((500, 3), dtype=np.float32))
    assert (many.cart_t.tolist(), many.points.tolist()) == ([[1, 1, 1]], [500])


# atoms to bonds


@given(SEEDS, st.integers(0, 25))
@few
def test_bonds_against_every_pair(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    cart_t = rng.uniform(-4, 4, (n, 3))
    expected = [
        (i, j) for i, j in combinations(range(n), 2) if math.dist(cart_t[i], cart_t[j]) <= 3.5
    ]
    pairs = bonds(cart_t)
    assert [tuple(pair) for pair in pairs.tolist()] == expected
    counts = [sum(i in pair for pair in expected) for i in range(n)]
    assert coordination(cart_t).tolist() == counts
    lengths = [math.dist(cart_t[i], cart_t[j]) for i, j in expected]
    np.testing.assert_allclose(bond_lengths(cart_t, pairs), lengths)


@given(SEEDS, st.floats(5, 175))
@few
def test_an_angle_is_what_it_was_made(seed: int, angle: float) -> None:
    rng = np.random.default_rng(seed)
    turn = special_ortho_group.rvs(3, random_state=rng)
    radians = math.radians(angle)
    arms = np.array([[3.0, 0, 0], [2.8 * math.cos(radians), 2.8 * math.sin(radians), 0]])
    cart_t = np.concatenate([arms, np.zeros((1, 3))]) @ turn + rng.normal(size=3)
    pairs = np.array([[0, 2], [1, 2]])
    np.testing.assert_allclose(angles_at(cart_t, pairs, 2), [angle], atol=1e-6)
    assert len(angles_at(cart_t, pairs, 0)) == 0


# figures of merit


def real_clusters(*codes: str, radius: float = 7.0) -> list[np.ndarray]:
    clusters = cut_clusters([load_reference()[code] for code in codes], radius, "unique")
    return [cluster.cart_t for cluster in clusters]


SODALITE_EDGE = float(load_reference()["SOD"].cell[0, 0])


def test_real_clusters_are_perfect_and_like_themselves() -> None:
    real = cluster_statistics(real_clusters("CHA", "FAU", "MFI", "SOD"))
    metrics = regeneration_metrics(real, real)
    assert metrics.pop("clusters") == metrics.pop("real_clusters") == 15
    for side in ("", "real_"):
        assert metrics.pop(f"{side}central_4_coordinated") == 1.0
        assert metrics.pop(f"{side}within_4A_4_coordinated") == 1.0
        assert metrics.pop(f"{side}bonds_under_2.7A") == 0.0
        assert metrics.pop(f"{side}atoms_per_cluster") == pytest.approx(real.n_atoms.mean())
    assert sorted(metrics) == [
        "wasserstein_angle_deg",
        "wasserstein_atoms_per_cluster",
        "wasserstein_first_shell_A",
        "wasserstein_second_shell_A",
    ]
    assert set(metrics.values()) == {0.0}


def test_sodalite_by_hand() -> None:
    (cluster,) = real_clusters("SOD")
    statistics = cluster_statistics([cluster])
    bond = SODALITE_EDGE / math.sqrt(8)
    np.testing.assert_allclose(statistics.first_shell, [bond] * 4, atol=1e-3)
    across = [SODALITE_EDGE / 2] * 2 + [SODALITE_EDGE * math.sqrt(3 / 8)] * 8
    np.testing.assert_allclose(np.sort(statistics.second_shell), across, atol=1e-3)
    # two corners of four-rings and four of six-rings, which are regular
    np.testing.assert_allclose(np.sort(statistics.angles), [90] * 2 + [120] * 4, atol=0.05)
    np.testing.assert_allclose(statistics.bonds, bond, atol=1e-3)
    assert statistics.n_atoms.tolist() == [len(cluster)]
    assert len(statistics.from_central) == len(cluster) - 1
    assert len(statistics.distances) == len(statistics.coordinations) == len(cluster)


def test_angles_of_all_known_types() -> None:
    regular = [framework for framework in load_reference().values() if not framework.flag]
    clusters = cut_clusters(regular, 3.5, "unique")
    angles = [cluster_statistics([cluster.cart_t]).angles for cluster in clusters]
    assert {len(a) for a in angles} == {6}
    mean = np.average(np.mean(angles, axis=1), weights=clusters.multiplicities)
    assert mean == pytest.approx(108.5, abs=0.3)  # measured elsewhere, on all of them
    assert np.min(angles) == pytest.approx(57, abs=1)
    assert np.max(angles) == pytest.approx(164, abs=1)


def test_a_stretched_cluster_is_as_far_as_it_was_stretched() -> None:
    clusters = real_clusters("CHA", "MFI")
    real = cluster_statistics(clusters)
    metrics = regeneration_metrics(cluster_statistics([1.02 * c for c in clusters]), real)
    first = metrics["wasserstein_first_shell_A"]
    assert first == pytest.approx(0.02 * real.first_shell.mean())
    assert metrics["wasserstein_angle_deg"] == pytest.approx(0, abs=1e-5)
    assert metrics["wasserstein_atoms_per_cluster"] == 0
    crushed = regeneration_metrics(cluster_statistics([0.8 * c for c in clusters]), real)
    assert crushed["bonds_under_2.7A"] > 0.5  # type: ignore[operator]


def test_one_thing_wrong_at_a_time() -> None:
    (cluster,) = real_clusters("SOD")
    (whole,) = cluster_statistics([cluster]).central_ok
    without_neighbour = np.delete(cluster, 1, axis=0)
    fifth = np.array([0.5, 0.4, 2.9]) @ special_ortho_group.rvs(3, random_state=3)
    wrong = {
        "a neighbour missing": without_neighbour,
        "no central atom": np.delete(cluster, 0, axis=0),
        "out of place": cluster + np.array([0, 0, MERGING_DISTANCE + 0.01]),
        "five neighbours": np.vstack([cluster, fifth]),
    }
    assert whole
    for what, cart_t in wrong.items():
        assert not cluster_statistics([cart_t]).central_ok[0], what
    slightly_off = cluster + np.array([0, 0, MERGING_DISTANCE - 0.01])
    assert cluster_statistics([slightly_off]).central_ok[0]
    assert central_atom(cluster[::-1]) == len(cluster) - 1
    # of the centre and its three neighbours only the centre has lost one
    metrics = regeneration_metrics(
        cluster_statistics([without_neighbour]), cluster_statistics([cluster])
    )
    assert metrics["within_4A_4_coordinated"] == pytest.approx(3 / 4)
    assert metrics["central_4_coordinated"] == 0.0


def test_joined_clusters_by_hand() -> None:
    (joined,) = real_clusters("SOD", radius=11.0)
    centres = joined[:5]  # an atom and its four neighbours
    metrics = joining_metrics([joined], [centres])
    assert metrics == {
        "joined": 1,
        "within_4A_of_centres_4_coordinated": 1.0,
        "centres_4_coordinated": 1.0,
        "bonds_under_2.7A": 0.0,
        "atoms_per_joined": len(joined),
    }
    (across, *_) = joined[np.isclose(np.linalg.norm(joined, axis=1), SODALITE_EDGE / 2, atol=1e-3)]
    ring_centre = across[None] / 2  # atoms all around and none there
    assert joining_metrics([joined], [ring_centre])["centres_4_coordinated"] == 0.0
    without_the_middle = joining_metrics([joined, joined[1:]], [centres, centres])
    assert without_the_middle["centres_4_coordinated"] == 0.5
    near = int((cdist(joined, centres).min(axis=1) <= 4).sum())
    share = without_the_middle["within_4A_of_centres_4_coordinated"]
    assert share == pytest.approx((near + near - 5) / (near + near - 1))


def test_nothing_is_judged_without_harm() -> None:
    nothing = cluster_statistics([])
    empty = cluster_statistics([np.zeros((0, 3))])
    lonely = cluster_statistics([np.zeros((1, 3))])
    real = cluster_statistics(real_clusters("SOD"))
    for generated in (nothing, empty, lonely):
        for other in (nothing, real):
            metrics = regeneration_metrics(generated, other)
            assert metrics["wasserstein_first_shell_A"] is None
            assert metrics["bonds_under_2.7A"] is None
    assert regeneration_metrics(nothing, real)["central_4_coordinated"] is None
    assert regeneration_metrics(empty, real)["central_4_coordinated"] == 0.0
    assert regeneration_metrics(empty, real)["atoms_per_cluster"] == 0.0
    assert joining_metrics([], [])["centres_4_coordinated"] is None
    hollow = joining_metrics([np.zeros((0, 3))], [np.zeros((5, 3))])
    assert (hollow["centres_4_coordinated"], hollow["atoms_per_joined"]) == (0.0, 0.0)

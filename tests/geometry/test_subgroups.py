"""Space groups, their subgroups and orbits: against spglib's tables and by brute force."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import spglib

from crystal_examples import group_of, random_cell, random_points
from zeoloom.errors import InputError
from zeoloom.geometry.operations import (
    SymmetryOperations,
    expand_orbits,
    orbit_sizes,
    symmetrised_metric,
)
from zeoloom.geometry.space_groups import (
    HALL_NUMBERS,
    RENAMED,
    hall_number_of,
    number_of_hall_number,
    operations_of_hall_number,
    quiet_spglib,
    space_group_of_operations,
    standard_hall_number,
    symbol_of_hall_number,
)
from zeoloom.geometry.subgroups import multiplication_table, random_subgroups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spglib import SpaceGroupType


def listed(hall_number: int) -> SpaceGroupType:
    """What spglib tells of a setting."""
    with quiet_spglib():
        kind = spglib.get_spacegroup_type(hall_number)
    assert kind is not None
    return kind


def names_of(group: SymmetryOperations) -> list[tuple[int, ...]]:
    grid = np.round(group.translations * 24).astype(int) % 24
    return [tuple(row) for row in np.hstack([group.rotations.reshape(-1, 9), grid]).tolist()]


def product(group: SymmetryOperations, a: int, b: int) -> tuple[int, ...]:
    """Name of operation a after b."""
    turn = group.rotations[a] @ group.rotations[b]
    shift = group.rotations[a] @ group.translations[b] + group.translations[a]
    return names_of(SymmetryOperations(turn[None], shift[None]))[0]


# ---- subgroups ---------------------------------------------------------------------------------


def test_products_are_those_of_points() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        group = operations_of_hall_number(int(rng.integers(1, 531)))
        table = multiplication_table(group)
        a, b = rng.integers(len(group), size=(2, 40))
        x = rng.uniform(size=(40, 3))

        def apply(g: np.ndarray, x: np.ndarray, group: SymmetryOperations = group) -> np.ndarray:
            return np.einsum("nij,nj->ni", group.rotations[g], x) + group.translations[g]

        apart = apply(a, apply(b, x)) - apply(table[a, b], x)
        np.testing.assert_allclose(apart, np.round(apart), atol=1e-9, err_msg=f"seed {seed}")
        everything = np.arange(len(group))
        assert (np.sort(table, axis=0) == everything[:, None]).all(), (
            f"seed {seed}: no Latin square"
        )
        assert (np.sort(table, axis=1) == everything).all(), f"seed {seed}"


def test_an_operation_missing_is_no_group() -> None:
    group = operations_of_hall_number(standard_hall_number(166))
    for left_out in (0, 7, 35):
        part = np.delete(np.arange(36), left_out)
        with pytest.raises(ValueError, match="no group"):
            multiplication_table(
                SymmetryOperations(group.rotations[part], group.translations[part])
            )


def test_subgroups_are_groups() -> None:
    orders: set[int] = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        group = operations_of_hall_number(int(rng.integers(3, 531)))
        order = rng.permutation(len(group))  # the identity need not be first
        group = SymmetryOperations(group.rotations[order], group.translations[order])
        found = random_subgroups(group, 6, rng)
        assert len({frozenset(names_of(each)) for each in found}) == len(found) <= 6
        for each in found:
            names = set(names_of(each))
            assert len(names) == len(each) < len(group), f"seed {seed}"
            assert names < set(names_of(group)), f"seed {seed}"
            assert len(group) % len(each) == 0, f"seed {seed}: Lagrange"
            assert (each.rotations[0] == np.eye(3)).all(), f"seed {seed}"
            assert not each.translations[0].any(), f"seed {seed}"
            pairs = rng.integers(len(each), size=(60, 2)).tolist()
            assert {product(each, a, b) for a, b in pairs} <= names, f"seed {seed}: not closed"
            orders.add(len(each))
    assert len(orders) >= 8


def test_chance_reaches_every_subgroup_of_a_small_group() -> None:
    """Pmmm has the trivial subgroup, 7 of order 2 and 7 of order 4."""
    group = operations_of_hall_number(standard_hall_number(47))
    found = random_subgroups(group, 400, np.random.default_rng(0))
    assert sorted(map(len, found)) == [1] + [2] * 7 + [4] * 7
    assert random_subgroups(group_of(1), 20, np.random.default_rng(0)) == []


# ---- cells and orbits --------------------------------------------------------------------------


def test_a_symmetrised_metric_is_that_of_a_cell_the_group_allows() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        group = operations_of_hall_number(int(rng.integers(1, 531)))
        cell = 8 * np.eye(3) + rng.normal(size=(3, 3))
        metric = symmetrised_metric(cell, group)
        for turn in group.rotations:
            np.testing.assert_allclose(turn.T @ metric @ turn, metric, atol=1e-9)
        again = symmetrised_metric(np.linalg.cholesky(metric), group)
        np.testing.assert_allclose(again, metric, atol=1e-9, err_msg=f"seed {seed}")


def test_a_symmetrised_metric_in_lengths_and_angles() -> None:
    cell = np.array([[8.0, 0, 0], [0.3, 9.0, 0], [0.2, 0.1, 10.0]])
    metric = symmetrised_metric(cell, operations_of_hall_number(standard_hall_number(47)))
    np.testing.assert_allclose(metric, np.diag((cell**2).sum(axis=1)), atol=1e-12)
    metric = symmetrised_metric(cell, operations_of_hall_number(standard_hall_number(225)))
    np.testing.assert_allclose(metric, np.eye(3) * (cell**2).sum() / 3, atol=1e-12)


def wyckoff_multiplicities(hall_number: int, rng: np.random.Generator) -> set[int]:
    """By spglib: how many atoms there are of an element on a random special position."""
    group = group_of(hall_number)
    # axes that differ, where they may, else spglib sees more symmetry than there is
    cell = random_cell(group, (9.0, 14.0), rng)
    general = rng.uniform(size=(1, 3))
    sizes = set()
    for _ in range(150):
        special = rng.uniform(size=3)
        for g in rng.integers(len(group), size=rng.integers(1, 4)):
            for _ in range(12):  # towards a point that all of them fix
                move = group.rotations[g] @ special + group.translations[g] - special
                special += 0.5 * (move - np.round(move))
        atoms, owner = expand_orbits(np.array([general[0], special]), group, cell, 1e-3)
        with quiet_spglib():
            dataset = spglib.get_symmetry_dataset((cell, atoms, 1 + owner), symprec=1e-4)
        assert dataset is not None
        if len(dataset.rotations) != len(group):
            continue  # the atoms have more symmetry than the group
        equivalent = dataset.equivalent_atoms[owner == 1]
        if len(set(equivalent.tolist())) == 1:
            sizes.add(len(equivalent))
    return sizes | {len(group)}


@pytest.mark.parametrize("symbol", ["P2_1/c", "Pnma", "R-3m", "P6_3/mmc", "I4_1/amd", "P2_13"])
def test_sizes_of_orbits_are_wyckoff_multiplicities(symbol: str) -> None:
    """International Tables A list them."""
    listed = {
        "P2_1/c": {2, 4},
        "Pnma": {4, 8},
        "R-3m": {3, 6, 9, 18, 36},
        "P6_3/mmc": {2, 4, 6, 12, 24},
        "I4_1/amd": {4, 8, 16, 32},
        "P2_13": {4, 12},
    }[symbol]
    hall_number = hall_number_of(symbol)
    with_spglib = wyckoff_multiplicities(hall_number, np.random.default_rng(0))
    assert set(orbit_sizes(operations_of_hall_number(hall_number))) == listed
    assert with_spglib == listed


def test_no_orbit_has_another_size() -> None:
    """In every tenth setting, of random points moved onto special positions."""
    met = 0
    for hall_number in range(2, 531, 10):
        rng = np.random.default_rng(hall_number)
        group = group_of(hall_number)
        cell = random_cell(group, (9.0, 14.0), rng)
        sizes = orbit_sizes(group)
        assert all(len(group) % size == 0 for size in sizes)
        for point in random_points(12, group, rng):
            atoms, _ = expand_orbits(point[None], group, cell, 1e-6)
            assert len(atoms) in sizes, f"Hall number {hall_number}, {point}"
            met += len(atoms) < len(group)
    assert met > 60


# ---- names of groups ---------------------------------------------------------------------------


def test_every_number_is_its_standard_setting() -> None:
    for number in range(1, 231):
        hall_number = standard_hall_number(number)
        assert hall_number_of(f" {number} ") == hall_number
        assert number_of_hall_number(hall_number) == number
        assert hall_number_of(f"hall:{hall_number}") == hall_number
        assert hall_number_of(symbol_of_hall_number(hall_number)) == hall_number


def test_every_setting_goes_by_its_full_symbol_and_choice() -> None:
    for hall_number in HALL_NUMBERS:
        kind = listed(hall_number)
        name = kind.international_full + (f":{kind.choice}" if kind.choice else "")
        found = hall_number_of(name)
        assert number_of_hall_number(found) == kind.number, name
        if found != hall_number:  # a shared name means the standard setting, or the first
            again = listed(found)
            assert again.international_full == kind.international_full, name


@pytest.mark.parametrize("pair", RENAMED)
def test_old_and_new_names_of_groups_with_double_glide_planes(pair: tuple[str, str]) -> None:
    numbers = {hall_number_of(name) for name in pair}
    assert len(numbers) == 1
    assert number_of_hall_number(*numbers) in {39, 41, 64, 67, 68}


@pytest.mark.parametrize(
    ("text", "number", "choice"),
    [
        ("R-3m", 166, "H"),
        ("r -3 m", 166, "H"),
        ("R-3m:R", 166, "R"),
        ("R_-3_m", 166, "H"),
        ("Fd-3m", 227, "2"),
        ("Fd-3m:1", 227, "1"),
        ("P21/c", 14, "b1"),
        ("P 21/n", 14, "b2"),
        ("P 1 21/n 1", 14, "b2"),
        ("Pbnm", 62, "cab"),
        ("Pnma", 62, ""),
        ("Cmca", 64, ""),
        ("Cmce", 64, ""),
        ("I4_1/amd", 141, "2"),
        ("hall:459", 166, "R"),
        ("HALL:459", 166, "R"),
    ],
)
def test_symbols(text: str, number: int, choice: str) -> None:
    kind = listed(hall_number_of(text))
    assert (kind.number, kind.choice) == (number, choice)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("R-3n", r"no space group 'R-3n': .* did you mean .*R-3m"),
        ("Pnmaa", "did you mean .*Pnma"),
        ("", "no space group ''"),
        ("R-3m,P1", "one space group is expected, got 'R-3m,P1'"),
        ("zeolite", "give a number from 1 to 230, a Hermann-Mauguin symbol such as R-3m"),
        ("0", "space group number 0: expected 1 to 230"),
        ("231", "space group number 231: expected 1 to 230"),
        ("-3", "no space group '-3'"),
        ("hall:0", "expected hall:1 to hall:530"),
        ("hall:531", "expected hall:1 to hall:530"),
        ("hall:x", "expected hall:1 to hall:530"),
        ("hall:", "expected hall:1 to hall:530"),
        ("R-3m:Q", "no space group 'R-3m:Q'"),
        ("²", "no space group '²'"),
    ],
)
def test_no_such_group(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        hall_number_of(text)
    assert re.search(complaint, str(caught.value)), str(caught.value)


def test_given_operations_are_recognised() -> None:
    rng = np.random.default_rng(5)
    halls: Iterable[int] = rng.integers(1, 531, 60).tolist()
    for hall_number in halls:
        group = group_of(hall_number)
        found = space_group_of_operations(group, random_cell(group, (8.0, 14.0), rng))
        assert found is not None
        assert found[0] == number_of_hall_number(hall_number), hall_number

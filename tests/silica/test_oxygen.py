"""Oxygen between T atoms: how many, where, and on which special positions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from silica_examples import bare, in_p1, known, shaken, with_axes, with_origin_at
from zeoloom.errors import InputError
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import SymmetryOperations, expand_orbits, separations
from zeoloom.nets.bonding import BOND_CUTOFF
from zeoloom.silica.dls import refine
from zeoloom.silica.images import atoms_per_cell, cell_images, free_directions, free_strains
from zeoloom.silica.oxygen import add_oxygen, on_special_positions
from zeoloom.silica.site_bonds import bond_vectors, bonds_of_graph, bonds_through_oxygen
from zeoloom.structure.bonds import quotient_graph_of
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework

# from triclinic to cubic; FAU has 192 operations, MFI 12 T sites, ETV is triclinic
CODES = ["ABW", "CHA", "SOD", "RHO", "FAU", "MFI", "ETV", "RWY", "AST", "DFT", "WEI", "STW"]
SMALL = [
    code
    for code, each in load_reference().items()
    if not each.flag and len(each.frac_t) * len(each.operations) <= 100
]


@pytest.mark.parametrize("code", CODES)
def test_t_atoms_alone_give_all_of_sio2(code: str) -> None:
    reference = known(code)
    made = add_oxygen(bare(reference))
    group, cell = made.operations, made.cell
    frac_t, _ = expand_orbits(made.frac_t, group, cell)
    frac_o, _ = expand_orbits(made.frac_o, group, cell)
    assert len(frac_o) == 2 * len(frac_t)
    assert len(made.frac_o) == len(reference.frac_o)
    # the same number of places of each kind of special position
    found = sorted(atoms_per_cell(made.frac_o, group, cell))
    exact = on_special_positions(reference)
    assert found == pytest.approx(sorted(atoms_per_cell(exact.frac_o, group, cell)))
    # every oxygen bridges two T atoms at equal distances
    near = neighbours_within(made.frac_o, frac_t, cell, 1.8)
    assert (np.bincount(near.centre) == 2).all()
    np.testing.assert_allclose(near.distance[::2], near.distance[1::2], atol=1e-9)
    assert abs(np.median(near.distance) - 1.61) < 0.01


def test_oxygen_lies_on_the_side_where_it_is_in_real_frameworks() -> None:
    apart = []
    for code in SMALL:
        reference = on_special_positions(known(code))
        made = add_oxygen(bare(reference))
        images = made.operations.images(reference.frac_o)
        each = [separations(site, images, made.cell).min() for site in made.frac_o]
        apart.extend(each)
    # the bend itself is 0.44 Å; the other side would be 0.9 Å off
    assert np.mean(np.array(apart) < 0.45) > 0.75, np.quantile(apart, [0.5, 0.75, 0.9])


@pytest.mark.parametrize("code", ["ACO", "BCT", "FER"])
def test_oxygen_on_an_inversion_centre_stays_on_the_line(code: str) -> None:
    made = add_oxygen(bare(known(code)))
    _, free = free_directions(made.frac_o, made.operations, made.cell)
    assert 0 in free, free
    centre = made.frac_o[np.argmin(free)]
    full, _ = expand_orbits(made.frac_t, made.operations, made.cell)
    near = neighbours_within(centre[None], full, made.cell, 1.8)
    np.testing.assert_allclose(near.vector[0], -near.vector[1], atol=1e-9)


def test_t_atoms_beside_a_mirror_are_taken_for_on_it() -> None:
    reference = known("LTA")
    off = replace(bare(reference), frac_t=reference.frac_t + np.array([[0.004, -0.003, 0.002]]))
    exact = on_special_positions(off)
    assert atoms_per_cell(exact.frac_t, exact.operations, exact.cell) == pytest.approx([24])
    _, free = free_directions(exact.frac_t, exact.operations, exact.cell)
    assert free.tolist() == [2]
    made = add_oxygen(off)
    assert sorted(atoms_per_cell(made.frac_o, made.operations, made.cell)) == [12, 12, 24]


@pytest.mark.parametrize("code", ["ABW", "CHA", "MFI", "ETV", "STW", "FAU"])
def test_origin_and_axes_make_no_difference(code: str) -> None:
    rng = np.random.default_rng(len(code))
    framework = shaken(bare(known(code)), 0.05, 0.01, 3)
    change = np.array([[1, 0, 0], [0, 1, 0], [rng.integers(-1, 2), rng.integers(-1, 2), 1]])
    origin = rng.uniform(size=3)
    expected = distances_from_oxygen(add_oxygen(framework))
    for other in (with_origin_at(framework, origin), with_axes(framework, change)):
        found = distances_from_oxygen(add_oxygen(other))
        np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=f"{code} {origin} {change}")


def distances_from_oxygen(framework: Framework) -> np.ndarray:
    atoms = np.concatenate([framework.frac_t, framework.frac_o])
    full, _ = expand_orbits(atoms, framework.operations, framework.cell)
    near = neighbours_within(framework.frac_o, full, framework.cell, 3.0)
    return np.sort(near.distance)


def test_oxygen_that_is_there_tells_the_bonds() -> None:
    # shaken so far that distances between T atoms alone no longer tell them
    framework = shaken(known("CHA"), 0.02, 0.06, 1)
    group, cell = framework.operations, framework.cell
    bonds, oxygen = bonds_through_oxygen(
        framework,
        cell_images(framework.frac_t, group, cell),
        cell_images(framework.frac_o, group, cell),
    )
    assert len(bonds) == len(oxygen) == 4
    assert sorted(oxygen.site) == [0, 1, 2, 3]


@pytest.mark.parametrize("code", ["ABW", "CHA", "MFI", "ETV", "FAU", "MTN", "AFI"])
def test_a_periodic_net_gives_the_same_bonds(code: str) -> None:
    origin = np.random.default_rng(1).uniform(-1, 2, size=3)
    for each in (bare(known(code)), with_origin_at(bare(known(code)), origin)):
        framework = on_special_positions(each)
        full, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
        near = neighbours_within(framework.frac_t, full, framework.cell, BOND_CUTOFF)
        expected = near.vector[near.distance > 1e-3]
        bonds = bonds_of_graph(framework, quotient_graph_of(framework))
        found = bond_vectors(framework, bonds)
        order = [np.lexsort((*np.round(v, 4).T, bonds.centre)) for v in (expected, found)]
        np.testing.assert_allclose(found[order[1]], expected[order[0]], atol=1e-9)
        again = refine(framework, bonds=bonds)
        assert again.r_dls == pytest.approx(refine(framework).r_dls, abs=1e-8), (code, origin)


def test_nets_that_are_none_are_reported() -> None:
    framework = bare(known("CHA"))
    with pytest.raises(InputError, match=r"T1 has \d+ T neighbours"):
        add_oxygen(replace(framework, cell=0.7 * framework.cell))
    with pytest.raises(InputError, match="T1 has 0 T neighbours"):
        add_oxygen(replace(framework, cell=2.0 * framework.cell))
    # a square of T atoms whose diagonals are bonds, too
    crossed = replace(
        in_p1(framework),
        cell=np.diag([20.0, 20.0, 20.0]),
        frac_t=np.array([[0, 0, 0], [0.11, 0, 0], [0, 0.11, 0], [0.11, 0.11, 0]]),
        t_labels=("A", "B", "C", "D"),
    )
    with pytest.raises(InputError, match="cross"):
        add_oxygen(crossed)


@pytest.mark.parametrize(("code", "strains"), [("ETV", 6), ("MFI", 3), ("CHA", 2), ("FAU", 1)])
def test_the_cell_is_as_free_as_its_lattice_system(code: str, strains: int) -> None:
    framework = known(code)
    free = free_strains(framework.operations, framework.cell)
    assert len(free) == strains
    cell = framework.cell @ (np.eye(3) + 0.03 * free.sum(axis=0))
    metric = cell @ cell.T
    rotations = framework.operations.rotations
    turned = np.einsum("gji,jk,gkl->gil", rotations, metric, rotations)
    np.testing.assert_allclose(turned, np.broadcast_to(metric, turned.shape), atol=1e-9)


def test_the_identity_need_not_come_first() -> None:
    framework = known("ABW")
    group = framework.operations
    turned = SymmetryOperations(group.rotations[::-1], group.translations[::-1])
    made = add_oxygen(replace(bare(framework), operations=turned))
    assert len(made.frac_o) == len(framework.frac_o)

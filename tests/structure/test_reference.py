"""The bundled reference against IZA's own lists, its geometry against ASE and spglib."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import spglib
from ase.neighborlist import primitive_neighbor_list
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from paths import ORACLE
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import cell_from_parameters, parameters_from_cell, volume
from zeoloom.geometry.neighbours import neighbours_within
from zeoloom.geometry.operations import (
    SymmetryOperations,
    distinct_orbits,
    expand_orbits,
    primitive_atoms,
    project_onto_sites,
    pure_translations,
    separations,
)
from zeoloom.geometry.space_groups import (
    operations_of_hall_number,
    space_group_of_operations,
    standard_hall_number,
)
from zeoloom.structure.reference import load_reference

if TYPE_CHECKING:
    from zeoloom.structure.records import Framework


INTERRUPTED = [
    "CHI",
    "CLO",
    "EWT",
    "IFT",
    "IFU",
    "IRY",
    "ITN",
    "ITV",
    "LIT",
    "PAR",
    "RON",
    "SSO",
    "SVR",
    "SVY",
    "SYT",
    "WEN",
]


def coordination_sequence(framework: Framework, site: int, shells: int) -> tuple[int, ...]:
    """Atoms at graph distance 1 ... shells, counted by walking over (atom, cell) pairs."""
    full, orbit = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    found = neighbours_within(full, full, framework.cell, 3.5)
    bonded = [[] for _ in full]
    for i, j, shift, distance in zip(
        found.centre, found.point, found.shift.tolist(), found.distance, strict=True
    ):
        if distance > 0.1:
            bonded[i].append((j, shift))
    front = {(int(np.flatnonzero(orbit == site)[0]), 0, 0, 0)}
    seen = set(front)
    counts = []
    for _ in range(shells):
        front = {
            (j, a + s[0], b + s[1], c + s[2]) for i, a, b, c in front for j, s in bonded[i]
        } - seen
        seen |= front
        counts.append(len(front))
    return tuple(counts)


def test_all_types_are_there_with_their_provenance() -> None:
    reference = load_reference()
    assert len(reference) == 253
    assert list(reference) == sorted(reference)
    assert reference.provenance["source"] == "zeose"
    assert len(str(reference.provenance["database_sha256"])) == 64
    assert "McCusker" in str(reference.provenance["credit"])


def test_codes_are_found_however_they_are_written() -> None:
    reference = load_reference()
    assert reference["cha"].name == reference["CHA"].name == "CHA"
    assert reference["-CHI"].name == "CHI"
    assert "*-SSO" in reference
    assert "XYZ" not in reference
    with pytest.raises(InputError, match="no framework type"):
        reference["XYZ"]


def test_chabazite() -> None:
    cha = load_reference()["CHA"]
    assert (cha.space_group_number, cha.space_group_symbol) == (166, "R-3m")
    np.testing.assert_allclose(
        parameters_from_cell(cha.cell), [13.675, 13.675, 14.767, 90, 90, 120]
    )
    assert cha.t_labels == ("T1",)
    assert len(cha.frac_o) == 4
    full, _ = expand_orbits(cha.frac_t, cha.operations, cha.cell)
    assert len(full) == 36


def test_flags_say_exactly_which_types_are_not_four_connected() -> None:
    reference = load_reference()
    assert [name for name, framework in reference.items() if framework.flag] == INTERRUPTED
    for framework in reference.values():
        full, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
        found = neighbours_within(framework.frac_t, full, framework.cell, 3.5)
        regular = (np.bincount(found.centre) == 5).all()  # itself and four more
        assert regular == (framework.flag == ""), framework.name


def test_cells_obey_their_symmetry_to_the_last_bits() -> None:
    for framework in load_reference().values():
        metric = framework.cell @ framework.cell.T
        rotations = framework.operations.rotations
        turned = np.einsum("gji,jk,gkl->gil", rotations, metric, rotations)
        np.testing.assert_allclose(
            turned, np.broadcast_to(metric, turned.shape), atol=1e-9 * metric.max()
        )


@pytest.mark.parametrize("code", ["ABW", "CHA", "GIS", "MFI", "SOD", "UTL", "RWY", "BEA"])
def test_spglib_finds_the_same_group_in_the_full_cell(code: str) -> None:
    framework = load_reference()[code]
    frac_t, _ = expand_orbits(framework.frac_t, framework.operations, framework.cell)
    frac_o, _ = expand_orbits(framework.frac_o, framework.operations, framework.cell)
    assert len(frac_o) == 2 * len(frac_t)
    structure = (
        framework.cell,
        np.concatenate([frac_t, frac_o]),
        [14] * len(frac_t) + [8] * len(frac_o),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = spglib.get_symmetry_dataset(structure, symprec=0.01)
    assert found is not None
    assert found.number == framework.space_group_number
    assert len(found.rotations) == len(framework.operations)


@pytest.mark.long
@pytest.mark.skipif(not ORACLE.exists(), reason="needs the shared oracle")
def test_coordination_sequences_are_those_iza_lists() -> None:
    reference = load_reference()
    for code, listed in json.loads(ORACLE.read_text()).items():
        framework = reference[code]
        found = sorted(
            coordination_sequence(framework, site, 4) for site in range(len(framework.frac_t))
        )
        expected = sorted(tuple(site["coordination_sequence"][:4]) for site in listed["t_sites"])
        assert found == expected, code
        full, orbit = expand_orbits(framework.frac_t, framework.operations, framework.cell)
        multiplicities = sorted(np.bincount(orbit).tolist())
        assert multiplicities == sorted(site["multiplicity"] for site in listed["t_sites"]), code
        density = 1000 * len(full) / volume(framework.cell)
        # IZA lists the density of the type material for some, not of the idealised SiO2
        assert density == pytest.approx(listed["framework_density"], rel=0.1), code


# geometry


@given(st.integers(0, 2**32 - 1))
def test_cell_parameters_survive_any_rotation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = np.concatenate([rng.uniform(2, 40, 3), rng.uniform(65, 115, 3)])
    cell = cell_from_parameters(parameters)
    turned = cell @ Rotation.random(random_state=seed % 2**31).as_matrix()
    np.testing.assert_allclose(parameters_from_cell(turned), parameters, rtol=1e-9)
    assert volume(turned) == pytest.approx(volume(cell))


@pytest.mark.parametrize(
    "parameters",
    [
        [1, 1, 1, 90, 90, 180],
        [10, 10, 10, 100, 130, 140],
        [0, 1, 1, 90, 90, 90],
        [1, 1, 1, 90, 90, float("nan")],
        [1, 1, 1, 90, 90],
    ],
)
def test_impossible_cells_are_refused(parameters: list[float]) -> None:
    with pytest.raises(InputError, match="cell parameters"):
        cell_from_parameters(parameters)


@pytest.mark.long
@given(st.integers(0, 2**32 - 1))
def test_neighbours_are_those_of_ase_in_thin_and_skewed_cells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell = cell_from_parameters(np.concatenate([rng.uniform(2, 9, 3), rng.uniform(60, 115, 3)]))
    points = rng.uniform(-2, 3, (rng.integers(1, 6), 3))
    found = neighbours_within(points, points, cell, 7.0)
    np.testing.assert_allclose(
        (points[found.point] + found.shift - points[found.centre]) @ cell, found.vector, atol=1e-9
    )
    i, distance = primitive_neighbor_list(
        "id",
        (True, True, True),
        cell,
        points,
        7.0,
        self_interaction=True,
        use_scaled_positions=True,
    )
    assert len(found.centre) == len(i)
    np.testing.assert_array_equal(np.bincount(found.centre), np.bincount(i))
    np.testing.assert_allclose(np.sort(found.distance), np.sort(distance), atol=1e-9)


def test_no_points_no_neighbours() -> None:
    nothing = np.zeros((0, 3))
    assert len(neighbours_within(nothing, np.zeros((1, 3)), np.eye(3), 2.0).centre) == 0
    assert len(neighbours_within(np.zeros((1, 3)), nothing, np.eye(3), 2.0).centre) == 0


@given(arrays(float, 3, elements=st.floats(-5, 5)), st.sampled_from([1, 14, 166, 194, 227, 230]))
def test_orbits_are_closed_and_divide_the_order(frac: np.ndarray, number: int) -> None:
    operations = operations_of_hall_number(standard_hall_number(number))
    angle = 120 if number in (166, 194) else 90
    cell = cell_from_parameters([20, 20, 20, 90, 90, angle])
    full, owner = expand_orbits(frac[None], operations, cell)
    assert (owner == 0).all()
    assert ((full >= 0) & (full < 1)).all()
    apart = separations(full[:, None], full[None, :], cell) + 99 * np.eye(len(full))
    assert apart.min() >= 0.2
    if len(operations) % len(full) == 0:  # exact special or general positions
        images = operations.images(full[:1])[:, 0]
        assert separations(images[:, None], full[None, :], cell).min(axis=1).max() < 0.3
    assert distinct_orbits(full, operations, cell).tolist()[0] == 0


def test_an_atom_beside_a_special_position_moves_onto_it() -> None:
    operations = operations_of_hall_number(standard_hall_number(225))
    cell = cell_from_parameters([12, 12, 12, 90, 90, 90])
    snapped = project_onto_sites(
        np.array([[0.2503, 0.2498, 0.2501], [0.11, 0.23, 0.37]]), operations, cell
    )
    np.testing.assert_allclose(snapped, [[0.25, 0.25, 0.25], [0.11, 0.23, 0.37]], atol=1e-12)
    full, owner = expand_orbits(snapped, operations, cell)
    assert np.bincount(owner).tolist() == [8, 192]
    assert len(pure_translations(operations)) == 4
    assert len(primitive_atoms(full, operations, cell)) == 50
    assert distinct_orbits(full, operations, cell).tolist() == [0, 8]


@pytest.mark.long
def test_every_group_is_identified_in_a_shifted_origin() -> None:
    rng = np.random.default_rng(5)
    for number in range(1, 231):
        operations = operations_of_hall_number(standard_hall_number(number))
        # {R | t} seen from an origin at p is {R | t + (R - 1) p}; p in 24ths
        origin = rng.integers(0, 24, 3) / 24
        translations = operations.translations + operations.rotations @ origin - origin
        moved = SymmetryOperations(operations.rotations, np.mod(translations, 1.0))
        cell = _a_cell_for(number)
        found = space_group_of_operations(moved, cell)
        assert found is not None
        assert found[0] == number, (number, origin)


def _a_cell_for(number: int) -> np.ndarray:
    a, b, c, alpha, beta, gamma = 8.0, 9.0, 11.0, 90.0, 90.0, 90.0
    if number <= 2:
        alpha, beta, gamma = 81.0, 97.0, 104.0
    elif number <= 15:
        beta = 101.0
    elif number >= 75:
        b = a
        gamma = 120.0 if 143 <= number <= 194 else 90.0
        c = a if number >= 195 else c
    return cell_from_parameters([a, b, c, alpha, beta, gamma])

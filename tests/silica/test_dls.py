"""Distance least squares against finite differences, IZA's own figures, and other descriptions."""

from __future__ import annotations

import json
import time
from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from paths import ORACLE
from silica_examples import bare, in_p1, known, shaken, with_axes, with_origin_at
from zeoloom.errors import InputError
from zeoloom.geometry.lattice import parameters_from_cell
from zeoloom.geometry.operations import distinct_orbits, expand_orbits
from zeoloom.geometry.space_groups import hall_number_of, operations_of_hall_number
from zeoloom.judge.verdict import judge_net, refined
from zeoloom.silica.distance_kernel import Distances, fitted
from zeoloom.silica.dls import _through_oxygen, r_dls, refine
from zeoloom.silica.freedom import distances, freedom_of, jacobian, residuals, slopes_of
from zeoloom.silica.images import Images
from zeoloom.silica.minimise import SCREENING, _densely, _sparsely, lengths_of
from zeoloom.silica.oxygen import bridge, on_special_positions
from zeoloom.silica.repulsion import repulsion
from zeoloom.silica.restraints import Restraints, joined, silica_restraints
from zeoloom.silica.site_bonds import Bonds, t_bonds
from zeoloom.structure.records import Framework
from zeoloom.structure.reference import load_reference
from zeoloom.structure.standard import standardised

# approved late enough that IZA counted R_DLS as DLS-76 does; see benchmarks/dls.py
COUNTED_ALIKE = ["ACO", "BCT", "BOZ", "BSV", "CFI", "DFT", "ISV", "MSO", "NPT", "SFF", "STF", "STT"]


@pytest.mark.parametrize("code", ["ABW", "CHA", "SOD", "FAU", "ETV", "MFI", "STW"])
def test_slopes_are_those_of_finite_differences(code: str) -> None:
    framework = shaken(bare(known(code)), 0.05, 0.01, 0)
    bridged = bridge(framework, t_bonds(framework))
    # a wide margin and far limits, so that some repulsion is felt
    pairs = repulsion(bridged.framework, bridged.bonds, bridged.oxygen, 1.5)
    pairs = replace(pairs, target=pairs.target + 1.2)
    wanted = joined(*silica_restraints(bridged).values(), pairs)
    sites = np.concatenate([framework.frac_t, bridged.framework.frac_o])
    freedom = freedom_of(framework.cell, sites, framework.operations, cell_free=True)
    p = np.random.default_rng(1).normal(0.0, 0.03, len(freedom))
    found = jacobian(wanted, freedom, slopes_of(wanted, freedom), p).toarray()
    step = 1e-5
    expected = np.stack(
        [
            residuals(wanted, freedom, p + step * unit)
            - residuals(wanted, freedom, p - step * unit)
            for unit in np.eye(len(freedom))
        ],
        axis=1,
    ) / (2 * step)
    # leave out the rows where repulsion sets in between the two points
    _, _, length = distances(wanted, freedom, p)
    smooth = ~wanted.repels | (np.abs(length - wanted.target) > 1e-3)
    assert wanted.repels[smooth].any()
    np.testing.assert_allclose(found[smooth], expected[smooth], atol=1e-7)


@pytest.mark.parametrize("code", ["SOD", "CHA", "ETV", "MFI", "STW", "BOZ"])
@pytest.mark.parametrize("cell_free", [True, False])
def test_compiled_least_squares_end_where_minpack_does(code: str, cell_free: bool) -> None:
    framework = shaken(bare(known(code)), 0.03, 0.01, 3)
    bridged = bridge(framework, t_bonds(framework))
    pairs = repulsion(bridged.framework, bridged.bonds, bridged.oxygen, 0.3)
    wanted = joined(*silica_restraints(bridged).values(), pairs)
    sites = np.concatenate([framework.frac_t, bridged.framework.frac_o])
    freedom = freedom_of(framework.cell, sites, framework.operations, cell_free=cell_free)
    slopes = slopes_of(wanted, freedom)
    p, settled, _ = _densely(freedom, wanted, 200)
    minpack = least_squares(
        lambda p: residuals(wanted, freedom, p),
        np.zeros(len(freedom)),
        lambda p: jacobian(wanted, freedom, slopes, p).toarray(),
        method="lm" if len(freedom) <= len(wanted) else "trf",
        xtol=1e-10,
        ftol=1e-10,
    )
    assert settled
    found = np.linalg.norm(residuals(wanted, freedom, p)) / wanted.norm()
    assert found == pytest.approx(np.sqrt(2 * minpack.cost) / wanted.norm(), abs=2e-6)
    sparsely, settled, _ = _sparsely(freedom, wanted, 200)
    assert settled
    assert np.linalg.norm(residuals(wanted, freedom, sparsely)) / wanted.norm() == pytest.approx(
        found, abs=2e-6
    )


def test_least_squares_that_run_out_say_so() -> None:
    framework = shaken(bare(known("MFI")), 0.05, 0.01, 0)
    bridged = bridge(framework, t_bonds(framework))
    wanted = joined(*silica_restraints(bridged).values())
    sites = np.concatenate([framework.frac_t, bridged.framework.frac_o])
    freedom = freedom_of(framework.cell, sites, framework.operations, cell_free=True)
    _, settled, evaluations = _densely(freedom, wanted, 4)
    assert (settled, evaluations) == (False, 4)


def test_what_no_distance_depends_on_stays() -> None:
    framework = known("MFI")
    bridged = bridge(framework, t_bonds(bare(framework)))
    # no distance of the last oxygen, nor of the cell
    wanted = joined(*silica_restraints(bridged).values())
    last = len(framework.frac_t) + len(bridged.framework.frac_o) - 1
    rows = np.flatnonzero((wanted.site_a != last) & (wanted.site_b != last))
    wanted = Restraints(**{f.name: getattr(wanted, f.name)[rows] for f in fields(wanted)})
    sites = np.concatenate([framework.frac_t, bridged.framework.frac_o])
    freedom = freedom_of(framework.cell, sites, framework.operations, cell_free=False)
    p, settled, _ = _densely(freedom, wanted, 200)
    assert settled
    np.testing.assert_array_equal(freedom.sites(p)[last], sites[last])


@pytest.mark.parametrize(("length", "slope", "settled"), [(0.3, 0.0, True), (np.nan, 1.0, False)])
def test_least_squares_of_nothing_end(length: float, slope: float, settled: bool) -> None:
    one = Distances(
        start=np.array([[length, 0.0, 0.0]]),
        linear=np.full((1, 3, 6), slope),
        columns=np.zeros((1, 6), dtype=np.int64),
        target=np.ones(1),
        weight=np.ones(1),
        repels=np.zeros(1, dtype=bool),
    )
    p, *found = fitted(one, 10.0 * np.eye(3), np.zeros((0, 3, 3)), 2, 50)
    assert (p == 0).all()
    assert found == [settled, 1]


@pytest.mark.parametrize("code", ["ABW", "CHA", "LTA", "MFI", "ETV", "WEI"])
def test_symmetry_is_kept_to_the_last_bits(code: str) -> None:
    start = shaken(known(code), 0.05, 0.01, 2)
    refined = refine(start, standardise=False).framework
    assert refined.operations is start.operations
    metric = refined.cell @ refined.cell.T
    rotations = refined.operations.rotations
    turned = np.einsum("gji,jk,gkl->gil", rotations, metric, rotations)
    np.testing.assert_allclose(turned, np.broadcast_to(metric, turned.shape), atol=1e-9)
    exact = on_special_positions(refined)
    np.testing.assert_allclose(exact.frac_t, refined.frac_t, atol=1e-12)
    np.testing.assert_allclose(exact.frac_o, refined.frac_o, atol=1e-12)
    for found, before in ((refined.frac_t, start.frac_t), (refined.frac_o, start.frac_o)):
        orbits = [expand_orbits(x, refined.operations, refined.cell)[1] for x in (found, before)]
        np.testing.assert_array_equal(np.bincount(orbits[0]), np.bincount(orbits[1]))


@pytest.mark.parametrize("code", ["ABW", "CHA", "FAU", "AEI", "SOD", "FER", "MTN", "AFI"])
def test_shaken_frameworks_come_back(code: str) -> None:
    reference = known(code)
    expected = refine(reference)
    assert expected.status == "converged"
    for seed, without_oxygen in enumerate((False, True)):
        start = shaken(reference, 0.04, 0.01, seed)
        found = refine(bare(start) if without_oxygen else start)
        assert found.status == "converged", found.reason
        assert found.r_dls == pytest.approx(expected.r_dls, abs=2e-6), (code, seed)
        assert found.framework.space_group_number == reference.space_group_number
        assert found.framework.t_labels == reference.t_labels
        np.testing.assert_allclose(
            parameters_from_cell(found.framework.cell),
            parameters_from_cell(expected.framework.cell),
            atol=2e-3,
        )


@pytest.mark.parametrize("code", ["CHA", "MFI", "UOE"])
def test_the_cell_can_be_held(code: str) -> None:
    start = known(code)
    held = refine(start, cell_free=False, standardise=False)
    np.testing.assert_array_equal(held.framework.cell, start.cell)
    assert refine(start).r_dls - 1e-6 <= held.r_dls <= r_dls(start)


@pytest.mark.parametrize("code", ["ABW", "CHA", "FER", "STW", "ETV"])
def test_origin_and_axes_leave_r_dls_unchanged(code: str) -> None:
    reference = known(code)
    expected = refine(reference)
    rng = np.random.default_rng(7)
    origin = rng.uniform(size=3)
    change = np.array(
        [[1, 0, 0], [int(rng.integers(-1, 2)), 1, 0], [0, int(rng.integers(1, 3)), 1]]
    )
    for other in (with_origin_at(reference, origin), with_axes(reference, change)):
        which = f"{code} origin {origin} axes {change.tolist()}"
        assert r_dls(other) == pytest.approx(r_dls(reference), abs=1e-9), which
        found = refine(other)
        assert found.r_dls == pytest.approx(expected.r_dls, abs=1e-6), which
        assert found.framework.space_group_number == reference.space_group_number, which
        assert found.framework.space_group_symbol == expected.framework.space_group_symbol, which
        assert len(found.framework.frac_o) == len(reference.frac_o), which


@pytest.mark.parametrize("code", ["CHA", "AEI", "LEV"])
def test_the_group_is_found_from_the_full_cell_without_symmetry(code: str) -> None:
    reference = known(code)
    found = refine(bare(in_p1(reference)))
    assert found.framework.space_group_number == reference.space_group_number
    assert len(found.framework.frac_t) == len(reference.frac_t)
    assert found.r_dls == pytest.approx(refine(reference).r_dls, abs=2e-6)


def test_silica_has_its_distances() -> None:
    found = refine(known("MFI"))
    assert found.distances["T-O"].mean == pytest.approx(1.61, abs=0.003)
    assert found.distances["O-O"].mean == pytest.approx(2.629, abs=0.005)
    assert 2.9 < found.distances["T-T"].smallest < found.distances["T-T"].largest < 3.23
    assert found.distances["T-O"].deviation < 0.01


def test_real_frameworks_feel_no_repulsion() -> None:
    for code, reference in load_reference().items():
        if reference.flag or len(reference.frac_t) * len(reference.operations) > 100:
            continue
        each = _through_oxygen(reference)
        pairs = repulsion(each.framework, each.bonds, each.oxygen, 0.0)
        assert len(pairs) == 0, (code, lengths_of(pairs, each.framework))


@pytest.mark.skipif(not ORACLE.exists(), reason="needs the shared oracle")
def test_r_dls_is_that_of_iza() -> None:
    listed = json.loads(ORACLE.read_text())
    ratios = {
        code: refine(bare(known(code))).r_dls / listed[code]["r_dls"] for code in COUNTED_ALIKE
    }
    # IZA rounds to 0.0001; some minima were not quite reached
    assert all(0.88 < ratio < 1.06 for ratio in ratios.values()), ratios
    assert np.median(list(ratios.values())) == pytest.approx(0.98, abs=0.03), ratios


@pytest.mark.parametrize("seed", range(6))
def test_hopeless_nets_end_with_a_status_and_finite_numbers(seed: int) -> None:
    # random places in the cell of a framework with many operations, every close pair bonded
    rng = np.random.default_rng(seed)
    framework = known(["CHA", "MOR", "AFI", "GIS", "ABW", "BEA"][seed])
    framework = bare(replace(framework, cell=1.05 * framework.cell))
    places = distinct_orbits(rng.uniform(size=(3, 3)), framework.operations, framework.cell, 2.0)
    frac = rng.uniform(size=(len(places), 3))
    labels = tuple(f"T{i}" for i in range(len(places)))
    started = time.perf_counter()
    net = replace(framework, frac_t=frac, t_labels=labels)
    try:
        found = refine(net, max_iterations=40)
    except InputError as error:
        assert str(error).startswith(framework.name)  # noqa: PT017 - either end is right
    else:
        check_finite(found.framework, found.r_dls)
        assert found.status in ("converged", "stopped", "collapsed")
        assert (found.reason == "") == (found.status == "converged")
    assert time.perf_counter() - started < 5.0


@pytest.mark.parametrize(("factor", "reason"), [(1.3, "T-O distances"), (0.55, "not bonded")])
def test_a_net_in_a_wrong_cell_is_called_collapsed(factor: float, reason: str) -> None:
    framework = known("SOD")
    found = refine(
        replace(framework, cell=factor * framework.cell), cell_free=False, standardise=False
    )
    check_finite(found.framework, found.r_dls)
    assert found.status == "collapsed"
    assert reason in found.reason
    assert found.r_dls > 0.05


def test_iterations_are_bounded() -> None:
    found = refine(shaken(bare(known("MFI")), 0.05, 0.01, 0), max_iterations=3, standardise=False)
    assert found.status == "stopped"
    assert "not settled" in found.reason
    assert found.iterations <= 60


@pytest.mark.parametrize("code", ["CHA", "MTN", "STW"])
def test_only_what_is_hopeless_is_left_early(code: str) -> None:
    framework = shaken(bare(known(code)), 0.04, 0.01, 4)
    whole = refine(framework)
    sifted = refine(framework, hopeless=0.0075)
    assert sifted.r_dls == pytest.approx(whole.r_dls, abs=1e-4)
    assert sifted.framework.space_group_number == whole.framework.space_group_number
    left = refine(framework, starts=1, hopeless=0.5 * whole.r_dls, standardise=False)
    assert left.status == "stopped"
    assert left.iterations <= SCREENING
    assert left.r_dls > whole.r_dls - 1e-6
    judged = refined(judge_net(framework), starts=1, hopeless=0.5 * whole.r_dls, in_own_group=True)
    assert judged.framework is None
    assert judged.reason == f"cannot be built well as SiO2: R_DLS {left.r_dls:.4f}"


def test_the_first_start_is_mostly_the_best_one() -> None:
    for code in ("STF", "JBW", "SFE"):
        once, often = (refine(bare(load_reference()[code]), starts=n) for n in (1, 3))
        assert once.iterations < often.iterations
        assert once.r_dls == pytest.approx(often.r_dls, abs=1e-5)


def test_atoms_that_are_not_bonded_are_pushed_apart() -> None:
    # two pairs of T atoms side by side, nearer to one another than any unbonded atoms are
    cart_t = np.array([[0, 0, 0], [3.1, 0, 0], [0, 2.8, 0], [3.1, 2.8, 0]], dtype=float)
    start = replace(
        bare(in_p1(known("ABW"))),
        cell=20.0 * np.eye(3),
        frac_t=cart_t / 20.0,
        t_labels=("A", "B", "C", "D"),
    )
    nowhere = np.zeros((4, 3), dtype=np.int64)
    other = Images(np.array([1, 0, 3, 2]), np.zeros(4, dtype=np.int64), nowhere)
    found = refine(start, bonds=Bonds(np.arange(4), other), standardise=False)
    assert found.status == "converged"
    refined = found.framework.frac_t @ found.framework.cell
    assert np.linalg.norm(refined[2] - refined[0]) > 3.45
    assert np.linalg.norm(refined[1] - refined[0]) == pytest.approx(3.07, abs=0.1)
    assert found.r_dls < 1e-3


def test_standard_setting_of_any_description() -> None:
    for code in ("ABW", "CHA", "MTN", "STW", "UOE"):
        reference = known(code)
        moved = with_axes(reference, np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]))
        moved = with_origin_at(moved, np.array([0.123, 0.234, 0.345]))
        found = standardised(moved)
        assert found.space_group_number == reference.space_group_number
        assert found.t_labels == reference.t_labels
        assert len(found.frac_o) == len(reference.frac_o)
        assert r_dls(found) == pytest.approx(r_dls(reference), abs=1e-5)


@pytest.mark.parametrize(("code", "seconds"), [("CHA", 0.5), ("AEI", 0.5), ("MFI", 2.0)])
def test_it_is_fast(code: str, seconds: float) -> None:
    start = bare(known(code))
    refine(start)
    started = time.perf_counter()
    refine(start)
    # ten times what a quiet machine needs
    assert time.perf_counter() - started < seconds


def check_finite(framework: Framework, value: float) -> None:
    assert np.isfinite(value)
    assert np.isfinite(framework.cell).all()
    assert np.isfinite(framework.frac_t).all()
    assert np.isfinite(framework.frac_o).all()


def test_a_cell_that_collapses_is_left_at_once() -> None:
    """A net out of `generate` that shrank to 0.1 Å and then had half a million pairs that repel."""
    hall_number = hall_number_of("I212121")
    group = operations_of_hall_number(hall_number)
    sites = [[-0.224592, 0.976006, -0.324838], [0.330489, 0.726549, 0.224053]]
    sites.append([0.137155, 0.348727, 0.557844])
    framework = Framework(
        name="crushed",
        cell=np.diag([8.506325, 9.321076, 19.218822]),
        space_group_number=24,
        space_group_symbol="I212121",
        operations=group,
        frac_t=np.array(sites),
        t_labels=("T1", "T2", "T3"),
        frac_o=np.zeros((0, 3)),
    )
    found = refine(framework, one_start_above=0.012)
    assert found.status == "collapsed"
    assert "crushed" in found.reason
    judged = refined(judge_net(framework), one_start_above=0.012)
    assert judged.valid
    assert judged.framework is None
    assert "crushed" in judged.reason

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_examples import some_clouds
from zeoloom.errors import InputError
from zeoloom.structure.files.cloud_archive import load_atoms, load_clouds, save_atoms, save_clouds
from zeoloom.structure.records import Atoms, CloudSet, Trajectory

if TYPE_CHECKING:
    from pathlib import Path

ANY_FILE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def some_atoms() -> list[Atoms]:
    rng = np.random.default_rng(8)
    return [Atoms(rng.normal(0, 3, (n, 3)), rng.integers(1, 9, n)) for n in (1, 5, 12)]


@pytest.mark.parametrize("trajectory", [True, False])
def test_clouds_come_back_as_they_were(tmp_path: Path, trajectory: bool) -> None:
    clouds = some_clouds(trajectory)
    save_clouds(tmp_path / "new" / "clouds.npz", clouds)
    back = load_clouds(tmp_path / "new" / "clouds.npz")
    assert len(back) == 3
    assert back.cart_points.dtype == np.float32
    assert np.array_equal(back.cart_points, clouds.cart_points)
    assert np.array_equal(back.offsets, clouds.offsets)
    assert np.array_equal(back.cart_centres, clouds.cart_centres)
    assert back.radius == clouds.radius
    assert (back.trajectory is None) == (clouds.trajectory is None)
    if back.trajectory is not None and clouds.trajectory is not None:
        assert np.array_equal(back.trajectory.cart_points, clouds.trajectory.cart_points)
        assert np.array_equal(back.trajectory.sigmas, clouds.trajectory.sigmas)
        assert back.trajectory.cloud == 1
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["clouds.npz"]  # no leftovers


def test_points_of_one_cloud() -> None:
    clouds = some_clouds()
    assert np.array_equal(clouds.points_of(1), clouds.cart_points[8:17])
    assert np.array_equal(clouds.points_of(-1), clouds.cart_points[17:])
    with pytest.raises(IndexError):
        clouds.points_of(3)


def test_an_empty_set_of_clouds(tmp_path: Path) -> None:
    empty = CloudSet(np.zeros((0, 3), np.float32), np.array([0]), np.zeros((0, 1, 3)), 7.0)
    save_clouds(tmp_path / "none.npz", empty)
    assert len(load_clouds(tmp_path / "none.npz")) == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"offsets": np.array([0, 9, 8, 24])}, "offsets"),
        ({"offsets": np.array([0, 8, 24])}, "offsets"),
        ({"radius": 0.0}, "radius"),
        ({"cart_centres": np.zeros((3, 3))}, "cart_centres"),
        ({"cart_points": np.full((24, 3), np.nan)}, "cart_points"),
        ({"trajectory": Trajectory(np.zeros((2, 4, 3), np.float32), np.ones(3), 0)}, "sigmas"),
        ({"trajectory": Trajectory(np.zeros((2, 4, 3), np.float32), np.ones(2), 5)}, "cloud 5"),
    ],
)
def test_clouds_that_do_not_fit_together(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    save_clouds(tmp_path / "bad.npz", replace(some_clouds(), **change))
    with pytest.raises(InputError, match=complaint):
        load_clouds(tmp_path / "bad.npz")


def test_other_archives_and_missing_keys(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(InputError, match="not of clouds"):
        load_clouds(tmp_path / "other.npz")
    np.savez(tmp_path / "half.npz", format=np.array("zeoloom-clouds/1"))
    with pytest.raises(InputError, match="'cart_points' is missing"):
        load_clouds(tmp_path / "half.npz")
    np.savez(tmp_path / "pickled.npz", format=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="not a readable"):
        load_clouds(tmp_path / "pickled.npz")
    with pytest.raises(InputError, match="no such file"):
        load_clouds(tmp_path / "missing.npz")


@ANY_FILE
@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_politely(tmp_path: Path, data: bytes) -> None:
    for name, load in (("junk.npz", load_clouds), ("junk.extxyz", load_atoms)):
        (tmp_path / name).write_bytes(data)
        with suppress(InputError):  # any other exception fails the test
            load(tmp_path / name)


@ANY_FILE
@given(cut=st.floats(0, 1), where=st.floats(0, 1), byte=st.integers(0, 255))
def test_damaged_clouds_are_refused_or_unharmed(
    tmp_path: Path, cut: float, where: float, byte: int
) -> None:
    path = tmp_path / "damaged.npz"
    save_clouds(path, some_clouds())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(cut * (len(whole) - 1))])
    with pytest.raises(InputError):
        load_clouds(path)
    at = int(where * (len(whole) - 1))
    path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    try:
        back = load_clouds(path)
    except InputError:
        return
    assert np.array_equal(back.cart_points, some_clouds().cart_points)


def test_atoms_come_back_as_they_were(tmp_path: Path) -> None:
    save_atoms(tmp_path / "atoms.extxyz", some_atoms())
    back = load_atoms(tmp_path / "atoms.extxyz")
    assert len(back) == 3
    for one, other in zip(back, some_atoms(), strict=True):
        assert np.allclose(one.cart_t, other.cart_t, atol=1e-6)
        assert np.array_equal(one.points, other.points)
    text = (tmp_path / "atoms.extxyz").read_text()
    assert "points:I:1" in text
    assert 'pbc="F F F"' in text


def test_atoms_of_other_programs(tmp_path: Path) -> None:
    path = tmp_path / "other.extxyz"
    path.write_text("3\nProperties=species:S:1:pos:R:3\nSi 0 0 0\nO 1.6 0 0\nSi 3.1 0 0\n")
    (atoms,) = load_atoms(path)
    assert np.allclose(atoms.cart_t[:, 0], [0, 3.1])
    assert np.array_equal(atoms.points, [1, 1])


def test_periodic_atoms_are_sent_to_cif(tmp_path: Path) -> None:
    path = tmp_path / "crystal.extxyz"
    path.write_text('1\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3\nSi 0 0 0\n')
    with pytest.raises(InputError, match="CIF"):
        load_atoms(path)


@ANY_FILE
@given(cut=st.floats(0, 1), where=st.floats(0, 1), text=st.text(max_size=3))
def test_damaged_atoms_are_refused_or_read(
    tmp_path: Path, cut: float, where: float, text: str
) -> None:
    path = tmp_path / "damaged.extxyz"
    save_atoms(path, some_atoms())
    whole = path.read_text()
    at = int(where * len(whole))
    damaged = whole[:at] + text + whole[at + 1 :]
    path.write_text(damaged[: int(cut * len(damaged))], encoding="utf-8")
    try:
        atoms = load_atoms(path)
    except InputError:
        return
    assert all(len(one.cart_t) == len(one.points) for one in atoms)

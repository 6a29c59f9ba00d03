"""Generated clouds and their atoms on disk.

Clouds are one NumPy archive: ten thousand of them load at once, with NumPy alone:

    key              | shape     | meaning
    format           | ()        | "zeoloom-clouds/1"
    cart_points      | (M, 3)    | Å, float32, the points of all clouds
    offsets          | (n + 1,)  | cloud i owns rows offsets[i]:offsets[i + 1]
    cart_centres     | (n, c, 3) | Å, sphere centres of each cloud
    radius           | ()        | Å
    trajectory_*     |           | cart_points (L, N, 3), sigmas (L,), cloud (); only when recorded

Atoms are multi-frame extended XYZ, which every viewer of the trade opens: one frame per cloud,
element Si, an integer column `points` (points of the cloud on that atom), no periodicity.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import ase
import ase.io
import numpy as np

from zeoloom.errors import InputError
from zeoloom.structure.files.atomic import write_atomically
from zeoloom.structure.records import Atoms, CloudSet, Trajectory

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOUD_FORMAT = "zeoloom-clouds/1"


def save_clouds(path: str | Path, clouds: CloudSet) -> None:
    """Write clouds, and the trajectory if there is one, to a .npz archive."""
    arrays: dict[str, np.ndarray] = {
        "format": np.array(CLOUD_FORMAT),
        "cart_points": np.asarray(clouds.cart_points, dtype=np.float32),
        "offsets": np.asarray(clouds.offsets, dtype=np.int64),
        "cart_centres": np.asarray(clouds.cart_centres, dtype=np.float64),
        "radius": np.array(clouds.radius, dtype=np.float64),
    }
    if clouds.trajectory is not None:
        arrays["trajectory_cart_points"] = np.asarray(clouds.trajectory.cart_points, np.float32)
        arrays["trajectory_sigmas"] = np.asarray(clouds.trajectory.sigmas, np.float64)
        arrays["trajectory_cloud"] = np.array(clouds.trajectory.cloud, np.int64)

    def write(part: Path) -> None:
        with part.open("wb") as stream:  # given a name, numpy would append .npz to it
            np.savez_compressed(stream, allow_pickle=False, **arrays)

    write_atomically(Path(path), write)


def load_clouds(path: str | Path) -> CloudSet:
    """Read clouds that `save_clouds` wrote.

    Raises:
        InputError: the file is missing, damaged, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. Expected a .npz of generated clouds; check the name."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the checks below say more than NumPy's warnings
            arrays = _read_archive(path)
    except Exception as error:
        # NumPy and the zip reader under it raise a dozen kinds at a damaged file.
        raise InputError(
            f"{path}: not a readable .npz of clouds ({type(error).__name__}: {error}). Expected an "
            f"archive with format {CLOUD_FORMAT!r}; it may be cut short: copy or generate it again."
        ) from error
    found = str(arrays["format"]) if "format" in arrays else "no format key"
    if found != CLOUD_FORMAT:
        raise InputError(
            f"{path}: a NumPy archive, but not of clouds (found {found!r}, expected "
            f"{CLOUD_FORMAT!r}). Was it written by another program or a newer zeoloom?"
        )
    try:
        return _clouds_of(arrays)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        reason = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{path}: the clouds in it do not fit together: {reason}. Expected the keys and shapes "
            "of `zeoloom.structure.files.cloud_archive`; generate the file again."
        ) from error


def _read_archive(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a .npz; pickled objects are refused, they could run code."""
    with path.open("rb") as stream:
        archive = np.load(stream, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise TypeError("a single array")
        return {key: np.asarray(archive[key]) for key in archive.files}


def _clouds_of(arrays: dict[str, np.ndarray]) -> CloudSet:
    """The record in a read archive, every shape checked; ValueError says which does not fit."""
    points = _numbers(arrays, "cart_points", (None, 3)).astype(np.float32)
    centres = _numbers(arrays, "cart_centres", (None, None, 3))
    radius = float(_numbers(arrays, "radius", ()))
    offsets = _numbers(arrays, "offsets", (len(centres) + 1,)).astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != len(points) or (np.diff(offsets) < 0).any():
        raise ValueError(f"offsets must rise from 0 to the {len(points)} points")
    if radius <= 0:
        raise ValueError(f"radius is {radius:g} Å, expected more than 0")
    if "trajectory_cart_points" not in arrays:
        return CloudSet(points, offsets, centres, radius)
    frames = _numbers(arrays, "trajectory_cart_points", (None, None, 3)).astype(np.float32)
    sigmas = _numbers(arrays, "trajectory_sigmas", (len(frames),))
    cloud = int(_numbers(arrays, "trajectory_cloud", ()))
    if not 0 <= cloud < len(centres):
        raise ValueError(f"the trajectory belongs to cloud {cloud} of {len(centres)}")
    return CloudSet(points, offsets, centres, radius, Trajectory(frames, sigmas, cloud))


def _numbers(arrays: dict[str, np.ndarray], key: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """The finite numbers under `key`; None in `shape` stands for any length."""
    array = arrays[key]
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        want = tuple("any" if n is None else n for n in shape)
        raise ValueError(f"{key} has shape {array.shape}, expected {want}")
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise ValueError(f"{key} must hold finite numbers")
    if array.size and np.abs(array).max() > 1e9:
        raise ValueError(f"{key} holds numbers beyond 1e9")
    return np.asarray(array, dtype=np.float64)


def save_atoms(path: str | Path, atoms: Sequence[Atoms]) -> None:
    """Write the atoms of clouds to extended XYZ, frame i for `atoms[i]`."""
    frames = []
    for index, one in enumerate(atoms):
        frame = ase.Atoms(f"Si{len(one.cart_t)}", positions=one.cart_t, pbc=False)
        frame.info["index"] = index
        frame.arrays["points"] = _weights(one)
        frames.append(frame)
    write_atomically(Path(path), lambda part: ase.io.write(part, frames, format="extxyz"))


def _weights(atoms: Atoms) -> np.ndarray:
    """Points per atom; one each where the record has none."""
    if len(atoms.points) == len(atoms.cart_t):
        return np.asarray(atoms.points, dtype=np.int64)
    return np.ones(len(atoms.cart_t), dtype=np.int64)


def load_atoms(path: str | Path) -> list[Atoms]:
    """Read T atoms from extended XYZ, one record a frame.

    Files of other programs are welcome: oxygen and hydrogen are left out, and atoms without a
    `points` column count one point each.

    Raises:
        InputError: the file is missing, damaged, or periodic.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file. Expected extended XYZ with one frame per cloud.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frames = ase.io.read(path, index=":", format="extxyz")
    except Exception as error:
        # ASE has no error of its own for a damaged file: its parser raises nearly anything.
        raise InputError(
            f"{path}: not readable as extended XYZ ({type(error).__name__}: {error}). Expected one "
            "frame per cloud, element Si and a column `points`; write it again."
        ) from error
    return [_atoms_of(path, frame) for frame in frames]


def _atoms_of(path: Path, frame: ase.Atoms) -> Atoms:
    """The T atoms of one frame."""
    if frame.pbc.any():
        raise InputError(
            f"{path}: the structure is periodic, but clouds of atoms live in open space. "
            "Give crystals as CIF."
        )
    keep = ~np.isin(frame.numbers, (1, 8))
    cart_t = np.asarray(frame.positions[keep], dtype=np.float64)
    points = frame.arrays.get("points", np.ones(len(frame), dtype=np.int64))[keep]
    if not np.isfinite(cart_t).all() or (np.abs(cart_t) > 1e9).any():
        raise InputError(f"{path}: positions must be finite numbers in Å.")
    if points.ndim != 1 or points.dtype.kind not in "iu" or (points < 1).any():
        raise InputError(f"{path}: the column `points` must hold whole numbers from 1 up.")
    return Atoms(cart_t, np.asarray(points, dtype=np.int64))
